"""Small helpers that hidden properties share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def expect(
    error: type[BaseException] | tuple[type[BaseException], ...], fn: Callable[[], Any], what: str
) -> BaseException:
    """``fn()`` must raise the given kind of error.

    Args:
        error: the class, or several that will do.
        fn: makes the call.
        what: the call in words, for the message.

    Returns:
        The error that was raised.

    Raises:
        AssertionError: when it raised another, or nothing.
    """
    kinds = error if isinstance(error, tuple) else (error,)
    names = " or ".join(kind.__name__ for kind in kinds)
    try:
        result = fn()
    except kinds as raised:
        return raised
    except Exception as other:
        raise AssertionError(f"{what} must raise {names}, not {type(other).__name__}: {other}") from other
    raise AssertionError(f"{what} must raise {names}; it returned {result!r}")


class Spy:
    """A ctx that knows how many callbacks are registered with it.

    Args:
        ctx: the context that does the work.
    """

    def __init__(self, ctx: Any) -> None:
        self._ctx = ctx
        self.registered = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ctx, name)

    def on_done(self, fn: Callable[[], Any]) -> Callable[[], Any]:
        """Register with the context and count it until it is taken back."""
        self.registered += 1
        unregister = self._ctx.on_done(fn)
        taken_back = False

        def once() -> Any:
            nonlocal taken_back
            if not taken_back:
                taken_back = True
                self.registered -= 1
            return unregister()

        return once


class Gauge:
    """Counts how much of something is in use and remembers the most there ever was."""

    def __init__(self) -> None:
        self.now = 0
        self.most = 0

    def add(self, amount: int) -> None:
        """Put ``amount`` into use, or out of it when negative."""
        self.now += amount
        self.most = max(self.most, self.now)
