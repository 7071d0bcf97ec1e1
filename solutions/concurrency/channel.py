"""Channel: threads hand values to one another, directly or through a bounded buffer, until somebody closes it.

Durations are seconds, given as int or float. Every method may be called from any thread.

A ``ctx`` is a context of the kata of that name; without one a call cannot be cancelled. What you need of it:

- ``ctx.raise_if_done()`` raises ``Cancelled`` or ``DeadlineExceeded`` if it has ended, or else does nothing.
- ``ctx.on_done(fn)`` has ``fn()`` called once when it ends, and returns ``unregister``, a function that takes
  this back. On a context that is done it calls ``fn`` at once, in your thread; otherwise ``fn`` runs in the
  thread that cancels, or in a timer's thread at the deadline. As ``fn`` probably takes your lock, do not call
  ``on_done`` or ``unregister`` while you hold that lock, unless you know why it cannot deadlock.
- ``ctx.done``, ``ctx.error`` (None until it is done) and ``ctx.remaining()`` (seconds to its deadline, None
  without one) only look.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .context import Context


# --- given ---


class ChannelClosed(Exception):
    """The channel is closed: it takes no more values, or has no more to give."""


# --- end of given ---


class Channel:
    """A queue between threads that holds at most ``capacity`` values, or none at all, and can be closed.

        lines = Channel(capacity=10)  # one thread: lines.send(line), and at the end lines.close()
        for line in lines: parse(line)  # another one, or several

    With a capacity of 0 the channel is unbuffered: sender and receiver meet, and whoever comes first waits
    for the other. A ``send`` returns only when a receiver has taken its value.

    Rules that hold for every method:

    - Each value whose send succeeded is received exactly once, or is still in the buffer. Any object is a
      value, None too. Values come out in the order in which they were accepted.
    - A value is accepted when a waiting receiver takes it or, on a channel with a buffer, when there is room
      for it. At no time does the buffer hold more than ``capacity`` values.
    - Waiting senders are served in the order in which they came, and so are waiting receivers. A newcomer
      overtakes nobody: room that a receiver makes goes to the first waiting sender, a value that a sender
      brings goes to the first waiting receiver.
    - What can go on goes on at once: never does a sender wait while there is room, never does a receiver
      wait while there is a value, never does a sender wait while a receiver does.
    - After ``close`` nothing is accepted. What is in the buffer can still be received.
    - A call that fails changes nothing. The value of a failed send is never received, and a failed receive
      takes no value away. It is in nobody's way either: those behind it in the queue move up.
    - Where a hand-off meets a timeout, a cancel, a deadline or a close at the same instant, either may come
      first, but the two sides agree: a send returns and its value has been accepted, or raises and it has
      not; a receive returns a value or raises and has taken none. What was handed over stays so.
    - A call that is over, however it ended, has nothing registered with its ctx any more.
    - Nothing polls: a blocked call wakes when it is served, when the channel is closed, when its ctx ends,
      or when its timeout runs out.
    """

    def __init__(self, capacity: int = 0) -> None:
        """Make an open, empty channel.

        Args:
            capacity: how many values the buffer holds; 0 for an unbuffered channel.

        Raises:
            TypeError: ``capacity`` is not an int, or is a bool.
            ValueError: it is negative.
        """
        if isinstance(capacity, bool) or not isinstance(capacity, int):
            raise TypeError(f"capacity must be an int, not {capacity!r}")
        if capacity < 0:
            raise ValueError(f"capacity must not be negative, but it is {capacity}")
        self._capacity = capacity
        self._closed = False
        self._lock = threading.Lock()
        # Whoever can be served is served by the call that makes it possible, under the lock. So at any time
        # senders wait only beside a full buffer and receivers only beside an empty one, never both.
        self._buffer: deque[Any] = deque()
        # In order of arrival. Not deques: giving up takes a waiter out of the middle.
        self._senders: OrderedDict[_Waiter, None] = OrderedDict()
        self._receivers: OrderedDict[_Waiter, None] = OrderedDict()

    def send(self, value: Any, timeout: float | None = None, ctx: Context | None = None) -> None:
        """Give a value to the channel; wait for a receiver, or for room in the buffer, if need be.

        Args:
            value: any object.
            timeout: seconds to wait at most, counted from the call; None waits for ever, 0 tries once
                without blocking, and without joining the queue.
            ctx: gives up when this ends. One that is done before the call wins over a waiting receiver, over
                room in the buffer and over a closed channel.

        Raises:
            TypeError: ``timeout`` is neither a number nor None; a bool is no number.
            ValueError: it is negative, NaN, infinite or above ``threading.TIMEOUT_MAX``. Bad arguments are
                reported before anything else is looked at.
            ChannelClosed: the channel is closed, or was closed before the value was accepted.
            Cancelled, DeadlineExceeded: ``ctx`` ended first. If it is done when the timeout runs out, this
                is what is raised.
            TimeoutError: the timeout ran out first.
        """
        deadline = None if timeout is None else _deadline(timeout)
        if ctx is not None:
            ctx.raise_if_done()
        with self._lock:
            if self._accept(value):
                return
            if timeout == 0:
                raise TimeoutError("the value cannot be accepted at once")
            waiter = _Waiter(value)
            self._senders[waiter] = None
        self._wait(self._senders, waiter, deadline, ctx)

    def recv(self, timeout: float | None = None, ctx: Context | None = None) -> Any:
        """Take the next value; wait for one if need be.

        Args:
            timeout: as for ``send``.
            ctx: as for ``send``. One that is done before the call wins over a value and a closed channel.

        Returns:
            The value. A closed channel gives what is left in its buffer first.

        Raises:
            TypeError, ValueError: as ``send``.
            ChannelClosed: the channel is closed and its buffer empty, or was closed during the wait.
            Cancelled, DeadlineExceeded, TimeoutError: as ``send``.
        """
        deadline = None if timeout is None else _deadline(timeout)
        if ctx is not None:
            ctx.raise_if_done()
        with self._lock:
            if self._buffer or self._senders:
                return self._take()
            if self._closed:
                raise ChannelClosed("the channel is closed and drained")
            if timeout == 0:
                raise TimeoutError("there is no value at once")
            waiter = _Waiter(None)
            self._receivers[waiter] = None
        self._wait(self._receivers, waiter, deadline, ctx)
        return waiter.value

    def try_send(self, value: Any) -> bool:
        """Give a value to the channel if that is possible at once; never block.

        Args:
            value: any object.

        Returns:
            True if the value was accepted: a receiver was waiting for it, or the buffer had room. False, with
            nothing changed, otherwise.

        Raises:
            ChannelClosed: the channel is closed.
        """
        with self._lock:
            return self._accept(value)

    def try_recv(self) -> tuple[Any, bool]:
        """Take the next value if there is one at once; never block.

        Returns:
            ``(value, True)`` if there was a value: in the buffer or, on an unbuffered channel, with a sender
            that was waiting. ``(None, False)``, with nothing changed, if there was none but may be later.

        Raises:
            ChannelClosed: the channel is closed and its buffer empty.
        """
        with self._lock:
            if self._buffer or self._senders:
                return self._take(), True
            if self._closed:
                raise ChannelClosed("the channel is closed and drained")
            return None, False

    def close(self) -> None:
        """Accept no more values; never block.

        Every waiting sender and every waiting receiver raises ``ChannelClosed`` at once, and the values of
        those senders are dropped. The values in the buffer stay.

        Raises:
            ChannelClosed: the channel is closed already. Of several calls exactly one succeeds.
        """
        with self._lock:
            if self._closed:
                raise ChannelClosed("the channel is closed already")
            self._closed = True
            for line in (self._senders, self._receivers):
                while line:
                    line.popitem(last=False)[0].end(_CLOSED)

    @property
    def closed(self) -> bool:
        """Whether ``close`` has been called, even if there are values left in the buffer."""
        with self._lock:
            return self._closed

    def __len__(self) -> int:
        """Count the values in the buffer; those of waiting senders do not count.

        So an unbuffered channel always has length 0. And as with any container, one of length 0 is false in
        a condition: ask ``if channel is not None``, not ``if channel``.
        """
        with self._lock:
            return len(self._buffer)

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the values: take one with ``recv`` for each step, and end when that raises ChannelClosed.

        Each value goes to one loop only: several loops over one channel, in several threads, share them.
        """
        while True:
            try:
                value = self.recv()
            except ChannelClosed:
                return
            yield value

    # The next two are called with the lock held.

    def _accept(self, value: Any) -> bool:
        """Give a value to the first waiting receiver or to the buffer; tell whether that was possible."""
        if self._closed:
            raise ChannelClosed("the channel is closed")
        if self._receivers:
            receiver, _ = self._receivers.popitem(last=False)
            # Into its hands, not into the buffer: there a newcomer could snatch the value before it wakes.
            receiver.value = value
            receiver.end(_SERVED)
            return True
        if len(self._buffer) < self._capacity:  # nobody is overtaken: where there is room, no sender waits
            self._buffer.append(value)
            return True
        return False

    def _take(self) -> Any:
        """Take the next value, of which there must be one, and let the first waiting sender move up."""
        if not self._senders:
            return self._buffer.popleft()
        sender, _ = self._senders.popitem(last=False)
        sender.end(_SERVED)
        # Its value takes the free place here and not when the sender wakes: until then a newcomer could take
        # the place, or the sender give up and leave it empty beside the next one that waits.
        self._buffer.append(sender.value)
        return self._buffer.popleft()

    def _wait(
        self,
        line: OrderedDict[_Waiter, None],
        waiter: _Waiter,
        deadline: float | None,
        ctx: Context | None,
    ) -> None:
        """Return once the waiter has been served, or raise why not; it stands in ``line`` already."""
        unregister = None
        woken = False
        try:
            # Registered after joining the line: a cancel that came before would find nobody to take out.
            # Registered outside the lock: on a context that has just ended this calls back at once.
            if ctx is not None:
                unregister = ctx.on_done(lambda: self._leave(line, waiter))
            woken = waiter.woken.acquire(
                timeout=-1 if deadline is None else max(0.0, deadline - time.monotonic())
            )
        finally:
            # An interrupted caller leaves too: a sender's value must not be received after its send raised,
            # and a receiver that is gone must not be handed one.
            if not woken:
                self._leave(line, waiter)
            if unregister is not None:
                unregister()
        # How it ended was decided under the lock, by whoever took the waiter out of its line. The clock and
        # the ctx have no say in that: the hand-off may have come between the timeout or cancel and this line.
        if waiter.ending is _SERVED:
            return
        if waiter.ending is _CLOSED:
            raise ChannelClosed("the channel was closed during the wait")
        if ctx is not None:
            ctx.raise_if_done()
        raise TimeoutError("the timeout ran out before anybody came")

    def _leave(self, line: OrderedDict[_Waiter, None], waiter: _Waiter) -> None:
        with self._lock:
            if waiter in line:
                del line[waiter]
                waiter.end(_GAVE_UP)


