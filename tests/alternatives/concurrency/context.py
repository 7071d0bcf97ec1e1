"""Context, solved differently: one condition wakes all waiters of a tree, and one thread keeps its time.

Waiters go by the clock themselves. The timekeeper of a tree is there as long as some context has a deadline of
its own ahead; it works through a sorted list, takes what is due off the tree, and gives callbacks to a thread.
"""

from __future__ import annotations

import itertools
import threading
import time
from bisect import bisect_left, insort
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

Callback = Callable[[], object]
_ABSENT = object()


class ContextError(Exception):
    """A call gave up because its context has ended."""


class Cancelled(ContextError):
    """The context was cancelled."""


class DeadlineExceeded(ContextError, TimeoutError):
    """The context's deadline has passed."""


class _Limit:
    """A deadline and the error that goes with it, for the context that has it and all that inherit it."""

    def __init__(self, when: float) -> None:
        self.when = when
        self.error = DeadlineExceeded("out of time")


class _Tree:
    """What all contexts of a tree share."""

    def __init__(self) -> None:
        lock = threading.Lock()
        self.ended = threading.Condition(lock)
        self.sooner = threading.Condition(lock)  # the timekeeper has to look again
        self.agenda: list[tuple[float, int, Context]] = []
        self.number = itertools.count()
        self.keeping = False

    def note(self, ctx: Context, when: float) -> None:
        """Put a context on the agenda; the lock is held."""
        ctx._entry = (when, next(self.number), ctx)
        insort(self.agenda, ctx._entry)
        if not self.keeping:
            self.keeping = True
            threading.Thread(target=self.keep_time, name="timekeeper", daemon=True).start()
        elif self.agenda[0] is ctx._entry:
            self.sooner.notify()

    def strike(self, ctx: Context) -> None:
        """Take a context off the agenda, if it is on it; the lock is held."""
        if ctx._entry is not None:
            del self.agenda[bisect_left(self.agenda, ctx._entry)]
            ctx._entry = None
            if not self.agenda:
                self.sooner.notify()

    def keep_time(self) -> None:
        """End what is due until there is nothing left to wait for."""
        with self.ended:
            while self.agenda:
                left = self.agenda[0][0] - time.monotonic()
                if left > 0:
                    self.sooner.wait(left)
                    continue
                callbacks = self.agenda[0][2]._finish(None)
                if callbacks:
                    threading.Thread(
                        target=_run_all, args=(callbacks,), name="callbacks", daemon=True
                    ).start()
                del callbacks
            self.keeping = False


