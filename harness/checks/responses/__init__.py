"""The Responses API: objects, events, and the grammar of streams."""
