"""The only module that knows pytest: options in, parameters and outcomes out. Glue, no decisions."""

from __future__ import annotations

import argparse
import json
import os
import shlex
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pytest

from . import VERSION, budget
from .catalog import Catalog, CatalogError, UnknownName, areas, load
from .delays import added, stray
from .explain import failure, headline, worst_first
from .explore import Explorer, Shares
from .known import KnownError, Ledger, read_known, written
from .model import Call, Case, CaseResult, Level, Outcome, Property, Subject
from .pages import cases, clients, compliance, github, terminal
from .papers import write_papers
from .plan import settings
from .preflight import NotJudgeable, refuse_bad_url
from .record import result_from_json, result_to_json
from .reference.serve import KEY
from .report import Report, Terms
from .run import SILENCE, Run, RunOptions
from .save_case import save
from .selection import selected
from .verdict import Scope

T = TypeVar("T")
CATALOG = pytest.StashKey[Catalog]()
OPTIONS = pytest.StashKey[RunOptions]()
RUN = pytest.StashKey[Run]()
REPORT = pytest.StashKey[Report]()
TERMS = pytest.StashKey[Terms]()
HEAP = pytest.StashKey[list[CaseResult]]()
KNOWN = pytest.StashKey[list[CaseResult]]()
UNSHOWN = pytest.StashKey[int]()

SUITES = Path(__file__).resolve().parent.parent / "suites"

EXAMPLES = 200
"""Of each property so many are tried, unless the user says otherwise."""

BY_OPTION = {"test_properties_": "--examples", "test_clients": "--clients"}
"""How the files of suites begin that are run only when they are named, and the option that runs them too."""

