"""Turns exchanges into findings: selects the requirements that apply, runs their checks, and grades the problems by level."""

from __future__ import annotations

import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from ..catalog import NOTHING_SAID, WHOLENESS, AcceptedForm, Catalog, ExchangeKind, asks_for, call_of, kind_of, lacking, matches
from ..checks import CHECKS, OF, Reply, show
from ..model import (
    NEVER_ANSWERED,
    Blame,
    Call,
    Case,
    ClientOutcome,
    Exchange,
    Expectation,
    Finding,
    Level,
    Outcome,
    Problem,
    Requirement,
    UndecidedError,
    When,
)
from .inconclusive import excuse_of, put_off

HARNESS = Path(__file__).resolve().parent.parent

ACCEPTED = "errors.client-fault-is-refused"
"""The requirement that reports an invalid request that was accepted. Only the HTTP requirements judge that reply too."""

_SHORTFALL = {Level.MUST: Outcome.FAIL, Level.SHOULD: Outcome.WARN, Level.MAY: Outcome.NOTE}


def decide(level: Level, problems: Sequence[Problem]) -> Outcome:
    """The outcome of problems, or of none, at a level."""
    if problems:
        return _SHORTFALL[level]
    return Outcome.NOTE if level is Level.MAY else Outcome.PASS


