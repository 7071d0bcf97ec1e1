"""The board: grades what is new, then shows every kata with its last result."""

from __future__ import annotations

from dojo.grading.catalogue import load
from dojo.grading.targets import Target, edited_since, needs_grading
from dojo.grading.workspace import Workspace
from dojo.reports.board import board
from dojo.reports.terminal import Terminal


def show_board(workspace: Workspace) -> None:
    """Grade what has been edited since it was last graded, and show the board."""
    terminal = Terminal(workspace)
    history = workspace.history()
    catalogue = load()
    katas = workspace.katas(catalogue)
    for kata in katas:
        if needs_grading(kata, history.last(kata.name), workspace):
            # Loaded only if there is something to grade: the board alone is to come at once.
            from dojo.commands.grading import grade_target

            target = Target(kata, workspace.stub(kata), workspace)
            grade_target(target, terminal, history, store=workspace.verdicts())
    if history.warning:
        terminal.complain(f"note: {history.warning}")
    terminal.show(
        board(
            katas,
            lambda kata: history.last(kata.name),
            lambda kata: edited_since(kata, history.last(kata.name), workspace),
            terminal.page,
            others=len(catalogue.katas) - len(katas),
            new=not history.has_begun,
        )
    )
