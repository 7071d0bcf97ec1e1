"""A check decides only what it saw: pass, fail, inconclusive or broken, with the smallest example, every time."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from dojo.checking.check import OutOfMemory, check, first_difference, replay_verdict
from dojo.checking.property import Body, Property
from dojo.checking.sim import Sim
from dojo.checking.token import decode
from dojo.checking.verdict import Status, Verdict
from dojo.simulator.machine import Machine, compile_program
from dojo.simulator.schedule import DEFAULT_ORDER
from dojo.simulator.strategies import Census

SOURCE = """
import threading

class Counter:
    def __init__(self):
        self.value = 0
        self.lock = threading.Lock()

    def lose(self):
        old = self.value
        self.value = old + 1

    def keep(self):
        with self.lock:
            self.value += 1

class Box:
    def __init__(self):
        self.items = []
        self.last = None

def put(box, value):
    box.last = value

def grow():
    raise MemoryError

def spin(turns):
    for turn in range(turns):
        pass
"""
GROWS = 1 + SOURCE.splitlines().index("    raise MemoryError")


def machine() -> Machine:
    """A fresh machine for the program."""
    return Machine(compile_program(SOURCE, "kata.py"))


def declared(body: Body, **more: Any) -> Property:
    """A property of that body."""
    return Property("it holds", "Because.", body, **more)


def counting(method: str) -> Body:
    """Threads that each count some times with one of the two methods."""

    def test_count(sim: Sim, threads: int, turns: int) -> None:
        counter = sim.kata.Counter()

        def work() -> None:
            for _ in range(turns):
                getattr(counter, method)()

        sim.join(*[sim.spawn(work) for _ in range(threads)])
        total = counter.value  # pytest would put the counter's address into the message
        assert total == threads * turns

    return test_count


WORKLOAD = {"threads": st.integers(1, 4), "turns": st.integers(1, 3)}
LOST = declared(counting("lose"), workload=WORKLOAD)
KEPT = declared(counting("keep"), workload=WORKLOAD)


@pytest.mark.parametrize("seed", range(8))
def test_a_lost_update_is_as_small_as_can_be(seed: int) -> None:
    """Two threads, one increment each, one delay, one preemption, and a token that replays that very run."""
    checked = machine()
    verdict = check(LOST, checked, seed=seed)
    example = verdict.counterexample
    assert verdict.status is Status.FAIL and example is not None
    assert (example.kind, example.workload) == ("broken promise", {"threads": "2", "turns": "1"})
    assert (len(example.delays), len(example.stalls), example.preemptions) == (1, 0, 1)
    token = decode(example.token)
    again = replay_verdict(LOST, checked, token.workload, token.schedule)[1]
    assert again.counterexample == example
    assert not verdict.one_delay and not verdict.every


@pytest.mark.parametrize("prop", [LOST, KEPT], ids=["lost", "kept"])
def test_ten_checks_are_equal(prop: Property) -> None:
    """The same seed gives the same verdict, whether the machine is fresh or used."""
    used = machine()
    verdicts = [check(prop, used if turn % 2 else machine(), seed=3) for turn in range(10)]
    assert all(verdict == verdicts[0] for verdict in verdicts)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("budget", [5, 12, 40])
def test_hypothesis_never_complains(seed: int, budget: int) -> None:
    """A workload that fails under some schedules only is no flaky test, however little is explored."""
    verdict = check(LOST, machine(), budget=budget, seed=seed)
    assert verdict.status in (Status.FAIL, Status.PASS, Status.INCONCLUSIVE)
    assert verdict.schedules <= budget


def one_child(sim: Sim) -> None:
    """Main and one thread count under the lock."""
    counter = sim.kata.Counter()
    task = sim.spawn(counter.keep)
    counter.keep()
    task.join()
    assert counter.value == 2


def test_a_small_correct_program_is_proven() -> None:
    """With few choices every interleaving is executed, and the verdict says so."""
    verdict = check(declared(one_child), machine(), budget=4_000)
    assert (verdict.status, verdict.every, verdict.one_delay) == (Status.PASS, True, True)
    assert check(declared(one_child), machine(), budget=verdict.schedules - 1).every is False


def test_a_small_budget_claims_nothing() -> None:
    """As long as not all single delays fit, neither bound is claimed; with room for all of them it is."""
    prop = declared(counting("keep"), examples=[{"threads": 3, "turns": 1}])
    census, checked = Census(DEFAULT_ORDER), machine()
    checked.run(lambda: prop.body(Sim(checked), threads=3, turns=1), census)
    needed = 1 + len(census.choices)
    for budget in range(1, needed):
        verdict = check(prop, checked, budget=budget)
        assert (verdict.one_delay, verdict.every) == (False, False)
        assert 1 <= verdict.schedules <= budget
    assert check(prop, checked, budget=8 * needed).one_delay


@pytest.mark.parametrize("turns, status", [(10, Status.PASS), (400, Status.INCONCLUSIVE)])
def test_a_step_limit_is_never_a_pass(turns: int, status: Status) -> None:
    """A run that is not over has decided nothing, and the reason says so."""

    def test_spin(sim: Sim) -> None:
        sim.kata.spin(turns)

    verdict = check(declared(test_spin, max_steps=100), machine(), budget=20)
    assert verdict.status is status
    assert ("not over after 100 steps" in verdict.reason) == (status is Status.INCONCLUSIVE)


def no_memory(sim: Sim) -> None:
    """Runs out of memory in the main thread."""
    sim.kata.grow()


def no_memory_in_a_task(sim: Sim) -> None:
    """Runs out of memory in a thread that nobody asks."""
    sim.spawn(sim.kata.grow).join()


def no_memory_elsewhere(sim: Sim) -> None:
    """Runs out of memory outside the program."""
    raise MemoryError


@pytest.mark.parametrize(
    "body, line", [(no_memory, GROWS), (no_memory_in_a_task, GROWS), (no_memory_elsewhere, 0)]
)
@pytest.mark.parametrize("drawn", [False, True])
def test_running_out_of_memory_ends_the_check(body: Body, line: int, drawn: bool) -> None:
    """It is raised with the line, not shrunk, whether Hypothesis stands in between or not."""

    def test_drawn(sim: Sim, n: int) -> None:
        body(sim)

    prop = declared(test_drawn, workload={"n": st.integers()}) if drawn else declared(body)
    with pytest.raises(OutOfMemory) as caught:
        check(prop, machine())
    assert caught.value.line == line


def flipping() -> Body:
    """Fails in every other run, with the same trace."""
    turns = itertools.count()

    def test_flip(sim: Sim) -> None:
        sim.kata.Counter().lose()
        assert next(turns) % 2

    return test_flip


class Item:
    """Hashed as if by its address: differently in every run."""

    def __init__(self, number: int) -> None:
        self.number = number
        self._hash = random.SystemRandom().getrandbits(60)

    def __hash__(self) -> int:
        return self._hash


def by_address() -> Body:
    """Fails always; what it did before depends on the order of a set."""

    def test_set(sim: Sim) -> None:
        box = sim.kata.Box()
        for item in {Item(number) for number in range(20)}:
            sim.kata.put(box, item.number)
        raise AssertionError("always")

    return test_set


def other_exception() -> Body:
    """Fails always, by turns in two ways, with the same trace."""
    turns = itertools.count()

    def test_other(sim: Sim) -> None:
        sim.kata.Counter().lose()
        raise (KeyError, IndexError)[next(turns) % 2]

    return test_other


@pytest.mark.parametrize("earlier", range(4))
@pytest.mark.parametrize("make", [flipping, by_address, other_exception])
def test_what_differs_from_run_to_run_is_broken(make: Callable[[], Body], earlier: int) -> None:
    """Two runs of one schedule that differ are never a pass nor a failure, whichever of them comes first."""
    body = make()
    checked = machine()
    for _ in range(earlier):
        checked.run(lambda: body(Sim(checked)))
    verdict = check(declared(body), checked)
    assert verdict.status is Status.BROKEN and verdict.counterexample is None
    assert "differ" in verdict.reason or "again" in verdict.reason
    if make is by_address:
        assert " against " in verdict.reason


@pytest.mark.parametrize("earlier", range(4))
def test_a_drawn_workload_that_fails_now_and_then_is_broken(earlier: int) -> None:
    """Hypothesis gets one answer for each workload, so that it is we who notice."""
    turns = itertools.count(earlier)

    def test_flip(sim: Sim, n: int) -> None:
        assert next(turns) % 2

    verdict = check(declared(test_flip, workload={"n": st.integers(0, 9)}), machine())
    assert verdict.status is Status.BROKEN


@pytest.mark.parametrize("seed", range(10))
def test_a_schedule_of_many_delays_is_made_small(seed: int) -> None:
    """What a random walk stumbled upon comes down to one delay."""
    prop = declared(counting("lose"), examples=[{"threads": 4, "turns": 4}])
    verdict = check(prop, machine(), budget=16, seed=seed)
    assert verdict.counterexample is not None
    assert len(verdict.counterexample.delays) == 1


@pytest.mark.parametrize("seed", range(10))
def test_shrinking_does_not_slip_to_another_bug(seed: int) -> None:
    """The smallest example shows the bug that was found first, though a smaller workload shows another."""
    failed: list[int] = []

    def test_two_bugs(sim: Sim, n: int) -> None:
        if n in (1, 2) or n >= 5:
            failed.append(n)
            raise KeyError(n) if n < 5 else IndexError(n)

    verdict = check(declared(test_two_bugs, workload={"n": st.integers(0, 99)}), machine(), seed=seed)
    example = verdict.counterexample
    assert example is not None
    assert example.workload == {"n": "5" if failed[0] >= 5 else "1"}
    assert example.message.startswith("IndexError" if failed[0] >= 5 else "KeyError")


def test_a_schedule_does_not_slip_either() -> None:
    """A simpler schedule that fails in another way is not taken for the failure."""
    failed: list[str] = []

    def test_two_ways(sim: Sim) -> None:
        counter = sim.kata.Counter()
        sim.join(sim.spawn(counter.lose), sim.spawn(counter.lose), sim.spawn(counter.lose))
        if counter.value < 3:
            failed.append("IndexError" if counter.value == 1 else "KeyError")
            raise IndexError if counter.value == 1 else KeyError

    for seed in range(5):
        failed.clear()
        example = check(declared(test_two_ways), machine(), seed=seed).counterexample
        assert example is not None and example.message == failed[0]


def test_race_warnings_come_once() -> None:
    """The same pair of lines in several workloads is one warning; a locked counter has none."""

    def test_any_value(sim: Sim, threads: int) -> None:
        counter = sim.kata.Counter()
        sim.join(*[sim.spawn(counter.lose) for _ in range(threads)])

    prop = declared(test_any_value, examples=[{"threads": 2}, {"threads": 2}, {"threads": 3}])
    verdict = check(prop, machine(), budget=100)
    assert verdict.status is Status.PASS and verdict.warnings
    assert len(set(verdict.warnings)) == len(verdict.warnings)
    assert check(KEPT, machine()).warnings == []


@pytest.mark.parametrize("prop", [LOST, KEPT], ids=["lost", "kept"])
def test_progress_is_told_before_each_run(prop: Property) -> None:
    """The numbers count up from one and reach the number of schedules at least; nothing else changes."""
    told: list[int] = []
    verdict: Verdict = check(prop, machine(), progress=told.append)
    assert told == list(range(1, len(told) + 1))
    assert len(told) >= verdict.schedules > 0
    assert verdict == check(prop, machine())


@pytest.mark.parametrize(
    "one, other, words",
    [
        ("a\nb", "a\nb", ""),
        ("a\n  b\nc", "a\n  d\nc", "'b' against 'd'"),
        ("a", "a\nb", "one has 1 events, the other 2"),
    ],
)
def test_the_first_difference_is_named(one: str, other: str, words: str) -> None:
    """Equal traces have none; otherwise the first line that differs, or the lengths."""
    assert first_difference(one, other) == words


OWN_ERROR = """
class Refused(Exception):
    pass

def refuse():
    raise Refused("not today")
"""


def test_an_exception_of_the_learners_own_is_a_failure() -> None:
    """The module is loaded anew in each run, and its exception class with it: it is the same failure all the same."""

    def test_own(sim: Sim) -> None:
        sim.kata.refuse()

    verdict = check(declared(test_own), Machine(compile_program(OWN_ERROR, "kata.py")))
    assert verdict.status is Status.FAIL, verdict.reason
    assert verdict.counterexample is not None
    assert verdict.counterexample.message == "Refused: not today"


def test_no_address_gets_into_a_verdict() -> None:
    """The default repr() of an object in a message must not make two equal verdicts differ."""

    def test_address(sim: Sim) -> None:
        counter = sim.kata.Counter()
        raise AssertionError(f"{counter!r} is wrong")

    verdict = check(declared(test_address), machine())
    assert verdict.counterexample is not None
    assert verdict.counterexample.message == "<kata.Counter object> is wrong"
