"""Modules of one package: a program imports the companions it may, and they import each other."""

from __future__ import annotations

import pytest

from dojo.simulator.machine import Machine, compile_program

COMPANIONS = {
    "base": "class Base(Exception): pass\nfound = []",
    "upper": "from .base import Base, found\nimport threading\nclass Upper(Base): pass",
}


def machine(source: str) -> Machine:
    """A machine for a program that may import ``upper``, but not ``base`` below it."""
    companions = {name: compile(text, f"{name}.py", "exec") for name, text in COMPANIONS.items()}
    return Machine(compile_program(source, "kata.py"), companions=companions, imports=["upper"])


def test_all_see_the_same_module_and_each_run_a_fresh_one() -> None:
    """A class is the same for program, companions and scenario; nothing stays from the run before."""
    subject = machine("import threading\nfrom .upper import Upper, found\nfrom ..group.upper import Base\n")

    def scenario() -> None:
        kata = subject.load()
        upper, base = subject.companion("upper"), subject.companion("base")
        assert kata.Upper is upper.Upper
        assert kata.Base is base.Base
        assert issubclass(kata.Upper, base.Base)
        assert upper.threading is kata.threading  # the simulated one
        assert base.found == []
        base.found.append(1)

    for _ in range(2):
        outcome = subject.run(scenario).outcome
        assert outcome.ok, outcome


@pytest.mark.parametrize(
    "source", ["from .base import Base", "from .kata import X", "from . import upper", "from .. import base"]
)
def test_other_modules_cannot_be_imported(source: str) -> None:
    """What a program may not import does not exist for it, itself included: that would be the solution."""
    subject = machine(source)
    outcome = subject.run(lambda: [subject.load()] and None).outcome
    assert isinstance(outcome.exception, ImportError)
