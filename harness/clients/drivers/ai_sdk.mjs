// Drives the Vercel AI SDK with its provider for OpenAI-compatible endpoints.
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { APICallError, generateText, jsonSchema, streamText, tool } from "ai";

const { called, read, serve } = await import(process.env.WIREPROOF_PROTOCOL);

// A request as the SDK's parameters.
const asked = (job, send) => {
  const provider = createOpenAICompatible({ name: "endpoint", baseURL: job.base_url, apiKey: job.key ?? process.env.OPENAI_API_KEY });
  const named = (send.tools ?? []).map(({ function: { name, description, parameters } }) => [
    name,
    tool({ description, inputSchema: jsonSchema(parameters) }),
  ]);
  return {
    model: provider(send.model),
    instructions: send.messages.find((message) => message.role === "system")?.content,
    messages: send.messages.filter((message) => message.role !== "system"),
    maxOutputTokens: send.max_tokens ?? send.max_completion_tokens,
    temperature: send.temperature,
    maxRetries: 0,
    abortSignal: AbortSignal.timeout(job.seconds * 1000),
    ...(named.length ? { tools: Object.fromEntries(named), toolChoice: { type: "tool", toolName: send.tool_choice.function.name } } : {}),
  };
};

// The values that a user can read, under their names on the wire.
const values = (reply, tools) =>
  read({
    text: () => reply.text,
    finish_reason: () => (reply.finishReason === "unknown" ? null : reply.finishReason?.replaceAll("-", "_")),
    usage: () =>
      reply.usage?.totalTokens === undefined
        ? null
        : { prompt_tokens: reply.usage.inputTokens, completion_tokens: reply.usage.outputTokens, total_tokens: reply.usage.totalTokens },
    ...(tools
      ? {
          tool_calls: () =>
            reply.toolCalls.map((call) => ({ id: call.toolCallId, name: call.toolName, arguments: JSON.stringify(call.input) })),
        }
      : {}),
  });

const whole = async (job, send) => values(await generateText(asked(job, send)), send.tools);

const streamed = async (job, send) => {
  const result = streamText({ ...asked(job, send), onError: () => {} });
  let text = "";
  for await (const part of result.fullStream) {
    if (part.type === "error") throw part.error;
    if (part.type === "text-delta") text += part.text;
  }
  const settled = { text, finishReason: await result.finishReason, usage: await result.usage, toolCalls: await result.toolCalls };
  return values(settled, send.tools);
};

const ways = { chat: whole, tool: whole, "chat-streamed": streamed, "tool-streamed": streamed };

const valuesOf = (error) =>
  APICallError.isInstance(error)
    ? { status: error.statusCode, message: error.message, code: error.data?.error?.code ?? null, type: error.data?.error?.type ?? null }
    : {};

await serve(called("ai-sdk", "ai"), ways, valuesOf);
