"""The loop of ``watch``: saves, keys and the grading that is under way, all heard at the same time.

It is one thread. While a grading runs, the judge asks it many times a second whether to go on; a save or a key
that makes the grading pointless ends it there, together with its child processes.
"""

from __future__ import annotations

import enum
from collections.abc import Callable

import click

from dojo.checking.verdict import Verdict
from dojo.commands.grading import remember, warn
from dojo.commands.group import COMMANDS, cli
from dojo.commands.keys import Keys
from dojo.commands.saves import Saves
from dojo.grading.catalogue import Kata
from dojo.grading.judge import Progress, grade
from dojo.grading.paths import display_name
from dojo.grading.result import KataResult, State
from dojo.grading.targets import Target
from dojo.grading.terms import DEFAULT_BUDGET, Terms
from dojo.reports import watch as tell
from dojo.reports.page import Lines, line
from dojo.reports.progress import Bar
from dojo.reports.terminal import Terminal


class Event(enum.Enum):
    """What makes the loop go on."""

    SAVE = "save"
    ALL = "r"
    HINT = "h"
    COMPARE = "c"
    NEXT = "n"
    QUIT = "q"


_KEYS = {event.value: event for event in Event if event is not Event.SAVE} | {"ctrl-d": Event.QUIT}
_AFTERWARDS = (Event.HINT, Event.COMPARE)  # about a result: they wait for it


class Overtaken(Exception):
    """A grading was given up for something that has happened meanwhile."""

    def __init__(self, event: Event) -> None:
        super().__init__(event)
        self.event = event


class Watch:
    """Watches one kata.

    Args:
        target: the learner's file.
        keys: what is pressed.
        saves: of that file.
        following: the kata to go on with, if there is another one.
        budget: schedules for each property.
    """

    def __init__(
        self,
        target: Target,
        keys: Keys,
        saves: Saves,
        following: Callable[[], Kata | None],
        budget: int = DEFAULT_BUDGET,
    ) -> None:
        self._target, self._keys, self._saves, self._following = target, keys, saves, following
        self._budget = budget
        last = target.workspace.history().last(target.kata.name)
        self._first = last.slug if last is not None else ""  # what failed last is checked first
        self._postponed: Event | None = None

    def run(self) -> Kata | None:
        """Grade after every save until a key ends it; return the kata to go on with, None to end."""
        self._saves.take()
        event = Event.SAVE
        while event is not Event.QUIT:
            if event is Event.NEXT:
                following = self._following()
                if following is not None:
                    return following
                self._say(tell.note("there is no other kata to go on with", self._terminal().page))
            try:
                self._do(event)
                event = self._next()
            except Overtaken as overtaken:
                event = overtaken.event
        return None

    def _terminal(self) -> Terminal:
        """The terminal as it is now: somebody may have made it wider."""
        terminal = Terminal(self._target.workspace)
        terminal.know(self._target.path, self._target.kata.tests)
        return terminal

    def _next(self) -> Event:
        """Wait for what happens next."""
        if self._postponed is not None:
            event, self._postponed = self._postponed, None
            return event
        while True:
            if self._saves.changed():
                return Event.SAVE
            event_of_key = self._pressed(self._saves.patience)
            if event_of_key is not None:
                return event_of_key

    def _pressed(self, seconds: float) -> Event | None:
        try:
            key = self._keys.read(seconds)
        except EOFError:
            return Event.QUIT
        return _KEYS.get(key.lower()) if key is not None else None

    def _do(self, event: Event) -> None:
        if event in (Event.SAVE, Event.ALL):
            self._grade(everything=event is Event.ALL)
        elif event is Event.HINT:
            self._call("hint")
        elif event is Event.COMPARE:
            self._call("compare")

    def _tick(self) -> None:
        """Look up from a grading.

        Raises:
            Overtaken: it need not go on.
        """
        if self._saves.changed():
            self._postponed = None  # it was about the text before
            raise Overtaken(Event.SAVE)
        event = self._pressed(0)
        if event in _AFTERWARDS:
            self._postponed = event
        elif event is not None:
            raise Overtaken(event)

    def _grade(self, *, everything: bool) -> None:
        terminal, kata = self._terminal(), self._target.kata
        history = self._target.workspace.history()
        is_told = False
        with Bar(terminal.errors, kata.name) as bar:

            def on_progress(news: Progress) -> None:
                nonlocal is_told
                bar(news)
                if news.first is not None and not is_told:
                    is_told = True
                    with bar.aside():
                        self._tell_early(news.first, terminal)

            result = grade(
                kata,
                self._target.path,
                Terms(budget=self._budget, first=self._first),
                on_progress=on_progress,
                on_tick=self._tick,
            )
        if result.state is not State.REFUSED or result.verdicts:
            # A text that is only half written is no result: hints go on to be about the last one.
            remember(self._target, result, terminal, history, on_save=not everything)
            self._first = result.failed[0].slug if result.failed else ""
        lines = tell.outcome(result, terminal.page, everything=everything, rung=history.next_rung(kata.name))
        if result.state is State.PASSED:
            lines += [line(""), *tell.onward(self._following(), terminal.page)]
        terminal.clear()
        terminal.show(lines)
        warn(terminal, history)
        terminal.show([line(""), *tell.waiting(kata, terminal.page, seconds=result.seconds)])

    def _tell_early(self, verdict: Verdict, terminal: Terminal) -> None:
        known = KataResult(self._target.kata.name, display_name(self._target.path), State.FAILED)
        terminal.clear()
        terminal.show(tell.early(verdict, known, terminal.page))

    def _call(self, name: str) -> None:
        """Run another command on this kata, with the terminal as it wants it."""
        page = self._terminal().page
        if name not in COMMANDS:
            self._say(tell.note(f"there is no command `{name}` yet", page))
            return
        self._say([line("")])
        with self._keys.paused():
            try:
                cli.main(
                    [name, self._target.kata.name],
                    prog_name="grader.py",
                    standalone_mode=False,
                    obj=self._target.workspace,
                )
            except click.ClickException as error:
                self._say(tell.note(error.format_message(), page))
            except click.Abort:  # Ctrl-C, or no answer to a question: back to watching
                self._say([line("")])
        self._say([line(""), *tell.waiting(self._target.kata, self._terminal().page)])

    def _say(self, lines: Lines) -> None:
        self._terminal().show(lines)
