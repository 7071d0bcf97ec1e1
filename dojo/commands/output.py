"""A file that a command is to write: it is seen beforehand whether it may and can."""

from __future__ import annotations

from pathlib import Path

import click

_HEAD = 400  # bytes in which the marker stands


def check_output(file: Path, marker: str, refusal: str) -> None:
    """Refuse to overwrite what is not ours, and see before the run what would only come to light after it.

    Args:
        file: to be written.
        marker: what stands near the beginning of a file of ours.
        refusal: what to say of another one, after its name.

    Raises:
        click.UsageError: if there is something else, or no folder for the file.
    """
    if not file.parent.is_dir():
        raise click.UsageError(f"{file} cannot be written: there is no folder {file.parent}")
    try:
        with file.open("rb") as stream:
            ours = marker.encode() in stream.read(_HEAD)
    except FileNotFoundError:
        return
    except OSError as error:
        raise click.UsageError(f"{file} cannot be written: {error.strerror or error}") from error
    if not ours:
        raise click.UsageError(f"{file} {refusal}")
