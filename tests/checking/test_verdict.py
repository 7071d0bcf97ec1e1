"""A verdict is a value that crosses process boundaries; one that cannot be trusted says so."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import given

from dojo.checking.check import check, first_difference
from dojo.checking.property import Property, prop
from dojo.checking.sim import Sim
from dojo.checking.verdict import Status, Verdict
from dojo.simulator.machine import Machine, compile_program
from tests.checking.classics.zoo import FOUND_BY_CHECK, NEEDLE, Subject

NOTHING = compile_program("def put(log, value):\n    log.append(value)\n", "nothing.py")


@pytest.mark.parametrize("subject", FOUND_BY_CHECK, ids=lambda subject: subject.name)
def test_a_verdict_survives_json(subject: Subject) -> None:
    """Text and back: an equal verdict, and the same text again."""
    verdict = check(subject.prop, subject.machine())
    text = json.dumps(verdict.to_json())
    again = Verdict.from_json(json.loads(text))
    assert again == verdict
    assert json.dumps(again.to_json()) == text


@pytest.mark.parametrize("missing", ["status", "counterexample", "warnings", "schedules", "slug"])
def test_a_verdict_with_a_field_missing_is_refused(missing: str) -> None:
    """Half a verdict is no verdict."""
    data = check(NEEDLE.prop, NEEDLE.machine(), budget=100).to_json()
    assert Verdict.from_json(dict(data)).status is Status.PASS
    del data[missing]
    with pytest.raises((KeyError, TypeError)):
        Verdict.from_json(data)


@pytest.mark.parametrize("wrong", ["passed", "", None, "FAIL"])
def test_an_unknown_status_is_refused(wrong: object) -> None:
    """What is not one of the four answers is not taken for one."""
    data = {**check(NEEDLE.prop, NEEDLE.machine(), budget=100).to_json(), "status": wrong}
    with pytest.raises(ValueError, match="not a valid Status"):
        Verdict.from_json(data)


def flipping() -> Property:
    """A property that breaks in every second run, whatever the schedule."""
    runs = count()

    @prop("comes and goes", "It counts its own runs.")
    def test_flipping(sim: Sim) -> None:
        sim.join(sim.spawn(sim.kata.put, [], 1))
        assert next(runs) % 2, "an even run"

    return test_flipping.property


def hashed_by_time() -> Property:
    """A property that starts its threads in the order of a set whose hashes differ from run to run."""
    runs = count()

    class Thing:
        def __init__(self, name: str, place: int) -> None:
            self.name, self.place = name, place

        def __hash__(self) -> int:
            return self.place

    @prop("starts threads from a set", "The order is the hashes'.")
    def test_hashed(sim: Sim) -> None:
        turn = next(runs) % 2
        log: list[str] = []
        for thing in {Thing("left", turn), Thing("right", 1 - turn)}:
            sim.spawn(sim.kata.put, log, thing.name, name=thing.name)
        sim.join()
        raise AssertionError("always")

    return test_hashed.property


def drifting() -> Property:
    """A property that fails in the same way each time, but does a little more in every run."""
    runs = count()

    @prop("drifts", "Each run has one more call.")
    def test_drifting(sim: Sim) -> None:
        for _ in range(next(runs)):
            sim.sleep(1)
        raise AssertionError("always")

    return test_drifting.property


@pytest.mark.parametrize("make", [flipping, hashed_by_time, drifting])
@pytest.mark.parametrize("seed", range(3))
def test_a_property_that_changes_is_broken(make: Any, seed: int) -> None:
    """What two runs of one schedule do not agree on is no failure of the learner's; the first difference is named."""
    verdict = check(make(), Machine(NOTHING), seed=seed)
    assert verdict.status is Status.BROKEN
    assert verdict.counterexample is None
    assert verdict.reason.startswith("two runs of one schedule differ: ")
    assert len(verdict.reason) > len("two runs of one schedule differ: ")


def test_the_first_difference_is_named() -> None:
    """The reader is told which thread ran where the other run had another."""
    reason = check(hashed_by_time(), Machine(NOTHING)).reason
    assert "left" in reason and "right" in reason


@given(st.lists(st.sampled_from("abc")), st.lists(st.sampled_from("abc")))
def test_first_difference(left: list[str], right: list[str]) -> None:
    """Empty for equal texts only; otherwise the first lines that differ, or the lengths."""
    found = first_difference("\n".join(left), "\n".join(right))
    assert (found == "") == (left == right)
    differing = [f"{a!r} against {b!r}" for a, b in zip(left, right, strict=False) if a != b]
    if differing:
        assert found == differing[0]
    elif found:
        assert found == f"one has {len(left)} events, the other {len(right)}"
