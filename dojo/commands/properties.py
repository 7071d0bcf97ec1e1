"""The property that an option ``--property`` means."""

from __future__ import annotations

import click

from dojo.grading.catalogue import Kata
from dojo.grading.sources.promises import promises


def property_named(kata: Kata, prefix: str) -> str:
    """The one property whose short name is, or begins with, what was typed.

    Raises:
        click.UsageError: when there is none, or more than one.
    """
    slugs = list(promises(kata))
    found = [prefix] if prefix in slugs else [slug for slug in slugs if slug.startswith(prefix)]
    if len(found) == 1:
        return found[0]
    if found:
        raise click.UsageError(f"'{prefix}' may be {' or '.join(found)}")
    raise click.UsageError(f"{kata.name} has no property '{prefix}'; there are {', '.join(slugs)}")