CATEGORIES = {
    Outcome.FAIL: ("known to fail", "k", ("KNOWN TO FAIL", {"yellow": True})),
    Outcome.ERROR: ("known to fail", "k", ("KNOWN TO FAIL", {"yellow": True})),
    Outcome.WARN: ("warned", "w", ("WARNED", {"yellow": True})),
    Outcome.INCONCLUSIVE: ("inconclusive", "i", ("INCONCLUSIVE", {"yellow": True})),
    Outcome.BLOCKED: ("blocked", "b", ("BLOCKED", {"yellow": True})),
    Outcome.NOT_APPLICABLE: ("not applicable", "n", ("NOT APPLICABLE", {})),
}
"""How the outcomes that pytest does not know are shown; a failure that does not fail its test is a known one."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare our options; ``--base-url`` is shared with pytest-base-url where that is installed."""
    group = parser.getgroup("wireproof", "conformance of an OpenAI-compatible endpoint")
    add = group.addoption
    # pytest-base-url may have declared it already, with the same destination; which error says so depends on the order.
    with suppress(ValueError, argparse.ArgumentError):
        add("--base-url", dest="base_url", metavar="URL", help="the endpoint, often ending in /v1 (default: the reference)")
    add("--api-key-env", default="OPENAI_API_KEY", metavar="NAME", help="environment variable that holds the key (%(default)s)")
    add("--header", action="append", default=[], metavar="'NAME: VALUE'", help="send this header too; repeatable")
    add("--model", help="the model to ask (default: the first that /models lists)")
    add("--completions-model", metavar="MODEL", help="the model for text completions (default: the same)")
    add("--embeddings-model", metavar="MODEL", help="the model for embeddings (default: the first listed with 'embed' in its name)")
    add("--profile", default="openai", metavar="NAME", help="what is expected of this kind of endpoint; a name or a file (%(default)s)")
    add("--require", action="append", default=[], metavar="FEATURE", help="fail unless the endpoint offers this; repeatable")
    add("--concurrency", type=int, default=8, metavar="N", help="cases at a time (%(default)s)")
    add("--timeout", type=float, metavar="SECONDS", help=f"longest silence of the endpoint ({SILENCE:g}, or as the profile says)")
    add("--reference-url", metavar="URL", help="compare with this endpoint, a gateway's upstream, say: it gets the same requests")
    add("--reference-key-env", metavar="NAME", help="environment variable that holds its key (default: the same key)")
    add("--reference-model", metavar="NAME", help="the model to ask there (default: the same)")
    add("--upstream", metavar="HOST:PORT", help="judge a gateway from both sides: listen here as its upstream, and run the relay suites")
    add("--report-dir", metavar="DIR", help="where the report goes (reports)")
    add("--plan", action="store_true", help="print how many requests and tokens the selected cases cost at most; send nothing")
    add(
        "--examples", type=int, metavar="N", help=f"also try the property suites, with so many examples each ({EXAMPLES} if they are named)"
    )
    add("--max-requests", type=int, default=10_000, metavar="N", help="requests that the property suites may send in all (%(default)s)")
    add(
        "--fuzz-seed",
        type=int,
        default=0,
        metavar="N",
        help="what examples are drawn from; the same examples come of the same (%(default)s)",
    )
    add("--clients", action="store_true", help="also run the clients that people use, those that are installed (make clients)")
    add("--save-case", metavar="FILE", help="write the smallest failing examples to this file, as cases")
    add("--only", action="append", default=[], metavar="AREA", help="judge this area only; repeatable")
    add("--requirement", action="append", default=[], metavar="ID", help="judge this requirement only, with what may show it; repeatable")
    add(
        "--known-failures", metavar="FILE", help="YAML list of failures that are accepted, each with a reason; what has to go from it fails"
    )
    add("--write-known-failures", metavar="FILE", help="write today's failures as such a list")
    add("--record", metavar="DIR", help="keep all that is sent and received here too, as JSON Lines without keys")
    add("--fail-on", choices=["must", "should"], default="must", help="which unmet requirements fail the run (%(default)s)")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Load the data once, and have pytest-html frame our page. Malformed data or options stop everything here."""
    options = _options(config)
    try:
        config.stash[CATALOG] = load(
            profile=options.profile, required=options.required, relay=options.upstream is not None, twin=bool(options.reference_url)
        )
        config.stash[TERMS] = _terms(config, config.stash[CATALOG])
    except (UnknownName, KnownError) as error:
        raise pytest.UsageError(str(error)) from error
    except CatalogError as error:
        raise pytest.UsageError("the data is malformed, nothing was run:\n" + str(error)) from error
    config.stash[OPTIONS] = options
    config.stash[HEAP] = []
    if _is_judging(config) and not _is_worker(config) and config.pluginmanager.hasplugin("html") and not config.option.htmlpath:
        config.option.htmlpath = str(_report_dir(config) / "compliance.html")
        config.option.self_contained_html = True


def _options(config: pytest.Config) -> RunOptions:
    """The run options, from the command line and the environment."""
    option = config.getoption
    headers: dict[str, str] = {}
    for line in option("--header"):
        name, colon, value = line.partition(":")
        if not colon or not name.strip().replace("-", "").isalnum():
            raise pytest.UsageError(f"--header {name!r}… needs the form 'Name: value'")
        headers[name.strip().lower()] = value.strip()
    if option("--concurrency") < 1:
        raise pytest.UsageError("--concurrency needs at least 1")
    if option("--timeout") is not None and option("--timeout") <= 0:
        raise pytest.UsageError("--timeout needs more than 0 seconds")
    if (option("--examples") or 0) < 0 or option("--max-requests") < 1:
        raise pytest.UsageError("--examples needs at least 0, and --max-requests at least 1")
    base_url = option("base_url") or os.environ.get("OPENAI_BASE_URL") or None
    key = os.environ.get(option("--api-key-env")) or None
    if key is not None and not (key.isascii() and key.isprintable() and key == key.strip()):
        raise pytest.UsageError(f"the key in {option('--api-key-env')} has white space or other characters that no header can carry")
    return RunOptions(
        base_url=base_url,
        key=key,
        key_name=option("--api-key-env") if key else None,
        headers=headers,
        model=option("--model"),
        completions_model=option("--completions-model"),
        embeddings_model=option("--embeddings-model"),
        profile=option("--profile"),
        required=tuple(option("--require")),
        concurrency=option("--concurrency"),
        timeout=option("--timeout"),
        upstream=_upstream(config),
        reference_url=option("--reference-url"),
        reference_key=os.environ.get(option("--reference-key-env") or option("--api-key-env")) or None,
        reference_model=option("--reference-model"),
    )


def _terms(config: pytest.Config, catalog: Catalog) -> Terms:
    """On what terms the run is judged."""
    listed = config.getoption("--known-failures")
    today = datetime.now(UTC).date()
    known = read_known(Path(config.invocation_params.dir, listed), catalog, today) if listed else Ledger()
    selection = selected(catalog, config.getoption("--only"), config.getoption("--requirement"))
    return Terms(Level(config.getoption("--fail-on")), selection, known)


def _upstream(config: pytest.Config) -> tuple[str, int] | None:
    """Where to listen behind a gateway."""
    given = config.getoption("--upstream")
    if given is None:
        named = [path.name for path in _named(config) if path.name.startswith("test_relay_")]
        if named:
            raise pytest.UsageError(f"{named[0]} needs --upstream HOST:PORT, the address that the gateway has as its upstream")
        return None
    host, colon, port = given.rpartition(":")
    if not (colon and host and port.isdigit() and 0 < int(port) < 65536):
        raise pytest.UsageError(f"--upstream {given!r} needs the form HOST:PORT, such as 127.0.0.1:9000")
    if not (config.getoption("base_url") or os.environ.get("OPENAI_BASE_URL")):
        raise pytest.UsageError("--upstream needs the gateway's address in --base-url")
    if getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("--upstream takes one process, because one address belongs to one: leave out -n")
    return host.strip("[]"), int(port)


def _is_judging(config: pytest.Config) -> bool:
    """Whether this session runs our suites, and not only self-tests or somebody else's."""
    paths = [Path(config.invocation_params.dir, arg.split("::")[0]).resolve() for arg in config.args]
    idle = config.option.collectonly or config.getoption("--plan")
    return not idle and any(SUITES in (path, *path.parents) or path in SUITES.parents for path in paths)


