"""The stepper's screens: each panel says what it should, and a screen fits every terminal."""

from __future__ import annotations

from dataclasses import replace

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from dojo.checking.verdict import Step, Stuck
from dojo.grading.judge import Replay
from dojo.reports.page import NARROWEST, Page, plain
from dojo.reports.reel import Reel, reel_of
from dojo.reports.stepper import LOWEST, frame, help_screen

from .runs import FILE, SOURCE, Tape, failing, lost_update, passing, waiting

WIDE = Page(100)
STUCK = [Stuck("two", "blocked", "Lock on self.a", "one", FILE, 11)]


def reel(run: Replay, *, each_step: bool = False) -> Reel:
    """The reel of a run of the kata counter."""
    return reel_of(run, "counter", FILE, each_step=each_step)


def lines(shown: Reel, index: int, page: Page = WIDE, height: int = 30) -> list[str]:
    """A screen as somebody sees it."""
    return plain(frame(shown, index, page, height)).splitlines()


def screen(shown: Reel, index: int, page: Page = WIDE, height: int = 30) -> str:
    """The same, as one text without line breaks and repeated spaces."""
    return " ".join(" ".join(lines(shown, index, page, height)).split())


def status(shown: Reel, index: int) -> str:
    """The line that tells the step."""
    return next(text for text in lines(shown, index) if text.startswith("step "))


def where(shown: Reel, number: int) -> int:
    """The screen that shows an event, which must be there."""
    index = shown.at(number)
    assert shown.beats[index].first <= number <= shown.beats[index].last
    return index


def lock_order() -> list[Step]:
    """Two threads take two locks in opposite orders, and wait for each other."""
    tape = Tape()
    for name in ("one", "two"):
        tape.add("main", "start", 101, name)
    for thread, line, first in (("one", 10, "Pair.a"), ("two", 20, "Pair.b")):
        tape.add(thread, "resume").add(thread, "acquire", line, first).add(thread, "acquired", line, first)
        if thread == "one":
            tape.add("one", "preempt", 11)
    for thread, line, second in (("two", 21, "Pair.a"), ("one", 11, "Pair.b")):
        tape.add(thread, "resume").add(thread, "acquire", line, second)
        tape.add(thread, "wait", line, "Lock on lock")
    return tape.steps


def test_a_screen_for_every_source_line_or_for_every_step() -> None:
    """By line, what sets the scene is one screen; by step, each event has its own; the end has one too."""
    by_line, by_step = reel(failing(lost_update())), reel(failing(lost_update()), each_step=True)
    assert by_step.last == by_step.steps == len(lost_update())
    assert by_line.last < by_step.last
    assert (by_line.beats[0].first, by_line.beats[0].last) == (2, 4)
    assert [by_step.beats[index].first for index in by_step.turns] == [16]
    assert [by_line.beats[index].first for index in by_line.turns] == [16]
    assert (by_line.at(0), by_line.at(10**6)) == (0, by_line.last - 1)


def test_the_head_says_what_went_wrong_and_where_the_screen_is() -> None:
    """Kata, promise, failure, input, step and clock; how far it is to the preemption."""
    shown = reel(failing(lost_update(), kind="broken promise", message="one is lost", stalls=[]))
    at = lines(shown, where(shown, 15))
    assert at[0] == "counter  stop() loses no accepted job"
    assert at[1] == "FAIL    broken promise: one is lost (1 preemption)"
    assert at[2] == "with    callers=2"
    assert at[3].split("   ")[:2] == ["step 15 of 29", "clock 0 s"]
    assert at[3].endswith("next preemption: step 16")
    assert lines(shown, where(shown, 18))[3].endswith("last preemption: step 16")
    passed = reel(replace(passing(lost_update()), notes=("the file has changed",)))
    assert lines(passed, 0)[1] == "pass    this run does not fail (any more)"
    assert lines(passed, 0)[2] == "note    the file has changed: the run may differ"


def test_the_preemption_stands_out() -> None:
    """In the line of the step, in words, and at the thread that it hits, until that goes on."""
    shown = reel(failing(lost_update()))
    assert status(shown, shown.turns[0]).endswith("* PREEMPTION *")
    assert "The scheduler interrupts one at line 11" in screen(shown, shown.turns[0])
    for number, interrupted in ((15, False), (16, True), (18, True), (23, False)):
        assert ("ready, interrupted" in screen(shown, where(shown, number))) is interrupted


