"""Lines that somebody types or a pipe brings, with a time limit; and a tidy end when the terminal is closed."""

from __future__ import annotations

import codecs
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

if sys.platform != "win32":
    import select


class Lines:
    """Reads standard input line by line."""

    def __init__(self) -> None:
        self._text = ""
        self._ended = False
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def read(self, timeout: float | None = None) -> str | None:
        """The next line, without its end.

        Args:
            timeout: seconds to wait for it; None for as long as it takes. On Windows, where a console cannot
                be waited for, always that.

        Returns:
            The line; None when there was none in time.

        Raises:
            EOFError: when there is nothing left to read.
        """
        if sys.stdin is None:
            raise EOFError("there is no standard input")
        if sys.platform == "win32":
            typed = sys.stdin.readline()
            if not typed:
                raise EOFError("the input is at its end")
            return typed.rstrip("\r\n")
        deadline = None if timeout is None else time.monotonic() + timeout
        while "\n" not in self._text and not self._ended:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select([sys.stdin], [], [], left)
            if not ready:
                return None
            self._receive()
        if not self._text:
            self._ended = False  # Ctrl-D on a terminal ends one reading, not all
            raise EOFError("the input is at its end")
        found, _, self._text = self._text.partition("\n")
        return found.removesuffix("\r")

    def _receive(self) -> None:
        try:
            received = os.read(sys.stdin.fileno(), 4096)
        except OSError:  # what Linux says of a terminal that was closed
            received = b""
        self._ended = not received
        self._text += self._decoder.decode(received)


@contextmanager
def tidy_end() -> Iterator[None]:
    """Let SIGTERM and a closed terminal end the block as an exception does: no child process stays behind."""
    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), _end) for name in names}
    try:
        yield
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _end(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)
