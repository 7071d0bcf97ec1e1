"""The story of a failing run: columns while they have room, names in the rows when they have not."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given
from rich.cells import cell_len

from dojo.checking.verdict import Row
from dojo.reports.page import Page, plain
from dojo.reports.story import seconds, tell

from .samples import FILE, ROWS

COLUMNS = """\
        main             worker-1
        with self._lock:                                       worker_pool.py:33
                         item = self._queue.get()  <- waits    worker_pool.py:58
     *  if self._stopping:  <- preempted here                  worker_pool.py:35
        ---- clock: 2.5 s ----
     *                   self._stopping = True                 worker_pool.py:60
                           <- stands still here for 3 s
                         (ends)
        self._done.wait()  <- waits                            worker_pool.py:36
"""


def test_columns() -> None:
    """One column a thread, the place at the right edge, the schedule marked by sign and words."""
    assert plain(tell(ROWS, ["main", "worker-1"], Page(), stall=3_000_000_000)) == COLUMNS


def test_many_threads() -> None:
    """More threads than columns: every row names its thread."""
    rows = [Row(f"worker-{number}", "self.count += 1", FILE, 7) for number in range(1, 7)]
    text = plain(tell(rows, [row.thread for row in rows], Page()))
    assert text.splitlines()[0] == f"        worker-1  self.count += 1{' ' * 31}worker_pool.py:7"
    assert len(text.splitlines()) == 6


def test_a_crowd_is_counted() -> None:
    """What many threads do one after the other is told once; what one of them does differently is not lost."""
    rows = [Row(f"agent-{number}", "time.sleep(1)", FILE, 7, "blocked") for number in range(20)]
    rows[12] = replace(rows[12], text="raise KeyError(n)", line=9)
    text = plain(tell(rows, [row.thread for row in rows], Page()))
    assert [" ".join(line.split()) for line in text.splitlines()] == [
        "agent-0 time.sleep(1) <- waits worker_pool.py:7",
        "... the same in 11 other threads ...",
        "agent-12 raise KeyError(n) <- waits worker_pool.py:9",
        *(f"agent-{number} time.sleep(1) <- waits worker_pool.py:7" for number in range(13, 20)),
    ]


def test_setting_the_scene_is_left_out() -> None:
    """What the first thread does before any other is cut to its last lines."""
    rows = [Row("main", f"self.x{number} = 0", FILE, number) for number in range(1, 10)]
    rows.append(Row("job", "self.x1 += 1", FILE, 20))
    text = plain(tell(rows, ["main", "job"], Page()))
    assert "... 6 lines of main ..." in text
    assert "self.x6" not in text
    assert "self.x7" in text
    assert "... " not in plain(tell(rows[:-1], ["main"], Page())), "nothing else to show: keep it"


def test_jumps_of_the_clock_in_a_row_are_one() -> None:
    """Only the last of several jumps is shown."""
    rows = [Row("", "", "", 0, "clock", now) for now in (1_000_000_000, 1_500_000_000)]
    assert plain(tell(rows, [], Page())) == "        ---- clock: 1.5 s ----\n"


@pytest.mark.parametrize(
    ("nanoseconds", "text"), [(0, "0 s"), (4_000_000_000, "4 s"), (10_000_000_001, "10.000000001 s")]
)
def test_seconds_are_exact(nanoseconds: int, text: str) -> None:
    """No rounding: one nanosecond can be the whole point."""
    assert seconds(nanoseconds) == text


names = st.text(min_size=1, max_size=30)
rows = st.lists(
    st.builds(
        Row,
        st.one_of(st.sampled_from(["main", "worker-1", "worker-2"]), names),
        st.text(max_size=150),
        st.text(max_size=40),
        st.integers(0, 100_000),
        st.sampled_from(["", "preempted", "stalled", "blocked", "ended", "clock", "gap"]),
        st.integers(0, 10**12),
    ),
    max_size=12,
)


@given(rows, st.integers(20, 160), st.sampled_from(["utf-8", "ascii"]))
def test_no_line_is_too_long(story: list[Row], columns: int, encoding: str) -> None:
    """Whatever the rows say, every line fits the page."""
    page = Page(columns, encoding)
    threads = list(dict.fromkeys(row.thread for row in story if row.thread))
    text = plain(tell(story, threads, page, stall=10**9 + 1))
    assert all(cell_len(each) <= page.width for each in text.splitlines())
    text.encode(encoding)
