"""Checks of both sides of a gateway, and of an endpoint compared with a reference endpoint."""
