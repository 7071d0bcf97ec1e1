"""Single key presses from the terminal: read one by one, without Enter and without an echo.

``with Keys() as keys: keys.read(0.1)`` works on POSIX and on Windows. Ctrl-C interrupts as ever, and the
terminal is as it was before whatever ends the block: an exception, Ctrl-C, SIGTERM, a closed window.
"""

from __future__ import annotations

import codecs
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

from dojo.commands.key_names import WINDOWS, named, next_key

if sys.platform == "win32":
    import msvcrt
else:
    import termios
    import tty

_ESCAPE_SECONDS = 0.05  # how soon the rest of an arrow key follows its first character
_POLL_SECONDS = 0.02  # on Windows a console cannot be waited for


def interactive() -> bool:
    """Whether there is somebody to press keys and to see what they do: both ends are a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


class Keys:
    """Reads keys one at a time: a context manager, for the main thread.

    A letter is its own name, with its case; the others are "left", "right", "up", "down", "home", "end",
    "page up", "page down", "esc", "enter", "tab", "backspace", "delete", "ctrl-d" and the like.
    """

    def __init__(self) -> None:
        self._text = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("ignore")
        self._attributes: list[Any] | None = None
        self._handlers: dict[signal.Signals, Any] = {}
        self._woken = threading.Event()
        self._pipe: tuple[int, int] | None = None  # what makes a wait for keys end
        self._is_paused = False

    def __enter__(self) -> Keys:
        if sys.platform != "win32":
            self._attributes = termios.tcgetattr(sys.stdin)
            self._pipe = os.pipe()
            try:
                os.set_blocking(self._pipe[1], False)
                self._handle(signal.SIGTERM, _end)
                self._handle(signal.SIGHUP, _end)
                # A shell gives the terminal back as it likes it after Ctrl-Z and fg.
                self._handle(signal.SIGCONT, self._listen)
                self._listen()
            except BaseException:
                self._restore()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._restore()

    def read(self, timeout: float | None = None) -> str | None:
        """The next key.

        Args:
            timeout: seconds to wait for it; None for as long as it takes. With 0 it only looks, but what may
                be Esc or the beginning of an arrow key takes 0.05 s.

        Returns:
            Its name; None when none was pressed in time, or at once after ``wake``.

        Raises:
            EOFError: when the terminal is gone.
            KeyboardInterrupt: on Ctrl-C.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        if sys.platform == "win32":
            return _read_console(deadline, self._woken)
        while True:
            name, self._text = next_key(self._text, more=True)
            if name is not None:
                return name
            # What has begun is a key before long, and if it is only Esc.
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            if self._woken.is_set():
                left = 0.0
            if not self._receive(_ESCAPE_SECONDS if self._text else left):
                name, self._text = next_key(self._text, more=False)
                is_late = deadline is not None and time.monotonic() >= deadline
                if name is not None or is_late:
                    return name
                if self._woken.is_set():
                    self._woken.clear()
                    return None

    def wake(self) -> None:
        """Make the ``read`` that is going on, or else the next one, return at once; from any thread."""
        self._woken.set()
        if self._pipe is not None:
            try:
                os.write(self._pipe[1], b"!")
            except BlockingIOError:
                pass  # it is full of such calls

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Give the terminal back for the length of a block, in which lines may be read as usual."""
        self._is_paused = True
        try:
            self._give_back()
            yield
        finally:
            self._is_paused = False
            self._listen()

    def _receive(self, seconds: float | None) -> bool:
        """Wait for characters; False when none came."""
        if sys.platform == "win32":
            return False
        assert self._pipe is not None
        # In the middle of an arrow key nothing else counts.
        waking = [] if self._text else [self._pipe[0]]
        ready, _, _ = select.select([sys.stdin, *waking], [], [], seconds)
        if self._pipe[0] in ready:
            os.read(self._pipe[0], 1 << 16)
        if sys.stdin not in ready:
            return False
        try:
            received = os.read(sys.stdin.fileno(), 1024)
        except OSError:  # what Linux says of a terminal that was closed
            received = b""
        if not received:
            raise EOFError("the terminal is gone")
        self._text += self._decoder.decode(received)
        return True

    def _handle(self, number: signal.Signals, handler: Any) -> None:
        self._handlers[number] = signal.signal(number, handler)

    def _listen(self, *_: object) -> None:
        if sys.platform != "win32" and not self._is_paused:
            # Leaves Ctrl-C a signal; at once, so that no key is lost and a stopped terminal holds nothing up.
            tty.setcbreak(sys.stdin, termios.TCSANOW)

    def _give_back(self) -> None:
        if sys.platform != "win32" and self._attributes is not None:
            try:
                termios.tcsetattr(sys.stdin, termios.TCSANOW, self._attributes)
            except termios.error:
                pass  # the terminal is gone

    def _restore(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()
        self._give_back()
        self._attributes = None
        if self._pipe is not None:
            for end in self._pipe:
                os.close(end)
            self._pipe = None


def _end(number: int, _: FrameType | None) -> None:
    """End as the signal would, but with everything tidied up on the way out."""
    raise SystemExit(128 + number)


def _read_console(deadline: float | None, woken: threading.Event) -> str | None:
    """The next key of a Windows console."""
    if sys.platform == "win32":
        while True:
            while msvcrt.kbhit():
                character = msvcrt.getwch()
                if character == "\x03":
                    raise KeyboardInterrupt
                if character not in "\x00\xe0":
                    return named(character)
                name = WINDOWS.get(msvcrt.getwch())
                if name is not None:
                    return name
            if woken.is_set() or (deadline is not None and time.monotonic() >= deadline):
                woken.clear()
                return None
            time.sleep(_POLL_SECONDS)
    return None
