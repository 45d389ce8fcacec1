"""Embeddings: vectors and their encodings."""
