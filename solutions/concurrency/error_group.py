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
        if limit is not None:
            if isinstance(limit, bool) or not isinstance(limit, int):
                raise TypeError(f"limit must be an int or None, not {limit!r}")
            if limit < 1:
                raise ValueError(f"limit must be at least 1, not {limit}")
        self._limit = limit
        self._lock = threading.Lock()
        self._idle = threading.Condition(self._lock)
        # Who has a slot, by thread. The slot is taken before the thread starts: a wait() that only knew of
        # threads that run could overlook a task that has just been accepted.
        self._active: dict[threading.Thread, None] = {}
        # Calls of go() that wait for a slot, in order of arrival. There are none while a slot is free.
        self._queue: dict[threading.Thread, threading.Event] = {}
        self._last: threading.Thread | None = None  # the task that gave its slot back most recently
        self._errors: list[BaseException] = []
        self._failures: list[BaseException] = []  # the errors without the mere consequences
        self._over = False
        self._cut_short = False  # the ctx was done before the group was over
        # What wait() raises, with the links that the task has given it: raising it again would change them.
        self._first: BaseException | None = None
        self._trace: TracebackType | None = None
        self._context: BaseException | None = None
        self._ctx = (Context.background() if ctx is None else ctx).with_cancel()
        # One callback for the group, not one for each go(): it lives as long as the ctx, and none adds to it.
        self._ctx.on_done(self._turn_away)

    @property
    def ctx(self) -> Context:
        """The group's own context, a child of the one it was given: the same object at all times.

        It is what tasks watch in order to end early. The first failure cancels it, and so does ``wait`` before
        it returns or raises, whatever has happened. To call off the group, cancel it.
        """
        return self._ctx

    @property
    def errors(self) -> tuple[BaseException, ...]:
        """All that has been recorded so far, failures as well as consequences, in the order recorded."""
        with self._lock:
            return tuple(self._errors)

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
        thread = self._make_thread(fn, args)
        with self._lock:
            turn = None if self._take_slot(thread) else threading.Event()
            if turn is not None:
                self._queue[thread] = turn
        try:
            if turn is not None:
                turn.wait()
                self._ctx.raise_if_done()  # woken by its end, or with a slot that came too late
            thread.start()
        except BaseException:
            self._give_back(thread)
            raise

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
        thread = self._make_thread(fn, args)
        with self._lock:
            if not self._take_slot(thread):
                return False
        try:
            thread.start()
        except BaseException:
            self._give_back(thread)
            raise
        return True

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
        self._finish()
        self._raise_outcome()

    def __enter__(self) -> ErrorGroup:
        """Return this group; leaving the block waits for its tasks."""
        return self

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
        consequence = error is not None and self._is_consequence(error)
        if error is not None:
            self._cancel(error)
        try:
            self._finish()
        except KeyboardInterrupt as interrupt:
            self._cancel(interrupt)
            self._finish()
            raise
        if error is None or (consequence and self._failures):
            self._raise_outcome()
        elif all(each is not error for each in self._failures):
            _add_note(error, self._failures)

    def _make_thread(self, fn: Callable[..., object], args: tuple[Any, ...]) -> threading.Thread:
        if not callable(fn):
            raise TypeError(f"a task needs a function, not {fn!r}")
        return threading.Thread(target=self._run, args=(fn, args), name=getattr(fn, "__name__", "task"))

    def _run(self, fn: Callable[..., object], args: tuple[Any, ...]) -> None:
        try:
            fn(*args)
        except BaseException as error:
            # Not just Exception: sys.exit() in a task would take the slot along.
            self._fail(error)
        # Each task sees off the one before it, and wait() the last one: so all threads are gone then, and no
        # list of them grows in a group that lives for long.
        before = self._give_back(threading.current_thread(), ended=True)
        if before is not None:
            before.join()

    def _fail(self, error: BaseException) -> None:
        with self._lock:
            # Recorded before the cancel, as others fail because of that. Asking the ctx is safe under the lock.
            self._errors.append(error)
            if self._is_consequence(error):
                return
            self._failures.append(error)
            first = self._failures[0]
        # Not with `error`: the task that was first may not have come this far yet. And without the lock, for
        # the callbacks of the ctx are run by this.
        self._cancel(first)

    def _is_consequence(self, error: BaseException) -> bool:
        return isinstance(error, ContextError) and self._ctx.done

    def _cancel(self, cause: BaseException | None = None) -> None:
        try:
            self._ctx.cancel(cause)
        except BaseException as error:
            with self._lock:
                self._errors.append(error)
                self._failures.append(error)

    def _take_slot(self, thread: threading.Thread) -> bool:
        """Give a new task a slot if one is free; called with the lock held."""
        if self._over:
            raise RuntimeError("the group is over: wait() has settled its outcome")
        self._ctx.raise_if_done()
        if self._limit is not None and len(self._active) >= self._limit:
            return False
        self._active[thread] = None
        return True

    def _give_back(self, thread: threading.Thread, ended: bool = False) -> threading.Thread | None:
        """Give a slot or a place in the queue back; return the thread that the caller has to see off."""
        with self._lock:
            if thread in self._queue:
                del self._queue[thread]
            elif thread in self._active:
                del self._active[thread]
                if self._queue:
                    # The slot changes hands here, not when the other wakes up: a wait() in between would find
                    # nobody active, and end the group before that task has begun.
                    successor = next(iter(self._queue))
                    self._active[successor] = None
                    self._queue.pop(successor).set()
                elif not self._active:
                    self._idle.notify_all()
            before = self._last
            if ended:
                self._last = thread
            return before

    def _turn_away(self) -> None:
        """Wake all calls of go() that wait for a slot: the ctx is done."""
        with self._lock:
            for turn in self._queue.values():
                turn.set()
            self._queue.clear()

    def _finish(self) -> None:
        """Wait until no task is active and all threads are gone; the first call to get there ends the group."""
        me = threading.current_thread()
        with self._lock:
            if me in self._active:
                raise RuntimeError("wait() in a task of the same group would wait for itself")
            while self._active:
                self._idle.wait()
            last = self._last
            first_here = not self._over
            if first_here:
                self._over = True
                self._cut_short = self._ctx.done
                # What follows is like one more task: other calls of wait() wait for it.
                self._active[me] = None
        try:
            if last is not None:
                last.join()  # it needs the lock no more, but has a few steps to go
        finally:
            if first_here:
                self._settle()
                self._give_back(me)

    def _settle(self) -> None:
        self._cancel()  # may add to the failures: the outcome is what they are after it
        if self._failures:
            self._first = self._failures[0]
            self._trace, self._context = self._first.__traceback__, self._first.__context__
            _add_note(self._first, self._failures[1:])

    def _raise_outcome(self) -> None:
        if self._first is not None:
            try:
                raise self._first.with_traceback(self._trace)
            finally:
                # In a handler `raise` has put the error being handled here: from a `with` block that would be
                # a consequence of this very one.
                self._first.__context__ = self._context
        if self._cut_short:
            self._ctx.raise_if_done()


def _add_note(error: BaseException, failures: list[BaseException]) -> None:
    if failures:
        error.add_note("failures in the same group: " + "; ".join(map(_describe, failures)))


def _describe(error: BaseException) -> str:
    try:
        return f"{type(error).__name__}: {error}"
    except BaseException:  # from its __str__; what wait() has to say comes first
        return type(error).__name__


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
