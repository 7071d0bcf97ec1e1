"""Select, solved differently: one select at a time takes locks, and one object is the waiter of a whole channel.

A gate lets one select at a time hold more than one lock of a channel. So the order in which it takes them does
not matter: who holds only one, a plain send or recv, waits for nobody. There is one waiter for each channel and
direction, not for each case; which of its cases is meant is drawn by lot when it is settled. The decision is a
condition with a state, and a select that gives up closes it before it leaves the queues.
"""

from __future__ import annotations

import itertools
import random
import threading
import time
from collections import OrderedDict, deque
from contextlib import ExitStack
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


_gate = threading.Lock()


def select(
    *cases: RecvCase | SendCase,
    timeout: float | None = None,
    default: Any = NO_DEFAULT,
    ctx: Context | None = None,
) -> Selected:
    """Wait until at least one case is ready, and do one that is: that one, once, and no other."""
    check_timeout(timeout)
    until = None if timeout is None else time.monotonic() + timeout
    groups: dict[tuple[int, type], list[int]] = {}
    for index, case in enumerate(cases):
        if type(case) not in (RecvCase, SendCase):
            raise TypeError(f"select() takes cases, not {case!r}")
        if case.channel is not None:
            # Receives from one channel are all the same. Sends differ by their values.
            key = (case.channel.number, RecvCase) if type(case) is RecvCase else (-1 - index, SendCase)
            groups.setdefault(key, []).append(index)
    if not groups and until is None and default is NO_DEFAULT and ctx is None:
        raise ValueError("select() without any channel would wait for ever")
    if ctx is not None:
        ctx.raise_if_done()

    turn = _Turn(cases)
    with ExitStack() as locks:
        with _gate:
            for channel in _channels(cases):
                locks.enter_context(channel.lock)
        # Drawn by the number of cases, so that a channel with several has the chance of each of them.
        order = [index for indices in groups.values() for index in indices]
        while order:
            index = order.pop(random.randrange(len(order)))
            outcome = cases[index].attempt()
            if outcome is not None:
                return _result(cases, index, outcome)
        if default is not NO_DEFAULT:
            return Selected(-1, default, False)
        if timeout == 0:
            raise TimeoutError("nothing is ready")
        waiters = [(cases[indices[0]], _Place(turn, indices)) for indices in groups.values()]
        for case, place in waiters:
            case.add(place)
    unregister = None
    try:
        if ctx is not None:
            unregister = ctx.on_done(turn.give_up)
        turn.wait(until)
    finally:
        turn.give_up()
        for case, place in waiters:
            with case.channel.lock:
                case.channel.remove(place)
        if unregister is not None:
            unregister()
    if turn.state == "settled":
        return _result(cases, turn.index, turn.outcome)
    if ctx is not None:
        ctx.raise_if_done()
    raise TimeoutError(f"nothing was ready for {timeout} seconds")


class _Turn:
    """What becomes of a select that waits: open, then settled or given up for good."""

    def __init__(self, cases: tuple[RecvCase | SendCase, ...]) -> None:
        self.cases = cases
        self.state = "open"
        self.index = -1
        self.outcome: tuple[Any, bool] = (None, False)
        self.changed = threading.Condition()

    def wait(self, until: float | None) -> None:
        with self.changed:
            while self.state == "open":
                left = None if until is None else until - time.monotonic()
                if left is not None and left <= 0:
                    return
                self.changed.wait(left)

    def give_up(self) -> None:
        with self.changed:
            if self.state == "open":
                self.state = "given up"
                self.changed.notify()

    def settle(self, index: int, value: Any, ok: bool) -> bool:
        with self.changed:
            if self.state != "open":
                return False
            self.state, self.index, self.outcome = "settled", index, (value, ok)
            self.changed.notify()
            return True


class _Place:
    """The waiter for one or more cases that are alike."""

    def __init__(self, turn: _Turn, indices: list[int]) -> None:
        self.turn = turn
        self.indices = indices

    def settle(self, value: Any, ok: bool) -> bool:
        return self.turn.settle(random.choice(self.indices), value, ok)


def _channels(cases: tuple[RecvCase | SendCase, ...]) -> list[Channel]:
    found: list[Channel] = []
    for case in cases:
        if case.channel is not None and case.channel not in found:
            found.append(case.channel)
    return found


def _result(cases: tuple[RecvCase | SendCase, ...], index: int, outcome: tuple[Any, bool]) -> Selected:
    value, ok = outcome
    if isinstance(cases[index], SendCase) and not ok:
        raise ChannelClosed(f"case {index} is a send, and its channel is closed")
    return Selected(index, value, ok)
