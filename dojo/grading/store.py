"""A small JSON file of tables that several graders share: readable, written whole, set aside when damaged.

What an entry holds is looked at only when it is asked for, and written back as it came: one that this version
does not understand is as good as none, and damages no other.
"""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

from dojo.grading.files import write_whole

FORMAT = 1

Table = dict[str, Any]


class Damaged(ValueError):
    """A file is not what was written there."""


class Store:
    """The tables of one file.

    Args:
        file: where they stand; its folder is made when it is first written.
        tables: their names.
        what: one of the things that are kept there, for the warnings.

    Attributes:
        tables: entries by name of table and key; change them between ``read`` and ``write``.
        warning: what went wrong with the file, "" if nothing did.
    """

    def __init__(self, file: Path, *tables: str, what: str) -> None:
        self._file = file
        self._what = what
        self._writable = True
        self.tables: dict[str, Table] = {name: {} for name in tables}
        self.warning = ""
        self.read()

    def read(self) -> None:
        """Take over what the file says now; a damaged one is set aside, and ``warning`` tells where."""
        try:
            self.tables = read_tables(self._file, list(self.tables))
        except FileNotFoundError:
            pass
        except OSError as error:
            self.warning = f"{self._file} cannot be read ({error.strerror or error}); going on without it"
        except Damaged:
            self._rescue()

    def write(self) -> None:
        """Write the tables, sorted; a file that cannot be written is a warning and no error."""
        if not self._writable:
            return
        document = {name: dict(sorted(table.items())) for name, table in self.tables.items()}
        try:
            write_whole(self._file, json.dumps({"format": FORMAT, **document}, indent=2) + "\n")
        except OSError as error:
            reason = error.strerror or error
            self.warning = f"{self._file} cannot be written ({reason}); the {self._what} is not remembered"

    def _rescue(self) -> None:
        try:
            aside = set_aside(self._file)
        except FileNotFoundError:
            pass  # another grader has just done it
        except OSError as error:
            self._writable = False  # there may be something in the file that can be saved
            reason = error.strerror or error
            fate = f"cannot be set aside ({reason}); {self._what}s are not remembered"
            self.warning = f"{self._file} is damaged and {fate}"
        else:
            self.warning = f"{self._file.name} was damaged; it is kept as {aside.name}"


def read_tables(file: Path, names: list[str]) -> dict[str, Table]:
    """The tables of a file.

    Raises:
        OSError: when it cannot be read.
        Damaged: when it is no JSON, or one of the tables is missing.
    """
    try:
        document = json.loads(file.read_text("utf-8"))
        tables = {name: document[name] for name in names}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged(str(error)) from error
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise Damaged(f"'{name}' is no table")
    return tables


def set_aside(file: Path) -> Path:
    """Move a file to the first name that is free; "x" never replaces anything, as a renaming might.

    Raises:
        OSError: when it cannot be moved; it stays where it is then.
    """
    content = file.read_bytes()
    for number in itertools.count(1):
        aside = file.with_suffix(f".damaged-{number}{file.suffix}")
        try:
            with aside.open("xb") as stream:
                stream.write(content)
        except FileExistsError:
            continue
        break
    file.unlink(missing_ok=True)
    return aside
