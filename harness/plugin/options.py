"""The options: declared, read and refused."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ..catalog import Catalog, selected
from ..judging import KnownFailures, read_known
from ..model import Level
from ..records import RunTerms
from ..runner import KEY_NAME, LONGEST, SILENCE, RunOptions
from .config_keys import SUITES
from .refused_values import given_url, headers_of, key_in, query_of, refuse_bad_models, refuse_bad_numbers

EXAMPLES = 200
"""The default number of examples of each property."""


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare our options; ``--base-url`` is shared with pytest-base-url where that is installed."""
    if pluginmanager.is_blocked("cacheprovider"):  # our settings name its folder, and strict settings reject unknown names
        parser.addini("cache_dir", "nothing, without the plugin that it is for")
    group = parser.getgroup("wireproof", "conformance of an OpenAI-compatible endpoint")
    add = group.addoption
    # pytest-base-url may have declared it with the same destination; the order decides which error is raised.
    with suppress(ValueError, argparse.ArgumentError):
        add("--base-url", dest="base_url", metavar="URL", help="the endpoint, often ending in /v1 (default: the reference)")
    add("--api-key-env", default=KEY_NAME, metavar="NAME", help="environment variable that holds the key (%(default)s)")
    add("--header", action="append", default=[], metavar="'NAME: VALUE'", help="send this header too; repeatable")
    add("--query", action="append", default=[], metavar="NAME=VALUE", help="add this to the query of each request; repeatable")
    add("--model", help="the model to ask (default: the first that /models lists)")
    add("--completions-model", metavar="MODEL", help="the model for text completions (default: the same)")
    add("--embeddings-model", metavar="MODEL", help="the model for embeddings (default: the first listed with 'embed' in its name)")
    add("--profile", default="openai", metavar="NAME", help="expectations of this kind of endpoint; a name or a file (%(default)s)")
    add("--require", action="append", default=[], metavar="FEATURE", help="fail unless the endpoint offers this; repeatable")
    add("--concurrency", type=int, default=8, metavar="N", help="cases at a time (%(default)s)")
    add("--timeout", type=float, metavar="SECONDS", help=f"longest silence of the endpoint ({SILENCE:g}, or as the profile says)")
    add(
        "--max-time",
        type=float,
        default=LONGEST,
        metavar="MINUTES",
        help="end the run after this time; the rest is not tried (%(default)s)",
    )
    add("--reference-url", metavar="URL", help="compare with this endpoint, a gateway's upstream, say: it gets the same requests")
    add("--reference-key-env", metavar="NAME", help="environment variable that holds its key; without this it gets none")
    add(
        "--reference-header",
        action="append",
        default=[],
        metavar="'NAME: VALUE'",
        help="send this header to it; it gets none of those of --header; repeatable",
    )
    add("--reference-model", metavar="NAME", help="the model to ask there (default: the same)")
    add("--upstream", metavar="HOST:PORT", help="judge a gateway from both sides: listen here as its upstream, and run the relay suites")
    add("--report-dir", metavar="DIR", help="where the report goes (reports)")
    add(
        "--progress",
        choices=["auto", "line", "none"],
        default="auto",
        help="say how far the run is: every ten seconds on a terminal and every thirty elsewhere (auto), every ten (line), or never",
    )
    add("--plan", action="store_true", help="print how many requests and tokens the selected cases cost at most; send nothing")
    add(
        "--examples",
        type=int,
        metavar="N",
        help=f"also run the property suites, with at most this many examples each ({EXAMPLES} if they are named)",
    )
    add("--max-requests", type=int, default=10_000, metavar="N", help="requests that the property suites may send in all (%(default)s)")
    add(
        "--fuzz-seed",
        type=int,
        default=0,
        metavar="N",
        help="seed of the examples; the same seed draws the same examples (%(default)s)",
    )
    add("--clients", action="store_true", help="also run the popular client libraries that are installed (make clients)")
    add("--save-case", metavar="FILE", help="write the smallest failing examples to this file, as cases")
    add("--only", action="append", default=[], metavar="AREA", help="judge this area only; repeatable")
    add(
        "--requirement",
        action="append",
        default=[],
        metavar="ID",
        help="judge this requirement only, in every case that can show it; repeatable",
    )
    add("--known-failures", metavar="FILE", help="YAML list of accepted failures, each with a reason; an outdated entry fails the run")
    add("--write-known-failures", metavar="FILE", help="write this run's failures as such a list; reruns some cases to detect flaky ones")
    add("--record", metavar="DIR", help="also write everything sent and received to this folder, as JSON Lines without keys")
    add("--fail-on", choices=["must", "should"], default="must", help="which unmet requirements fail the run (%(default)s)")