def _is_worker(config: pytest.Config) -> bool:
    """Whether this is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def _report_dir(config: pytest.Config) -> Path:
    given = config.getoption("--report-dir")
    return Path(config.invocation_params.dir, given) if given else config.rootpath / "reports"


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Clear the endpoint before anything is collected, so that an unreachable one costs one sentence."""
    config = session.config
    if not _is_judging(config):
        return
    options = config.stash[OPTIONS]
    for url in (options.base_url, options.reference_url):
        if url is not None:
            _clear(partial(refuse_bad_url, url))
    given = json.loads(config.workerinput["wireproof"]) if _is_worker(config) else None  # type: ignore[attr-defined]
    if given is not None and options.base_url is None:
        options = replace(options, base_url=given["subject"]["base_url"], key=KEY)
    run = Run(config.stash[CATALOG], options)
    config.stash[RUN] = run
    config.add_cleanup(run.close)
    if config.getoption("--record"):
        try:
            run.record_to(Path(config.invocation_params.dir, config.getoption("--record")))
        except OSError as error:
            raise pytest.UsageError(f"--record: {error.filename} cannot be made or written ({error.strerror})") from error
    if given is not None:
        known = [result_from_json(item) for item in given["known"]]
        lists = {name: tuple(given["subject"][name]) for name in ("remarks", "required")}
        run.resume(Subject(**{**given["subject"], **lists}), _by_step(config, known))
        config.stash[CATALOG] = run.catalog
        return
    known_exchanges = _clear(run.clear)
    config.stash[CATALOG] = run.catalog
    if run.subject is not None and _draws(config):
        each, seed = config.getoption("--examples") or EXAMPLES, config.getoption("--fuzz-seed")
        run.subject = replace(run.subject, remarks=(*run.subject.remarks, f"property suites: {each} examples each, from seed {seed}"))
    config.stash[KNOWN] = [CaseResult(case, tuple(by_step.values()), ()) for case, by_step in known_exchanges.items()]
    assert run.subject is not None
    report = Report(config.stash[CATALOG], run.subject, run.scrubber, _report_dir(config), config.stash[TERMS], command=_command(config))
    config.stash[REPORT] = report
    config.add_cleanup(report.close)
    config.pluginmanager.register(_Collector(report), "wireproof-collector")


def _clear(question: Callable[[], T]) -> T:
    """Ask something of the endpoint; what stands against judging it is a usage error of one sentence."""
    try:
        return question()
    except NotJudgeable as refusal:
        raise pytest.UsageError(str(refusal)) from None


def _by_step(config: pytest.Config, known: list[CaseResult]) -> dict[str, dict[str, Any]]:
    """Exchanges of cases by step, from results that crossed to a worker."""
    cases = config.stash[CATALOG].cases
    return {r.case: {step.id: e for step, e in zip(cases[r.case].steps, r.exchanges, strict=True)} for r in known}


