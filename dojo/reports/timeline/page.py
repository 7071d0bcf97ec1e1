"""The timeline of a run as the text of one HTML file that needs nothing else: no network, no fonts, no clock."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path, PurePosixPath
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from dojo.checking.verdict import Counterexample, Status, Verdict
from dojo.grading.judge import Replay
from dojo.reports.html import environment, generator, part
from dojo.reports.page import count
from dojo.reports.story import seconds
from dojo.reports.timeline import words
from dojo.reports.timeline.beats import LINE, SETUP, Beat, beats_of
from dojo.reports.timeline.data import moments
from dojo.reports.timeline.drawing import draw
from dojo.reports.timeline.glance import glances
from dojo.reports.timeline.shapes import BAR, CHARACTER, Drawing

MARKER = "concurrency-dojo timeline"  # near the beginning of every file that is ours
_HERE = Path(__file__).parent
STRIP = 900  # user units of the drawing that go side by side on paper
MOST_SOURCE = 1500  # lines; of a longer file only what is near to a line that ran
_NEAR = 40  # lines
_LONGEST_NAME = 22


@dataclass(frozen=True, slots=True)
class Subject:
    """What was run.

    Attributes:
        kata: its name.
        path: the file as shown to the reader; also what steps call it.
        command: the command line that makes this timeline again, "" if there is none.
    """

    kata: str
    path: str
    command: str


def timeline(run: Replay, subject: Subject) -> str:
    """The file's text.

    Args:
        run: with a verdict, so without a problem.
        subject: what was run.
    """
    assert run.verdict is not None
    verdict = run.verdict
    beats = beats_of(run.steps)
    seen = glances(beats)
    stuck = stuck_threads(verdict.counterexample)
    ends = [text for text, _ in stuck.values()]
    width = max([150.0, *(len(text) * CHARACTER + 24 for text in ends)])
    drawing = draw(beats, seen, subject.path, width)
    place = verdict.counterexample.place if verdict.counterexample is not None else None
    raised = place[1] if place is not None else 0
    not_ended = [f"{thread} {text}" for thread, (_, text) in stuck.items()]
    data = moments(beats, seen, drawing, subject.path, _ending(verdict), not_ended, raised)
    page = _environment().get_template("timeline.html.j2")
    text = page.render(
        marker=generator(MARKER),
        style=part(_HERE / "timeline.css"),
        script=part(_HERE / "timeline.js"),
        data=_for_script(data),
        subject=subject,
        verdict=verdict,
        failed=verdict.status is Status.FAIL,
        how=_how(verdict.counterexample),
        ending=_ending(verdict),
        workload=", ".join(f"{name}={value}" for name, value in run.workload.items()),
        notes=run.notes,
        file=PurePosixPath(subject.path).name,
        stuck=not_ended,
        raised=raised,
        ends=_ends(drawing, beats, stuck),
        drawing=drawing,
        bar=BAR,
        names_width=min(_LONGEST_NAME, max(map(len, drawing.threads), default=4)) * 7.4 + 18,
        strips=[STRIP * number for number in range(ceil(drawing.width / STRIP))],
        strip=STRIP,
        rows=_rows(beats, subject.path),
        turns=sum(beat.kind in ("preempt", "stall") for beat in beats),
        beats=beats,
        source=_source(run.source, {beat.line for beat in beats if beat.file == subject.path}),
        scenario=_scenario(run, subject.path),
    )
    # A message may hold half of a surrogate pair, which no file can.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _environment() -> Environment:
    found = environment(_HERE)
    found.filters["clean"] = words.clean
    found.filters["cut"] = words.cut
    found.filters["seconds"] = seconds
    # One decimal is a tenth of a pixel; -0.0 and the like would only differ between machines.
    found.filters["n"] = lambda number: f"{number:.1f}".removesuffix(".0")
    return found


def _for_script(data: Any) -> Markup:
    """JSON that can stand in a script element, whatever strings are in it."""
    text = json.dumps(data, separators=(",", ":"), sort_keys=True)
    for character in "<>&":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def _how(example: Counterexample | None) -> str:
    """The kind of failure, and what the schedule did for it."""
    if example is None:
        return ""
    parts = [example.kind]
    if example.preemptions:
        parts.append(count(example.preemptions, "preemption"))
    if example.stalls:
        parts.append(count(len(example.stalls), "stall"))
    return ", ".join(parts)


def _ending(verdict: Verdict) -> str:
    """What has become of the run, in a sentence."""
    if verdict.counterexample is None:
        return "PASS: in this run the promise was kept"
    return f"FAIL: {verdict.counterexample.message}"


def stuck_threads(example: Counterexample | None) -> dict[str, tuple[str, str]]:
    """For every thread that had not ended, a short and a long text."""
    if example is None:
        return {}
    for_ever = example.kind.startswith("deadlock")
    found = {}
    for each in example.stuck:
        short = "blocked for ever" if for_ever else "not ended"
        text = f"is {each.doing}"
        if each.waits_for:
            text = f"waits in {each.waits_for}"
            if each.held_by and "join" not in each.waits_for:
                text += f", held by {each.held_by}"
            elif for_ever and not each.held_by:
                text += ", and nobody is left to wake it"
        place = f", at {PurePosixPath(each.file).name}:{each.line}" if each.line else ""
        found[each.thread] = (short, text + place)
    return found


def _ends(
    drawing: Drawing, beats: Sequence[Beat], stuck: dict[str, tuple[str, str]]
) -> list[tuple[float, str, str]]:
    """At the right end of each lane: the bar's y, what has become of the thread, and whether that is bad."""
    last = beats[-1].after.threads if beats else {}
    found = []
    for thread, y in drawing.bars.items():
        text, bad = (stuck[thread][0], "bad") if thread in stuck else (last[thread].doing, "")
        found.append((y, text, bad))
    return found


def _rows(beats: Sequence[Beat], own: str) -> list[dict[str, Any]]:
    """The table of steps."""
    found: list[dict[str, Any]] = []
    now = 0
    for beat in beats:
        code = beat.text if beat.kind in (LINE, SETUP, "preempt", "stall") else ""
        found.append(
            {
                "time": seconds(beat.now) if beat.now != now or not found else "",
                "thread": beat.thread,
                "place": words.place(beat.file, beat.line, own)
                if beat.kind == LINE
                else words.sentence(beat, own),
                "code": code.partition("  #")[0],
                "effects": words.effects(beat),
                "kind": beat.kind,
            }
        )
        now = beat.now
    return found


def _source(source: str, used: set[int]) -> list[tuple[int, str]]:
    """The numbered lines of the submission; number 0 stands for lines left out."""
    lines = [(number, line.expandtabs(4)) for number, line in enumerate(source.splitlines(), 1)]
    if len(lines) <= MOST_SOURCE:
        return lines
    near = {number for each in used for number in range(each - _NEAR, each + _NEAR + 1)}
    shown: list[tuple[int, str]] = []
    for number, line in lines:
        if number in near:
            shown.append((number, line))
        elif not shown or shown[-1][0]:
            shown.append((0, "…"))
    return shown


def _scenario(run: Replay, own: str) -> list[tuple[int, str]]:
    """The lines of the property that ran."""
    return sorted({(step.line, step.text) for step in run.steps if step.line and step.file != own})