def test_threads_have_columns_where_there_is_room() -> None:
    """Name, what it does, its line; the one that runs is marked. Else each thread has a line."""
    shown, thread = reel(failing(lost_update())), "  waits in Thread.join() of one"
    index = where(shown, 15)
    at = lines(shown, index)
    head = next(number for number, text in enumerate(at) if text.split() == ["main", ">", "one", "two"])
    assert at[head + 1].split("  ")[1] == thread.strip()
    assert at[head + 1].split()[-2:] == ["runs", "ready"]
    assert at[head + 3].split() == ["test:102", "line", "102", "10", "line", "10"]
    narrow = lines(shown, index, Page(70))
    assert [text[:22].split() for text in narrow if text.startswith(("  main ", "> one ", "  two "))][:3] == [
        ["main", "waits", "in", "Threa"],
        [">", "one", "runs"],
        ["two", "ready"],
    ]
    assert "not started" in screen(shown, 0)


def test_waits_sleeps_and_stalls_say_for_what_and_until_when() -> None:
    """A lock with its holder, a deadline, the end of a stall, a signal that another thread is to give."""
    steps = [replace(step, value="1000000000 ns") if step.kind == "stall" else step for step in waiting()]
    shown = reel(failing(steps))
    assert "sleeps until 2 s" in screen(shown, where(shown, 5))
    assert "waits for Pool._lock, held by main" in screen(shown, where(shown, 8))
    assert "clock 2 s" in screen(shown, where(shown, 10))
    assert "stands still until 3 s" in screen(shown, shown.turns[0])
    assert status(shown, shown.turns[0]).endswith("* STALL *")
    assert "stands still until" not in screen(shown, where(shown, 16))
    tape = Tape().add("main", "start", 101, "one").add("one", "resume")
    for kind in ("acquired", "acquire"):
        tape.add("one", kind, 9, "Slot.woken")
    tape.add("one", "wait", 9, "Lock on self.woken")
    signal = reel(failing(tape.steps))
    assert "waits to be woken (Slot.woken)" in screen(signal, signal.last - 1)
    assert "Slot.woken: one, who took it, waits for another to release it" in screen(signal, signal.last - 1)


def test_the_source_window() -> None:
    """Lines around the current one, which is marked; in the margin the threads; others behind their line."""
    shown = reel(failing(lost_update()))
    at = lines(shown, where(shown, 19))  # two stores, one was interrupted at the same line
    assert sum("line " in text and text.split()[-2:-1] == ["line"] for text in at) >= 7
    assert "> two   11  line 11   <- one" in at
    assert "        10  line 10" in at
    at = lines(shown, where(shown, 15))
    assert "> one   10  line 10" in at
    at = lines(shown, where(shown, 18))
    assert {"> two   10  line 10", "  one   11  line 11"} <= set(at)
    assert {"> main  102  line 102", "        101  line 101"} <= set(lines(shown, where(shown, 13)))


def test_a_long_source_line_gives_up_its_comment_first() -> None:
    """And a deep one the indent that all lines of the window share."""
    code = "            " + "call(" + "a, " * 8 + ")"
    source = "\n".join([f"{code}  # {'why ' * 20}"] * 30)
    at = lines(reel(failing(lost_update(), source)), 4, Page(60))
    assert any(text.endswith(f"11  {code.strip()}") for text in at)


def test_what_happens_and_what_a_thread_does_not_know() -> None:
    """A write says before and after, and who has read the old value; whoever goes on hears what it missed."""
    shown = reel(failing(lost_update()))
    at = screen(shown, where(shown, 19))
    assert "now two runs line 11: sets Counter.n: 0 -> 1" in at
    assert "! one has read Counter.n as 0 before, and does not know of 1" in at
    assert "! since one read Counter.n, two changed it: 0 -> 1" in screen(shown, where(shown, 23))
    assert "!" not in screen(shown, where(shown, 18))
    assert "before The scheduler interrupts one at line 11" in at


def test_what_a_thread_wrote_itself_it_knows() -> None:
    """It has seen something else before, but that is of no interest any more."""
    tape = Tape().add("main", "start", 101, "one").add("one", "resume").add("one", "load", 4, "Box.n", "0")
    tape.add("one", "store", 5, "Box.n", "1").add("one", "wait", 6, "Event.wait() on self._e")
    tape.add("main", "resume").add("main", "store", 8, "Box.n", "2")
    shown = reel(failing(tape.steps))
    assert "sets Box.n: 1 -> 2" in screen(shown, shown.last - 1)
    assert "!" not in screen(shown, shown.last - 1)


