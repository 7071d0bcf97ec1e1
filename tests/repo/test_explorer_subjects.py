"""The subjects of the explorer's benchmarks: nothing is wrong with the corrected programs, and their bugs show."""

from __future__ import annotations

import pytest

from benchmarks.explorer.classics import CLASSICS
from benchmarks.explorer.kata_subjects import KATAS
from benchmarks.explorer.mutants import measure
from benchmarks.explorer.subject import FIXED, Subject, version
from benchmarks.explorer.tools import ours
from dojo.checking.check import check
from dojo.grading.catalogue import load
from dojo.grading.mutants import load_mutants
from dojo.grading.sandbox.subject import build_machine, load_properties

KILLED = {
    "wait_group": "count-without-the-lock",
    "wait_group: below zero": "looks-before-it-locks",
    "semaphore": "try-acquire-without-the-lock",
    "semaphore: time-out": "timeout-destroys-a-permit",
    "channel": "if-for-while",
    "channel: time-out": "unbuffered-send-does-not-wait",
    "channel_select": "the-second-overwrites-the-winner",
    "context": "two-cancels-run-callbacks-twice",
    "fan_out_fan_in": "two-readers",
}


@pytest.mark.parametrize("subject", [*CLASSICS, *KATAS], ids=lambda each: each.name)
def test_the_corrected_program_holds(subject: Subject) -> None:
    """No schedule of it fails, or the tools would be compared on who is the first to raise a false alarm."""
    with version(subject, FIXED) as program:
        found = ours(subject, program, "mixed")(60, 0)
    assert not found.failed


@pytest.mark.parametrize("name", KILLED)
def test_a_driver_finds_a_mutant(name: str) -> None:
    """A driver looks at what its kata promises: a mutant breaks it."""
    subject = next(each for each in KATAS if each.name == name)
    with version(subject, KILLED[name]) as program:
        found = ours(subject, program, "mixed")(400, 0)
    assert found.failed


def test_the_first_failure_is_the_one_that_a_check_finds() -> None:
    """Measuring stops at the schedule that a grading names, not at one more or less."""
    kata = load()["semaphore"]
    properties = {prop.slug: prop for prop in load_properties(kata)}
    solution = kata.solution.read_text("utf-8")
    for mutant in load_mutants(kata.mutants, solution)[:6]:
        prop = properties[mutant.property]
        verdict = check(prop, build_machine(mutant.source, f"{mutant.name}.py", kata))
        assert measure(kata.name, prop, mutant).schedules == verdict.found_after
