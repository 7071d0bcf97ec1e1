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
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError

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
        # TODO: your code here
        raise NotImplementedError

    def try_recv(self) -> tuple[Any, bool]:
        """Take the next value if there is one at once; never block.

        Returns:
            ``(value, True)`` if there was a value: in the buffer or, on an unbuffered channel, with a sender
            that was waiting. ``(None, False)``, with nothing changed, if there was none but may be later.

        Raises:
            ChannelClosed: the channel is closed and its buffer empty.
        """
        # TODO: your code here
        raise NotImplementedError

    def close(self) -> None:
        """Accept no more values; never block.

        Every waiting sender and every waiting receiver raises ``ChannelClosed`` at once, and the values of
        those senders are dropped. The values in the buffer stay.

        Raises:
            ChannelClosed: the channel is closed already. Of several calls exactly one succeeds.
        """
        # TODO: your code here
        raise NotImplementedError

    @property
    def closed(self) -> bool:
        """Whether ``close`` has been called, even if there are values left in the buffer."""
        # TODO: your code here
        raise NotImplementedError

    def __len__(self) -> int:
        """Count the values in the buffer; those of waiting senders do not count.

        So an unbuffered channel always has length 0. And as with any container, one of length 0 is false in
        a condition: ask ``if channel is not None``, not ``if channel``.
        """
        # TODO: your code here
        raise NotImplementedError

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the values: take one with ``recv`` for each step, and end when that raises ChannelClosed.

        Each value goes to one loop only: several loops over one channel, in several threads, share them.
        """
        # TODO: your code here
        raise NotImplementedError


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
