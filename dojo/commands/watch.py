"""``grader.py watch``: grades a kata again whenever its file is saved."""

from __future__ import annotations

from functools import partial

import click

from dojo.commands import complete
from dojo.commands.grading import next_kata
from dojo.commands.group import debug, in_workspace
from dojo.commands.keys import Keys, interactive
from dojo.commands.options import with_budget
from dojo.grading.catalogue import Kata, load
from dojo.grading.result import ExitCode
from dojo.grading.targets import targets
from dojo.grading.terms import DEFAULT_BUDGET
from dojo.grading.workspace import Workspace


@click.command()
@click.argument("kata", required=False, shell_complete=complete.katas)
@click.option("--poll", is_flag=True, help="Look at the file all the time: for drives that report no saves.")
@with_budget
@in_workspace
@debug
def watch(kata: str | None, poll: bool, budget: int | None, workspace: Workspace) -> int:
    """Grade KATA now and after every save; without KATA the one that the board recommends.

    \b
    What failed last is checked first. It never goes on to another kata by itself:
    h  a hint for the last failure     n  the next kata
    c  compare with the reference      r  run all, every failure in full
    q  quit
    """
    if not interactive():
        remedy = workspace.program + " grade" + (f" {kata}" if kata else "")
        raise click.UsageError(f"watch needs a terminal; `{remedy}` grades once")
    # Loaded only now: a usage error is to come at once.
    from dojo.commands.saves import Saves
    from dojo.commands.watching import Watch

    catalogue = load()
    passed_over: list[str] = []  # since `watch` began: `n` goes round those that are not passed

    def following(current: str) -> Kata | None:
        return next_kata(workspace, {current, *passed_over}) or next_kata(workspace, {current})

    entry = catalogue[kata] if kata is not None else following("")
    if entry is None:
        raise click.UsageError(f"all katas are passed; name one: {workspace.program} watch KATA")
    with Keys() as keys:
        while entry is not None:
            name = entry.name
            (target,) = targets([name], catalogue, workspace=workspace)
            with Saves(target.path, keys.wake, poll=poll) as saves:
                entry = Watch(target, keys, saves, partial(following, name), budget or DEFAULT_BUDGET).run()
            if entry is not None and entry.name in passed_over:
                passed_over.clear()  # once round
            passed_over.append(name)
    return ExitCode.PASSED
