"""The film of a run shows how threads, locks and variables stand after each step."""

from __future__ import annotations

from dataclasses import replace

from dojo.checking.verdict import Step
from dojo.reports.film import ENDED, READY, RUNNING, SLEEPING, STALLED, WAITING, film

FILE = "kata.py"


def step(thread: str, kind: str, subject: str = "", value: str = "", line: int = 0) -> Step:
    """A step with what a film looks at."""
    return Step(
        0, 0, thread, kind, f"line {line}" if line else "", FILE if line else "", line, "", subject, value
    )


STEPS = [
    step("main", "resume"),
    step("main", "start", "job", line=3),
    step("main", "acquired", "Pool._lock", line=4),
    step("main", "load", "Pool.n", "0", line=5),
    step("main", "preempt", line=5),
    step("job", "resume"),
    step("job", "wait", "Lock.acquire() on Pool._lock", line=9),
    step("main", "resume"),
    step("main", "store", "Pool.n", "1", line=5),
    step("main", "release", "Pool._lock", line=6),
    step("main", "wake", "job", line=6),
    step("main", "wait", "sleep()", "until 5 ns", line=7),
    step("job", "stall", line=9),
    step("", "clock"),
    step("job", "end"),
    step("job", "release", "Pool._lock"),
]


def test_threads_stand_as_the_steps_say() -> None:
    """Each event changes the thread that it is about, and the one that it starts, wakes or displaces."""
    moments = film(STEPS)
    doing = [{name: standing.doing for name, standing in moment.threads.items()} for moment in moments]
    assert doing[1] == {"main": RUNNING, "job": READY}
    assert doing[4] == {"main": READY, "job": READY}
    assert doing[5] == {"main": READY, "job": RUNNING}
    assert doing[6] == {"main": READY, "job": WAITING}
    assert moments[6].threads["job"].why == "Lock.acquire() on Pool._lock"
    assert doing[10] == {"main": RUNNING, "job": READY}
    assert moments[10].threads["job"].why == ""
    assert doing[11] == {"main": SLEEPING, "job": READY}
    assert doing[12]["job"] == STALLED
    assert doing[13] == doing[12]
    assert doing[14]["job"] == doing[15]["job"] == ENDED


def test_a_thread_that_loses_its_turn_without_a_preemption_is_ready() -> None:
    """After a start or a yield the other thread simply runs."""
    moments = film([step("main", "resume"), step("job", "resume")])
    assert {name: each.doing for name, each in moments[-1].threads.items()} == {"main": READY, "job": RUNNING}


def test_places_stay_until_the_next_is_known() -> None:
    """An event without a line leaves the thread where it was seen last."""
    moments = film(STEPS)
    assert moments[7].threads["main"].line == 5
    assert moments[7].threads["main"].text == "line 5"
    assert moments[0].threads["main"].line == 0


def test_locks_and_values() -> None:
    """A lock is held from acquired to release; the last value read or written stands."""
    moments = film(STEPS)
    assert [moment.held for moment in moments[1:4]] == [{}, {"Pool._lock": "main"}, {"Pool._lock": "main"}]
    assert moments[9].held == {}
    assert [moments[index].values for index in (2, 3, 8)] == [{}, {"Pool.n": "0"}, {"Pool.n": "1"}]


def test_no_steps_make_no_film() -> None:
    """Such as of a run that could not be loaded."""
    assert film([]) == []


def test_a_thread_stands_still_until_its_time_has_come() -> None:
    """A stall has a length; the clock ends it."""
    tape = [
        replace(step("main", "stall", value="3 ns", line=4), now=2),
        replace(step("", "clock"), now=4),
        replace(step("", "clock"), now=5),
    ]
    stood = [moment.threads["main"] for moment in film(tape)]
    assert [(each.doing, each.until) for each in stood] == [(STALLED, 5), (STALLED, 5), (READY, 0)]


def test_a_deadline_makes_ready() -> None:
    """When the clock comes to it; a wait without one goes on."""
    tape = [
        step("main", "wait", "sleep()", "until 5 ns"),
        step("job", "wait", "Event.wait() on done"),
        replace(step("", "clock"), now=4),
        replace(step("", "clock"), now=5),
    ]
    found = [{name: each.doing for name, each in moment.threads.items()} for moment in film(tape)]
    assert found[1] == found[2] == {"main": SLEEPING, "job": WAITING}
    assert found[3] == {"main": READY, "job": WAITING}


def test_who_is_woken_for_a_lock_may_come_too_late() -> None:
    """Another one takes it first: then it waits on, for the same reason; of another lock it is nothing."""
    tape = [
        step("one", "acquire", "Pool._lock", line=3),
        step("one", "wait", "Lock on self._lock", line=3),
        step("main", "release", "Pool._lock", line=9),
        step("main", "wake", "one", line=9),
        step("two", "acquired", "Pool._other", line=5),
        step("two", "acquired", "Pool._lock", line=6),
        step("two", "release", "Pool._lock", line=7),
        step("two", "wake", "one", line=7),
        step("one", "resume"),
        step("one", "acquired", "Pool._lock", line=3),
        step("two", "acquired", "Pool._lock", line=6),
    ]
    found = [moment.threads["one"] for moment in film(tape)]
    assert (found[1].doing, found[1].lock) == (WAITING, "Pool._lock")
    assert [each.doing for each in found[3:8]] == [READY, READY, WAITING, WAITING, READY]
    assert found[5] == found[1]
    assert [(each.doing, each.lock) for each in found[8:]] == [(RUNNING, ""), (RUNNING, ""), (RUNNING, "")]


def test_an_inner_lock_is_not_the_one_that_is_wanted() -> None:
    """A Condition asks whether its lock is held, and then waits on another one, which has no name."""
    tape = [
        step("one", "acquire", "Pool._lock", line=3),
        step("one", "acquired", "", line=3),
        step("one", "release", "Pool._lock", line=3),
        step("one", "wait", "Condition.wait() on self._done", line=3),
    ]
    assert film(tape)[-1].threads["one"].lock == ""
