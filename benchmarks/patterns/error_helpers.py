"""error_helpers: an error is marked, buried under two others, and judged."""

from __future__ import annotations

from typing import Any

from benchmarks.patterns.crew import Perform, repeat


def run(module: Any, threads: int, operations: int, perform: Perform = repeat) -> int:
    """One operation: retryable(), two errors raised from it, is_permanent(), is_retryable(), unwrap()."""
    original = ConnectionError("connection reset")

    def judge() -> None:
        mark = module.retryable(original)
        middle, outer = RuntimeError("order rolled back"), LookupError("no order")
        middle.__cause__, outer.__cause__ = mark, middle
        if (
            module.is_permanent(outer)
            or not module.is_retryable(outer)
            or module.unwrap(mark) is not original
        ):
            raise AssertionError("the mark was lost")

    return perform(threads, operations, judge)
