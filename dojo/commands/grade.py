"""``grader.py grade``: grades katas or files and reports."""

from __future__ import annotations

import click

from dojo.commands import complete
from dojo.commands.grading import grade_target, next_kata, warn
from dojo.commands.group import EXIT_CODES, debug, in_workspace
from dojo.commands.options import as_kata, with_budget
from dojo.commands.properties import property_named
from dojo.commands.reports import Reports, reporting
from dojo.grading.catalogue import load
from dojo.grading.judge import replay
from dojo.grading.result import KataResult, State, overall
from dojo.grading.targets import targets
from dojo.grading.terms import DEFAULT_BUDGET, Terms
from dojo.grading.workspace import Workspace
from dojo.reports.grade import afterwards, report, totals
from dojo.reports.page import line
from dojo.reports.prints import printed
from dojo.reports.terminal import Terminal


@click.command(epilog=EXIT_CODES)
@click.argument("what", nargs=-1, metavar="[KATA|FILE]...", shell_complete=complete.katas_and_files)
@click.option("--solutions", is_flag=True, help="Grade the reference solutions instead of your files.")
@as_kata
@click.option("--strict", is_flag=True, help="Race warnings count as failures.")
@click.option("--seed", type=click.IntRange(min=0), metavar="N", default=0, help="Explore other schedules.")
@with_budget
@click.option("--all", "everything", is_flag=True, help="Show every failure in full, and every pass.")
@click.option("--fresh", is_flag=True, help="Grade also what was graded before and has not changed since.")
@click.option("--prints", is_flag=True, help="Show what your code printed in the first failing run.")
@click.option(
    "--property",
    "prefix",
    metavar="SLUG",
    shell_complete=complete.properties,
    help="Check only this one; it does not count as a pass.",
)
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
    prints: bool,
    prefix: str | None,
    workspace: Workspace,
) -> int:
    """Grade katas or files; without arguments all katas."""
    if prints and reports.printed:
        raise click.UsageError("what was printed is part of no --report and no --json: leave out one of them")
    if prefix is not None and not reports.are_json:
        raise click.UsageError("a --report is about all properties: leave out --property, or take --json")
    wanted = targets(what, load(), solutions=solutions, kata=kata, workspace=workspace)
    if prefix is not None and len(wanted) > 1:
        raise click.UsageError("--property is about one kata: name it")
    only = property_named(wanted[0].kata, prefix) if prefix is not None else ""
    terms = Terms(budget or DEFAULT_BUDGET, seed, strict, only)
    terminal = Terminal(workspace)
    history = workspace.history()
    store = workspace.verdicts(fresh=fresh)
    results: list[KataResult] = []
    for target in wanted:
        result = grade_target(target, terminal, history, terms, store=store)
        if not reports.printed:
            between = [line("")] if results else []
            rung = history.next_rung(target.kata.name) if target.is_own_work and not only else 0
            terminal.show(
                between + report(result, terminal.page, strict=strict, everything=everything, rung=rung)
            )
            if prints and (example := result.first_example) is not None:
                run = replay(target.kata, target.path, example.token)
                terminal.show([line(""), *printed(run.steps, terminal.page, everything=everything)])
        results.append(result)
    warn(terminal, history, store)
    reports.write(results, terms, workspace)
    if reports.printed:
        return overall(results)
    if len(results) > 1:
        terminal.show([line(""), *totals(results, terminal.page)])
    elif wanted[0].is_own_work and results[0].state is State.PASSED and not only:
        following = next_kata(workspace, [results[0].kata])
        terminal.show([line(""), *afterwards(results[0].kata, following, terminal.page)])
    return overall(results)
