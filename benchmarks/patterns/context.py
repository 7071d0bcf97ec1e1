"""context: a request gets a context of its own under that of the server, and is cancelled when it is over."""

from __future__ import annotations

from typing import Any

from benchmarks.patterns.crew import Perform, repeat


def run(module: Any, threads: int, operations: int, perform: Perform = repeat) -> int:
    """One operation: with_cancel() on a parent that all threads share, a look at the child, cancel()."""
    parent = module.Context.background().with_cancel()

    def request() -> None:
        child = parent.with_cancel()
        child.raise_if_done()
        child.cancel()

    return perform(threads, operations, request)
