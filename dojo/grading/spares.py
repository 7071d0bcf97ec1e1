"""Children of the judge that are started ahead of time: who grades a file again and again waits for none to start.

A spare has loaded all that it needs and waits for its request. It serves one request like any other child, so
the result is the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import TracebackType

from dojo.grading.process import Child, started


class Spares:
    """Keeps children ready: a context manager that leaves none behind; ``judge.grade(start=...)`` takes them.

    Args:
        name: of the submission in messages.
        count: how many to keep.
    """

    def __init__(self, name: str, count: int) -> None:
        self._name, self._count = name, count
        self._ready: list[tuple[Child, ExitStack]] = []

    def __enter__(self) -> Spares:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        while self._ready:
            self._ready.pop()[1].close()

    def fill(self) -> None:
        """Start those that are missing; this does not wait for them."""
        while len(self._ready) < self._count:
            with ExitStack() as stack:
                child = stack.enter_context(started(self._name))
                self._ready.append((child, stack.pop_all()))

    @contextmanager
    def __call__(self, name: str) -> Iterator[Child]:
        """A spare child, or a new one if there is none, until the end of the block."""
        while self._ready:
            child, stack = self._ready.pop(0)
            with stack:
                if child.is_running and name == self._name:
                    yield child
                    return
        with started(name) as child:
            yield child