def our_error(what: str, error: Exception) -> str:
    """The reason of a finding that was not judged because our own code raised: what raised which exception, and where."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(HARNESS))]
    where = f" at {Path(frames[-1].filename).relative_to(HARNESS.parent)}:{frames[-1].lineno}" if frames else ""
    text = show(" ".join(f"{type(error).__name__}: {error}".split()), 200)
    return f"our own {what} raised {text}{where}"


@dataclass(frozen=True, slots=True)
class _Verdict:
    """The result of one check for one exchange, or for several that it compares."""

    outcome: Outcome
    problems: tuple[Problem, ...]
    exchanges: tuple[str, ...]
    reason: str = ""
    fault: Blame | None = None


class Judge:
    """Judges the exchanges of cases. ``settings`` are the run settings that arguments may refer to."""

    def __init__(self, catalog: Catalog, settings: Mapping[str, str]) -> None:
        self._catalog = catalog
        self._settings = settings
        self._said = catalog.profile.said_by_requirement()
        self._requirements = catalog.requirements
        general = [(r, r.when) for r in catalog.requirements.values() if r.when is not None and r.check is not None]
        self._general = [(requirement, when) for requirement, when in general if when.offered]
        self._of_absence = [(requirement, when) for requirement, when in general if not when.offered]
        # Most exchanges of a run are of a few kinds, and most requirements judge one or two of them.
        self._applicable = cache(self._find_applicable)

    def case(self, case: Case, exchanges: Mapping[str, Exchange], absent: Mapping[str, str]) -> tuple[Finding, ...]:
        """The findings of a case. ``absent`` maps features that are not offered to the reason."""
        replies = {step: Reply(exchange) for step, exchange in exchanges.items()}
        found: dict[str, list[_Verdict]] = {}
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
        for expectation in case.expect:
            requirement = self._requirements[expectation.requirement]
            if requirement.feature not in absent:
                verdict = self._named_verdict(case, requirement, expectation, replies, unmet)
                found.setdefault(requirement.id, []).append(verdict)
        return tuple(_merged(case.id, name, verdicts) for name, verdicts in found.items())

    def _told_by_itself(self, case: Case, sent: Sequence[str]) -> set[str]:
        """The steps whose status is judged by a requirement that the case names, such as that a deleted response is gone."""
        return {
            str(expectation.arguments.get(OF, sent[-1]))
            for expectation in case.expect
            if sent and _is_about_status(requirement := self._requirements[expectation.requirement]) and requirement.area != "errors"
        }

    def absence(self, case: Case, exchanges: Mapping[str, Exchange]) -> tuple[Finding, ...]:
        """The findings of a case whose last reply shows that its feature is not offered."""
        reply = Reply(list(exchanges.values())[-1])
        judging = [requirement for requirement, when in self._of_absence if matches(when, kind_of(reply))]
        found = [(r.id, verdict) for r in judging if (verdict := self._run(r, r.arguments, [reply], "")) is not None]
        return tuple(_merged(case.id, name, [verdict]) for name, verdict in found)

    def exchange(self, exchange: Exchange) -> tuple[Finding, ...]:
        """The findings of a single exchange without a case, such as a recording."""
        found: Sequence[tuple[str, _Verdict]] = self._general_verdicts(Reply(exchange), {}, "")
        return tuple(_merged(exchange.id, name, [verdict]) for name, verdict in found)

    def call(self, call: Call, exchange: Exchange, handed: ClientOutcome) -> tuple[Finding, ...]:
        """The findings of a client's call: its outcome and its last exchange, judged by the requirements of its area."""
        reply, supplied = Reply(exchange), {"call": call, "handed": handed}
        asked = [requirement for requirement in self._catalog.requirements.values() if requirement.area == call.client.area]
        found = [(r.id, verdict) for r in asked if (verdict := self._run(r, {**r.arguments, **supplied}, [reply], "")) is not None]
        return tuple(_merged(call.id, name, [verdict]) for name, verdict in found)

    def _general_verdicts(self, reply: Reply, absent: Mapping[str, str], label: str) -> list[tuple[str, _Verdict]]:
        """The results of all general requirements for one reply. A requirement that rests on an unmet one is inconclusive."""
        said = list(self._each_by_itself(reply, absent, label))
        unmet = unmet_of(said)
        resting = ((name, verdict, self._ground_lost(self._requirements[name], unmet)) for name, verdict in said)
        return [
            (name, verdict if lost is None else _Verdict(Outcome.INCONCLUSIVE, (), verdict.exchanges, lost))
            for name, verdict, lost in resting
        ]

    def _ground_lost(self, requirement: Requirement, unmet: Mapping[str, str]) -> str | None:
        """Why a reply cannot decide a requirement: it rests, directly or indirectly, on one that this reply does not meet."""
        waiting, seen = list(requirement.rests_on), {requirement.id}
        while waiting:
            name = waiting.pop(0)
            if name in unmet:
                return f"it rests on {name}, which this reply does not meet: {unmet[name]}"
            if name not in seen and name in self._requirements:
                seen.add(name)
                waiting += self._requirements[name].rests_on
        return None

    def _each_by_itself(self, reply: Reply, absent: Mapping[str, str], label: str) -> Iterator[tuple[str, _Verdict]]:
        """The result of each general requirement, regardless of the others."""
        trouble = reply.exchange.trouble
        if trouble is not None and (trouble.kind in NEVER_ANSWERED or trouble.kind == "ours"):
            fault = Blame.OURS if trouble.kind == "ours" else Blame.THEIRS
            whose = "our own request failed" if fault is Blame.OURS else "the endpoint gave no answer"
            problem = Problem(label, "an answer", f"{trouble.kind}: {trouble.text}")
            yield WHOLENESS, _Verdict(Outcome.ERROR, (problem,), (reply.exchange.id,), whose, fault)
            for requirement, _ in self._applicable(kind_of(reply)):
                verdict = self._run(requirement, requirement.arguments, [reply], label)
                if verdict is not None and verdict.problems and requirement.feature not in absent:
                    yield requirement.id, verdict
            return
        for requirement, when in self._applicable(kind_of(reply)):
            if requirement.feature in absent or not asks_for(when, reply.asked):
                continue
            if _was_accepted(reply) and requirement.id != ACCEPTED and requirement.area != "http":
                continue
            if (reason := self._ignored(requirement, reply) or reply.unread or _excuse(when, reply)) is not None:
                yield requirement.id, _Verdict(Outcome.INCONCLUSIVE, (), (reply.exchange.id,), reason)
            elif (verdict := self._run(requirement, requirement.arguments, [reply], label)) is not None:
                yield requirement.id, verdict

    def _find_applicable(self, kind: ExchangeKind) -> list[tuple[Requirement, When]]:
        """The general requirements that judge this kind of exchange."""
        return [(requirement, when) for requirement, when in self._general if matches(when, kind)]

    def _named_verdict(
        self,
        case: Case,
        requirement: Requirement,
        expectation: Expectation,
        replies: Mapping[str, Reply],
        unmet: Mapping[str, Mapping[str, str]],
    ) -> _Verdict:
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
        about_status = _is_about_status(requirement)
        own = about_status and requirement.area != "errors"
        grounds = (
            self._ignored(requirement, reply)
            or (ACCEPTED_TEXT if _was_accepted(reply) and not own else None)
            or _no_ground(reply, about_status=about_status)
            or self._ground_lost(requirement, unmet[reply.exchange.id])
            for reply in judged
        )
        reason = next((text for text in grounds if text), None)
        if reason is not None or len(judged) < len(steps):
            return _Verdict(Outcome.INCONCLUSIVE, (), exchanges, reason or _why_unsent(case, replies))
        label = steps[0] if len(replies) > 1 and len(steps) == 1 else ""
        verdict = self._run(requirement, arguments, judged, label)
        return verdict or _Verdict(Outcome.INCONCLUSIVE, (), exchanges, "the reply contains nothing that this requirement judges")

    def _ignored(self, requirement: Requirement, reply: Reply) -> str | None:
        """Why the profile ignores a reply for every requirement but one, which reports the problem; ``None`` if it does not."""
        for rule in self._catalog.profile.ignored:
            telling = self._catalog.requirements.get(rule.requirement)
            if telling is None or telling.when is None or telling.id == requirement.id:
                continue
            if matches(telling.when, kind_of(reply)) and self._problems(telling.check, telling.arguments, [reply]):
                return rule.reason
        return None

    def _run(self, requirement: Requirement, arguments: Mapping[str, Any], replies: list[Reply], label: str) -> _Verdict | None:
        """Judge a requirement; ``None`` if its check does not apply."""
        exchanges = tuple(reply.exchange.id for reply in replies)
        try:
            problems = self._problems(requirement.check, arguments, replies)
            weighed = self._weighed(requirement, arguments, replies, problems)
        except UndecidedError as undecided:
            return _Verdict(Outcome.INCONCLUSIVE, (), exchanges, str(undecided))
        except Exception as error:  # noqa: BLE001 - an exception in a check is our fault, and must not affect other requirements
            return _Verdict(Outcome.ERROR, (), exchanges, our_error(f"check {requirement.check}", error), Blame.OURS)
        if weighed is None:
            return None
        outcome, shown, reason = weighed
        if label:
            shown = [Problem(f"step {label}: {problem.where}", problem.expected, problem.got) for problem in shown]
        return _Verdict(outcome, tuple(shown), exchanges, reason)

    def _problems(self, name: str | None, arguments: Mapping[str, Any], replies: list[Reply]) -> list[Problem] | None:
        """Call a check."""
        assert name is not None
        check = CHECKS[name]
        filled = {name: self._settings.get(value, value) if isinstance(value, str) else value for name, value in arguments.items()}
        if check.wants_schemas:
            filled["schemas"] = self._catalog.schemas
        return check(*replies, **filled)

    def _weighed(
        self, requirement: Requirement, arguments: Mapping[str, Any], replies: list[Reply], problems: list[Problem] | None
    ) -> tuple[Outcome, list[Problem], str] | None:
        """The outcome of problems, with the profile's deviations applied. A form that the profile accepts becomes a note.

        That form is also tried if the requirement's own check does not apply.
        """
        name, said = self._catalog.profile.name, self._said.get(requirement.id, NOTHING_SAID)
        if problems == [] and said is NOTHING_SAID:
            return decide(requirement.level, problems), problems, ""
        tried = list(problems or ())
        for deviation in said.deviations if problems != [] else ():
            left = None if deviation.accepts is None else self._in_other_form(requirement, deviation.accepts, arguments, replies)
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
            return self._problems(name, others, replies)
        except UndecidedError:
            return None


