"""Ends the threads that a run leaves behind, so that nothing of it reaches the next run."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from greenlet import greenlet

from dojo.simulator.threads import Killed, SimThread

if TYPE_CHECKING:
    from dojo.simulator.scheduler import Scheduler

KILL_TRIES = 50

_unkillable: list[greenlet] = []  # those that refused to die; kept so that nothing resumes them


def refuse(scheduler: Scheduler, thread: SimThread) -> NoReturn:
    """End a thread that goes on although its run is over; give up on one that will not end."""
    thread.kills += 1
    if thread.kills > KILL_TRIES:
        scheduler.hub.switch()
    raise Killed


def unwind(scheduler: Scheduler) -> None:
    """Throw ``Killed`` into every thread that is left until it has ended or proved unwilling."""
    for thread in scheduler.threads:
        scheduler.current = thread
        thread.next_at = 0
        if thread.greenlet is not None:
            _end(thread)
            thread.greenlet = None


def _end(thread: SimThread) -> None:
    # A greenlet that has ended is false; one that has ended its thread is no longer the thread's.
    for _ in range(KILL_TRIES):
        if not thread.greenlet or thread.kills > KILL_TRIES:
            break
        thread.greenlet.throw(Killed)
    if thread.greenlet:
        thread.kills = KILL_TRIES + 1
        _unkillable.append(thread.greenlet)
