"""Judges a recorded run again: same exchanges, same cases, current requirements."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count

from ..catalog import Catalog, Selection, may_change, plan, settings
from ..gateway import is_trimmed, marked, token_of
from ..judging import Judge, ProbeStep, absence, absence_by, carries_key, deciding, unjudgeable
from ..model import CLEAN_UP, Case, CaseResult, Exchange, Finding, Level, Outcome, Property, RunRecord, Step, Subject, UndecidedError
from .report import Judged, judged_again, load_for
from .run_record import subject_from_json


def judge_again(record: RunRecord, *, profile: str | None = None, fail_on: Level | None = None) -> Judged:
    """Judge a run by the current requirements. Its remarks say what could not be judged as in a live run.

    ``profile`` and ``fail_on`` default to the run's own. Raises ``CatalogError``.
    """
    told = dict(record.header["subject"]) | ({"profile": profile} if profile is not None else {})
    subject = subject_from_json(told)
    catalog = load_for(subject, record.results)
    absent = _absent(catalog, record)
    anew = _Anew(catalog, subject, absent)
    selection = Selection(**{name: tuple(names) for name, names in record.header["selected"].items()})
    results = [selection.narrowed(judged) for result in record.results if (judged := anew.result(result)) is not None]
    remarks = [*subject.remarks, *anew.remarks({result.case for result in record.results})]
    played = sum(result.case in catalog.cases for result in results)
    partial = "" if played == len(catalog.cases) else f"{played} of {len(catalog.cases)} cases"
    before = record.footer or {"partial": "", "interrupted": True, "broken": False}
    header = {**record.header, "subject": {**told, "remarks": remarks}, "fail_on": fail_on or record.header["fail_on"]}
    footer = {**before, "partial": before["partial"] or partial, "absent": absent}
    return judged_again(RunRecord(header, results, footer), catalog)


class _Anew:
    """Judges the results of one record again and counts what has changed since."""

    def __init__(self, catalog: Catalog, subject: Subject, absent: Mapping[str, str]) -> None:
        self._catalog = catalog
        self._subject = subject
        self._absent = absent
        self._judge = Judge(catalog, settings(subject))
        self._gone = 0
        self._changed = 0

    def remarks(self, played: Collection[str]) -> Iterator[str]:
        """The changes since the run that were noticed."""
        if self._gone:
            yield f"{self._gone} of the record's cases no longer exist"
        if self._changed:
            yield f"{self._changed} cases send other requests today: their exchanges are judged by the general requirements only"
        if self._unasked(played):
            yield f"{self._unasked(played)} cases that exist today were not part of this run"

    def _unasked(self, played: Collection[str]) -> int:
        return sum(name not in played for name in self._catalog.cases)

    def result(self, recorded: CaseResult) -> CaseResult | None:
        """Judge one result again; ``None`` if its case, or every requirement it found something on, no longer exists."""
        case = self._catalog.cases.get(recorded.case)
        prop = self._catalog.properties.get(recorded.case)
        if case is not None:
            findings = self._of_case(case, recorded)
        elif prop is not None:
            findings = self._of_property(prop, recorded)
        elif recorded.case in self._catalog.calls:
            findings = self._kept(recorded.findings)  # a client's outcome cannot be reproduced from the record
        else:
            self._gone += 1
            return None
        return replace(recorded, findings=findings) if findings else None

    def _of_case(self, case: Case, recorded: CaseResult) -> tuple[Finding, ...]:
        """Judge a case. Its findings stay if it was not played, needs an absent feature, or is incompletely recorded."""
        unplayed = not recorded.exchanges or (case.feature in self._absent and recorded.outcome is Outcome.NOT_APPLICABLE)
        if unplayed or any(is_trimmed(exchange) or exchange.cut is not None for exchange in recorded.exchanges):
            return self._kept(recorded.findings)
        by_step = steps_of(case, recorded.exchanges)
        if by_step is None or not self._is_asked_so(case, by_step):
            self._changed += 1
            return self._general(case, recorded.exchanges)
        return self._judge.case(case, by_step, self._absent)

    def _of_property(self, prop: Property, recorded: CaseResult) -> tuple[Finding, ...]:
        """Judge a property by the general requirements. Findings that its examples decided stay, because the record lacks the examples."""
        as_case = Case(prop.id, prop.area, prop.title, prop.feature, (), prop.place)
        kept = [f for f in self._kept(recorded.findings) if self._catalog.requirements[f.requirement].when is None]
        return (*self._general(as_case, recorded.exchanges), *kept)

    def _general(self, case: Case, exchanges: Sequence[Exchange]) -> tuple[Finding, ...]:
        """Judge exchanges by the general requirements, without the case's expectations."""
        return self._judge.case(replace(case, expect=()), {exchange.id: exchange for exchange in exchanges}, self._absent)

    def _kept(self, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """The findings whose requirement still exists."""
        return tuple(finding for finding in findings if finding.requirement in self._catalog.requirements)

    def _is_asked_so(self, case: Case, by_step: Mapping[str, Exchange]) -> bool:
        """Whether the case would still send the recorded requests. Only then do its expectations apply to these replies."""
        done: dict[str, Exchange] = {}
        for step in case.steps:
            if step.id not in by_step:
                break
            sent = by_step[step.id].request
            try:
                request = plan(step, self._subject, {}, {} if case.together else done)
            except UndecidedError:
                return False
            if (token := token_of(sent)) is not None:
                request = marked(request, token)
            if (request.method, request.path, request.body) != (sent.method, sent.path, sent.body):
                return False
            done[step.id] = by_step[step.id]
        return True


def steps_of(case: Case, exchanges: Sequence[Exchange]) -> dict[str, Exchange] | None:
    """A case's exchanges by step, as the engine names them; ``None`` if there are more than its steps can make."""
    left = (exchange for exchange in exchanges if not exchange.is_clean_up)
    found: dict[str, Exchange] = {}
    for step in case.steps:
        found |= _of_step(step, left)
    if next(left, None) is not None:
        return None
    cleaned = [exchange for exchange in exchanges if exchange.is_clean_up]
    return found | {f"{CLEAN_UP}~{number}": exchange for number, exchange in enumerate(cleaned, start=1)}


def _of_step(step: Step, left: Iterator[Exchange]) -> dict[str, Exchange]:
    """The exchanges of one step, which may have sent several requests; the last is the step's own."""
    found: dict[str, Exchange] = {}
    for attempt in count(1):
        exchange = next(left, None)
        if exchange is None:
            break
        if step.until is None or attempt == step.until.tries or not may_change(exchange, step.until):
            found[step.id] = exchange
            break
        found[f"{step.id}~{attempt}"] = exchange
    return found


def _absent(catalog: Catalog, record: RunRecord) -> Mapping[str, str]:
    """The features that were not offered: from the footer, or from the probes if the record was cut off."""
    if record.footer is not None:
        return {name: reason for name, reason in record.footer["absent"].items() if name not in catalog.profile.demands}
    played = {result.case: result.exchanges for result in record.results if result.exchanges and result.case in catalog.cases}

    def exchange_of(asked: ProbeStep) -> Exchange | None:
        return deciding(steps_of(catalog.cases[asked.case], played.get(asked.case, ())) or {}, asked.step)

    lacking = unjudgeable(has_key=_has_key(record), context_window=record.header["subject"].get("context_window"))
    found = {name: absence_by(exchange_of, absence(catalog, name, lacking)) for name in catalog.features}
    return {name: reason for name, reason in found.items() if reason is not None}


def _has_key(record: RunRecord) -> bool:
    """Whether any request carried a key."""
    requests = (exchange.request for result in record.results for exchange in result.exchanges)
    return any(carries_key(name for name, _ in request.headers) for request in requests)
