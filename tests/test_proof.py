"""A proof goes on where it stopped, and after a part that fails."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import proof

COUNTING = "import sys; open(sys.argv[1], 'a').write('x'); sys.exit(int(sys.argv[2]))"


@pytest.fixture
def counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three parts that count how often they are done, of which the second fails."""
    parts = [
        proof.Part(name, "x", (sys.executable, "-c", COUNTING, str(tmp_path / name), code)) for name, code in zip("abc", "030", strict=True)
    ]
    monkeypatch.setattr(proof, "PARTS", tuple(parts))
    monkeypatch.setattr(proof, "KEPT", tmp_path / "kept")
    monkeypatch.setattr(proof, "state", lambda: "now")
    return tmp_path


def done(folder: Path) -> dict[str, int]:
    return {name: len(path.read_text(encoding="utf-8")) for name in "abc" if (path := folder / name).is_file()}


def test_what_failed_is_done_again_and_what_is_done_is_not(counts: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert proof.main(["--list"]) == 1
    assert done(counts) == {}
    assert proof.main([]) == 1
    assert done(counts) == {"a": 1, "b": 1, "c": 1}
    assert proof.main([]) == 1
    assert done(counts) == {"a": 1, "b": 2, "c": 1}
    assert proof.main(["a"]) == 0
    assert done(counts) == {"a": 2, "b": 2, "c": 1}
    assert "exit 3" in capsys.readouterr().out


def test_other_sources_are_proven_anew(counts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proof.main(["a", "c"])
    monkeypatch.setattr(proof, "state", lambda: "later")
    proof.main([])
    assert done(counts) == {"a": 2, "b": 1, "c": 2}


def test_every_part_has_its_time_in_the_documents() -> None:
    page = (proof.ROOT / "docs" / "performance.md").read_text(encoding="utf-8")
    assert [part.name for part in proof.PARTS if f"| `{part.name}` |" not in page] == []
