"""The catalogue of katas: read from ``katas/katas.toml``; every path is computed from group and name."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class UnknownKata(LookupError):
    """No kata has that name."""


class BadManifest(ValueError):
    """``katas.toml`` is missing or not as it should be."""


@dataclass(frozen=True, slots=True)
class Kata:
    """One entry of the manifest."""

    name: str
    group: str
    order: int
    title: str
    difficulty: int  # 1 to 5
    minutes: int  # an experienced engineer's time
    prerequisites: tuple[str, ...]
    summary: str
    questions: tuple[str, ...]

    def _path(self, folder: str, prefix: str = "", suffix: str = ".py") -> Path:
        return ROOT / folder / self.group / f"{prefix}{self.name}{suffix}"

    @property
    def stub(self) -> Path:
        """Where the learner works."""
        return self._path("katas")

    @property
    def solution(self) -> Path:
        """The reference."""
        return self._path("solutions")

    @property
    def tests(self) -> Path:
        """The hidden properties."""
        return self._path("tests/katas", prefix="test_")

    @property
    def mutants(self) -> Path:
        """The known bugs that the properties must catch."""
        return self._path("tests/mutants", suffix=".toml")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All katas in learning order."""

    katas: tuple[Kata, ...]

    def __iter__(self) -> Iterator[Kata]:
        return iter(self.katas)

    def __getitem__(self, name: str) -> Kata:
        for kata in self.katas:
            if kata.name == name:
                return kata
        close = difflib.get_close_matches(name, [kata.name for kata in self.katas], 1)
        hint = f"did you mean '{close[0]}'?" if close else "run grader.py to see them all"
        raise UnknownKata(f"there is no kata '{name}'; {hint}")

    def of_file(self, path: Path) -> Kata:
        """The kata that a file is an attempt at, by its name.

        Raises:
            UnknownKata: when no kata's name is the file's stem or starts it, as in ``semaphore_v2.py``.
        """
        stem = path.stem
        fitting = [kata for kata in self.katas if stem == kata.name or stem.startswith(f"{kata.name}_")]
        if not fitting:
            raise UnknownKata(
                f"cannot tell from its name which kata {path.name} is for; name it after one, as in semaphore_v2.py"
            )
        return max(fitting, key=lambda kata: len(kata.name))


def load(manifest: Path | None = None) -> Catalogue:
    """Read the manifest.

    Args:
        manifest: the file; by default ``katas/katas.toml``.

    Raises:
        BadManifest: with the entry and the key that is wrong.
    """
    file = manifest or ROOT / "katas" / "katas.toml"
    try:
        data = tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadManifest(f"{file}: {error}") from error
    katas = []
    for order, entry in enumerate(data.get("kata", []), 1):
        name = entry.get("name", f"entry {order}")
        try:
            katas.append(
                Kata(
                    name=str(entry["name"]),
                    group=str(entry["group"]),
                    order=order,
                    title=str(entry["title"]),
                    difficulty=int(entry["difficulty"]),
                    minutes=int(entry["minutes"]),
                    prerequisites=tuple(entry["prerequisites"]),
                    summary=str(entry["summary"]),
                    questions=tuple(entry["questions"]),
                )
            )
        except (KeyError, TypeError, ValueError) as error:
            raise BadManifest(f"{file}: kata '{name}': {error!r}") from error
    names = [kata.name for kata in katas]
    if len(set(names)) != len(names):
        raise BadManifest(f"{file}: a kata is listed twice")
    return Catalogue(tuple(katas))
