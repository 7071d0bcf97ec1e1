"""The page of a timeline: complete without a script, deterministic, of bounded size, and safe from what it shows."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dojo.checking.verdict import Step, Stuck
from dojo.grading.judge import Replay
from dojo.reports.timeline import page
from dojo.reports.timeline.beats import beats_of
from dojo.reports.timeline.drawing import draw
from dojo.reports.timeline.glance import glances
from dojo.reports.timeline.page import MARKER, Subject, timeline
from dojo.reports.timeline.shapes import Drawing

from .runs import FILE, SOURCE, Tape, failing, lost_update, passing, waiting

SUBJECT = Subject("counter", FILE, "uv run grader.py timeline counter TOKEN")
VOID = {"meta", "link", "input", "br", "wbr"}


class Page(HTMLParser):
    """Reads a page: every element must be closed; texts, ids and attributes are kept."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every such element."""
        return [attributes for name, attributes in self.elements if name == tag]

    def data(self) -> dict[str, list[dict[str, object]]]:
        """What the script reads."""
        found = [text for tag, text in self.texts if tag == "script"]
        read: dict[str, list[dict[str, object]]] = json.loads(found[0])
        return read


def drawn(steps: list[Step]) -> Drawing:
    """The drawing of a run."""
    beats = beats_of(steps)
    return draw(beats, glances(beats), FILE, 100)


def words_of(text: str) -> str:
    """The text of a page without its markup."""
    return " ".join(
        " ".join(data for tag, data in Page(text).texts if tag not in ("script", "style")).split()
    )


def test_a_failing_run_says_all_that_is_known() -> None:
    """Promise, what went wrong, why, input, who is stuck, every step with its words, the command."""
    text = timeline(failing(lost_update()), SUBJECT)
    said = words_of(text)
    for expected in (
        "FAIL stop() loses no accepted job",
        "nobody can go on (deadlock: a wait that nobody ends (lost wake-up), 1 preemption, 1 stall)",
        "main waits in Condition.wait() on self._done, and nobody is left to wake it, at worker_pool.py:36",
        "worker-1 waits in Lock on self._lock, held by main, at worker_pool.py:58",
        "Input: callers=2",
        "The scheduler interrupts one at line 11, although it could go on",
        "sets Counter.n: 0 → 1",
        "now n is 1, n = 1",
        "FAIL: nobody can go on",
        "uv run grader.py timeline counter TOKEN",
        "30 line 30",
    ):
        assert expected in said, expected


def test_a_passing_run_claims_no_more_than_one_run() -> None:
    """And nothing on the page speaks of a failure."""
    said = words_of(timeline(passing(lost_update()), SUBJECT))
    assert "PASS stop() loses no accepted job In this one run the promise was kept." in said
    assert "FAIL" not in said


def test_the_marker_stands_at_the_beginning() -> None:
    """So that the command knows its own files without reading much."""
    assert MARKER in timeline(passing(waiting()), SUBJECT)[:400]


