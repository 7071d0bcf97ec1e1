"""The simulated ``time`` module: clocks that only the scheduler moves, and a sleep that costs no waiting."""

from __future__ import annotations

import time
from types import ModuleType
from typing import Any

from dojo.simulator.clock import to_nanoseconds
from dojo.simulator.scheduler import Scheduler
from dojo.simulator.threads import SLEEP

_REAL = (
    "struct_time",
    "asctime",
    "mktime",
    "strftime",
    "strptime",
    "timezone",
    "tzname",
    "altzone",
    "daylight",
)


def build_time_module(scheduler: Scheduler) -> ModuleType:
    """Make a ``time`` module whose every clock is the scheduler's."""
    clock = scheduler.clock

    def monotonic_ns() -> int:
        scheduler.watchdog.clock_reads += 1
        return clock.now

    def monotonic() -> float:
        scheduler.watchdog.clock_reads += 1
        return clock.in_seconds(clock.now)

    def time_ns() -> int:
        scheduler.watchdog.clock_reads += 1
        return clock.wall

    def wall() -> float:
        scheduler.watchdog.clock_reads += 1
        return clock.in_seconds(clock.wall)

    def sleep(seconds: float, /) -> None:
        if not isinstance(seconds, (int, float)):
            # As the real one does for objects that are numbers, such as Fraction with __float__ or __index__.
            seconds = float(seconds)
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        length = to_nanoseconds(seconds)
        thread = scheduler.current
        if scheduler.recorder is not None:
            scheduler.recorder.call(thread, f"sleep({seconds:g})")
        if length == 0:
            if seconds > 0:
                clock.nudge()
            scheduler.yield_now(thread)
        else:
            scheduler.park(thread, SLEEP, clock.now + length)

    def calendar(convert: Any) -> Any:
        return lambda seconds=None: convert(wall() if seconds is None else seconds)

    module = ModuleType("time", "Virtual time.")
    names: dict[str, Any] = {
        "monotonic": monotonic,
        "monotonic_ns": monotonic_ns,
        # Computing takes no virtual time, so processor time does not pass at all.
        "perf_counter": monotonic,
        "perf_counter_ns": monotonic_ns,
        "process_time": lambda: 0.0,
        "process_time_ns": lambda: 0,
        "thread_time": lambda: 0.0,
        "thread_time_ns": lambda: 0,
        "time": wall,
        "time_ns": time_ns,
        "sleep": sleep,
        "gmtime": calendar(time.gmtime),
        "localtime": calendar(time.localtime),
        "ctime": calendar(time.ctime),
        "get_clock_info": time.get_clock_info,
    }
    names.update({name: getattr(time, name) for name in _REAL if hasattr(time, name)})
    module.__dict__.update(names)
    return module
