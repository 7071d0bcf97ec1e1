"""Semaphore, solved differently: tickets under one condition, and everybody is woken whenever one is decided.

A ticket is waiting, granted or withdrawn. Whoever changes the number of free permits, or takes a ticket out of
the queue, decides every ticket from the head on that can be served. A withdrawn ticket stays where it is until
it comes to the head. One condition serves all callers, so a caller that wakes looks at its own ticket.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import AbstractContextManager
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType

    from .context import Context


class _State(Enum):
    WAITING = "waiting"
    GRANTED = "granted"
    WITHDRAWN = "withdrawn"


class _Ticket:
    """A place in the queue."""

    def __init__(self, weight: int) -> None:
        self.weight = weight
        self.state = _State.WAITING


class Semaphore:
    """A counting semaphore with weights and a strict first-come, first-served order."""

    def __init__(self, permits: int) -> None:
        _check_int("permits", permits)
        if permits < 1:
            raise ValueError(f"permits is at least 1, not {permits}")
        self._permits = permits
        self._held = 0
        self._tickets: deque[_Ticket] = deque()
        self._decided = threading.Condition(threading.Lock())  # guards all above and the states of tickets

    def acquire(self, weight: int = 1, timeout: float | None = None, ctx: Context | None = None) -> None:
        """Take ``weight`` permits, all of them at once; wait for them if need be."""
        self._check_weight(weight)
        _check_timeout(timeout)
        until = None if timeout is None else time.monotonic() + timeout
        if ctx is not None:
            ctx.raise_if_done()
        ticket = _Ticket(weight)
        with self._decided:
            if timeout == 0 and not self._fits(weight):
                ticket.state = _State.WITHDRAWN  # who does not wait is never in the way of others
            else:
                self._tickets.append(ticket)
            self._decide()
            if ticket.state is _State.GRANTED:
                return
        unregister = None
        try:
            if ctx is not None and ticket.state is not _State.WITHDRAWN:
                unregister = ctx.on_done(lambda: self._withdraw(ticket))
            with self._decided:
                while ticket.state is _State.WAITING:
                    left = None if until is None else until - time.monotonic()
                    if left is not None and left <= 0:
                        break
                    self._decided.wait(left)
            self._withdraw(ticket)
        except BaseException:
            self._withdraw(ticket)
            if ticket.state is _State.GRANTED:
                self.release(weight)
            raise
        finally:
            if unregister is not None:
                unregister()
        if ticket.state is _State.WITHDRAWN:
            if ctx is not None:
                ctx.raise_if_done()
            raise TimeoutError(f"no {weight} permits within {timeout} s")

    def try_acquire(self, weight: int = 1) -> bool:
        """Take ``weight`` permits if that is possible at once; never block."""
        self._check_weight(weight)
        with self._decided:
            if not self._fits(weight):
                return False
            self._held += weight
            return True

    def release(self, weight: int = 1) -> None:
        """Give ``weight`` permits back and serve the queue, as far as they go; never block."""
        self._check_weight(weight)
        with self._decided:
            if weight > self._held:
                raise ValueError(f"{weight} permits given back, only {self._held} are held")
            self._held -= weight
            self._decide()

    def hold(
        self, weight: int = 1, timeout: float | None = None, ctx: Context | None = None
    ) -> AbstractContextManager[None]:
        """Make a context manager, for one use, that acquires on entry and releases on leaving the block."""
        self._check_weight(weight)
        _check_timeout(timeout)
        return _Hold(self, weight, timeout, ctx)

    @property
    def available(self) -> int:
        """How many permits nobody holds; some may be free although callers wait, if the head needs more."""
        with self._decided:
            return self._permits - self._held

    def _check_weight(self, weight: int) -> None:
        _check_int("weight", weight)
        if not 1 <= weight <= self._permits:
            raise ValueError(f"weight is from 1 to {self._permits}, not {weight}")

    def _fits(self, weight: int) -> bool:
        """Whether a newcomer can be served at once; the lock is held."""
        return not self._tickets and self._held + weight <= self._permits

    def _withdraw(self, ticket: _Ticket) -> None:
        with self._decided:
            if ticket.state is _State.WAITING:
                ticket.state = _State.WITHDRAWN
                self._decided.notify_all()
                self._decide()

    def _decide(self) -> None:
        """Serve the queue from its head on; the lock is held."""
        while self._tickets:
            head = self._tickets[0]
            if head.state is _State.WAITING:
                if self._held + head.weight > self._permits:
                    return
                self._held += head.weight
                head.state = _State.GRANTED
                self._decided.notify_all()
            self._tickets.popleft()


class _Hold(AbstractContextManager[None]):
    """What ``hold`` returns."""

    def __init__(self, semaphore: Semaphore, weight: int, timeout: float | None, ctx: Context | None) -> None:
        self._semaphore = semaphore
        self._weight = weight
        self._timeout = timeout
        self._ctx = ctx

    def __enter__(self) -> None:
        self._semaphore.acquire(self._weight, self._timeout, self._ctx)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._semaphore.release(self._weight)


def _check_int(name: str, value: int) -> None:
    if type(value) is not int:
        raise TypeError(f"{name} is an int, not {value!r}")


def _check_timeout(timeout: float | None) -> None:
    if timeout is not None:
        if type(timeout) not in (int, float):
            raise TypeError(f"a timeout is a number of seconds, not {timeout!r}")
        if not 0 <= timeout <= threading.TIMEOUT_MAX:
            raise ValueError(f"a timeout is finite and not negative, not {timeout!r}")
