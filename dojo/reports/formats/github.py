"""A summary in Markdown for the page of a GitHub Actions step: a table, the first failure of each kata, races.

GitHub shows nothing of a step whose summary is larger than 1 MiB: what does not fit is left out, and said.
Every text stands in a code block, or with all its punctuation escaped: nothing in it is read as Markdown or HTML.
"""

from __future__ import annotations

import re
import string

from dojo.grading.result import KataResult, State
from dojo.reports.advice import advice
from dojo.reports.formats.run import Graded, Outcome
from dojo.reports.page import count, plain

MOST = 1024 * 1024  # bytes of the summary of one step
_LONGEST = 200  # characters of a text outside a code block
_MARKS = {
    State.PASSED: "✅",
    State.FAILED: "❌",
    State.REFUSED: "⛔",
    State.NOT_STARTED: "➖",
    State.INCONCLUSIVE: "❔",
    State.BROKEN: "🛠️",
}
_SPECIAL = {ord(each): f"\\{each}" for each in string.punctuation}


def write(graded: Graded, room: int = MOST) -> str:
    """The summary of a run.

    Args:
        graded: the run.
        room: bytes it may have.
    """
    blocks = [block for result in graded.results for block in _blocks(result, graded)]
    head, size, kept = _head(graded), 0, 0
    note = f"\n{count(len(blocks), 'more part')} left out: GitHub shows no more of a step.\n"
    room -= len(head.encode()) + len(note.encode())
    if room < 0:
        return ""
    for block in blocks:
        size += len(block.encode())
        if size > room:
            break
        kept += 1
    if kept < len(blocks):
        note = f"\n{count(len(blocks) - kept, 'more part')} left out: GitHub shows no more of a step.\n"
        return head + "".join(blocks[:kept]) + note
    return head + "".join(blocks)


def escaped(text: str) -> str:
    """Text that Markdown shows as it is, also in a cell of a table."""
    if len(text) > _LONGEST:
        text = text[:_LONGEST] + "..."
    return text.translate(_SPECIAL)


def fenced(text: str) -> str:
    """Text as a code block that nothing in it can end."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text.rstrip()}\n{fence}\n"


def _head(graded: Graded) -> str:
    passed = sum(result.state is State.PASSED for result in graded.results)
    lines = [
        f"## Concurrency dojo: {passed} of {count(len(graded.results), 'kata')} passed",
        "",
        "| kata | result | properties that hold | schedules |",
        "|---|---|--:|--:|",
    ]
    for result in graded.results:
        holding = sum(case.outcome is Outcome.PASSED for case in graded.cases(result))
        total = result.properties or len(graded.promises.get(result.kata, ()))
        of = f"{holding} of {total}" if total else ""
        title = escaped(graded.title(result))
        lines.append(
            f"| {title} | {_MARKS[result.state]} {result.state.value} | {of} | {result.schedules:,} |"
        )
    return "\n".join(lines) + "\n"


def _blocks(result: KataResult, graded: Graded) -> list[str]:
    """What to tell about one kata: each a part that may be left out."""
    page, title = graded.page, escaped(graded.title(result))
    found = []
    if result.problem is not None:
        found.append(f"\n### {title}\n\n{fenced(graded.trouble(result))}")
    cases = graded.cases(result)
    failing = [case for case in cases if case.outcome in (Outcome.FAILED, Outcome.RACE)]
    for case in failing[:1]:
        found.append(f"\n### {title}: {escaped(case.name)}\n\n{fenced(case.text or case.message)}")
    if failing[1:]:
        names = "".join(f"- {escaped(case.name)}\n" for case in failing[1:])
        found.append(f"\nFailing in {title} as well:\n\n{names}")
    undecided = [case for case in cases if case.outcome in (Outcome.UNDECIDED, Outcome.FAULT) and case.text]
    for case in undecided:
        what = f"{case.outcome.value}: {case.name}"
        found.append(f"\n### {title}: {escaped(what)}\n\n{fenced(case.text)}")
    races = advice(result, page, strict=graded.strict, everything=False)
    if races:
        found.append(f"\n### {title}: race warnings\n\n{fenced(plain(races))}")
    return found