def test_who_looked_too_early_is_named_at_the_end() -> None:
    """A lost wake-up: the value that would have kept the thread from waiting came after it had looked."""
    tape = (
        Tape()
        .add("main", "start", 101, "one")
        .add("one", "resume")
        .add("one", "load", 4, "Box.ready", "False")
    )
    tape.add("one", "wait", 5, "Condition.wait() on self._full").add("main", "resume")
    tape.add("main", "store", 8, "Box.ready", "True").add("main", "wait", 102, "Thread.join() of one")
    waits = Stuck("one", "blocked", "Condition.wait() on self._full", "", FILE, 5)
    shown = reel(failing(tape.steps, stuck=[waits]))
    assert "! one has read Box.ready as False; it became True too late for it" in screen(shown, shown.last)
    assert "for ever: waits in Condition.wait()" in screen(shown, shown.last)
    assert "!" not in screen(shown, shown.last - 1)


def test_locks_tell_holder_and_waiters() -> None:
    """What has just changed is marked; a lock that nobody holds or wants is gone one screen later."""
    shown = reel(failing(lock_order(), stuck=STUCK))
    assert "locks none is held" in screen(shown, 0)
    assert "locks * Pair.a: held by one" in screen(shown, 1 + shown.at(4) - 1)
    last = shown.last - 1
    text = screen(shown, last)
    assert "Pair.a: held by one, two waits for it * Pair.b: held by two, one waits for it" in text
    assert text.count("*") == 1
    assert "*" not in screen(shown, shown.last)
    freed = reel(failing(waiting()))
    assert "* Pool._lock: free" in screen(freed, where(freed, 14))
    assert "locks none is held" in screen(freed, where(freed, 15))


def test_values_mark_what_has_just_changed() -> None:
    """Before -> after; what sets the scene changes nothing; the last touched are kept where room is short."""
    shown = reel(failing(lost_update()))
    assert "values Counter.n = 0 Counter.m = 7" in screen(shown, 0)
    assert "values * Counter.n 0 -> 1 Counter.m = 7" in screen(shown, where(shown, 19))
    assert "values Counter.n = 1 Counter.m = 7" in screen(shown, where(shown, 20))
    tape = Tape().add("main", "start", 101, "one")
    for number in range(40):
        tape.add("main", "store", 1 + number % 9, f"Thing.attribute_{number}", str(number))
    many = reel(failing(tape.steps))
    text = screen(many, many.last - 1)
    assert "* Thing.attribute_39 = 39" in text and "attribute_0 " not in text and " more" in text


def test_the_end_says_how_it_ended() -> None:
    """Where those stand who are stuck, for ever if it is a deadlock; else the last line that ran."""
    shown = reel(failing(lock_order(), kind="deadlock", message="nobody can go on", stuck=STUCK, stalls=[]))
    at = screen(shown, shown.last)
    assert "now End of the run: deadlock: nobody can go on" in at
    assert "for ever: waits for Pair.a, held by one" in at
    assert "> two 21 line 21" in at
    assert "step end, after" in at
    passed = reel(passing(lost_update()))
    at = lines(passed, passed.last)
    assert ">       11  line 11" in at and at == lines(passed, 10**6)
    assert any(text.startswith("now     End of the run") for text in at)
    assert not any(text.startswith("> ") and "main" in text for text in at)


def test_small_terminals_do_without_some_panels() -> None:
    """In the stated order; which line, which thread, what happens and the lock stay to the last."""
    run = failing(lock_order(), kind="deadlock", message="nobody can go on", stuck=STUCK, stalls=[])
    shown = reel(run)
    index = shown.last - 1
    tall, usual, low = (screen(shown, index, Page(80), height) for height in (40, 24, LOWEST))
    assert "before " in tall and "with " in tall and tall.count("line ") > usual.count("line ")
    assert "before " not in usual and "with " not in usual
    for text in (tall, usual, low, screen(shown, index, Page(NARROWEST), LOWEST)):
        for words in ("> one", "b: held by two", "11 line 11", "now ", "q quit", "FAIL deadlock"):
            assert words in text, (words, text)
    assert len(lines(shown, index, Page(80), 24)) == 24


def test_many_threads() -> None:
    """There is a line for those that did something last; the others are counted."""
    tape = Tape()
    for number in range(20):
        tape.add("main", "start", 101, f"worker-{number}")
    tape.add("worker-7", "resume").add("worker-7", "load", 5, "Pool.n", "1")
    shown = reel(failing(tape.steps))
    at = lines(shown, shown.last - 1, Page(80), 24)
    assert any(text.startswith("> worker-7 ") for text in at)
    assert any(text.startswith("  main ") for text in at)
    assert "  and 14 more" in at
    low = lines(shown, shown.last - 1, Page(80), LOWEST)
    assert "  and 19 more" in low
    assert [text.split()[0] for text in low[-6:] if text] == ["now", "locks", "values", "->"]


