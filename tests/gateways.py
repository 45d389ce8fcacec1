"""Installs real gateways, starts them, and judges each from both sides: ``make gateways``, or ``python -m tests.gateways litellm``.

What is installed goes to ``.gateways/`` in the project, and stays there. The reports go to ``reports/<gateway>/``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".gateways"
PAGES = ROOT / "docs" / "gateways"
KEY = "gateway-client-key-0001"


@dataclass(frozen=True)
class Target:
    """A gateway: where it is installed and how, how it is started, where it says that it is ready, and how the harness is called.

    One that serves nobody before its upstream is there has no place that says so: the harness waits for it.
    """

    name: str
    home: str
    port: int
    upstream: int
    ready: str
    install: Callable[[Path], None]
    start: Callable[[Path, int], Sequence[str | Path]]
    words: Sequence[str]

    @property
    def upstream_url(self) -> str:
        """Where it finds the harness."""
        return f"http://127.0.0.1:{self.upstream}/v1"

    @property
    def environment(self) -> dict[str, str]:
        """What the configurations of the gateways name."""
        second = f"http://127.0.0.1:{self.upstream}/second/v1"
        told = {"LITELLM_MASTER_KEY": KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True"}
        return {**os.environ, **told, "UPSTREAM_URL": self.upstream_url, "SECOND_UPSTREAM_URL": second}


def run(*words: str | Path, cwd: Path = ROOT) -> None:
    """Run a command that has to succeed."""
    subprocess.run(words, cwd=cwd, check=True, stdout=subprocess.DEVNULL)


def from_pypi(*packages: str) -> Callable[[Path], None]:
    """Installs packages in a virtual environment of their own."""

    def install(home: Path) -> None:
        if not (home / "installed").exists():
            run(sys.executable, "-m", "venv", home)
            run(home / "bin" / "pip", "install", "-q", "--disable-pip-version-check", *packages)
            (home / "installed").write_text("\n".join(packages), encoding="utf-8")

    return install


def from_npm(home: Path, **files: str) -> None:
    """Installs what a package file says, which is among the files copied from the pages."""
    if not (home / "node_modules").exists():
        home.mkdir(parents=True, exist_ok=True)
        for name, page in files.items():
            (home / name.replace("_", ".")).write_text((PAGES / page).read_text(encoding="utf-8"), encoding="utf-8")
        run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", cwd=home)


def start_portkey(home: Path, port: int) -> Sequence[str | Path]:
    """The command that serves it."""
    return ["node", home / "node_modules/@portkey-ai/gateway/build/start-server.js", f"--port={port}", "--headless"]


def start_litellm(home: Path, port: int, configuration: str = "litellm.yaml") -> Sequence[str | Path]:
    """The command that serves it."""
    return [home / "bin" / "litellm", "--config", PAGES / configuration, "--host", "127.0.0.1", "--port", str(port)]


def start_lm_proxy(home: Path, port: int) -> Sequence[str | Path]:
    """The command that serves it; its port is in its configuration."""
    return [home / "bin" / "lm-proxy", "--config", PAGES / "lm-proxy.toml"]


def start_vllm_router(home: Path, port: int) -> Sequence[str | Path]:
    """The command that serves it, without retries and without a rest for an upstream that failed."""
    still = ["--disable-retries", "--disable-circuit-breaker", "--health-check-interval-secs=86400", "--worker-startup-check-interval=1"]
    where = ["--host=127.0.0.1", f"--port={port}", "--worker-urls", "http://127.0.0.1:4032", "--policy=round_robin"]
    return [home / "bin" / "vllm-router", *where, *still]


def start_llms(home: Path, port: int) -> Sequence[str | Path]:
    """The command that serves it; its port is in its configuration."""
    return ["node", home / "llms.js"]


def start_mlflow(home: Path, port: int) -> Sequence[str | Path]:
    """The command that serves it."""
    served = ["--host=127.0.0.1", f"--port={port}", "--workers=1"]
    return [home / "bin" / "mlflow", "gateway", "start", "--config-path", PAGES / "mlflow.yaml", *served]


LITELLM = from_pypi("litellm[proxy]==1.106.2")
LITELLM_MODELS = ("--model=upstream", "--completions-model=upstream-text", "--embeddings-model=upstream-embed")

TARGETS = (
    Target("litellm", "litellm", 4001, 4011, "/health/liveliness", LITELLM, start_litellm, LITELLM_MODELS),
    Target(
        "litellm-fallback",
        "litellm",
        4003,
        4013,
        "/health/liveliness",
        LITELLM,
        partial(start_litellm, configuration="litellm-fallback.yaml"),
        LITELLM_MODELS,
    ),
    Target(
        "portkey",
        "portkey",
        4002,
        4012,
        "/",
        partial(from_npm, package_json="portkey.json"),
        start_portkey,
        ["--model=upstream-model", "--header=x-portkey-provider: openai", "--header=x-portkey-custom-host: http://127.0.0.1:4012/v1"],
    ),
    Target("lm-proxy", "lm-proxy", 4021, 4031, "/openapi.json", from_pypi("lm-proxy==3.3.2"), start_lm_proxy, ["--model=upstream-model"]),
    Target("vllm-router", "vllm-router", 4022, 4032, "", from_pypi("vllm-router==0.1.17"), start_vllm_router, ["--model=upstream-model"]),
    Target(
        "llms",
        "llms",
        4023,
        4033,
        "/health",
        partial(from_npm, package_json="llms.json", llms_js="llms.js"),
        start_llms,
        ["--model=upstream,upstream-model"],
    ),
    Target(
        "mlflow",
        "mlflow",
        4025,
        4035,
        "/health",
        from_pypi("mlflow[gateway]==3.17.2"),
        start_mlflow,
        ["--model=upstream", "--completions-model=upstream-text", "--embeddings-model=upstream-embed"],
    ),
)


@contextmanager
def serving(target: Target) -> Iterator[None]:
    """A gateway under way; its log is beside it."""
    home = HOME / target.home
    target.install(home)
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            target.start(home, target.port), cwd=home, env=target.environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            if target.ready:
                wait_for(f"http://127.0.0.1:{target.port}{target.ready}", process)
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)  # some have their server in a process below their own
            process.wait(timeout=20)


def wait_for(url: str, process: subprocess.Popen[bytes], seconds: float = 180) -> None:
    """Wait until something answers there."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise SystemExit(f"{url} did not answer; its log is in {HOME}")


def judge(target: Target) -> int:
    """Judge a gateway; the exit code of the run."""
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "--tb=no", "-rN", "-p", "no:cacheprovider"]
    command += [f"--base-url=http://127.0.0.1:{target.port}/v1", f"--upstream=127.0.0.1:{target.upstream}"]
    command += [*target.words, f"--report-dir=reports/{target.name}"]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, "OPENAI_API_KEY": KEY}, check=False).returncode


def main() -> None:
    """Judge the gateways that are named, or all."""
    chosen = [target for target in TARGETS if target.name in (sys.argv[1:] or [target.name])]
    for target in chosen:
        with serving(target):
            judge(target)


if __name__ == "__main__":
    main()
