"""Reports on a class: in 80 columns, safe from names, the same bytes for the same marks, complete without colour."""

from __future__ import annotations

import csv
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from dojo.grading.catalogue import load
from dojo.grading.classroom.marks import Class, Mark
from dojo.grading.classroom.similarity import ALIKE, Likeness
from dojo.grading.result import State
from dojo.reports.classroom.overview import MARKER, MOST_LIKENESSES, overview
from dojo.reports.classroom.sheet import HEADER, sheet
from dojo.reports.classroom.table import remarks, table, written
from dojo.reports.page import Page, plain

from . import browser
from .test_timeline_page import Page as Parsed

KATAS = tuple(load())
NAMES = (
    "Anna",
    "Björn Å. <script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\u202eevil\x1b[31m",
    "李 小龍" * 9,
)
STATES = (
    State.PASSED,
    State.FAILED,
    State.REFUSED,
    State.NOT_STARTED,
    None,
    State.INCONCLUSIVE,
    State.BROKEN,
)


def mark(person: str, number: int) -> Mark:
    state = STATES[number % len(STATES)]
    failed = ('a < b & "c"', "second") if state is State.FAILED else ()
    return Mark(
        person,
        KATAS[number % len(KATAS)].name,
        f"{person}/x.py" if state else "",
        state,
        17 if state else 0,
        21 if state else 0,
        failed,
        ("deadlock", "exception") if failed else (),
        'line 3: -syntax, "error"\nand more' if state is State.REFUSED else "",
        "graded this one, not </td>" if number == 2 else "",
    )


LIKE = Likeness("semaphore", NAMES[:2], 0.876, ALIKE)
CLASS = Class(
    NAMES,
    KATAS,
    tuple(mark(person, number) for person in NAMES for number in range(len(KATAS))),
    (LIKE,),
    ("<b>.zip is left out: unpack it first",),
    ("nothing",),
)


@pytest.mark.parametrize("columns", [40, 80, 140])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_the_table_fits(columns: int, encoding: str) -> None:
    """Fifteen katas, any width, any encoding; no name can steer the terminal."""
    page = Page(columns, encoding)
    lines = [*table(CLASS, page), *remarks(CLASS, page), *written(["a.csv"], 1234, 0, page)]
    assert max(each.cell_len for each in lines) <= columns
    text = plain(lines)
    text.encode(encoding)
    assert "\x1b" not in text and "\u202e" not in text


def test_the_table_needs_no_colour() -> None:
    """Every state is a word or a count, every kata has its column, the legend explains."""
    text = plain(table(CLASS, Page()))
    for each in ("passed", "17/21", "stopped", "not yet", " - ", "open", "fault"):
        assert each in text.partition("17/21: so")[0], each
    for kata in KATAS:
        for word in kata.name.split("_"):
            assert word in text
    assert "5 persons, 15 katas: 15 passed, 10 failed" in text
    assert text.count("Anna ") == text.count("person ")


def test_remarks_tell_what_was_left_out() -> None:
    text = plain(remarks(CLASS, Page()))
    assert "<b>.zip is left out" in text
    assert "nobody has begun nothing" in text
    assert "1 place to look at" in text
    assert remarks(Class((), (), ()), Page()) == []


def test_the_sheet_is_a_table_for_programs() -> None:
    """One row for each person and kata, the columns as documented, on one line each."""
    text = sheet(CLASS)
    rows = list(csv.reader(text.splitlines()))
    assert tuple(rows[0]) == HEADER
    assert len(rows) == 1 + 5 * 15 == text.count("\n")
    row = dict(zip(HEADER, rows[2], strict=True))
    assert row == {
        "person": "Anna",
        "kata": "channel",
        "state": "failed",
        "properties_held": "17",
        "properties": "21",
        "first_failed": 'a < b & "c"',
        "bug_classes": "deadlock; exception",
        "problem": "",
        "file": "Anna/x.py",
        "note": "",
    }
    assert rows[5][2] == "nothing handed in"


def test_no_cell_of_the_sheet_is_a_formula() -> None:
    """A spreadsheet executes what begins with a sign; names and messages are other people's text."""
    rows = list(csv.reader(sheet(CLASS).splitlines()))
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert any(cell.startswith("'=cmd") for cell in cells)


def test_reports_of_odd_names_can_be_written(tmp_path: Path) -> None:
    """Half a surrogate pair is what a file's name may hold, and no file."""
    odd = Class(("a\udc80",), KATAS[:1], (Mark("a\udc80", KATAS[0].name),))
    (tmp_path / "x").write_text(sheet(odd) + overview(odd), "utf-8")


def test_the_overview_is_complete_and_safe() -> None:
    """All parts are there, nothing of a name is markup, nothing is fetched, no script at all."""
    text = overview(CLASS)
    parsed = Parsed(text)
    assert text[:400].count(MARKER) == 1
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert "\u202e" not in text and "\x1b" not in text
    assert not re.search(r"(src|href)=\"(?!#|data:,)", text)
    assert "https:" not in text and "http:" not in text
    ids = [attributes["id"] for _, attributes in parsed.elements if "id" in attributes]
    assert ids == ["marks", "katas", "bugs", "stuck", "alike", "notes"]
    words = " ".join(each for _, each in parsed.texts)
    for each in (
        "17/21",
        "stopped",
        "not yet",
        "This proves nothing.",
        "87 %",
        "deadlock",
        "second",
        "15 passed",
    ):
        assert each in words, each


def test_the_overview_is_the_same_text_every_time() -> None:
    assert overview(CLASS) == overview(replace(CLASS))


def test_a_class_without_faults_has_an_overview() -> None:
    """No division by nothing, no empty table."""
    kata = KATAS[0]
    text = overview(Class(("a",), (kata,), (Mark("a", kata.name, "f", State.PASSED, 9, 9),)))
    assert "No property failed." in text
    assert "Nobody: all that was begun is passed." in text
    assert "None were found." in text
    assert 'href="#notes"' not in text
    Parsed(overview(Class(("a",), (kata,), (Mark("a", kata.name),))))


def test_very_many_likenesses_are_cut() -> None:
    """The strongest are shown, and how many are not."""
    text = overview(replace(CLASS, likenesses=(LIKE,) * (MOST_LIKENESSES + 3)))
    assert "3 more, of smaller share, are not shown." in text


@pytest.mark.skipif(browser.find() is None, reason="no Chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser(scheme: str, tmp_path: Path) -> None:
    """No error, nothing asked for over the network, nothing wider than the window, readable in both schemes."""
    assert shutil.which("bash")
    file = tmp_path / "overview.html"
    file.write_text(overview(CLASS), "utf-8")
    with browser.Browser(700, 900) as page:
        page.media(prefers_color_scheme=scheme)
        page.open(file.as_uri())
        assert page.messages == []
        assert {address.partition(":")[0] for address in page.requests} <= {"file", "data", "about"}
        assert page.run("document.documentElement.scrollWidth <= innerWidth")
        assert page.run(CONTRAST) >= 4.5


# The least contrast of all texts against what is behind them.
CONTRAST = """(() => {
  const light = c => { const f = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
    return .2126 * f(c[0]) + .7152 * f(c[1]) + .0722 * f(c[2]); };
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c; } return [255, 255, 255]; };
  let least = 99;
  for (const e of document.querySelectorAll('body *')) {
    if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())) continue;
    const [a, b] = [light(rgb(getComputedStyle(e).color)), light(behind(e))].sort((x, y) => y - x);
    least = Math.min(least, (a + .05) / (b + .05));
  }
  return least;
})()"""
