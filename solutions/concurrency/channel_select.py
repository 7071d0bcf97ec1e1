"""Select: wait until one of several sends and receives can go on, do exactly that one, and leave the others.

``Channel`` is given, and so is all the rest except ``select``. Besides ``send`` and ``recv`` a channel has a
hook for calls that wait on several channels at once. It consists of a lock, two attempts and two queues:

- ``channel.lock`` guards the channel. It is a plain ``threading.Lock``, so who holds it must not take it again.
  Each channel also has a ``number``; no two have the same.
- ``channel.recv_now()`` and ``channel.send_now(value)`` do it now or not at all. Call them with the lock held.
  They return None, and have done nothing, if they would have to wait. Otherwise it is done, and they return
  the outcome, a pair ``(value, ok)``. For a receive it is ``(value, True)``, or ``(None, False)`` if the channel
  is closed and drained. For a send it is ``(None, True)``, or ``(None, False)`` if the channel is closed.
- ``channel.add_receiver(waiter)`` and ``channel.add_sender(waiter, value)`` put a waiter at the end of the queue
  of those who wait to receive or to send; ``channel.remove(waiter)`` takes it out again, if it is still there.
  Call them with the lock held. A waiter is added only after an attempt has returned None, in the same critical
  section: nobody looks later whether it could have gone on at once.

A waiter is any object with one method, ``settle(value, ok) -> bool``. A channel calls it when the waiter's turn
has come: when a sender brings a value, when a receiver or free room takes one, or when the channel is closed.
``value`` and ``ok`` are the outcome, the same pair as above. The waiter answers

- True: "this is my outcome". The other side has then done its part and goes its way.
- False: "I am no longer interested". Then nothing has happened: a value goes to the next in the queue.

Either way the channel has taken the waiter out of its queue. ``settle`` runs in the thread of the other side,
with the lock of this channel held, and possibly with locks of other channels. So it must not block and must not
take the lock of any channel. A waiter that stands in the queues of several channels may be settled by several
threads at the same time: one lock does not keep out the holder of another.

This is how a plain receive uses the hook; ``Channel.recv`` does the same, and has a timeout besides:

    class Call:
        def __init__(self):
            self.outcome = None
            self.woken = threading.Event()

        def settle(self, value, ok):  # it stands in one queue, so it is asked once
            self.outcome = value, ok
            self.woken.set()
            return True

    def receive(channel):
        with channel.lock:
            outcome = channel.recv_now()
            if outcome is None:
                call = Call()
                channel.add_receiver(call)
        if outcome is None:
            call.woken.wait()
            outcome = call.outcome
        return outcome

Durations are seconds, given as int or float. Everything here may be called from any thread.

A ``ctx`` is a context of the kata of that name; without one a call cannot be cancelled. What you need of it:

- ``ctx.raise_if_done()`` raises ``Cancelled`` or ``DeadlineExceeded`` if it has ended, or else does nothing.
- ``ctx.on_done(fn)`` has ``fn()`` called once when it ends, and returns ``unregister``, a function that takes
  this back. On a context that is done it calls ``fn`` at once, in your thread; otherwise ``fn`` runs in the
  thread that cancels, or in a timer's thread at the deadline. If ``fn`` takes a lock, do not call ``on_done`` or
  ``unregister`` while you hold that lock, unless you know why it cannot deadlock.
- ``ctx.done``, ``ctx.error`` (None until it is done) and ``ctx.remaining()`` (seconds to its deadline, None
  without one) only look.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from .context import Context


# --- given ---


class ChannelClosed(Exception):
    """The channel is closed: it takes no more values, or has no more to give."""


class Waiter(Protocol):
    """What stands in the queue of a channel; you write a class with this method."""

    def settle(self, value: Any, ok: bool) -> bool:
        """Take this outcome, and return True; or refuse it, and return False. See the top of this file."""


class Channel:
    """A queue between threads with room for ``capacity`` values; with a capacity of 0, a place to meet.

    A send is done when its value is in the buffer or was taken by a receiver. Waiting senders and waiting
    receivers are each served in the order in which they came. A call that fails changes nothing.

    Attributes:
        capacity: how many values the buffer holds.
        lock: guards the channel; see the top of this file.
        number: differs from channel to channel, and does not change.
    """

    def __init__(self, capacity: int = 0) -> None:
        if isinstance(capacity, bool) or not isinstance(capacity, int):
            raise TypeError(f"capacity must be an int, not {capacity!r}")
        if capacity < 0:
            raise ValueError(f"capacity must not be negative, but it is {capacity}")
        self.capacity = capacity
        self.lock = threading.Lock()
        with _numbering:
            self.number = next(_numbers)
        self._closed = False
        self._buffer: deque[Any] = deque()
        self._receivers: OrderedDict[Waiter, None] = OrderedDict()
        self._senders: OrderedDict[Waiter, Any] = OrderedDict()

    def send(self, value: Any, timeout: float | None = None) -> None:
        """Send a value; wait for room or a receiver, at most ``timeout`` seconds.

        Raises:
            ChannelClosed: the channel is closed, or was closed before the value was accepted.
            TimeoutError: the timeout ran out first; with 0 the call tries once without waiting.
            TypeError, ValueError: for a bad timeout.
        """
        check_timeout(timeout)
        with self.lock:
            outcome = self.send_now(value)
            if outcome is None:
                if timeout == 0:
                    raise TimeoutError("that is not possible at once")
                call = _Call()
                self.add_sender(call, value)
        if outcome is None:
            outcome = self._wait(call, timeout)
        if not outcome[1]:
            raise ChannelClosed("the channel is closed")

    def recv(self, timeout: float | None = None) -> Any:
        """Receive the next value; wait for one, at most ``timeout`` seconds.

        Raises:
            ChannelClosed: the channel is closed and drained, or was closed during the wait.
            TimeoutError, TypeError, ValueError: as ``send``.
        """
        check_timeout(timeout)
        with self.lock:
            outcome = self.recv_now()
            if outcome is None:
                if timeout == 0:
                    raise TimeoutError("that is not possible at once")
                call = _Call()
                self.add_receiver(call)
        if outcome is None:
            outcome = self._wait(call, timeout)
        value, ok = outcome
        if not ok:
            raise ChannelClosed("the channel is closed and drained")
        return value

    def try_send(self, value: Any) -> bool:
        """Send a value if that is possible at once, and tell whether it was; ChannelClosed if it is closed."""
        with self.lock:
            outcome = self.send_now(value)
        if outcome == _CLOSED:
            raise ChannelClosed("the channel is closed")
        return outcome is not None

    def try_recv(self) -> tuple[Any, bool]:
        """Return ``(value, True)`` if there is a value, else ``(None, False)``; ChannelClosed if drained."""
        with self.lock:
            outcome = self.recv_now()
        if outcome is None:
            return None, False
        if not outcome[1]:
            raise ChannelClosed("the channel is closed and drained")
        return outcome

    def close(self) -> None:
        """Accept no more values, and settle all who wait; what is in the buffer can still be received.

        Raises:
            ChannelClosed: it is closed already.
        """
        with self.lock:
            if self._closed:
                raise ChannelClosed("the channel is closed already")
            self._closed = True
            for queue in (self._senders, self._receivers):
                while queue:
                    queue.popitem(last=False)[0].settle(*_CLOSED)

    @property
    def closed(self) -> bool:
        """Whether it has been closed, even if there are values left in the buffer."""
        with self.lock:
            return self._closed

    @property
    def waiting(self) -> int:
        """How many waiters stand in the two queues; tests look whether any was left behind."""
        with self.lock:
            return len(self._senders) + len(self._receivers)

    def __len__(self) -> int:
        """Count the values in the buffer. So an empty channel is false: ask ``is not None``."""
        with self.lock:
            return len(self._buffer)

    # The hook: all of these are called with the lock held.

    def send_now(self, value: Any) -> tuple[Any, bool] | None:
        """Send a value if that needs no waiting; return the outcome, or None with nothing done."""
        if self._closed:
            return _CLOSED
        while self._receivers:
            receiver, _ = self._receivers.popitem(last=False)
            if receiver.settle(value, True):
                return _SENT
        if len(self._buffer) < self.capacity:
            self._buffer.append(value)
            return _SENT
        return None

    def recv_now(self) -> tuple[Any, bool] | None:
        """Receive a value if that needs no waiting; return the outcome, or None with nothing done."""
        while self._senders:
            sender, value = self._senders.popitem(last=False)
            if sender.settle(*_SENT):
                self._buffer.append(
                    value
                )  # behind what is there: the buffer may be one too long for a moment
                break
        if self._buffer:
            return self._buffer.popleft(), True
        return _CLOSED if self._closed else None

    def add_sender(self, waiter: Waiter, value: Any) -> None:
        """Put a waiter with its value at the end of the queue of senders; ValueError if it is here already."""
        self._check_new(waiter)
        self._senders[waiter] = value

    def add_receiver(self, waiter: Waiter) -> None:
        """Put a waiter at the end of the queue of receivers; ValueError if it is here already."""
        self._check_new(waiter)
        self._receivers[waiter] = None

    def remove(self, waiter: Waiter) -> None:
        """Take a waiter out of its queue, if it is still there."""
        self._senders.pop(waiter, None)
        self._receivers.pop(waiter, None)

    def _check_new(self, waiter: Waiter) -> None:
        if waiter in self._senders or waiter in self._receivers:
            raise ValueError("this waiter stands in a queue of this channel; each case needs one of its own")

    def _wait(self, call: _Call, timeout: float | None) -> tuple[Any, bool]:
        try:
            call.woken.wait(timeout)
        finally:
            with self.lock:
                self.remove(call)
        if call.outcome is None:
            raise TimeoutError(f"nobody came within {timeout} seconds")
        return call.outcome


class _Call:
    """The waiter of a plain send or recv."""

    def __init__(self) -> None:
        self.outcome: tuple[Any, bool] | None = None
        self.woken = threading.Event()

    def settle(self, value: Any, ok: bool) -> bool:
        self.outcome = value, ok
        self.woken.set()
        return True


@dataclass(frozen=True, slots=True, eq=False)
class RecvCase:
    """A receive, made by ``recv_from``; its methods need the lock of its channel held."""

    channel: Channel | None

    def attempt(self) -> tuple[Any, bool] | None:
        """``channel.recv_now()``."""
        assert self.channel is not None
        return self.channel.recv_now()

    def add(self, waiter: Waiter) -> None:
        """``channel.add_receiver(waiter)``."""
        assert self.channel is not None
        self.channel.add_receiver(waiter)


@dataclass(frozen=True, slots=True, eq=False)
class SendCase:
    """A send, made by ``send_to``; its methods need the lock of its channel held."""

    channel: Channel | None
    value: Any

    def attempt(self) -> tuple[Any, bool] | None:
        """``channel.send_now(value)``."""
        assert self.channel is not None
        return self.channel.send_now(self.value)

    def add(self, waiter: Waiter) -> None:
        """``channel.add_sender(waiter, value)``."""
        assert self.channel is not None
        self.channel.add_sender(waiter, self.value)


def recv_from(channel: Channel | None) -> RecvCase:
    """Make a case that receives from a channel; one of None is never ready."""
    _check_channel(channel)
    return RecvCase(channel)


def send_to(channel: Channel | None, value: Any) -> SendCase:
    """Make a case that sends a value to a channel; one of None is never ready."""
    _check_channel(channel)
    return SendCase(channel, value)


@dataclass(frozen=True, slots=True)
class Selected:
    """What a select has done.

    Attributes:
        index: which of its cases, counted from 0; -1 for the default.
        value: what was received; None for a send; the default.
        ok: True if a value was received or sent; False for a channel closed and drained, and for the default.
    """

    index: int
    value: Any
    ok: bool


NO_DEFAULT: Any = object()  # not None, which may well be a default


def check_timeout(timeout: float | None) -> None:
    """Raise TypeError or ValueError unless it is None or a number from 0 to ``threading.TIMEOUT_MAX``."""
    if timeout is None:
        return
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise TypeError(f"timeout must be a number of seconds or None, not {timeout!r}")
    if not 0 <= timeout <= threading.TIMEOUT_MAX:  # false for NaN as well
        raise ValueError(f"timeout must be finite and not negative, not {timeout!r}")


def _check_channel(channel: Channel | None) -> None:
    if channel is not None and not isinstance(channel, Channel):
        raise TypeError(f"a case needs a Channel or None, not {channel!r}")


_CLOSED, _SENT = (None, False), (None, True)
_numbers = itertools.count()
_numbering = threading.Lock()


# --- end of given ---


def select(
    *cases: RecvCase | SendCase,
    timeout: float | None = None,
    default: Any = NO_DEFAULT,
    ctx: Context | None = None,
) -> Selected:
    """Wait until at least one case is ready, and do one that is: that one, once, and no other.

        match select(recv_from(jobs), recv_from(quit), timeout=5.0):
            case Selected(0, job, True): run(job)

    - A case is ready if a plain ``recv`` or ``send`` on its channel would not have to wait. So a closed channel
      makes its cases ready; what is left in its buffer comes out first.
    - If several are ready, each has the same chance: choose with the module ``random``, among those that are
      ready. If none is, the first that becomes ready is done.
    - A case whose channel is None is never ready, but counts for ``index``.
    - The cases may be of any mix of channels, in any order, and a channel may be in several of them. A select
      never meets itself: it does not receive what it sends.
    - All cases are looked at in one moment, not one after the other: where at any time one is ready, the call
      finds one, and takes no default.
    - The cases that are not done change nothing: none gives or takes a value, not even for a moment.
    - A select that waits stands in the queue of each of its channels like a plain ``send`` or ``recv``. When
      the call is over, however it ended, no waiter of it is in any queue, and nothing is registered with ctx.
    - Where a case meets a timeout, a cancel or a deadline at the same instant, either may come first, but both
      sides agree. What was received is returned; what was sent is reported as sent; a call that raises one of
      these has done nothing.
    - Any number of selects on the same channels, in whatever order of cases, and plain calls on them, get on
      with one another: they do not deadlock, and two selects can be the two sides of an unbuffered channel.
    - Nothing polls: a waiting call wakes when a case is done, when its ctx ends, or when its timeout runs out.

    Args:
        cases: made by ``recv_from`` and ``send_to``.
        timeout: seconds to wait at most, counted from the call; None waits for ever, 0 looks once without
            waiting.
        default: given back when no case is ready, any object, None too. With a default the call never waits,
            so a timeout has no effect.
        ctx: gives up when this ends. One that is done before the call wins over ready cases and the default.

    Returns:
        ``Selected(index, value, ok)`` with the index of the case that was done. A receive: the value and True,
        or None and False if the channel is closed and drained, or was closed during the wait. A send: None and
        True. No case was ready and there is a default: index -1, the default, and False.

    Raises:
        TypeError: a case was not made by ``recv_from`` or ``send_to``, or ``timeout`` is neither a number nor
            None; a bool is no number.
        ValueError: ``timeout`` is negative, NaN, infinite or above ``threading.TIMEOUT_MAX``. Or the call could
            never end: there is no case with a channel, and neither timeout nor default nor ctx. Bad arguments
            are reported before anything else is looked at.
        Cancelled, DeadlineExceeded: ``ctx`` ended first. If it is done when the timeout runs out, this is what
            is raised.
        ChannelClosed: the case that was chosen is a send, and its channel is closed or was closed during the
            wait. A send case on a closed channel that is not chosen does no harm.
        TimeoutError: the timeout ran out first.
    """
    check_timeout(timeout)
    for case in cases:
        if not isinstance(case, (RecvCase, SendCase)):
            raise TypeError(f"a case is made by recv_from or send_to, not {case!r}")
    live = [(index, case, case.channel) for index, case in enumerate(cases) if case.channel is not None]
    if not live and timeout is None and default is NO_DEFAULT and ctx is None:
        raise ValueError("no case has a channel: without timeout, default or ctx the call would never end")
    deadline = None if timeout is None else time.monotonic() + timeout
    if ctx is not None:
        ctx.raise_if_done()
    # The first that is ready in a random order is any of the ready ones with the same chance. A random start
    # in a fixed order would favour those that stand behind cases that are not ready.
    random.shuffle(live)
    # Each channel once, as its lock cannot be taken twice. In one order for all callers: two that hold one lock
    # each and want the other's would wait for ever.
    by_number = {channel.number: channel.lock for _, _, channel in live}
    locks = [by_number[number] for number in sorted(by_number)]
    held = 0
    try:
        for lock in locks:
            lock.acquire()
            held += 1
        # All attempts come before the first registration. A select that met its own waiter would hand a value
        # to itself.
        for index, case, _ in live:
            outcome = case.attempt()
            if outcome is not None:
                return _selected(index, case, outcome)
        if default is not NO_DEFAULT:
            return Selected(-1, default, False)
        if timeout == 0:
            raise TimeoutError("no case is ready")
        # Still under the same locks: who makes a case ready from now on finds a waiter.
        decision = _Decision()
        entries = [(_Entry(decision, index), case, channel) for index, case, channel in live]
        for entry, case, _ in entries:
            case.add(entry)
    finally:
        for lock in locks[:held]:
            lock.release()
    unregister = None
    try:
        # A cancel only wakes. Registered after the locks are released, as it may call back at once.
        if ctx is not None:
            unregister = ctx.on_done(decision.woken.set)
        decision.woken.wait(None if deadline is None else max(0.0, deadline - time.monotonic()))
    finally:
        for entry, _, channel in entries:
            with channel.lock:
                channel.remove(entry)
        if unregister is not None:
            unregister()
    # Looked at last, when nobody can reach an entry any more: a case may have been done between the timeout or
    # the cancel and this line, and a call that raised now would lose its value.
    if decision.outcome is not None:
        return _selected(decision.index, cases[decision.index], decision.outcome)
    if ctx is not None:
        ctx.raise_if_done()
    raise TimeoutError(f"no case was ready within {timeout} seconds")


class _Decision:
    """Which case of one waiting select is done, and its outcome; at most one ever is."""

    __slots__ = ("_open", "index", "outcome", "woken")

    def __init__(self) -> None:
        self._open = threading.Lock()  # who takes it has decided; it is never released
        self.index = -1
        self.outcome: tuple[Any, bool] | None = None
        self.woken = threading.Event()

    def take(self, index: int, outcome: tuple[Any, bool]) -> bool:
        # Called under the lock of a channel, but for each case it may be another one. So the channels' locks
        # cannot decide between two that come at the same time.
        if not self._open.acquire(blocking=False):
            return False
        self.index = index
        self.outcome = outcome
        self.woken.set()
        return True


class _Entry:
    """The waiter of one case: a waiter each, as only so it is known which case is done."""

    __slots__ = ("_decision", "_index")

    def __init__(self, decision: _Decision, index: int) -> None:
        self._decision = decision
        self._index = index

    def settle(self, value: Any, ok: bool) -> bool:
        return self._decision.take(self._index, (value, ok))


def _selected(index: int, case: RecvCase | SendCase, outcome: tuple[Any, bool]) -> Selected:
    value, ok = outcome
    if not ok and isinstance(case, SendCase):
        raise ChannelClosed(f"case {index} sends on a channel that is closed")
    return Selected(index, value, ok)


def main() -> None:
    """Merge a fast and a slow source until both are closed, and say so when nothing comes for a while."""
    fast, slow = Channel(), Channel(capacity=1)
    began = time.monotonic()

    def produce(channel: Channel, name: str, pause: float) -> None:
        for number in range(1, 4):
            time.sleep(pause)
            channel.send(f"{name} {number}")
        channel.close()

    threads = [
        threading.Thread(target=produce, args=(fast, "fast", 0.05)),
        threading.Thread(target=produce, args=(slow, "slow", 0.15)),
    ]
    for thread in threads:
        thread.start()
    sources: list[Channel | None] = [fast, slow]
    while any(source is not None for source in sources):
        try:
            got = select(*map(recv_from, sources), timeout=0.1)
        except TimeoutError:
            print(f"{time.monotonic() - began:5.2f} s  nothing for a tenth of a second")
            continue
        if not got.ok:
            sources[got.index] = None  # a closed channel is always ready: take it out of the next rounds
        print(f"{time.monotonic() - began:5.2f} s  case {got.index}: {got.value if got.ok else 'closed'}")
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
