"""Measures what the harness itself costs: ``make bench``."""
