"""What reaches the stream: text as it is, colour only where it is wanted, nothing that cannot be encoded."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable

import pytest

from dojo.grading import judge
from dojo.grading.workspace import REPOSITORY
from dojo.reports.page import line
from dojo.reports.progress import Bar
from dojo.reports.terminal import Terminal

Written = Callable[[], str]


def streams(monkeypatch: pytest.MonkeyPatch, encoding: str) -> Written:
    """Put streams of an encoding in place of the standard ones; return what says what was written to the first."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding, write_through=True))
    monkeypatch.setattr(sys, "stderr", io.TextIOWrapper(io.BytesIO(), encoding))
    return lambda: raw.getvalue().decode(encoding)


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of whoever runs the tests plays no part."""
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)


def test_a_pipe_gets_plain_text_of_80_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """No escape sequences, no wrapping of its own, no markup, no emoji."""
    written = streams(monkeypatch, "utf-8")
    terminal = Terminal(REPOSITORY)
    terminal.show([line(("[bold]x[/] :smile: " + "y" * 100, "bold red"))])
    assert written() == "[bold]x[/] :smile: " + "y" * 100 + "\n"
    assert terminal.page.width == 80


def test_colour_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    """FORCE_COLOR colours a pipe, NO_COLOR wins over it; the words are the same."""
    for no_color, coloured in (("", True), ("1", False)):
        written = streams(monkeypatch, "utf-8")
        monkeypatch.setenv("FORCE_COLOR", "1")
        monkeypatch.setenv("NO_COLOR", no_color)
        monkeypatch.setenv("TERM", "xterm-256color")
        Terminal(REPOSITORY).show([line(("FAIL", "red"))])
        assert "FAIL" in written()
        assert ("[31m" in written()) is coloured


def test_a_narrow_encoding_gets_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """ASCII streams do not make the grader fall over."""
    written = streams(monkeypatch, "ascii")
    terminal = Terminal(REPOSITORY)
    terminal.show([line(terminal.page.clean("d\xe9j\xe0")), line("vu \u4f60")])
    assert written() == "d\\xe9j\\xe0\nvu \\u4f60\n"


def test_no_progress_in_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    """The progress line is for terminals; elsewhere it writes nothing at all."""
    streams(monkeypatch, "utf-8")
    terminal = Terminal(REPOSITORY)
    with Bar(terminal.errors, "semaphore") as bar:
        bar(judge.Progress("semaphore", 0, 2, "[red]fifo", 100))
        bar(judge.Progress("semaphore", 1, 2, "barging", 150))
    stream = sys.stderr
    assert isinstance(stream, io.TextIOWrapper)
    stream.flush()
    assert stream.buffer.getvalue() == b""  # type: ignore[attr-defined]


class Tty(io.TextIOWrapper):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("no_color", "linked"), [("", True), ("1", False)])
def test_places_are_links(no_color: str, linked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal that has links, and not where no escape sequences are wanted; a pipe never gets any."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", Tty(raw, "utf-8", write_through=True))
    for name, value in (("TERM", "xterm-256color"), ("TERM_PROGRAM", "vscode"), ("NO_COLOR", no_color)):
        monkeypatch.setenv(name, value)
    Terminal(REPOSITORY).show([line("at katas/concurrency/semaphore.py:3")])
    assert (b"\x1b]8;" in raw.getvalue()) is linked
    written = streams(monkeypatch, "utf-8")
    Terminal(REPOSITORY).show([line("at katas/concurrency/semaphore.py:3")])
    assert written() == "at katas/concurrency/semaphore.py:3\n"