def run_options(config: pytest.Config) -> RunOptions:
    """The run options, from the command line and the environment."""
    option = config.getoption
    if option("--concurrency") < 1:
        raise pytest.UsageError("--concurrency needs at least 1")
    refuse_bad_numbers(timeout=option("--timeout"), max_time=option("--max-time"))
    names = ("model", "completions_model", "embeddings_model", "reference_model")
    refuse_bad_models(**{name: option(f"--{name.replace('_', '-')}") for name in names})
    if (option("--examples") or 0) < 0 or option("--max-requests") < 1:
        raise pytest.UsageError("--examples needs at least 0, and --max-requests at least 1")
    base_url = given_url(option("base_url"), os.environ.get("OPENAI_BASE_URL"))
    key = key_in("--api-key-env", option("--api-key-env"), needed=False)
    return RunOptions(
        base_url=base_url,
        key=key,
        key_name=option("--api-key-env") if key else None,
        headers=headers_of("--header", option("--header")),
        model=option("--model"),
        completions_model=option("--completions-model"),
        embeddings_model=option("--embeddings-model"),
        profile=option("--profile"),
        query=query_of(option("--query")),
        required=tuple(option("--require")),
        concurrency=option("--concurrency"),
        timeout=option("--timeout"),
        minutes=option("--max-time"),
        upstream=upstream(config),
        reference_url=option("--reference-url"),
        reference_key_name=option("--reference-key-env"),
        reference_key=key_in("--reference-key-env", option("--reference-key-env"), needed=True),
        reference_headers=headers_of("--reference-header", option("--reference-header")),
        reference_model=option("--reference-model"),
    )


def terms(config: pytest.Config, catalog: Catalog) -> RunTerms:
    """The terms on which the run is judged."""
    listed = config.getoption("--known-failures")
    today = datetime.now(UTC).date()
    known = read_known(Path(config.invocation_params.dir, listed), catalog, today) if listed else KnownFailures()
    target = config.getoption("--write-known-failures")
    kept = known
    if target and not listed and (path := Path(config.invocation_params.dir, target)).exists():
        kept = read_known(path, catalog, today, drafts=True)  # somebody wrote its reasons by hand
    selection = selected(catalog, config.getoption("--only"), config.getoption("--requirement"))
    return RunTerms(Level(config.getoption("--fail-on")), selection, known, kept)


def upstream(config: pytest.Config) -> tuple[str, int] | None:
    """Where to listen behind a gateway."""
    given = config.getoption("--upstream")
    if given is None:
        relaying = suites_named(config, "test_relay_")
        if relaying:
            raise pytest.UsageError(f"{relaying[0]} needs --upstream HOST:PORT, the address that the gateway has as its upstream")
        return None
    host, colon, port = given.rpartition(":")
    if not (colon and host and port.isdigit() and 0 < int(port) < 65536):
        raise pytest.UsageError(f"--upstream {given!r} needs the form HOST:PORT, such as 127.0.0.1:9000")
    if not (config.getoption("base_url") or os.environ.get("OPENAI_BASE_URL")):
        raise pytest.UsageError("--upstream needs the gateway's address in --base-url")
    if getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("--upstream takes one process, because one address belongs to one: leave out -n")
    return host.strip("[]"), int(port)


def is_worker(config: pytest.Config) -> bool:
    """Whether this is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def report_dir(config: pytest.Config) -> Path:
    """The report folder."""
    given = config.getoption("--report-dir")
    return Path(config.invocation_params.dir, given) if given else config.rootpath / "reports"


def area_of(suite: Path) -> str:
    """The area that a suite is about."""
    return suite.stem.removeprefix("test_").replace("_", "-")


def named(config: pytest.Config) -> set[Path]:
    """The files and folders that the command line names."""
    return {Path(config.invocation_params.dir, arg.split("::")[0]).resolve() for arg in config.args}


def suites_named(config: pytest.Config, beginning: str) -> list[str]:
    """The suites named on the command line whose file names have this prefix."""
    return sorted(path.name for path in named(config) if path.parent == SUITES and path.name.startswith(beginning))


def draws(config: pytest.Config) -> bool:
    """Whether property suites are run."""
    return bool(config.getoption("--examples")) or bool(suites_named(config, "test_properties_"))


def drawing(examples: int, seed: int) -> list[str]:
    """The options that reproduce the same examples, where they differ from the defaults."""
    return ([f"--examples={examples}"] if examples != EXAMPLES else []) + ([f"--fuzz-seed={seed}"] if seed else [])


def command(config: pytest.Config) -> list[str]:
    """What the user typed to start the run, word by word."""
    program = Path(sys.argv[0])
    name = program.parent.name if program.name == "__main__.py" else program.stem
    if name in ("harness", "wireproof"):  # pytest was given more arguments than that
        return [*(("python", "-m", name) if name == "harness" else (name,)), *sys.argv[1:]]
    return ["pytest", *map(str, config.invocation_params.args)]
