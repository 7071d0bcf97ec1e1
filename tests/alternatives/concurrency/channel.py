"""Channel, solved differently: one line of offers, of which the first ``capacity`` are the buffer, and one condition.

Every send makes an offer and every receive a wish; ``_settle`` decides as many as can be decided. There is
no other buffer: an offer that has come within the first ``capacity`` places is accepted, and stays in the line
until a wish takes it. Everybody sleeps on the same condition and looks at the own offer or wish on waking.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .context import Context


class ChannelClosed(Exception):
    """The channel is closed: it takes no more values, or has no more to give."""


class _State(Enum):
    OPEN = "open"
    DONE = "done"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class _Party:
    """One side of a hand-off."""

    def __init__(self, value: Any = None) -> None:
        self.value = value
        self.state = _State.OPEN


class Channel:
    """A queue between threads that holds at most ``capacity`` values, or none at all, and can be closed."""

    def __init__(self, capacity: int = 0) -> None:
        if type(capacity) is not int:
            raise TypeError(f"the capacity is an int, not {capacity!r}")
        if capacity < 0:
            raise ValueError(f"the capacity is 0 or more, not {capacity}")
        self._capacity = capacity
        self._is_closed = False
        self._offers: list[_Party] = []
        self._wishes: list[_Party] = []
        self._changed = threading.Condition(threading.Lock())  # guards all above and the states of parties

    def send(self, value: Any, timeout: float | None = None, ctx: Context | None = None) -> None:
        """Give a value to the channel; wait for a receiver, or for room in the buffer, if need be."""
        self._take_part(self._offers, _Party(value), timeout, ctx)

    def recv(self, timeout: float | None = None, ctx: Context | None = None) -> Any:
        """Take the next value; wait for one if need be."""
        wish = _Party()
        self._take_part(self._wishes, wish, timeout, ctx)
        return wish.value

    def try_send(self, value: Any) -> bool:
        """Give a value to the channel if that is possible at once; never block."""
        with self._changed:
            return self._try(self._offers, _Party(value))

    def try_recv(self) -> tuple[Any, bool]:
        """Take the next value if there is one at once; never block."""
        wish = _Party()
        with self._changed:
            taken = self._try(self._wishes, wish)
        return wish.value, taken

    def close(self) -> None:
        """Accept no more values; never block."""
        with self._changed:
            if self._is_closed:
                raise ChannelClosed("closed twice")
            self._is_closed = True
            for party in self._offers + self._wishes:
                if party.state is _State.OPEN:
                    party.state = _State.CLOSED
            del self._offers[self._capacity :]
            self._wishes.clear()
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        """Whether ``close`` has been called, even if there are values left in the buffer."""
        with self._changed:
            return self._is_closed

    def __len__(self) -> int:
        """Count the values in the buffer; those of waiting senders do not count."""
        with self._changed:
            return min(len(self._offers), self._capacity)

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the values until the channel is closed and drained."""
        end = object()
        return iter(lambda: self._next(end), end)

    def _next(self, end: object) -> Any:
        try:
            return self.recv()
        except ChannelClosed:
            return end

    def _take_part(
        self, line: list[_Party], party: _Party, timeout: float | None, ctx: Context | None
    ) -> None:
        """See an offer or a wish through."""
        if timeout is not None:
            if type(timeout) not in (int, float):
                raise TypeError(f"a timeout is a number of seconds, not {timeout!r}")
            if not 0 <= timeout <= threading.TIMEOUT_MAX:
                raise ValueError(f"a timeout is finite and not negative, not {timeout!r}")
        until = None if timeout is None else time.monotonic() + timeout
        if ctx is not None:
            ctx.raise_if_done()
        with self._changed:
            if self._try(line, party):
                return
            if timeout == 0:
                raise TimeoutError("nobody is there")
            line.append(party)
        unregister = None
        try:
            if ctx is not None:
                unregister = ctx.on_done(lambda: self._withdraw(line, party))
            with self._changed:
                while party.state is _State.OPEN:
                    left = None if until is None else until - time.monotonic()
                    if left is not None and left <= 0:
                        break
                    self._changed.wait(left)
        finally:
            state = self._withdraw(line, party)
            if unregister is not None:
                unregister()
        if state is _State.CLOSED:
            raise ChannelClosed("closed meanwhile")
        if state is _State.WITHDRAWN:
            if ctx is not None:
                ctx.raise_if_done()
            raise TimeoutError(f"nobody came within {timeout} s")

    # The rest but `_withdraw` is called with the lock held.

    def _try(self, line: list[_Party], party: _Party) -> bool:
        """Decide the party at once if that is possible; it is in no line otherwise."""
        if self._is_closed and (line is self._offers or not self._offers):
            raise ChannelClosed("closed")
        line.append(party)
        self._settle()
        if party.state is _State.DONE:
            return True
        line.remove(party)
        return False

    def _settle(self) -> None:
        while self._offers and self._wishes:
            offer, wish = self._offers.pop(0), self._wishes.pop(0)
            offer.state = wish.state = _State.DONE
            wish.value = offer.value
            self._changed.notify_all()
        for offer in self._offers[: self._capacity]:
            if offer.state is _State.OPEN:
                offer.state = _State.DONE
                self._changed.notify_all()

    def _withdraw(self, line: list[_Party], party: _Party) -> _State:
        with self._changed:
            if party.state is _State.OPEN:
                party.state = _State.WITHDRAWN
                line.remove(party)
                self._changed.notify_all()
            return party.state
