"""The data below ``spec/``: what is asked of an endpoint.

In: YAML files and JSON Schemas, a profile, and the names that a user selected.
Out: a ``Catalog``, or every mistake with file and line; and the requests that the steps of its cases make.
"""

from . import cost
from .applicability import ExchangeKind, asks_for, kind_of, matches
from .json_variants import WRITTEN, compact
from .loading import areas, load
from .names import SETTINGS
from .paths import own_schemas
from .profile import NOTHING_SAID, AcceptedForm, Models, call_of
from .reader import CatalogError, UnknownNameError
from .requests import PATHS, REQUEST_SCHEMAS, endpoint_of, filled, fits_url, may_change, plan, settings
from .selection import Selection, selected
from .whole import WHOLENESS, Catalog
from .yaml_lines import YamlError, read_yaml

__all__ = [
    "NOTHING_SAID",
    "PATHS",
    "REQUEST_SCHEMAS",
    "SETTINGS",
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
    "load",
    "matches",
    "may_change",
    "own_schemas",
    "plan",
    "read_yaml",
    "selected",
    "settings",
]
