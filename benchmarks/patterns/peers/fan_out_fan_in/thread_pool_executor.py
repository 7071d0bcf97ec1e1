"""fan_out_fan_in: ``concurrent.futures.ThreadPoolExecutor.map``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any


class FanOutFanIn:
    """``map`` on an executor for each call; it hands over bare outputs, and an error ends it."""

    def __init__(self, workers: int) -> None:
        self._workers = workers

    def process(self, items: Iterable[Any], fn: Callable[[Any], Any]) -> Iterator[Any]:
        with ThreadPoolExecutor(self._workers) as executor:
            yield from executor.map(fn, items)
