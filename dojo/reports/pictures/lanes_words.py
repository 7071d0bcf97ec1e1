"""What there is to see in swim-lanes, in two or three sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from dojo.reports.film import ENDED, READY, SLEEPING, STALLED, WAITING, Standing
from dojo.reports.page import count
from dojo.reports.pictures.axes import Clock
from dojo.reports.timeline import words
from dojo.reports.timeline.beats import PREEMPT, STALL, Beat
from dojo.reports.timeline.glance import Glance

_NAMED = 6  # threads
_MOST = 3  # facts of a kind


def told(
    beats: Sequence[Beat], seen: Sequence[Glance], own: str, failure: str, stuck: Mapping[str, str]
) -> str:
    """The text alternative of a picture of a run.

    Args:
        beats: of the run.
        seen: one glance for each.
        own: the submission's file.
        failure: what went wrong; "" if nothing did.
        stuck: for every thread that had not ended, what it is doing.
    """
    now = beats[-1].now
    clock = Clock.of(now / 1e9)
    last = beats[-1].after.threads
    names = list(last)
    who = listed(_few(names, _NAMED))
    steps = count(sum(beat.count for beat in beats), "step")
    time = f"over {clock.text(now / 1e9)} of virtual time" if now else f"in {steps}, all at one instant"
    facts = _turns(beats, seen if failure or not now else [Glance()] * len(beats), own)
    if now and not facts:
        facts = _rests(beats, clock)
    what = f": {'; '.join(facts)}" if facts else ""
    if failure:
        ending = f"The run fails: {failure.rstrip('.')}."
    elif stuck:
        ending = f"Not ended: {listed([f'{thread} ({text})' for thread, text in stuck.items()])}."
    else:
        left = [f"{name} {_doing(stands)}" for name, stands in last.items() if stands.doing != ENDED]
        ending = f"At the end {listed(_few(left, _NAMED))}." if left else "At the end all threads have ended."
    return f"{count(len(names), 'thread')} ({who}) {time}{what}. {ending}".strip()


def listed(parts: Sequence[str]) -> str:
    """``a, b and c``."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _turns(beats: Sequence[Beat], seen: Sequence[Glance], own: str) -> list[str]:
    """What the scheduler did, and what came of it."""
    found = []
    for beat, glance in zip(beats, seen, strict=True):
        where = words.place(beat.file, beat.line, own) or "its first line"
        if beat.kind == PREEMPT:
            found.append(f"{beat.thread} is interrupted at {where}")
        elif beat.kind == STALL:
            found.append(f"{beat.thread} stands still at {where}")
        found += [
            f"{beat.thread} has read {name} as {then}, which {by} has since made {value}"
            for name, then, value, by in glance.missed
        ]
    return _few(list(dict.fromkeys(found)), 2 * _MOST)


def _rests(beats: Sequence[Beat], clock: Clock) -> list[str]:
    """For how long each thread slept and waited."""
    spent: dict[tuple[str, str], int] = {}
    for beat, later in pairwise(beats):
        for thread, stands in beat.after.threads.items():
            if stands.doing in (SLEEPING, WAITING, STALLED):
                key = (thread, stands.doing)
                spent[key] = spent.get(key, 0) + later.now - beat.now
    found = []
    for thread in beats[-1].after.threads:
        parts = [
            f"{doing} {clock.text(spent[thread, doing] / 1e9)}"
            for doing in (SLEEPING, WAITING)
            if spent.get((thread, doing))
        ]
        if parts:
            found.append(f"{thread} {listed(parts)}")
    return _few(found, _NAMED)


def _doing(stands: Standing) -> str:
    return "is ready" if stands.doing == READY else stands.doing


def _few(facts: list[str], most: int) -> list[str]:
    return facts if len(facts) <= most + 1 else [*facts[:most], f"{len(facts) - most} more"]
