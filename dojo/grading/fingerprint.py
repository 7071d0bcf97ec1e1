"""Fingerprints of all that decides a verdict: where they are equal, so is what a grading would find."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from dojo.grading.catalogue import ROOT, Kata, load

# Of dojo/grading more than what judges: a grading too many is cheaper than one that should have been.
_ENGINE = ("dojo/__init__.py", "dojo/simulator/**/*.py", "dojo/checking/**/*.py", "dojo/grading/**/*.py")
_PACKAGES = ("greenlet", "hypothesis")


@cache
def engine() -> str:
    """Fingerprint of what judges any kata: the engine's source, the packages that it runs on, and Python.

    As it was when it was first asked for: an engine that is edited while it runs is still the old one.
    """
    files = {file for pattern in _ENGINE for file in ROOT.glob(pattern)}
    # With the third number of Python's version: the simulator executes the standard library's own source.
    python = [platform.python_implementation(), platform.python_version(), sys.platform]
    return _digest([_of_files(files), *python, *(f"{name} {_version(name)}" for name in _PACKAGES)])


def of_kata(kata: Kata) -> str:
    """Fingerprint of what a kata's submissions are held to: its properties, its solution, those it imports."""
    catalogue = load()
    solutions = (catalogue[name].solution for name in catalogue.with_imports([kata.name, *kata.companions]))
    return _digest([kata.name, *kata.imports, _of_files([kata.tests, *solutions])])


def of_grading(kata: Kata, name: str, text: str, *, budget: int, seed: int) -> str:
    """Fingerprint of one grading.

    Strictness is not part of it, as verdicts do not depend on that; nor is the number of child processes.

    Args:
        kata: whose properties are checked.
        name: of the submission in what is reported.
        text: the submission.
        budget: schedules for each property.
        seed: decides every random choice.
    """
    return _digest([engine(), of_kata(kata), name, text, str(budget), str(seed)])


def _of_files(files: Iterable[Path]) -> str:
    """Names and contents; a missing file counts as such."""
    parts = []
    for file in sorted(set(files)):
        content = file.read_bytes() if file.exists() else b"missing"
        parts += [file.relative_to(ROOT).as_posix(), hashlib.sha256(content).hexdigest()]
    return _digest(parts)


def _digest(parts: Iterable[str]) -> str:
    # As JSON, no two different lists are the same text; a submission may hold half of a surrogate pair.
    return hashlib.sha256(json.dumps(list(parts)).encode()).hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:  # it lies in the path without having been installed
        return ""
