"""The overview of a class as the text of one HTML file that needs nothing else: no network, no script, no clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from markupsafe import Markup

from dojo.grading.catalogue import Kata
from dojo.grading.classroom.marks import NOTHING, Class, Mark, counted
from dojo.grading.classroom.similarity import ALIKE
from dojo.grading.result import State
from dojo.reports.html import environment, generator, part
from dojo.reports.timeline.words import clean

MARKER = "concurrency-dojo class"  # near the beginning of every file that is ours
_HERE = Path(__file__).parent
MOST_FAILED = 15  # properties in the list
MOST_LIKENESSES = 200
Key = TypeVar("Key")

# How a cell and a part of a bar look; what they mean stands in them as text.
_LOOKS = {
    State.PASSED.value: "passed",
    State.FAILED.value: "failed",
    State.INCONCLUSIVE.value: "open",
    State.REFUSED.value: "refused",
    State.BROKEN.value: "fault",
    State.NOT_STARTED.value: "idle",
    NOTHING: "none",
}


@dataclass(frozen=True, slots=True)
class KataRow:
    """One kata in figures.

    Attributes:
        kata: which.
        parts: words, look and number for each state that occurs, the best first.
        passed: how many persons have passed it.
        begun: how many have begun it.
        worst: the property that most do not keep, "" if all do; and how many those are.
    """

    kata: Kata
    parts: tuple[tuple[str, str, int], ...]
    passed: int
    begun: int
    worst: str
    worst_count: int


def overview(found: Class) -> str:
    """The file's text."""
    templates = environment(_HERE)
    templates.finalize = _visible  # names of folders may be anything
    page = templates.get_template("overview.html.j2")
    begun = [mark for mark in found.marks if mark.is_begun]
    stuck = [mark for mark in found.marks if mark.is_stuck]
    bugs = Counter(bug for mark in stuck for bug in mark.bugs)
    text = page.render(
        marker=generator(MARKER),
        style=part(_HERE / "overview.css"),
        found=found,
        rows=[(person, found.of_person(person)) for person in found.persons],
        cell=_cell,
        look=lambda mark: _LOOKS[mark.words],
        hint=_hint,
        katas=[_kata_row(kata, found.of_kata(kata.name)) for kata in found.katas],
        counts=[(words, _LOOKS[words], number) for words, number in counted(found.marks).items()],
        passed=len(begun) - len(stuck),
        begun=len(begun),
        bugs=_sorted(bugs),
        stuck_count=len(stuck),
        failed=_sorted(Counter((mark.kata, each) for mark in stuck for each in mark.failed))[:MOST_FAILED],
        stuck=_stuck(found),
        likenesses=found.likenesses[:MOST_LIKENESSES],
        more_likenesses=max(0, len(found.likenesses) - MOST_LIKENESSES),
        alike=ALIKE,
        odd=[mark for mark in found.marks if mark.note],
    )
    # Names of files may hold half of a surrogate pair, which no file can.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _visible(value: object) -> object:
    """Text without characters that would hide or turn round others."""
    return clean(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _kata_row(kata: Kata, marks: Sequence[Mark]) -> KataRow:
    failed = _sorted(Counter(each for mark in marks for each in mark.failed))
    worst, number = failed[0] if failed else ("", 0)
    parts = tuple((words, _LOOKS[words], size) for words, size in counted(marks).items())
    begun = [mark for mark in marks if mark.is_begun]
    passed = sum(mark.state is State.PASSED for mark in begun)
    return KataRow(kata, parts, passed, len(begun), worst, number)


def _stuck(found: Class) -> list[tuple[str, list[Mark], int]]:
    """Who is stuck in what, and how many katas the person has begun; those with most of it first."""
    rows = []
    for person in found.persons:
        marks = found.of_person(person)
        stuck = [mark for mark in marks if mark.is_stuck]
        if stuck:
            rows.append((person, stuck, sum(mark.is_begun for mark in marks)))
    return sorted(rows, key=lambda row: -len(row[1]))


def _cell(mark: Mark) -> str:
    """The text of a cell: short, and enough without its colour."""
    if mark.state is State.FAILED:
        return f"{mark.held}/{mark.properties}"
    return {None: "–", State.REFUSED: "stopped", State.NOT_STARTED: "not yet", State.BROKEN: "fault"}.get(
        mark.state, mark.words
    )


def _hint(mark: Mark) -> str:
    """What there is to say about a mark in a sentence."""
    parts = [mark.words, mark.problem or (f"first: {mark.failed[0]}" if mark.failed else "")]
    return "; ".join(filter(None, [*parts, ", ".join(mark.bugs)]))


def _sorted(counts: Counter[Key]) -> list[tuple[Key, int]]:
    """The most frequent first; of equal ones as they come in the class."""
    return sorted(counts.items(), key=lambda each: -each[1])
