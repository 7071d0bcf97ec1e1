"""Error group, solved differently: counters under one condition, and everybody is woken when one of them changes.

A ``go`` at the limit counts as pending and looks again whenever it is woken; nobody hands it a slot, and it asks
its ctx to be woken for itself. Threads are kept in a list, from which each ``go`` takes those that have ended.
What thread is inside the group is known from a thread-local flag.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .context import Context, ContextError

if TYPE_CHECKING:
    from types import TracebackType


class ErrorGroup:
    """Tasks that run at the same time, succeed together, and are called off together when one of them fails."""

    def __init__(self, ctx: Context | None = None, limit: int | None = None) -> None:
        if limit is not None and type(limit) is not int:
            raise TypeError(f"a limit is an int or None, not {limit!r}")
        if limit is not None and limit < 1:
            raise ValueError(f"a limit is at least 1, not {limit}")
        parent = Context.background() if ctx is None else ctx
        self.ctx = parent.with_cancel()
        self._limit = limit
        self._changed = threading.Condition()  # guards all below
        self._running = 0
        self._pending = 0  # calls of go() and try_go() that have not come to their end
        self._threads: list[threading.Thread] = []
        self._log: list[tuple[BaseException, bool]] = []  # with each error, whether it is a failure
        self._phase = "open"  # then "closing", then "over"
        self._result: Callable[[], None] = self._succeed
        self._inside = threading.local()

    @property
    def errors(self) -> tuple[BaseException, ...]:
        """All that has been recorded so far, failures as well as consequences, in the order recorded."""
        with self._changed:
            return tuple(error for error, _ in self._log)

    def go(self, fn: Callable[..., object], *args: Any) -> None:
        """Run ``fn(*args)`` as a task, on a thread of its own; wait for a slot if ``limit`` tasks are active."""
        self._submit(fn, args, blocking=True)

    def try_go(self, fn: Callable[..., object], *args: Any) -> bool:
        """Run ``fn(*args)`` as a task, on a thread of its own, if a slot is free; never block."""
        return self._submit(fn, args, blocking=False)

    def wait(self) -> None:
        """Wait until no task is active; then cancel the ctx and tell how the group has ended."""
        self._close()
        self._result()

    def __enter__(self) -> ErrorGroup:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        late = self.ctx.done
        if error is not None:
            self._cancel(error)
        self._close()
        failures = [each for each, failed in self._log if failed]
        if error is None or (late and isinstance(error, ContextError) and failures):
            self._result()
        elif not any(each is error for each in failures):
            _tell(error, failures)

    def _submit(self, fn: Callable[..., object], args: tuple[Any, ...], blocking: bool) -> bool:
        if not callable(fn):
            raise TypeError(f"a task is a function, not {fn!r}")
        with self._changed:
            if self._phase != "open":
                raise RuntimeError("this group is over")
            self._pending += 1
        unregister = None
        try:
            self.ctx.raise_if_done()
            if blocking and self._limit is not None:
                unregister = self.ctx.on_done(self._wake)
            with self._changed:
                while self._limit is not None and self._running >= self._limit:
                    self.ctx.raise_if_done()
                    if not blocking:
                        return False
                    self._changed.wait()
                self.ctx.raise_if_done()
                self._running += 1
            self._start(fn, args)
            return True
        finally:
            if unregister is not None:
                unregister()
            with self._changed:
                self._pending -= 1
                self._changed.notify_all()

    def _start(self, fn: Callable[..., object], args: tuple[Any, ...]) -> None:
        thread = threading.Thread(target=self._run, args=(fn, args))
        try:
            thread.start()
        except BaseException:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()
            raise
        with self._changed:
            self._threads = [each for each in self._threads if each.is_alive()]
            self._threads.append(thread)

    def _run(self, fn: Callable[..., object], args: tuple[Any, ...]) -> None:
        self._inside.flag = True
        try:
            fn(*args)
        except BaseException as error:
            with self._changed:
                failed = not (isinstance(error, ContextError) and self.ctx.done)
                self._log.append((error, failed))
                first = next((each for each, real in self._log if real), None)
            if failed:
                self._cancel(first)
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def _cancel(self, cause: BaseException | None) -> None:
        try:
            self.ctx.cancel(cause)
        except BaseException as error:
            with self._changed:
                self._log.append((error, True))

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _close(self) -> None:
        if getattr(self._inside, "flag", False):
            raise RuntimeError("a task of this group would wait for itself")
        with self._changed:
            while self._running or self._pending or self._phase == "closing":
                self._changed.wait()
            if self._phase == "over":
                return
            self._phase = "closing"
            stopped = self.ctx.done
        for thread in self._threads:
            thread.join()
        self._inside.flag = True
        self._cancel(None)
        self._inside.flag = False
        failures = [each for each, failed in self._log if failed]
        if failures:
            _tell(failures[0], failures[1:])
            self._result = lambda: self._fail(failures[0])
        elif stopped:
            self._result = self.ctx.raise_if_done
        with self._changed:
            self._phase = "over"
            self._changed.notify_all()

    def _succeed(self) -> None:
        pass

    def _fail(self, error: BaseException) -> None:
        raise error


def _tell(error: BaseException, others: list[BaseException]) -> None:
    for other in others:
        error.add_note(f"another task failed: {other!r}")
