"""Renderers: pure functions from a run to what a reader sees, in HTML and in a terminal."""
