"""What a subject is: make a state, run workers, look at it, which is the form that all three tools understand.

And where the program under test comes from: a classic of the bug zoo, or a kata's solution or mutant.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from dojo.grading.catalogue import Kata, load
from dojo.grading.mutants import load_mutants
from dojo.grading.sandbox.subject import build_machine
from dojo.simulator.machine import Machine, compile_program

CLASSICS = Path(__file__).parents[2] / "tests" / "checking" / "classics"
PACKAGE = "katas_under_test"  # the solutions and mutants import each other by relative names
FIXED, BUGGY = "fixed", "buggy"
Pause = Callable[[float], Any]


@dataclass(frozen=True)
class Subject:
    """One program and what is done with it.

    Attributes:
        name: its file, for a classic.
        make: builds a fresh state from the program's module; ``state.pause`` sleeps.
        workers: run at the same time, each on a thread.
        holds: whether the state is as it should be when all have ended.
        timed: whether time plays a part.
        starts_threads: whether the program starts threads itself.
        kata: the kata whose solution and mutants are the program; "" for a classic.
        unfit: why a tool cannot run it, by the tool's name.
    """

    name: str
    make: Callable[[Any, Pause], SimpleNamespace]
    workers: tuple[Callable[[Any], None], ...]
    holds: Callable[[Any], bool]
    timed: bool = False
    starts_threads: bool = False
    kata: str = ""
    unfit: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Version:
    """A subject's program in one version, as a file."""

    file: Path
    kata: Kata | None = None

    def module(self) -> ModuleType:
        """The program as an ordinary module, executed anew."""
        package = self.file.parent.name
        for name in [each for each in sys.modules if each.split(".")[0] == package]:
            del sys.modules[name]
        sys.path.insert(0, str(self.file.parents[1]))
        try:
            return importlib.import_module(f"{package}.{self.file.stem}")
        finally:
            del sys.path[0]

    def machine(self) -> Machine:
        """The program in a machine of ours."""
        source = self.file.read_text("utf-8")
        if self.kata is None:
            return Machine(compile_program(source, self.file.name))
        return build_machine(source, self.file.name, self.kata)


@contextmanager
def version(subject: Subject, which: str) -> Iterator[Version]:
    """A version of a subject's program, there while the block lasts.

    Args:
        subject: whose.
        which: ``FIXED``, ``BUGGY`` (of a classic) or the name of a mutant (of a kata).
    """
    if not subject.kata:
        yield Version(CLASSICS / which / f"{subject.name}.py")
        return
    catalogue = load()
    kata = catalogue[subject.kata]
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, PACKAGE)
        package.mkdir()
        (package / "__init__.py").touch()
        for name in catalogue.with_imports(kata.companions):
            beside = catalogue[name].solution
            (package / beside.name).write_text(beside.read_text("utf-8"), "utf-8")
        file = package / kata.solution.name
        file.write_text(source_of(kata, which), "utf-8")
        yield Version(file, kata)


def source_of(kata: Kata, which: str) -> str:
    """The solution's text or a mutant's."""
    return kata.solution.read_text("utf-8") if which == FIXED else mutants_of(kata.name)[which]


@cache
def mutants_of(kata: str) -> dict[str, str]:
    """The texts of a kata's mutants, by their names; kept, as applying them all takes half a second."""
    found = load()[kata]
    return {each.name: each.source for each in load_mutants(found.mutants, found.solution.read_text("utf-8"))}
