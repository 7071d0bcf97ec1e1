"""The record of an interview: complete, readable, in a folder of its own, and safe from damage."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dojo.grading.catalogue import load
from dojo.grading.learner.interview import STATE, Interview, create, load_all, next_number
from dojo.grading.learner.scorecard import Broken, Score

KATAS = list(load())[:2]


def begun(folder: Path) -> Interview:
    return create(KATAS, level="mid", minutes=45, now=1000.0, folder=folder)


def test_round_trip(tmp_path: Path) -> None:
    """What was saved is there for the next process, to the last line of a draft."""
    interview = begun(tmp_path)
    task = interview.tasks[0]
    task.begun, task.attempts, task.hints = 1001.0, 2, {"a/promise": 2}
    task.score = Score("failed", 1, 2, 1, 2, 0, 1, (Broken("p", "race", "broken promise"),))
    task.answers = ["one\ntwo ``` é\u2028", ""]
    interview.draft = "half"
    interview.save()
    ((again,), warnings) = load_all(tmp_path)
    assert (again, warnings) == (interview, [])
    assert again.file(again.tasks[0]) == tmp_path / "1" / f"{KATAS[0].name}.py"
    assert again.deadline == 1000 + 45 * 60


def test_each_has_a_number_of_its_own(tmp_path: Path) -> None:
    """Counted up, also beyond nine and where one has gone; other files are no interviews."""
    assert (next_number(tmp_path), load_all(tmp_path / "nowhere")) == (1, ([], []))
    (tmp_path / "9").mkdir()
    (tmp_path / "notes").mkdir()
    assert [begun(tmp_path).number for _ in range(2)] == [10, 11]
    assert [each.number for each in load_all(tmp_path)[0]] == [10, 11]


def test_a_later_version_may_add_to_it(tmp_path: Path) -> None:
    """Names that are not known are left out."""
    interview = begun(tmp_path)
    file = tmp_path / "1" / STATE
    data = json.loads(file.read_text())
    data["mood"] = "good"
    data["tasks"][0]["mood"] = "better"
    file.write_text(json.dumps(data))
    assert load_all(tmp_path) == ([interview], [])


@pytest.mark.parametrize(
    "change",
    [
        lambda data: "[]",
        lambda data: json.dumps(data)[:-40],
        lambda data: json.dumps(data | {"tasks": []}),
        lambda data: json.dumps(data | {"minutes": "many"}),
        lambda data: json.dumps({key: value for key, value in data.items() if key != "started"}),
        lambda data: json.dumps(data | {"tasks": [data["tasks"][0] | {"answers": [3]}]}),
        lambda data: json.dumps(data | {"tasks": [data["tasks"][0] | {"attempts": None}]}),
        lambda data: json.dumps(data | {"tasks": [data["tasks"][0] | {"score": {"state": "x"}}]}),
    ],
)
def test_a_damaged_record_is_set_aside(change, tmp_path: Path) -> None:
    """It is kept under another name, the other interviews are there, and its number is not given again."""
    begun(tmp_path)
    other = begun(tmp_path)
    file = tmp_path / "1" / STATE
    file.write_text(change(json.loads(file.read_text())))
    content = file.read_bytes()
    found, warnings = load_all(tmp_path)
    assert found == [other]
    assert warnings == ["interview 1 was damaged; its record is kept as interview.damaged-1.json"]
    assert (tmp_path / "1" / "interview.damaged-1.json").read_bytes() == content
    assert load_all(tmp_path) == ([other], [])
    assert next_number(tmp_path) == 3