def _command(config: pytest.Config) -> str:
    return shlex.join(["pytest", *map(str, config.invocation_params.args)])


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand a worker of pytest-xdist what the preflight found, so that it is asked only once."""
    config = node.config
    if RUN in config.stash:
        run = config.stash[RUN]
        subject = asdict(run.subject) if run.subject else {}
        known = [result_to_json(result) for result in config.stash[KNOWN]]
        node.workerinput["wireproof"] = json.dumps({"subject": subject, "known": known})


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what is judged."""
    if REPORT not in config.stash:
        return []
    subject, catalog = config.stash[REPORT].subject, config.stash[CATALOG]
    number = sum(requirement.untestable is None for requirement in catalog.requirements.values())
    first = f"wireproof {VERSION}: {subject.base_url}, model {subject.model}, profile {subject.profile}"
    return [first, f"{len(catalog.cases)} cases, {number} requirements, spec {catalog.snapshot}", *subject.remarks]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make one item of each case of a suite's area."""
    if {"case", "judged"} <= set(metafunc.fixturenames):
        area = metafunc.module.AREA
        cases = [case for case in metafunc.config.stash[CATALOG].cases.values() if case.area == area]
        metafunc.parametrize("case", cases, ids=[case.id for case in cases])
    if {"call", "called"} <= set(metafunc.fixturenames):
        calls = metafunc.config.stash[CATALOG].calls.values()
        metafunc.parametrize("call", calls, ids=[call.id for call in calls])
    if {"prop", "explored"} <= set(metafunc.fixturenames):
        endpoint = metafunc.module.ENDPOINT
        props = [prop for prop in metafunc.config.stash[CATALOG].properties.values() if prop.endpoint == endpoint]
        metafunc.parametrize("prop", props, ids=[prop.id for prop in props])


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the suites that cost requests of their own, unless they are named or their option is given.

    And the suites of what the profile does not offer; of the relay without ``--upstream``; and all others with it.
    """
    offered = {case.area for case in config.stash[CATALOG].cases.values()}
    if SUITES in collection_path.parents and _area(collection_path) in areas() - offered:
        return True
    if SUITES in collection_path.parents and config.getoption("--upstream") and not collection_path.name.startswith("test_relay_"):
        return True
    wanted = next((option for prefix, option in BY_OPTION.items() if collection_path.name.startswith(prefix)), None)
    if wanted is None or config.getoption(wanted):
        return None
    return None if collection_path.resolve() in _named(config) else True


def _area(suite: Path) -> str:
    """The area that a suite is about."""
    return suite.stem.removeprefix("test_").replace("_", "-")


def _named(config: pytest.Config) -> set[Path]:
    """The files and folders that the command line names."""
    return {Path(config.invocation_params.dir, arg.split("::")[0]).resolve() for arg in config.args}


def _draws(config: pytest.Config) -> bool:
    """Whether property suites are run."""
    return bool(config.getoption("--examples")) or any(path.name.startswith("test_properties_") for path in _named(config))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what ``--only`` and ``--requirement`` do not ask for."""
    selection, catalog = config.stash[TERMS].selection, config.stash[CATALOG]
    if not selection:
        return
    tried = [(item, _parameter(item, "case", "prop", "call")) for item in items]
    unwanted = [item for item, given in tried if given is not None and not selection.wants(catalog, given)]
    config.hook.pytest_deselected(items=unwanted)
    items[:] = [item for item in items if item not in set(unwanted)]


