"""The bug zoo: every known bug is found, made as small as it can be, replayed exactly; no corrected twin is accused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dojo.checking.check import check, execute, replay_verdict, trace_digest
from dojo.checking.explore import at_most_two_delays, explore
from dojo.checking.shrink import shrink
from dojo.checking.token import decode
from dojo.checking.verdict import Status
from dojo.simulator.schedule import DEFAULT_ORDER
from dojo.simulator.strategies import Census, Pct, RandomWalk, Replay, StickyWalk
from tests.checking.classics.verdicts import verdicts
from tests.checking.classics.zoo import (
    CLASSICS,
    FOUND_BY_CHECK,
    HANGS_AND_CRASHES,
    LEASE,
    NEEDLE,
    SUBJECTS,
    Subject,
)

ROOT = Path(__file__).parents[2]
SHRINK_RUNS = 260  # runs that making the smallest counterexample may cost, for every subject and seed
FEW_SHRINK_RUNS = 80  # and for those whose workload has nothing to search for

each_bug = pytest.mark.parametrize("subject", FOUND_BY_CHECK, ids=lambda subject: subject.name)
each_subject = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
each_twin = pytest.mark.parametrize("subject", (*CLASSICS, LEASE), ids=lambda subject: subject.name)
WORKLOAD_IS_A_LIST = {"check_then_act", "lock_order", "thread_exception"}


def test_there_are_ten_classics_and_a_twin_for_every_bug() -> None:
    """The list is complete: a file for each entry, an entry for each file, no twin equal to its bug."""
    names = sorted(subject.name for subject in SUBJECTS)
    assert len(CLASSICS) == 10
    for directory in ("buggy", "fixed"):
        files = (Path(__file__).parent / "classics" / directory).glob("*.py")
        assert sorted(path.stem for path in files) == names
    for subject in SUBJECTS:
        assert subject.program.source != subject.fixed_machine().program.source


@pytest.mark.parametrize("seed", range(5))
@each_bug
def test_found_and_made_small(subject: Subject, seed: int) -> None:
    """Every bug is found with every seed, and the counterexample is the smallest there is."""
    machine = subject.machine()
    verdict = check(subject.prop, machine, seed=seed)
    example = verdict.counterexample
    assert verdict.status is Status.FAIL and example is not None, verdict
    assert example.kind == subject.kind
    assert example.workload == {name: repr(value) for name, value in subject.workload.items()}
    assert (example.preemptions, len(example.delays), len(example.stalls)) == (
        subject.preemptions,
        subject.delays,
        subject.stalls,
    )
    assert 0 < verdict.found_after <= verdict.schedules
    ceiling = SHRINK_RUNS if subject.name in WORKLOAD_IS_A_LIST else FEW_SHRINK_RUNS
    assert machine.runs - verdict.schedules <= ceiling


def test_nine_of_ten_need_two_preemptions_at_most() -> None:
    """What a learner has to follow is short; the pins of the zoo are held to it."""
    assert sum(subject.preemptions <= 2 for subject in CLASSICS) >= 9


@each_bug
def test_ten_checks_with_one_seed_are_equal(subject: Subject) -> None:
    """Nine checks in one machine and one in a fresh machine say the same, byte for byte; three where each is slow."""
    machine = subject.machine()
    again = 2 if subject in HANGS_AND_CRASHES else 9
    texts = {json.dumps(check(subject.prop, machine, seed=3).to_json()) for _ in range(again)}
    texts.add(json.dumps(check(subject.prop, subject.machine(), seed=3).to_json()))
    assert len(texts) == 1


def test_another_process_says_the_same() -> None:
    """Verdicts and replays do not depend on the process nor on its hash seed, byte for byte."""
    here = json.dumps(verdicts(), sort_keys=True)
    answer = subprocess.run(
        [sys.executable, "-m", "tests.checking.classics.verdicts"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "4242"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert answer.stdout == here


@each_bug
def test_its_token_replays_it(subject: Subject) -> None:
    """A token, pasted, gives the same trace and the same failure in a fresh machine."""
    example = check(subject.prop, subject.machine()).counterexample
    assert example is not None
    token = decode(example.token)
    assert token.slug == subject.name
    assert token.mismatches(subject.program.digest.hex()[:8]) == []
    run, again = replay_verdict(subject.prop, subject.machine(), token.workload, token.schedule)
    assert trace_digest(run) == example.trace_digest
    # A workload goes through JSON, so a pair comes back as a list; all that was observed is the same.
    assert again.counterexample is not None
    assert again.counterexample.rows == example.rows
    assert (again.counterexample.kind, again.counterexample.message) == (example.kind, example.message)


@each_subject
def test_the_corrected_twin_passes(subject: Subject) -> None:
    """``check`` has nothing to say against any corrected program."""
    verdict = check(subject.prop, subject.fixed_machine())
    assert verdict.status is Status.PASS, (verdict.reason, verdict.counterexample)


def pass_schedules(subject: Subject, budget: int) -> None:
    machine = subject.fixed_machine()
    found = explore(
        lambda strategy: execute(subject.prop, machine, dict(subject.larger), strategy),
        budget=budget,
        seed=1,
        stalls=subject.prop.stalls,
    )
    assert found.failure is None, (found.failure.outcome, found.failure.schedule)
    assert (found.runs, found.undecided) == (budget, 0)


@each_twin
def test_the_corrected_twin_passes_2000_schedules(subject: Subject) -> None:
    """No corrected program is accused, however it is scheduled."""
    pass_schedules(subject, 2_000)


@pytest.mark.slow
@each_twin
def test_the_corrected_twin_passes_20000_schedules(subject: Subject) -> None:
    """The same at length."""
    pass_schedules(subject, 20_000)


def test_only_a_stall_reveals_the_lease() -> None:
    """3,000 schedules in which time waits for every thread do not find it; trying single stalls does."""
    machine = LEASE.machine()

    def run(stalls: bool) -> bool:
        found = explore(
            lambda strategy: execute(LEASE.prop, machine, {"ttl": 1}, strategy),
            budget=3_000,
            seed=0,
            stalls=stalls,
        )
        assert stalls or found.runs == 3_000
        return found.failure is not None

    assert not run(stalls=False)
    assert run(stalls=True)
    verdict = check(replace(LEASE.prop, stalls=False), machine)
    assert verdict.status is Status.PASS


def test_two_delays_find_the_needle() -> None:
    """Two exact preemptions in some 100 steps: found by the exhaustive search, as the smallest schedule."""
    machine = NEEDLE.machine()
    census = Census(DEFAULT_ORDER)
    default = execute(NEEDLE.prop, machine, {}, census)
    strategies = at_most_two_delays(tuple(census.choices))
    runs = [execute(NEEDLE.prop, machine, {}, strategy) for strategy in strategies]
    failing = [run for run in runs if not run.outcome.ok]
    assert 95 <= default.steps <= 110
    assert 1 <= len(failing) <= 5 and len(runs) > 1_000
    assert all(len(run.schedule) == 2 for run in failing)
    small = shrink(
        failing[-1].schedule,
        lambda schedule: not execute(NEEDLE.prop, machine, {}, Replay(schedule)).outcome.ok,
    ).schedule
    recorded = execute(NEEDLE.prop, machine, {}, Replay(small), record=True)
    assert (recorded.preemptions, len(small)) == (NEEDLE.preemptions, NEEDLE.delays)


def test_thousands_of_random_runs_miss_the_needle() -> None:
    """Of 5,000 random runs of five kinds hardly one sees it: this is what the exhaustive search is for."""
    machine = NEEDLE.machine()
    hits = 0
    for seed in range(1_000):
        for strategy in (
            RandomWalk(seed),
            StickyWalk(seed, 0.05),
            StickyWalk(seed, 0.2),
            Pct(seed, 100, 2),
            Pct(seed, 100, 3),
        ):
            hits += not execute(NEEDLE.prop, machine, {}, strategy).outcome.ok
    assert hits <= 3


@pytest.mark.parametrize("seed", range(5))
def test_a_check_with_a_larger_budget_finds_the_needle(seed: int) -> None:
    """Where all two-delay schedules fit the budget, ``check`` executes them and finds what random runs miss."""
    verdict = check(NEEDLE.prop, NEEDLE.machine(), budget=2_000, seed=seed)
    assert verdict.status is Status.FAIL
    assert verdict.counterexample is not None
    assert verdict.counterexample.preemptions == NEEDLE.preemptions


@pytest.mark.parametrize("seed", range(5))
def test_a_check_that_misses_the_needle_claims_no_more_than_it_saw(seed: int) -> None:
    """``check`` passes the needle: its claim is the schedules it names, of one delay at most, never two."""
    verdict = check(NEEDLE.prop, NEEDLE.machine(), budget=100, seed=seed)
    assert verdict.status is Status.PASS
    assert 0 < verdict.schedules < 1_000
    assert verdict.workloads == 1
