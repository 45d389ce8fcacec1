"""A finding in words: what was required, by whom, what came, and how to see it again."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping

from .. import COMMAND
from ..catalog import Catalog
from ..model import CaseResult, Exchange, Finding, Outcome, Problem, Request, Subject

KEY_VARIABLE = "$OPENAI_API_KEY"
DRAWING = ("--examples=", "--fuzz-seed=")
"""Options that only concern what is drawn."""

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if code not in (9, 10)}


def plain(text: str) -> str:
    """A text without control characters, so that nothing an endpoint sends can steer a terminal."""
    return text.translate(_CONTROL).encode("utf-8", "backslashreplace").decode()


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that need an explanation, gravest first."""
    needing = [finding for finding in findings if finding.outcome.rank >= Outcome.WARN.rank]
    return sorted(needing, key=lambda finding: -finding.outcome.rank)


def headline(finding: Finding) -> str:
    """One line that is enough by itself."""
    if not finding.problems:
        return plain(f"{finding.requirement}: {finding.outcome}: {finding.reason}")
    problem = finding.problems[0]
    where = f" at {problem.where}" if problem.where else ""
    more = f" (and {len(finding.problems) - 1} more)" if len(finding.problems) > 1 else ""
    return plain(f"{finding.requirement}: expected {problem.expected}, got {problem.got}{where}{more}").replace("\n", "\\n")


def failure(catalog: Catalog, subject: Subject, result: CaseResult, findings: Iterable[Finding]) -> str:
    """What a case missed, in full: a headline each, then who says so and what came, then how to reproduce and rerun it."""
    explained = list(findings)
    case = catalog.tried(result.case)
    blocks = ["\n".join(headline(finding) for finding in explained)]
    blocks += [_rows(_finding_rows(catalog, finding)) for finding in explained]
    shown = {identity for finding in explained for identity in finding.exchanges}
    exchanges = [exchange for exchange in result.exchanges if exchange.id in shown]
    rows = [
        ("case", f"{case.id} — {case.title}"),
        ("", f"spec/{case.place}"),
        ("also held", _others(result)),
    ]
    rows += [("behind", behind(attempt)) for exchange in exchanges for attempt in exchange.behind]
    rows += [("reproduce", curl(subject.base_url, exchange.request)) for exchange in exchanges]
    rows.append(("rerun", rerun(subject, case.id)))
    return plain("\n\n".join([*blocks, _rows(rows)]))


def behind(attempt: Exchange) -> str:
    """What one attempt at the upstream was, in one line."""
    request = attempt.request
    answer = f"answered {attempt.status} with {len(attempt.body):,} bytes" if attempt.status is not None else "not answered"
    ending = f"; {attempt.trouble.kind}: {attempt.trouble.text}" if attempt.trouble else ""
    return f"{request.method} {request.path}, {len(request.body):,} bytes, {answer} in {attempt.seconds:.3f} s{ending}"


def _finding_rows(catalog: Catalog, finding: Finding) -> list[tuple[str, str]]:
    """What one requirement asks, who says so, and what came instead."""
    requirement = catalog.requirements[finding.requirement]
    source = catalog.sources[requirement.source]
    rows = [
        ("requirement", f"{requirement.level.upper()}  {requirement.says}"),
        ("source", f"{source.title}, {source.date}, {requirement.at}"),
        ("but", requirement.contradiction or requirement.tolerates or ""),
        ("breaks", "; ".join(requirement.breaks)),
        ("seen before", requirement.seen[0] if requirement.seen else ""),
        ("reason", finding.reason),
    ]
    for (expected, got), places in grouped(finding.problems).items():
        rows += [("where", ", ".join(places)), ("expected", expected), ("got", got)]
    return [(name, text) for name, text in rows if text]


def grouped(problems: Iterable[Problem]) -> dict[tuple[str, str], list[str]]:
    """Problems that say the same of several places, as one."""
    found: dict[tuple[str, str], list[str]] = {}
    for problem in problems:
        found.setdefault((problem.expected, problem.got), []).append(problem.where or "the reply")
    return found


def _rows(rows: Iterable[tuple[str, str]]) -> str:
    """Names and texts in two columns."""
    return "\n".join(f"  {name:<12} {_indented(text)}" for name, text in rows)


def _indented(text: str) -> str:
    return text.replace("\n", "\n" + " " * 15)


def _others(result: CaseResult) -> str:
    """The requirements that this case met, shortened."""
    met = [finding.requirement for finding in result.findings if finding.outcome is Outcome.PASS]
    shown = " · ".join(met[:4])
    return f"{shown} · {len(met) - 4} more" if len(met) > 4 else shown or "nothing"


def curl(base_url: str, request: Request) -> str:
    """A command that sends the request again from a shell, with the key taken from the environment."""
    unbuffered = "N" if b'"stream":true' in request.body or "stream=true" in request.path else ""
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
    told = body.rstrip(b" ")
    text = told.decode(errors="surrogateescape")
    if any(_is_odd(letter) for letter in text):
        escaped = "".join(_escaped(letter) for letter in text[:4_000])
        cut = f" # cut: {len(text):,} characters" if len(text) > 4_000 else ""
        return f"@<(printf %b {shlex.quote(escaped)}){cut}"
    if len(told) < len(body):
        return shlex.quote(text) + f" # and {len(body) - len(told):,} bytes of white space"
    if len(text) > 4_000:
        return shlex.quote(text[:4_000]) + f" # cut: {len(text):,} characters"
    return shlex.quote(text)


def _is_odd(letter: str) -> bool:
    """Whether a terminal would not show a character, or it stands for a byte that is no UTF-8."""
    return ord(letter) in _CONTROL or "\ud800" <= letter <= "\udfff"


def _escaped(letter: str) -> str:
    """A character as the shell's ``printf %b`` reads it."""
    if letter == "\\":
        return "\\\\"
    return "".join(f"\\0{byte:03o}" for byte in letter.encode("utf-8", "surrogateescape")) if _is_odd(letter) else letter


def rerun(subject: Subject, case_id: str) -> str:
    """The pytest command that plays one case again."""
    words = [COMMAND, "--base-url", subject.base_url, "--model", subject.model]
    if subject.completions_model != subject.model:
        words += ["--completions-model", subject.completions_model]
    if subject.embeddings_model != subject.model and "embed" not in subject.embeddings_model:
        words += ["--embeddings-model", subject.embeddings_model]
    if subject.profile != "openai":
        words.append(f"--profile={subject.profile}")  # in one word: pytest would take the path of a file for a suite
    words += [f"--require={name}" for name in subject.required]
    if subject.upstream:
        words += ["--upstream", subject.upstream]
    is_drawn = case_id.startswith("properties/")
    words += [option for option in subject.options if is_drawn or not option.startswith(DRAWING)]
    if is_drawn:
        words.append(f"suites/test_properties_{case_id.split('/')[1]}.py")
    if case_id.startswith("clients/"):
        words.append("suites/test_clients.py")
    return shlex.join([*words, "-k", case_id])


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