def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin to play the selected cases in their order, while pytest asks for one result after the other."""
    config = session.config
    if RUN in config.stash and not _is_worker(config):
        config.stash[RUN].start(_selected(session), _called(session))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool | None:
    """With ``--plan``, say what the selected cases cost and run none of them."""
    if not session.config.getoption("--plan"):
        return None
    terminal_writer = session.config.get_terminal_writer()
    drawn = sum(_parameter(item, "prop") is not None for item in session.items)
    for line in budget.table([*_selected(session), *_called(session)], session.config.getoption("--max-requests") if drawn else 0):
        terminal_writer.line(line)
    return True


def _selected(session: pytest.Session) -> list[Case]:
    """The cases that were selected, in their order."""
    return [case for item in session.items if isinstance(case := _parameter(item, "case"), Case)]


def _called(session: pytest.Session) -> list[Call]:
    """The calls of clients that were selected, in their order."""
    return [call for item in session.items if (call := _parameter(item, "call")) is not None]


def _parameter(item: pytest.Item, *names: str) -> Any:
    """The first of these parameters that an item has, or ``None``."""
    given = item.callspec.params if hasattr(item, "callspec") else {}
    return next((given[name] for name in names if name in given), None)


@pytest.fixture(scope="session")
def judged(pytestconfig: pytest.Config, ending: Callable[[CaseResult], None]) -> Callable[[Case], None]:
    """A function that plays a case and ends the test as its findings ask."""
    run = pytestconfig.stash[RUN]
    return lambda case: ending(run.result(case))


@pytest.fixture(scope="session")
def called(pytestconfig: pytest.Config, ending: Callable[[CaseResult], None]) -> Callable[[Call], None]:
    """A function that has a client make a call and ends the test as its findings ask."""
    run = pytestconfig.stash[RUN]
    return lambda call: ending(run.called(call))


@pytest.fixture(scope="session")
def ending(pytestconfig: pytest.Config) -> Callable[[CaseResult], None]:
    """A function that takes a result and ends the test as its findings ask."""
    run, catalog, heap = pytestconfig.stash[RUN], pytestconfig.stash[CATALOG], pytestconfig.stash[HEAP]
    terms = pytestconfig.stash[TERMS]
    scope = Scope(terms.fail_on, known=terms.known)

    def end(result: CaseResult) -> None:
        result = terms.selection.narrowed(result)
        heap.append(result)
        outcome = result.outcome
        grave = [finding for finding in worst_first(result.findings) if scope.fails(finding)]
        if grave:
            assert run.subject is not None
            pytest.fail(run.scrubber.text(failure(catalog, run.subject, result, grave)), pytrace=False)
        if outcome in (Outcome.INCONCLUSIVE, Outcome.BLOCKED, Outcome.NOT_APPLICABLE):
            worst = next(finding for finding in result.findings if finding.outcome is outcome)
            pytest.skip(run.scrubber.text(f"{outcome}: {worst.requirement}: {worst.reason}"))

    return end


@pytest.fixture(scope="session")
def explored(pytestconfig: pytest.Config, ending: Callable[[CaseResult], None]) -> Callable[[Property], None]:
    """A function that tries a property and ends the test as what was found asks."""
    from .strategies import source_of  # Hypothesis wants not to be imported while plugins are

    run, catalog = pytestconfig.stash[RUN], pytestconfig.stash[CATALOG]
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    left = Shares(pytestconfig.getoption("--max-requests") // workers, len(pytestconfig.stash[CATALOG].properties) // workers)
    examples, seed = pytestconfig.getoption("--examples") or EXAMPLES, pytestconfig.getoption("--fuzz-seed")

    def explore(prop: Property) -> None:
        assert run.subject is not None
        if (reason := run.absence(prop.feature)) is not None:
            pytest.skip(f"{Outcome.NOT_APPLICABLE}: {prop.id}: {reason}")
        purse = left.next()
        explorer = Explorer(run.try_out, purse, examples=examples, seed=seed)
        made = explorer.explore(prop, source_of(prop, catalog.schemas, settings(run.subject)))
        left.back(purse)
        if made.result is None:
            pytest.skip(f"{Outcome.INCONCLUSIVE}: {prop.id}: --max-requests left no request for it")
        if pytestconfig.getoption("--save-case"):
            for found in made.found:
                save(Path(pytestconfig.invocation_params.dir, pytestconfig.getoption("--save-case")), found)
        pytestconfig.stash[UNSHOWN] = made.requests - len(made.result.exchanges)
        ending(made.result)

    return explore


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put a case's result on its report, where it survives the way from a worker of pytest-xdist."""
    heap = item.config.stash[HEAP]
    results, heap[:] = list(heap), []
    if call.when == "call" and results:
        met = [headline(finding) for finding in worst_first(results[-1].findings)]
        item.user_properties += [("unmet", item.config.stash[RUN].scrubber.text(line)) for line in met]
    report = yield
    if call.when == "call" and results:
        unshown = item.config.stash.get(UNSHOWN, 0)
        item.config.stash[UNSHOWN] = 0
        payload = {
            "outcome": results[-1].outcome,
            "result": result_to_json(results[-1]),
            "absent": item.config.stash[RUN].absent(),
            "unshown": unshown,
        }
        # As a text, which every transport between processes takes, whatever an endpoint sent.
        report.wireproof = json.dumps(payload)  # type: ignore[attr-defined]
    return report


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(report: Any) -> Any:
    """Show the outcomes that pytest does not know under their own names."""
    payload = getattr(report, "wireproof", None)
    if payload is None or report.when != "call" or report.failed:
        return None
    return CATEGORIES.get(Outcome(json.loads(payload)["outcome"]))


