"""Every place that writes output is listed here with its redaction; a new one must be added."""

from __future__ import annotations

import ast
from pathlib import Path

HARNESS = Path(__file__).resolve().parent.parent / "harness"

WRITERS = {
    "cli/__init__.py": "tells of the command line",
    "cli/audit.py": "tells counts and structure, cleaned value by value",
    "cli/compare.py": "writes with files",
    "cli/report.py": "writes with files",
    "cli/explain.py": "tells of our own data",
    "cli/listing.py": "tells of our own data",
    "cli/files.py": "say and write take the scrubber; complain tells of files",
    "cli/judge.py": "JSON is cleaned value by value",
    "cli/known_failures.py": "rewrites a list of the user's",
    "cli/serve.py": "is the reference, which has a key that everybody knows",
    "catalog/parsed_files.py": "keeps what our own data say",
    "catalog/sample_files.py": "makes sounds and images",
    "cli/spec_diff.py": "tells of documents of the reference",
    "cli/suites.py": "tells of the command line",
    "clients/driver.py": "speaks to a client, which has a placeholder for a key",
    "clients/drivers/protocol.py": "runs in a process that has no key",
    "gateway/upstream/http.py": "speaks to the gateway",
    "gateway/upstream/server.py": "speaks to the gateway",
    "generated/drawn_cases.py": "is given what was cleaned",
    "plugin/html_page.py": "renames the page that pytest-html wrote through the redaction",
    "plugin/progress.py": "takes the scrubber",
    "plugin/redacted_output.py": "is what puts the redaction in front of pytest's writers",
    "plugin/screen.py": "takes the scrubber",
    "plugin/session_end.py": "takes the scrubber, and the terminal has it too",
    "records/audit/auditing.py": "keeps counts, as the report tells them",
    "records/claim.py": "notes who holds a folder",
    "records/lines.py": "writes what the scrubber made JSON of",
    "records/run_record.py": "writes what the scrubber made JSON of",
    "reporting/artifacts.py": "takes the scrubber",
    "reference/speech.py": "is the reference, which has a key that everybody knows",
    "wire/redaction.py": "is the redaction",
}


def writes(path: Path) -> bool:
    """Whether a module has a call that may write."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            modes = {given.value for given in node.args if isinstance(given, ast.Constant) and isinstance(given.value, str)}
            if name in ("print", "write", "writelines", "write_text", "write_bytes", "write_line", "warn"):
                return True
            if name == "open" and modes & {"w", "a", "x", "wb", "ab", "xb", "wt"}:
                return True
    return False


def test_every_writer_is_known() -> None:
    assert {path.relative_to(HARNESS).as_posix() for path in HARNESS.rglob("*.py") if writes(path)} == WRITERS.keys()
