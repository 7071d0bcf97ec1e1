"""The ten classic subjects: their programs as plain modules, their smallest failing workloads."""

from __future__ import annotations

from functools import cache
from types import ModuleType

from tests.checking.classics.zoo import CLASSICS, HERE, Subject

SUBJECTS: dict[str, Subject] = {subject.name: subject for subject in CLASSICS}


def folder(twin: str) -> str:
    """Where the programs are: the only files that a tool needs to interleave."""
    return str(HERE / twin)


@cache
def plain_module(name: str, twin: str) -> ModuleType:
    """A subject's program as an ordinary module, for the tools that patch the real one's surroundings."""
    path = HERE / twin / f"{name}.py"
    module = ModuleType(name)
    module.__file__ = str(path)
    exec(compile(path.read_text("utf-8"), str(path), "exec"), vars(module))
    return module
