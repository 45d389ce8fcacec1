"""Turns exchanges into findings: selects the requirements that apply, runs their checks, and grades the problems by level."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

from ..catalog import NOTHING_SAID, WHOLENESS, AcceptedForm, Catalog, ExchangeKind, asks_for, call_of, kind_of, matches
from ..checks import CHECKS, OF, Check, Reply, show
from ..model import (
    NEVER_ANSWERED,
    Blame,
    Call,
    Case,
    ClientOutcome,
    Exchange,
    Expectation,
    Finding,
    Outcome,
    Problem,
    Requirement,
    UndecidedError,
    When,
)
from .batch_lines import is_of_endpoint, line_replies
from .grounds import ACCEPTED, ACCEPTED_TEXT, excuse, is_about_status, no_ground, teller_of, undone, was_accepted, why_unsent
from .judgement import Judgement, decide, merged, unmet_of

HARNESS = Path(__file__).resolve().parent.parent


def our_error(what: str, error: Exception) -> str:
    """The reason of a finding that was not judged because our own code raised: what raised which exception, and where."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(HARNESS))]
    where = f" at {Path(frames[-1].filename).relative_to(HARNESS.parent)}:{frames[-1].lineno}" if frames else ""
    text = show(" ".join(f"{type(error).__name__}: {error}".split()), 200)
    return f"our own {what} raised {text}{where}"


class _Call(NamedTuple):
    """A check with its arguments: as the data gives them, and filled with the run's settings and schemas."""

    check: Check
    arguments: Mapping[str, Any]
    filled: Mapping[str, Any]

    def problems(self, replies: Sequence[Reply]) -> list[Problem] | None:
        """What the check says of replies."""
        return self.check.function(*replies, **self.filled)


class _Rule(NamedTuple):
    """A requirement that judges all exchanges of some kinds, and the call of its check."""

    requirement: Requirement
    when: When
    call: _Call


