"""Exchanges to findings: which requirements apply, what their checks say, and what that comes to at their level."""

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
"""The requirement under which an invalid request is reported that was accepted; nothing else is held against its reply."""

_SHORTFALL = {Level.MUST: Outcome.FAIL, Level.SHOULD: Outcome.WARN, Level.MAY: Outcome.NOTE}


def decide(level: Level, problems: Sequence[Problem]) -> Outcome:
    """What problems, or none, come to at a level."""
    if problems:
        return _SHORTFALL[level]
    return Outcome.NOTE if level is Level.MAY else Outcome.PASS


def our_error(what: str, error: Exception) -> str:
    """The reason of a finding that an exception of our own code kept from being judged: what raised, where, and what."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(HARNESS))]
    where = f" at {Path(frames[-1].filename).relative_to(HARNESS.parent)}:{frames[-1].lineno}" if frames else ""
    text = show(" ".join(f"{type(error).__name__}: {error}".split()), 200)
    return f"our own {what} raised {text}{where}"


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What one check said about one exchange, or about several that it compares."""

    outcome: Outcome
    problems: tuple[Problem, ...]
    exchanges: tuple[str, ...]
    reason: str = ""
    fault: Blame | None = None


class Judge:
    """Judges the exchanges of cases. ``settings`` are the run settings that arguments may name."""

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
        """The findings of a case that was played. ``absent`` are features that are not offered, with the reason."""
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
        """The steps whose acceptance a requirement of the case's own is about, such as that a deleted response is gone."""
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
        """The findings of an exchange by itself, without any case: what can be judged of a recording."""
        found: Sequence[tuple[str, _Verdict]] = self._general_verdicts(Reply(exchange), {}, "")
        return tuple(_merged(exchange.id, name, [verdict]) for name, verdict in found)

    def call(self, call: Call, exchange: Exchange, handed: ClientOutcome) -> tuple[Finding, ...]:
        """The findings of a client's call: what it handed to its user, beside its last exchange, under the requirements of its area."""
        reply, supplied = Reply(exchange), {"call": call, "handed": handed}
        asked = [requirement for requirement in self._catalog.requirements.values() if requirement.area == call.client.area]
        found = [(r.id, verdict) for r in asked if (verdict := self._run(r, {**r.arguments, **supplied}, [reply], "")) is not None]
        return tuple(_merged(call.id, name, [verdict]) for name, verdict in found)

    def _general_verdicts(self, reply: Reply, absent: Mapping[str, str], label: str) -> list[tuple[str, _Verdict]]:
        """What the requirements that apply by themselves say of one reply; those that rest on one that is not met decide nothing."""
        said = list(self._each_by_itself(reply, absent, label))
        unmet = unmet_of(said)
        resting = ((name, verdict, self._ground_lost(self._requirements[name], unmet)) for name, verdict in said)
        return [
            (name, verdict if lost is None else _Verdict(Outcome.INCONCLUSIVE, (), verdict.exchanges, lost))
            for name, verdict, lost in resting
        ]

    def _ground_lost(self, requirement: Requirement, unmet: Mapping[str, str]) -> str | None:
        """Why a requirement has no ground in a reply: it rests, by itself or through others, on one that this reply does not meet."""
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
        """What each requirement says that applies by itself, whatever the others say."""
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
        """The general requirements that judge exchanges of a kind."""
        return [(requirement, when) for requirement, when in self._general if matches(when, kind)]

    def _named_verdict(
        self,
        case: Case,
        requirement: Requirement,
        expectation: Expectation,
        replies: Mapping[str, Reply],
        unmet: Mapping[str, Mapping[str, str]],
    ) -> _Verdict:
        """What a requirement says that the case named."""
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
        return verdict or _Verdict(Outcome.INCONCLUSIVE, (), exchanges, "the reply holds nothing to judge it by")

    def _ignored(self, requirement: Requirement, reply: Reply) -> str | None:
        """Why the profile has nothing judged of a reply but one requirement, which tells what is wrong with it; ``None`` where it has."""
        for rule in self._catalog.profile.ignored:
            telling = self._catalog.requirements.get(rule.requirement)
            if telling is None or telling.when is None or telling.id == requirement.id:
                continue
            if matches(telling.when, kind_of(reply)) and self._problems(telling.check, telling.arguments, [reply]):
                return rule.reason
        return None

    def _run(self, requirement: Requirement, arguments: Mapping[str, Any], replies: list[Reply], label: str) -> _Verdict | None:
        """Have a requirement judged; ``None`` when it has nothing to say."""
        exchanges = tuple(reply.exchange.id for reply in replies)
        try:
            problems = self._problems(requirement.check, arguments, replies)
            weighed = self._weighed(requirement, arguments, replies, problems)
        except UndecidedError as undecided:
            return _Verdict(Outcome.INCONCLUSIVE, (), exchanges, str(undecided))
        except Exception as error:  # noqa: BLE001 - whatever a check raises is a fault of ours, and takes nothing else with it
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
        """What problems come to, and why, with what the profile knows of them: a form that it accepts is noted, and never lost.

        Such a form is also looked for where the requirement's own check has nothing to say.
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
        """What keeps a requirement from being met in another form; ``None`` where that form is not for these exchanges."""
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


ACCEPTED_TEXT = f"the request is invalid and was accepted, which {ACCEPTED} tells"


def _was_accepted(reply: Reply) -> bool:
    """Whether an invalid request was answered as if it were right: then its reply says nothing about valid ones."""
    exchange = reply.exchange
    return exchange.request.wants == "refusal" and exchange.status is not None and exchange.status < 300


def _is_about_status(requirement: Requirement) -> bool:
    return requirement.check is not None and requirement.check.startswith("status")


def unmet_of(said: Sequence[tuple[str, _Verdict]]) -> dict[str, str]:
    """The requirements that a reply does not meet, each with what came instead."""
    missed = ((name, verdict) for name, verdict in said if verdict.outcome in (Outcome.FAIL, Outcome.WARN))
    return {name: f"{verdict.problems[0].where}: {verdict.problems[0].got}" if verdict.problems else "" for name, verdict in missed}


def _why_unsent(case: Case, replies: Mapping[str, Reply]) -> str:
    """Why a step was not sent: what it builds on was not given."""
    exchanges = {step: reply.exchange for step, reply in replies.items()}
    needs = [step.needs for step in case.steps if step.needs is not None and step.id not in replies]
    return next((reason for need in needs if (reason := lacking(need, exchanges)) is not None), "a step was not sent")


def _excuse(when: When, reply: Reply) -> str | None:
    """Why a reply does not decide what a requirement asks of its kind. Where either is right, a refusal decides, whatever its reason."""
    if when.wants is None:
        return None
    return reply.once(put_off) if when.wants == "either" else reply.once(excuse_of)


def _no_ground(reply: Reply, *, about_status: bool) -> str | None:
    """Why an expectation about a reply cannot be judged: there is no such reply. One about the status always can."""
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
    """One finding out of all verdicts on a requirement in a case: the worst, with every problem.

    A verdict that decided something counts more than one that did not.
    """
    if len(verdicts) == 1:
        (only,) = verdicts
        problems, exchanges = tuple(dict.fromkeys(only.problems)), tuple(dict.fromkeys(only.exchanges))
        return Finding(case, requirement, only.outcome, problems, exchanges, only.reason, only.fault)
    decided = [verdict for verdict in verdicts if verdict.outcome is not Outcome.INCONCLUSIVE] or verdicts
    # What the endpoint was seen to miss is not hidden by an error.
    missed = [verdict for verdict in decided if verdict.outcome in (Outcome.FAIL, Outcome.WARN)]
    worst = max(missed or decided, key=lambda verdict: verdict.outcome.rank)
    problems = tuple(dict.fromkeys(problem for verdict in decided for problem in verdict.problems))
    shown = [verdict for verdict in decided if verdict.problems] or decided
    exchanges = tuple(dict.fromkeys(identity for verdict in shown for identity in verdict.exchanges))
    return Finding(case, requirement, worst.outcome, problems, exchanges, worst.reason, worst.fault)