ACCEPTED_TEXT = f"the request is invalid but was accepted; see {ACCEPTED}"


def _was_accepted(reply: Reply) -> bool:
    """Whether an invalid request was accepted. Its reply then decides nothing about valid requests."""
    exchange = reply.exchange
    return exchange.request.wants == "refusal" and exchange.status is not None and exchange.status < 300


def _is_about_status(requirement: Requirement) -> bool:
    return requirement.check is not None and requirement.check.startswith("status")


def unmet_of(said: Sequence[tuple[str, _Verdict]]) -> dict[str, str]:
    """The requirements that a reply does not meet, each with what came instead, in words."""
    missed = ((name, verdict) for name, verdict in said if verdict.outcome in (Outcome.FAIL, Outcome.WARN))
    return {name: f"{verdict.problems[0].where}: {verdict.problems[0].got}" if verdict.problems else "" for name, verdict in missed}


def _why_unsent(case: Case, replies: Mapping[str, Reply]) -> str:
    """Why a step was not sent: an earlier reply lacks what it needs."""
    exchanges = {step: reply.exchange for step, reply in replies.items()}
    needs = [step.needs for step in case.steps if step.needs is not None and step.id not in replies]
    return next((reason for need in needs if (reason := lacking(need, exchanges)) is not None), "a step was not sent")