class Judge:
    """Judges the exchanges of cases. ``settings`` are the run settings that arguments may refer to."""

    def __init__(self, catalog: Catalog, settings: Mapping[str, str]) -> None:
        self._catalog = catalog
        self._settings = settings
        self._said = catalog.profile.said_by_requirement()
        self._requirements = catalog.requirements
        self._call_of = cache(lambda name: self._call(self._requirements[name].check, self._requirements[name].arguments))
        general = [(r, r.when) for r in catalog.requirements.values() if r.when is not None and r.check is not None]
        self._general = [(requirement, when) for requirement, when in general if when.offered]
        self._of_absence = [(requirement, when) for requirement, when in general if not when.offered]
        # Most exchanges of a run are of a few kinds, and most requirements judge one or two of them.
        self._applicable = cache(self._find_applicable)
        self._grounds_of = cache(self._find_grounds)

    def case(self, case: Case, exchanges: Mapping[str, Exchange], absent: Mapping[str, str]) -> tuple[Finding, ...]:
        """The findings of a case. ``absent`` maps features that are not offered to the reason. What cleans up is no part of the case."""
        replies = {step: Reply(exchange) for step, exchange in exchanges.items() if not exchange.is_clean_up}
        found: dict[str, list[Judgement]] = {}
        unmet: dict[str, dict[str, str]] = {}
        by_itself = self._told_by_itself(case, list(replies))
        for step, reply in replies.items():
            label = step if len(replies) > 1 else ""
            said = self._general_verdicts(reply, absent, label)
            if step in by_itself:
                said = [(name, verdict) for name, verdict in said if name != ACCEPTED]
            unmet[reply.exchange.id] = unmet_of(said)
            for name, verdict in said:
                found.setdefault(name, []).append(verdict)
        for label, line in line_replies(replies):
            for name, verdict in self._general_verdicts(line, absent, label):
                if is_of_endpoint(self._requirements[name]):
                    found.setdefault(name, []).append(verdict)
        for expectation in case.expect:
            requirement = self._requirements[expectation.requirement]
            if requirement.feature not in absent:
                verdict = self._named_verdict(case, requirement, expectation, replies, unmet)
                found.setdefault(requirement.id, []).append(verdict)
        return tuple(merged(case.id, name, verdicts) for name, verdicts in found.items())

    def _told_by_itself(self, case: Case, sent: Sequence[str]) -> set[str]:
        """The steps whose status is judged by a requirement that the case names, such as that a deleted response is gone."""
        return {
            str(expectation.arguments.get(OF, sent[-1]))
            for expectation in case.expect
            if sent and is_about_status(requirement := self._requirements[expectation.requirement]) and requirement.area != "errors"
        }

    def absence(self, case: Case, exchanges: Mapping[str, Exchange]) -> tuple[Finding, ...]:
        """The findings of a case whose last reply shows that its feature is not offered."""
        reply = Reply([exchange for exchange in exchanges.values() if not exchange.is_clean_up][-1])
        judging = [requirement for requirement, when in self._of_absence if matches(when, kind_of(reply))]
        found = [(r.id, verdict) for r in judging if (verdict := self._run(r, self._call_of(r.id), [reply], "")) is not None]
        return tuple(merged(case.id, name, [verdict]) for name, verdict in found)

    def exchange(self, exchange: Exchange) -> tuple[Finding, ...]:
        """The findings of a single exchange without a case, such as a recording."""
        return self.reply(Reply(exchange))

    def reply(self, reply: Reply) -> tuple[Finding, ...]:
        """The same for an exchange that was made a reply already."""
        found: Sequence[tuple[str, Judgement]] = self._general_verdicts(reply, {}, "")
        return tuple(merged(reply.exchange.id, name, [verdict]) for name, verdict in found)

    def call(self, call: Call, exchange: Exchange, handed: ClientOutcome) -> tuple[Finding, ...]:
        """The findings of a client's call: its outcome and its last exchange, judged by the requirements of its area."""
        reply, supplied = Reply(exchange), {"call": call, "handed": handed}
        asked = [requirement for requirement in self._catalog.requirements.values() if requirement.area == call.client.area]
        calls = [(r, self._call(r.check, {**r.arguments, **supplied})) for r in asked]
        found = [(r.id, verdict) for r, made in calls if (verdict := self._run(r, made, [reply], "")) is not None]
        return tuple(merged(call.id, name, [verdict]) for name, verdict in found)

    def _general_verdicts(self, reply: Reply, absent: Mapping[str, str], label: str) -> list[tuple[str, Judgement]]:
        """The results of all general requirements for one reply. A requirement that rests on an unmet one is inconclusive."""
        said = list(self._each_by_itself(reply, absent, label))
        unmet = unmet_of(said)
        if not unmet:
            return said
        resting = ((name, verdict, self._ground_lost(self._requirements[name], unmet)) for name, verdict in said)
        return [
            (name, verdict if lost is None else Judgement(Outcome.INCONCLUSIVE, (), verdict.exchanges, lost))
            for name, verdict, lost in resting
        ]

    def _ground_lost(self, requirement: Requirement, unmet: Mapping[str, str]) -> str | None:
        """Why a reply cannot decide a requirement: it rests, directly or indirectly, on one that this reply does not meet."""
        for name in self._grounds_of(requirement.id):
            if name in unmet:
                return f"it rests on {name}, which this reply does not meet: {unmet[name]}"
        return None

    def _find_grounds(self, requirement: str) -> tuple[str, ...]:
        """What a requirement rests on, directly or indirectly, the nearest first."""
        found = [requirement]
        for name in found:  # grows on the way
            found += [ground for ground in self._requirements[name].rests_on if ground in self._requirements and ground not in found]
        return tuple(found[1:])

    def _each_by_itself(self, reply: Reply, absent: Mapping[str, str], label: str) -> Iterator[tuple[str, Judgement]]:
        """The result of each general requirement, regardless of the others."""
        trouble = reply.exchange.trouble
        if trouble is not None and (trouble.kind in NEVER_ANSWERED or trouble.kind == "ours"):
            fault = Blame.OURS if trouble.kind == "ours" else Blame.THEIRS
            whose = "our own request failed" if fault is Blame.OURS else "the endpoint gave no answer"
            problem = Problem(label, "an answer", f"{trouble.kind}: {trouble.text}")
            yield WHOLENESS, Judgement(Outcome.ERROR, (problem,), (reply.exchange.id,), whose, fault)
            for rule in self._applicable(kind_of(reply)):
                verdict = self._run(rule.requirement, rule.call, [reply], label)
                if verdict is not None and verdict.problems and rule.requirement.feature not in absent:
                    yield rule.requirement.id, verdict
            return
        accepted, excused, ignoring = was_accepted(reply), excuse(reply), bool(self._catalog.profile.ignored)
        for requirement, when, call in self._applicable(kind_of(reply)):
            if requirement.feature in absent or (when.asks and not asks_for(when, reply.asked)):
                continue
            if accepted and requirement.id != teller_of(reply) and requirement.area != "http":
                continue
            reason = (self._ignored(requirement, reply) if ignoring else None) or reply.unread or (excused if when.wants else None)
            if reason is not None:
                yield requirement.id, Judgement(Outcome.INCONCLUSIVE, (), (reply.exchange.id,), reason)
            elif (verdict := self._run(requirement, call, [reply], label)) is not None:
                yield requirement.id, verdict

    def _find_applicable(self, kind: ExchangeKind) -> list[_Rule]:
        """The general requirements that judge this kind of exchange."""
        return [_Rule(requirement, when, self._call_of(requirement.id)) for requirement, when in self._general if matches(when, kind)]

    def _named_verdict(
        self,
        case: Case,
        requirement: Requirement,
        expectation: Expectation,
        replies: Mapping[str, Reply],
        unmet: Mapping[str, Mapping[str, str]],
    ) -> Judgement:
        """The result of a requirement that the case names."""
        assert requirement.check is not None
        arguments = {**requirement.arguments, **expectation.arguments}
        names = CHECKS[requirement.check].replies
        if len(names) == 1:
            steps = [arguments.pop(OF, list(replies)[-1])]
        else:
            steps = [arguments.pop(name) for name in names]
        judged = [replies[step] for step in steps if step in replies]
        exchanges = tuple(reply.exchange.id for reply in judged)
        about_status = is_about_status(requirement)
        own = about_status and requirement.area != "errors"
        grounds = (
            self._ignored(requirement, reply)
            or (ACCEPTED_TEXT if was_accepted(reply) and not own else None)
            or no_ground(reply, about_status=about_status)
            or self._ground_lost(requirement, unmet[reply.exchange.id])
            for reply in judged
        )
        reason = next((text for text in grounds if text), None) or undone(replies, steps)
        if reason is not None or len(judged) < len(steps):
            return Judgement(Outcome.INCONCLUSIVE, (), exchanges, reason or why_unsent(case, replies))
        label = steps[0] if len(replies) > 1 and len(steps) == 1 else ""
        verdict = self._run(requirement, self._call(requirement.check, arguments), judged, label)
        return verdict or Judgement(Outcome.INCONCLUSIVE, (), exchanges, "the reply contains nothing that this requirement judges")

    def _ignored(self, requirement: Requirement, reply: Reply) -> str | None:
        """Why the profile ignores a reply for every requirement but one, which reports the problem; ``None`` if it does not."""
        for rule in self._catalog.profile.ignored:
            telling = self._catalog.requirements.get(rule.requirement)
            if telling is None or telling.when is None or telling.id == requirement.id:
                continue
            if matches(telling.when, kind_of(reply)) and self._call_of(telling.id).problems([reply]):
                return rule.reason
        return None

    def _run(self, requirement: Requirement, call: _Call, replies: list[Reply], label: str) -> Judgement | None:
        """Judge a requirement; ``None`` if its check does not apply."""
        exchanges = tuple([reply.exchange.id for reply in replies])
        try:
            problems = call.problems(replies)
            if not problems and requirement.id not in self._said:
                return None if problems is None else Judgement(decide(requirement.level, problems), (), exchanges)
            weighed = self._weighed(requirement, call, replies, problems)
        except UndecidedError as undecided:
            return Judgement(Outcome.INCONCLUSIVE, (), exchanges, str(undecided))
        except Exception as error:  # noqa: BLE001 - an exception in a check is our fault, and must not affect other requirements
            return Judgement(Outcome.ERROR, (), exchanges, our_error(f"check {requirement.check}", error), Blame.OURS)
        if weighed is None:
            return None
        outcome, shown, reason = weighed
        if label:
            shown = [Problem(f"step {label}: {problem.where}", problem.expected, problem.got) for problem in shown]
        return Judgement(outcome, tuple(shown), exchanges, reason)

    def _call(self, name: str | None, arguments: Mapping[str, Any]) -> _Call:
        """A check with these arguments."""
        assert name is not None
        check = CHECKS[name]
        filled = {name: self._settings.get(value, value) if isinstance(value, str) else value for name, value in arguments.items()}
        if check.wants_schemas:
            filled["schemas"] = self._catalog.schemas
        return _Call(check, arguments, filled)

    def _weighed(
        self, requirement: Requirement, call: _Call, replies: list[Reply], problems: list[Problem] | None
    ) -> tuple[Outcome, list[Problem], str] | None:
        """The outcome of problems, with the profile's deviations applied. A form that the profile accepts becomes a note.

        That form is also tried if the requirement's own check does not apply.
        """
        name, said = self._catalog.profile.name, self._said.get(requirement.id, NOTHING_SAID)
        tried = list(problems or ())
        for deviation in said.deviations if problems != [] else ():
            left = None if deviation.accepts is None else self._in_other_form(requirement, deviation.accepts, call.arguments, replies)
            if left == []:
                return Outcome.NOTE, list(problems or ()), f"known deviation, accepted by the profile {name}: {deviation.reason}"
            tried += [Problem(problem.where, f"{problem.expected} (the form of the profile {name})", problem.got) for problem in left or ()]
        if problems is None and not tried:
            return None
        return decide(requirement.level, tried), tried, "; ".join(said.of(tried, requirement.level, name))

    def _in_other_form(
        self, requirement: Requirement, form: AcceptedForm, arguments: Mapping[str, Any], replies: list[Reply]
    ) -> list[Problem] | None:
        """The problems of a requirement in another form; ``None`` if that form does not apply to these exchanges."""
        when = form.when
        for reply in replies:
            if not (matches(when, kind_of(reply)) and asks_for(when, reply.asked)):
                return None
        if form.without:
            replies = [reply.without(form.without, partial(self._catalog.schemas.is_valid, form.without)) for reply in replies]
        name, others = call_of(form, replace(requirement, arguments=arguments))
        try:
            return self._call(name, others).problems(replies)
        except UndecidedError:
            return None
