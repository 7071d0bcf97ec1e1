"""Code beside code fits on the page, shows both sides whole, and cannot steer the terminal."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given
from rich.cells import cell_len
from rich.text import Text

from dojo.grading.sources.alignment import align
from dojo.grading.sources.piece import Line
from dojo.reports.code import folded, highlighted
from dojo.reports.compare import Files, compared
from dojo.reports.page import Lines, Page, plain

FILES = Files("katas/concurrency/gate.py", "solutions/concurrency/gate.py")
REFERENCE = '''\
"""A gate."""


class Gate:
    """The contract."""

    def __init__(self) -> None:
        # One lock for everything, because two of them would have to be taken in an order that all agree on.
        self._lock = threading.Lock()

    def open(self, names: list[str]) -> None:
        with self._lock:
            self._open = sorted(name for name in names if name.startswith("a") and not name.endswith("z"))

    def _look(self) -> bool:
        return self._open
'''
MINE = """\
class Gate:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mine = "\x1b[2J[bold]\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e\u65e5\u672c\u8a9e"  # own comment

    def open(self, names: list[str]) -> None:
        self._open = (
\t\tTrue)
"""


def shown(columns: int, mine: str = MINE, *, everything: bool = False, encoding: str = "utf-8") -> str:
    return plain(compared(align(mine, REFERENCE), FILES, Page(columns, encoding), everything=everything))


@pytest.mark.parametrize("columns", [40, 60, 80, 109, 110, 140, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_everything_fits(columns: int, encoding: str) -> None:
    """No line is wider than the terminal, and every character can be written and steers nothing."""
    text = shown(columns, encoding=encoding, everything=True)
    text.encode(encoding)
    assert all(cell_len(line) <= columns and line.isprintable() for line in text.splitlines())
    assert "\\x1b[" in text


def test_side_by_side_from_110_columns_on() -> None:
    """Wide terminals have both on one line, with '=' where they are the same; narrow ones below each other."""
    wide, narrow = shown(110), shown(109)
    (row,) = [line for line in wide.splitlines() if "self._lock = threading.Lock()" in line]
    left, right = row.split(" = ", 2)[0], row
    assert row.count("self._lock = threading.Lock()") == 2 and left.lstrip().startswith("3")
    assert "  =  " in right
    assert "katas/concurrency/gate.py:2" in wide and "solutions/concurrency/gate.py:7" in wide
    rows = [line for line in narrow.splitlines() if "self._lock = threading.Lock()" in line]
    assert [line.split()[0] for line in rows] == ["3", "9"]


def test_comments_of_the_reference_are_notes() -> None:
    """They stand below the code, under the line they are about; one's own stay where they are."""
    for columns in (80, 120):
        text = shown(columns)
        assert "note   9  One lock for everything" in text
        assert "# One lock" not in text
        assert "own comment" in text
        assert "The contract" not in text


def test_what_one_side_lacks() -> None:
    """A helper of the reference alone is shown over the whole width."""
    text = shown(120)
    assert "yours: has none" in text.split("Gate._look")[1]
    assert "return self._open" in text


def test_the_same_code_is_only_named() -> None:
    """Unless asked for; its notes are told all the same."""
    text = shown(80, REFERENCE)
    assert "The same in both: Gate, Gate.__init__, Gate.open, Gate._look" in text
    assert "threading.Lock()" not in text and "note   9  One lock" in text
    assert "threading.Lock()" in shown(80, REFERENCE, everything=True)


def test_a_broken_file_is_shown_as_it_is() -> None:
    """All of it, and then the reference; nothing is said to be missing that may be there."""
    for columns in (80, 120):
        text = shown(columns, "class Gate:\n    def (\n")
        assert text.startswith("the whole file") and "    1  class Gate:" in text
        assert "has none" not in text and "no Python" in text


def test_what_is_not_written_is_said() -> None:
    """The stub's bodies are not worth the paper."""
    mine = MINE.replace("self._open = (\n\t\tTrue)", "raise NotImplementedError")
    text = shown(120, mine)
    assert "yours: not written yet" in text and "NotImplementedError" not in text


def test_a_renamed_helper_has_both_names() -> None:
    """So that it can be found in either file."""
    mine = MINE.replace("def open", "def look(self) -> bool:\n        return self._open\n\n    def open")
    assert "Gate._look   (yours: Gate.look)" in shown(80, mine)


CODE = st.text(
    st.characters(exclude_categories=["C", "Z"], include_characters=" ([{,.=/\u65e5"), max_size=300
)


@given(CODE, st.integers(12, 120))
def test_folding_loses_nothing(text: str, width: int) -> None:
    """Every part fits, and together they are the text; what goes on is moved in."""
    parts = folded(Text(text), width)
    assert all(cell_len(part.plain) <= width for part in parts)
    joined = parts[0].plain + "".join(part.plain.lstrip(" ") for part in parts[1:])
    assert joined.replace(" ", "") == text.replace(" ", "")
    assert all(part.plain.startswith("    ") for part in parts[1:])


def test_folding_goes_by_columns() -> None:
    """Characters of two columns count twice."""
    assert [part.plain for part in folded(Text("\u65e5" * 30), 40)] == ["\u65e5" * 20, "    " + "\u65e5" * 10]


@given(st.lists(st.text(max_size=40), max_size=8))
def test_highlighting_changes_no_character(texts: list[str]) -> None:
    """Whatever stands in a file: as many lines as came, each as the page shows it."""
    page = Page()
    lines = [Line(number, text, text) for number, text in enumerate(texts, 1)]
    found: Lines = highlighted(lines, page, comments=True)
    assert [each.plain for each in found] == [page.clean(text.expandtabs(4)) for text in texts]


def test_code_has_colours() -> None:
    """Keywords and names are told apart, on a terminal."""
    (text,) = highlighted([Line(1, "def f(): return 'x'", "def f(): return 'x'")], Page(), comments=True)
    assert len({str(span.style) for span in text.spans}) >= 3
