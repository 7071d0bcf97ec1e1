"""Says how a run ended: by itself, in a deadlock, with threads left over, or by an exception."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dojo.simulator.outcome import FINISHED, Ending, Outcome
from dojo.simulator.snapshot import thread_states
from dojo.simulator.threads import MAIN_IDENT, SimThread

if TYPE_CHECKING:
    from dojo.simulator.scheduler import Scheduler


def ending(scheduler: Scheduler, allow_leaks: bool) -> Outcome:
    """How a run ended in which nobody can go on any more.

    Args:
        scheduler: of the run.
        allow_leaks: whether threads may be left over when the main thread has returned.
    """
    left = [thread for thread in scheduler.threads if not thread.finished]
    if not left:
        return FINISHED
    states = thread_states(scheduler)
    if not scheduler.main_returned:
        return Outcome(Ending.DEADLOCK, "no thread can go on", "main", threads=states)
    if allow_leaks:
        return FINISHED
    names = ", ".join(scheduler.name_of(thread) for thread in left)
    return Outcome(Ending.LEAK, f"still alive when everything was over: {names}", names, threads=states)


def raised(scheduler: Scheduler, thread: SimThread, exception: BaseException) -> Outcome:
    """How a run ended that an exception ended, which left the function of ``thread``."""
    ending = Ending.RAISED if thread.ident == MAIN_IDENT else Ending.THREAD_RAISED
    text = f"{type(exception).__name__}: {exception}"
    return Outcome(ending, text, scheduler.name_of(thread), exception, thread_states(scheduler))
