"""Stepping through a failing run: what the keys do, and the real program on a terminal and in a pipe."""

from __future__ import annotations

import time
from functools import cache, partial

import pytest

from dojo.commands.stepping import Position, drawn, pressed
from dojo.reports.page import Page, plain
from dojo.reports.reel import Reel, reel_of
from dojo.reports.screen import Screen as Drawn
from tests.commands.program import Repository
from tests.commands.screen import CONTROL, Screen
from tests.reports.runs import FILE, failing, lost_update

KATA = "semaphore"
LOCKED = "        with self._lock:\n            return self._take(weight)"
UNLOCKED = "        return self._take(weight)"
OPENED, CLOSED, HOME = "\x1b[?1049h", "\x1b[?1049l", "\x1b[H"
CURSOR_GONE, CURSOR_BACK = "\x1b[?25l", "\x1b[?25h"


@cache
def reels(each_step: bool) -> Reel:
    """A run of a few screens, with one preemption."""
    return reel_of(failing(lost_update()), "counter", FILE, each_step=each_step)


def after(*keys: str, at: Position = Position()) -> Position | None:
    """The position after some keys."""
    for key in keys:
        assert at is not None
        following = pressed(at, key, reels)
        if following is None:
            return None
        at = following
    return at


def index(*keys: str) -> int:
    """The screen after some keys."""
    at = after(*keys)
    assert at is not None
    return at.index


LAST, TURN = reels(False).last, reels(False).turns[0]


@pytest.mark.parametrize("forward", ["right", " ", "n", "enter"])
def test_forward_and_back(forward: str) -> None:
    """One screen at a time, and not beyond the ends, which are named."""
    assert index(forward) == 1
    for back in ("left", "b"):
        assert index(forward, forward, back) == 1
        assert index(back) == 0
    assert index(*[forward] * (LAST + 5)) == LAST
    at_end, at_start = after("end", forward), after("left")
    assert at_end is not None and "end of the run" in at_end.note
    assert at_start is not None and "beginning of the run" in at_start.note
    gone_on = after(forward, at=at_start)
    assert gone_on is not None and not gone_on.note


def test_jumps() -> None:
    """To the ends, and to where the schedule interferes, forward and back."""
    assert index("end") == LAST and index("end", "home") == 0
    assert index("p") == TURN and index("end", "P") == TURN
    further = after("p", "p")
    assert further is not None and further.index == TURN and "no later preemption" in further.note
    earlier = after("P")
    assert earlier is not None and earlier.index == 0 and "no earlier preemption" in earlier.note


def test_a_number_goes_to_a_step() -> None:
    """Shown while it is typed; enter goes; backspace takes a digit back; esc and other keys forget it."""
    typed = after("1", "8")
    assert typed is not None and typed.typed == "18" and typed.index == 0
    assert "go to step 18" in plain(drawn(typed, reels, Page(80), 24))
    assert index("1", "8", "enter") == reels(False).at(18) > TURN
    assert index("1", "8", "9", "backspace", "enter") == reels(False).at(18)
    assert index("9", "9", "9", "9", "9", "9", "9", "9", "9", "enter") == LAST - 1
    most = after(*"9" * 50)
    assert most is not None and len(most.typed) < 10
    assert after("1", "esc") == Position()
    assert after("1", "right") == Position(1)


def test_every_step_or_every_line() -> None:
    """The other way shows the same event, and back again."""
    at = after("p", "s")
    assert at is not None and at.each_step
    assert reels(True).beats[at.index].first == reels(False).beats[TURN].first
    assert index("p", "s", "right", "left", "s") == TURN
    assert index("p", "s", "right", "right", "s") == TURN + 1  # the second one is still of that line
    assert index("end", "s") == reels(True).last and index("end", "s", "s") == LAST


def test_help_and_the_end() -> None:
    """Any key leaves the help; q, esc and ctrl-d leave the program; other keys do nothing."""
    helped = after("?")
    assert helped is not None and "Stepping through a run" in plain(drawn(helped, reels, Page(80), 24))
    assert after("?", "right") == after("?", "esc") == Position()
    for key in ("q", "esc", "ctrl-d"):
        assert after(key) is None
    assert after("?", "q") is None
    assert after("x") == after("tab") == Position()


