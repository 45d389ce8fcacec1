"""The clients that people use, run against the endpoint: what they hand to their users is judged, beside what was sent to them.

A client is driven by a small program of its own (``drivers``), in a process of its own. Its requests go through ``forwarder``, which sends
them on as they are and records the exchanges; ``player`` has one call after the other made, and ``judging`` holds the outcome against
the requirements. No key leaves this process for a client: the forwarder puts it on.
"""
