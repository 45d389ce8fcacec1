"""What is asked, read from ``spec/`` into one ``Catalog``, or refused with file and line."""

from ..profile import Profile
from ..reading import CatalogError, UnknownName
from .loading import areas, load
from .names import SETTINGS
from .whole import WHOLENESS, Catalog

__all__ = ["SETTINGS", "WHOLENESS", "Catalog", "CatalogError", "Profile", "UnknownName", "areas", "load"]
