"""A finding in words: what was required, by whom, what came, and how to see it again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping

from harness.catalog import Catalog
from harness.model import CaseResult, Exchange, Finding, Outcome, Request, Subject

KEY_VARIABLE = "$OPENAI_API_KEY"
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code not in (9, 10)}


def plain(text: str) -> str:
    """A text without control characters, so that nothing an endpoint sends can steer a terminal."""
    return text.translate(_CONTROL).encode("utf-8", "backslashreplace").decode()


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that need an explanation, gravest first."""
    needing = [finding for finding in findings if finding.outcome >= Outcome.WARN]
    return sorted(needing, key=lambda finding: -finding.outcome.rank)


def headline(finding: Finding) -> str:
    """One line that is enough by itself."""
    if not finding.problems:
        return plain(f"{finding.requirement}: {finding.outcome}: {finding.reason}")
    problem = finding.problems[0]
    where = f" at {problem.where}" if problem.where else ""
    more = f" (and {len(finding.problems) - 1} more)" if len(finding.problems) > 1 else ""
    return plain(f"{finding.requirement}: expected {problem.expected}, got {problem.got}{where}{more}").replace("\n", "\\n")


def failure(catalog: Catalog, subject: Subject, result: CaseResult, finding: Finding, options: str = "") -> str:
    """A finding in full: headline, requirement, source, case, each problem, what else held, how to reproduce and rerun it."""
    requirement = catalog.requirements[finding.requirement]
    case = catalog.cases[result.case]
    source = catalog.sources[requirement.source]
    rows: list[tuple[str, str]] = [
        ("requirement", f"{requirement.level.upper()}  {requirement.says}"),
        ("source", f"{source.title}, {source.date}, {requirement.at}"),
    ]
    if requirement.contradiction:
        rows.append(("but", requirement.contradiction))
    if requirement.breaks:
        rows.append(("breaks", "; ".join(requirement.breaks)))
    if requirement.seen:
        rows.append(("seen before", requirement.seen[0]))
    rows += [("case", f"{case.id} — {case.title}"), ("", f"spec/{case.place}")]
    if finding.reason:
        rows.append(("reason", finding.reason))
    for problem in finding.problems:
        rows += [("where", problem.where or "the reply"), ("expected", problem.expected), ("got", problem.got)]
    rows.append(("also held", _others(result, finding)))
    lines = [headline(finding), ""]
    lines += [f"  {name:<12} {_indented(text)}" for name, text in rows]
    for exchange in result.exchanges:
        if exchange.id in finding.exchanges:
            lines += ["", f"  {'reproduce':<12} {_indented(curl(subject.base_url, exchange.request))}"]
    lines.append(f"  {'rerun':<12} {rerun(subject, case.id, options)}")
    return plain("\n".join(lines))


def _indented(text: str) -> str:
    return text.replace("\n", "\n" + " " * 15)


def _others(result: CaseResult, finding: Finding) -> str:
    """The other requirements that this case met, shortened."""
    met = [other.requirement for other in result.findings if other.outcome is Outcome.PASS and other is not finding]
    shown = " · ".join(met[:4])
    return f"{shown} · {len(met) - 4} more" if len(met) > 4 else shown or "nothing"


def curl(base_url: str, request: Request) -> str:
    """A command that sends the request again from a shell, with the key taken from the environment."""
    unbuffered = "N" if b'"stream":true' in request.body else ""
    parts = [f"curl -sS{unbuffered} {shlex.quote(base_url + request.path)}"]
    if request.method != ("POST" if request.body else "GET"):
        parts[0] += f" -X {request.method}"
    for name, value in request.headers:
        if name in ("user-agent", "accept") or (name == "accept-encoding" and value == "identity"):
            continue
        if name == "authorization" and "[key removed]" in value:
            parts.append(f'-H "Authorization: Bearer {KEY_VARIABLE}"')
        else:
            parts.append(f"-H {shlex.quote(f'{name}: {value}')}")
    if request.body:
        parts.append(f"--data-binary {_quoted(request.body)}")
    return " \\\n  ".join(parts)


def _quoted(body: bytes) -> str:
    """A request body as one shell word; the long ones of tests of size are cut, and say so."""
    text = body.decode(errors="backslashreplace")
    if len(text) > 4_000:
        return shlex.quote(text[:4_000]) + f" # cut: {len(text):,} characters"
    return shlex.quote(text)


def rerun(subject: Subject, case_id: str, options: str = "") -> str:
    """The pytest command that plays one case again."""
    return f"pytest --base-url {shlex.quote(subject.base_url)} --model {shlex.quote(subject.model)}{options} -k {case_id}"


def pretty(exchange: Exchange) -> str:
    """A reply's body for reading: indented when it is JSON, as it is otherwise."""
    text = exchange.body.decode(errors="backslashreplace")
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def standing_word(outcome: Outcome) -> str:
    """How a requirement's standing reads in one word."""
    words: Mapping[Outcome, str] = {
        Outcome.PASS: "met",
        Outcome.FAIL: "not met",
        Outcome.WARN: "falls short",
        Outcome.INCONCLUSIVE: "undecided",
        Outcome.NOT_APPLICABLE: "not applicable",
        Outcome.ERROR: "no answer",
        Outcome.BLOCKED: "blocked",
        Outcome.NOTE: "noted",
    }
    return words[outcome]
