"""error_group: ``concurrent.futures.ThreadPoolExecutor``, with a wait for all futures that raises the first error."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Any


class ErrorGroup:
    """An executor for one group of tasks."""

    def __init__(self, limit: int) -> None:
        self._executor = ThreadPoolExecutor(limit)
        self._futures: list[Future[Any]] = []

    def __enter__(self) -> ErrorGroup:
        return self

    def go(self, fn: Callable[..., object], *args: Any) -> None:
        self._futures.append(self._executor.submit(fn, *args))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown()
        for future in self._futures:
            future.result()
