"""Publicly reported bugs of real servers and gateways, each a fault that the reference endpoint can be served with.

Everything but the fault is as the reference answers it, so that who writes a client, an SDK or a gateway can test it against what it
will meet. One module holds the faults of one kind; ``FAULTS`` finds them by name.
"""

from .fault import FAULTS, Fault

__all__ = ["FAULTS", "Fault"]
