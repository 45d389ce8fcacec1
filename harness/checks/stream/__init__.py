"""Server-sent events, whatever they carry."""
