"""How a path is shown: the same text on every machine."""

from __future__ import annotations

from pathlib import Path

from dojo.grading.catalogue import ROOT


def display_name(path: Path) -> str:
    """A path relative to the repository when it lies inside, otherwise as it was given."""
    try:
        resolved = path.resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, which 3.13 resolves to itself
        return str(path)
    if resolved.is_relative_to(ROOT):
        return resolved.relative_to(ROOT).as_posix()
    return str(path)
