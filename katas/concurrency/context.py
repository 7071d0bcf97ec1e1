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
from collections.abc import Callable, Hashable
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
        # TODO: your code here
        raise NotImplementedError

    # --- making contexts ---

    @classmethod
    def background(cls) -> Context:
        """Make a new root: no parent, no deadline, no values, not done until somebody cancels it.

        Returns:
            A tree of its own; two roots have nothing in common.
        """
        # TODO: your code here
        raise NotImplementedError

    def with_cancel(self) -> Context:
        """Derive a child that can be cancelled without ending this context.

        Returns:
            The child, with this context's deadline and values. If this context is done, the child is done
            from the start, with the same error and cause; this goes for all ``with_`` methods.
        """
        # TODO: your code here
        raise NotImplementedError

    def with_timeout(self, seconds: float) -> Context:
        """Derive a child that ends after ``seconds`` at the latest.

        Args:
            seconds: from now; 0 gives a child that is done from the start.

        Returns:
            The child. Its deadline is the earlier of this one's and its own.

        Raises:
            TypeError, ValueError: for a bad duration.
        """
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError

    def __enter__(self) -> Context:
        """Return this context; leaving the block cancels it."""
        # TODO: your code here
        raise NotImplementedError

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Cancel this context; an exception that leaves the block is the cause, and leaves it unchanged."""
        # TODO: your code here
        raise NotImplementedError

    # --- asking ---

    @property
    def done(self) -> bool:
        """Whether this context has ended; it stays so."""
        # TODO: your code here
        raise NotImplementedError

    @property
    def error(self) -> ContextError | None:
        """None until the end, then a ``Cancelled`` or ``DeadlineExceeded``: the same object ever after.

        It is for looking at; what ``raise_if_done`` raises is another one.
        """
        # TODO: your code here
        raise NotImplementedError

    @property
    def cause(self) -> BaseException | None:
        """What ``cancel`` was given, here or in the ancestor that ended this context.

        None before the end, if the cancel gave no cause, and if it was the deadline that ended the context.
        """
        # TODO: your code here
        raise NotImplementedError

    @property
    def deadline(self) -> float | None:
        """The instant of ``time.monotonic()`` at which this context ends at the latest; None for never.

        The earliest deadline from here up to the root. A cancel does not change it.
        """
        # TODO: your code here
        raise NotImplementedError

    def remaining(self) -> float | None:
        """Compute the seconds left until ``deadline``: never negative, 0.0 from then on, None without one.

        A cancel does not change it.
        """
        # TODO: your code here
        raise NotImplementedError

    def value(self, key: Hashable, default: Any = None) -> Any:
        """Look up a value set here or further up; the nearest one counts.

        Args:
            key: what was given to ``with_value``.
            default: returned if no context up to the root has the key.

        Raises:
            TypeError: ``key`` is not hashable.
        """
        # TODO: your code here
        raise NotImplementedError

    def raise_if_done(self) -> None:
        """Raise the error if this context is done, otherwise do nothing.

        Raises:
            Cancelled, DeadlineExceeded: a new exception for each call, of the class of ``error`` and with
                ``cause`` as its ``__cause__``, so that threads do not write tracebacks into a shared one.
        """
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError


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
