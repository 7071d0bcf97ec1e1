"""Runs the hidden properties on the reference solutions; the judge runs the same ones on a learner's file."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dojo.checking.check import check
from dojo.checking.property import Property
from dojo.checking.verdict import Status
from dojo.grading.catalogue import load
from dojo.grading.sandbox.subject import build_machine
from dojo.simulator.machine import Machine


@pytest.fixture(scope="module")
def machine(request: pytest.FixtureRequest) -> Machine:
    """The reference solution of the kata whose properties the test module holds."""
    kata = load()[request.path.stem.removeprefix("test_")]
    return build_machine(kata.solution.read_text("utf-8"), str(kata.solution), kata)


@pytest.fixture
def subject(machine: Machine) -> Callable[[Property], None]:
    """Checks one property; what a test made by ``prop`` calls."""

    def judge(prop: Property) -> None:
        verdict = check(prop, machine)
        assert verdict.status is Status.PASS, f"{prop.name}: {verdict.reason} {verdict.counterexample}"

    return judge
