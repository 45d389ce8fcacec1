"""Wireproof, a conformance suite for OpenAI-compatible endpoints: the package that the wheel installs."""
