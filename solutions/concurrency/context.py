"""Context: a deadline, a cancellation and a few values that travel with a request through all its calls.

Contexts form a tree. Ending one ends all below it and nothing above it, so whoever starts some work can stop
exactly that work. A context ends once, by ``cancel`` or by its deadline, and stays ended.

Everything here may be called from any thread. Durations are seconds, given as int or float; instants are on
the scale of ``time.monotonic()``. A duration that is no number (or is a bool) raises TypeError, one that is
negative, NaN, infinite or above ``threading.TIMEOUT_MAX`` raises ValueError; either changes nothing. Bad
arguments are reported before anything else is looked at, on a context that is done just as on any other.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType


# --- given ---


class ContextError(Exception):
    """A call gave up because its context has ended."""


class Cancelled(ContextError):
    """The context was cancelled."""


class DeadlineExceeded(ContextError, TimeoutError):
    """The context's deadline has passed."""


# --- end of given ---


class Context:
    """One node of a tree of contexts; begin with ``Context.background()`` and derive children from it.

        with Context.background().with_timeout(2.0) as ctx:
            answer = fetch(url, ctx=ctx)

    Rules that hold for every context:

    - It is done when it was cancelled, when its deadline has come, or when its parent is done; whichever is
      first decides ``error`` and ``cause`` for good. A ``cancel`` at or after the deadline comes too late.
    - From the instant of its deadline on it is done for whoever looks, even if the thread that keeps the
      time has not run yet.
    - When it ends, all its descendants end with it, for the same reason; a descendant that ended before
      keeps its own. Parents and siblings are not affected.
    - At the instant of its end calls to ``wait`` return and callbacks run; nothing polls.
    - Callbacks run outside every internal lock, so they may use this and other contexts in any way, and wait
      for threads that do. However long one takes, waiters go on and no other context is held up.
    - Once it has ended it keeps no thread, no timer and no callback, and its parent no longer refers to it.
      Until then both do: leave its block or cancel it when the work is over, though it be long before the
      deadline.
    - A tree may be deeper than the limit of recursion.
    """

    def __init__(self, parent: Context | None = None) -> None:
        """Make a root, or a child that is not part of the tree yet.

        Users call ``background`` and the ``with_`` methods instead, so what this takes is up to you.

        Args:
            parent: where to inherit deadline and values from.
        """
        # One lock for the whole tree: a cancel takes effect on all descendants in one step, nobody ever sees
        # half of it, and there is no order of locks to get wrong.
        self._lock: threading.Lock = threading.Lock() if parent is None else parent._lock
        self._parent = parent
        self._deadline: float | None = None if parent is None else parent._deadline
        # The error of a deadline is made with the deadline: whoever notices first, all report the same one.
        self._expiry: ContextError = DeadlineExceeded(_EXCEEDED) if parent is None else parent._expiry
        self._values: Mapping[Hashable, object] = {} if parent is None else parent._values
        self._error: ContextError | None = None
        # Made by the first who waits: for most contexts nobody does, and an event costs more than all the rest.
        self._ended: threading.Event | None = None
        self._timer: threading.Timer | None = None
        self._children: dict[Context, None] = {}
        self._callbacks: dict[object, Callable[[], object]] = {}

    # --- making contexts ---

    @classmethod
    def background(cls) -> Context:
        """Make a new root: no parent, no deadline, no values, not done until somebody cancels it.

        Returns:
            A tree of its own; two roots have nothing in common.
        """
        return cls()

    def with_cancel(self) -> Context:
        """Derive a child that can be cancelled without ending this context.

        Returns:
            The child, with this context's deadline and values. If this context is done, the child is done
            from the start, with the same error and cause; this goes for all ``with_`` methods.
        """
        return self._derive()

    def with_timeout(self, seconds: float) -> Context:
        """Derive a child that ends after ``seconds`` at the latest.

        Args:
            seconds: from now; 0 gives a child that is done from the start.

        Returns:
            The child. Its deadline is the earlier of this one's and its own.

        Raises:
            TypeError, ValueError: for a bad duration.
        """
        _check_duration(seconds)
        return self._derive(deadline=time.monotonic() + seconds)

    def with_deadline(self, when: float) -> Context:
        """Derive a child that ends at ``when`` at the latest.

        Args:
            when: an instant of ``time.monotonic()``; one that has passed gives a child that is done from
                the start.

        Returns:
            The child. Its deadline is the earlier of this one's and ``when``.

        Raises:
            TypeError: ``when`` is neither int nor float, or is a bool.
            ValueError: it is NaN, infinite, or further than ``threading.TIMEOUT_MAX`` seconds from now.
        """
        _check_number(when)
        now = time.monotonic()
        if not now - threading.TIMEOUT_MAX <= when <= now + threading.TIMEOUT_MAX:
            raise ValueError(f"deadline must be a finite instant of time.monotonic(), not {when!r}")
        return self._derive(deadline=when)

    def with_value(self, key: Hashable, value: object) -> Context:
        """Derive a child that carries one more value.

        Args:
            key: compared with ``==``; hides the same key further up.
            value: anything, None included.

        Returns:
            The child; it has an end of its own like any other.

        Raises:
            TypeError: ``key`` is not hashable.
        """
        # Copied, never changed: readers need no lock, and children share one mapping until they add to it.
        return self._derive(values={**self._values, key: value})

    def _derive(
        self, deadline: float | None = None, values: Mapping[Hashable, object] | None = None
    ) -> Context:
        child = Context(self)
        if values is not None:
            child._values = values
        timer = None
        with self._lock:
            now = time.monotonic()
            if deadline is not None and self._deadline is not None and self._deadline <= deadline:
                deadline = None  # the parent's is inherited, and its end on time needs no second timer
            if deadline is not None:
                child._deadline = deadline
                child._expiry = DeadlineExceeded(_EXCEEDED)
            # Looking at the parent and joining its children is one step: a cancel of the parent either
            # finds the child there or is seen here.
            child._error = self._error_at(now) or child._error_at(now)
            if child._error is None:
                self._children[child] = None
                if deadline is not None:
                    timer = threading.Timer(deadline - now, child._end, (child._expiry,))
                    timer.daemon = True  # a forgotten context must not keep the process alive
                    child._timer = timer
        if timer is not None:
            # Outside the lock, as starting a thread is slow. If the child is cancelled before this line, a
            # timer that was cancelled first ends at once when it is started.
            try:
                timer.start()
            except BaseException:
                child.cancel()  # nobody else will get hold of it
                raise
        return child

    # --- ending ---

    def cancel(self, cause: BaseException | None = None) -> None:
        """End this context and all its descendants; does nothing if it is done already.

        When it returns, all descendants are done and waiters have been woken, even if another ``cancel`` was
        there first and is not over yet. The callbacks of this context and its descendants run in the calling
        thread before it returns: after all those contexts are done, for each context in the order
        registered. All of them run, even if some raise; what one has raised is raised here in the end, what
        several have raised comes as an ``ExceptionGroup`` (a ``BaseExceptionGroup`` if need be) in the order
        of the callbacks. A second ``cancel`` does not wait for the callbacks that a first one is running in
        another thread.

        Args:
            cause: why; becomes ``cause`` and the ``__cause__`` of ``error``, here and in the descendants.

        Raises:
            TypeError: ``cause`` is neither an exception instance nor None; the context is not cancelled.
        """
        if cause is not None and not isinstance(cause, BaseException):
            raise TypeError(f"cause must be an exception or None, not {cause!r}")
        error = Cancelled("the context was cancelled")
        error.__cause__ = cause
        self._end(error)

    def __enter__(self) -> Context:
        """Return this context; leaving the block cancels it."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Cancel this context; an exception that leaves the block is the cause, and leaves it unchanged."""
        self.cancel(error)

    def _end(self, error: ContextError) -> None:
        callbacks: list[Callable[[], object]] = []
        with self._lock:
            if self._error is not None:
                return
            # Read under the lock: nobody can have seen a later time than this and a state before this one.
            # Otherwise a reader could report the deadline, and this cancel take it back.
            now = time.monotonic()
            if self._parent is not None:
                self._parent._children.pop(self, None)
            ending = [self]
            for node in ending:  # grows while it is walked; recursion would limit how deep a tree may be
                ending.extend(node._children)
                node._children.clear()
                node._error = node._error_at(now) or error
                if node._ended is not None:
                    node._ended.set()
                if node._timer is not None:
                    node._timer.cancel()
                    node._timer = None
                callbacks.extend(node._callbacks.values())
                node._callbacks.clear()  # taken: whoever comes next finds none to run
        # Outside the lock: a callback may use the context, or wait for a thread that does. And all of them,
        # whatever one raises: each may be what wakes somebody.
        failures: list[BaseException] = []
        for fn in callbacks:
            try:
                fn()
            except BaseException as failure:
                failures.append(failure)
        if len(failures) == 1:
            raise failures[0]
        if failures:
            raise BaseExceptionGroup("several callbacks failed", failures)

    def _error_at(self, now: float) -> ContextError | None:
        """The error as of ``now``, a time read while the lock was held, as it still must be."""
        if self._error is None and self._deadline is not None and now >= self._deadline:
            return self._expiry
        return self._error

    # --- asking ---

    @property
    def done(self) -> bool:
        """Whether this context has ended; it stays so."""
        return self.error is not None

    @property
    def error(self) -> ContextError | None:
        """None until the end, then a ``Cancelled`` or ``DeadlineExceeded``: the same object ever after.

        It is for looking at; what ``raise_if_done`` raises is another one.
        """
        with self._lock:
            return self._error_at(time.monotonic())

    @property
    def cause(self) -> BaseException | None:
        """What ``cancel`` was given, here or in the ancestor that ended this context.

        None before the end, if the cancel gave no cause, and if it was the deadline that ended the context.
        """
        error = self.error
        return None if error is None else error.__cause__

    @property
    def deadline(self) -> float | None:
        """The instant of ``time.monotonic()`` at which this context ends at the latest; None for never.

        The earliest deadline from here up to the root. A cancel does not change it.
        """
        return self._deadline

    def remaining(self) -> float | None:
        """Compute the seconds left until ``deadline``: never negative, 0.0 from then on, None without one.

        A cancel does not change it.
        """
        return None if self._deadline is None else max(0.0, self._deadline - time.monotonic())

    def value(self, key: Hashable, default: Any = None) -> Any:
        """Look up a value set here or further up; the nearest one counts.

        Args:
            key: what was given to ``with_value``.
            default: returned if no context up to the root has the key.

        Raises:
            TypeError: ``key`` is not hashable.
        """
        return self._values.get(key, default)

    def raise_if_done(self) -> None:
        """Raise the error if this context is done, otherwise do nothing.

        Raises:
            Cancelled, DeadlineExceeded: a new exception for each call, of the class of ``error`` and with
                ``cause`` as its ``__cause__``, so that threads do not write tracebacks into a shared one.
        """
        error = self.error
        if error is not None:
            raise type(error)(*error.args) from error.__cause__

    # --- waiting ---

    def wait(self, timeout: float | None = None) -> bool:
        """Block until this context is done.

        Args:
            timeout: seconds to wait at most; None waits for ever, 0 only looks.

        Returns:
            Whether the context is done by then: True if timeout and deadline come at the same instant.

        Raises:
            TypeError, ValueError: for a bad duration.
        """
        if timeout is not None:
            _check_duration(timeout)
        with self._lock:
            # Looking and making the event is one step: an end in between would find none to set.
            if self._error_at(time.monotonic()) is not None:
                return True
            if self._ended is None:
                self._ended = threading.Event()
        self._ended.wait(timeout)
        return self.done

    def on_done(self, fn: Callable[[], object]) -> Callable[[], bool]:
        """Have ``fn()`` called once when this context ends.

        It runs in the thread that ends the context: the one that calls ``cancel`` on it or an ancestor, or
        at the deadline one that is there for this alone. There, too, all callbacks run, each context's in
        the order registered, and what they raise goes to ``threading.excepthook`` in the end, as one group
        or one by one. If the context is done already, ``fn`` runs before this call returns, in the calling
        thread, and what it raises is raised here.

        Args:
            fn: takes no arguments; its result is ignored. Registered twice, it is called twice.

        Returns:
            A function that takes the registration back. It returns True if ``fn`` will therefore not be
            called, and then the context no longer refers to it; False if it has been, is being or is just
            about to be called, or was taken back before. It never waits for ``fn``.

        Raises:
            TypeError: ``fn`` is not callable.
        """
        if not callable(fn):
            raise TypeError(f"on_done needs a function, not {fn!r}")
        registration = object()

        def unregister() -> bool:
            with self._lock:
                return self._callbacks.pop(registration, None) is not None

        with self._lock:
            # Looking and registering is one step: an end in between would leave fn behind for ever.
            done = self._error_at(time.monotonic()) is not None
            if not done:
                self._callbacks[registration] = fn
        if done:
            fn()
        return unregister


