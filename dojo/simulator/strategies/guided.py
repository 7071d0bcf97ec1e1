"""Guided: somebody decides at every crossing of a run; behind the last decision the default order goes on.

A crossing is where at least two threads could run, or time could pass while one stands, and where the thread
whose turn it is has just got it or has come to a spot worth a stop: another source line, the write of what it
has read on the same line, a lock to be acquired.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from dojo.simulator.schedule import Schedule
from dojo.simulator.spots import Spot, Spots
from dojo.simulator.strategies.base import Strategy
from dojo.simulator.strategies.replay import Replay
from dojo.simulator.threads import NEVER, SimThread

if TYPE_CHECKING:
    from dojo.simulator.machine import Program
    from dojo.simulator.scheduler import Scheduler


class Choice(NamedTuple):
    """A decision: let ``delays`` threads pass; without one, the thread in front may stand ``stall`` ns."""

    delays: int = 0
    stall: int = 0


@dataclass(frozen=True, slots=True)
class Crossing:
    """A point at which somebody decides.

    Attributes:
        spots: the threads that may be chosen, the default first; the k-th behind it is chosen by k delays.
        running: whether the first is in the middle of a turn.
        events: how many events the recorder had by then.
        now: virtual nanoseconds since the run began.
        deadline: when the earliest wait ends, on the same clock; None when none does by itself.
        may_stall: whether the first thread may be made to stand.
    """

    spots: tuple[Spot, ...]
    running: bool
    events: int
    now: int
    deadline: int | None
    may_stall: bool


class _Observer:
    """Sees the crossings of a run, whoever decides there."""

    def __init__(self, scheduler: Scheduler, program: Program, files: Sequence[str]) -> None:
        self.spots = Spots(program, files)
        self.stood: set[tuple[int, int]] = set()  # positions at which a thread was made to stand
        self._scheduler = scheduler

    def crossing(self, spot: Spot, ready: Sequence[SimThread], running: bool, stalls: bool) -> Crossing:
        scheduler = self._scheduler
        spots = [spot]
        for other in ready:
            if spots[-1].at in self.stood:
                break  # it cannot be passed over, see Guided
            spots.append(self.spots.of(other))
        now, recorder = scheduler.clock.elapsed, scheduler.recorder
        deadline = scheduler.timers.earliest()
        return Crossing(
            spots=tuple(spots),
            running=running,
            events=len(recorder.events) if recorder is not None else 0,
            now=now,
            deadline=None if deadline is None else deadline - scheduler.clock.now + now,
            # Once the main thread has returned time stands still; and each position can hold one stall.
            may_stall=stalls and not scheduler.threads[0].finished and spot.at not in self.stood,
        )


class Guided(Strategy):
    """Take the given choices at the crossings of a run, and note the first one beyond them.

    A thread that has stood still at a step cannot be passed over at that step: of a schedule, the delays at a
    position come before the stall there, so that the run could not be repeated.

    Args:
        choices: what to do at each crossing in turn.
        program: the learner's module.
        files: the files whose lines the reader knows, best first.
        stalls: whether time may pass while a thread stands.
        also: further positions, as (thread, step), that are worth a stop.
        until_blocked: pass over crossings, once the choices are used up, until the turn goes to another
            thread.

    Attributes:
        crossing: the first one that no choice was given for and that was not passed over; None when the run
            was over before it.
        passed: how many crossings came before that.
    """

    def __init__(
        self,
        choices: Sequence[Choice],
        program: Program,
        files: Sequence[str],
        *,
        stalls: bool = False,
        also: Collection[tuple[int, int]] = (),
        until_blocked: bool = False,
    ) -> None:
        self._choices = choices
        self._program, self._files = program, files
        self.stalls, self._also = stalls, frozenset(also)
        self._until_blocked = until_blocked

    def begin(self, scheduler: Scheduler) -> None:
        """Start before the first crossing."""
        self._observer = _Observer(scheduler, self._program, self._files)
        self._stall = 0
        self._turn = 0  # whom the last choice let go on
        self.crossing: Crossing | None = None
        self.passed = 0

    def next_at(self, thread: SimThread, ready: Sequence[SimThread]) -> int:
        """Be asked at every step, up to the crossing that is looked for."""
        return NEVER if self.crossing is not None else thread.steps + 1

    def choose(self, thread: SimThread, ready: Sequence[SimThread], running: bool) -> int:
        """Take the next choice at a crossing, the default elsewhere."""
        if self.crossing is not None:
            return 0
        spot, notable = self._observer.spots.arrive(thread, running)
        crossing = self._observer.crossing(spot, ready, running, self.stalls)
        known = spot.at in self._also
        # Where nobody else can run and no wait will end, time passes only at a position known to matter.
        passes = crossing.may_stall and (known or crossing.deadline is not None)
        if (running and not (notable or known)) or not (len(crossing.spots) > 1 or passes):
            return 0
        if self.passed < len(self._choices):
            choice = self._choices[self.passed]
        elif running and self._until_blocked and self._turn in (0, thread.ident):
            choice = Choice()
        else:
            self.crossing = crossing
            return 0
        self.passed += 1
        self._observer.spots.stopped(thread)
        delays = max(0, min(choice.delays, len(crossing.spots) - 1))
        self._turn = crossing.spots[delays].thread
        if crossing.may_stall and not delays:
            self._stall = max(0, choice.stall)
        return delays

    def stall(self, thread: SimThread) -> int:
        """The stall that the last choice asked for."""
        length, self._stall = self._stall, 0
        if length:
            self._observer.stood.add((thread.ident, thread.steps))
        return length


class Followed(Replay):
    """Replay a schedule and note each crossing at which it leaves the default order.

    Attributes:
        turns: the crossings, with what the schedule does there.
    """

    def __init__(self, schedule: Schedule, program: Program, files: Sequence[str]) -> None:
        super().__init__(schedule)
        self._program, self._files = program, files

    def begin(self, scheduler: Scheduler) -> None:
        """Start with empty notes."""
        super().begin(scheduler)
        self.turns: list[tuple[Crossing, Choice]] = []
        self._observer = _Observer(scheduler, self._program, self._files)

    def next_at(self, thread: SimThread, ready: Sequence[SimThread]) -> int:
        """Be asked at every step: where a thread stands depends on where it has been."""
        return thread.steps + 1

    def choose(self, thread: SimThread, ready: Sequence[SimThread], running: bool) -> int:
        """Follow the schedule; note where it passes over a thread."""
        spot, _ = self._observer.spots.arrive(thread, running)
        rotations = super().choose(thread, ready, running)
        if rotations:
            crossing = self._observer.crossing(spot, ready, running, True)
            self.turns.append((crossing, Choice(rotations % (len(ready) + 1))))
        return rotations

    def stall(self, thread: SimThread) -> int:
        """Follow the schedule; note where it makes a thread stand."""
        length = super().stall(thread)
        if length:
            spot = self._observer.spots.of(thread)
            self.turns.append((self._observer.crossing(spot, (), False, True), Choice(0, length)))
        return length
