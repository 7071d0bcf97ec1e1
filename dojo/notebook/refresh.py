"""Refreshes the stored notebooks: ``python -m dojo.notebook.refresh [NN ...] [--check]``.

Each is executed in a fresh kernel, and its outputs are stored if they have changed. With ``--check`` nothing is
written, and what would change is shown.
"""

from __future__ import annotations

import asyncio
from copy import deepcopy
from pathlib import Path

import click

from dojo.grading.catalogue import UnknownKata
from dojo.grading.files import write_whole
from dojo.notebook.run import Raised, execute
from dojo.notebook.stored import BadNotebook, difference, fill, found, read, text_of

AT_ONCE = 2  # notebooks: each has a kernel and children that compute


async def refreshed(file: Path, *, check: bool) -> str:
    """Refresh one notebook.

    Args:
        file: the notebook.
        check: only compare.

    Returns:
        How the stored one differs, "" if it does not.

    Raises:
        BadNotebook, Raised, UnknownKata: it cannot be refreshed; it is left as it is.
    """
    stored = read(file)
    fresh = deepcopy(stored)
    fill(fresh)
    fresh = await execute(fresh)
    changed = difference(stored, fresh)
    if (changed or file.read_text("utf-8") != text_of(fresh)) and not check:
        write_whole(file, text_of(fresh))
    return changed


async def _all(files: list[Path], *, check: bool) -> bool:
    """Refresh several at a time; tell whether all went well."""
    free = asyncio.Semaphore(AT_ONCE)

    async def one(file: Path) -> bool:
        async with free:
            try:
                changed = await refreshed(file, check=check)
            except (BadNotebook, Raised, UnknownKata) as error:
                click.echo(f"{file.name}: {error}", err=True)
                return False
        state = "unchanged" if not changed else "differs" if check else "refreshed"
        click.echo(f"{file.name}: {state}{chr(10) + changed if changed and check else ''}")
        return not (changed and check)

    return all(await asyncio.gather(*map(one, files)))


@click.command()
@click.argument("names", nargs=-1, metavar="[NN ...]")
@click.option("--check", is_flag=True, help="Write nothing; show what would change.")
def main(names: tuple[str, ...], check: bool) -> None:
    """Execute notebooks (those whose names begin with NN, by default all) and store their outputs."""
    try:
        files = found(names)
    except BadNotebook as error:
        raise click.UsageError(str(error)) from error
    if not asyncio.run(_all(files, check=check)):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
