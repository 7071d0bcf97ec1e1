"""A game stops where somebody can decide, and every violation that is known can be played."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import strategies as st

from dojo.checking.check import replay_verdict
from dojo.checking.game import Game, to_json
from dojo.checking.property import Property
from dojo.checking.sim import Sim
from dojo.checking.token import Token, decode, make_token
from dojo.checking.turn import End, Opening, Turn
from dojo.checking.verdict import Status
from dojo.simulator.machine import Machine, compile_program
from dojo.simulator.schedule import Schedule
from dojo.simulator.strategies import Choice

SOURCE = """
import threading
import time

class Pair:
    def __init__(self):
        self.one = self.two = 0

    def both(self):
        return (self.one, self.two)

    def move(self):
        self.one = 1
        self.two = 1

class Lease:
    def __init__(self):
        self.until = 0.0

    def use(self):
        self.until = time.monotonic() + 5
        if time.monotonic() < self.until:
            now = self.until
            assert time.monotonic() < self.until, "used after its end"
"""
GO = Choice()


def torn(sim: Sim) -> None:
    """A read of two attributes sees both moved or none."""
    pair = sim.kata.Pair()
    mover = sim.spawn(pair.move, name="mover")
    assert pair.both() in ((0, 0), (1, 1)), "a torn read"
    mover.join()


def lease(sim: Sim, holders: int) -> None:
    """Nobody uses a lease that is over."""
    box = sim.kata.Lease()
    sim.join(*[sim.spawn(box.use, name=f"holder-{number}") for number in range(holders)])


def fine(sim: Sim, holders: int) -> None:
    """Nothing is promised."""
    lease(sim, holders)


TORN = Property("no torn read", "", torn, stalls=False)
LEASE = Property("no late use", "", lease, {"holders": st.integers(1, 2)}, stalls=True)
FINE = Property("no promise", "", fine, {"holders": st.integers(2, 3)})


@pytest.fixture(scope="module")
def machine() -> Machine:
    return Machine(compile_program(SOURCE, "kata.py"))


def follow(game: Game) -> list[Choice]:
    """Choose the defaults up to each departure of the way that is known, and then that."""
    choices: list[Choice] = []
    for departure in game.opening().way:
        while True:
            at = game.turn(choices)
            assert isinstance(at, Turn), "the run is over before the way is at its end"
            if at.options[0] == departure.default:
                break
            choices.append(GO)
        if departure.chosen is None:
            choices.append(Choice(0, departure.stall))
        else:
            choices.append(Choice(at.options.index(departure.chosen)))
    return choices


@pytest.mark.parametrize("prop", [TORN, LEASE], ids=["in the middle of a line", "with a stall"])
def test_a_known_violation_can_be_played(machine: Machine, prop: Property) -> None:
    """Even if it leaves a thread between two reads of one line, or makes a lone thread stand."""
    game = Game(prop, machine)
    known = game.opening().known
    assert known is not None
    assert game.opening().way
    end = game.finish(follow(game))
    assert end.verdict.status is Status.FAIL
    assert end.verdict.counterexample.message == known.counterexample.message
    assert end.verdict.counterexample.trace_digest == known.counterexample.trace_digest
    token = decode(end.token)
    run, verdict = replay_verdict(prop, machine, token.workload, token.schedule)
    assert verdict == replace(end.verdict, schedules=verdict.schedules)


def test_without_a_violation_there_is_a_workload_all_the_same(machine: Machine) -> None:
    """The simplest one; every turn has at least one option, and the run comes to its end."""
    game = Game(FINE, machine)
    opening = game.opening()
    assert (opening.known, opening.way, opening.workload) == (None, (), {"holders": "2"})
    assert opening.schedules > 0
    assert not opening.may_stall
    choices: list[Choice] = []
    while isinstance(at := game.turn(choices), Turn):
        assert len(at.options) > 1
        assert at.passed == len(choices)
        assert at.stall == 0
        choices.append(GO)
    assert at.verdict.status is Status.PASS
    assert at.passed == len(choices)


def test_the_workload_of_the_record_stays(machine: Machine) -> None:
    """A failure that is gone leaves its input: the learner wants to see that one."""
    token = make_token("fine", {"holders": 3}, Schedule(), "")
    opening = Game(FINE, machine, token).opening()
    assert opening.workload == {"holders": "3"}
    assert "not happen any more" in opening.note
    seen: list[int] = []
    record = decode(Game(TORN, machine).finish([]).token)
    assert isinstance(record, Token)
    known = Game(TORN, machine).opening().known.counterexample.token
    assert Game(TORN, machine, decode(known), seen.append).opening().schedules == 0
    assert not seen


def test_values_survive_json(machine: Machine) -> None:
    """What the child sends is what the parent gets."""
    game = Game(TORN, machine)
    opening, turn, end = game.opening(), game.turn([]), game.finish([])
    assert isinstance(turn, Turn)
    assert Opening.from_json(to_json(opening)) == opening
    assert Turn.from_json(to_json(turn)) == turn
    assert End.from_json(to_json(end)) == end
