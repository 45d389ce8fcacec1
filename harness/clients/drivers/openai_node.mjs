// Drives the official Node.js client in the ways that its documentation shows.
import { createHash } from "node:crypto";
import OpenAI, { APIError, NotFoundError, toFile } from "openai";
import { zodResponseFormat, zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";

const { called, read, serve } = await import(process.env.WIREPROOF_PROTOCOL);

const Answer = z.object({ text: z.string(), number: z.number().int() });

const made = (job) =>
  new OpenAI({ baseURL: job.base_url, apiKey: job.key ?? process.env.OPENAI_API_KEY, maxRetries: 0, timeout: job.seconds * 1000 });

const counts = (usage, ...names) => usage && Object.fromEntries(names.map((name) => [name, usage[name]]));
const CHAT = ["prompt_tokens", "completion_tokens", "total_tokens"];
const RESPONSE = ["input_tokens", "output_tokens", "total_tokens"];

const envelope = (reply, created = "created") =>
  read({ id: () => reply.id, object: () => reply.object, [created]: () => reply[created], model: () => reply.model });

const chatValues = (reply) => ({
  ...envelope(reply),
  ...read({
    text: () => reply.choices[0].message.content,
    finish_reason: () => reply.choices[0].finish_reason,
    usage: () => counts(reply.usage, ...CHAT) ?? null,
  }),
});

// The values of a reply that a helper assembled from chunks. The helper sets its own `object`, so that is left out.
const putTogether = (reply) => {
  const { object, ...rest } = chatValues(reply);
  return rest;
};

const calls = (reply) =>
  read({
    tool_calls: () =>
      reply.choices[0].message.tool_calls.map((call) => ({ id: call.id, name: call.function.name, arguments: call.function.arguments })),
  });

const textValues = (reply) => ({
  ...envelope(reply),
  ...read({
    text: () => reply.choices[0].text,
    finish_reason: () => reply.choices[0].finish_reason,
    usage: () => counts(reply.usage, ...CHAT) ?? null,
  }),
});

const responseValues = (reply) => ({
  ...envelope(reply, "created_at"),
  ...read({ status: () => reply.status, text: () => reply.output_text, usage: () => counts(reply.usage, ...RESPONSE) ?? null }),
});

const fileOf = ({ file }) => toFile(Buffer.from(file.base64, "base64"), file.filename);

// What was stored a moment ago: some endpoints take a while to show it.
const found = async (look) => {
  for (const pause of [500, 1_000, 2_000]) {
    try {
      return await look();
    } catch (error) {
      if (!(error instanceof NotFoundError)) throw error;
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
  return look();
};

// A sound or an image is told by its size and its hash, an image elsewhere by its address.
const hash = (content) => createHash("sha256").update(content).digest("hex");
const told = (content) => ({ size: content.length, sha256: hash(content) });
const picture = (image) => hash(image.b64_json ?? image.url);

const ways = {
  chat: async (job, send) => chatValues(await made(job).chat.completions.create(send)),

  "chat-raw": async (job, send) => {
    const { data, response, request_id } = await made(job).chat.completions.create(send).withResponse();
    return { ...chatValues(data), http_status: response.status, request_id };
  },

  "chat-streamed": async (job, send) => {
    let text = "";
    let reason = null;
    let first;
    for await (const chunk of await made(job).chat.completions.create({ ...send, stream: true })) {
      first ??= chunk;
      text += chunk.choices[0]?.delta?.content || "";
      reason = chunk.choices[0]?.finish_reason || reason;
    }
    return { ...(first ? envelope(first) : {}), text, finish_reason: reason };
  },

  "chat-helper": async (job, send) => putTogether(await made(job).chat.completions.stream(send).finalChatCompletion()),

  tool: async (job, send) => {
    const reply = await made(job).chat.completions.create(send);
    return { ...chatValues(reply), ...calls(reply) };
  },

  "tool-streamed": async (job, send) => {
    const reply = await made(job).chat.completions.stream(send).finalChatCompletion();
    return { ...putTogether(reply), ...calls(reply) };
  },

  "chat-parsed": async (job, send) => {
    const reply = await made(job).chat.completions.parse({ ...send, response_format: zodResponseFormat(Answer, "answer") });
    return { ...chatValues(reply), ...read({ parsed: () => reply.choices[0].message.parsed }) };
  },

  text: async (job, send) => textValues(await made(job).completions.create(send)),

  "text-streamed": async (job, send) => {
    let text = "";
    let reason = null;
    let first;
    for await (const part of await made(job).completions.create({ ...send, stream: true })) {
      first ??= part;
      text += part?.choices?.[0]?.delta?.text ?? part?.choices?.[0]?.text ?? "";
      reason = part?.choices?.[0]?.finish_reason || reason;
    }
    return { ...(first ? envelope(first) : {}), text, finish_reason: reason };
  },

  embeddings: async (job, send) => {
    const reply = await made(job).embeddings.create(send);
    await made(job).embeddings.create({ ...send, encoding_format: "float" }); // records the vectors as plain numbers
    return read({
      object: () => reply.object,
      model: () => reply.model,
      vectors: () => reply.data.map((item) => Array.from(item.embedding)),
      usage: () => counts(reply.usage, "prompt_tokens", "total_tokens") ?? null,
    });
  },

  response: async (job, send) => responseValues(await made(job).responses.create(send)),

  "response-streamed": async (job, send) => {
    let text = "";
    let final;
    for await (const event of await made(job).responses.create({ ...send, stream: true })) {
      if (event.type === "response.output_text.delta") text += event.delta;
      if (event.type === "response.completed" || event.type === "response.incomplete") final = event.response;
    }
    return { ...(final ? responseValues(final) : { status: null }), text };
  },

  "response-tool": async (job, send) => {
    const reply = await made(job).responses.create(send);
    const found = () =>
      reply.output
        .filter((item) => item.type === "function_call")
        .map((item) => ({ id: item.call_id, name: item.name, arguments: item.arguments }));
    return { ...responseValues(reply), ...read({ tool_calls: found }) };
  },

  "response-parsed": async (job, send) => {
    const reply = await made(job).responses.parse({ ...send, text: { format: zodTextFormat(Answer, "answer") } });
    return { ...responseValues(reply), ...read({ parsed: () => reply.output_parsed }) };
  },

  models: async (job) => {
    const ids = [];
    for await (const model of made(job).models.list()) ids.push(model.id ?? null);
    return { ids };
  },

  moderation: async (job, send) => {
    const reply = await made(job).moderations.create(send);
    return read({
      id: () => reply.id,
      model: () => reply.model,
      categories: () => reply.results[0].categories,
      category_scores: () => reply.results[0].category_scores,
    });
  },

  "file-life": async (job, send) => {
    const { files } = made(job);
    const file = await files.create({ file: await fileOf(send), purpose: send.purpose });
    let kept, content, gone;
    try {
      kept = await files.retrieve(file.id);
      content = await (await files.content(file.id)).text();
    } finally {
      gone = await files.delete(file.id); // in any case
    }
    return read({ id: () => gone.id, object: () => gone.object, filename: () => kept.filename, content: () => content });
  },

  "upload-life": async (job, { parts, ...send }) => {
    const { files, uploads } = made(job);
    const begun = await uploads.create(send);
    const ids = [];
    for (const part of parts) ids.push((await uploads.parts.create(begun.id, { data: await toFile(Buffer.from(part), "part") })).id);
    const done = await uploads.complete(begun.id, { part_ids: ids });
    let content;
    try {
      content = await (await files.content(done.file.id)).text();
    } finally {
      await files.delete(done.file.id);
    }
    return read({
      id: () => done.id,
      object: () => done.object,
      status: () => done.status,
      file_id: () => done.file.id,
      content: () => content,
    });
  },

  "batch-life": async (job, send) => {
    const { files, batches } = made(job);
    const file = await files.create({ file: await fileOf(send), purpose: "batch" });
    let batch;
    try {
      const { endpoint, completion_window } = send;
      const begun = await batches.create({ input_file_id: file.id, endpoint, completion_window });
      await batches.cancel(begun.id).catch((error) => {
        if (![400, 409].includes(error.status)) throw error; // it has ended already
      });
      batch = await batches.retrieve(begun.id);
    } finally {
      await files.delete(file.id);
    }
    return read({
      id: () => batch.id,
      object: () => batch.object,
      status: () => batch.status,
      input_file_id: () => batch.input_file_id,
    });
  },

  "stored-chat-life": async (job, send) => {
    const { completions } = made(job).chat;
    const { id } = await completions.create(send);
    const messages = [];
    const ids = [];
    let kept, changed;
    try {
      kept = await found(() => completions.retrieve(id));
      for await (const message of completions.messages.list(id)) messages.push(message.content);
      for await (const one of completions.list({ metadata: send.metadata, limit: 20 })) ids.push(one.id);
      changed = await completions.update(id, { metadata: { ...send.metadata, part: "changed" } });
    } finally {
      await completions.delete(id);
    }
    return read({
      id: () => kept.id,
      object: () => kept.object,
      created: () => kept.created,
      text: () => kept.choices[0].message.content,
      messages: () => messages,
      ids: () => ids,
      metadata: () => changed.metadata,
    });
  },

  "conversation-life": async (job, send) => {
    const { conversations } = made(job);
    const { id } = await conversations.create({ items: send.items });
    const texts = [];
    let changed, gone;
    try {
      await conversations.items.create(id, { items: send.added });
      for await (const item of conversations.items.list(id, { order: "asc" })) texts.push(item.content[0].text);
      changed = await conversations.update(id, { metadata: { part: "changed" } });
    } finally {
      gone = await conversations.delete(id);
    }
    return read({ id: () => gone.id, object: () => gone.object, texts: () => texts, metadata: () => changed.metadata });
  },

  speech: async (job, send) => told(Buffer.from(await (await made(job).audio.speech.create(send)).arrayBuffer())),

  "speech-streamed": async (job, send) => {
    const pieces = [];
    for await (const piece of (await made(job).audio.speech.create(send)).body) pieces.push(piece);
    return told(Buffer.concat(pieces));
  },

  transcription: async (job, send) => {
    const heard = await made(job).audio.transcriptions.create({ ...send, file: await fileOf(send) });
    return read({ text: () => heard.text });
  },

  "transcription-streamed": async (job, send) => {
    let pieces = "";
    let text = null;
    for await (const event of await made(job).audio.transcriptions.create({ ...send, file: await fileOf(send), stream: true })) {
      if (event.type === "transcript.text.delta") pieces += event.delta;
      if (event.type === "transcript.text.done") text = event.text;
    }
    return { text, pieces };
  },

  translation: async (job, send) => {
    const heard = await made(job).audio.translations.create({ ...send, file: await fileOf(send) });
    return read({ text: () => heard.text });
  },

  image: async (job, send) => {
    const reply = await made(job).images.generate(send);
    return read({ created: () => reply.created, sha256: () => picture(reply.data[0]) });
  },

  "image-streamed": async (job, send) => {
    let final;
    for await (const event of await made(job).images.generate({ ...send, stream: true })) {
      if (event.type === "image_generation.completed") final = event;
    }
    return read({ sha256: () => picture(final) });
  },
};

const valuesOf = (error) =>
  error instanceof APIError
    ? { status: error.status, message: error.message, code: error.code ?? null, type: error.type ?? null, param: error.param ?? null }
    : {};

await serve(called("openai-node", "openai"), ways, valuesOf);
