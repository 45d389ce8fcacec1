"""Reads ``spec/``: the requirements for an endpoint and the cases that test them.

In: YAML files and JSON Schemas, a profile, and the user's selection.
Out: a ``Catalog``, or every mistake with file and line; and the requests that the steps of its cases send.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import loader
from . import cost
from .applicability import ANY, JSON_REPLIES, ExchangeKind, asks_for, kind_of, matches, may_show
from .documents import YamlError
from .endpoints import PATHS, REQUEST_SCHEMAS, UNDOING, endpoint_of, may_keep
from .json_variants import WRITTEN, compact
from .loading import areas, load, profile_names
from .names import SETTINGS
from .paths import own_schemas
from .profile import NOTHING_SAID, AcceptedForm, Models, call_of
from .reader import CatalogError, UnknownNameError
from .requests import MEDIA, filled, fits_url, lacking, may_change, plan, settings
from .selection import Selection, selected
from .whole import WHOLENESS, Catalog

if TYPE_CHECKING:
    from . import reference_document
    from .yaml_lines import read_yaml, read_yaml_file

__getattr__ = loader(__name__, {"reference_document": ("reference_document",), "yaml_lines": ("read_yaml", "read_yaml_file")})

__all__ = [
    "ANY",
    "JSON_REPLIES",
    "MEDIA",
    "NOTHING_SAID",
    "PATHS",
    "REQUEST_SCHEMAS",
    "SETTINGS",
    "UNDOING",
    "WHOLENESS",
    "WRITTEN",
    "AcceptedForm",
    "Catalog",
    "CatalogError",
    "ExchangeKind",
    "Models",
    "Selection",
    "UnknownNameError",
    "YamlError",
    "areas",
    "asks_for",
    "call_of",
    "compact",
    "cost",
    "endpoint_of",
    "filled",
    "fits_url",
    "kind_of",
    "lacking",
    "load",
    "matches",
    "may_change",
    "may_keep",
    "may_show",
    "own_schemas",
    "plan",
    "profile_names",
    "read_yaml",
    "read_yaml_file",
    "reference_document",
    "selected",
    "settings",
]
