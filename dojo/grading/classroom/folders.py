"""Finds the files of a class: a folder for each person, as learning platforms and checkouts leave them.

``alice/semaphore.py``, ``alice/concurrency/semaphore.py``, a checkout of the whole repository in ``alice/``, and
what Moodle packs: ``Alice A_123_assignsubmission_file/semaphore.py``, or all files in one folder.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dojo.grading.catalogue import Catalogue, Kata, UnknownKata
from dojo.grading.targets import BadTarget

MOST_FILES = 20_000  # looked at for one person: a virtual environment with everything has fewer
_MOODLE = re.compile(r"(?P<name>.+)_(?P<number>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<file>.*)")
_SKIPPED = frozenset({"__pycache__", "__MACOSX", "venv", "env", "node_modules", "site-packages"})
# What else a checkout of this repository holds; ``solutions/semaphore.py`` is nobody's work.
_NOT_HANDED_IN = ("benchmarks", "dojo", "notebooks", "solutions", "tests")
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar")


@dataclass(frozen=True, slots=True)
class HandedIn:
    """One file of one person.

    Attributes:
        person: whose.
        kata: what for.
        path: the file; None if there is none.
        shown: the file as seen from the folder of all, "" if there is none.
        note: what is odd about it.
    """

    person: str
    kata: Kata
    path: Path | None = None
    shown: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Submissions:
    """All that was handed in.

    Attributes:
        persons: in alphabetical order.
        files: one for each person and kata, also where nothing was handed in.
        notes: what was left out, and why.
    """

    persons: tuple[str, ...]
    files: tuple[HandedIn, ...]
    notes: tuple[str, ...]


def collect(folder: Path, katas: Iterable[Kata], catalogue: Catalogue) -> Submissions:
    """Find the files of a class.

    Args:
        folder: with a folder for each person.
        katas: the katas that are looked for.
        catalogue: all katas: they tell which kata a file is for.

    Raises:
        BadTarget: when that is no such folder.
    """
    if not folder.is_dir():
        raise BadTarget(f"there is no folder '{folder}'")
    notes: list[str] = []
    try:
        places = _places(folder, notes)
    except OSError as error:
        raise BadTarget(f"'{folder}' cannot be read: {error.strerror or error}") from error
    if not places:
        raise BadTarget(f"there is no folder of a person in '{folder}'")
    groups = {kata.group for kata in catalogue}
    if groups.intersection(places):
        raise BadTarget(f"'{folder}' looks like the work of one person; name the folder that it is in")
    files: list[HandedIn] = []
    wanted = list(katas)
    for person, place in places.items():
        found = dict[str, list[Path]]()
        for file in _sources(person, place, notes):
            try:
                found.setdefault(_kata_of(file, catalogue).name, []).append(file)
            except UnknownKata:
                continue
        if not found:
            notes.append(f"{person}: no file is named after a kata")
        files += [_chosen(person, kata, found.get(kata.name, []), folder) for kata in wanted]
    return Submissions(tuple(places), tuple(files), tuple(notes))


def _places(folder: Path, notes: list[str]) -> dict[str, list[Path]]:
    """Folders, or single files, by person."""
    found: dict[str, list[Path]] = {}
    for entry in sorted(folder.iterdir()):
        packed = _MOODLE.fullmatch(entry.name)
        if entry.name.startswith(".") or entry.name in _SKIPPED:
            continue
        if entry.is_dir():
            found.setdefault(entry.name, []).append(entry)
        elif packed and packed["file"].endswith(".py"):
            found.setdefault(f"{packed['name']}_{packed['number']}_assignsubmission_file", []).append(entry)
        elif entry.name.endswith(_ARCHIVES):
            notes.append(f"{entry.name} is left out: unpack it first")
        else:
            notes.append(f"{entry.name} is left out: it is in no person's folder")
    short = {name: packed["name"] if (packed := _MOODLE.fullmatch(name)) else name for name in found}
    taken = Counter(short.values())
    # Two people of one name keep what tells them apart.
    names = {name: each if taken[each] == 1 else name for name, each in short.items()}
    return {names[key]: found[key] for key in sorted(found, key=lambda key: (names[key].casefold(), key))}


def _sources(person: str, places: list[Path], notes: list[str]) -> Iterator[Path]:
    """All files of a person that may be an attempt at a kata."""
    left = MOST_FILES
    for place in places:
        if not place.is_dir():
            yield place
            continue

        def note(error: OSError) -> None:
            notes.append(f"{person}: a folder cannot be read ({error.strerror or error})")

        for folder, inner, names in os.walk(place, onerror=note):
            checkout = "katas.toml" in _listed(Path(folder) / "katas")
            inner[:] = sorted(
                each
                for each in inner
                if not each.startswith(".")
                and each not in _SKIPPED
                and not (checkout and each in _NOT_HANDED_IN)
            )
            left -= len(names)
            if left < 0:
                notes.append(f"{person}: more than {MOST_FILES:,} files; not all were looked at")
                return
            yield from (
                Path(folder, each) for each in sorted(names) if each.endswith(".py") and each[0] != "."
            )


def _listed(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []


def _kata_of(file: Path, catalogue: Catalogue) -> Kata:
    """The kata of a file: also of ``Semaphore (1).py`` and of Moodle's ``Alice_1_assignsubmission_file_...``.

    Raises:
        UnknownKata: its name does not tell.
    """
    packed = _MOODLE.fullmatch(file.name)
    name = packed["file"] if packed and packed["file"] else file.name
    stem = re.sub(r"\W+", "_", Path(name).stem.lower())
    return catalogue.of_file(file.with_name(f"{stem}.py"))


def _chosen(person: str, kata: Kata, files: list[Path], root: Path) -> HandedIn:
    """Of several files the one that is named and placed most as it should be."""
    if not files:
        return HandedIn(person, kata)

    def rank(file: Path) -> tuple[bool, bool, int, str]:
        return (file.stem != kata.name, file.parent.name != kata.group, len(file.parts), file.as_posix())

    best, *others = sorted(files, key=rank)
    shown = best.relative_to(root).as_posix()
    note = ""
    if others:
        note = f"graded this one, not {', '.join(each.relative_to(root).as_posix() for each in others[:3])}"
        note += f" and {len(others) - 3} more" if len(others) > 3 else ""
    return HandedIn(person, kata, best, shown, note)


def leads_out(file: HandedIn, root: Path) -> bool:
    """Whether a file is a link to something that its person has not handed in."""
    assert file.path is not None
    # The folder of a person may be a link, of the teacher's: what counts is where the file is from there.
    inside = file.path.relative_to(root).parts
    top = root / inside[0] if len(inside) > 1 else root
    try:
        return not file.path.resolve(strict=True).is_relative_to(top.resolve(strict=True))
    except (OSError, RuntimeError):
        return False  # reading it will tell what is wrong
