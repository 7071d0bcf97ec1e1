"""What a submission or a cell prints, in the child: kept up to a limit, so that no amount of it does harm."""

from __future__ import annotations

import io
import sys

MOST_PRINTED = 64 * 1024  # characters kept


class Printed(io.TextIOBase):
    """A stream in place of standard output.

    Attributes:
        text: what was kept.
        lost: how many characters were dropped.
    """

    def __init__(self) -> None:
        self.text = ""
        self.lost = 0

    def writable(self) -> bool:
        """As a stream that can be written."""
        return True

    def write(self, text: str) -> int:
        """Keep what fits."""
        kept = text[: max(0, MOST_PRINTED - len(self.text))]
        self.text += kept
        self.lost += len(text) - len(kept)
        return len(text)


def say_unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    """For ``sys.unraisablehook``: the interpreter's own would read the source, and shows addresses.

    Args:
        unraisable: an exception that nobody could catch, such as one in ``__del__``.
    """
    sys.stderr.write(f"ignored, as nobody could catch it: {unraisable.exc_type.__name__}\n")
