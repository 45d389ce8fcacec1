"""Our own files are read safely, and cached parses are reused only while they are valid."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.catalog import paths
from harness.catalog.documents import YamlError
from harness.catalog.parsed_files import ParsedFiles
from harness.catalog.yaml_lines import LARGEST, read_yaml, read_yaml_file

HOSTILE = {
    "a bomb of aliases": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", 2, "the alias *a is not allowed here"),
    "a cycle": ("a: &a [*a]\n", 1, "the alias *a is not allowed here"),
    "5,000 deep": ("[" * 5000, 1, "nested deeper than 200 levels"),
    "5,000 deep in blocks": ("".join(f"{' ' * n}a:\n" for n in range(300)), 201, "nested deeper than 200 levels"),
    "a NUL": ("a: 1\nb: \0\n", 2, "the character U+0000 is not allowed in YAML"),
    "a list as a key": ("? [a, b]\n: 1\n", 1, "a key must be a string"),
    "a key twice": ("a: 1\na: 2\n", 2, "the key 'a' is given twice"),
    "a tag of Python's": ("a: !!python/object/apply:os.system [ls]\n", 1, "is not known here"),
    "a number that is none": ("a: !!int many\n", 1, "this is not a valid int"),
    "two documents": ("a: 1\n---\nb: 1\n", 2, "a single document"),
    "nothing": ("# nothing\n", 1, "the file is empty"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_yaml_is_refused_with_its_line(name: str) -> None:
    text, line, says = HOSTILE[name]
    with pytest.raises(YamlError) as caught:
        read_yaml(text)
    assert says in str(caught.value)
    assert caught.value.line == line
    assert "\n" not in str(caught.value)


def test_a_bomb_is_refused_also_where_aliases_are_taken() -> None:
    levels = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(YamlError, match="more than 1,000,000 values"):
        read_yaml("\n".join(levels), aliases=True)
    with pytest.raises(YamlError, match="is inside the value it repeats"):
        read_yaml("a: &a [*a]", aliases=True)
    assert read_yaml("a: &a [1]\nb: *a", aliases=True).value == {"a": [1], "b": [1]}


def test_no_more_of_a_file_is_read_than_it_may_have(tmp_path: Path) -> None:
    path = tmp_path / "large.yaml"
    path.write_bytes(b"#" * (LARGEST + 1))
    with pytest.raises(YamlError, match="the file is larger than 4 MB"):
        read_yaml_file(path)
    with pytest.raises(YamlError, match="the file is larger than 4 MB"):
        read_yaml_file(Path("/dev/zero"))
    path.write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(YamlError, match="not UTF-8") as caught:
        read_yaml_file(path)
    assert caught.value.line == 2


def test_scalars_are_read_as_json_has_them() -> None:
    text = "- 1\n- -1.5\n- 1e3\n- 007\n- yes\n- true\n- 2020-01-01\n- ~\n-\n- '1'\n- !!binary aGk=\n- .inf"
    assert read_yaml(text).value == [1, -1.5, 1000.0, "007", "yes", True, "2020-01-01", None, None, "1", b"hi", ".inf"]
    assert read_yaml("- " + "9" * 5000).value == ["9" * 5000]


def test_every_value_has_its_line() -> None:
    document = read_yaml("a:\n  - b: 1\n    c:\n      - 2\n\n      - 3\n")
    places = [(), ("a",), ("a", 0), ("a", 0, "b"), ("a", 0, "c"), ("a", 0, "c", 0), ("a", 0, "c", 1), ("a", 0, "none", 5)]
    assert [document.line(place) for place in places] == [1, 1, 2, 2, 3, 4, 6, 2]


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small folder like ``spec/``, and a cache folder of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "spec"
    folder.mkdir()
    (folder / "features.yaml").write_text("a: 1\n", encoding="utf-8")
    return folder


KEPT = {"features.yaml": [{"a": 1}, [1, {"a": 1}]]}


def kept(spec: Path) -> Path:
    """The file in the cache, once something was kept."""
    ParsedFiles(spec).keep(KEPT)
    (path,) = (spec.parent / "cache" / "wireproof").iterdir()
    return path


def test_what_was_kept_is_found_again(spec: Path) -> None:
    kept(spec)
    assert ParsedFiles(spec).documents == KEPT


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[:-5],
        lambda text: text.replace('"a":1', '"a":2', 1),
        lambda text: "",
        lambda text: text.partition("\n")[0] + "\n",
        lambda text: json.dumps({"features.yaml": [{"a": 2}, 1]}),
    ],
)
def test_damaged_cache_is_not_trusted(spec: Path, damage) -> None:  # type: ignore[no-untyped-def]
    path = kept(spec)
    path.write_text(damage(path.read_text(encoding="utf-8")), encoding="utf-8")
    assert ParsedFiles(spec).documents == {}


def test_stale_cache_is_not_trusted(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept(spec)
    monkeypatch.setattr("harness.catalog.parsed_files.VERSION", "another")
    assert ParsedFiles(spec).documents == {}
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(spec.parent / "cache"))
    assert ParsedFiles(spec).documents == KEPT
    (spec / "features.yaml").write_text("a: 2\n", encoding="utf-8")
    assert ParsedFiles(spec).documents == {}


def test_nothing_is_said_where_nothing_can_be_kept(spec: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (spec.parent / "cache").write_text("a file, not a folder", encoding="utf-8")
    ParsedFiles(spec).keep(KEPT)
    assert ParsedFiles(spec).documents == {}
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    ParsedFiles(spec).keep(KEPT)
    assert ParsedFiles(spec).documents == {}


def test_catalog_is_the_same_from_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.catalog import load

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    first, again = load(), load()
    assert list(tmp_path.rglob("*.json")), "nothing was kept"
    assert ParsedFiles(paths.SPEC).documents
    for part in ("sources", "features", "requirements", "cases", "parameters", "profile", "properties", "calls"):
        assert getattr(first, part) == getattr(again, part)
