"""Hints are found by property and kind of failure, and a bad file is refused with the entry that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from dojo.checking.explain import describe
from dojo.grading.catalogue import Kata
from dojo.grading.learner import hints
from dojo.grading.learner.hints import BadHints, Hints, key_of, load_hints
from dojo.simulator.outcome import Ending, Outcome

GOOD = """
[never_late]
promise = ["rule", "place", "technique"]
deadlock = ["stuck", "where", "how"]
"""
COMMON = 'polling = ["p1", "p2", "p3"]\ndeadlock = ["d1", "d2", "d3"]'


def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, common: str = COMMON) -> Hints:
    """Load a kata's hints from a text."""
    kata = Kata("lock", "group", 1, "Lock", 1, 20, (), (), "A lock.", ())
    monkeypatch.setattr(Kata, "hints", tmp_path / "lock.toml")
    monkeypatch.setattr(hints, "COMMON", tmp_path / "common.toml")
    (tmp_path / "lock.toml").write_text(text, "utf-8")
    (tmp_path / "common.toml").write_text(common, "utf-8")
    return load_hints(kata)


def test_the_most_particular_advice_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the kata says of this kind, then what is said of it everywhere, then what is said of the property."""
    found = read(tmp_path, monkeypatch, GOOD)
    assert found.rungs("never_late", key_of("broken promise")) == ("rule", "place", "technique")
    assert found.rungs("never_late", key_of("deadlock: a waits for b waits for a")) == (
        "stuck",
        "where",
        "how",
    )
    assert found.rungs("never_late", key_of("polling")) == ("p1", "p2", "p3")
    assert found.rungs("never_late", key_of("unexpected exception in worker")) == (
        "rule",
        "place",
        "technique",
    )
    with pytest.raises(KeyError):
        found.rungs("unknown", key_of("broken promise"))


@pytest.mark.parametrize(
    "ending", [each for each in Ending if each not in (Ending.FINISHED, Ending.STEP_LIMIT)]
)
def test_every_kind_of_failure_has_a_key(ending: Ending) -> None:
    """No failure falls through to the advice for broken promises because of its name."""
    kind, _ = describe(Outcome(ending, "message", "main", RuntimeError("x")))
    assert key_of(kind) != hints.PROMISE
    assert key_of(describe(Outcome(Ending.RAISED, exception=AssertionError("no")))[0]) == hints.PROMISE
    assert key_of(describe(Outcome(Ending.RAISED, exception=SystemExit(0)))[0]) == "exit"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[a", "lock.toml"),
        ("[a]\ndeadlock = ['1', '2', '3']", r"\[a\]: there is no 'promise'"),
        ("a = 1", r"\[a\]: there is no 'promise'"),
        ("[a]\npromise = ['1', '2']", r"\[a\]: 'promise' must be a list of 3 texts"),
        ("[a]\npromise = ['1', '2', ' ']", r"\[a\]: 'promise' must be a list of 3 texts"),
        (
            "[a]\npromise = ['1', '2', '3']\nleaks = ['1', '2', '3']",
            r"\[a\]: 'leaks' is not one of promise, ",
        ),
    ],
)
def test_bad_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, problem: str
) -> None:
    """The message names the file, the property and the key."""
    with pytest.raises(BadHints, match=problem):
        read(tmp_path, monkeypatch, text)
    with pytest.raises(BadHints, match=r"common\.toml"):
        read(tmp_path, monkeypatch, GOOD, "promise = 3")


def test_a_missing_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names it."""
    monkeypatch.setattr(Kata, "hints", tmp_path / "none.toml")
    with pytest.raises(BadHints, match=r"none\.toml"):
        load_hints(Kata("none", "group", 1, "None", 1, 20, (), (), "Nothing.", ()))