_EXCEEDED = "the deadline has passed"


def _check_number(value: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"a time is a number of seconds, not {value!r}")


def _check_duration(seconds: float) -> None:
    _check_number(seconds)
    if not 0 <= seconds <= threading.TIMEOUT_MAX:  # false for NaN as well
        raise ValueError(f"a duration is finite and not negative, not {seconds!r}")


def main() -> None:
    """Ask three replicas at once, with half a second for all of them and a cancel for one."""
    began = time.monotonic()

    def report(text: str) -> None:
        print(f"{time.monotonic() - began:5.2f} s  {text}")

    def ask(replica: str, seconds: float, ctx: Context) -> None:
        label = f"request {ctx.value('request')}, {replica}:"
        if ctx.wait(timeout=seconds):
            report(f"{label} gave up, {ctx.error} (cause: {ctx.cause!r})")
        else:
            report(f"{label} answered, {ctx.remaining():.2f} s to spare")

    with Context.background().with_value("request", 42).with_timeout(0.5) as request:
        fast, slow, broken = (request.with_cancel() for _ in range(3))
        request.on_done(lambda: report("request: over"))
        threads = [
            threading.Thread(target=ask, args=("fast replica", 0.1, fast)),
            threading.Thread(target=ask, args=("slow replica", 5.0, slow)),
            threading.Thread(target=ask, args=("broken replica", 5.0, broken)),
        ]
        for thread in threads:
            thread.start()
        time.sleep(0.3)
        broken.cancel(ConnectionError("connection reset"))
        for thread in threads:
            thread.join()


if __name__ == "__main__":
    main()
