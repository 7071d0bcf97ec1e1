"""Recording a run changes nothing about it: what a report shows is what was found."""

from __future__ import annotations

import pytest

from dojo.checking.check import execute
from dojo.grading.catalogue import Kata, load
from dojo.grading.sandbox.subject import build_machine, load_properties
from dojo.simulator.strategies import DEFAULT

# Asks by weak references whether objects are gone. A list or dict that a trace speaks of has to be kept, with
# what is in it: it cannot tell when it goes.
KEPT = {("context", "finished_is_let_go")}


@pytest.mark.parametrize("kata", list(load()), ids=lambda kata: kata.name)
def test_a_recorded_run_is_the_same_run(kata: Kata) -> None:
    """The first example of every property takes the same steps, the same virtual time, and ends the same way."""
    machine = build_machine(kata.solution.read_text("utf-8"), "solution.py", kata)
    for prop in load_properties(kata):
        if (kata.name, prop.slug) in KEPT:
            continue
        for example in prop.examples[:1] or [{}] * (not prop.workload):
            runs = [execute(prop, machine, dict(example), DEFAULT, record=record) for record in (False, True)]
            first, second = [(run.outcome, run.steps, run.elapsed, run.schedule) for run in runs]
            assert first == second, (prop.slug, example)
