"""Gradescope's results.json: points that mean what they say, and a fault of ours that nobody takes for a mark."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from dojo.reports.formats.gradescope import OPENING, VISIBILITIES, write

from .scenes import SCENES

SCHEMA = json.loads((Path(__file__).parent / "schemas" / "gradescope.schema.json").read_text("utf-8"))


def read(name: str) -> dict[str, Any]:
    """A scene, read back."""
    document: dict[str, Any] = json.loads(write(SCENES[name]))
    return document


@pytest.mark.parametrize("name", SCENES)
def test_documents_keep_the_schema(name: str) -> None:
    """Only keys that Gradescope knows, and a score in any case."""
    written = write(SCENES[name])
    assert written.startswith(OPENING) and written.isascii()
    jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(written))


# Points given, points there are, points that are open because of a fault of ours.
POINTS = {
    "passed": (2, 2, 0),
    "failed": (1, 2, 0),
    "strict": (1, 2, 0),
    "refused": (0, 2, 0),
    "stopped": (0, 2, 0),
    "not started": (0, 2, 0),
    "inconclusive": (1, 2, 0),
    "broken": (1, 2, 1),
    "fault": (1, 2, 1),
}


@pytest.mark.parametrize("name", POINTS)
def test_a_point_for_each_property_that_holds(name: str) -> None:
    """Partial credit; nothing for a kata that cannot be graded; the maximum is the same in every case."""
    document = read(name)
    facts = document["extra_data"]
    assert (document["score"], facts["max_score"], facts["open"]) == POINTS[name]
    assert document["score"] == sum(test.get("score", 0) for test in document["tests"])
    assert f"{document['score']} of {facts['max_score']} points" in document["output"]


@pytest.mark.parametrize("name", POINTS)
def test_a_fault_of_ours_is_no_mark(name: str) -> None:
    """It has no score at all, and the first line of the result is about it; nothing else says so."""
    document = read(name)
    open_ = [test for test in document["tests"] if "max_score" in test and "score" not in test]
    assert len(open_) == POINTS[name][2]
    assert document["output"].startswith("GRADER FAULT") == bool(open_)
    assert all("no fault of the code" in test["output"] or "not checked" in test["output"] for test in open_)


def test_what_went_wrong() -> None:
    """A failure comes with its story, a file that cannot be graded with the line and the remedy."""
    failed = read("failed")["tests"][0]
    assert failed["output"].startswith("deadlock") and "<- preempted here" in failed["output"]
    assert (failed["number"], failed["status"]) == ("1.1", "failed")
    refused = read("refused")["tests"]
    assert "mend the line" in refused[0]["output"] and "worker_pool.py:12" in refused[0]["output"]
    assert "max_score" not in refused[0]
    assert read("inconclusive")["tests"][0]["output"].startswith("inconclusive: 12 runs")
    assert read("not started")["tests"][0]["output"].startswith("not started yet: nothing is written")


@pytest.mark.parametrize("visibility", VISIBILITIES)
def test_visibility(visibility: str) -> None:
    """The whole result is as visible as was asked for; only why a file was not begun is always shown."""
    document = json.loads(write(replace(SCENES["refused"], visibility=visibility)))
    assert document["visibility"] == visibility
    assert [test.get("visibility") for test in document["tests"]] == ["visible", None, None]
    stopped = json.loads(write(replace(SCENES["stopped"], visibility=visibility)))
    assert {test.get("visibility") for test in stopped["tests"]} == {None}
