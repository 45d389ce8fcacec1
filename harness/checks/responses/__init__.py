"""Responses: their objects, their events, and the grammar of their streams."""
