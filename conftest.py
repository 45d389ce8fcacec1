"""Makes plain ``pytest`` in this folder judge an endpoint."""

pytest_plugins = ["harness.plugin"]
