"""Wait group, solved differently: one condition for all, and a number that grows each time the count comes to 0."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .context import Context


class WaitGroup:
    """A counter of unfinished tasks, and a way to wait until it is 0."""

    def __init__(self) -> None:
        self._tasks = 0
        self._rounds = 0  # how often the count has come to 0: a waiter compares it with what it was before
        self._changed = threading.Condition(threading.Lock())

    def add(self, n: int = 1) -> None:
        """Change the count by ``n``."""
        if type(n) is not int:
            raise TypeError(f"a number of tasks is an int, not {n!r}")
        with self._changed:
            if self._tasks + n < 0:
                raise ValueError(f"{self._tasks} tasks cannot become {self._tasks + n}")
            self._tasks += n
            if n and not self._tasks:
                self._rounds += 1
                self._changed.notify_all()

    def done(self) -> None:
        """Count one task as ended."""
        self.add(-1)

    def go(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> None:
        """Run ``fn(*args, **kwargs)`` as a task on a thread of its own."""
        if not callable(fn):
            raise TypeError(f"a task is called, {fn!r} cannot be")
        thread = _TaskThread(self, lambda: fn(*args, **kwargs))
        self.add(1)
        try:
            thread.start()
        except Exception:
            self.add(-1)
            raise

    def wait(self, timeout: float | None = None, ctx: Context | None = None) -> None:
        """Block until the count is 0."""
        if timeout is not None:
            if type(timeout) not in (int, float):
                raise TypeError(f"a timeout is a number of seconds, not {timeout!r}")
            if not 0 <= timeout <= threading.TIMEOUT_MAX:
                raise ValueError(f"a timeout is finite and not negative, not {timeout!r}")
        until = None if timeout is None else time.monotonic() + timeout
        if ctx is None:
            with self._changed:
                over = self._over(self._rounds, until, lambda: False)
        else:
            ctx.raise_if_done()
            with self._changed:
                before = self._rounds
                if not self._tasks:
                    return
            # Outside of the lock, which the callback takes.
            unregister = ctx.on_done(self._wake_all)
            try:
                with self._changed:
                    over = self._over(before, until, lambda: ctx.done)
            finally:
                unregister()
        if not over:
            if ctx is not None:
                ctx.raise_if_done()
            raise TimeoutError(f"tasks are left after {timeout} s")

    @property
    def count(self) -> int:
        """How many tasks have not ended."""
        with self._changed:
            return self._tasks

    def _wake_all(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _over(self, before: int, until: float | None, called_off: Callable[[], bool]) -> bool:
        """Wait for the next round to end; the lock is held. False if there was a reason to give up."""
        while self._tasks and self._rounds == before:
            left = None if until is None else until - time.monotonic()
            if called_off() or (left is not None and left <= 0):
                return False
            self._changed.wait(left)
        return True


class _TaskThread(threading.Thread):
    def __init__(self, group: WaitGroup, task: Callable[[], Any]) -> None:
        super().__init__(daemon=False)
        self._group = group
        self._task = task

    def run(self) -> None:
        try:
            self._task()
        finally:
            self._group.done()
