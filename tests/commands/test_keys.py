"""Key presses are read by name, one by one, and the terminal is always given back as it was."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from dojo.commands import keys as keys_module
from dojo.commands.key_names import next_key
from dojo.commands.keys import Keys
from dojo.grading.catalogue import ROOT

pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")

KEYS = {
    "h": "h",
    "Q": "Q",
    " ": " ",
    "\u00fc": "\u00fc",
    "\r": "enter",
    "\n": "enter",
    "\t": "tab",
    "\x7f": "backspace",
    "\x04": "ctrl-d",
    "\x1b": "esc",
    "\x1b[A": "up",
    "\x1bOB": "down",
    "\x1b[C": "right",
    "\x1b[1;5D": "left",
    "\x1b[H": "home",
    "\x1bOF": "end",
    "\x1b[1~": "home",
    "\x1b[4~": "end",
    "\x1b[5~": "page up",
    "\x1b[3;2~": "delete",
}


@pytest.mark.parametrize("sent", KEYS)
def test_every_key_has_a_name(sent: str) -> None:
    """Whatever form a terminal gives it, and whatever is pressed right after it."""
    assert next_key(sent, more=False) == (KEYS[sent], "")
    assert next_key(sent + "xy", more=True) == (KEYS[sent], "xy")


@pytest.mark.parametrize("sent", ["\x1b", "\x1b[", "\x1bO", "\x1b[1", "\x1b[1;5"])
def test_half_a_key_waits_for_the_rest(sent: str) -> None:
    """The beginning of an arrow key is no key; without the rest it is Esc."""
    assert next_key(sent, more=True) == (None, sent)
    assert next_key(sent, more=False) == ("esc", "")


def test_keys_that_nobody_needs_are_nothing() -> None:
    """A function key or a report of the terminal is passed over whole."""
    assert next_key("\x1b[15~\x1b[?1;2cq", more=True) == ("q", "")
    assert next_key("\x1b[15~", more=True) == (None, "")
    assert next_key("\x1b\x1b[C", more=True) == ("esc", "\x1b[C")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A pseudo-terminal as standard input; the end where somebody types."""
    typing, reading = pty.openpty()
    with os.fdopen(reading, "r", closefd=True) as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        yield typing
    os.close(typing)


def test_keys_are_read_as_they_are_pressed(terminal: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Enter; several at once come one by one; a wait ends when it should."""
    before = termios.tcgetattr(sys.stdin)
    with Keys() as keys:
        assert keys.read(0) is None
        os.write(terminal, b"hn\x1b[C\x1b")
        assert [keys.read(2) for _ in range(4)] == ["h", "n", "right", "esc"]
        started = time.monotonic()
        assert keys.read(0.1) is None
        assert 0.05 < time.monotonic() - started < 1
        monkeypatch.setattr(keys_module, "_ESCAPE_SECONDS", 10.0)  # however late the rest may come
        later = threading.Timer(0.02, os.write, (terminal, b"[D"))
        os.write(terminal, b"\x1b")  # not Esc: the beginning of an arrow key
        later.start()
        assert keys.read() == "left"
        later.join()
        assert termios.tcgetattr(sys.stdin) != before
    assert termios.tcgetattr(sys.stdin) == before


def test_a_wait_can_be_ended_from_another_thread(terminal: int) -> None:
    """So that somebody who waits for keys can wait for something else as well; no key is lost by it."""
    with Keys() as keys:
        later = threading.Timer(0.05, keys.wake)
        later.start()
        assert keys.read() is None
        later.join()
        keys.wake()
        assert keys.read() is None
        os.write(terminal, b"h")
        for _ in range(100_000):
            keys.wake()  # never blocks
        assert [keys.read(), keys.read()] == ["h", None]


def test_a_pause_gives_the_terminal_back_for_a_while(terminal: int) -> None:
    """Somebody else may read lines in it; afterwards keys come one by one again."""
    before = termios.tcgetattr(sys.stdin)
    with Keys() as keys:
        with pytest.raises(ZeroDivisionError), keys.paused():
            assert termios.tcgetattr(sys.stdin) == before
            signal.raise_signal(signal.SIGCONT)
            assert termios.tcgetattr(sys.stdin) == before
            raise ZeroDivisionError
        os.write(terminal, b"h")
        assert keys.read(2) == "h"


def test_the_terminal_is_given_back_after_an_exception(terminal: int) -> None:
    """So is what was done with signals before."""
    before = termios.tcgetattr(sys.stdin), signal.getsignal(signal.SIGTERM)
    with pytest.raises(ZeroDivisionError), Keys():
        raise ZeroDivisionError
    assert (termios.tcgetattr(sys.stdin), signal.getsignal(signal.SIGTERM)) == before


PROGRAM = """
from dojo.commands.keys import Keys
try:
    with Keys() as keys:
        print("ready", flush=True)
        while True:
            print("key", keys.read(), flush=True)
finally:
    print("tidy", flush=True)
"""


@pytest.mark.parametrize("ending", ["ctrl-c", "term", "hang up"])
def test_the_terminal_is_given_back_whatever_ends_the_program(ending: str) -> None:
    """Ctrl-C interrupts although keys are read one by one; SIGTERM and a closed window tidy up too."""
    typing, reading = pty.openpty()
    before = termios.tcgetattr(reading)
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM],
        stdin=reading,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        start_new_session=True,
        preexec_fn=lambda: take_terminal(reading),
        text=True,
    )
    assert program.stdout is not None
    try:
        assert program.stdout.readline() == "ready\n"
        if ending == "hang up":
            os.close(typing)
            assert program.stdout.readline() == "tidy\n"
            return
        os.write(typing, b"x")
        assert program.stdout.readline() == "key x\n"
        if ending == "term":
            program.terminate()
        else:
            os.write(typing, b"\x03")
        assert program.stdout.readline() == "tidy\n"
        assert program.wait(10) == (143 if ending == "term" else -signal.SIGINT)
        assert termios.tcgetattr(reading) == before
        assert not select.select([typing], [], [], 0)[0]  # nothing was echoed
        os.close(typing)
    finally:
        program.kill()
        program.wait()
        program.stdout.close()
        os.close(reading)


def take_terminal(descriptor: int) -> None:
    """Make it the controlling terminal of this process: only then is Ctrl-C a signal."""
    import fcntl

    fcntl.ioctl(descriptor, termios.TIOCSCTTY, 0)
