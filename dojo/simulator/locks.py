"""The two primitives that everything in ``threading`` is built on: ``lock`` and ``RLock`` of ``_thread``.

A released lock is free for whoever runs next: every waiter becomes ready, the first to run takes it, the
others wait again. So the ready queue always holds exactly the threads that could go on, and barging is
explored like any other order.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from dojo.simulator.clock import to_nanoseconds

if TYPE_CHECKING:
    from dojo.simulator.scheduler import Scheduler
    from dojo.simulator.threads import SimThread

TIMEOUT_MAX = 9_223_372_036.0  # seconds; what ``threading.TIMEOUT_MAX`` is on 64-bit systems


class Visibility(enum.IntEnum):
    """How much of the schedule a lock takes part in."""

    INTERNAL = 0  # of the threading module itself: no preemption point, no happens-before edge
    QUIET = 1  # inside a stdlib object: no preemption point of its own
    OPEN = 2  # the learner's, directly or through a stdlib class


class Primitive:
    """What ``lock`` and ``RLock`` have in common."""

    __slots__ = (
        "__weakref__",
        "_count",
        "_is_open",
        "_scheduler",
        "holder",
        "serial",
        "visibility",
        "waiters",
    )

    def __init__(self, scheduler: Scheduler, visibility: Visibility, serial: int) -> None:
        self._scheduler = scheduler
        self._count = 0
        self.holder: SimThread | None = None
        self.visibility = visibility
        self._is_open = visibility is Visibility.OPEN
        self.serial = serial
        self.waiters: list[SimThread] = []

    def __hash__(self) -> int:
        # Sets and dicts of locks must iterate in the same order in every process.
        return self.serial

    def __eq__(self, other: object) -> bool:
        return self is other

    def reset(self) -> None:
        """Forget everything: used for module-level locks between runs."""
        self._count = 0
        self.holder = None
        self.waiters.clear()

    def locked(self) -> bool:
        """Whether some thread holds it."""
        return self._count > 0

    def _take(self, thread: SimThread) -> None:
        self.holder = thread
        self._count = 1
        scheduler = self._scheduler
        if self.waiters:
            for waiter in self.waiters:
                if waiter.ready and not waiter.due:
                    scheduler.unready(waiter)
        if scheduler.recorder is not None and self.visibility:
            scheduler.recorder.sync(thread, "acquired", self)

    def _free(self, thread: SimThread) -> None:
        self._count = 0
        self.holder = None
        scheduler = self._scheduler
        if scheduler.recorder is not None and self.visibility:
            scheduler.recorder.sync(thread, "release", self)
        if self.waiters:
            for waiter in self.waiters:
                scheduler.wake(waiter)

    def _point(self, thread: SimThread) -> None:
        """The preemption point before an acquire, when it is more than a step to count."""
        scheduler = self._scheduler
        scheduler.point(thread)
        if scheduler.recorder is not None:
            scheduler.recorder.sync(thread, "acquire", self)

    def _wait(self, thread: SimThread, timeout: float) -> bool:
        scheduler = self._scheduler
        deadline = None
        if timeout >= 0:
            deadline = scheduler.clock.now + to_nanoseconds(timeout)
            if deadline == scheduler.clock.now:
                scheduler.clock.nudge()
        self.waiters.append(thread)
        try:
            scheduler.park(thread, self, deadline)
            while self._count:
                if thread.due:
                    break
                scheduler.park_again(thread, self, deadline)
        finally:
            self.waiters.remove(thread)
        if not self._count:
            # Free at the very moment of the deadline counts as acquired: whichever the schedule ran first.
            self._take(thread)
            return True
        # The decision has fallen but the caller does not know yet: the classic place to lose a wake-up.
        thread.steps += 1
        if thread.steps >= thread.next_at:
            scheduler.point(thread)
        return False

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock; see ``threading.Lock.acquire``."""
        if not blocking or timeout != -1:
            _check_timeout(blocking, timeout)
        thread = self._scheduler.current
        if self._is_open:
            thread.steps += 1
            if thread.steps >= thread.next_at:
                self._point(thread)
        if not self._count:
            if self.waiters or self._scheduler.recorder is not None:
                self._take(thread)
            else:
                self.holder = thread
                self._count = 1
            return True
        if not blocking or timeout == 0:
            self._scheduler.watchdog.waited_in_vain()
            return False
        return self._wait(thread, timeout)

    # The `with` statement calls these with nothing, or three arguments to be ignored: no call in between.
    __enter__ = acquire


def _check_timeout(blocking: bool, timeout: float) -> None:
    if not blocking and timeout != -1:
        raise ValueError("can't specify a timeout for a non-blocking call")
    if timeout < 0 and timeout != -1:
        raise ValueError("timeout value must be a non-negative number")
    if timeout > TIMEOUT_MAX:
        raise OverflowError("timeout value is too large")
    if timeout != timeout:
        raise ValueError("Invalid value NaN (not a number)")


class Lock(Primitive):
    """A simulated ``_thread.lock``: held once, released by anyone."""

    __slots__ = ()

    def release(self) -> None:
        """Free the lock; see ``threading.Lock.release``."""
        if not self._count:
            raise RuntimeError("release unlocked lock")
        if self.waiters or self._scheduler.recorder is not None:
            self._free(self._scheduler.current)
        else:
            self._count = 0
            self.holder = None

    def __exit__(self, *exc_info: object) -> None:
        self.release()

    acquire_lock = Primitive.acquire
    release_lock = release
    locked_lock = Primitive.locked

    def _at_fork_reinit(self) -> None:
        self.reset()

    def __repr__(self) -> str:
        return f"<{'locked' if self._count else 'unlocked'} lock {self.serial}>"


class RLock(Primitive):
    """A simulated ``_thread.RLock``: held many times by one thread."""

    __slots__ = ()

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take the lock once more; see ``threading.RLock.acquire``."""
        if self._count and self.holder is self._scheduler.current:
            if not blocking or timeout != -1:
                _check_timeout(blocking, timeout)
            self._count += 1
            return True
        return Primitive.acquire(self, blocking, timeout)

    __enter__ = acquire

    def release(self) -> None:
        """Undo one acquire; see ``threading.RLock.release``."""
        thread = self._scheduler.current
        if self.holder is not thread or not self._count:
            raise RuntimeError("cannot release un-acquired lock")
        if self._count > 1:
            self._count -= 1
        else:
            self._free(thread)

    def __exit__(self, *exc_info: object) -> None:
        self.release()

    def _is_owned(self) -> bool:
        return self._count > 0 and self.holder is self._scheduler.current

    def _recursion_count(self) -> int:
        return self._count if self._is_owned() else 0

    def _release_save(self) -> tuple[int, Any]:
        if not self._is_owned():
            raise RuntimeError("cannot release un-acquired lock")
        count = self._count
        self._free(self._scheduler.current)
        return count, None

    def _acquire_restore(self, state: tuple[int, Any]) -> None:
        self.acquire()
        self._count = state[0]

    def _at_fork_reinit(self) -> None:
        self.reset()

    def __repr__(self) -> str:
        return f"<{'locked' if self._count else 'unlocked'} RLock {self.serial} count={self._count}>"
