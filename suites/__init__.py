"""The suites: thin modules of pytest, one an area."""
