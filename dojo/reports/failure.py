"""A failed property as the learner sees it: what broke, on which input, the story, who is stuck, replay."""

from __future__ import annotations

import shlex
from collections import Counter
from dataclasses import replace
from pathlib import PurePosixPath

from rich.cells import cell_len

from dojo.checking.verdict import UNWRITTEN, Counterexample, Stuck, Verdict
from dojo.grading.learner.hints import RUNGS
from dojo.grading.result import KataResult
from dojo.reports.page import BAD, DIM, STRONG, WARN, Lines, Page, count, line, spread
from dojo.reports.story import CROWD, tell, where

INDENT = 8
_LABEL = 10  # width of "replay", "with" and the like
_LONGEST_NAME = 16
_MOST_MESSAGE_LINES = 12
_MOST_INPUT_LINES = 6


def in_full(verdict: Verdict, result: KataResult, page: Page, *, rung: int = 0) -> Lines:
    """A failure with everything that is known about it.

    Args:
        verdict: the failure.
        result: what it is part of.
        page: where to.
        rung: which hint comes next; 0 if there is none to be had.
    """
    example = verdict.counterexample
    if example is None:
        return in_short(verdict, page)
    lines = _title(verdict, example, page)
    lines += page.paragraph(example.message, INDENT, style=STRONG, most=_MOST_MESSAGE_LINES)
    if verdict.why and verdict.why != example.message:
        lines += page.paragraph(verdict.why, INDENT, style=DIM)
    if example.kind == UNWRITTEN:  # which run found that, and how, is of no interest
        return lines + _raised(replace(example, trail=[]), result.path, page)
    lines.append(line(""))
    if example.workload:
        values = ", ".join(f"{name}={value}" for name, value in example.workload.items())
        lines += _labelled("with", f"{values}   (smallest input found)", page, most=_MOST_INPUT_LINES)
    lines += story(example, result.path, page)
    if page.in_notebook:
        return lines
    lines.append(line(""))
    if spot := _turning_point(example, result.path):
        lines += _labelled("look at", spot, page)
    lines += _labelled("replay", "", page, command=command(result, page, "replay", token=example.token))
    if example.printed:
        asked = command(result, page, "grade", option="--prints")
        lines += _labelled(
            "prints", "", page, command=[*asked[:-1], f"{asked[-1]}   ({count(example.printed, 'line')})"]
        )
    if rung:
        asked = command(result, page, "hint")
        lines += _labelled("hint", "", page, command=[*asked[:-1], f"{asked[-1]}   ({rung} of {RUNGS})"])
    return lines


def story(example: Counterexample, path: str, page: Page) -> Lines:
    """What happened in a failing run: who did what, what was raised where, and who was stuck in the end.

    Args:
        example: the run.
        path: of the file that ran, as the reader knows it.
        page: where to.
    """
    stall = example.stalls[0][2] if len(example.stalls) == 1 else 0
    lines = tell(example.rows, example.threads, page, stall=stall)
    lines += _raised(example, path, page)
    if example.stuck:
        lines += _stuck(example, page)
    return lines


def _turning_point(example: Counterexample, path: str) -> str:
    """The learner's line to look at first, such that a terminal or an editor finds it: ``katas/x/pool.py:31``.

    Where the schedule interfered last, or else where it ended; "" if it is told already where an exception came from.
    """
    own = [
        row for row in example.rows if row.line and PurePosixPath(row.file).name == PurePosixPath(path).name
    ]
    turns = [row for row in own if row.mark in ("preempted", "stalled")]
    if example.place is not None or not own:
        return ""
    return f"{path}:{(turns or own)[-1].line}"


def in_short(verdict: Verdict, page: Page) -> Lines:
    """A failure in a line: the promise and how it broke."""
    if verdict.counterexample is None:
        return page.paragraph(verdict.property, 2, label="FAIL  ")
    return _title(verdict, verdict.counterexample, page, brief=True)


def command(result: KataResult, page: Page, verb: str, *, token: str = "", option: str = "") -> list[str]:
    """A command line for the graded file, broken so that it can be pasted as it stands.

    A replay token may be cut anywhere: ``grader.py replay`` puts the pieces together. A path is never cut, so
    a very long one is the only thing in a report that may go beyond the page. In a notebook there is only the
    magic that grades.
    """
    if page.in_notebook:
        return [f"%%kata {result.kata} {option}".rstrip()]
    subject = [result.kata]
    if not page.workspace.owns(result.path, result.kata):
        subject = [shlex.quote(page.clean(result.path))]
        if PurePosixPath(result.path).stem != result.kata:
            subject.append(f"--as {result.kata}")
    room = page.width - INDENT - _LABEL - len(" \\")
    parts = [token[at : at + room] for at in range(0, len(token), room)]
    words = [f"{page.workspace.program} {verb}", *subject, option, *parts]
    pieces = words[:1]
    for word in filter(None, words[1:]):
        if len(pieces[-1]) + 1 + len(word) <= room:
            pieces[-1] += f" {word}"
        else:
            pieces.append(word)
    return [f"{piece} \\" for piece in pieces[:-1]] + pieces[-1:]


