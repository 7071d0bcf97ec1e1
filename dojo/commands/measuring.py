"""What commands that measure have in common: the line that says what is being measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from dojo.reports.terminal import Terminal


@contextmanager
def measuring(terminal: Terminal, kata: str) -> Iterator[Callable[[str], None]]:
    """A line on a terminal that says what is being measured; it redraws seldom, so as not to disturb that.

    Args:
        terminal: where to; where there is none, nothing is said.
        kata: its name.
    """
    if not terminal.errors.is_terminal:
        yield lambda what: None
        return
    with terminal.errors.status(f"{kata}: measuring", refresh_per_second=2) as status:
        yield lambda what: status.update(f"{kata}: measuring, {what}")