@pytest.mark.parametrize("threads", [1, 4, 9])
@pytest.mark.parametrize("columns", [40, 80, 140])
def test_what_matters_is_there_at_every_height(threads: int, columns: int) -> None:
    """The current line, the thread that runs, what it does, a lock and a value; nothing is there twice."""
    tape = Tape()
    for number in range(threads):
        tape.add("main", "start", 101, f"job-{number}")
    tape.add("job-0", "resume").add("job-0", "acquired", 10, "Box.lock").add(
        "job-0", "store", 10, "Box.n", "7"
    )
    long = "a promise of so many words that it takes more than a line of any usual terminal, " * 2
    shown = replace(reel(failing(tape.steps)), promise=long)
    for height in range(LOWEST, 45):
        at = lines(shown, shown.last - 1, Page(columns), height)
        assert len(at) == height
        text = "\n".join(at)
        assert any(row.startswith("> job-0") and row.endswith("10  line 10") for row in at)
        assert text.count("\nnow  ") == text.count("\nlocks ") == text.count("\nvalues ") == 1
        assert text.count("runs") >= 2
    at = lines(shown, shown.last - 1, Page(columns), LOWEST)
    assert any(row.startswith("  main ") and "job-0" not in row for row in at)  # a line for each thread


def test_a_long_title_is_cut_before_the_gaps_go() -> None:
    """On a usual terminal a promise of two lines has one; a tall one shows both."""
    shown = replace(reel(failing(lock_order(), message="short", kind="bad")), promise="a promise " * 12)
    at = lines(shown, 1, Page(80), 24)
    assert at[0].endswith("...") and at[1].startswith("FAIL ") and "" in at[5:-1]
    assert lines(shown, 1, Page(80), 40)[2].startswith("FAIL ")


def test_panels_stay_where_they_are() -> None:
    """From screen to screen the eye finds threads, source and what happens in the same rows."""
    for height in (15, 24, 40):
        shown = reel(failing(lost_update()))
        rows = set()
        for index in range(shown.last + 1):
            at = lines(shown, index, Page(80), height)
            rows.add(
                (
                    next(number for number, text in enumerate(at) if text.startswith("step ")),
                    next(number for number, text in enumerate(at) if text.startswith("now ")),
                    next(number for number, text in enumerate(at) if text.endswith("q quit")),
                )
            )
        assert len(rows) == 1, (height, rows)


def test_a_prompt_replaces_the_keys() -> None:
    """And the keys say which way to step is the other one."""
    shown = reel(failing(lost_update()))
    assert plain(frame(shown, 0, WIDE, 24, prompt="go to step 12")).splitlines()[-1] == "go to step 12"
    assert "s every step" in lines(shown, 0)[-1]
    assert "s by line" in lines(reel(failing(lost_update()), each_step=True), 0)[-1]


@pytest.mark.parametrize("columns", [40, 80, 140])
def test_the_help_fits(columns: int) -> None:
    """Every key is named, on a usual terminal."""
    shown = help_screen(Page(columns), 24)
    assert len(shown) == 24
    assert all(each.cell_len <= columns for each in shown)
    text = plain(shown)
    for key in ("right", "left", "p  P", "home", "12 enter", "s ", "q, esc"):
        assert key in text


names = st.text(min_size=1, max_size=30)
events = st.builds(
    Step,
    st.integers(1, 10**6),
    st.integers(0, 10**11),
    names,
    st.sampled_from(
        ["load", "store", "preempt", "stall", "clock", "wait", "start", "acquired", "release", "end"]
    ),
    st.text(max_size=120),
    st.sampled_from(["", FILE, "other.py"]),
    st.integers(0, 40),
    st.text(max_size=60),
    st.text(max_size=40),
    st.one_of(st.text(max_size=40), st.sampled_from(["until 5 ns", "7 ns"])),
)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(events, min_size=1, max_size=12),
    st.text(),
    st.integers(20, 160),
    st.integers(2, 60),
    st.booleans(),
)
def test_a_screen_fits_whatever_happens(
    steps: list[Step], source: str, columns: int, height: int, each_step: bool
) -> None:
    """Any names, texts and values; any terminal; never a character that the encoding lacks."""
    steps = [replace(step, number=number) for number, step in enumerate(steps, 1)]
    shown = reel(failing(steps, source or SOURCE), each_step=each_step)
    page = Page(columns, "ascii")
    for index in range(shown.last + 1):
        found = frame(shown, index, page, height)
        assert len(found) == height
        for each in found:
            assert each.cell_len <= page.width
            assert each.plain.isascii() and each.plain.isprintable()
