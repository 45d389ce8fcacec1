"""Who guards the guard: the harness's own tests."""
