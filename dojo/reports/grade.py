"""The report on one graded kata: a summary, what failed, what it rests on, advice."""

from __future__ import annotations

from collections.abc import Sequence

from dojo.checking.verdict import Status, Verdict
from dojo.grading.catalogue import Kata
from dojo.grading.result import KataResult, State
from dojo.reports import failure
from dojo.reports.advice import advice
from dojo.reports.page import BAD, DIM, GOOD, STRONG, WARN, Lines, Page, count, line

_INDENT = failure.INDENT
_STYLES = {
    State.NOT_STARTED: WARN,
    State.PASSED: GOOD,
    State.FAILED: BAD,
    State.INCONCLUSIVE: WARN,
    State.REFUSED: WARN,
    State.BROKEN: "bold magenta",
}


def report(
    result: KataResult,
    page: Page,
    *,
    strict: bool = False,
    everything: bool = False,
    rung: int = 0,
    others: str = "--all shows the others in full",
) -> Lines:
    """What to tell about one kata.

    Args:
        result: the outcome.
        page: where to.
        strict: whether race warnings counted as failures.
        everything: all failures in full, every passed property, harmless races too.
        rung: which hint for the first failure comes next; 0 if there is none to be had.
        others: says how to see the other failures in full.
    """
    lines = summary(result, page, strict=strict)
    for part in (
        problem(result, page),
        _failures(result, page, everything=everything, rung=rung, others=others),
        _undecided(result, page),
        _rests_on(result, page, everything=everything),
        advice(result, page, strict=strict, everything=everything),
    ):
        if part:
            lines += [line(""), *part]
    return lines


def summary(result: KataResult, page: Page, *, strict: bool = False) -> Lines:
    """One line: the kata, what came of it, how much was tried."""
    headline, style = _headline(result, strict), _STYLES[result.state]
    left = line((result.kata, STRONG), "   ", (headline, style))
    explored = f"explored {count(result.schedules, 'schedule')}" if result.verdicts else ""
    if result.unchanged:
        explored += ", unchanged since"
    if left.cell_len + len(explored) + 3 <= page.width:
        return [line(left, (f"   {explored}" if explored else "", DIM))]
    lines = page.paragraph(headline, 0, label=f"{result.kata}   ", style=style)
    return lines + (page.paragraph(explored, 2, style=DIM) if explored else [])


def totals(results: Sequence[KataResult], page: Page) -> Lines:
    """One line over several katas: how many are in which state."""
    states = [result.state for result in results]
    parts = [f"{states.count(state)} {state.value}" for state in State if state in states]
    return page.paragraph(f"{count(len(results), 'kata')}: {', '.join(parts)}", 0, style=STRONG)


def afterwards(kata: str, following: Kata | None, page: Page) -> Lines:
    """What to do after a pass.

    Args:
        kata: the one that is passed.
        following: the kata to go on with; None if all are passed.
        page: where to.
    """
    program = page.workspace.program
    lines = page.paragraph(f"{program} compare {kata}", 2, label="compare  ", style=STRONG)
    text = "that was the last one: all katas passed"
    if following is not None:
        text = f"{following.name}, {following.summary}"
    return lines + page.paragraph(text, 2, label="next     ")


def _headline(result: KataResult, strict: bool) -> str:
    failed, total = len(result.failed), result.properties
    missing = total - len(result.verdicts)
    if result.only and result.verdicts:
        outcome = {State.PASSED: "it holds", State.FAILED: "it fails"}.get(result.state, result.state.value)
        return f"1 of {count(total, 'property')} checked (--property): {outcome}"
    if result.state is State.PASSED:
        return f"all {count(total, 'property')} hold"
    if result.state is State.FAILED:
        parts = []
        if failed:
            parts.append(f"{failed} of {count(total, 'property')} {'fails' if failed == 1 else 'fail'}")
        if missing:
            parts.append(f"{missing} of {count(total, 'property')} not checked")
        if strict and not parts:
            parts.append("race warnings, which count as failures (--strict)")
        return ", ".join(parts) or result.state.value
    if result.state is State.INCONCLUSIVE:
        open_ = sum(verdict.status is Status.INCONCLUSIVE for verdict in result.verdicts)
        return f"inconclusive: {open_} of {count(total, 'property')} undecided"
    if result.state is State.BROKEN:
        return "grader fault: the mistake is ours, your file is not judged"
    return str(result.state.value)


