"""The manifest is read as it stands, or refused with the entry and the key that is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dojo.grading.catalogue import ROOT, BadManifest, Kata, UnknownKata, load

ENTRY = {
    "name": "lock",
    "group": "concurrency",
    "title": "Lock",
    "difficulty": 1,
    "minutes": 20,
    "prerequisites": [],
    "imports": [],
    "summary": "A lock.",
    "questions": ["Why?", "How?"],
}


def write(tmp_path: Path, *entries: dict[str, object]) -> Path:
    """A manifest with these entries; a JSON value of these kinds is a TOML value too."""
    file = tmp_path / "katas.toml"
    lines = []
    for entry in entries:
        lines += ["[[kata]]", *(f"{key} = {json.dumps(value)}" for key, value in entry.items())]
    file.write_text("\n".join(lines), "utf-8")
    return file


def test_a_good_manifest_is_read(tmp_path: Path) -> None:
    """Katas come in the order of the file, with every value, and can be found by name."""
    second = ENTRY | {"name": "rw_lock", "prerequisites": ["lock"], "imports": ["lock"], "difficulty": 5}
    catalogue = load(write(tmp_path, ENTRY, second))
    assert [kata.name for kata in catalogue] == ["lock", "rw_lock"]
    assert [kata.order for kata in catalogue] == [1, 2]
    lock = Kata("lock", "concurrency", 1, "Lock", 1, 20, (), (), "A lock.", ("Why?", "How?"))
    assert catalogue["lock"] == lock
    assert catalogue["rw_lock"].prerequisites == catalogue["rw_lock"].imports == ("lock",)


def test_paths_are_computed(tmp_path: Path) -> None:
    """Group and name decide where everything of a kata stands."""
    kata = load(write(tmp_path, ENTRY))["lock"]
    paths = (kata.stub, kata.solution, kata.tests, kata.mutants, kata.alternative, kata.hints)
    found = [path.relative_to(ROOT).as_posix() for path in paths]
    assert found == [
        "katas/concurrency/lock.py",
        "solutions/concurrency/lock.py",
        "tests/katas/concurrency/test_lock.py",
        "tests/mutants/concurrency/lock.toml",
        "tests/alternatives/concurrency/lock.py",
        "katas/hints/concurrency/lock.toml",
    ]


def test_the_real_manifest_is_good() -> None:
    """What this repository ships can be read."""
    assert len(list(load())) == len({kata.name for kata in load()}) > 0


BAD = {  # changes to the second entry, None to leave a key out: what the message says
    "text for a number": ({"difficulty": "3"}, "'difficulty' must be of type int, not '3'"),
    "bool for a number": ({"minutes": True}, "'minutes' must be of type int, not True"),
    "fraction": ({"minutes": 2.5}, "'minutes' must be of type int, not 2.5"),
    "number for a text": ({"title": 3}, "'title' must be of type str, not 3"),
    "text for a list": ({"prerequisites": "lock"}, "'prerequisites' must be of type list, not 'lock'"),
    "list of numbers": ({"questions": [1]}, "'questions' must be a list of texts, not [1]"),
    "too easy": ({"difficulty": 0}, "'difficulty' must be 1 to 5, not 0"),
    "too hard": ({"difficulty": 6}, "'difficulty' must be 1 to 5, not 6"),
    "no time": ({"minutes": 0}, "'minutes' must be at least 1, not 0"),
    "unknown key": ({"prerequisite": []}, "'prerequisite' is not a key of a kata"),
    "path for a group": ({"group": "../up"}, "'group' must be like the name of a module, not '../up'"),
    "prerequisite unknown": ({"prerequisites": ["lok"]}, "names 'lok', which is not an earlier kata"),
    "prerequisite later": ({"prerequisites": ["third"]}, "names 'third', which is not an earlier kata"),
    "prerequisite itself": ({"prerequisites": ["second"]}, "names 'second', which is not an earlier kata"),
} | {f"no {key}": ({key: None}, f"'{key}' is missing") for key in ENTRY if key != "name"}


@pytest.mark.parametrize("case", BAD)
def test_a_bad_entry_is_named(case: str, tmp_path: Path) -> None:
    """The message says which file, which kata and which key."""
    changes, message = BAD[case]
    entry = {key: value for key, value in (ENTRY | {"name": "second"} | changes).items() if value is not None}
    file = write(tmp_path, ENTRY, entry, ENTRY | {"name": "third"})
    with pytest.raises(BadManifest) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file}: kata 'second': ")
    assert str(caught.value).endswith(message)


BAD_NAMES = {
    "missing": ({key: value for key, value in ENTRY.items() if key != "name"}, "kata '2': 'name' is missing"),
    "twice": (ENTRY, "kata 'lock': 'name' is that of an earlier kata"),
    "number": (ENTRY | {"name": 7}, "kata '7': 'name' must be of type str, not 7"),
    "empty": (ENTRY | {"name": ""}, "kata '': 'name' must be like the name of a module, not ''"),
    "path": (ENTRY | {"name": "a/b"}, "kata 'a/b': 'name' must be like the name of a module, not 'a/b'"),
}


@pytest.mark.parametrize("case", BAD_NAMES)
def test_a_bad_name_is_refused(case: str, tmp_path: Path) -> None:
    """An entry without a usable name is told by its number or by what stands there."""
    entry, message = BAD_NAMES[case]
    with pytest.raises(BadManifest) as caught:
        load(write(tmp_path, ENTRY, entry))
    assert str(caught.value).endswith(message)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "No such file"),
        (b"[[kata", "at end of document"),
        (b"\xff", "utf-8"),
        (b"", "there is no [[kata]]"),
        (b"[kata]\nname = 'x'", "there is no [[kata]]"),
        (b"kata = 3", "there is no [[kata]]"),
        (b"kata = ['x']", "kata '1': it is not a table"),
    ],
    ids=["missing", "no TOML", "not UTF-8", "empty", "table", "number", "list of texts"],
)
def test_a_bad_file_is_refused(data: bytes | None, message: str, tmp_path: Path) -> None:
    """A manifest that is missing, damaged or empty is a BadManifest that names the file."""
    file = tmp_path / "katas.toml"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(BadManifest) as caught:
        load(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("semafore", "did you mean 'semaphore'?"),
        ("workerpool", "did you mean 'worker_pool'?"),
        ("xyzzy", "run grader.py to see them all"),
        ("", "run grader.py to see them all"),
    ],
)
def test_an_unknown_kata_gets_the_nearest_name(name: str, hint: str) -> None:
    """A mistyped name is answered with the one that was meant."""
    with pytest.raises(UnknownKata) as caught:
        load()[name]
    assert str(caught.value) == f"there is no kata '{name}'; {hint}"


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("lock.py", "lock"),
        ("/elsewhere/lock_v2.py", "lock"),
        ("lock_manager.py", "lock_manager"),
        ("lock_manager_2.py", "lock_manager"),
        ("lock_manage.py", "lock"),
    ],
)
def test_a_file_is_for_the_kata_that_it_is_named_after(file: str, name: str, tmp_path: Path) -> None:
    """The longest name that fits counts."""
    catalogue = load(write(tmp_path, ENTRY, ENTRY | {"name": "lock_manager"}))
    assert catalogue.of_file(Path(file)).name == name


@pytest.mark.parametrize("file", ["locks.py", "my_lock.py", "Lock.py", "lock-2.py", ".py"])
def test_a_file_with_another_name_is_for_none(file: str, tmp_path: Path) -> None:
    """A name that only resembles a kata's is refused, with how to name it."""
    with pytest.raises(UnknownKata, match=f"which kata {file} is for; name it after one"):
        load(write(tmp_path, ENTRY)).of_file(Path(file))
