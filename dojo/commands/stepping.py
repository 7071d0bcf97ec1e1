"""Stepping through a replayed run with single keys: what each key does, and the loop that draws and waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from dojo.commands.keys import Keys
from dojo.grading.judge import Replay
from dojo.reports.page import Lines, Page
from dojo.reports.reel import Reel, reel_of
from dojo.reports.screen import Screen
from dojo.reports.stepper import frame, help_screen

_POLL = 0.25  # seconds after which a terminal of another size is noticed
_ON, _BACK = ("right", " ", "n", "down", "page down"), ("left", "b", "up", "page up", "backspace")
_QUIT = ("q", "esc", "ctrl-d")
_MOST_DIGITS = 7


@dataclass(frozen=True, slots=True)
class Position:
    """Where somebody is who steps through a run.

    Attributes:
        index: of the screen.
        each_step: whether every event has a screen, or only every source line.
        typed: the digits of a step to go to, so far.
        note: what there is to say about the last key.
        help: whether the help is shown.
    """

    index: int = 0
    each_step: bool = False
    typed: str = ""
    note: str = ""
    help: bool = False


def pressed(at: Position, key: str, reels: Callable[[bool], Reel]) -> Position | None:
    """What becomes of a position when a key is pressed.

    Args:
        at: the position.
        key: its name.
        reels: the run with a screen for every event, or for every source line.

    Returns:
        The new position; None to quit.
    """
    if at.help:
        return None if key in ("q", "ctrl-d") else replace(at, help=False)
    if len(key) == 1 and "0" <= key <= "9":
        return replace(at, typed=(at.typed + key)[:_MOST_DIGITS], note="")
    if at.typed and key == "backspace":
        return replace(at, typed=at.typed[:-1])
    if at.typed and key == "esc":
        return replace(at, typed="")
    if key in _QUIT:
        return None
    reel = reels(at.each_step)
    typed, at = at.typed, replace(at, typed="", note="")
    if key == "enter":
        return _to(at, reel.at(int(typed)), reel) if typed else _to(at, at.index + 1, reel)
    if key in _ON or key in _BACK:
        return _to(at, at.index + (1 if key in _ON else -1), reel)
    if key in ("home", "end"):
        return replace(at, index=0 if key == "home" else reel.last)
    if key == "p":
        return _turn(at, next((turn for turn in reel.turns if turn > at.index), None), "later")
    if key == "P":
        return _turn(at, next((turn for turn in reversed(reel.turns) if turn < at.index), None), "earlier")
    if key == "s":
        return _other_way(at, reels)
    return replace(at, help=key == "?")


def _to(at: Position, index: int, reel: Reel) -> Position:
    note = "this is the beginning of the run" if index < 0 else ""
    note = "this is the end of the run: q quits" if index > reel.last else note
    return replace(at, index=max(0, min(index, reel.last)), note=note)


def _turn(at: Position, index: int | None, where: str) -> Position:
    if index is None:
        return replace(at, note=f"there is no {where} preemption or stall")
    return replace(at, index=index)


def _other_way(at: Position, reels: Callable[[bool], Reel]) -> Position:
    """The same event in the other way to step."""
    now, other = reels(at.each_step), reels(not at.each_step)
    index = other.last if at.index >= now.last else other.at(now.beats[at.index].last)
    note = "now one screen for every step" if other.each_step else "now one screen for every source line"
    return replace(at, index=index, each_step=other.each_step, note=note)


def drawn(at: Position, reels: Callable[[bool], Reel], page: Page, height: int) -> Lines:
    """The screen of a position."""
    if at.help:
        return help_screen(page, height)
    prompt = f"go to step {at.typed}: enter goes, esc does not" if at.typed else at.note
    return frame(reels(at.each_step), at.index, page, height, prompt=prompt)


def step_through(run: Replay, kata: str, own: str, page: Page) -> None:
    """Let somebody step through a run that has steps, until they quit.

    Args:
        run: the run.
        kata: its kata.
        own: the submission's file, as steps call it.
        page: where to; its width follows the terminal's.
    """

    @cache
    def reels(each_step: bool) -> Reel:
        return reel_of(run, kata, own, each_step=each_step)

    at: Position | None = Position()
    reels(False)  # what takes long or fails does so before the screen is gone
    with Keys() as keys, Screen() as screen:
        shown: object = None
        while at is not None:
            columns, rows = screen.size
            if shown != (at, columns, rows):
                screen.show(drawn(at, reels, replace(page, columns=columns), rows))
                shown = (at, columns, rows)
            try:
                key = keys.read(_POLL)
            except EOFError:
                return
            if screen.stop_if_asked():
                shown = None
            if key is not None:
                at = pressed(at, key, reels)
