"""The summary for GitHub: a table, the first failure, and nothing that a learner's text could do to the page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from dojo.reports.formats.github import MOST, write

from .scenes import SCENES

LEFT_OUT = "GitHub shows no more of a step"
ALLOWED = {
    "heading_open", "heading_close", "inline", "fence", "paragraph_open", "paragraph_close", "text", "softbreak",
    "text_special", "table_open", "table_close", "thead_open", "thead_close", "tbody_open", "tbody_close", "tr_open",
    "tr_close", "th_open", "th_close", "td_open", "td_close", "bullet_list_open", "bullet_list_close",
    "list_item_open", "list_item_close",
}  # fmt: skip


def tokens(markdown: str) -> list[Token]:
    """What a reader of Markdown that allows HTML makes of a text."""
    found = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(markdown)
    return [inner for each in found for inner in (each, *(each.children or ()))]


def cells(markdown: str) -> list[str]:
    """The text of the table's cells."""
    found = tokens(markdown)
    return [
        "".join(part.content for part in found[at + 1].children or ())
        for at, each in enumerate(found)
        if each.type == "td_open"
    ]


@pytest.mark.parametrize("name", SCENES)
def test_nothing_in_a_text_is_markup(name: str) -> None:
    """No link, no picture, no HTML, no emphasis; a table of four columns."""
    markdown = write(SCENES[name])
    assert {each.type for each in tokens(markdown)} <= ALLOWED
    assert len(cells(markdown)) == 4 * len(SCENES[name].results)
    assert all(each.info == "text" for each in tokens(markdown) if each.type == "fence")


def test_a_fence_holds_what_is_in_it() -> None:
    """Backticks in a message do not end the block."""
    blocks = [each.content for each in tokens(write(SCENES["nasty"])) if each.type == "fence"]
    assert len(blocks) == 4
    assert any("# head" in each and "<script>" in each for each in blocks)


ROWS = {
    "passed": ["worker_pool", "✅ passed", "2 of 2", "2,824"],
    "failed": ["worker_pool", "❌ failed", "1 of 2", "2,824"],
    "refused": ["worker_pool", "⛔ cannot be graded", "0 of 2", "0"],
    "stopped": ["worker_pool", "⛔ cannot be graded", "1 of 2", "1,412"],
    "not started": ["worker_pool", "➖ not started yet", "0 of 2", "0"],
    "inconclusive": ["worker_pool", "❔ inconclusive", "1 of 2", "2,824"],
    "fault": ["worker_pool", "🛠️ grader fault", "1 of 2", "1,412"],
}


@pytest.mark.parametrize("name", ROWS)
def test_the_table(name: str) -> None:
    """A row says in words what came of a kata."""
    assert cells(write(SCENES[name])) == ROWS[name]


def test_what_is_told() -> None:
    """The first failure in full, the names of the others, races as advice."""
    markdown = write(SCENES["failed"])
    assert "<- preempted here" in markdown
    assert "race warnings" in markdown and "advice, not a failure" in markdown
    assert "mend the line" in write(SCENES["refused"])
    assert "two runs differed" in write(SCENES["broken"])
    assert "12 runs were not over" in write(SCENES["inconclusive"])
    assert "###" not in write(SCENES["passed"])


def test_never_larger_than_github_takes() -> None:
    """What does not fit is counted; what does is whole."""
    many = replace(SCENES["failed"], results=SCENES["failed"].results * 600)
    markdown = write(many)
    assert MOST * 0.9 < len(markdown.encode()) <= MOST
    assert LEFT_OUT in markdown
    assert len(cells(markdown)) == 4 * 600
    assert {each.type for each in tokens(markdown)} <= ALLOWED
    assert LEFT_OUT not in write(SCENES["failed"])


@pytest.mark.parametrize("room", [0, 150, 400, 700, 2000])
def test_room_that_earlier_steps_have_left(room: int) -> None:
    """However little it is, it is kept to."""
    markdown = write(SCENES["failed"], room)
    assert len(markdown.encode()) <= room
    assert not markdown or LEFT_OUT in markdown or room > 1500
