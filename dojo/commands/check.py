"""``grader.py check``: looks whether files can be graded, without the hidden properties."""

from __future__ import annotations

import click

from dojo.commands.group import debug, in_workspace
from dojo.grading.catalogue import load
from dojo.grading.readiness import Readiness, look
from dojo.grading.result import ExitCode
from dojo.grading.sandbox.messages import GRADERS_FAULT
from dojo.grading.targets import Target, targets
from dojo.grading.workspace import Workspace
from dojo.reports.check import checked
from dojo.reports.page import line
from dojo.reports.terminal import Terminal

EXIT_CODES = """\b
Exit codes:
  0    all can be graded, and their examples run to the end
  1    something is to be mended or still to be written
  2    wrong usage
  4    a fault of the grader, not of the code"""


@click.command(epilog=EXIT_CODES)
@click.argument("what", nargs=-1, metavar="[KATA|FILE]...")
@click.option("--as", "kata", metavar="KATA", help="The kata that FILE is for, if its name does not tell.")
@in_workspace
@debug
def check(what: tuple[str, ...], kata: str | None, workspace: Workspace) -> int:
    """Look whether files can be graded: read and load them, run their examples; without arguments all katas.

    It takes a second, and tells nothing about whether the code is right: `grade` does.
    """
    terminal = Terminal(workspace)
    found: list[Readiness] = []
    for target in _targets(what, kata, workspace):
        seen = look(target.kata, target.path)
        terminal.show([*([line("")] if found else []), *checked(seen, terminal.page)])
        found.append(seen)
    problems = [each.problem for each in found if each.problem is not None]
    if any(problem.remedy == GRADERS_FAULT for problem in problems):
        return ExitCode.BROKEN
    return ExitCode.PASSED if all(each.ok for each in found) else ExitCode.FAILED


def _targets(what: tuple[str, ...], kata: str | None, workspace: Workspace) -> list[Target]:
    if what or kata is not None:
        return targets(what, load(), kata=kata, workspace=workspace)
    # In a packet there are also katas that others need, and that nobody is asked to write.
    found = [each for each in targets((), load(), workspace=workspace) if each.path.exists()]
    return found or targets((), load(), workspace=workspace)
