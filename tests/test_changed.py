"""What a check plays of the tests: those that a change concerns, nearest first, and no more than there is time for."""

from __future__ import annotations

import time

import pytest

from tests import changed, conftest
from tests.mutants import MUTANTS

TIDY = "tests/test_mutants.py::test_mutant_is_caught_by_what_it_breaks["


def test_a_check_concerns_the_mutants_of_its_requirements_alone() -> None:
    names = set(changed.mutants(["harness/checks/chat/logprobs.py"]))
    assert names
    assert {one.name for one in MUTANTS if "logprobs" in "".join(one.breaks)} & names
    assert len(names) < len(MUTANTS) / 4
    assert {f"{TIDY}{name}]" for name in names} <= set(changed.concerned({"harness/checks/chat/logprobs.py"}))


def test_what_concerns_all_mutants_plays_an_even_share() -> None:
    names = changed.mutants(["harness/judging/judge.py"])
    assert changed.MUTANTS_OF_A_CHECK / 2 < len(names) <= changed.MUTANTS_OF_A_CHECK
    assert {names[0], names[-1]} <= {one.name for one in [*MUTANTS[:20], *MUTANTS[-20:]]}


def test_a_name_is_followed_through_the_face_of_its_package() -> None:
    found = list(changed.concerned({"harness/wire/limiter.py"}))
    assert "tests/test_limiter.py" in found
    assert found.index("tests/test_limiter.py") < found.index("tests/test_architecture.py")
    assert "tests/test_sse.py" not in found


def test_what_rests_on_a_changed_module_comes_last() -> None:
    found = list(changed.concerned({"harness/wire/packed.py"}))
    assert found.index("tests/test_redaction.py") > found.index("tests/test_architecture.py")


def test_only_items_that_differ_are_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "spec/requirements/usage.yaml"
    text = (changed.ROOT / name).read_text(encoding="utf-8")
    monkeypatch.setattr(changed, "before", lambda _: text.replace("level: must", "level: should", 1))
    assert len(changed.differing(name, changed._of_items)) == 1


def test_no_test_begins_when_the_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conftest, "ENDS", time.monotonic() + 60)
    conftest.pytest_runtest_setup()
    monkeypatch.setattr(conftest, "ENDS", time.monotonic() - 1)
    with pytest.raises(pytest.skip.Exception, match="no time left in a check"):
        conftest.pytest_runtest_setup()
