"""The report of a run: the record as it grows, and the verdict at the end."""

from __future__ import annotations

import platform
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from importlib.metadata import version

from .. import VERSION
from ..catalog import Catalog, Models, Selection, load
from ..judging import Accept, Exit, KnownFailure, KnownFailures, Scope, Verdict, reach_verdict
from ..model import CaseResult, Data, Level, RunRecord, Subject
from ..wire import Scrubber
from .claim import ReportFolder
from .run_record import RecordWriter, subject_from_json
from .terms import RunTerms

LIBRARIES = ("httpx", "jsonschema", "hypothesis", "pytest")


@dataclass(frozen=True, slots=True)
class Judged:
    """A judged run, from which the reports are made."""

    catalog: Catalog
    subject: Subject
    verdict: Verdict
    record: RunRecord
    scope: Scope


class Report:
    """Collects a run's results and writes each at once. Without a result it writes nothing and leaves old files alone."""

    def __init__(self, catalog: Catalog, subject: Subject, scrubber: Scrubber, folder: ReportFolder, terms: RunTerms, command: str) -> None:
        self.catalog = catalog
        self.subject = subject
        self.scrubber = scrubber
        self.path = folder.path
        self.verdict: Verdict | None = None
        self.results: list[CaseResult] = []
        self._terms = terms
        self._scope = Scope()
        self._absent: dict[str, str] = {}
        self._unshown = 0
        self._started = time.time()
        self._footer: dict[str, Data] | None = None
        self._header: dict[str, Data] = {
            "subject": asdict(subject),
            "spec": catalog.snapshot,
            "fail_on": terms.fail_on,
            "command": scrubber.text(command),
            "started_at": self._started,
            "cases": len(catalog.cases),
            "versions": {"wireproof": VERSION} | {name: version(name) for name in LIBRARIES} | {"python": platform.python_version()},
            "selected": {"areas": list(terms.selection.areas), "requirements": list(terms.selection.requirements)},
            "known": [{**asdict(entry), "until": str(entry.until) if entry.until else None} for entry in terms.known.entries],
        }
        self._folder = folder
        self._writer: RecordWriter | None = None

    def take(self, result: CaseResult, absent: Mapping[str, str], unshown: int = 0) -> None:
        """Record a result, and the features known by then to be absent.

        ``unshown`` counts requests sent for it whose exchanges it does not hold.
        """
        self._unshown += unshown
        self.results.append(result)
        self._absent.update(absent)
        if self._writer is None:
            self._writer = RecordWriter(self.path, self.scrubber, self._folder.begin())
            self._writer.header(self._header)
        self._writer.result(result)

    def finish(self, *, interrupted: bool, broken: bool, undeleted: Sequence[str] = ()) -> Verdict:
        """Reach the verdict and write the footer.

        ``broken`` means that our own code failed somewhere. ``undeleted`` lists what the run created and could not delete.
        """
        partial = "" if broken else _part(self.catalog, self.results, self._terms.selection)
        self._scope = Scope(self._terms.fail_on, partial, interrupted, self._terms.known)
        self.verdict = _reached(self.catalog, self.results, self._absent, self._scope, broken=broken)
        self._footer = {
            "verdict": self.verdict.sentence,
            "code": int(self.verdict.code),
            "complete": not (interrupted or broken or partial),
            "partial": partial,
            "interrupted": interrupted,
            "broken": broken,
            "absent": self._absent,
            "seconds": round(time.time() - self._started, 3),
            "requests": self._unshown + sum(1 + len(e.attempts) for result in self.results for e in result.exchanges),
        }
        if undeleted:
            self._footer["undeleted"] = list(undeleted)
        if self._writer is not None:
            self._writer.footer(self._footer)
        return self.verdict

    def judged(self) -> Judged:
        """The whole run, once it is finished."""
        assert self.verdict is not None
        return Judged(self.catalog, self.subject, self.verdict, RunRecord(self._header, tuple(self.results), self._footer), self._scope)

    def close(self) -> None:
        """Close the record's file."""
        self._folder.close()


def _part(catalog: Catalog, results: Sequence[CaseResult], selection: Selection) -> str:
    """Which part of the suite was run, in words; empty for the whole suite."""
    kinds: dict[str, Mapping[str, object]] = {
        "cases": catalog.cases,
        "properties": catalog.properties,
        "calls of clients": catalog.calls,
    }
    counts = {kind: (sum(result.case in known for result in results), len(known)) for kind, known in kinds.items()}
    if counts["cases"][0] == counts["cases"][1] and not selection:
        return ""
    words = [f"{judged} of {there} {kind}" for kind, (judged, there) in counts.items() if judged or kind == "cases"]
    return ", ".join([*words, *([str(selection)] if selection else [])])


def _reached(catalog: Catalog, results: Sequence[CaseResult], absent: Mapping[str, str], scope: Scope, *, broken: bool) -> Verdict:
    """The verdict, unless our own code failed."""
    verdict = reach_verdict(catalog, results, absent, scope)
    if broken:
        return replace(verdict, code=Exit.OUR_FAULT, sentence="no verdict: the harness itself failed, see above")
    return verdict


def load_for(subject: Subject, results: Collection[CaseResult]) -> Catalog:
    """Load the current catalog for a recorded subject. Raises ``CatalogError`` if its profile no longer exists."""
    twin = any(exchange.twin is not None for result in results for exchange in result.exchanges)
    played = sorted({result.case.partition("/")[0] for result in results})
    catalog = load(profile=subject.profile, required=subject.required, relay=bool(subject.upstream), twin=twin, named=tuple(played))
    return catalog.narrowed(Models(subject.model, subject.completions_model, subject.embeddings_model))


def judged_again(record: RunRecord, catalog: Catalog | None = None) -> Judged:
    """A recorded run with the verdict from its recorded findings. A record that was cut off counts as interrupted.

    ``catalog`` is the result of ``load_for``, if already loaded.

    Results and findings whose case or requirement no longer exists are left out, and a remark says so.
    """
    header, footer = record.header, record.footer or {"partial": "", "interrupted": True, "broken": False, "absent": {}}
    subject = subject_from_json(header["subject"])
    catalog = catalog or load_for(subject, record.results)
    results = tuple(kept for result in record.results if (kept := _still_known(catalog, result)) is not None)
    lost = len(record.results) - len(results)
    if lost:
        told = "1 result belongs to a case that no longer exists" if lost == 1 else f"{lost} results belong to cases that no longer exist"
        subject = replace(subject, remarks=(*subject.remarks, told))
    known = KnownFailures(tuple(map(_known, header["known"])), date.fromtimestamp(header["started_at"]))
    scope = Scope(Level(header["fail_on"]), footer["partial"], footer["interrupted"], known)
    verdict = _reached(catalog, results, footer["absent"], scope, broken=footer["broken"])
    return Judged(catalog, subject, verdict, replace(record, results=results), scope)


def _known(entry: dict[str, Data]) -> KnownFailure:
    """An entry of the run's list of known failures; older records hold fewer members."""
    until = date.fromisoformat(entry["until"]) if entry["until"] else None
    return KnownFailure(**{**entry, "until": until, "accept": Accept(entry.get("accept", Accept.FAILING))})


def _still_known(catalog: Catalog, result: CaseResult) -> CaseResult | None:
    """A result without findings on requirements that no longer exist; ``None`` if none is left."""
    if not any(result.case in known for known in (catalog.cases, catalog.properties, catalog.calls)):
        return None
    findings = tuple(finding for finding in result.findings if finding.requirement in catalog.requirements)
    return replace(result, findings=findings) if findings else None
