"""Puts a submission and a kata's hidden properties together: what both the judge and pytest run."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType

from dojo.checking.property import Property, properties_of
from dojo.grading.catalogue import Kata, load
from dojo.grading.paths import display_name
from dojo.grading.sources.submission import ALLOWED
from dojo.simulator.machine import Machine, compile_program
from dojo.simulator.reuse import FunctionChanges


def build_machine(source: str, filename: str, kata: Kata, changes: FunctionChanges | None = None) -> Machine:
    """A machine for a submission.

    Args:
        source: the submission's text.
        filename: its name in reports.
        kata: what it is a submission for. The solutions that this kata imports come along, and the lines of
            its hidden properties may be named by a trace.
        changes: told of changes of functions, by whoever hears of them; None if nobody does.

    Raises:
        SyntaxError, RecursionError: from compiling the submission.
    """
    program = compile_program(source, filename)
    companions = references(kata.companions)
    watched = (display_name(kata.tests), str(kata.tests))
    return Machine(
        program,
        allowed=ALLOWED,
        companions=companions,
        imports=kata.imports,
        watched=watched,
        changes=changes,
    )


def references(names: Iterable[str]) -> dict[str, CodeType]:
    """The reference solutions of katas, compiled, with those that they import themselves.

    Raises:
        UnknownKata: there is no kata of such a name.
    """
    catalogue = load()
    return {name: _compiled(catalogue[name].contract) for name in catalogue.with_imports(names)}


def load_properties(kata: Kata) -> list[Property]:
    """Execute a kata's hidden test module and collect its properties."""
    module = ModuleType(f"hidden_{kata.name}")
    module.__file__ = str(kata.tests)
    sys.modules[module.__name__] = module  # dataclasses look there for the names in their annotations
    exec(_compiled(kata.tests), module.__dict__)
    return properties_of(module)


@cache
def _compiled(file: Path) -> CodeType:
    # Not with this module's own `from __future__` imports.
    return compile(file.read_text("utf-8"), display_name(file), "exec", dont_inherit=True)
