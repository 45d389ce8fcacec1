"""A small faultless endpoint: what is judged when no base URL is given, and the body of every mutant.

It shares no code with the checks, so that a common mistake cannot hide. ``answers`` turns a request into a reply, purely;
``app`` puts that on the wire as an ASGI application; ``serve`` runs it on loopback.
"""
