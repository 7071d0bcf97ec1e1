"""Saves of a file: tells when it holds another text than before, however an editor goes about it.

Editors replace a file by renaming, write it in pieces, delete it for a moment, or touch it without a change.
Events of the file system only say that it is time to look; what counts is the text, once it has come to rest.
"""

from __future__ import annotations

import hashlib
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import watchfiles

_LOOK = 1.0  # seconds between two looks when no events come: some file systems have none
_REST = 0.03  # seconds without a change after which a text counts as saved
_GONE = 0.5  # seconds after which a file that is not there counts as deleted
_STEP = 25  # milliseconds in which events are gathered; also how soon the thread ends
_POLL = 100  # milliseconds between two looks of --poll
_MOST = 1 << 20  # bytes; what is longer is told apart by size and time alone

_UNKNOWN, _MISSING = "unknown", "missing"


class Saves:
    """Watches one file: a context manager.

    Args:
        file: it need not be there, nor its folder.
        notify: called, from another thread, when it is worth while to ask ``changed``.
        poll: whether to look at the folder again and again instead of waiting for events.
    """

    def __init__(self, file: Path, notify: Callable[[], None], *, poll: bool = False) -> None:
        self._file, self._notify, self._poll = file, notify, poll
        self._hinted = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="saves", daemon=True)
        self._known = self._candidate = _UNKNOWN
        self._since = 0.0  # when the candidate was seen first
        self._looked = 0.0

    def __enter__(self) -> Saves:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def patience(self) -> float:
        """Seconds after which to ask ``changed`` again if nobody notifies."""
        return _REST / 2 if self._candidate != self._known else _LOOK

    def take(self) -> None:
        """Take note of the text as it is now: only another one is a change."""
        self._known = self._candidate = self._look()

    def changed(self) -> bool:
        """Whether there is another text than the one last noted; if so, that one is noted."""
        now = time.monotonic()
        is_restless = self._candidate != self._known
        if not (self._hinted.is_set() or is_restless or now - self._looked >= _LOOK):
            return False
        self._hinted.clear()
        self._looked = now
        found = self._look()
        if found != self._candidate:
            self._candidate, self._since = found, now
        if found == self._known or now - self._since < (_GONE if found == _MISSING else _REST):
            return False
        self._known = found
        return True

    def _look(self) -> str:
        try:
            about = self._file.stat()
            if not stat.S_ISREG(about.st_mode) or about.st_size > _MOST:
                return f"{about.st_mode} {about.st_size} {about.st_mtime_ns}"
            return hashlib.sha256(self._file.read_bytes()).hexdigest()
        except OSError:
            return _MISSING

    def _listen(self) -> None:
        """Wait for events of the file's folder: watching the file itself would lose it when it is replaced."""
        names = {self._file.name, self._real.name}
        try:
            for _ in watchfiles.watch(
                *{self._file.parent, self._real.parent},
                watch_filter=lambda _, path: Path(path).name in names,
                debounce=4 * _STEP,
                step=_STEP,
                stop_event=self._stop,
                force_polling=True if self._poll else None,
                poll_delay_ms=_POLL,
                recursive=False,
                ignore_permission_denied=True,
            ):
                self._hinted.set()
                self._notify()
        except Exception:
            # No such folder, too many watches, a file system without events: ``changed`` looks by itself.
            pass

    @property
    def _real(self) -> Path:
        """The file behind a link: it is that one that an editor writes to."""
        try:
            return self._file.resolve()
        except (OSError, RuntimeError):  # a loop of links
            return self._file
