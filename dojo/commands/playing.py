"""The table at which a run is played: what was chosen so far, what each command does, what is shown then."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dojo.checking.turn import End, Turn
from dojo.checking.verdict import Status
from dojo.grading.play import Move, Play
from dojo.reports import play as report
from dojo.reports.page import WARN, Lines, line
from dojo.reports.scene import Source
from dojo.reports.terminal import Terminal

if TYPE_CHECKING:
    from dojo.commands.play import Input

DEFAULT: Move = (0, 0)


class Table:
    """One game, from the opening to the last command.

    Args:
        game: answers how a run stands after so many moves.
        kata: its kata.
        source: where commands come from.
        terminal: where to show what happens.
        clear: whether each turn begins with an empty screen.
    """

    def __init__(self, game: Play, kata: str, source: Input, terminal: Terminal, *, clear: bool) -> None:
        self._game, self._kata, self._input, self._terminal = game, kata, source, terminal
        self._clear = clear
        self._code = Source(game.name, game.source.splitlines())
        self._moves: tuple[Move, ...] = ()
        self._at: Turn | End = game.turn(())
        self._past: list[tuple[tuple[Move, ...], Turn | End]] = []

    def play(self) -> bool:
        """Play until the player quits; tell whether the run that stands then breaks the promise.

        Raises:
            Stopped: the game cannot go on.
        """
        self._show_all()
        while True:
            threads = len(self._at.threads) if isinstance(self._at, Turn) else 0
            command = self._input.read(threads)
            if command is None or command == "q":
                return isinstance(self._at, End) and self._at.verdict.status is Status.FAIL
            said = self._obey(command)
            if said is not None:
                self._terminal.show(said)
            else:
                self._show_all()

    def _obey(self, command: str) -> Lines | None:
        """Do what a command says; return what there is to say if everything stands as before."""
        page = self._terminal.page
        if command == "?":
            return report.help_text(page)
        if command == "s":
            return report.shortest(self._game.opening, self._kata, self._game.name, page)
        if command == "u":
            if not self._past:
                return self._note("there is nothing to undo")
            self._moves, self._at = self._past.pop()
            return None
        if command == "r":
            if self._past:
                self._moves, self._at = self._past[0]
                self._past.clear()
            return None
        if isinstance(self._at, End):
            return self._note("this run is over: u undoes the last choice, r starts again, q quits")
        if command == "f":
            self._go(self._moves, self._game.finish(self._moves))
            return None
        if command == "b":
            moves = (*self._moves, DEFAULT)
            at = self._game.turn(moves, until_blocked=True)
            self._go((*moves, *[DEFAULT] * (at.passed - len(moves))), at)
            return None
        move = self._move(command, self._at)
        if isinstance(move, str):
            return self._note(move)
        moves = (*self._moves, move)
        self._go(moves, self._game.turn(moves))
        return None

    def _go(self, moves: tuple[Move, ...], at: Turn | End) -> None:
        self._past.append((self._moves, self._at))
        self._moves, self._at = moves, at

    def _move(self, command: str, at: Turn) -> Move | str:
        """What a command chooses; or, as text, why it chooses nothing."""
        if not command:
            return DEFAULT
        if command == "t":
            return (0, at.stall) if at.stall else self._no_stall(at)
        if command.isdecimal():
            number = int(command)
            if not 1 <= number <= len(at.threads):
                return f"there is no thread {number}"
        else:
            named = [each.number for each in at.options if each.thread.startswith(command)]
            if not named:
                return f"no thread that could run begins with '{command}' (? for help)"
            if len(named) > 1:
                return f"{len(named)} threads that could run begin with '{command}': give the number"
            number = named[0]
        for index, option in enumerate(at.options):
            if option.number == number:
                return (index, 0)
        return f"{at.threads[number - 1]} cannot run now"

    def _no_stall(self, at: Turn) -> str:
        if not self._game.opening.may_stall:
            return "time cannot pass here: this promise is about exact time, so no thread stands still"
        return f"time cannot pass here while {at.options[0].thread} stands still"

    def _note(self, text: str) -> Lines:
        return self._terminal.page.paragraph(text, 0, label="note  ", style=WARN)

    def _show_all(self) -> None:
        page = self._terminal.page
        first = self._clear or not self._past
        if self._clear:
            self._terminal.clear()
        lines = report.opening(self._game.opening, self._kata, page) if first else []
        if isinstance(self._at, End):
            lines += report.ended(
                self._at, self._moves, self._game.opening, self._kata, self._game.name, page
            )
        else:
            previous = self._past[-1][1] if self._past else None
            before = len(previous.steps) if isinstance(previous, Turn) else 0
            lines += report.turn(self._at, self._moves, self._code, page, before=before)
        self._terminal.show([*lines, line("")])
