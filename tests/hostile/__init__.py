"""An endpoint that misbehaves in several hundred ways, each under a name and a path prefix, and what a run says of each.

``python -m tests.hostile --list`` names the behaviours, ``--port 9000`` serves them (``http://127.0.0.1:9000/NAME/v1``; with ``pre-``
before the name from the first request on), ``--measure`` judges each in a process of its own, with its peak memory and time.
``outcomes.yaml`` is the table of what each comes to; ``--write`` writes it again.
"""
