"""What is shown while the grader explores: one line on a terminal, nothing in a pipe."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from dojo.grading import judge
from dojo.grading.classroom.grading import News
from dojo.reports.page import Page


class _Live:
    """Something that is shown for the length of a block, and is gone afterwards."""

    _live: Progress

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._live.stop()


class Bar(_Live):
    """A progress line that is gone when the kata is graded: a context manager, called with what is new."""

    def __init__(self, console: Console, kata: str) -> None:
        self._live = Progress(
            # Names of properties are text, not markup.
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[schedules]:,} schedules", markup=False),
            TimeElapsedColumn(),
            TextColumn("{task.fields[name]}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task: TaskID = self._live.add_task(kata, total=None, schedules=0, name="")

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the line away while something else is shown."""
        self._live.stop()
        try:
            yield
        finally:
            self._live.start()

    def __call__(self, news: judge.Progress) -> None:
        """Show how far the judge has come."""
        self._live.update(
            self._task,
            total=news.properties,
            completed=news.decided,
            schedules=news.schedules,
            name=f"{news.decided}/{news.properties} {news.name}",
        )


class ClassBar(_Live):
    """A progress line for many gradings, with the time that is left: a context manager, called with what is new."""

    def __init__(self, console: Console) -> None:
        self._page = Page(console.width, console.encoding)  # persons are called as their folders are
        self._live = Progress(
            TextColumn("graded {task.completed}/{task.total}", markup=False),
            BarColumn(bar_width=20),
            TimeElapsedColumn(),
            TextColumn("left", markup=False),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            speed_estimate_period=300,  # katas take from tenths of a second to several
        )
        self._task: TaskID | None = None

    def __call__(self, news: News) -> None:
        """Show how far the class is graded."""
        if self._task is None:  # what was known before says nothing about the speed
            self._task = self._live.add_task("", total=news.total, completed=news.done)
        self._live.update(self._task, completed=news.done, description=self._page.clean(news.last))
