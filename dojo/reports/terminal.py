"""The terminal: writes the lines of a report to a stream in whatever that stream can show."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TextIO

from rich.console import Console

from dojo.grading.workspace import Workspace
from dojo.reports.links import Links, are_known
from dojo.reports.page import Lines, Page

DEFAULT_COLUMNS = 80


class Terminal:
    """Standard output and standard error as a report sees them.

    Args:
        workspace: whose files the reports are about.

    Attributes:
        page: the shape of standard output.
        errors: the console on standard error: progress and faults, never a report.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._console = _console(sys.stdout)
        self.errors = _console(sys.stderr)
        self._links: Links | None = None
        if self._console.is_terminal and are_known(os.environ):
            self._links = Links(os.environ)
        columns = self._console.width if self._console.is_terminal else DEFAULT_COLUMNS
        self.page = Page(columns, self._console.encoding, workspace)

    def know(self, *files: Path) -> None:
        """Take note of files that reports call by their names alone: so their places can be links."""
        if self._links is not None:
            self._links.know(*files)

    def show(self, lines: Lines) -> None:
        """Write the lines of a report."""
        for each in lines:
            each.rstrip()
            if self._links is not None:
                self._links.add(each)
            self._console.print(each, soft_wrap=True)

    def clear(self) -> None:
        """Begin with an empty screen, if standard output is one."""
        if self._console.is_terminal:
            self._console.clear()

    def complain(self, message: str) -> None:
        """Write one line to standard error."""
        page = Page(self.errors.width, self.errors.encoding)
        self.errors.print(page.clean(message), soft_wrap=True)


def _console(stream: TextIO) -> Console:
    if isinstance(stream, io.TextIOWrapper):
        # Reports escape what the encoding lacks; this is for the rest, such as a usage error.
        stream.reconfigure(errors="backslashreplace")
    return Console(file=stream, markup=False, emoji=False, highlight=False)
