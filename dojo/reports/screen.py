"""A whole terminal screen that is redrawn in place, and that gives way to what was there before."""

from __future__ import annotations

import os
import signal
import sys
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.control import Control
from rich.screen import Screen as WholeScreen
from rich.text import Text

from dojo.reports.page import Lines

_STOP = getattr(signal, "SIGTSTP", None)  # Ctrl-Z; there is none on Windows


class Screen:
    """The alternate screen of the terminal that standard output is: a context manager, for the main thread.

    Whatever ends the block, the terminal shows again what it showed before, with its cursor. After Ctrl-Z too.
    """

    def __init__(self) -> None:
        self._console = Console(file=sys.stdout, markup=False, emoji=False, highlight=False)
        self._is_asked_to_stop = False
        self._handler: Any = None

    @staticmethod
    def is_possible() -> bool:
        """Whether the terminal can move its cursor at all."""
        return os.environ.get("TERM", "").lower() not in ("dumb", "unknown")

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows at this moment."""
        return self._console.size.width, self._console.size.height

    def __enter__(self) -> Screen:
        if _STOP is not None:
            self._handler = signal.signal(_STOP, self._asked_to_stop)
        self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        try:
            self._close()
        except OSError:
            pass  # the terminal is gone
        if _STOP is not None:
            signal.signal(_STOP, self._handler)

    def show(self, lines: Lines) -> None:
        """Draw these lines over whatever is there; what goes beyond an edge is cut off."""
        whole = Text("\n", no_wrap=True, overflow="crop").join(lines)
        with self._console:  # written in one piece, so that nothing flickers
            self._console.control(Control.home())
            self._console.print(WholeScreen(whole), end="", no_wrap=True, overflow="crop")

    def stop_if_asked(self) -> bool:
        """After Ctrl-Z: give the terminal back, stop the program, and go on when the shell says so.

        Returns:
            Whether that has happened; then the screen is empty.
        """
        if not self._is_asked_to_stop or _STOP is None:
            return False
        self._is_asked_to_stop = False
        self._close()
        signal.signal(_STOP, signal.SIG_DFL)
        os.kill(os.getpid(), _STOP)
        signal.signal(_STOP, self._asked_to_stop)
        self._open()
        return True

    def _asked_to_stop(self, *_: object) -> None:
        # Not here: it may interrupt the drawing.
        self._is_asked_to_stop = True

    def _open(self) -> None:
        self._console.set_alt_screen(True)
        self._console.show_cursor(False)

    def _close(self) -> None:
        # Emptied first: after a change of size tmux would leave parts of it behind, other terminals all of it.
        self._console.control(Control.clear(), Control.home())
        self._console.set_alt_screen(False)
        self._console.show_cursor(True)
