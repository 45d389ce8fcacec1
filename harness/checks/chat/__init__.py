"""Chat and text completions: choices, chunks, tool calls, log probabilities, structured output."""
