"""The catalogue of katas: read from ``katas/katas.toml``; every path is computed from group and name."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What `export` makes for candidates has stubs in the place of solutions, and no hidden properties.
IN_PACKET = (ROOT / "stubs").is_dir() and not (ROOT / "solutions").is_dir()
CONTEXT = "context"  # every kata is tested with the reference contexts

_KEYS: dict[str, type] = {
    "name": str,
    "group": str,
    "title": str,
    "difficulty": int,
    "minutes": int,
    "prerequisites": list,
    "imports": list,
    "summary": str,
    "questions": list,
}


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
    imports: tuple[str, ...]  # katas whose reference solution it may import: `from .retry import Retryer`
    summary: str
    questions: tuple[str, ...]

    @property
    def companions(self) -> tuple[str, ...]:
        """The katas whose reference solutions are at hand where this one is tested."""
        return (CONTEXT, *self.imports)

    def _path(self, folder: str, prefix: str = "", suffix: str = ".py") -> Path:
        return ROOT / folder / self.group / f"{prefix}{self.name}{suffix}"

    @property
    def notebook(self) -> Path:
        """The walk through the pattern, numbered in learning order."""
        return ROOT / "notebooks" / f"{self.order:02}_{self.name}.ipynb"

    @property
    def stub(self) -> Path:
        """Where the learner works."""
        return self._path("katas")

    @property
    def solution(self) -> Path:
        """The reference."""
        return self._path("solutions")

    @property
    def contract(self) -> Path:
        """What says which names there must be: the reference; in a packet for candidates the stub as it was."""
        return self._path("stubs", suffix=".py.txt") if IN_PACKET else self.solution

    @property
    def tests(self) -> Path:
        """The hidden properties."""
        return self._path("tests/katas", prefix="test_")

    @property
    def mutants(self) -> Path:
        """The known bugs that the properties must catch."""
        return self._path("tests/mutants", suffix=".toml")

    @property
    def alternative(self) -> Path:
        """A second solution of another design, which the properties must pass as well."""
        return self._path("tests/alternatives")

    @property
    def hints(self) -> Path:
        """Three hints for each way to fail."""
        return self._path("katas/hints", suffix=".toml")


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

    def with_imports(self, names: Iterable[str]) -> list[str]:
        """Katas and all that they import, directly or not; each once.

        Raises:
            UnknownKata: there is no kata of such a name.
        """
        wanted, found = list(names), dict[str, None]()
        while wanted:
            name = wanted.pop()
            if name not in found:
                wanted.extend(self[name].imports)
                found[name] = None
        return list(found)

    def of_file(self, path: Path) -> Kata:
        """The kata that a file is an attempt at, by its name.

        Raises:
            UnknownKata: when no kata's name is the file's stem or starts it, as in ``semaphore_v2.py``.
        """
        stem = path.stem
        fitting = [kata for kata in self.katas if stem == kata.name or stem.startswith(f"{kata.name}_")]
        if not fitting:
            raise UnknownKata(
                f"cannot tell from its name which kata {path.name} is for; "
                "name it after one, as in semaphore_v2.py"
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
        entries = tomllib.loads(file.read_text("utf-8")).get("kata", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadManifest(f"{file}: {error}") from error
    if not isinstance(entries, list) or not entries:
        raise BadManifest(f"{file}: there is no [[kata]]")
    katas: list[Kata] = []
    for order, entry in enumerate(entries, 1):
        try:
            katas.append(_kata(entry, order, [kata.name for kata in katas]))
        except ValueError as error:
            name = entry.get("name", order) if isinstance(entry, dict) else order
            raise BadManifest(f"{file}: kata '{name}': {error}") from error
    return Catalogue(tuple(katas))


def _kata(entry: object, order: int, earlier: list[str]) -> Kata:
    """One entry, checked; raises ValueError that names the key."""
    if not isinstance(entry, dict):
        raise ValueError("it is not a table")
    for key, kind in _KEYS.items():
        if key not in entry:
            raise ValueError(f"'{key}' is missing")
        if type(entry[key]) is not kind:
            raise ValueError(f"'{key}' must be of type {kind.__name__}, not {entry[key]!r}")
        if kind is list and not all(isinstance(each, str) for each in entry[key]):
            raise ValueError(f"'{key}' must be a list of texts, not {entry[key]!r}")
    unknown = entry.keys() - _KEYS.keys()
    if unknown:
        raise ValueError(f"'{min(unknown)}' is not a key of a kata")
    for key in ("name", "group"):
        if not entry[key].isidentifier():  # a file and a folder are named so
            raise ValueError(f"'{key}' must be like the name of a module, not {entry[key]!r}")
    if not 1 <= entry["difficulty"] <= 5:
        raise ValueError(f"'difficulty' must be 1 to 5, not {entry['difficulty']}")
    if entry["minutes"] < 1:
        raise ValueError(f"'minutes' must be at least 1, not {entry['minutes']}")
    if entry["name"] in earlier:
        raise ValueError("'name' is that of an earlier kata")
    for key in ("prerequisites", "imports"):
        for each in entry[key]:
            if each not in earlier:
                raise ValueError(f"'{key}' names '{each}', which is not an earlier kata")
    lists = {key: tuple(entry[key]) for key, kind in _KEYS.items() if kind is list}
    return Kata(**{**entry, **lists}, order=order)
