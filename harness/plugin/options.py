"""The options: declared, read and refused."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from ..catalog import MEDIA, Catalog, selected
from ..judging import KnownFailures, read_known
from ..model import Level
from ..options import KEY_NAME, chosen, declare
from ..records import RunTerms
from ..runner import RunOptions
from .config_keys import SUITES
from .refused_values import (
    given_url,
    headers_of,
    key_in,
    query_of,
    refuse_bad_models,
    refuse_bad_numbers,
    refuse_bad_target,
    refuse_too_many_at_once,
    refuse_too_slow,
)

LARGEST_WINDOW = 2_000_000
"""Prompts beyond this many tokens take megabytes, which proxies refuse before the model does."""


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare our options, as far as no other plugin has taken their names."""
    if pluginmanager.is_blocked("cacheprovider"):  # our settings name its folder, and strict settings reject unknown names
        parser.addini("cache_dir", "nothing, without the plugin that it is for")
    declare(parser, short=True)


def run_options(config: pytest.Config) -> RunOptions:
    """The run options, from the command line and the environment."""
    option = partial(chosen, config)

    def path_of(name: str) -> str | None:
        return str(Path(config.invocation_params.dir, option(name))) if option(name) else None

    refuse_too_many_at_once(option("concurrency"))
    refuse_bad_numbers(**{name: option(name.replace("_", "-")) for name in ("timeout", "max_time", "rate", "api_key_minutes")})
    refuse_too_slow(option("rate"), option("max-time"))
    for name in ("save-case", "write-known-failures"):
        refuse_bad_target(name, path_of(name))
    names = ("model", "completions_model", "embeddings_model", "reference_model", *(f"{kind}_model" for kind in MEDIA))
    refuse_bad_models(**{name: option(name.replace("_", "-")) for name in names})
    if option("context-window") is not None and not 0 < option("context-window") <= LARGEST_WINDOW:
        raise pytest.UsageError(f"--context-window needs a number of tokens from 1 to {LARGEST_WINDOW:,}")
    if (option("examples") or 0) < 0 or option("max-requests") < 1:
        raise pytest.UsageError("--examples needs at least 0, and --max-requests at least 1")
    if option("api-key-minutes") is not None and option("api-key-command") is None:
        raise pytest.UsageError("--api-key-minutes needs --api-key-command, the command that it runs again")
    base_url = given_url(option("base-url"), os.environ.get("OPENAI_BASE_URL"))
    key = key_in("--api-key-env", option("api-key-env"), needed=option("api-key-env") != KEY_NAME)
    return RunOptions(
        base_url=base_url,
        key=key,
        key_name=option("api-key-env") if key else None,
        headers=headers_of("--header", option("header")),
        model=option("model"),
        completions_model=option("completions-model"),
        embeddings_model=option("embeddings-model"),
        media_models={kind: name for kind in MEDIA if (name := option(f"{kind}-model"))},
        context_window=option("context-window"),
        profile=option("profile"),
        query=query_of(option("query")),
        required=tuple(option("require")),
        concurrency=option("concurrency"),
        timeout=option("timeout"),
        rate=option("rate") / processes() if option("rate") is not None else None,
        key_command=option("api-key-command"),
        key_minutes=option("api-key-minutes"),
        ca_bundle=path_of("ca-bundle"),
        client_cert=path_of("client-cert"),
        client_key=path_of("client-key"),
        minutes=option("max-time"),
        upstream=upstream(config),
        reference_url=option("reference-url"),
        reference_key_name=option("reference-key-env"),
        reference_key=key_in("--reference-key-env", option("reference-key-env"), needed=True),
        reference_headers=headers_of("--reference-header", option("reference-header")),
        reference_model=option("reference-model"),
    )


def terms(config: pytest.Config, catalog: Catalog) -> RunTerms:
    """The terms on which the run is judged."""
    listed = chosen(config, "known-failures")
    today = datetime.now(UTC).date()
    known = read_known(Path(config.invocation_params.dir, listed), catalog, today) if listed else KnownFailures()
    target = chosen(config, "write-known-failures")
    kept = known
    if target and not listed and (path := Path(config.invocation_params.dir, target)).exists():
        kept = read_known(path, catalog, today, drafts=True)  # somebody wrote its reasons by hand
    selection = selected(catalog, chosen(config, "only"), chosen(config, "requirement"))
    return RunTerms(Level(chosen(config, "fail-on")), selection, known, kept)


def processes() -> int:
    """How many processes of pytest-xdist share the run."""
    return int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))


def upstream(config: pytest.Config) -> tuple[str, int] | None:
    """Where to listen behind a gateway."""
    given = chosen(config, "upstream")
    if given is None:
        relaying = suites_named(config, "test_relay_")
        if relaying:
            raise pytest.UsageError(f"{relaying[0]} needs --upstream HOST:PORT, the address that the gateway has as its upstream")
        return None
    host, colon, port = given.rpartition(":")
    if not (colon and host and port.isdigit() and 0 < int(port) < 65536):
        raise pytest.UsageError(f"--upstream {given!r} needs the form HOST:PORT, such as 127.0.0.1:9000")
    if not (chosen(config, "base-url") or os.environ.get("OPENAI_BASE_URL")):
        raise pytest.UsageError("--upstream needs the gateway's address in --base-url")
    if getattr(config.option, "numprocesses", None):
        raise pytest.UsageError("--upstream takes one process, because one address belongs to one: leave out -n")
    return host.strip("[]"), int(port)


def is_worker(config: pytest.Config) -> bool:
    """Whether this is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def report_dir(config: pytest.Config) -> Path:
    """The report folder."""
    given = chosen(config, "report-dir")
    return Path(config.invocation_params.dir, given) if given else config.rootpath / "reports"


def area_of(suite: Path) -> str:
    """The area that a suite is about."""
    return suite.stem.removeprefix("test_").replace("_", "-")


def named(config: pytest.Config) -> set[Path]:
    """The files and folders that the command line names; our suites also as modules of their package."""
    package = f"{SUITES.parent.name}.suites"
    found = set()
    for name in (arg.split("::")[0] for arg in config.args):
        if config.option.pyargs and (name == package or name.startswith(f"{package}.")):
            module = SUITES.joinpath(*name.removeprefix(package).split("."))
            found.add(module if module.is_dir() else module.with_suffix(".py"))
        else:
            found.add(Path(os.path.realpath(Path(config.invocation_params.dir, name))))
    return found


def suites_named(config: pytest.Config, beginning: str) -> list[str]:
    """The suites named on the command line whose file names have this prefix."""
    return sorted(path.name for path in named(config) if path.parent == SUITES and path.name.startswith(beginning))


def draws(config: pytest.Config) -> bool:
    """Whether fresh examples of properties are drawn."""
    return bool(chosen(config, "examples"))


def drawing(examples: int, seed: int) -> list[str]:
    """The options that draw the same examples again."""
    return [f"--examples={examples}", *([f"--fuzz-seed={seed}"] if seed else [])]


def command(config: pytest.Config) -> list[str]:
    """What the user typed to start the run, word by word."""
    program = Path(sys.argv[0])
    name = program.parent.name if program.name == "__main__.py" else program.stem
    if name in ("harness", "wireproof"):  # pytest was given more arguments than that
        return [*(("python", "-m", name) if name == "harness" else (name,)), *sys.argv[1:]]
    return ["pytest", *map(str, config.invocation_params.args)]