def problem(result: KataResult, page: Page) -> Lines:
    """Why a file was not graded, or not to the end, and what to do."""
    if result.state is State.NOT_STARTED:
        text = f"write your code in {result.path}, then grade it again"
        if page.in_notebook:
            text = "write your code in this cell, then run it again"
        return page.paragraph(text, 2, label="next  ")
    stop = result.problem
    if stop is None:
        return []
    tag = "FAULT " if result.state is State.BROKEN else "STOP  "
    lines = page.paragraph(stop.message, 2, label=tag, style=STRONG, most=8)
    spot = f"{result.path}:{stop.line}" if stop.line else result.path
    lines += page.paragraph(spot, _INDENT, label="at      ")
    if stop.remedy:
        lines += page.paragraph(stop.remedy, _INDENT, label="remedy  ")
    done = len(result.verdicts)
    if done:
        text = f"{done} of {count(result.properties, 'property')} had been checked by then"
        lines += page.paragraph(text, _INDENT)
    return lines


def _failures(result: KataResult, page: Page, *, everything: bool, rung: int, others: str) -> Lines:
    lines: Lines = []
    for number, verdict in enumerate(result.failed):
        full = everything or number == 0
        if lines and full:
            lines.append(line(""))
        if full:
            lines += failure.in_full(verdict, result, page, rung=rung if number == 0 else 0)
        else:
            if number == 1:
                lines.append(line(""))
            lines += failure.in_short(verdict, page)
    if len(result.failed) > 1 and not everything:
        lines += page.paragraph(others, _INDENT, style=DIM)
    return lines


def _undecided(result: KataResult, page: Page) -> Lines:
    """Properties without a decision: ours to mend, or in need of a larger search."""
    lines: Lines = []
    broken = [verdict for verdict in result.verdicts if verdict.status is Status.BROKEN]
    undecided = [verdict for verdict in result.verdicts if verdict.status is Status.INCONCLUSIVE]
    for verdict in broken:
        lines += page.paragraph(verdict.property, 2, label="FAULT ", style=STRONG)
        lines += page.paragraph(verdict.reason, _INDENT, most=6)
    if broken and page.in_notebook:
        text = "This says nothing about your code. Please report it, with the cell."
        lines += page.paragraph(text, _INDENT)
    elif broken:
        text = "This says nothing about your code. Please report it, with your file and the output of:"
        lines += page.paragraph(text, _INDENT)
        again = failure.command(result, page, "grade", option="--json")
        lines += [line(" " * _INDENT, (part, STRONG)) for part in again]
    for verdict in undecided:
        lines += page.paragraph(verdict.property, 2, label="OPEN  ", style=STRONG)
        lines += page.paragraph(verdict.reason, _INDENT, most=6)
    if undecided:
        text = (
            "No failure was seen, but not enough to call it a pass. Look for a loop that goes round very "
            "often; or try more schedules:"
        )
        lines += page.paragraph(text, _INDENT)
        again = failure.command(result, page, "grade", option="--budget 5000")
        lines += [line(" " * _INDENT, (part, STRONG)) for part in again]
    return lines


def _rests_on(result: KataResult, page: Page, *, everything: bool) -> Lines:
    """What the passes rest on: a pass claims no more than was executed."""
    passed = [verdict for verdict in result.verdicts if verdict.status is Status.PASS]
    if not passed:
        return []
    if result.only:
        return _only_one(result, passed[0], page)
    if not everything:
        complete = sum(verdict.one_delay for verdict in passed)
        schedules = count(sum(verdict.schedules for verdict in passed), "schedule")
        workloads = count(sum(verdict.workloads for verdict in passed), "input")
        text = f"{len(passed)} of {count(result.properties, 'property')}: "
        text += f"no fault in {schedules} of {workloads}"
        if complete:
            text += f"; for {complete} of them every schedule with at most one delay was tried"
        return page.paragraph(f"{text}. That is evidence, not proof.", 2, label="pass  ")
    lines: Lines = []
    for verdict in passed:
        lines += page.paragraph(verdict.property, 2, label="pass  ")
        lines += page.paragraph(_basis(verdict), _INDENT, style=DIM)
    return lines


def _only_one(result: KataResult, verdict: Verdict, page: Page) -> Lines:
    """A pass of the one property that was asked for, which is not one of the kata."""
    lines = page.paragraph(verdict.property, 2, label="pass  ") + page.paragraph(
        _basis(verdict), _INDENT, style=DIM
    )
    text = "the others were not checked, and the board stays as it is; this checks them all:"
    lines += page.paragraph(text, 2, label="next  ")
    return lines + [line(" " * _INDENT, (part, STRONG)) for part in failure.command(result, page, "grade")]


def _basis(verdict: Verdict) -> str:
    text = f"{count(verdict.schedules, 'schedule')} of {count(verdict.workloads, 'input')}"
    return f"{text}, among them every schedule with at most one delay" if verdict.one_delay else text
