"""The beginning of a run: reads data and options, and checks the endpoint before collection."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import asdict, replace
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from .. import VERSION, spare_collector
from ..catalog import CatalogError, UnknownNameError, load
from ..judging import Exit, KnownError
from ..model import CaseResult
from ..options import SettingsError, chosen, refusal, remark, settle
from .config_keys import CATALOG, FOLDER, KNOWN, OPTIONS, PENDING, REPORT, RUN, SUITES, TERMS
from .options import area_of, command, drawing, draws, is_worker, named, report_dir, run_options, terms
from .progress import RunProgress, progress_of
from .redacted_output import guard

if TYPE_CHECKING:
    from ..records import ReportFolder
    from ..runner import Run

T = TypeVar("T")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Load the data once, and have pytest-html frame our page. Malformed data or options stop the run here."""
    if (sentence := refusal()) is not None:
        raise pytest.UsageError(sentence)
    try:
        settle(config)
    except SettingsError as error:
        raise pytest.UsageError(str(error)) from None
    _refuse_missing_suites(config)
    options = run_options(config)
    try:
        config.stash[CATALOG] = load(
            profile=options.profile,
            required=options.required,
            relay=options.upstream is not None,
            twin=bool(options.reference_url),
            named=_named_areas(config),
        )
        config.stash[TERMS] = terms(config, config.stash[CATALOG])
    except (UnknownNameError, KnownError) as error:
        raise pytest.UsageError(str(error)) from error
    except CatalogError as error:
        raise pytest.UsageError("the data is malformed, nothing was run:\n" + str(error)) from error
    spare_collector()
    config.stash[OPTIONS] = options
    config.stash[PENDING] = []
    if _is_judging(config) and not is_worker(config):
        config.stash[FOLDER] = _claimed(config)  # before pytest-html makes it
    if _is_judging(config) and not is_worker(config) and config.pluginmanager.hasplugin("html") and not config.option.htmlpath:
        config.option.htmlpath = str(report_dir(config) / "compliance.html")
        config.option.self_contained_html = True


def _named_areas(config: pytest.Config) -> set[str]:
    """The areas that the user names: by ``--only``, by a requirement, or by the file of their suite."""
    required = {name.partition(".")[0] for name in chosen(config, "requirement")}
    return {*chosen(config, "only"), *required, *(area_of(path) for path in named(config))}


def _refuse_missing_suites(config: pytest.Config) -> None:
    """Refuse a missing path before anything is sent; pytest would notice it only at collection."""
    if config.option.pyargs or is_worker(config):
        return
    for word in config.args:
        if not Path(config.invocation_params.dir, word.split("::")[0]).exists():
            close = get_close_matches(word, [path.name for path in SUITES.glob("test_*.py")], n=1)
            meant = f"; did you mean suites/{close[0]}?" if close else ", and it is no option either"
            if word.startswith(f"{SUITES.parent.name}.suites"):
                meant = f"; write --pyargs {word}"
            raise pytest.UsageError(f"there is no file or folder {word!r}{meant}")


def _is_judging(config: pytest.Config) -> bool:
    """Whether this session runs our suites, not only self-tests or other tests."""
    idle = config.option.collectonly or chosen(config, "plan")
    return not idle and any(SUITES in (path, *path.parents) or path in SUITES.parents for path in named(config))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Run the preflight before collection, so that an unreachable endpoint costs one sentence."""
    config = session.config
    if not _is_judging(config):
        return
    from ..reporting import withdraw_badge
    from ..runner import Run, refuse_bad_url

    options = config.stash[OPTIONS]
    for url, name in ((options.base_url, "the base URL"), (options.reference_url, "--reference-url")):
        if url is not None:
            _clear(partial(refuse_bad_url, url, name))
    given = json.loads(config.workerinput["wireproof"]) if is_worker(config) else None  # type: ignore[attr-defined]
    if given is not None and options.base_url is None:
        from ..reference import KEY

        options = replace(options, base_url=given["subject"]["base_url"], key=KEY, key_command=None)
    run = _clear(partial(Run, config.stash[CATALOG], options))
    config.stash[RUN] = run
    guard(config, run)
    config.add_cleanup(run.close)
    if chosen(config, "record"):
        try:
            run.record_to(Path(config.invocation_params.dir, chosen(config, "record")))
        except OSError as error:
            raise pytest.UsageError(f"--record: {error.filename} cannot be created or written ({error.strerror})") from error
    if given is not None:
        _take_over(config, run, given)
        return
    progress = _progress(config, run)
    try:
        with progress.asking() if progress is not None else nullcontext():
            known_exchanges = _clear(run.clear, run.scrubber.text)
    except (pytest.UsageError, pytest.exit.Exception):
        withdraw_badge(report_dir(config))
        raise
    config.stash[CATALOG] = run.catalog
    if run.subject is not None and draws(config):
        each, seed = chosen(config, "examples"), chosen(config, "fuzz-seed")
        remarks = (*run.subject.remarks, f"property suites: at most {each} examples each, from seed {seed}")
        run.subject = replace(run.subject, remarks=remarks, options=(*run.subject.options, *drawing(each, seed)))
    config.stash[KNOWN] = [CaseResult(case, tuple(by_step.values()), ()) for case, by_step in known_exchanges.items()]
    _open_report(session, run)


def _take_over(config: pytest.Config, run: Run, given: Mapping[str, Any]) -> None:
    """Prepare a pytest-xdist worker to play cases with the main process's preflight result."""
    from ..records import result_from_json, subject_from_json

    known = [result_from_json(item) for item in given["known"]]
    subject = subject_from_json(given["subject"])
    run.resume(subject, _by_step(config, known))
    run.subject = subject  # as in the main process
    config.stash[CATALOG] = run.catalog