@pytest.mark.parametrize("steps", [[], lost_update()[:1], lost_update(), waiting()], ids=len)
def test_the_page_is_sound(steps: list[Step]) -> None:
    """Elements are closed, ids are unique, nothing is loaded, every control and table has a name."""
    text = timeline(failing(steps), SUBJECT)
    found = Page(text)
    ids = [attributes["id"] for _, attributes in found.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for tag, attributes in found.elements:
        for name in ("src", "href", "data", "action"):
            value = attributes.get(name) or ""
            assert not value or value.startswith("#") or value == "data:,", (tag, value)
        if tag == "input":
            assert attributes.get("aria-label")
        if tag == "button":
            assert attributes.get("type") == "button"
        if tag == "th":
            assert attributes.get("scope") in ("col", "row")
    assert "http" not in re.sub(r"http-equiv", "", text)
    assert "url(" not in re.sub(r"url\(#", "", text)
    pointed = {
        value.removeprefix("#") for tag, each in found.elements if tag == "use" and (value := each["href"])
    }
    assert pointed <= set(ids)


def test_script_and_table_tell_of_the_same_steps() -> None:
    """One moment a beat and one for the ending; the table has the same rows, the slider the same end."""
    found = Page(timeline(failing(lost_update()), SUBJECT))
    moments = found.data()["moments"]
    rows = [each for each in found.all("tr") if "data-beat" in each]
    assert len(moments) == len(rows) == 13
    assert found.all("input")[0]["max"] == "13"
    assert [each["turn"] for each in moments].count(1) == 1
    assert moments[8]["missed"] == ["since one read Counter.n, two has changed it: 0 → 1"]
    assert moments[8]["values"] == []  # it wrote what was there
    assert [run[1:] for run in moments[6]["values"]] == [["0", "1", 1]]  # type: ignore[attr-defined]
    assert moments[-1]["say"] == "FAIL: nobody can go on"


EVIL = "</script><script>alert(1)</script><!-- &quot; ' \" ]]> \u2028 \u202e \x00 \ud800 𝒳 <b>"


def test_nothing_of_the_learners_is_markup() -> None:
    """Whatever a source line, a name, a value or a message holds, the page has the same elements."""
    plain = failing([replace(step) for step in lost_update()])
    evil = failing(
        [
            replace(
                step,
                text=EVIL,
                detail=EVIL,
                value=EVIL if step.value else "",
                subject=f"{step.subject}{EVIL}" if step.kind in ("load", "store") else step.subject,
            )
            for step in lost_update()
        ],
        source=SOURCE.replace("line 7", EVIL.replace("\u2028", "")),
        message=EVIL,
        stuck=[Stuck("main", "blocked", EVIL, EVIL, f"{EVIL}.py", 36)],
    )
    evil = replace(evil, workload={EVIL: EVIL}, notes=(EVIL,))
    plain = replace(plain, notes=("note",))
    texts = [
        timeline(run, replace(SUBJECT, command=run.workload.get("callers", EVIL))) for run in (plain, evil)
    ]
    tags = [{tag for tag, _ in Page(text).elements} for text in texts]
    assert tags[0] == tags[1]
    assert [len(Page(text).all("script")) for text in texts] == [2, 2]
    for character in ("\u202e", "\x00", "\ud800"):
        assert character not in texts[1]
    assert "alert(1)" in words_of(texts[1])
    assert texts[1].encode("utf-8")


def test_equal_runs_give_equal_bytes() -> None:
    """No time, no id, no order of a set."""
    assert timeline(failing(waiting()), SUBJECT) == timeline(failing(waiting()), SUBJECT)


def test_a_long_run_stays_small() -> None:
    """Tens of thousands of steps, eight threads and a long file: below 2 MB."""
    tape = Tape().add("main", "resume")
    for number in range(8):
        tape.add("main", "start", 101, f"a-thread-with-a-long-name-{number}")
    for number in range(20_000):
        thread = f"a-thread-with-a-long-name-{number % 8}"
        tape.add(thread, "resume").add(
            thread, "load", 3 + number % 20, f"Pool._variable_{number % 30}", str(number)
        )
        tape.add(thread, "store", 3 + number % 20, f"Pool._variable_{number % 30}", str(number + 1))
    source = "    self._variable = self._other_variable + 1  # a line of some length\n" * 7_000
    text = timeline(failing(tape.steps, source), SUBJECT)
    assert len(text.encode()) < 2_000_000
    assert words_of(text).count("…") >= 1
    assert 'id="L3"' in text and 'id="L300"' not in text


def test_lanes_and_what_is_in_them() -> None:
    """Beats follow one another, waits are spans with their reason, a lock is as long as it is held."""
    found = drawn(waiting())
    assert list(found.bars) == ["main", "other"]
    ends = [cell.x + cell.width for cell in found.cells]
    assert all(cell.x >= end for cell, end in zip(found.cells[1:], ends, strict=False))
    kinds = {(span.kind, span.y == found.bars["main"]) for span in found.spans}
    assert kinds >= {("sleeps", True), ("waits", False), ("stands-still", True), ("ready", False)}
    (wait,) = [span for span in found.spans if span.kind == "waits"]
    assert wait.title == "other waits: Lock on self._lock (held by main)"
    by_line = {cell.text: cell for cell in found.cells}
    assert (wait.x, wait.x + wait.width) == (
        found.cells[3].x + found.cells[3].width,
        by_line["7"].x + by_line["7"].width,
    )
    first, second = found.locks
    assert (first.x, first.x + first.width) == (by_line["4"].x, by_line["7"].x + by_line["7"].width)
    assert second.x == found.cells[-1].x
    assert [(arrow.kind, arrow.start < arrow.end) for arrow in found.arrows if arrow.kind != "next"] == [
        ("start", True),
        ("wake", True),
    ]
    assert [band.text for band in found.bands] == ["0 s", "2 s", "3 s"]
    assert found.width == found.end + 100


def test_labels_of_a_lane_do_not_meet() -> None:
    """Two rows of labels, then the beat moves on."""
    tape = Tape().add("main", "resume")
    for number in range(12):
        tape.add("main", "store", number % 3 + 1, "Pool.a_long_name", str(number))
    labels = [cell for cell in drawn(tape.steps).cells if cell.label]
    assert len(labels) == 11
    for row in {cell.label_y for cell in labels}:
        along = [cell for cell in labels if cell.label_y == row]
        for one, other in zip(along, along[1:], strict=False):
            assert one.x + len(one.label) * 6 < other.x
    assert len({cell.label_y for cell in labels}) == 2


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG defines it."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


# What is written in which colour on which.
TEXTS = {
    "ink": ("ground", "panel", "band", "mark"),
    "dim": ("ground", "panel", "band", "mark"),
    "on-run": ("run",),
    "run": ("ground", "panel", "mark"),
    "on-lock": ("lock",),
    "bad": ("ground", "panel", "mark"),
    "good": ("ground", "panel", "mark"),
    "star": ("ground", "panel", "band", "mark", "head"),
}


def test_the_contrast_suffices_in_every_scheme() -> None:
    """Light, dark and paper: every text has a contrast of 4.5 with what is under it."""
    style = (Path(page.__file__).with_name("timeline.css")).read_text("utf-8")
    schemes = [
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", style, re.S)
    ]
    assert len(schemes) == 3
    for scheme in schemes:
        for text, grounds in TEXTS.items():
            for ground in grounds:
                assert contrast(scheme[text], scheme[ground]) >= 4.5, (text, ground, scheme)


def test_a_replay_without_a_verdict_cannot_be_drawn() -> None:
    """The command says what is wrong instead."""
    with pytest.raises(AssertionError):
        timeline(Replay(None), SUBJECT)