def _excuse(when: When, reply: Reply) -> str | None:
    """Why a reply does not decide a requirement. If either reply is right, any refusal but a rate limit decides."""
    if when.wants is None:
        return None
    return reply.once(put_off) if when.wants == "either" else reply.once(excuse_of)


def _no_ground(reply: Reply, *, about_status: bool) -> str | None:
    """Why an expectation about a reply cannot be judged, such as a reply that is incomplete or refused; ``None`` if it can."""
    status = reply.exchange.status
    if reply.exchange.trouble is not None:
        return f"the reply did not arrive whole: {reply.exchange.trouble.text}"
    if reply.unread is not None:
        return reply.unread
    refused = status is None or status >= 300
    if refused and (reply.exchange.request.wants == "success" or (reply.exchange.request.wants == "either" and not about_status)):
        return excuse_of(reply) or f"the request was answered with {status}"
    return excuse_of(reply)


def _merged(case: str, requirement: str, verdicts: list[_Verdict]) -> Finding:
    """Merge all verdicts on a requirement in a case into one finding: the worst outcome, with every problem.

    Conclusive verdicts outweigh inconclusive ones.
    """
    if len(verdicts) == 1:
        (only,) = verdicts
        problems, exchanges = tuple(dict.fromkeys(only.problems)), tuple(dict.fromkeys(only.exchanges))
        return Finding(case, requirement, only.outcome, problems, exchanges, only.reason, only.fault)
    decided = [verdict for verdict in verdicts if verdict.outcome is not Outcome.INCONCLUSIVE] or verdicts
    # An error must not hide a failure of the endpoint.
    missed = [verdict for verdict in decided if verdict.outcome in (Outcome.FAIL, Outcome.WARN)]
    worst = max(missed or decided, key=lambda verdict: verdict.outcome.rank)
    problems = tuple(dict.fromkeys(problem for verdict in decided for problem in verdict.problems))
    shown = [verdict for verdict in decided if verdict.problems] or decided
    exchanges = tuple(dict.fromkeys(identity for verdict in shown for identity in verdict.exchanges))
    return Finding(case, requirement, worst.outcome, problems, exchanges, worst.reason, worst.fault)
