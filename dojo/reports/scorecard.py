"""The scorecard of an interview, for the terminal and as Markdown: four figures a task and the rule of each."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping

from dojo.grading.learner.interview import Interview, Task
from dojo.grading.learner.scorecard import RULES, Broken
from dojo.grading.result import State
from dojo.reports.interview import clock
from dojo.reports.page import BAD, DIM, GOOD, STRONG, WARN, Lines, Page, count, line

_BASIS = "Every figure is about the last version that could be graded."
_NAME = max(map(len, RULES)) + 2
_FIGURE = 14
_BAR = 10  # characters of a bar that is full


def scorecard(interview: Interview, minutes: Mapping[str, int], end: float, page: Page) -> Lines:
    """The card on the terminal.

    Args:
        interview: what it is about.
        minutes: of each kata, by name.
        end: when coding ended, or now, in seconds since the epoch.
        page: where to.
    """
    lines = [line(("Scorecard", STRONG)), *page.paragraph(_heading(interview, end), 2)]
    for task in interview.tasks:
        outcome, style = _outcome(task)
        lines += [line(""), *page.paragraph(outcome, 0, label=f"{task.kata}   ", style=style)]
        if task.begun is None:
            continue
        lines += page.paragraph(_effort(task), 2, style=DIM)
        for name, part, whole in _figures(task):
            figure = f"{part} of {whole}" if whole else "nothing to judge"
            # A picture of the figure beside it; plain characters, for every terminal.
            bar = "#" * (_BAR * part // whole) if whole else ""
            lines.append(line(f"  {name:<{_NAME}}{figure:<{_FIGURE}}", (bar, DIM)))
        lines += page.paragraph(_speed(task, minutes, end), 2, label=f"{'speed':<{_NAME}}")
        for broken in task.score.broken if task.score else ():
            lines += page.paragraph(broken.promise, 2, label=f"{_how(broken)}: ")
    lines += [line(""), line(("How it is counted", STRONG)), *page.paragraph(_BASIS, 2, style=DIM)]
    for name, rule in RULES.items():
        lines += page.paragraph(rule, 2, label=f"{name:<{_NAME}}", style=DIM)
    return lines


def markdown(interview: Interview, minutes: Mapping[str, int], end: float) -> str:
    """The card as a document, with the answers word for word.

    Args: see ``scorecard``.
    """
    return "\n".join(_document(interview, minutes, end)) + "\n"


def _document(interview: Interview, minutes: Mapping[str, int], end: float) -> Iterator[str]:
    yield from (f"# Interview {interview.number}", "", f"{_heading(interview, end)}.", "")
    yield from (
        "| task | outcome | correctness | concurrency | timing | speed |",
        "|---|---|---|---|---|---|",
    )
    for task in interview.tasks:
        cells = [f"{part} of {whole}" if whole else "-" for _, part, whole in _figures(task)] or ["-"] * 3
        speed = _speed(task, minutes, end) if task.begun is not None else "-"
        yield f"| {task.kata} | {_outcome(task)[0]} | {' | '.join(cells)} | {speed} |"
    yield from ("", _BASIS, "")
    yield from (f"- **{name}**: {rule}." for name, rule in RULES.items())
    for task in interview.tasks:
        if task.begun is None:
            continue
        yield from ("", f"## {task.kata}", "", f"{_effort(task).capitalize()}. Handed in: `{task.kata}.py`.")
        if task.score and task.score.broken:
            yield from ("", "What was broken:", "")
            yield from (f"- {_how(broken)}: {broken.promise} ({broken.kind})" for broken in task.score.broken)
        for index, question in enumerate(task.questions):
            yield from ("", f"### {question}", "")
            answer = task.answers[index] if index < len(task.answers) else None
            if not answer:
                yield "*No answer.*" if answer is not None else "*Not answered yet.*"
                continue
            fence = "`" * max(3, 1 + max(map(len, re.findall("`+", answer)), default=0))
            yield from (f"{fence}text", answer, fence)


def _heading(interview: Interview, end: float) -> str:
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(interview.started))
    used = clock(min(end - interview.started, interview.minutes * 60))
    return f"interview {interview.number}, {day}, level {interview.level}, {used} of {clock(interview.minutes * 60)}"


def _outcome(task: Task) -> tuple[str, str]:
    if task.begun is None:
        return "not begun", DIM
    late = ", handed in after the time" if task.late else ""
    if task.solved is not None:
        return f"solved{late}", WARN if late else GOOD
    if task.score is None:
        return "nothing handed in", BAD
    # "failed" is what a grading is; a task is not solved yet.
    state = "not solved" if task.score.state == State.FAILED.value else task.score.state
    return f"{state}{late}", BAD


def _effort(task: Task) -> str:
    return f"{count(task.attempts, 'attempt')}, {count(task.hints_shown, 'hint')}"


def _figures(task: Task) -> list[tuple[str, int, int]]:
    """Three of the four: name, part, whole; none without a grading."""
    score = task.score
    if score is None:
        return []
    return [
        ("correctness", score.holding, score.properties),
        ("concurrency", score.calm, score.concurrent),
        ("timing", score.exact, score.timed),
    ]


def _speed(task: Task, minutes: Mapping[str, int], end: float) -> str:
    usual = minutes.get(task.kata)
    used = f"{clock(task.seconds(end))} " + ("to the solution" if task.solved is not None else "without one")
    return f"{used}; usual: {usual} min" if usual else used


def _how(broken: Broken) -> str:
    return broken.how or "plain error"
