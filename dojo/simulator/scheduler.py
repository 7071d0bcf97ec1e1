"""The scheduler: runs simulated threads one at a time, in an order that a strategy may change, in virtual time.

All threads are greenlets of one operating-system thread. The hub (``_loop``) picks who runs; a running
thread keeps the processor until it blocks, ends, or a strategy delays it at a preemption point. When no
thread is ready the clock jumps to the earliest deadline; when there is none, the run is over or deadlocked.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

import greenlet

from dojo.simulator.clock import VirtualClock
from dojo.simulator.outcome import FINISHED, Ending, Outcome
from dojo.simulator.schedule import Delay, Schedule, Stall
from dojo.simulator.snapshot import thread_states
from dojo.simulator.strategies import DEFAULT, Strategy
from dojo.simulator.threads import Killed, SimThread
from dojo.simulator.trace import Recorder

MAIN_IDENT = 1
QUANTUM = 2_000  # own steps after which a thread that never blocks lets the others run
IDLE_LIMIT = 12_000  # steps of all threads without one that blocks, wakes, starts or ends: nobody gets on
IDLE_WAKEUPS = 1_000  # by the clock, with no thread waking, starting or ending in between: polling
KILL_TRIES = 50
PATIENCE = 50  # waits of no length in a row, each after a look at the clock, before that is helped on

_unkillable: list[Any] = []  # greenlets that refused to die; kept so that nothing resumes them


class Sleep:
    """What a sleeping thread waits for."""

    __slots__ = ()


SLEEP = Sleep()


class Scheduler:
    """Deterministic execution of one run at a time; reused from run to run."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.outside = SimThread(MAIN_IDENT, None, None)  # stands for the thread that builds and resets worlds
        self.current = self.outside
        self.closing = False
        self.leaked = 0
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
        self.clock_reads = 0
        self.total_steps = 0
        self._progress_at = 0
        self._reads_at_progress = 0
        self._idle_wakeups = 0
        self._waits_in_vain = 0
        self._reads_in_vain = 0
        self._timers: list[tuple[int, int, SimThread, int]] = []
        self._serial = 0
        self._handoff: SimThread | None = None
        self._booting: SimThread | None = None
        self._starter = self.outside
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
        self.strategy = strategy
        self.recorder = recorder
        self.max_steps = max_steps
        self.max_idle = max_idle
        self._eager = strategy.eager
        self._main_returned = False
        strategy.begin(self)
        if begin is not None:
            begin()
        self.start(lambda: self._run_main(main))
        try:
            self._loop()
            if self.outcome is None:
                self.outcome = self._ending(allow_leaks)
        finally:
            self._close()
        return self.outcome

    def schedule(self) -> Schedule:
        """Every deviation from the default order that the last run took, as a schedule that repeats it."""
        return Schedule(tuple(self.delays), tuple(self.stalls))

    def _run_main(self, main: Callable[[], None]) -> None:
        main()
        self._main_returned = True

    def _loop(self) -> None:
        while self.outcome is None:
            thread = self._next()
            if thread is None:
                return
            self._resume(thread)

    def _resume(self, thread: SimThread) -> None:
        self.current = thread
        thread.ready = False
        thread.resumed_at = thread.steps
        self._arm(thread)
        if self.recorder is not None:
            self.recorder.resumed(thread)
        thread.greenlet.switch()  # type: ignore[union-attr]
        self.total_steps += thread.steps - thread.resumed_at
        thread.resumed_at = thread.steps
        self.current = self.outside
        self._watch(thread)

    def _next(self) -> SimThread | None:
        if self._handoff is not None:
            thread, self._handoff = self._handoff, None
            return thread
        ready = self.ready
        while True:
            while not ready:
                # After main has returned time stands still: whoever has not ended by then is left over.
                if not (self._end_stalls() if self._main_returned else self._advance()):
                    return None
            thread = self._decide(ready.popleft(), running=False)
            if thread is not None:
                return thread

    def _decide(self, thread: SimThread, *, running: bool) -> SimThread | None:
        """Ask the strategy; return who runs now, or None when that thread was stalled."""
        ready = self.ready
        rotations = self.strategy.choose(thread, ready, running)
        for _ in range(rotations):
            self.delays.append(Delay(thread.ident, thread.steps))
            thread.ready = True
            ready.append(thread)
            thread = ready.popleft()
            thread.ready = False
        length = self.strategy.stall(thread)
        if length:
            self.stalls.append(Stall(thread.ident, thread.steps, length))
            self._serial += 1
            thread.ready = False
            thread.held_up = self._serial
            heappush(self._timers, (self.clock.now + length, self._serial, thread, self._serial))
            if self.recorder is not None:
                self.recorder.stalled(thread, length)
            return None
        return thread

    def _arm(self, thread: SimThread) -> None:
        thread.ask_at = self.strategy.next_at(thread, self.ready)
        thread.fair_at = thread.steps + QUANTUM
        if self.recorder is not None:
            thread.next_at = 0
        else:
            thread.next_at = min(thread.ask_at, thread.fair_at)

    # --- called by the hooks and the simulated primitives, on the running thread ---------------------

    def point(self, thread: SimThread) -> None:
        """A preemption point that left the fast path: ask the strategy, keep the run fair and bounded."""
        if self.closing:
            self._refuse(thread)
        if thread.steps >= thread.ask_at:
            # The own step counts as executed only once it is: a preempted thread resumes at this step.
            chosen = self._decide(thread, running=True)
            if chosen is not thread:
                self._handoff = chosen
                if self.recorder is not None and not thread.held_up:
                    self.recorder.preempted(thread)
                self._leave(thread)
        if thread.steps >= thread.fair_at:
            self._use_up_quantum(thread)
        self._arm_again(thread)

    def _arm_again(self, thread: SimThread) -> None:
        thread.ask_at = self.strategy.next_at(thread, self.ready)
        thread.next_at = 0 if self.recorder is not None else min(thread.ask_at, thread.fair_at)

    def _use_up_quantum(self, thread: SimThread) -> None:
        """Let the others run, as a fair scheduler would; the hub looks whether anybody gets on."""
        thread.ready = True
        self.ready.append(thread)
        self._leave(thread)

    def _watch(self, thread: SimThread) -> None:
        """After a turn of ``thread``: end a run that is too long, or in which nobody gets on."""
        if self.outcome is not None:
            return
        idle = self.total_steps - self._progress_at
        if idle >= QUANTUM and self.strategy is not DEFAULT:
            # Only what hangs under a fair order is called a livelock.
            self.strategy = DEFAULT
            self._eager = False
        if idle >= self.max_idle:
            self.outcome = self._nobody_gets_on(thread)
        elif self.total_steps >= self.max_steps:
            self.outcome = self._too_long(thread)

    def _too_long(self, thread: SimThread) -> Outcome:
        """The step limit is reached: for nothing but wake-ups by the clock that changed nothing, or for work."""
        name = self.name_of(thread)
        states = thread_states(self)
        if self._idle_wakeups >= IDLE_WAKEUPS:
            text = f"{name} has woken up {self._idle_wakeups} times in a row to find that nothing has changed"
            return Outcome(Ending.POLLING, text, name, threads=states)
        return Outcome(Ending.STEP_LIMIT, f"not over after {self.max_steps} steps", name, threads=states)

    def _nobody_gets_on(self, thread: SimThread) -> Outcome:
        name = self.name_of(thread)
        others = [t for t in self.ready if t is not thread]
        states = thread_states(self)
        if self.clock_reads - self._reads_at_progress > QUANTUM // 50:
            text = f"{name} reads the clock in a loop without waiting; virtual time never moves for it"
            return Outcome(Ending.POLLING, text, name, threads=states)
        if others:
            names = ", ".join([name, *(self.name_of(t) for t in others)])
            return Outcome(Ending.LIVELOCK, f"{names} keep running, and none of them gets on", name, threads=states)
        return Outcome(Ending.ENDLESS_LOOP, f"{name} loops without end and never waits", name, threads=states)

    def park(self, thread: SimThread, waiting_on: Any, deadline: int | None = None) -> bool:
        """Block the running thread until it is woken or ``deadline`` (ns) comes; tell whether it came."""
        if self.closing:
            self._refuse(thread)
        thread.steps += 1
        if deadline is None or deadline > self.clock.now:
            self._progress(thread)
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
            self._refuse(thread)
        self._wait(thread, waiting_on, deadline)
        self._leave(thread)
        thread.waiting_on = None
        thread.parked = 0

    def _wait(self, thread: SimThread, waiting_on: Any, deadline: int | None) -> None:
        self._serial += 1
        thread.parked = self._serial
        thread.waiting_on = waiting_on
        thread.deadline = deadline
        thread.due = False
        if deadline is not None:
            heappush(self._timers, (deadline, self._serial, thread, self._serial))

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
            self._idle_wakeups = 0
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
            self._refuse(thread)
        thread.steps += 1
        self.waited_in_vain()
        thread.ready = True
        self.ready.append(thread)
        self._leave(thread)

    def waited_in_vain(self) -> None:
        """Help on a thread that looks at the clock and waits for 0 seconds, again and again.

        Code that gives up only when ``deadline - now < 0``, as ``concurrent.futures.as_completed`` does, would
        loop for ever at exactly its deadline. In nanoseconds, too, time then has to move on, if by very little.
        """
        if self.clock_reads == self._reads_in_vain:
            return
        self._reads_in_vain = self.clock_reads
        self._waits_in_vain += 1
        if self._waits_in_vain % PATIENCE == 0:
            self.clock.nudge()
        if self._waits_in_vain == 5 * PATIENCE:
            self.clock.move_to(self.clock.now + 1)
            if self.recorder is not None:
                self.recorder.clock_moved()

    def start(self, run: Callable[[], None], owner: Any = None) -> SimThread:
        """Create a thread; a ``threading.Thread`` (``owner``) boots at once, before its starter goes on."""
        if self.closing:
            raise Killed
        thread = SimThread(MAIN_IDENT + len(self.threads), None, None)
        thread.greenlet = greenlet.greenlet(lambda: self._body(thread, run), self.hub)
        thread.owner = owner
        self.threads.append(thread)
        starter = self.current
        if self.recorder is not None and starter is not self.outside:
            self.recorder.started(starter, thread)
        if starter is not self.outside:
            self._progress(starter)
        if owner is None:
            self.wake(thread)
        else:
            # The hub runs it until it has booted and then comes back here: no step, no choice, and the new
            # greenlet does not inherit the starter's recursion depth.
            self._booting, self._starter = thread, starter
            self._handoff = thread
            self.ready.appendleft(starter)
            starter.ready = True
            self._leave(starter)
        return thread

    def booted(self) -> None:
        """The thread being started has registered itself: hand back to its starter."""
        thread, self._booting = self._booting, None
        if thread is None:
            return
        if self._starter.ready:
            self.ready.remove(self._starter)
            self._handoff = self._starter
        self.wake(thread)
        self._leave(thread)

    def is_booting(self, thread: SimThread) -> bool:
        """Whether ``thread`` is inside ``Thread.start()`` of another thread."""
        return self._booting is thread

    def stop(self, outcome: Outcome) -> None:
        """End the run now, from inside a thread."""
        if self.outcome is None:
            states = thread_states(self) if not outcome.threads else outcome.threads
            self.outcome = Outcome(outcome.ending, outcome.message, outcome.thread, outcome.exception, states)
        raise Killed

    def uncaught(self, exception: BaseException) -> None:
        """An exception left the running thread's own function."""
        if self.closing or isinstance(exception, Killed):
            return
        thread = self.current
        if thread.ident == MAIN_IDENT:
            ending = Ending.RAISED
        else:
            ending = Ending.THREAD_RAISED
        name = self.name_of(thread)
        text = f"{type(exception).__name__}: {exception}"
        if self.outcome is None:
            self.outcome = Outcome(ending, text, name, exception, thread_states(self))

    def name_of(self, thread: SimThread) -> str:
        """The name a reader knows the thread by."""
        if thread.ident == MAIN_IDENT:
            return "main"
        return thread.owner.name if thread.owner is not None else thread.last_name or f"thread-{thread.ident}"

    # --- inside ----------------------------------------------------------------------------------------

    def _body(self, thread: SimThread, run: Callable[[], None]) -> None:
        try:
            run()
        except Killed:
            pass
        except BaseException as error:
            self.uncaught(error)
        finally:
            thread.finished = True
            # A Thread object must be able to die with its thread: weak references tell, threading.local cleans up.
            thread.last_name, thread.owner = self.name_of(thread), None
            self._progress(thread)
            if self.recorder is not None and not self.closing:
                self.recorder.ended(thread)
            for release in thread.joiners:
                release()

    def _progress(self, thread: SimThread) -> None:
        self._progress_at = self.total_steps + thread.steps - thread.resumed_at
        self._reads_at_progress = self.clock_reads
        self._waits_in_vain = 0

    def _end_stalls(self) -> bool:
        """Let stalled threads go on at once; False when there is none."""
        stalled = [thread for thread in self.threads if thread.held_up]
        for thread in stalled:
            thread.held_up = 0
            self.wake(thread)
        return bool(stalled)

    def _advance(self) -> bool:
        """Jump to the earliest deadline and make every thread due then ready; False when there is none."""
        timers = self._timers
        while timers and timers[0][3] not in (timers[0][2].parked, timers[0][2].held_up):
            heappop(timers)
        if not timers:
            return False
        self.clock.move_to(timers[0][0])
        if self.recorder is not None:
            self.recorder.clock_moved()
        while timers and timers[0][0] <= self.clock.now:
            _, _, thread, serial = heappop(timers)
            if thread.held_up == serial:
                thread.held_up = 0
                self.wake(thread)
            elif thread.parked == serial:
                thread.due = True
                self._idle_wakeups += 1
                self.wake(thread)
        return True

    def _ending(self, allow_leaks: bool) -> Outcome:
        left = [t for t in self.threads if not t.finished]
        if not left:
            return FINISHED
        states = thread_states(self)
        if not self._main_returned:
            return Outcome(Ending.DEADLOCK, "no thread can go on", "main", threads=states)
        if allow_leaks:
            return FINISHED
        names = ", ".join(self.name_of(t) for t in left)
        return Outcome(Ending.LEAK, f"still alive when everything was over: {names}", names, threads=states)

    def _refuse(self, thread: SimThread) -> None:
        """End a thread that goes on although its run is over; give up on one that will not end."""
        thread.kills += 1
        if thread.kills > KILL_TRIES:
            self.hub.switch()
        raise Killed

    def _close(self) -> None:
        """Unwind every thread that is left, so that no state of this run reaches the next."""
        self.closing = True
        self.recorder = None
        for thread in self.threads:
            self.current = thread
            thread.next_at = 0
            for _ in range(KILL_TRIES):
                # False before its first turn (then there is nothing to unwind) and after its last.
                if not thread.greenlet:
                    break
                if thread.kills > KILL_TRIES:
                    break
                thread.greenlet.throw(Killed)
            else:
                thread.kills = KILL_TRIES + 1
            if thread.greenlet:
                self.leaked += 1
                _unkillable.append(thread.greenlet)
            thread.greenlet = None
        self.current = self.outside
        self.ready.clear()
        self._timers.clear()
