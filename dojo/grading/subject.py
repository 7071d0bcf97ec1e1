"""Puts a submission and a kata's hidden properties together: what both the judge and pytest run."""

from __future__ import annotations

import sys
from pathlib import Path
from types import CodeType, ModuleType

from dojo.checking.property import Property, properties_of
from dojo.grading.catalogue import ROOT, Kata
from dojo.grading.paths import display_name
from dojo.grading.submission import ALLOWED
from dojo.simulator.machine import Machine, compile_program

CONTEXT = ROOT / "solutions" / "concurrency" / "context.py"


def build_machine(source: str, filename: str, tests: Path) -> Machine:
    """A machine for a submission.

    Args:
        source: the submission's text.
        filename: its name in reports.
        tests: the file with the hidden properties, whose lines a trace may name.

    Raises:
        SyntaxError, RecursionError: from compiling the submission.
    """
    companions: dict[str, CodeType] = {}
    if CONTEXT.exists():
        companions["context"] = _compiled(CONTEXT)
    program = compile_program(source, filename)
    return Machine(program, allowed=ALLOWED, companions=companions, watched=(display_name(tests), str(tests)))


def load_properties(kata: Kata) -> list[Property]:
    """Execute a kata's hidden test module and collect its properties."""
    module = ModuleType(f"hidden_{kata.name}")
    module.__file__ = str(kata.tests)
    sys.modules[module.__name__] = module  # dataclasses look there for the names in their annotations
    exec(_compiled(kata.tests), module.__dict__)
    return properties_of(module)


def _compiled(file: Path) -> CodeType:
    # Not with this module's own `from __future__` imports.
    return compile(file.read_text("utf-8"), display_name(file), "exec", dont_inherit=True)