def failed(repository: Repository) -> None:
    """Hand in an attempt with a race and grade it."""
    repository.attempt(KATA, LOCKED, UNLOCKED)
    repository.grader("grade", KATA, "--budget", "60", code=1)


def raw(screen: Screen) -> str:
    """All that the program has sent, with what steers the terminal."""
    return screen._received.decode("utf-8", "replace")


def test_in_a_pipe_the_whole_run_is_printed(repository: Repository) -> None:
    """With --all too, also on a terminal, and then without waiting for a key."""
    failed(repository)
    report = repository.grader("replay", KATA, code=1)
    assert report.startswith(f"{KATA}   a try that succeeds takes a permit that was free\n\nstep  thread")
    assert "<- preempted here" in report and "FAIL" in report and "\x1b" not in report
    assert repository.grader("replay", KATA, "--all", code=1) == report
    with Screen(["replay", KATA, "--all"], repository.root) as screen:
        assert screen.ended() == 1
        assert "<- preempted here" in screen.text and OPENED not in raw(screen)


def test_on_a_terminal_it_is_stepped_through(repository: Repository) -> None:
    """Keys move; the terminal's size is followed; after Ctrl-Z, and at the end, it shows what it did before."""
    failed(repository)
    with Screen(["replay", KATA], repository.root, columns=80, lines=24) as screen:
        screen.expect("sets the scene")
        assert OPENED in raw(screen) and CURSOR_GONE in raw(screen)
        screen.press("p")
        screen.expect("* PREEMPTION *")
        assert "The scheduler interrupts try_acquire-1" in screen.text
        screen.forget()
        screen.press("\x1b[F")
        screen.expect("End of the run")
        screen.forget()
        resize(screen, 40, 15)
        screen.expect("End of the run")
        screen.until(lambda: "q quit" in raw(screen).rpartition(HOME)[2])
        redrawn = CONTROL.sub("", raw(screen).rpartition(HOME)[2]).splitlines()
        assert len(redrawn) == 15 and {len(line) for line in redrawn} == {40}
        screen.forget()
        screen.press("28\r")
        screen.expect("* _available 1 -> 0")
        screen.forget()
        # Ctrl-Z: Linux does not really stop a program that has no shell to make it go on.
        screen.press("\x1a")
        screen.expect("* _available 1 -> 0")
        given, back, again = raw(screen).partition(OPENED)
        assert CURSOR_BACK in given.partition(CLOSED)[2]
        assert back and "_available 1 -> 0" in again
        screen.forget()
        screen.press("q")
        assert screen.ended() == 1
        assert raw(screen).count(CLOSED) == raw(screen).count(CURSOR_BACK) == 1
        assert "Traceback" not in screen.text

    # Whatever ends it gives the screen back as well, before anything is said on it.
    for end, code in ((partial(Screen.press, keys="\x03"), 130), (terminate, 143)):
        with Screen(["replay", KATA], repository.root, columns=80, lines=24) as screen:
            screen.expect("sets the scene")
            end(screen)
            assert screen.ended() == code
            left = raw(screen).partition(CLOSED)[2]
            assert CURSOR_BACK in left and CLOSED not in left and "Traceback" not in left
            assert ("stopped" in left) is (code == 130)


def test_a_terminal_that_cannot_move_its_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dumb one, such as that inside an editor, is told from the others."""
    for name, possible in (("dumb", False), ("xterm", True)):
        monkeypatch.setenv("TERM", name)
        assert Drawn.is_possible() is possible


def resize(screen: Screen, columns: int, lines: int) -> None:
    """Give the terminal another size."""
    import fcntl
    import struct
    import termios

    fcntl.ioctl(screen._reading, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def terminate(screen: Screen) -> None:
    """Ask the program to end."""
    time.sleep(0.1)
    screen.program.terminate()