def _title(verdict: Verdict, example: Counterexample, page: Page, *, brief: bool = False) -> Lines:
    kind = example.kind.partition(":")[0] if brief else example.kind
    how = [page.clean(kind)]
    if example.preemptions:
        how.append(count(example.preemptions, "preemption"))
    if example.stalls:
        how.append(count(len(example.stalls), "stall"))
    first, *more = page.wrap(verdict.property, page.width - INDENT)
    title = line("  ", ("FAIL", BAD), "  ", (first, STRONG))
    if more:
        lines = [title, *(line((" " * INDENT + part, STRONG)) for part in more)]
        return lines + page.paragraph(", ".join(how), INDENT, style=DIM)
    right = ", ".join(how)
    if cell_len(right) > page.width - INDENT:
        return [title, *page.paragraph(right, INDENT, style=DIM)]
    return spread(title, right, page.width)


def _labelled(label: str, text: str, page: Page, *, most: int = 0, command: list[str] | None = None) -> Lines:
    start = f"{label:<{_LABEL}}"
    if command is None:
        return page.paragraph(text, INDENT, label=start, most=most)
    blank = " " * _LABEL
    starts = [start, *([blank] * (len(command) - 1))]
    return [line(" " * INDENT + lead, (part, STRONG)) for lead, part in zip(starts, command, strict=True)]


def _raised(example: Counterexample, path: str, page: Page) -> Lines:
    """Where an exception came from, and by which calls, unless the story has just told them."""
    trail = example.trail
    place = example.place or ((trail[-1].file, trail[-1].line) if trail else None)
    if place is None:
        return []
    lines = _labelled("raised at", f"{_shown(place[0], path)}:{place[1]}", page)
    if all(row.file == trail[0].file for row in trail) and example.place is not None:
        return lines
    places = [where(row.file, row.line) for row in trail]
    margin = page.width - min(max(map(cell_len, places)), page.width // 3)
    begin = INDENT + _LABEL
    for row, spot in zip(trail, places, strict=True):
        text = page.cut(row.text.partition("  #")[0], margin - 2 - begin)
        gap = " " * (margin - begin - cell_len(text))
        lines.append(
            line(" " * begin, text, (f"{gap}{page.cut_left(spot, page.width - margin)}" if spot else "", DIM))
        )
    return lines


def _stuck(example: Counterexample, page: Page) -> Lines:
    """Who had not ended, what each waits for and who holds it."""
    for_ever = example.kind.startswith("deadlock")
    title = "blocked for ever:" if for_ever else "not ended in this run:"
    lines = [line((" " * INDENT + title, WARN))]
    name_width = min(_LONGEST_NAME, max(4, *(cell_len(page.clean(each.thread)) for each in example.stuck)))
    crowds = Counter(replace(each, thread="") for each in example.stuck)
    told: set[Stuck] = set()
    for each in example.stuck:
        what = replace(each, thread="")
        others = crowds[what] - 1
        if what in told and others >= CROWD:
            continue
        told.add(what)
        name = page.cut_left(each.thread, name_width)
        label = name + " " * (name_width - cell_len(name)) + "  "
        spot = where(each.file, each.line)
        text = _waiting(each, for_ever) + (f", at {spot}" if spot else "")
        lines += page.paragraph(text, INDENT + 2, label=label)
        if others >= CROWD:
            lines += page.paragraph(f"... the same for {others} other threads ...", INDENT + 2, style=DIM)
    return lines


def _waiting(stuck: Stuck, for_ever: bool) -> str:
    if not stuck.waits_for:
        return f"is {stuck.doing}"
    if stuck.held_by:
        if "join" in stuck.waits_for:
            return f"waits in {stuck.waits_for}"
        return f"waits for {stuck.waits_for}, held by {stuck.held_by}"
    nobody = ", and nobody is left to wake it" if for_ever else ""
    return f"waits in {stuck.waits_for}{nobody}"


def _shown(file: str, path: str) -> str:
    """A file as the reader knows it: the graded one by the path under which it was given."""
    return path if PurePosixPath(file).name == PurePosixPath(path).name else file
