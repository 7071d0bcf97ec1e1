"""A played run in words fits on any page, tells how every thread stands, and reads nothing as markup."""

from __future__ import annotations

from dataclasses import replace

import pytest
from rich.cells import cell_len

from dojo.checking.turn import Departure, End, Opening, Option, Turn
from dojo.checking.verdict import Status, Step
from dojo.grading.result import Problem
from dojo.reports.page import Page, plain
from dojo.reports.play import departures, ended, help_text, opening, shortest, stopped, turn
from dojo.reports.scene import Source
from tests.reports.samples import verdict

FILE = "katas/concurrency/pool.py"
SOURCE = Source(
    FILE,
    ["def put(self, item):", "    with self._lock:", "        self.size += 1  # [red]", "        return"],
)
SECOND = 1_000_000_000


def step(thread: str, kind: str, line: int = 0, subject: str = "", value: str = "", now: int = 0) -> Step:
    """A step as a child would send it."""
    text = SOURCE.lines[line - 1].strip() if line else ""
    return Step(0, now, thread, kind, text, FILE if line else "", line, "", subject, value)


STEPS = (
    step("main", "resume"),
    step("main", "start", 1, "taker"),
    step("main", "start", 1, "[giver]"),
    step("main", "start", 1, "late"),
    step("main", "start", 1, "done"),
    step("main", "wait", 1, "Thread.join() of taker"),
    step("done", "end"),
    step("late", "stall", 4, value="3000000000 ns"),
    step("taker", "acquired", 2, "Pool._lock"),
    step("taker", "load", 3, "Pool.size", "0"),
)
GIVER = Option(3, "[giver]", FILE, 2, "with self._lock:", "acquire")
TAKER = Option(2, "taker", FILE, 3, "self.size += 1", "between")
AT = Turn((TAKER, GIVER), True, SECOND // 2, SECOND, 4, STEPS, ("main", "taker", "[giver]", "late", "done"))
WAY = (Departure(TAKER, GIVER, 0), Departure(GIVER, None, SECOND))
KNOWN = Opening(
    "put() loses nothing", "Every item counts.", "put", {"items": "2"}, verdict(Status.FAIL), WAY, 0, True
)


@pytest.mark.parametrize("columns", [40, 64, 80, 110, 200])
def test_everything_fits_on_the_page(columns: int) -> None:
    """No line is wider than the page, however many threads there are, and nothing is lost to markup."""
    page = Page(columns)
    end = End(verdict(Status.FAIL), 5, "TOKEN" * 30)
    parts = [
        opening(KNOWN, "pool", page),
        turn(AT, [(0, 0), (1, 0)], SOURCE, page),
        turn(replace(AT, threads=AT.threads[:3]), [], SOURCE, page, before=2),
        help_text(page),
        ended(end, [(1, 0)], KNOWN, "pool", FILE, page),
        shortest(KNOWN, "pool", FILE, page),
        stopped(Problem("no more", FILE, 3, "mend it"), page),
    ]
    for lines in parts:
        for each in lines:
            assert "uv run" in each.plain or cell_len(each.plain.rstrip()) <= page.width, each.plain
    assert "[giver]" in plain(parts[1])


@pytest.mark.parametrize("columns", [80, 200])
def test_how_every_thread_stands(columns: int) -> None:
    """Who runs, is ready, waits, stands still, has ended; the lines around the one that comes next; what is shared."""
    shown = " ".join(plain(turn(AT, [(1, 0), (0, 0)], SOURCE, Page(columns))).split())
    assert "decision point 3 clock 0.5 s default order left 1x" in shown
    assert "runs, between read and write" in shown
    assert "ready, about to acquire" in shown
    assert "stands still until 3 s" in shown
    assert "waits in Thread.join() of taker" in shown
    assert "ended" in shown
    assert ">3 self.size += 1" in shown
    assert "4 return" in shown
    assert "Pool.size = 0" in shown
    assert "Pool._lock by taker" in shown
    assert "[enter] taker [3] [giver] [t] 1 s pass [b]" in shown
    assert "# [red]" not in shown


def test_who_holds_what_a_thread_waits_for() -> None:
    """And until when it waits, if it does not wait for ever."""
    steps = (
        *STEPS,
        step("late", "acquire", 2, "Pool._lock"),
        step("late", "wait", 2, "Lock on self._lock", "until 7000000000 ns"),
    )
    shown = " ".join(plain(turn(replace(AT, steps=steps), [], SOURCE, Page(80))).split())
    assert "waits in Lock on self._lock, held by taker, until 7 s" in shown


def test_columns_where_there_is_room() -> None:
    """Two threads stand side by side on 80 columns, below each other on 40."""
    two = replace(AT, threads=AT.threads[:2], options=(TAKER,))

    def rows(columns: int) -> list[str]:
        return [each for each in plain(turn(two, [], SOURCE, Page(columns))).splitlines() if "taker" in each]

    assert any(" 1 main" in each and "> 2 taker" in each for each in rows(80))
    assert not any(" 1 main" in each and "> 2 taker" in each for each in rows(40))


def test_what_has_happened_since_the_last_choice() -> None:
    """Only the steps after the last turn are told, and reads without a value are not."""
    shown = plain(turn(AT, [(0, 0)], SOURCE, Page(200), before=8))
    assert "just now  taker takes Pool._lock, reads Pool.size (0)" in shown
    assert "so far    main starts taker" in plain(turn(AT, [], SOURCE, Page(200)))


def test_what_cannot_be_chosen_is_not_offered() -> None:
    """No stall where time may not pass, no undo before the first choice, no next wait for whoever has just begun."""
    shown = plain(turn(replace(AT, stall=0, running=False), [], SOURCE, Page(200)))
    assert "[t]" not in shown
    assert "[u]" not in shown
    assert "[b]" not in shown
    assert "goes on by default" in shown


@pytest.mark.parametrize(
    ("moves", "text"),
    [
        ([(1, 0), (0, 5)], "left the default order twice, the fewest known."),
        ([(1, 0)] * 3, "left the default order 3 times, and twice is the fewest known."),
    ],
)
def test_choices_are_counted_against_the_fewest(moves: list[tuple[int, int]], text: str) -> None:
    """Those that leave the default order count, whether they pass over a thread or make one stand."""
    shown = plain(ended(End(verdict(Status.FAIL), 9, "T"), [*moves, (0, 0)], KNOWN, "pool", FILE, Page(140)))
    assert text in shown
    assert "timeline" in shown
    assert departures([*moves, (0, 0)]) == len(moves)


def test_an_end_that_is_no_violation() -> None:
    """A kept promise is said to be one; a run that cannot be repeated has no command for that."""
    kept = plain(ended(End(verdict(), 9, "T"), [], KNOWN, "pool", FILE, Page()))
    assert "ended well" in kept
    assert "FAIL" not in kept
    odd = plain(ended(End(verdict(Status.FAIL), 9, ""), [], KNOWN, "pool", FILE, Page()))
    assert "cannot be repeated" in odd
    assert "timeline" not in odd


def test_the_way_is_a_list_of_choices() -> None:
    """Where each thread stands, and who goes on instead, or for how long it stands still."""
    shown = " ".join(plain(shortest(KNOWN, "pool", FILE, Page(140))).split())
    assert "2 choices" in shown
    assert (
        "1. When taker stands at pool.py:3 (between read and write): self.size += 1, let [giver] go on (3)."
        in shown
    )
    assert (
        "2. When [giver] stands at pool.py:2 (about to acquire): with self._lock:, let it stand still for 1 s"
        in shown
    )
    none = replace(KNOWN, known=None, way=(), schedules=400, note="the failure is gone")
    assert "No violation is known" in plain(shortest(none, "pool", FILE, Page()))
    assert "tried 400 schedules" in plain(opening(none, "pool", Page()))
    assert "the failure is gone." in plain(opening(none, "pool", Page()))
    assert "in the default order already" in " ".join(
        plain(opening(replace(KNOWN, way=()), "pool", Page())).split()
    )
