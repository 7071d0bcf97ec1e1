"""Remembers verdicts in a small SQLite database, so that what was graded is not graded again.

Graders may share it. It is only a memory: whatever is wrong with it costs a grading, never a result, and is
told as a warning.
"""

from __future__ import annotations

import json
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

from dojo.checking.verdict import Status, Verdict
from dojo.grading.result import KataResult
from dojo.grading.store import set_aside

MOST_BYTES = 256 * 1024**2  # of the database; a result takes some 3 KiB
_LONGEST = 1024**2  # bytes of one result
_PATIENCE = 10.0  # seconds to wait for another grader to finish writing
_TABLE = "CREATE TABLE IF NOT EXISTS verdicts (key TEXT PRIMARY KEY, data BLOB NOT NULL)"

Result = TypeVar("Result")


class VerdictStore:
    """Verdicts by the fingerprint of the grading (``fingerprint.of_grading``).

    Any number of threads and processes may use the same file: nothing stays open between two calls.

    Args:
        file: the database; it and its folder are made when something is kept.
        fresh: find nothing, only keep.
        most_bytes: when it has grown to this, the oldest results make room.

    Attributes:
        warning: what went wrong with the file, "" if nothing did.
    """

    def __init__(self, file: Path, *, fresh: bool = False, most_bytes: int = MOST_BYTES) -> None:
        self._file = file
        self._fresh = fresh
        self._most_bytes = most_bytes
        self.warning = ""

    def find(self, key: str) -> tuple[Verdict, ...] | None:
        """The verdicts on all properties of a kata; None if that was not graded yet, or cannot be read."""
        if self._fresh or not self._file.exists():
            return None
        query = "SELECT data FROM verdicts WHERE key = ?"
        row = self._use(lambda database: database.execute(query, (key,)).fetchone())
        if row is None:
            return None
        try:
            return tuple(Verdict.from_json(each) for each in json.loads(zlib.decompress(row[0])))
        except (TypeError, KeyError, ValueError, zlib.error):
            return None  # it is not what was written there

    def keep(self, key: str, result: KataResult) -> bool:
        """Remember a result, if another grading is bound to come to the same.

        What the limits of the machine have ended is not kept, nor a fault of ours, nor what was refused
        before anything was run.

        Returns:
            Whether it is in the store now.
        """
        if not is_final(result):
            return False
        document = json.dumps([verdict.to_json() for verdict in result.verdicts])
        data = zlib.compress(document.encode())
        if len(data) > _LONGEST:
            return False
        try:
            self._file.parent.mkdir(exist_ok=True)
        except OSError as error:
            self._warn(f"cannot be written ({error.strerror or error})")
            return False

        def write(database: sqlite3.Connection) -> bool:
            database.execute(_TABLE)
            with database:
                database.execute("BEGIN IMMEDIATE")
                self._make_room(database)
                database.execute("INSERT OR REPLACE INTO verdicts VALUES (?, ?)", (key, data))
            return True

        return self._use(write) or False

    def _make_room(self, database: sqlite3.Connection) -> None:
        pages, free, size = (
            database.execute(f"PRAGMA {each}").fetchone()[0]
            for each in ("page_count", "freelist_count", "page_size")
        )
        if (pages - free) * size >= self._most_bytes:
            (count,) = database.execute("SELECT count(*) FROM verdicts").fetchone()
            oldest = "SELECT rowid FROM verdicts ORDER BY rowid LIMIT ?"
            # Some at once: the next ones need not look again.
            database.execute(f"DELETE FROM verdicts WHERE rowid IN ({oldest})", (count // 4 + 1,))

    def _use(self, work: Callable[[sqlite3.Connection], Result]) -> Result | None:
        """What the work with the database brings; None if something is wrong with the file."""
        try:
            with closing(sqlite3.connect(self._file, timeout=_PATIENCE, isolation_level=None)) as database:
                return work(database)
        except sqlite3.OperationalError as error:
            if "no such table" not in str(error):  # nothing was kept yet
                self._warn(f"cannot be used now ({error})")
        except sqlite3.DatabaseError:
            self._rescue()
        return None

    def _rescue(self) -> None:
        try:
            aside = set_aside(self._file)
            self._file.with_name(f"{self._file.name}-journal").unlink(missing_ok=True)
        except FileNotFoundError:
            pass  # another grader has just done it
        except OSError as error:
            self._warn(f"is damaged and cannot be set aside ({error.strerror or error})")
        else:
            self.warning = f"{self._file.name} was damaged; it is kept as {aside.name}"

    def _warn(self, what: str) -> None:
        self.warning = f"{self._file} {what}; verdicts are not remembered"


def is_final(result: KataResult) -> bool:
    """Whether every other grading of the same is bound to come to this result."""
    statuses = [verdict.status for verdict in result.verdicts]
    complete = 0 < len(statuses) == result.properties
    return result.problem is None and complete and Status.BROKEN not in statuses
