"""worker_pool: ``concurrent.futures.ThreadPoolExecutor``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class WorkerPool:
    """An executor and the futures of its jobs, which whoever wants their results has to keep."""

    def __init__(self, workers: int, queue_size: int) -> None:  # its queue has no limit
        self._executor = ThreadPoolExecutor(workers)
        self._futures: list[Future[Any]] = []

    def start(self) -> None:
        """Nothing to do: it starts threads as jobs come."""

    def submit(self, fn: Callable[..., Any], *args: Any) -> None:
        self._futures.append(self._executor.submit(fn, *args))

    def stop(self) -> None:
        self._executor.shutdown()

    def results(self) -> Iterator[Any]:
        for future in self._futures:
            yield future.result()
