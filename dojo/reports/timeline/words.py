"""What a beat says: a sentence, a line for each effect, and a label that fits into a drawing."""

from __future__ import annotations

from dojo.reports.film import SLEEPING, STALLED, WAITING, Standing
from dojo.reports.page import count
from dojo.reports.story import seconds
from dojo.reports.timeline.beats import CLOCK, END, GAP, PREEMPT, SETUP, STALL, Beat, Effect
from dojo.reports.timeline.glance import Glance

_MOST_LABEL = 40  # characters
_VISIBLE = frozenset("\t\n")


def clean(text: str) -> str:
    """Text without characters that would hide or turn round others; line breaks stay."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in _VISIBLE else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


def short(name: str) -> str:
    """What a variable is called where there is little room: ``_lock`` for ``Semaphore._lock``."""
    owner, _, attribute = name.rpartition(".")
    # One of several objects of a class has a number, which tells them apart.
    return name if not owner or owner[-1].isdigit() else attribute


def cut(text: str, most: int) -> str:
    """The beginning of a text that is too long."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def sentence(beat: Beat, own: str) -> str:
    """What happens in a beat, for the reader and for the ear.

    Args:
        beat: the beat.
        own: the submission's file; a line of another one is a line of the property.
    """
    if beat.kind == SETUP:
        return f"{beat.thread} sets the scene ({count(beat.count, 'line')}, before there is another thread)"
    if beat.kind == CLOCK:
        return f"Time passes: the clock moves on to {seconds(beat.now)}"
    if beat.kind == GAP:
        return f"{count(beat.count, 'step')} left out"
    where = place(beat.file, beat.line, own) or "its first line"
    if beat.kind == PREEMPT:
        return f"The scheduler interrupts {beat.thread} at {where}, although it could go on"
    if beat.kind == STALL:
        return f"The scheduler lets {beat.thread} stand still at {where} while time passes"
    if beat.kind == END:
        return f"{beat.thread} ends"
    return f"{beat.thread} runs {where}" if beat.line else f"{beat.thread} runs"


def place(file: str, line: int, own: str) -> str:
    """A line in words, "" if it is not known."""
    if not line:
        return ""
    return f"line {line}" if file == own else f"line {line} of the property"


def effects(beat: Beat) -> list[str]:
    """What a beat did, a line each."""
    nobody = not beat.did("wake")
    told = beat.did("print") if beat.kind == SETUP else beat.effects
    found = [_told(effect, nobody) for effect in told]
    return list(dict.fromkeys(found))


def _told(effect: Effect, nobody: bool) -> str:
    name, value = effect.name, effect.value
    match effect.kind:
        case "read":
            return f"reads {name}: {value}"
        case "write":
            return f"sets {name}{_change(effect)}"
        case "item":
            return f"sets {name}"
        case "call":
            return f"calls {name}()" + (", which wakes nobody" if nobody and _is_notify(name) else "")
        case "acquired":
            return f"gets {name}"
        case "release":
            return f"lets go of {name}"
        case "wait":
            return f"waits: {name}" + (f" {moment(value)}" if value else "")
        case "start":
            return f"starts {name}"
        case "print":
            return f'prints "{value}"'
        case _:
            return f"wakes {name}"


def _change(effect: Effect) -> str:
    if effect.before and effect.value:
        return f": {effect.before} → {effect.value}"
    return f" to {effect.value}" if effect.value else ""


def _is_notify(name: str) -> bool:
    return name.rpartition(".")[2] in ("notify", "notify_all")


def moment(value: str) -> str:
    """A deadline as an event has it, in seconds: ``until 3 s``."""
    digits = value.removeprefix("until ").removesuffix(" ns")
    return f"until {seconds(int(digits))}" if digits.isdecimal() else value


def label(beat: Beat, glance: Glance) -> str:
    """What a drawing says about a beat: what it changed, what it read too early or missed; "" for nothing."""
    if beat.kind == PREEMPT:
        return "interrupted"
    if beat.kind == STALL:
        return "stands still"
    if beat.kind != "line":
        return ""
    nobody = not beat.did("wake")
    parts = [f"now {short(name)} is {value}" for name, _, value, _ in glance.missed]
    parts += [f"{short(name)} is {value}" for name, value in glance.stale]
    for effect in beat.effects:
        if effect.kind == "write" and effect.before and effect.value:
            parts.append(f"{short(effect.name)} = {effect.value}")
        elif effect.kind == "item":
            parts.append(f"{effect.name.removeprefix('self.')} = …")
        elif effect.kind == "print":
            parts.append(f'prints "{effect.value}"')
        elif effect.kind == "call":
            called = ".".join(effect.name.split(".")[-2:]) + "()"
            if not _is_notify(effect.name):
                parts.append(called)
            elif nobody and called.endswith("notify()"):
                parts.append(f"{called} wakes nobody")
    return cut(", ".join(dict.fromkeys(parts)), _MOST_LABEL)


def standing(thread: str, stands: Standing, held: dict[str, str]) -> str:
    """How a thread stands, in words."""
    if stands.doing not in (WAITING, SLEEPING):
        return stands.doing
    until = f" until {seconds(stands.until)}" if stands.until else ""
    if stands.doing == SLEEPING:
        return f"sleeps{until}"
    holder = held.get(stands.lock, "") if stands.lock else ""
    # A lock that is its own holder's to wait for is a baton: somebody else is to release it.
    by = f" (held by {holder})" if holder not in ("", thread) else ""
    return f"waits: {stands.why or 'it does not say for what'}{by}{until}"


def in_hatch(stands: Standing, held: dict[str, str], thread: str) -> list[str]:
    """What may be written into the drawing of a wait, from long to short."""
    if stands.doing == STALLED:
        return ["stands still"]
    if stands.doing == SLEEPING:
        return [f"sleeps until {seconds(stands.until)}", "sleeps"] if stands.until else ["sleeps"]
    if stands.doing != WAITING:
        return []
    holder = held.get(stands.lock, "") if stands.lock else ""
    found = [standing(thread, stands, held).replace("waits: ", "waits for ", 1)]
    if stands.lock and holder not in ("", thread):
        found += [f"waits for {short(stands.lock)}, held by {holder}", f"waits for {short(stands.lock)}"]
    return [*found, f"waits for {stands.why}", "waits"]
