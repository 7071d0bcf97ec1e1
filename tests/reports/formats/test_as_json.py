"""JSON for programs: nothing is lost, nothing varies."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from dojo.checking.verdict import Status, Verdict
from dojo.grading.result import State
from dojo.reports.formats.as_json import SCHEMA, to_json

from .samples import RACE, SYNTAX, example, result, verdict

RESULTS = [
    result(State.FAILED, verdict(Status.FAIL, warnings=[RACE]), verdict()),
    result(State.REFUSED, problem=SYNTAX),
]


def document(**changes: float) -> str:
    """The text for the results."""
    changed = [replace(each, **changes) for each in RESULTS]  # type: ignore[arg-type]
    return to_json(changed, seed=3, budget=800, strict=False)


def test_verdicts_come_back() -> None:
    """A verdict read from the text is the verdict that was written."""
    read = json.loads(document())
    assert [Verdict.from_json(each) for each in read["results"][0]["verdicts"]] == list(RESULTS[0].verdicts)
    assert read["results"][1]["problem"]["line"] == 12


def test_the_keys_and_their_order() -> None:
    """Schema 1; whoever changes a key changes the number."""
    read = json.loads(document())
    assert list(read) == ["schema", "engine", "python", "exit_code", "seed", "budget", "strict", "results"]
    assert list(read["results"][0]) == [
        "kata", "path", "state", "properties", "schedules", "problem", "verdicts",
    ]  # fmt: skip
    assert (read["schema"], SCHEMA) == (1, 1)
    assert read["exit_code"] == 1


def test_equal_gradings_are_equal_text() -> None:
    """Wall time is no part of it."""
    assert document(seconds=1.0) == document(seconds=2.0)


@pytest.mark.parametrize("message", ["\ud800", "d\xe9j\xe0", "\x1b[31m", "[red]"])
def test_any_text_can_be_written(message: str) -> None:
    """The document is ASCII whatever the learner's text holds."""
    of = result(State.FAILED, verdict(Status.FAIL, counterexample=example(message=message)))
    written = to_json([of], seed=0, budget=1, strict=True)
    assert written.isascii()
    assert json.loads(written)["results"][0]["verdicts"][0]["counterexample"]["message"] == message
