"""Where threads stand: stacks, what each waits for and who holds it, in the names the learner gave."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import TYPE_CHECKING, Any

from dojo.simulator.outcome import Place, ThreadState
from dojo.simulator.private import PRIVATE

if TYPE_CHECKING:
    from dojo.simulator.scheduler import Scheduler
    from dojo.simulator.threads import SimThread

_HERE = os.path.dirname(__file__)
_NOWHERE = Place("", 0, "")
_PLUMBING = frozenset({"Thread._bootstrap", "Thread._bootstrap_inner", "Thread.run"})


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    """The frames from the innermost outwards, without the simulator's own."""
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_HERE):
            yield frame
        frame = frame.f_back


def _place(frame: FrameType) -> Place:
    return Place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_qualname)


def place_of(frame: FrameType | None, files: Sequence[str]) -> Place:
    """The innermost line that lies in the first of ``files`` that is on the stack at all."""
    best, rank = None, len(files)
    while frame is not None and rank:
        file = frame.f_code.co_filename
        if file in files and files.index(file) < rank:
            best, rank = frame, files.index(file)
        frame = frame.f_back
    return _place(best) if best is not None else _NOWHERE


def name_in(frame: FrameType, thing: object) -> str:
    """What the code of ``frame`` calls an object: ``self._lock``, a local or a global name; "" if nothing."""
    scopes: list[tuple[str, dict[str, Any]]] = [("", frame.f_locals)]
    owner = frame.f_locals.get("self")
    if owner is not None:
        scopes.append(("self.", dict(attributes(owner))))
    scopes.append(("", frame.f_globals))
    for prefix, scope in scopes:
        for name, value in scope.items():
            if value is thing and not name.startswith("@"):
                return prefix + name
    for name, value in frame.f_locals.items():
        for attribute, inner in attributes(value):
            if inner is thing:
                return f"{name}.{attribute}"
    return ""


def attributes(owner: object) -> Iterator[tuple[str, object]]:
    """What an object holds, without running any code of its class."""
    try:
        yield from object.__getattribute__(owner, "__dict__").items()
    except AttributeError:
        pass
    for kind in type(owner).__mro__:
        slots = kind.__dict__.get("__slots__", ())
        for slot in (slots,) if isinstance(slots, str) else slots:
            try:
                yield slot, object.__getattribute__(owner, slot)
            except AttributeError:
                continue


def describe_wait(thread: SimThread, frame: FrameType | None, files: Sequence[str] = ()) -> str:
    """Say what a parked thread waits for, in terms of the call that the learner's code made.

    ``Condition.wait() on self._done`` rather than the lock inside that the call happens to block on.
    """
    inner = where = None
    target: Any
    for each in _frames(frame):
        if each.f_globals.get("__name__") not in PRIVATE:
            where = each
            break
        if each.f_code.co_qualname not in _PLUMBING:
            inner = each
    if inner is None:
        target = thread.waiting_on
        call = "sleep()" if type(target).__name__ == "Sleep" else type(target).__name__
    else:
        target = inner.f_locals.get("self")
        call = f"{inner.f_code.co_qualname}()"
        if target is not None and hasattr(target, "_bootstrap"):
            return f"{call} of {target.name}"
    name = name_in(where, target) if where is not None and target is not None else ""
    return f"{call} on {name}" if name else call


def thread_states(scheduler: Scheduler) -> tuple[ThreadState, ...]:
    """Every thread that has not ended, with its stack."""
    states = []
    for thread in scheduler.threads:
        if thread.finished:
            continue
        running = thread is scheduler.current
        frame = None if running or thread.greenlet is None else thread.greenlet.gr_frame
        waits_for = held_by = ""
        if running:
            doing = "running"
        elif thread.held_up:
            doing = "stalled"
        elif thread.ready:
            doing = "ready"
        elif type(thread.waiting_on).__name__ == "Sleep":
            doing = "sleeping"
        else:
            doing = "blocked"
        if doing in ("blocked", "sleeping"):
            waits_for = describe_wait(thread, frame)
            holder = getattr(thread.waiting_on, "holder", None)
            if holder is not None and holder is not thread and not holder.finished:
                held_by = scheduler.name_of(holder)
        stack = tuple(_place(each) for each in _frames(frame))[::-1]
        name = scheduler.name_of(thread)
        states.append(ThreadState(thread.ident, name, doing, waits_for, held_by, stack))
    return tuple(states)
