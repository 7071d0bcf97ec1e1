"""Text on a page fits, cannot steer the terminal, and is never read as markup."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given
from rich.cells import cell_len

from dojo.reports.page import Page, count, line, plain, spread


@given(st.text(max_size=200), st.integers(6, 100), st.integers(0, 4))
def test_wrapped_text_fits(text: str, width: int, most: int) -> None:
    """No line is wider than asked for, whatever characters come, and there are no more than asked for."""
    lines = Page().wrap(text, width, most)
    assert all(cell_len(each) <= width for each in lines)
    assert not most or len(lines) <= most


@given(st.text(max_size=100), st.integers(4, 60))
def test_cut_text_fits(text: str, width: int) -> None:
    """Both ways of cutting keep to the width."""
    assert cell_len(Page().cut(text, width)) <= width
    assert cell_len(Page().cut_left(text, width)) <= width


@given(st.text(max_size=100))
def test_clean_text_cannot_steer_a_terminal(text: str) -> None:
    """Only printable characters of the encoding are left, and cleaning twice changes nothing."""
    for encoding in ("utf-8", "ascii", "cp1252"):
        cleaned = Page(encoding=encoding).clean(text)
        assert cleaned.isprintable()
        cleaned.encode(encoding)
        assert Page(encoding=encoding).clean(cleaned) == cleaned


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60), st.integers(6, 20))
def test_wrapping_one_word_loses_nothing(text: str, width: int) -> None:
    """A word that is too long is broken, not shortened."""
    assert "".join(Page().wrap(text, width)) == text


def test_escapes_are_shown() -> None:
    """A control character and one that the encoding lacks are shown as escapes."""
    assert Page().clean("a\x1b[2Jb\tc") == "a\\x1b[2Jb c"
    assert Page(encoding="ascii").clean("d\xe9j\xe0") == "d\\xe9j\\xe0"


def test_code_is_broken_where_it_reads_well() -> None:
    """A long word of code breaks after a bracket or a dot."""
    assert Page().wrap("self._result_ready.notify_all()", 24) == ["self._result_ready.", "notify_all()"]


def test_markup_is_text() -> None:
    """Square brackets of a learner stay what they are."""
    assert plain([line(("[bold red]x[/]", "dim"))]) == "[bold red]x[/]\n"


def test_two_texts_at_the_edges() -> None:
    """They share a line when they fit and take two when they do not."""
    assert plain(spread(line("left"), "right", 20)) == "left           right\n"
    assert plain(spread(line("left"), "right", 10)) == "left\n        right\n"


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (1, "schedule", "1 schedule"),
        (1412, "schedule", "1,412 schedules"),
        (2, "property", "2 properties"),
        (3, "day", "3 days"),
    ],
)
def test_numbers_with_nouns(number: int, noun: str, text: str) -> None:
    """One, many, and words in y."""
    assert count(number, noun) == text