class _Collector:
    """Takes the results as they come in, and closes the report. Only the process that the user started has one."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._broken = False
        self._papers: list[Path] = []

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Take a case's result; a failure without one is a fault of ours."""
        text = getattr(report, "wireproof", None)
        if text is not None and report.when == "call":
            payload = json.loads(text)
            self._report.take(result_from_json(payload["result"]), payload["absent"], payload["unshown"])
        elif report.failed:
            self._broken = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Reach the verdict, write the footer, and set the exit code."""
        interrupted = exitstatus == pytest.ExitCode.INTERRUPTED
        verdict = self._report.finish(interrupted=interrupted, broken=self._broken or exitstatus == pytest.ExitCode.INTERNAL_ERROR)
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            session.exitstatus = verdict.code
        self._papers = write_papers(self._report.judged(), self._report.path.parent, self._report.scrubber.text)
        _tell_github(self._papers[0])
        if listed := session.config.getoption("--write-known-failures"):
            terms = session.config.stash[TERMS]
            outcomes = [Outcome.FAIL, *([Outcome.WARN] if terms.fail_on is Level.SHOULD else [])]
            path = Path(session.config.invocation_params.dir, listed)
            path.write_text(written(self._report.results, outcomes, terms.known), encoding="utf-8")
            self._papers.append(path)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> Generator[None, None, None]:
        """Print the closing summary after all others, so that the verdict is what is read last."""
        yield
        report = self._report
        if report.verdict is None:
            return
        terminalreporter.write_sep("=", "conformance")
        for line in terminal.summary(report.catalog, report.subject, report.verdict):
            terminalreporter.write_line(report.scrubber.text(line))
        for line in clients.lines(report.catalog, report.results):
            terminalreporter.write_line(report.scrubber.text(line))
        for line in (*added(report.results), *stray(config.stash[RUN].unmatched if RUN in config.stash else [])):
            terminalreporter.write_line(report.scrubber.text(f"gateway: {line}"))
        if "GITHUB_ACTIONS" in os.environ:
            for line in github.errors(report.verdict):
                terminalreporter.write_line(report.scrubber.text(line))
        for path in (Path(config.option.htmlpath or ""), report.path, *self._papers):
            if path.is_file():
                terminalreporter.write_line(os.path.relpath(path, config.invocation_params.dir))

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_report_title(self, report: Any) -> None:
        """Name the page."""
        report.title = f"Conformance of {self._report.subject.base_url}"

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_header(self, cells: list[str]) -> None:
        """Leave out the column of links: a case has one, in the log's place."""
        cells[:] = [cell for cell in cells if cell != "<th>Links</th>"]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_row(self, cells: list[str]) -> None:
        """Leave out the cell of links."""
        cells[:] = [cell for cell in cells if not cell.startswith('<td class="col-links"')]

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_table_html(self, report: Any, data: list[str]) -> None:
        """In place of a case's failure text put what it missed and a link to the evidence, which is on the page already."""
        text = getattr(report, "wireproof", None)
        if text is not None:
            data[:] = cases.told_in_table(result_from_json(json.loads(text)["result"]))

    @pytest.hookimpl(optionalhook=True)
    def pytest_html_results_summary(self, prefix: list[str]) -> None:
        """Put our page above pytest-html's own table."""
        report = self._report
        if report.verdict is not None:
            page = compliance.fragment(report.catalog, report.subject, report.verdict, report.judged().record)
            prefix.append(report.scrubber.text(page))


def _tell_github(summary: Path) -> None:
    """Put the summary where GitHub shows it, if this is one of its jobs."""
    if target := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(target).open("a", encoding="utf-8") as file:
            file.write(summary.read_text(encoding="utf-8"))
