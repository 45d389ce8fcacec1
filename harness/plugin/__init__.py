"""The only package that knows pytest: options in, parameters and outcomes out. Glue, no decisions.

It exports the hooks and fixtures. They share state through pytest's stash; ``config_keys`` has the keys.
"""

from .case_outcomes import called, ending, explored, judged, pytest_report_teststatus, pytest_runtest_makereport
from .case_report import pytest_report_from_serializable, pytest_report_to_serializable
from .collection import (
    pytest_collection_finish,
    pytest_collection_modifyitems,
    pytest_generate_tests,
    pytest_ignore_collect,
    pytest_itemcollected,
    pytest_pycollect_makeitem,
    pytest_runtestloop,
)
from .options import pytest_addoption
from .session_start import pytest_configure, pytest_configure_node, pytest_report_header, pytest_sessionstart

__all__ = [
    "called",
    "ending",
    "explored",
    "judged",
    "pytest_addoption",
    "pytest_collection_finish",
    "pytest_collection_modifyitems",
    "pytest_configure",
    "pytest_configure_node",
    "pytest_generate_tests",
    "pytest_ignore_collect",
    "pytest_itemcollected",
    "pytest_pycollect_makeitem",
    "pytest_report_from_serializable",
    "pytest_report_header",
    "pytest_report_teststatus",
    "pytest_report_to_serializable",
    "pytest_runtest_makereport",
    "pytest_runtestloop",
    "pytest_sessionstart",
]
