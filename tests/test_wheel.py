"""The wheel, and the action that installs it: outside a checkout, in an environment that has nothing else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

from harness.judging.verdict import Exit
from harness.records.run_record import read_record

ROOT = Path(__file__).resolve().parent.parent


def call(*words: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "PYTEST_", "GITHUB_"))}
    return subprocess.run(
        [str(word) for word in words], cwd=cwd, env={**kept, **environment}, capture_output=True, text=True, timeout=300, check=False
    )


WHOLE = bool(os.environ.get("WIREPROOF_WHOLE"))
"""Whether what the wheel needs is installed as well, and not borrowed from where these tests run."""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment in which only the wheel was installed, and what it says it needs."""
    folder = tmp_path_factory.mktemp("wheel")
    built = call(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, ROOT, cwd=folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("wireproof-*.whl")
    made = call(sys.executable, "-m", "venv", "--without-pip", folder / "env", cwd=folder)
    assert made.returncode == 0, made.stderr
    alone = () if WHOLE else ("--no-deps", "--no-index")
    pip = (sys.executable, "-m", "pip", "--python", folder / "env", "install", "-q", "--disable-pip-version-check")
    done = call(*pip, *alone, wheel, cwd=folder)
    assert done.returncode == 0, done.stderr
    if not WHOLE:
        (site,) = (folder / "env" / "lib").glob("python*/site-packages")
        (site / "borrowed.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder / "env" / "bin"


def test_command_judges_outside_a_checkout(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n", encoding="utf-8")  # not ours to obey
    done = call(installed / "wireproof", "-q", "--only=models", "--only=chat-stream", cwd=tmp_path)
    assert done.returncode == Exit.CONFORMS, done.stdout + done.stderr
    record = read_record(tmp_path / "reports" / "run.jsonl")
    assert len(record.results) > 10
    assert (tmp_path / "reports" / "compliance.html").stat().st_size > 100_000
    again = call(installed / "wireproof", "report", "reports/run.jsonl", "--report-dir=again", cwd=tmp_path)
    assert again.returncode == Exit.CONFORMS, again.stderr
    assert (tmp_path / "again" / "compliance.html").is_file()
    both = ("reports/run.jsonl", "reports/run.jsonl")
    for files in (both, (*both, "reports/run.jsonl")) if WHOLE else (both,):
        compared = call(installed / "wireproof", "compare", *files, "--html=compared.html", cwd=tmp_path)
        assert compared.returncode == Exit.CONFORMS, compared.stderr
        assert "</main>" in (tmp_path / "compared.html").read_text(encoding="utf-8")


def test_suites_can_be_named_and_a_failure_says_how_to_play_it_again(installed: Path, tmp_path: Path) -> None:
    done = call(installed / "wireproof", "-q", "suites/test_properties_embeddings.py", "--examples=5", "--plan", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "properties" in done.stdout
    unreachable = call(installed / "wireproof", "--base-url=http://127.0.0.1:9/v1", "--model=m", cwd=tmp_path)
    assert unreachable.returncode == Exit.NOT_JUDGEABLE


def test_nothing_but_one_name_in_site_packages(installed: Path) -> None:
    (site,) = (installed.parent / "lib").glob("python*/site-packages")
    ours = [
        path.name for path in site.iterdir() if path.name in ("wireproof", "harness", "spec", "suites", "tests", "conftest.py", "reports")
    ]
    assert ours == ["wireproof"]


def test_action_fits_the_public_schema() -> None:
    done = call(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-actions", "action.yml", cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_action_hands_its_inputs_over_and_passes_the_exit_code_on(tmp_path: Path) -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    step = next(step for step in action["runs"]["steps"] if step.get("id") == "judge")
    program = tmp_path / "wireproof" / "bin" / "wireproof"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\nexit 6\n', encoding="utf-8")
    program.chmod(0o755)
    inputs = {name: given["default"] for name, given in action["inputs"].items() if "default" in given}
    environment = {
        name: str(inputs.get(text.removeprefix("${{ inputs.").removesuffix(" }}"), "http://h/v1;touch x"))
        for name, text in step["env"].items()
    }
    environment |= {"RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "out"), "MODEL": "a b"}
    environment |= {"MORE": "--examples=3 -k 'a or b'", "HEADERS": "X-Tenant: acme production\n\n  X-Quote: it's; $(touch x)\n"}
    environment |= {"ONLY": "chat, tools", "REQUIRE": "responses\ntools", "UPSTREAM": "127.0.0.1:9", "CONCURRENCY": "2"}
    done = call("bash", "-c", step["run"], cwd=tmp_path, **environment)
    assert done.returncode == 6
    assert (tmp_path / "out").read_text(encoding="utf-8") == "exit-code=6\n"
    assert done.stdout.splitlines() == [
        "-q",
        "--base-url=http://h/v1;touch x",
        "--profile=openai",
        "--fail-on=must",
        "--report-dir=wireproof-report",
        "--model=a b",
        "--upstream=127.0.0.1:9",
        "--concurrency=2",
        "--header=X-Tenant: acme production",
        "--header=X-Quote: it's; $(touch x)",
        "--only=chat",
        "--only=tools",
        "--require=responses",
        "--require=tools",
        "--examples=3",
        "-k",
        "a or b",
    ]
    assert not (tmp_path / "x").exists()


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflow_fits_the_public_schema(path: Path) -> None:
    done = call(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", path, cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_actions_of_others_are_pinned_by_hash_and_tokens_may_only_read() -> None:
    for path in (ROOT / "action.yml", *WORKFLOWS):
        used = re.findall(r"uses: (\S+)", path.read_text(encoding="utf-8"))
        assert used
        assert [name for name in used if name != "./" and re.fullmatch(r"[a-z]+/[a-z-]+@[0-9a-f]{40}", name) is None] == []
    for path in WORKFLOWS:
        workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
        granted = [workflow["permissions"], *(job["permissions"] for job in workflow["jobs"].values() if "permissions" in job)]
        assert [grant for grant in granted if grant not in ({"contents": "read"}, {"id-token": "write"})] == []
        run = "".join(step.get("run", "") for job in workflow["jobs"].values() for step in job["steps"])
        assert "${{" not in run, "what a workflow is given goes by the environment, never into a script"


def test_programs_of_workflows_are_there() -> None:
    """Targets of make, and the inputs and outputs of our own action."""
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for path in WORKFLOWS:
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"(?:run: |&& )make ([a-z-]+)", text)) <= targets
        assert set(re.findall(r"steps\.(?:good|broken)\.outputs\.([a-z-]+)", text)) <= set(action["outputs"])
        steps = [step for job in yaml.safe_load(text)["jobs"].values() for step in job["steps"]]
        assert all(set(step["with"]) <= set(action["inputs"]) for step in steps if step.get("uses") == "./")


def test_action_leaves_the_python_of_the_job_alone() -> None:
    action = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
    (python,) = (step for step in action["runs"]["steps"] if step.get("id") == "python")
    assert python["with"]["update-environment"] is False
