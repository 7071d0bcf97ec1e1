"""Replaces what the private ``threading`` has inside and nobody can see by parts that cost less.

A thread that lives for ten steps spends most of its time in the bookkeeping of ``threading.Thread``. Starting one
is a single step of the schedule, so the event that its starter waits for is always set by then, and the locks round
the tables of threads are never held when another thread runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dojo.simulator.scheduler import Scheduler


class TableLock:
    """Stands for a lock of ``threading`` itself that no two threads ever want at the same time."""

    __slots__ = ()

    def __enter__(self) -> bool:
        return True

    def __exit__(self, *exc_info: object) -> None:
        pass

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        """Take it, at once."""
        return True

    def release(self) -> None:
        """Give it back."""

    def locked(self) -> bool:
        """Whether somebody else has it: never."""
        return False

    def _at_fork_reinit(self) -> None:
        pass


class BootLock(TableLock):
    """The lock round the table of running threads, which a new thread enters before it does anything else."""

    __slots__ = ("_scheduler",)

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def __exit__(self, *exc_info: object) -> None:
        booting = self._scheduler.booting
        if booting is not None and booting is self._scheduler.current:
            self._scheduler.booted(booting)


class Started:
    """Stands for the event that a thread sets when it has started."""

    __slots__ = ("_is_set",)

    def __init__(self) -> None:
        self._is_set = False

    def is_set(self) -> bool:
        """Whether the thread has started."""
        return self._is_set

    def set(self) -> None:
        """It has."""
        self._is_set = True

    def wait(self, timeout: float | None = None) -> bool:
        """Its starter gets here only after that."""
        return self._is_set

    def _at_fork_reinit(self) -> None:
        pass


class NoSet(set[Any]):
    """Stands for the set of all threads that ``threading`` keeps for its own tests."""

    __slots__ = ()

    def add(self, thread: object) -> None:
        """Forget it."""


def make_lean(threading: Any, scheduler: Scheduler) -> None:
    """Put the cheaper parts in.

    Args:
        threading: the private module, just executed. What a version of it does not have stays out.
        scheduler: is told when a thread has booted.
    """
    threading._active_limbo_lock = BootLock(scheduler)
    if hasattr(threading, "_shutdown_locks_lock"):
        threading._shutdown_locks_lock = TableLock()
    threading._dangling = NoSet()
    # One for each thread is made only to outlive the module, at the end of a real process.
    invoke_excepthook = threading._make_invoke_excepthook()
    threading._make_invoke_excepthook = lambda: invoke_excepthook
    threading._Started = Started
    create = threading.Thread.__init__
    names = tuple("_Started" if name == "Event" else name for name in create.__code__.co_names)
    create.__code__ = create.__code__.replace(co_names=names)
