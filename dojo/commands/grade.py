"""``grader.py grade``: grades katas or files and reports."""

from __future__ import annotations

import click

from dojo.commands.grading import grade_target, next_kata, warn
from dojo.commands.group import EXIT_CODES, debug, in_workspace
from dojo.commands.reports import Reports, reporting
from dojo.grading.catalogue import load
from dojo.grading.judge import DEFAULT_BUDGET
from dojo.grading.result import KataResult, State, overall
from dojo.grading.targets import targets
from dojo.grading.workspace import Workspace
from dojo.reports.grade import afterwards, report, totals
from dojo.reports.page import line
from dojo.reports.terminal import Terminal


@click.command(epilog=EXIT_CODES)
@click.argument("what", nargs=-1, metavar="[KATA|FILE]...")
@click.option("--solutions", is_flag=True, help="Grade the reference solutions instead of your files.")
@click.option("--as", "kata", metavar="KATA", help="The kata that FILE is for, if its name does not tell.")
@click.option("--strict", is_flag=True, help="Race warnings count as failures.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", default=0, help="Explore other schedules.")
@click.option("--budget", type=click.IntRange(min=1), metavar="N", help="Schedules for each property.")
@click.option("--all", "everything", is_flag=True, help="Show every failure in full, and every pass.")
@click.option("--fresh", is_flag=True, help="Grade also what was graded before and has not changed since.")
@reporting
@in_workspace
@debug
def grade(
    what: tuple[str, ...],
    solutions: bool,
    kata: str | None,
    strict: bool,
    seed: int,
    budget: int | None,
    everything: bool,
    reports: Reports,
    fresh: bool,
    workspace: Workspace,
) -> int:
    """Grade katas or files; without arguments all katas."""
    wanted = targets(what, load(), solutions=solutions, kata=kata, workspace=workspace)
    budget = budget or DEFAULT_BUDGET
    terminal = Terminal(workspace)
    history = workspace.history()
    store = workspace.verdicts(fresh=fresh)
    results: list[KataResult] = []
    for target in wanted:
        result = grade_target(target, terminal, history, budget=budget, seed=seed, strict=strict, store=store)
        if not reports.printed:
            between = [line("")] if results else []
            rung = history.next_rung(target.kata.name) if target.is_own_work else 0
            terminal.show(
                between + report(result, terminal.page, strict=strict, everything=everything, rung=rung)
            )
        results.append(result)
    warn(terminal, history, store)
    reports.write(results, seed=seed, budget=budget, strict=strict, workspace=workspace)
    if reports.printed:
        return overall(results)
    if len(results) > 1:
        terminal.show([line(""), *totals(results, terminal.page)])
    elif wanted[0].is_own_work and results[0].state is State.PASSED:
        following = next_kata(workspace, [results[0].kata])
        terminal.show([line(""), *afterwards(results[0].kata, following, terminal.page)])
    return overall(results)
