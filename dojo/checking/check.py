"""Checks one property of one program: Hypothesis draws the workload, the explorer the schedule.

A failing schedule is shrunk by our own shrinker; then Hypothesis shrinks the workload under it; then the
schedule is shrunk once more. What is left is executed twice and must give the same trace both times.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from itertools import islice
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity

from dojo.checking import BUDGET
from dojo.checking.explain import counterexample, place_of_error, warnings_of
from dojo.checking.explore import Exploration, at_most_two_delays, explore
from dojo.checking.property import Property
from dojo.checking.shrink import shrink
from dojo.checking.sim import Sim
from dojo.checking.verdict import Status, Verdict, Warned
from dojo.simulator.machine import Machine, Run
from dojo.simulator.outcome import Ending
from dojo.simulator.schedule import DEFAULT_ORDER, Schedule
from dojo.simulator.strategies import DEFAULT, Census, RandomWalk, Replay, Strategy
from dojo.simulator.trace import render

RACE_STEPS = 4_000  # longer runs are not recorded for that: the analysis would cost more than the search
SHRINK_BUDGET = 2_500  # schedules for making a failure small
TWO_DELAY_BUDGET = 4_000  # schedules for finding one of two delays where more are left
SHRINK_SHARE = 60  # schedules for each smaller workload that is tried
RACE_RUNS = 3  # workloads of which runs are recorded for race warnings

Workload = dict[str, Any]
Progress = Callable[[int], None]


class _Found(Exception):
    """Tells Hypothesis that a workload fails."""


class OutOfMemory(Exception):
    """The program hit the memory limit; ``line`` is where, 0 if unknown."""

    def __init__(self, line: int) -> None:
        super().__init__("out of memory")
        self.line = line


def scenario(prop: Property, machine: Machine, workload: Workload) -> Callable[[], None]:
    """The main thread's code of a run: the property's body on a fresh module."""

    def main() -> None:
        sim = Sim(machine)
        prop.body(sim, **workload)
        sim.raise_unseen()

    return main


def execute(
    prop: Property, machine: Machine, workload: Workload, strategy: Strategy, *, record: bool = False
) -> Run:
    """Run a property once."""
    return machine.run(
        scenario(prop, machine, workload),
        strategy,
        max_steps=prop.max_steps,
        allow_leaks=prop.allow_leaks,
        record=record,
    )


def check(
    prop: Property,
    machine: Machine,
    *,
    budget: int = BUDGET,
    seed: int = 0,
    progress: Progress | None = None,
) -> Verdict:
    """Decide whether a program keeps a property.

    Args:
        prop: the property.
        machine: holds the program.
        budget: schedules to execute at most, shrinking apart.
        seed: decides every random choice.
        progress: told the number of runs begun so far, before each run.

    Raises:
        OutOfMemory: the program hit the memory limit: shrinking would hit it again and again.

    Returns:
        A verdict that claims no more than was executed.
    """
    return _Campaign(prop, machine, budget, seed, progress or (lambda done: None)).verdict()


class _Campaign:
    def __init__(self, prop: Property, machine: Machine, budget: int, seed: int, progress: Progress) -> None:
        self._prop = prop
        self._machine = machine
        self._budget = budget
        self._seed = seed
        self._progress = progress
        self._begun = 0  # runs of every kind, for the progress display
        self._executed = 0  # schedules explored
        self._shrinking = 0  # schedules spent on making a failure small
        self._workloads = 0
        self._one_delay = True
        self._every = True
        self._undecided = 0
        self._untried = 0
        self._found_after = 0
        self._first: Run | None = None
        self._failing: dict[str, Schedule] = {}  # by workload
        self._passing: set[str] = set()
        self._smallest: tuple[Workload, Schedule] | None = None
        self._warnings: list[Warned] = []

    # --- the search ----------------------------------------------------------------------------------

    def verdict(self) -> Verdict:
        try:
            for example in self._prop.examples:
                self._judge(dict(example))
            self._generate()
        except _Found:
            return self._failure()
        if self._undecided:
            reason = f"{self._undecided} runs were not over after {self._prop.max_steps} steps"
            return self._result(Status.INCONCLUSIVE, reason=reason)
        if self._untried:
            reason = (
                f"the budget of {self._budget} schedules ran out before {self._untried} workloads were tried"
            )
            return self._result(Status.INCONCLUSIVE, reason=reason)
        return self._result(Status.PASS)

    def _generate(self) -> None:
        if not self._prop.workload:
            if not self._prop.examples:
                self._judge({})
            return
        settings = hypothesis.settings(
            max_examples=self._prop.workloads,
            database=None,
            deadline=None,
            derandomize=False,
            phases=(Phase.generate, Phase.shrink),
            report_multiple_bugs=False,
            print_blob=False,
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        )

        @hypothesis.seed(self._seed)
        @settings
        @hypothesis.given(**self._prop.workload)
        def judge(**workload: Any) -> None:
            self._judge(workload)

        judge()

    def _judge(self, workload: Workload) -> None:
        # Hypothesis tells bugs apart by where they are raised: there is one place only.
        if self._fails(workload):
            raise _Found

    def _fails(self, workload: Workload) -> bool:
        """Whether a workload fails; asked twice it answers the same, whatever budget is left by then."""
        key = json.dumps(workload, sort_keys=True)
        if key not in self._failing:
            if key in self._passing:
                return False
            failure = self._explore(workload)
            if failure is None:
                self._passing.add(key)
                return False
            if isinstance(failure.outcome.exception, MemoryError):
                place = place_of_error(failure.outcome.exception, self._machine.program.filename)
                raise OutOfMemory(place[1] if place else 0)
            if self._first is None:
                self._first, self._found_after = failure, self._executed
            self._failing[key] = self._shrunk(workload, failure.schedule)
        self._smallest = (workload, self._failing[key])
        return True

    def _share(self) -> int:
        """Budget for the next workload: a large part of what is left, so that early ones are searched deeply."""
        left = self._budget - self._executed
        drawn = self._prop.workloads if self._prop.workload else 0
        to_come = max(1, len(self._prop.examples) + drawn - self._workloads)
        if to_come <= 4:
            return min(left, max(1, left // to_come))
        return min(left, max(1, left // 4, min(4, left // to_come)))

    def _explore(self, workload: Workload) -> Run | None:
        """Search one workload; return a run that fails as the first failure did."""
        if self._first is not None:
            return self._explore_smaller(workload)
        if (share := self._share()) < 1:
            self._untried += 1
            return None
        found = self._search(workload, share)
        if self._workloads < RACE_RUNS and found.longest <= RACE_STEPS:
            self._look_for_races(workload)
        self._executed += found.runs
        self._workloads += 1
        self._one_delay = self._one_delay and found.one_delay
        self._every = self._every and found.every
        self._undecided += found.undecided
        return found.failure

    def _explore_smaller(self, workload: Workload) -> Run | None:
        if self._shrinking >= SHRINK_BUDGET:
            return None
        found = self._search(workload, SHRINK_SHARE)
        self._shrinking += found.runs
        return found.failure if found.failure is not None and self._same(found.failure) else None

    def _search(self, workload: Workload, budget: int) -> Exploration:
        return explore(
            lambda strategy: self._execute(workload, strategy),
            budget=budget,
            seed=self._seed + self._workloads,
            stalls=self._prop.stalls,
            first=tuple(dict.fromkeys(reversed(self._failing.values())))[:6],
        )

    def _execute(self, workload: Workload, strategy: Strategy) -> Run:
        self._begun += 1
        self._progress(self._begun)
        return execute(self._prop, self._machine, workload, strategy)

    def _look_for_races(self, workload: Workload) -> None:
        # Locks that happen to be taken in a fixed order hide a race in the default order: walk once, too.
        for strategy in (DEFAULT, RandomWalk(self._seed)):
            run = execute(self._prop, self._machine, workload, strategy, record=True)
            for warning in warnings_of(run, self._machine.program.filename):
                if warning not in self._warnings:
                    self._warnings.append(warning)

    def _same(self, run: Run) -> bool:
        """Whether a run fails in the way the first failure did: shrinking must not slip to another bug."""
        first = self._first
        if first is None:
            return True
        one, other = first.outcome, run.outcome
        return one.ending is other.ending and _class_name(one.exception) == _class_name(other.exception)

    def _shrunk(self, workload: Workload, schedule: Schedule) -> Schedule:
        def fails(candidate: Schedule) -> bool:
            self._shrinking += 1
            run = self._execute(workload, Replay(candidate))
            bad = not run.outcome.ok and run.outcome.ending is not Ending.STEP_LIMIT
            return bad and self._same(run)

        return shrink(schedule, fails).schedule

    def _in_two_delays(self, workload: Workload) -> Schedule | None:
        """A schedule of at most two delays that fails in the same way: making a longer one small may miss it."""
        census = Census(DEFAULT_ORDER)
        self._execute(workload, census)
        for strategy in islice(at_most_two_delays(census.choices), TWO_DELAY_BUDGET):
            run = self._execute(workload, strategy)
            if not run.outcome.ok and run.outcome.ending is not Ending.STEP_LIMIT and self._same(run):
                return self._shrunk(workload, run.schedule)
        return None

    # --- the answer ----------------------------------------------------------------------------------

    def _failure(self) -> Verdict:
        assert self._smallest is not None
        workload, schedule = self._smallest
        if len(schedule.delays) > 2:
            schedule = self._in_two_delays(workload) or schedule
        runs = [execute(self._prop, self._machine, workload, Replay(schedule), record=True) for _ in range(2)]
        traces = [render(run.events, run.names) for run in runs]
        difference = first_difference(traces[0], traces[1])
        if difference or not all(map(self._same, runs)):
            reason = difference or "the failing schedule ended otherwise when it was executed again"
            return self._result(Status.BROKEN, reason=f"two runs of one schedule differ: {reason}")
        example = counterexample(
            self._prop, self._machine.program, runs[0], workload, schedule, trace_digest(runs[0])
        )
        return self._result(Status.FAIL, counterexample=example)

    def _result(self, status: Status, **more: Any) -> Verdict:
        return Verdict(
            property=self._prop.name,
            why=self._prop.why,
            slug=self._prop.slug,
            status=status,
            schedules=self._executed,
            workloads=self._workloads,
            one_delay=self._one_delay and status is Status.PASS,
            every=self._every and status is Status.PASS,
            found_after=self._found_after,
            warnings=self._warnings,
            **more,
        )


def replay_verdict(
    prop: Property, machine: Machine, workload: Workload, schedule: Schedule
) -> tuple[Run, Verdict]:
    """Run one schedule of one workload, recorded, and say what came of it: what ``grader.py replay`` shows."""
    run = execute(prop, machine, workload, Replay(schedule), record=True)
    example = None
    if not run.outcome.ok:
        example = counterexample(prop, machine.program, run, workload, schedule, trace_digest(run))
    status = Status.PASS if run.outcome.ok else Status.FAIL
    return run, Verdict(prop.name, prop.why, prop.slug, status, 1, 1, counterexample=example)


def trace_digest(run: Run) -> str:
    """A fingerprint of everything that happened in a recorded run."""
    return hashlib.sha256(render(run.events, run.names).encode()).hexdigest()[:16]


def _class_name(error: BaseException | None) -> str:
    # By name: a learner's own exception is another class in every run, as the module is loaded afresh.
    return f"{type(error).__module__}.{type(error).__qualname__}"


def first_difference(one: str, other: str) -> str:
    """The first line in which two traces differ, or ""."""
    if one == other:
        return ""
    left, right = one.splitlines(), other.splitlines()
    for first, second in zip(left, right, strict=False):
        if first != second:
            return f"{first.strip()!r} against {second.strip()!r}"
    return f"one has {len(left)} events, the other {len(right)}"
