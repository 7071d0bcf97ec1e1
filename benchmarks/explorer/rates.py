"""Schedules per second of each tool on one subject: in short slices by turns, so that all see the same machine."""

from __future__ import annotations

import statistics
from contextlib import ExitStack
from typing import Any, NamedTuple

from benchmarks.explorer.child import Child
from benchmarks.explorer.report import geometric
from benchmarks.explorer.subject import FIXED
from benchmarks.explorer.tools import MODES

PATIENCE = 20.0  # seconds without an answer before a process is given up
OURS, *OTHERS = MODES
AIMS = {"interleave-test": 10, "frontrun": 100}  # how many times faster ours is to be, on every subject


class Rate(NamedTuple):
    """Schedules per second of a tool: of its modes the fastest counts. ``reason`` is why there is none, else ""."""

    wall: float
    cpu: float
    alarms: int
    reason: str


def rates(subject: str, slices: int, seconds: float) -> dict[str, Rate]:
    """Measure all tools on the corrected program of a subject.

    Args:
        subject: its name.
        slices: how often each tool gets its turn; the median counts.
        seconds: how long a turn is.
    """
    answers: dict[tuple[str, str], list[dict[str, Any]]] = {}
    reasons: dict[str, str] = {}
    with ExitStack() as stack:
        children = [
            stack.enter_context(Child(tool, mode, subject, FIXED))
            for tool, modes in MODES.items()
            for mode in modes
        ]
        for _ in range(slices):
            for child in list(children):
                answer = child.ask(f"slice {seconds}", PATIENCE)
                if "schedules" in answer:
                    answers.setdefault((child.tool, child.mode), []).append(answer)
                else:
                    reasons[child.tool] = answer.get("reason") or answer["gave_up"]
                    children.remove(child)
    return {tool: _best(tool, answers, reasons.get(tool, "")) for tool in MODES}


def _best(tool: str, answers: dict[tuple[str, str], list[dict[str, Any]]], reason: str) -> Rate:
    measured = [found for (name, _), found in answers.items() if name == tool]
    if not measured:
        return Rate(0, 0, 0, reason)
    wall = max(statistics.median(each["schedules"] / each["seconds"] for each in found) for found in measured)
    cpu = max(statistics.median(each["schedules"] / each["cpu"] for each in found) for found in measured)
    return Rate(wall, cpu, sum(each["alarms"] for found in measured for each in found), "")


def cells(found: dict[str, Rate]) -> list[str]:
    """The rates of one subject for a table, ours first, the others with how many times faster ours is."""
    ours = found[OURS]
    texts = [f"{ours.wall:,.0f}"]
    for tool in OTHERS:
        rate = found[tool]
        texts.append("n/a" if rate.reason else f"{rate.wall:,.0f} ({ours.wall / rate.wall:.1f}x)")
    return texts


def summary(measured: dict[str, dict[str, Rate]]) -> list[str]:
    """What the rates of all subjects come to, as a Markdown list."""
    lines = []
    for tool in OTHERS:
        pairs = {
            name: (found[OURS], found[tool]) for name, found in measured.items() if not found[tool].reason
        }
        wall = geometric([one.wall / other.wall for one, other in pairs.values()])
        cpu = geometric([one.cpu / other.cpu for one, other in pairs.values()])
        under = [name for name, (one, other) in pairs.items() if one.wall < AIMS[tool] * other.wall]
        lines.append(
            f"- {tool}: ours runs {wall:.1f}x the schedules per second of wall time and {cpu:.1f}x per second of "
            f"processor time (geometric mean of {len(pairs)} subjects). Aim: {AIMS[tool]}x on each; "
            + (f"missed on {', '.join(under)}." if under else "met on all.")
        )
    reasons: dict[tuple[str, str], list[str]] = {}
    for name, found in measured.items():
        for tool, rate in found.items():
            if rate.reason:
                reasons.setdefault((tool, rate.reason), []).append(name)
    lines += [f"- n/a: {tool} on {', '.join(names)}: {why}." for (tool, why), names in reasons.items()]
    alarms = [
        f"{tool} on {name}" for name, found in measured.items() for tool, rate in found.items() if rate.alarms
    ]
    return [*lines, "- Alarms on a corrected program: " + (", ".join(alarms) or "none") + "."]
