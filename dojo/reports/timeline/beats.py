"""The beats of a run: what one thread does at one source line, which is what a reader steps over.

A replayed run has an event for every access. A reader thinks in lines, so the events of a thread at a line are
one beat. What the schedule does (an interruption, a stall, time that passes) is a beat of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from dojo.checking.verdict import PRINT, Step
from dojo.reports.film import Moment, film

LINE, SETUP, PREEMPT, STALL, CLOCK, END, GAP = "line", "setup", "preempt", "stall", "clock", "end", "gap"
MOST = 900  # beats: a drawing of more than that is of no use to anybody
# Methods that change what others see.
_CALLS = {"append", "appendleft", "extend", "insert", "add", "discard", "remove", "pop", "popleft", "popitem"}
_CALLS |= {"clear", "update", "setdefault", "notify", "notify_all"}
_MANY = 3  # lines from which on it is worth to make one beat of them
_REPEATED = 8  # effects of one line within which another one of the same is left out
_SCHEDULE = {"preempt": PREEMPT, "stall": STALL, "clock": CLOCK, "end": END}


@dataclass(frozen=True, slots=True)
class Effect:
    """One thing that a beat did.

    Attributes:
        kind: read, write, item, call, acquired, release, wait, wake, start or print.
        name: the variable, the item, the method, the lock, the wait or the other thread; "" of a print.
        before: of a write, what was there, if that is known.
        value: what was read, written or printed; of a wait, its deadline.
    """

    kind: str
    name: str
    before: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Beat:
    """One visible step.

    Attributes:
        kind: one of the words above.
        thread: "" for the clock and for a gap.
        file, line, text: where; "" and 0 for a place that the reader does not know.
        effects: what it did, in order.
        after: how everything stands then.
        first, last: the numbers of the events that it is made of.
        count: how many beats of one place have become this one.
    """

    kind: str
    thread: str
    file: str
    line: int
    text: str
    effects: tuple[Effect, ...]
    after: Moment
    first: int
    last: int
    count: int = 1

    @property
    def now(self) -> int:
        """Virtual nanoseconds."""
        return self.after.step.now

    def did(self, *kinds: str) -> list[Effect]:
        """Its effects of some kinds."""
        return [effect for effect in self.effects if effect.kind in kinds]


def beats_of(steps: Sequence[Step], *, each_step: bool = False, most: int = MOST) -> list[Beat]:
    """The beats of a run, of bounded number, whatever the length of the run.

    Args:
        steps: of the run.
        each_step: make a beat of every single step instead, however many there are.
        most: how many beats are shown; the middle of a longer run is left out.
    """
    found: list[Beat] = []
    closed = True
    values: dict[str, str] = {}
    moments = film(steps)
    for step, moment in zip(steps, moments, strict=True):
        effect = _effect(step, values)
        values = moment.values
        kind = _SCHEDULE.get(step.kind, LINE)
        nothing = step.kind == "resume" or (not step.line and kind == LINE and effect is None)
        if nothing and not each_step:
            continue
        last = found[-1] if found else None
        same = last is not None and (last.thread, last.kind) == (step.thread, kind)
        here = last is not None and (last.file, last.line) == (step.file, step.line)
        # A thread lets go of its own lock after its end; two jumps of the clock in a row are one.
        after_end = last is not None and last.kind == END and last.thread == step.thread
        goes_on = after_end or (same and kind == CLOCK) or (same and here and not closed)
        if last is not None and goes_on and not each_step:
            # A line that goes round ten thousand times says it once.
            new = effect is not None and effect not in last.effects[-_REPEATED:]
            more = (*last.effects, effect) if new and effect is not None else last.effects
            found[-1] = replace(last, effects=more, after=moment, last=step.number)
        else:
            place = moment.threads.get(step.thread)
            file, line, text = (place.file, place.line, place.text) if place is not None else ("", 0, "")
            effects = (effect,) if effect is not None else ()
            found.append(Beat(kind, step.thread, file, line, text, effects, moment, step.number, step.number))
        closed = kind != LINE
    return found if each_step else _shortened(_with_setup(found), most)


def _effect(step: Step, values: dict[str, str]) -> Effect | None:
    """What a reader wants to know of an event; None if that is nothing."""
    name, before = step.subject, values.get(step.subject, "")
    effect = None
    if step.kind in ("store", "write"):
        effect = Effect("write", name or step.detail.partition(" ")[0], before, step.value)
    elif step.kind in ("load", "read") and not step.detail.startswith("()"):
        if step.value:
            effect = Effect("read", name, "", step.value) if name else None
        elif step.detail in _CALLS:
            effect = Effect("call", name or step.detail)
    elif step.kind == "setitem":
        effect = Effect("item", step.detail)
    elif step.kind in ("acquired", "release"):
        effect = Effect(step.kind, name) if name else None
    elif step.kind in ("wait", "wake", "start"):
        effect = Effect(step.kind, name, "", step.value)
    elif step.kind == PRINT:
        effect = Effect(PRINT, "", "", step.value)
    return effect


def _with_setup(beats: list[Beat]) -> list[Beat]:
    """Make one beat of what the first thread does at a time before it starts another: no schedule can change that."""
    first = next((number for number, beat in enumerate(beats) if beat.did("start")), 0)
    found: list[Beat] = []
    for is_line, group in groupby(beats[:first], lambda beat: beat.kind == LINE):
        stretch = list(group)
        found += [_merged(stretch, SETUP)] if is_line and len(stretch) >= _MANY else stretch
    return [*found, *beats[first:]]


def _merged(beats: Sequence[Beat], kind: str) -> Beat:
    last = beats[-1]
    if kind == GAP:
        return Beat(kind, "", "", 0, "", (), last.after, beats[0].first, last.last, len(beats))
    effects = tuple(effect for beat in beats for effect in beat.effects)
    return replace(last, kind=kind, effects=effects, first=beats[0].first, count=len(beats))


def _shortened(beats: list[Beat], most: int) -> list[Beat]:
    """Leave out the middle of a long run, but for what is close to a turning point."""
    if len(beats) <= most:
        return beats
    turns = [number for number, beat in enumerate(beats) if beat.kind in (PREEMPT, STALL)]
    kept = set(range(most // 3)) | set(range(len(beats) - most // 3, len(beats)))
    for turn in turns:
        if len(kept) >= most:
            break
        kept.update(range(max(0, turn - 12), min(len(beats), turn + 13)))
    shown: list[Beat] = []
    left_out: list[Beat] = []
    for number, beat in enumerate(beats):
        if number not in kept:
            left_out.append(beat)
            continue
        if left_out:
            shown.append(_merged(left_out, GAP))
            left_out = []
        shown.append(beat)
    return shown
