"""The explorer does what it claims: all schedules of a bound, each once, within the budget, nothing unseen."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import takewhile
from math import ceil, comb

import hypothesis.strategies as st
import pytest

from dojo.checking.check import check
from dojo.checking.explore import (
    LONGEST_GUESS,
    STALL_SHARE,
    TWO_DELAY_SAMPLE,
    TWO_DELAY_SHARE,
    at_most_two_delays,
    explore,
    stall_lengths,
)
from dojo.checking.property import Property, prop
from dojo.checking.sim import Sim
from dojo.checking.verdict import Status
from dojo.simulator.machine import Machine, Run, compile_program
from dojo.simulator.outcome import Ending
from dojo.simulator.schedule import DEFAULT_ORDER, Delay, Schedule
from dojo.simulator.strategies import Census, Strategy
from tests.checking.classics.zoo import LEASE, NEEDLE
from tests.checking.small import (
    COUNTER,
    HANDSHAKE,
    ONE_CHILD,
    ONE_CHILD_LOCKED,
    PROGRAMS,
    TWO_WRITERS,
    Execute,
    all_interleavings,
    delays_that_happen,
    executor,
)

each_program = pytest.mark.parametrize("source", PROGRAMS.values(), ids=PROGRAMS)


def watch(execute: Execute, seen: list[Schedule]) -> Execute:
    """Note the schedule of every run."""

    def watched(strategy: Strategy) -> Run:
        run = execute(strategy)
        seen.append(run.schedule)
        return run

    return watched


@each_program
def test_one_delay_schedules_are_complete(source: str) -> None:
    """When ``one_delay`` is claimed, every schedule that brute force finds was executed."""
    execute = executor(source)
    expected = delays_that_happen(execute, 1)
    seen: list[Schedule] = []
    found = explore(watch(execute, seen), budget=300, seed=0)
    assert found.one_delay and found.failure is None
    assert len(expected) > 5
    assert set(expected) <= set(seen)


def test_each_one_delay_schedule_is_executed_once() -> None:
    """Where single delays are enumerated, the default order and each of them come first and once."""
    execute = executor(HANDSHAKE)
    expected = delays_that_happen(execute, 1)
    seen: list[Schedule] = []
    explore(watch(execute, seen), budget=300, seed=0)
    start = seen[: len(expected)]
    assert start[0] == DEFAULT_ORDER
    assert len(set(start)) == len(start)
    assert set(start) == set(expected)


def test_one_delay_is_not_claimed_when_they_do_not_fit() -> None:
    """With a budget too small for all single delays a sample is tried, and nothing is claimed."""
    execute = executor(HANDSHAKE)
    number = len(delays_that_happen(execute, 1))
    for budget in range(1, number + 1):
        seen: list[Schedule] = []
        found = explore(watch(execute, seen), budget=budget, seed=0)
        assert not found.one_delay and not found.every
        assert len(seen) == budget


@pytest.mark.parametrize("source", [ONE_CHILD, ONE_CHILD_LOCKED], ids=["free", "locked"])
def test_every_interleaving_is_every_interleaving(source: str) -> None:
    """``every`` is claimed only when all interleavings were executed, each once; plain recursion agrees."""
    execute = executor(source)
    seen: list[Schedule] = []
    found = explore(watch(execute, seen), budget=1_000, seed=0)
    expected = all_interleavings(execute)
    assert found.every and found.one_delay
    assert set(seen) == expected
    assert len(seen) == len(expected) + 1  # the default order was looked at first, and is one of them
    assert not explore(execute, budget=len(expected), seed=0).every


def test_interleavings_of_two_writers_number_a_binomial() -> None:
    """Two threads of n and m writes have (n + m)! / (n! m!) orders, and all of them are explored."""
    orders = set()

    def execute(strategy: Strategy) -> Run:
        run = executor(ONE_CHILD)(strategy)
        orders.add(tuple((each.thread, each.line) for each in run.events if each.kind == "store"))
        return run

    assert explore(execute, budget=1_000, seed=0).every
    assert len(orders) == comb(4, 2)


def two_delays(execute: Callable[[Strategy], Run]) -> Iterator[Run]:
    """Execute the default order and every schedule of one delay and of two."""
    census = Census(DEFAULT_ORDER)
    yield execute(census)
    yield from map(execute, at_most_two_delays(tuple(census.choices)))


@each_program
def test_two_delays_are_all_pairs(source: str) -> None:
    """The exhaustive search of two delays executes exactly what trying all pairs of places finds, each once."""
    execute = executor(source)
    expected = delays_that_happen(execute, 2)
    seen = [run.schedule for run in two_delays(execute)]
    assert len(seen) == len(set(seen))
    assert set(seen) == set(expected)
    assert [len(schedule) for schedule in seen] == sorted(len(schedule) for schedule in seen)


def test_two_delays_are_complete_where_they_fit() -> None:
    """As soon as they take no more than their share of what is left, all of them are executed."""
    execute = executor(TWO_WRITERS)
    ones, twos = (len(delays_that_happen(execute, most)) for most in (1, 2))
    enough = ones + ceil((twos - ones) / TWO_DELAY_SHARE)
    for budget, complete in ((enough, True), (enough - 2, False)):
        seen: list[Schedule] = []
        found = explore(watch(execute, seen), budget=budget, seed=0)
        assert found.one_delay and not found.every
        assert (set(delays_that_happen(execute, 2)) <= set(seen)) == complete


@pytest.mark.parametrize("seed", range(3))
def test_two_delays_are_sampled_where_they_do_not_fit(seed: int) -> None:
    """Half of what is left is for them, each once and in order; what stalls are going to take is kept for these."""
    execute = executor(TWO_WRITERS)
    ones, pairs = (delays_that_happen(execute, most) for most in (1, 2))
    budget = 2 * len(ones)
    left = budget - len(ones)
    for stalls, kept in ((False, 0), (True, budget * STALL_SHARE)):
        seen: list[Schedule] = []
        explore(watch(execute, seen), budget=budget, seed=seed, stalls=stalls)
        sample = list(takewhile(lambda each: len(each.delays) == 2, seen[len(ones) :]))
        assert set(seen[: len(ones)]) == set(ones)
        assert set(sample) <= set(pairs) and len(sample) == len(set(sample))
        expected = int((left - kept) * TWO_DELAY_SAMPLE)
        assert expected > 0
        # The first of the mix may have two delays, too.
        assert 0 <= len(sample) - expected <= (0 if stalls else 2)


@pytest.mark.parametrize("stalls", [False, True])
@pytest.mark.parametrize("budget", [1, 2, 3, 10, 57, 200])
def test_the_budget_is_a_number_of_schedules(budget: int, stalls: bool) -> None:
    """A program without a fault is executed exactly as often as the budget says."""
    execute = executor(HANDSHAKE)
    seen: list[Schedule] = []
    found = explore(watch(execute, seen), budget=budget, seed=3, stalls=stalls)
    assert found.runs == len(seen) == budget


def test_a_seed_is_a_search() -> None:
    """The same seed executes the same schedules in the same order, another one others."""
    lists = []
    for seed in (7, 7, 8):
        seen: list[Schedule] = []
        explore(watch(executor(HANDSHAKE), seen), budget=120, seed=seed, stalls=True)
        lists.append(seen)
    assert lists[0] == lists[1] != lists[2]


def test_known_schedules_come_first() -> None:
    """What failed before is tried before all else, in the order given; the search ends at the first failure."""
    execute = executor(COUNTER)
    passing = Schedule((Delay(2, 0),))
    failing = next(run.schedule for run in two_delays(execute) if not run.outcome.ok)
    seen: list[Schedule] = []
    found = explore(watch(execute, seen), budget=50, seed=0, first=(passing, failing))
    assert seen[1] == failing
    assert found.runs == 2
    assert found.failure is not None and found.failure.schedule == failing


def test_the_search_ends_at_the_first_failure() -> None:
    """Nothing is executed after a failing run, and the result holds that run."""
    seen: list[Schedule] = []
    found = explore(watch(executor(COUNTER), seen), budget=500, seed=0)
    assert found.failure is not None and found.failure.outcome.ending is Ending.RAISED
    assert found.runs == len(seen) < 500
    assert seen[-1] == found.failure.schedule
    assert not found.one_delay or len(seen) > 1


def test_stall_lengths() -> None:
    """A stall goes just past the shortest and past the longest wait; an hour where nothing waits for a time."""
    assert stall_lengths(()) == (LONGEST_GUESS,)
    assert stall_lengths((5,)) == (6, 11)
    assert stall_lengths((2, 3, 10)) == (3, 21)


def test_stalls_are_tried_at_every_step() -> None:
    """With room for all of them each step of each thread is stalled for each length, alone and once."""
    machine = LEASE.fixed_machine()
    seen: list[Schedule] = []
    prop_ = LEASE.prop

    def execute(strategy: Strategy) -> Run:
        return machine.run(lambda: prop_.body(Sim(machine), ttl=1), strategy)

    explore(watch(execute, seen), budget=1_000, seed=0, stalls=True)
    stalled = [each.stalls for each in seen if each.stalls and not each.delays]
    assert len(stalled) == len(set(stalled)) > 30
    assert all(len(each) == 1 for each in stalled)
    lengths = {each.nanoseconds for (each,) in stalled}
    assert lengths == {1_000_000_001, 2_000_000_001}
    seen.clear()
    explore(watch(execute, seen), budget=1_000, seed=0, stalls=False)
    assert not any(each.stalls for each in seen)


LONG = compile_program(
    "def work(turns):\n    for turn in range(turns):\n        work.turn = turn\n", "long.py"
)


def long_runs(max_steps: int) -> Property:
    """A property whose runs take some 200 steps for one workload, few for the other."""

    @prop("work ends", "Because.", given={"turns": st.sampled_from([1, 100])}, max_steps=max_steps)
    def test_long(sim: Sim, turns: int) -> None:
        sim.join(sim.spawn(sim.kata.work, turns), sim.spawn(sim.kata.work, 1))

    return test_long.property


def test_a_step_limit_is_no_decision() -> None:
    """One workload that cannot be judged makes the whole verdict inconclusive; without the limit it passes."""
    verdict = check(long_runs(50), Machine(LONG))
    assert verdict.status is Status.INCONCLUSIVE
    assert "not over after 50 steps" in verdict.reason
    assert not verdict.one_delay and not verdict.every
    assert check(long_runs(5_000), Machine(LONG)).status is Status.PASS


@pytest.mark.parametrize("budget", [0, 1, 2, 3])
def test_a_budget_that_runs_out_is_no_decision(budget: int) -> None:
    """With fewer schedules than workloads there is no pass, and no schedule too many."""

    @prop("passes", "Always.", given={"turns": st.integers(1, 100)}, workloads=4)
    def test_passes(sim: Sim, turns: int) -> None:
        sim.kata.work(turns)

    machine = Machine(LONG)
    verdict = check(test_passes.property, machine, budget=budget)
    assert verdict.status is Status.INCONCLUSIVE
    assert verdict.schedules == budget
    assert "ran out" in verdict.reason
    assert check(test_passes.property, machine, budget=400).status is Status.PASS


@pytest.mark.parametrize("budget", [1, 5, 20, 100, 400])
def test_a_check_stays_within_its_budget(budget: int) -> None:
    """The budget of a check is a limit for all workloads together, to the schedule."""
    for subject in (LEASE, NEEDLE):
        assert check(subject.prop, subject.fixed_machine(), budget=budget).schedules <= budget


def test_a_missing_join_shows() -> None:
    """A thread that has said that it is done is alive for a moment longer: one delay is enough to see it."""
    source = """
import threading
def main(join):
    done = threading.Event()
    thread = threading.Thread(target=done.set)
    thread.start()
    done.wait()
    if join:
        thread.join()
    assert not thread.is_alive()
"""
    machine = Machine(compile_program(source, "kata.py"))

    def search(join: bool) -> Run | None:
        def execute(strategy: Strategy) -> Run:
            return machine.run(lambda: machine.load().main(join), strategy)

        return explore(execute, budget=200, seed=0).failure

    found = search(join=False)
    assert found is not None and len(found.schedule) <= 1
    assert search(join=True) is None