# How a wait has ended.
_SERVED, _CLOSED, _GAVE_UP = "served", "closed", "gave up"


class _Waiter:
    """One blocked call.

    All of this is written under the channel's lock, by whoever takes the waiter out of its line, and only
    before ``woken`` is released. That happens once, so a plain lock does for what would take an Event else.
    """

    __slots__ = ("ending", "value", "woken")

    def __init__(self, value: Any) -> None:
        self.value = value  # what a sender brings, or what a receiver is given
        self.ending: str | None = None
        self.woken = threading.Lock()
        self.woken.acquire()

    def end(self, how: str) -> None:
        self.ending = how
        self.woken.release()


def _deadline(timeout: float) -> float:
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(f"timeout must be a number of seconds or None, not {timeout!r}")
    if not 0 <= timeout <= threading.TIMEOUT_MAX:  # false for NaN as well
        raise ValueError(f"timeout must be finite and not negative, not {timeout!r}")
    return time.monotonic() + timeout


def main() -> None:
    """A fast producer and a slow consumer with room for two values between them."""
    channel = Channel(capacity=2)
    began = time.monotonic()

    def report(text: str) -> None:
        print(f"{time.monotonic() - began:5.2f} s  {text}")

    def produce() -> None:
        for number in range(1, 6):
            channel.send(number)
            report(f"sent {number}, {len(channel)} in the buffer")
        channel.close()
        report("closed: what is in the buffer can still be received")

    producer = threading.Thread(target=produce)
    producer.start()
    for number in channel:
        time.sleep(0.1)
        report(f"         handled {number}")
    producer.join()
    report("the loop over the channel ended by itself")


if __name__ == "__main__":
    main()