class Context:
    """One node of a tree of contexts."""

    def __init__(self, parent: Context | None = None) -> None:
        self._parent = parent
        self._tree: _Tree = _Tree() if parent is None else parent._tree
        self._limit: _Limit | None = None if parent is None else parent._limit
        self._key: object = _ABSENT
        self._value: object = None
        self._error: ContextError | None = None
        self._below: list[Context] = []
        self._callbacks: list[list[Callback]] = []
        self._entry: tuple[float, int, Context] | None = None

    @classmethod
    def background(cls) -> Context:
        """Make a new root."""
        return cls()

    def with_cancel(self) -> Context:
        """Derive a child."""
        return self._child(Context(self), None)

    def with_timeout(self, seconds: float) -> Context:
        """Derive a child that ends after ``seconds`` at the latest."""
        _check_seconds(seconds)
        return self._child(Context(self), time.monotonic() + seconds)

    def with_deadline(self, when: float) -> Context:
        """Derive a child that ends at ``when`` at the latest."""
        _check_type(when)
        now, most = time.monotonic(), threading.TIMEOUT_MAX
        if not now - most <= when <= now + most:
            raise ValueError(f"{when!r} is too far away")
        return self._child(Context(self), when)

    def with_value(self, key: Hashable, value: object) -> Context:
        """Derive a child that carries one more value."""
        hash(key)
        child = Context(self)
        child._key, child._value = key, value
        return self._child(child, None)

    def _child(self, child: Context, when: float | None) -> Context:
        with self._tree.ended:
            own = when is not None and (self._limit is None or when < self._limit.when)
            child._error = self._now()
            if own:
                assert when is not None
                child._limit = _Limit(when)
            child._error = child._now()
            if child._error is None:
                self._below.append(child)
                if own:
                    assert when is not None
                    self._tree.note(child, when)
        return child

    def cancel(self, cause: BaseException | None = None) -> None:
        """End this context and all its descendants."""
        if not (cause is None or isinstance(cause, BaseException)):
            raise TypeError(f"{cause!r} is no exception")
        error = Cancelled("cancelled")
        error.__cause__ = cause
        with self._tree.ended:
            callbacks = self._finish(error)
        _run_all(callbacks)

    def _finish(self, error: ContextError | None) -> list[Callback]:
        """End everything from here down, by ``error`` or the deadline; give what has to be called."""
        if self._error is not None:
            return []
        if self._parent is not None:
            self._parent._below.remove(self)
        called: list[Callback] = []
        pending = [self]
        while pending:
            ctx = pending.pop()
            ctx._error = ctx._now() or error
            self._tree.strike(ctx)
            for box in ctx._callbacks:
                called += box
                box.clear()
            pending += ctx._below
            ctx._below, ctx._callbacks = [], []
        self._tree.ended.notify_all()
        return called

    def _now(self) -> ContextError | None:
        """The error as of now; the lock is held."""
        limit = self._limit
        if self._error is None and limit is not None and limit.when <= time.monotonic():
            return limit.error
        return self._error

    def __enter__(self) -> Context:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.cancel(error)

    @property
    def done(self) -> bool:
        """Whether this context has ended."""
        return self.error is not None

    @property
    def error(self) -> ContextError | None:
        """Why it has ended."""
        with self._tree.ended:
            return self._now()

    @property
    def cause(self) -> BaseException | None:
        """What ``cancel`` was given."""
        error = self.error
        return error and error.__cause__

    @property
    def deadline(self) -> float | None:
        """When it ends at the latest."""
        return self._limit and self._limit.when

    def remaining(self) -> float | None:
        """Seconds until then."""
        if self._limit is None:
            return None
        return max(self._limit.when - time.monotonic(), 0.0)

    def value(self, key: Hashable, default: Any = None) -> Any:
        """Look up a value."""
        hash(key)
        ctx: Context | None = self
        while ctx is not None:
            if ctx._key is not _ABSENT and ctx._key == key:
                return ctx._value
            ctx = ctx._parent
        return default

    def raise_if_done(self) -> None:
        """Raise the error if there is one."""
        error = self.error
        if isinstance(error, Cancelled):
            raise Cancelled("cancelled") from error.__cause__
        if error is not None:
            raise DeadlineExceeded("out of time")

    def wait(self, timeout: float | None = None) -> bool:
        """Block until this context is done."""
        if timeout is not None:
            _check_seconds(timeout)
        until = None if timeout is None else time.monotonic() + timeout
        with self._tree.ended:
            while self._now() is None:
                ends = [each for each in (until, self.deadline) if each is not None]
                left = min(ends) - time.monotonic() if ends else None
                if left is not None and left <= 0:
                    return self._now() is not None
                self._tree.ended.wait(left)
            return True

    def on_done(self, fn: Callback) -> Callable[[], bool]:
        """Have ``fn()`` called once when this context ends."""
        if not callable(fn):
            raise TypeError(f"{fn!r} is no function")
        box = [fn]
        with self._tree.ended:
            done = self._now() is not None
            if not done:
                self._callbacks.append(box)
        if done:
            box.clear()
            fn()

        def unregister() -> bool:
            with self._tree.ended:
                if not box:
                    return False
                box.clear()
                self._callbacks = [each for each in self._callbacks if each is not box]
                return True

        return unregister


def _run_all(callbacks: Sequence[Callback]) -> None:
    errors: list[BaseException] = []
    for fn in callbacks:
        try:
            fn()
        except BaseException as error:
            errors.append(error)
    if len(errors) > 1:
        raise BaseExceptionGroup("callbacks failed", errors)
    if errors:
        raise errors[0]


def _check_type(number: float) -> None:
    if type(number) not in (int, float):
        raise TypeError(f"{number!r} is no number of seconds")


def _check_seconds(seconds: float) -> None:
    _check_type(seconds)
    if not 0 <= seconds <= threading.TIMEOUT_MAX:
        raise ValueError(f"{seconds!r} is no length of time")
