"""The scheduler: runs simulated threads one at a time, in an order that a strategy may change, in virtual time.

All threads are greenlets of one operating-system thread. The hub (``_loop``) picks who runs; a running
thread keeps the processor until it blocks, ends, or a strategy delays it at a preemption point. When no
thread is ready the clock jumps to the earliest deadline; when there is none, the run is over or deadlocked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

import greenlet

from dojo.simulator.carriers import Carriers
from dojo.simulator.clock import VirtualClock
from dojo.simulator.ending import ending, raised
from dojo.simulator.outcome import Outcome
from dojo.simulator.schedule import Delay, Schedule, Stall
from dojo.simulator.strategies import DEFAULT, Strategy
from dojo.simulator.teardown import refuse, unwind
from dojo.simulator.threads import MAIN_IDENT, NEVER, Killed, SimThread, names_of, nothing, own_name
from dojo.simulator.timers import Timers
from dojo.simulator.trace import Recorder
from dojo.simulator.watchdog import IDLE_LIMIT, QUANTUM, Watchdog


class Scheduler:
    """Deterministic execution of one run at a time; reused from run to run."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        # Stands for the thread that builds and resets worlds.
        self.outside = SimThread(MAIN_IDENT, nothing)
        self.current = self.outside
        self.closing = False
        self.carriers = Carriers(self._live)
        self.timers = Timers()
        self.watchdog = Watchdog(self)
        self.recorder: Recorder | None = None
        self._reset()

    def _reset(self) -> None:
        self.clock.reset()
        self.current = self.outside
        self.threads: list[SimThread] = []
        self.ready: deque[SimThread] = deque()
        self.outcome: Outcome | None = None
        self.delays: list[Delay] = []
        self.stalls: list[Stall] = []
        self.waits: set[int] = set()  # the different lengths of time that threads waited for, in ns
        self.total_steps = 0
        self.timers.clear()
        self._handoff: SimThread | None = None
        self.booting: SimThread | None = None
        self._starter = self.outside
        # Dropping the last run may have finalised generators of it: their steps belong to no run.
        self.outside.steps = 1
        self.closing = False

    # --- a run -------------------------------------------------------------------------------------

    def run(
        self,
        main: Callable[[], None],
        strategy: Strategy,
        *,
        max_steps: int,
        max_idle: int = IDLE_LIMIT,
        recorder: Recorder | None = None,
        allow_leaks: bool = False,
        begin: Callable[[], None] | None = None,
    ) -> Outcome:
        """Run ``main`` as the main thread until everything has ended.

        Args:
            main: the scenario; it may start threads.
            strategy: decides where threads are delayed.
            max_steps: preemption points of all threads together before the run is given up.
            max_idle: those in a row in which no thread blocks, starts or ends before nobody gets on.
            recorder: when given, told of every step.
            allow_leaks: whether threads may be left blocked when ``main`` has returned.
            begin: called once the run's state is fresh, before ``main``.

        Returns:
            How the run ended.
        """
        self._reset()
        self.hub = greenlet.getcurrent()
        self.carriers.prepare(self.hub)
        self.strategy = strategy
        self.recorder = recorder
        self.watchdog.reset(max_steps, max_idle)
        self._eager = strategy.eager
        self.main_returned = False
        strategy.begin(self)
        if begin is not None:
            begin()
        self.start(lambda: self._run_main(main))
        try:
            self._loop()
            if self.outcome is None:
                self.outcome = ending(self, allow_leaks)
        finally:
            self._close()
        return self.outcome

    def be_fair(self) -> None:
        """Leave the strategy and go on in default order, in which every thread gets its turn."""
        self.strategy = DEFAULT
        self._eager = False

    def schedule(self) -> Schedule:
        """Every deviation from the default order that the last run took, as a schedule that repeats it."""
        return Schedule(tuple(self.delays), tuple(self.stalls))

    def _run_main(self, main: Callable[[], None]) -> None:
        main()
        self.main_returned = True

    def _loop(self) -> None:
        """Give one thread after the other its turn.

        Written out on purpose: small as threads are, the changes from one to another are half of a run.
        """
        watchdog, recorder, ready = self.watchdog, self.recorder, self.ready
        while self.outcome is None:
            thread = self._handoff
            if thread is not None:
                self._handoff = None
            else:
                thread = self._next()
                if thread is None:
                    return
            self.current = thread
            thread.ready = False
            thread.resumed_at = steps = thread.steps
            thread.ask_at = ask_at = self.strategy.next_at(thread, ready)
            thread.fair_at = fair_at = steps + QUANTUM
            if recorder is not None:
                thread.next_at = 0
                recorder.resumed(thread)
            else:
                thread.next_at = ask_at if ask_at < fair_at else fair_at
            if thread.greenlet is not None:
                thread.greenlet.switch()
            else:
                thread.greenlet = self.carriers.take()
                thread.greenlet.switch(thread)
            steps = thread.steps
            self.total_steps = total = self.total_steps + steps - thread.resumed_at
            thread.resumed_at = steps
            self.current = self.outside
            if (
                total >= watchdog.max_steps or total - watchdog.progress_at >= QUANTUM
            ) and self.outcome is None:
                self.outcome = watchdog.look(thread)

    def _next(self) -> SimThread | None:
        ready = self.ready
        while True:
            while not ready:
                # After main has returned time stands still: whoever has not ended by then is left over.
                if not (self._end_stalls() if self.main_returned else self._advance()):
                    return None
            chosen = self._decide(ready.popleft(), False)
            if chosen is not None:
                return chosen

    def _decide(self, thread: SimThread, running: bool) -> SimThread | None:
        """Ask the strategy; return who runs now, or None when that thread was stalled."""
        strategy, ready = self.strategy, self.ready
        rotations = strategy.choose(thread, ready, running)
        while rotations:
            rotations -= 1
            self.delays.append(Delay(thread.ident, thread.steps))
            thread.ready = True
            ready.append(thread)
            thread = ready.popleft()
            thread.ready = False
        length = strategy.stall(thread) if strategy.stalls else 0
        if length:
            self.stalls.append(Stall(thread.ident, thread.steps, length))
            thread.ready = False
            thread.held_up = self.timers.next_serial()
            self.timers.add(self.clock.now + length, thread.held_up, thread)
            if self.recorder is not None:
                self.recorder.stalled(thread, length)
            return None
        return thread

    # --- called by the hooks and the simulated primitives, on the running thread ---------------------

    def point(self, thread: SimThread) -> None:
        """A preemption point that left the fast path: ask the strategy, keep the run fair and bounded."""
        if self.closing:
            refuse(self, thread)
        if thread.steps >= thread.ask_at:
            # The own step counts as executed only once it is: a preempted thread resumes at this step.
            chosen = self._decide(thread, True)
            if chosen is not thread:
                self._handoff = chosen
                if self.recorder is not None and not thread.held_up:
                    self.recorder.preempted(thread)
                self._leave(thread)
            else:
                thread.ask_at = self.strategy.next_at(thread, self.ready)
        if thread.steps >= thread.fair_at:
            self._use_up_quantum(thread)
        # A strategy is never asked earlier because a recorder listens to every step: its choices would change.
        thread.next_at = 0 if self.recorder is not None else min(thread.ask_at, thread.fair_at)

    def _use_up_quantum(self, thread: SimThread) -> None:
        """Let the others run, as a fair scheduler would; the hub looks whether anybody gets on."""
        thread.ready = True
        self.ready.append(thread)
        self._leave(thread)

    def park(self, thread: SimThread, waiting_on: Any, deadline: int | None = None) -> bool:
        """Block the running thread until it is woken or ``deadline`` (ns) comes; tell whether it came."""
        if self.closing:
            refuse(self, thread)
        thread.steps += 1
        if deadline is None or deadline > self.clock.now:
            self.watchdog.progress(thread)
        self._wait(thread, waiting_on, deadline)
        if deadline is not None and len(self.waits) < 64:
            self.waits.add(deadline - self.clock.now)
        if self.recorder is not None:
            self.recorder.blocked(thread)
        self._leave(thread)
        thread.wakeups += 1
        thread.waiting_on = None
        thread.parked = 0
        return thread.due

    def park_again(self, thread: SimThread, waiting_on: Any, deadline: int | None) -> None:
        """Go on waiting after a wake-up for something that another thread took first."""
        if self.closing:
            refuse(self, thread)
        self._wait(thread, waiting_on, deadline)
        self._leave(thread)
        thread.waiting_on = None
        thread.parked = 0

    def _wait(self, thread: SimThread, waiting_on: Any, deadline: int | None) -> None:
        thread.parked = self.timers.next_serial()
        thread.waiting_on = waiting_on
        thread.deadline = deadline
        thread.due = False
        if deadline is not None:
            self.timers.add(deadline, thread.parked, thread)

    def _leave(self, thread: SimThread) -> None:
        self.hub.switch()
        if self.closing:
            raise Killed

    def wake(self, thread: SimThread) -> None:
        """Make a parked thread ready."""
        if thread.ready or thread.finished or thread.held_up:
            return
        thread.ready = True
        self.ready.append(thread)
        current = self.current
        if current is not self.outside:
            self.watchdog.idle_wakeups = 0
            if self.recorder is not None:
                self.recorder.woken(current, thread)
        if self._eager and current is not self.outside:
            current.ask_at = self.strategy.next_at(current, self.ready)
            current.next_at = min(current.next_at, current.ask_at)

    def unready(self, thread: SimThread) -> None:
        """Take back a wake-up: what the thread was woken for has gone to another."""
        thread.ready = False
        self.ready.remove(thread)

    def yield_now(self, thread: SimThread) -> None:
        """Give up the processor and go to the back of the ready queue, as ``sleep(0)`` does."""
        if self.closing:
            refuse(self, thread)
        thread.steps += 1
        self.watchdog.waited_in_vain()
        thread.ready = True
        self.ready.append(thread)
        self._leave(thread)

    def start(self, run: Callable[[], None], owner: Any = None) -> SimThread:
        """Create a thread; a ``threading.Thread`` (``owner``) boots at once, before its starter goes on."""
        if self.closing:
            raise Killed
        thread = SimThread(MAIN_IDENT + len(self.threads), run)
        thread.owner = owner
        self.threads.append(thread)
        starter = self.current
        if self.recorder is not None and starter is not self.outside:
            self.recorder.started(starter, thread)
        if starter is not self.outside:
            self.watchdog.progress(starter)
        if owner is None:
            self.wake(thread)
        else:
            # The hub runs it until it has booted and then comes back here: no step, no choice, and the new
            # greenlet does not inherit the starter's recursion depth.
            self.booting, self._starter = thread, starter
            self._handoff = thread
            self.ready.appendleft(starter)
            starter.ready = True
            self._leave(starter)
        return thread

    def booted(self, thread: SimThread) -> None:
        """A thread being started has registered itself: hand back to its starter."""
        self.booting = None
        if self._starter.ready:
            self.ready.remove(self._starter)
            self._handoff = self._starter
        self.wake(thread)
        self._leave(thread)

    def uncaught(self, exception: BaseException) -> None:
        """An exception left the running thread's own function."""
        if not self.closing and not isinstance(exception, Killed) and self.outcome is None:
            self.outcome = raised(self, self.current, exception)

    def name_of(self, thread: SimThread) -> str:
        """The name a reader knows the thread by; no two threads of a run have the same."""
        return names_of(self.threads[: thread.ident - MAIN_IDENT + 1])[-1]

    # --- inside ----------------------------------------------------------------------------------------

    def _live(self, thread: SimThread) -> None:
        try:
            thread.run()
            thread.steps += 1  # with nothing left to do it is still alive: who does not join it may see that
            if thread.steps >= thread.next_at and thread.ident != MAIN_IDENT:
                self.point(thread)
        except Killed:
            pass
        except BaseException as error:
            self.uncaught(error)
        finally:
            thread.finished = True
            thread.next_at = NEVER  # it has had its last turn: whatever still dies with it is not interrupted
            # A Thread object must be able to die with its thread: weak references tell, threading.local cleans up.
            thread.last_name, thread.owner = own_name(thread), None
            self.watchdog.progress(thread)
            if self.recorder is not None and not self.closing:
                self.recorder.ended(thread)
            # What leads in a circle would have to be collected, which took a tenth of all time.
            joiners, thread.joiners = thread.joiners, []
            for release in joiners:
                release()
            thread.run = nothing  # what dies with it dies now, when it has ended for all others
            thread.greenlet = None  # it carries another thread soon

    def _end_stalls(self) -> bool:
        """Let stalled threads go on at once; False when there is none."""
        stalled = [thread for thread in self.threads if thread.held_up]
        for thread in stalled:
            thread.held_up = 0
            self.wake(thread)
        return bool(stalled)

    def _advance(self) -> bool:
        """Jump to the earliest deadline and make every thread due then ready; False when there is none."""
        deadline = self.timers.earliest()
        if deadline is None:
            return False
        self.clock.move_to(deadline)
        if self.recorder is not None:
            self.recorder.clock_moved()
        for serial, thread in self.timers.due(self.clock.now):
            if thread.held_up == serial:
                thread.held_up = 0
                self.wake(thread)
            elif thread.parked == serial:
                thread.due = True
                self.watchdog.idle_wakeups += 1
                self.wake(thread)
        return True

    def _close(self) -> None:
        """Unwind every thread that is left, so that no state of this run reaches the next."""
        self.closing = True
        self.recorder = None
        unwind(self)
        self.current = self.outside
        self.ready.clear()
        self.timers.clear()
