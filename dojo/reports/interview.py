"""What an interview shows while it goes on: the task, the time, hints, questions; and the list of past ones."""

from __future__ import annotations

import time
from collections.abc import Sequence

from dojo.grading.catalogue import Kata
from dojo.grading.learner.hints import RUNGS
from dojo.grading.learner.interview import Interview, Task
from dojo.reports.page import BAD, DIM, GOOD, STRONG, WARN, Lines, Page, count, line, spread

COMMANDS = {
    "grade": "run the hidden properties on your file",
    "hint": "a hint for the last failure; it is counted",
    "skip": "leave this task for good, go to the next one",
    "time": "how much is left",
    "finish": "hand in and go to the questions",
    "quit": "leave; the clock runs on, --resume comes back",
}
_INDENT = 2


def clock(seconds: float) -> str:
    """A span of time as on a clock: ``38:12``, ``1:02:05``."""
    whole = max(0, round(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def task(interview: Interview, index: int, kata: Kata, file: str, left: float, page: Page) -> Lines:
    """The task in an interviewer's words; nothing tells how difficult it is.

    Args:
        interview: what it is a part of.
        index: which task, from 0.
        kata: its entry in the manifest.
        file: where to write, as shown to the reader.
        left: seconds of the interview.
        page: where to.
    """
    title = line((f"Interview {interview.number}, task {index + 1} of {len(interview.tasks)}", STRONG))
    time_left = f"{clock(left)} left of {clock(interview.minutes * 60)}"
    lines = [*spread(title, time_left, page.width), line("")]
    lines += page.paragraph(f"{kata.title}.", _INDENT, style=STRONG)
    lines += page.paragraph(kata.summary, _INDENT)
    lines.append(line(""))
    lines += page.paragraph("The rules are in the docstrings of the stub; write your code in", _INDENT)
    lines += [line(" " * _INDENT, (file, STRONG)), line("")]
    return lines + commands(page)


def commands(page: Page) -> Lines:
    """What can be typed."""
    lines: Lines = []
    for name, text in COMMANDS.items():
        lines += page.paragraph(text, _INDENT, label=f"{name:<8}")
    return lines


def remaining(interview: Interview, current: Task, left: float, page: Page) -> Lines:
    """The time that is left, and what was used of attempts and hints."""
    used = f"{count(current.attempts, 'attempt')}, {count(current.hints_shown, 'hint')}"
    state = ", solved" if current.solved is not None else ""
    text = f"{clock(left)} left of {clock(interview.minutes * 60)}; {current.kata}: {used}{state}"
    return page.paragraph(text, 0)


def hint(promise: str, rungs: Sequence[str], page: Page) -> Lines:
    """The hints for the last failure, the new one last."""
    lines = page.paragraph(promise, 0, style=STRONG)
    for number, text in enumerate(rungs, 1):
        style = STRONG if number == len(rungs) else ""
        lines += page.paragraph(text, _INDENT, label=f"{number} of {RUNGS}  ", style=style)
    return lines


def question(number: int, total: int, text: str, draft: str, page: Page) -> Lines:
    """A follow-up question, with what was already written of its answer."""
    lines = [line(""), *page.paragraph(text, 0, label=f"Question {number} of {total}: ", style=STRONG)]
    for written in draft.splitlines():
        lines += page.paragraph(written, _INDENT)
    return lines


def history(interviews: Sequence[Interview], now: float, page: Page) -> Lines:
    """All interviews with their scores, the newest last."""
    if not interviews:
        return page.paragraph(
            f"There was no interview yet: {page.workspace.program} interview begins one.", 0
        )
    lines: Lines = []
    for interview in interviews:
        day = time.strftime("%Y-%m-%d %H:%M", time.localtime(interview.started))
        state, style = _state(interview, now)
        head = line(f"{interview.number:>3}  {day}  {interview.level}, {interview.minutes} min")
        lines += spread(head, state, page.width, style)
        for each in interview.tasks:
            if each.begun is not None:
                lines += page.paragraph(_scores(each, interview.ended or min(now, interview.deadline)), 5)
    return lines


def _state(interview: Interview, now: float) -> tuple[str, str]:
    if interview.closed:
        solved = sum(each.solved is not None for each in interview.tasks)
        return f"{solved} of {len(interview.tasks)} solved", GOOD if solved == len(interview.tasks) else BAD
    if interview.ended is not None:
        return "open: questions", WARN
    left = interview.deadline - now
    return (f"open: {clock(left)} left" if left > 0 else "open: the time is up"), WARN


def _scores(each: Task, end: float) -> str:
    used = clock(each.seconds(end))
    score = each.score
    if score is None:
        return f"{each.kata}: never graded, {used}"
    return (
        f"{each.kata}: correctness {score.holding}/{score.properties}, "
        f"concurrency {score.calm}/{score.concurrent}, timing {score.exact}/{score.timed}, {used}"
    )


def note(text: str, page: Page) -> Lines:
    """Something to know, between two commands."""
    return page.paragraph(text, 0, style=DIM)
