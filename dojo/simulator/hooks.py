"""The functions that instrumented code calls at its preemption points: a counter and one comparison each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dojo.simulator.scheduler import Scheduler


def make_hooks(scheduler: Scheduler) -> dict[str, Callable[..., Any]]:
    """Build the hooks that ``instrument`` refers to, as names for a module's globals.

    The bodies are written out one by one on purpose: they are the hottest code of the engine, and a call
    to a shared helper would double their cost.
    """

    def on_object(thing: Any, site: int) -> Any:
        thread = scheduler.current
        thread.steps += 1
        if thread.steps >= thread.next_at:
            scheduler.point(thread)
            if scheduler.recorder is not None:
                scheduler.recorder.access(thread, site, thing)
        return thing

    def on_write(value: Any, site: int) -> Any:
        thread = scheduler.current
        thread.steps += 1
        if thread.steps >= thread.next_at:
            scheduler.point(thread)
            if scheduler.recorder is not None:
                scheduler.recorder.access(thread, site, value)
        return value

    def on_name(site: int) -> bool:
        thread = scheduler.current
        thread.steps += 1
        if thread.steps >= thread.next_at:
            scheduler.point(thread)
            if scheduler.recorder is not None:
                scheduler.recorder.access(thread, site, None)
        return True

    return {
        "@attr": on_object,
        "@set": on_object,
        "@item": on_object,
        "@setitem": on_object,
        "@read": on_name,
        "@loop": on_name,
        "@write": on_write,
    }
