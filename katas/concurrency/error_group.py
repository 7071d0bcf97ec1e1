"""Error group: tasks that belong together. Wait for all of them, keep the first error, call off the rest.

Everything here may be called from any thread, and in a task of the group unless it says otherwise.

``Context`` and ``ContextError`` are those of the kata ``context``, imported from there; no need to have solved
it. What you need of them:

- ``Context.background()`` makes a context, and ``ctx.with_cancel()`` a child of it that can end alone.
- ``ctx.cancel(cause)`` ends it and all below it; one that is done already stays as it is. What was registered
  with ``on_done`` is called in your thread before it returns, and what that has raised is raised here.
- ``ctx.on_done(fn)`` has ``fn()`` called once when it ends, and returns ``unregister``, a function that takes
  this back. On a context that is done it calls ``fn`` at once, in your thread; otherwise ``fn`` runs in the
  thread that cancels, or in a timer's thread at the deadline. As ``fn`` probably takes your lock, do not call
  ``on_done`` or ``cancel`` while you hold that lock.
- ``ctx.raise_if_done()`` raises ``Cancelled`` or ``DeadlineExceeded``, both of them ``ContextError``, if it has
  ended, or else does nothing; ``ctx.done`` and ``ctx.error`` (None until it is done) only look. These three
  call nothing of yours, so you may hold your lock. A ctx is done from the instant of its deadline on, though
  what was registered may be called a moment later.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .context import Context, ContextError

if TYPE_CHECKING:
    from types import TracebackType


class ErrorGroup:
    """Tasks that run at the same time, succeed together, and are called off together when one of them fails.

        with ErrorGroup(limit=4) as group:
            for url in urls: group.go(fetch, url, group.ctx)

    Rules that hold for every method:

    - A task that raises anything has failed, be it an ``Exception`` or only a ``BaseException`` like SystemExit.
      Its error is recorded, then the ctx of the group is cancelled, and only then is its slot free.
    - But a ``ContextError`` that is raised when the ctx of the group is done already is no failure, just a
      consequence. It is recorded too, but no call raises it in place of a failure.
    - The first failure is the one that is recorded first. It is the cause with which the ctx is cancelled, if
      nothing else has ended it before, and ``wait`` raises it: the very object that the task has raised.
    - Nothing is swallowed: ``errors`` has all that was recorded, and the first failure gets a note about the
      others. What callbacks of the ctx raise when the group cancels it is recorded as a failure, as if a task
      had raised it; whether they fail or not, slots become free and ``wait`` comes to its end.
    - Never are more than ``limit`` tasks active. A task is active from the moment it is accepted until it has
      ended and its error, if any, has been dealt with as above. A free slot goes at once to a ``go`` that waits
      for one: n tasks of d seconds take exactly ceil(n / limit) * d.
    - No task is accepted when the ctx of the group is done, or when a ``wait`` has found the group to be over.
    - Tasks run outside every lock of the group, and so do callbacks of its ctx.
    - A call of ``go`` that is over, however it ended, has nothing registered with a ctx any more; the group as a
      whole may keep one registration.
    - Nothing polls: a blocked call wakes when there is something for it to do.
    """

    def __init__(self, ctx: Context | None = None, limit: int | None = None) -> None:
        """Make a group without tasks.

        Args:
            ctx: the parent of the group's own context; None takes ``Context.background()``. It may be done
                already. The group never cancels it.
            limit: how many tasks may be active at once, at least 1; None for any number.

        Raises:
            TypeError: ``limit`` is neither an int nor None, or is a bool.
            ValueError: it is less than 1.
        """
        # TODO: your code here
        raise NotImplementedError

    @property
    def ctx(self) -> Context:
        """The group's own context, a child of the one it was given: the same object at all times.

        It is what tasks watch in order to end early. The first failure cancels it, and so does ``wait`` before
        it returns or raises, whatever has happened. To call off the group, cancel it.
        """
        # TODO: your code here
        raise NotImplementedError

    @property
    def errors(self) -> tuple[BaseException, ...]:
        """All that has been recorded so far, failures as well as consequences, in the order recorded."""
        # TODO: your code here
        raise NotImplementedError

    def go(self, fn: Callable[..., object], *args: Any) -> None:
        """Run ``fn(*args)`` as a task, on a thread of its own; wait for a slot if ``limit`` tasks are active.

        While a call of this waits the group is not over, and ``wait`` waits too. No order is promised among
        several that wait. A task may call this, but keeps its own slot meanwhile: if all active tasks wait here,
        they wait until the ctx ends. ``try_go`` never does.

        Args:
            fn: its result is ignored.
            *args: passed on to it.

        Raises:
            TypeError: ``fn`` is not callable.
            RuntimeError: a ``wait`` has found the group to be over. If several reasons hold at the call, they
                are reported in the order in which they stand here.
            Cancelled, DeadlineExceeded: the ctx of the group was done before the call, or ended while it waited;
                ``fn`` is not called, even if there is a slot. A call that waits while a task fails never gets
                the slot of that task.
            Exception: what the system raises if it refuses to start a thread; then ``fn`` is not called, the
                slot is free again, and nothing is recorded.
        """
        # TODO: your code here
        raise NotImplementedError

    def try_go(self, fn: Callable[..., object], *args: Any) -> bool:
        """Run ``fn(*args)`` as a task, on a thread of its own, if a slot is free; never block.

        Args:
            fn: its result is ignored.
            *args: passed on to it.

        Returns:
            True if the task was accepted; False, with nothing changed, if ``limit`` tasks are active.

        Raises:
            TypeError, RuntimeError, Cancelled, DeadlineExceeded, Exception: as ``go`` does, be a slot free or
                not.
        """
        # TODO: your code here
        raise NotImplementedError

    def wait(self) -> None:
        """Wait until no task is active; then cancel the ctx and tell how the group has ended.

        It outlives every task, also one that takes no notice of the ctx, and one that another task starts
        meanwhile. The first call that finds none active settles the outcome: the group is over. It may be called
        again, and by several threads at once: each call returns or raises only when the ctx is done and the
        threads of all tasks are gone, and each has the same outcome.

        Raises:
            RuntimeError: called in a task of this group, or in a callback of the ctx that the group is just
                cancelling: it would wait for itself. The call changes nothing.
            BaseException: the first failure, if there is any, whatever else has ended the ctx. If there are
                more, it has a note (``__notes__``) with the class name and the message of each of the others;
                the note is added once, when the outcome is settled.
            Cancelled, DeadlineExceeded: there is no failure, but the ctx was done before the group was over:
                what its ``raise_if_done`` raises. A group that was called off must not look like one that has
                done its work, even if all its tasks have returned.
        """
        # TODO: your code here
        raise NotImplementedError

    def __enter__(self) -> ErrorGroup:
        """Return this group; leaving the block waits for its tasks."""
        # TODO: your code here
        raise NotImplementedError

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Wait for all tasks, as ``wait`` does.

        If the block ended without an exception, this raises what ``wait`` raises. If there was one, the ctx is
        cancelled at once with that as its cause; when all tasks have ended, the exception goes on its way
        unchanged, but for a note about all failures like the one that ``wait`` adds, unless it is one of them.
        A later ``wait`` still raises the first failure.

        But if it is a ``ContextError`` and left the block when the ctx was done already, it is a mere
        consequence here too: think of a ``go`` that raises ``Cancelled`` because a task has failed. Then the
        first failure is raised in its place, if there is one.

        A KeyboardInterrupt that comes while this waits cancels the ctx as well, and this waits on.
        """
        # TODO: your code here
        raise NotImplementedError


def main() -> None:
    """Load eight images, at most three at a time; the fifth one is broken."""
    began = time.monotonic()

    def report(text: str) -> None:
        # In one piece, as there are several writers.
        print(f"{time.monotonic() - began:5.2f} s  {text}\n", end="")

    def load(number: int, ctx: Context) -> None:
        report(f"image {number}: loading")
        try:
            ctx.wait(timeout=0.05 if number == 5 else 0.1)
            ctx.raise_if_done()
            if number == 5:
                raise ValueError("image 5 is broken")
        except ContextError as error:
            report(f"image {number}: given up, because of {error.__cause__!r}")
            raise
        report(f"image {number}: loaded")

    try:
        with ErrorGroup(limit=3) as group:
            for number in range(1, 9):
                group.go(load, number, group.ctx)
    except ValueError as error:
        report(f"over: {error}")
        print(f"         recorded: {[type(each).__name__ for each in group.errors]}")
        print(f"         threads left: {threading.active_count() - 1}")


if __name__ == "__main__":
    main()
