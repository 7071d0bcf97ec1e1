"""Hints: three rungs for every way to fail a kata, from the broken rule over the place to the technique.

A kata's file has a table for each property, with three hints for the key ``promise`` and, where another way
to fail calls for other advice, three for ``deadlock``, ``exception`` or another of ``KINDS``. What needs the
same advice in every kata, such as polling, stands in ``common.toml``.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from dojo.grading.catalogue import ROOT, Kata

RUNGS = 3
PROMISE = "promise"
# How the kind of a counterexample begins, and the key that its hints stand under.
KINDS = {
    "broken promise": PROMISE,
    "deadlock": "deadlock",
    "unexpected exception": "exception",
    "uncaught exception": "exception",
    "exit": "exit",
    "leaked thread": "leak",
    "polling": "polling",
    "livelock": "livelock",
    "endless loop": "endless",
}
COMMON = ROOT / "katas" / "hints" / "common.toml"

Rungs = tuple[str, str, str]


class BadHints(ValueError):
    """A file of hints is missing or not as it should be."""


@dataclass(frozen=True, slots=True)
class Hints:
    """The hints of one kata.

    Attributes:
        own: rungs by property and key.
        common: rungs by key, for all katas.
    """

    own: dict[str, dict[str, Rungs]]
    common: dict[str, Rungs]

    def rungs(self, slug: str, key: str) -> Rungs:
        """The three hints for a failure.

        Args:
            slug: the property's short name.
            key: how it failed, see ``key_of``.

        Raises:
            KeyError: when the kata's file has nothing on that property.
        """
        own = self.own[slug]
        return own.get(key) or self.common.get(key) or own[PROMISE]


def key_of(kind: str) -> str:
    """The key that a kind of failure, as a counterexample names it, has in the files."""
    return next((key for start, key in KINDS.items() if kind.startswith(start)), PROMISE)


def load_hints(kata: Kata) -> Hints:
    """Read a kata's hints.

    Raises:
        BadHints: with the file and the entry that is wrong.
    """
    own = {}
    for slug, table in _read(kata.hints).items():
        where = f"{kata.hints.name}: [{slug}]"
        if not isinstance(table, dict) or PROMISE not in table:
            raise BadHints(f"{where}: there is no '{PROMISE}'")
        own[slug] = _checked(table, where)
    return Hints(own, _checked(_read(COMMON), COMMON.name))


def _read(file: Path) -> dict[str, object]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadHints(f"{file.name}: {error}") from error


def _checked(table: dict[str, object], where: str) -> dict[str, Rungs]:
    checked: dict[str, Rungs] = {}
    for key, rungs in table.items():
        if key not in KINDS.values():
            raise BadHints(f"{where}: '{key}' is not one of {', '.join(dict.fromkeys(KINDS.values()))}")
        if not isinstance(rungs, list) or len(rungs) != RUNGS or not all(_is_text(each) for each in rungs):
            raise BadHints(f"{where}: '{key}' must be a list of {RUNGS} texts")
        first, second, third = rungs
        checked[key] = (first, second, third)
    return checked


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
