"""Requests nobody wrote: drawn, tried, made as small as they can be while they still fail, and kept as cases."""
