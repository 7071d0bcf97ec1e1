"""``grader.py doctor``: what is wrong with the set-up, and the remedy."""

from __future__ import annotations

from collections.abc import Iterator

import click

from dojo.commands.group import debug, in_workspace
from dojo.grading.checkup.examine import examine
from dojo.grading.checkup.finding import PROBLEM, Finding, to_json, to_text
from dojo.grading.workspace import Workspace


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON (see dojo/grading/checkup/finding.py).")
@in_workspace
@debug
def doctor(as_json: bool, workspace: Workspace) -> int:
    """Look for what is wrong with the set-up, and say what to do about it.

    Each check is ok, a note or a PROBLEM; the exit code is 1 if there is a problem.
    """
    findings = examine(workspace)
    told = list(findings) if as_json else _tell(findings, workspace)
    if as_json:
        click.echo(to_json(told), nl=False)
    return int(any(each.state == PROBLEM for each in told))


def _tell(findings: Iterator[Finding], workspace: Workspace) -> list[Finding]:
    """Show the findings as they come; without any style where the package for that is what is missing."""
    try:
        from dojo.reports.doctor import concluded, found
        from dojo.reports.terminal import Terminal
    except Exception:  # whatever it is, a finding says it
        told = list(findings)
        click.echo(to_text(told), nl=False)
        return told
    terminal = Terminal(workspace)
    told = []
    for each in findings:
        terminal.show(found(each, terminal.page))
        told.append(each)
    terminal.show(concluded(told))
    return told
