"""Watches a run for ways of not ending: endless loops, livelock, polling, and simply too many steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dojo.simulator.outcome import Ending, Outcome
from dojo.simulator.snapshot import thread_states
from dojo.simulator.threads import SimThread

if TYPE_CHECKING:
    from dojo.simulator.scheduler import Scheduler

QUANTUM = 2_000  # own steps after which a thread that never blocks lets the others run
IDLE_LIMIT = 50_000  # steps of all threads in a row in which none blocks, starts or ends: nobody gets on
IDLE_WAKEUPS = 1_000  # by the clock, with no thread waking, starting or ending in between: polling
POLLING_READS = QUANTUM // 50  # looks at the clock in a loop that does nothing else of note
PATIENCE = 50  # waits of no length in a row, each after a look at the clock, before that is helped on


class Watchdog:
    """Counts what happens without anybody getting on; reset for every run.

    Attributes:
        max_steps: of all threads together; a run that has as many is over.
        progress_at: how many there had been when somebody got on last.
    """

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.reset(0, IDLE_LIMIT)

    def reset(self, max_steps: int, max_idle: int) -> None:
        """Start watching a run with these limits, in steps of all threads together."""
        self.clock_reads = 0
        self.idle_wakeups = 0
        self.max_steps = max_steps
        self._max_idle = max_idle
        self.progress_at = 0
        self._reads_at_progress = 0
        self._waits_in_vain = 0
        self._reads_in_vain = 0

    def progress(self, thread: SimThread) -> None:
        """A thread blocks, starts another or ends: somebody gets on."""
        self.progress_at = self._scheduler.total_steps + thread.steps - thread.resumed_at
        self._reads_at_progress = self.clock_reads
        self._waits_in_vain = 0

    def look(self, thread: SimThread) -> Outcome | None:
        """After a turn of ``thread``: the ending of a run that is too long, or in which nobody gets on."""
        scheduler = self._scheduler
        idle = scheduler.total_steps - self.progress_at
        if idle >= QUANTUM:
            # Only what hangs under a fair order is called a livelock.
            scheduler.be_fair()
        if idle >= self._max_idle:
            return self._nobody_gets_on(thread)
        if scheduler.total_steps >= self.max_steps:
            return self._too_long(thread)
        return None

    def waited_in_vain(self) -> None:
        """Help on a thread that looks at the clock and waits for 0 seconds, again and again.

        Code that gives up only when ``deadline - now < 0``, as ``concurrent.futures.as_completed`` does, would
        loop for ever at exactly its deadline. In nanoseconds, too, time then has to move on, if by very little.
        """
        if self.clock_reads == self._reads_in_vain:
            return
        scheduler = self._scheduler
        self._reads_in_vain = self.clock_reads
        self._waits_in_vain += 1
        if self._waits_in_vain % PATIENCE == 0:
            scheduler.clock.nudge()
        if self._waits_in_vain == 5 * PATIENCE:
            scheduler.clock.move_to(scheduler.clock.now + 1)
            if scheduler.recorder is not None:
                scheduler.recorder.clock_moved()

    def _too_long(self, thread: SimThread) -> Outcome:
        """The step limit is reached: by wake-ups by the clock that changed nothing, or by work."""
        name = self._scheduler.name_of(thread)
        states = thread_states(self._scheduler)
        if self.idle_wakeups >= IDLE_WAKEUPS:
            text = f"{name} has woken up {self.idle_wakeups} times in a row to find that nothing has changed"
            return Outcome(Ending.POLLING, text, name, threads=states)
        return Outcome(Ending.STEP_LIMIT, f"not over after {self.max_steps} steps", name, threads=states)

    def _nobody_gets_on(self, thread: SimThread) -> Outcome:
        scheduler = self._scheduler
        name = scheduler.name_of(thread)
        others = [scheduler.name_of(each) for each in scheduler.ready if each is not thread]
        states = thread_states(scheduler)
        if self.clock_reads - self._reads_at_progress > POLLING_READS:
            text = f"{name} reads the clock in a loop without waiting; virtual time never moves for it"
            return Outcome(Ending.POLLING, text, name, threads=states)
        if others:
            text = f"{', '.join([name, *others])} keep running, and none of them gets on"
            return Outcome(Ending.LIVELOCK, text, name, threads=states)
        return Outcome(Ending.ENDLESS_LOOP, f"{name} loops without end and never waits", name, threads=states)