def _open_report(session: pytest.Session, run: Run) -> None:
    """Begin the record and collect incoming results."""
    from ..records import Report
    from .interruption import Interruption
    from .session_end import Collector

    config = session.config
    assert run.subject is not None
    folder, started = config.stash[FOLDER], run.scrubber.command(command(config))
    try:
        report = Report(config.stash[CATALOG], run.subject, run.scrubber, folder, config.stash[TERMS], command=started)
    except OSError as error:
        raise pytest.UsageError(f"{folder.path} cannot be written ({error.strerror or error})") from error
    config.stash[REPORT] = report
    config.add_cleanup(report.close)
    interruption = Interruption()
    config.add_cleanup(interruption.install())
    config.pluginmanager.register(Collector(report, session, interruption), "wireproof-collector")


def _progress(config: pytest.Config, run: Run) -> RunProgress | None:
    """What tells how far the run is, if that is wanted."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    progress = progress_of(config, reporter, run) if reporter is not None else None
    if progress is not None:
        config.pluginmanager.register(progress, "wireproof-progress")
    return progress


def _claimed(config: pytest.Config) -> ReportFolder:
    """The report folder, for this run alone."""
    from ..records import ClaimError, ReportFolder

    try:
        folder = ReportFolder(report_dir(config))
    except ClaimError as error:
        raise pytest.UsageError(str(error)) from None
    config.add_cleanup(folder.close)
    return folder


def _clear(question: Callable[[], T], cleaned: Callable[[str], str] = str) -> T:
    """Run the preflight; whatever prevents judging the endpoint becomes a one-sentence usage error."""
    from ..reporting import on_terminal
    from ..runner import NotJudgeableError, RateLimitedError

    try:
        return question()
    except RateLimitedError as refusal:
        pytest.exit(on_terminal(cleaned(str(refusal))), returncode=Exit.INCOMPLETE)
    except NotJudgeableError as refusal:
        raise pytest.UsageError(on_terminal(cleaned(str(refusal)))) from None


def _by_step(config: pytest.Config, known: list[CaseResult]) -> dict[str, dict[str, Any]]:
    """Exchanges of cases by step, from results sent to a worker."""
    cases = config.stash[CATALOG].cases
    return {r.case: {step.id: e for step, e in zip(cases[r.case].steps, r.exchanges, strict=True)} for r in known}


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give a pytest-xdist worker the preflight's result, so that the endpoint is asked only once."""
    config = node.config
    if RUN in config.stash:
        run = config.stash[RUN]
        subject = asdict(run.subject) if run.subject else {}
        from ..records import result_to_json

        known = [result_to_json(result) for result in config.stash[KNOWN]]
        node.workerinput["wireproof"] = json.dumps({"subject": subject, "known": known})


def pytest_report_header(config: pytest.Config) -> list[str]:
    """Say what is judged."""
    if REPORT not in config.stash:
        return []
    from ..reporting import on_one_line

    subject, catalog = config.stash[REPORT].subject, config.stash[CATALOG]
    number = sum(requirement.untestable is None for requirement in catalog.requirements.values())
    first = f"wireproof {VERSION}: {subject.base_url}, model {subject.model}, profile {subject.profile}"
    notes = [note] if (note := remark()) is not None else []
    lines = [first, *notes, f"{len(catalog.cases)} cases, {number} requirements, spec {catalog.snapshot}", *subject.remarks]
    return [on_one_line(config.stash[REPORT].scrubber.text(line)) for line in lines]
