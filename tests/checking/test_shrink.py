"""The shrinker knows a value and a predicate: exact minima, few attempts, never a schedule that does not fail."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dojo.checking.shrink import shrink
from dojo.simulator.schedule import Delay, Schedule, Stall

delays = st.builds(Delay, st.integers(1, 4), st.integers(1, 40))
stalls = st.builds(Stall, st.integers(1, 4), st.integers(1, 40), st.integers(1, 10**10))
schedules = st.builds(
    Schedule, st.lists(delays, max_size=8).map(tuple), st.lists(stalls, max_size=3).map(tuple)
)


def elements(schedule: Schedule) -> list[Delay | Stall]:
    return [*schedule.delays, *schedule.stalls]


def without(schedule: Schedule, index: int) -> Schedule:
    rest = elements(schedule)
    del rest[index]
    return of(rest)


def of(parts: list[Delay | Stall]) -> Schedule:
    return Schedule(
        tuple(each for each in parts if isinstance(each, Delay)),
        tuple(each for each in parts if isinstance(each, Stall)),
    )


def neighbours(schedule: Schedule) -> list[Schedule]:
    """Everything one move simpler: an element less, a step earlier, a nanosecond shorter."""
    found = [without(schedule, index) for index in range(len(schedule))]
    for index, each in enumerate(elements(schedule)):
        for number in each._fields[1:]:
            if getattr(each, number) > 1:
                parts = elements(schedule)
                parts[index] = each._replace(**{number: getattr(each, number) - 1})
                found.append(of(parts))
    return found


def test_a_plain_failure_needs_no_schedule() -> None:
    """What always fails shrinks to the default order in one attempt."""
    big = Schedule.of([(1, 5), (2, 6)], [(1, 2, 3)])
    assert shrink(big, lambda schedule: True) == (Schedule(), 1)


def test_an_empty_schedule_is_left_alone() -> None:
    """There is nothing simpler than the default order, and nothing is asked."""

    def ask(schedule: Schedule) -> bool:
        raise AssertionError("asked")

    assert shrink(Schedule(), ask) == (Schedule(), 0)


@pytest.mark.parametrize(
    ("size", "needed", "attempts"),
    [(1, 1, 1), (2, 1, 3), (8, 1, 7), (32, 1, 11), (8, 2, 16), (32, 2, 26), (32, 4, 51)],
)
def test_attempts_to_find_the_needed_ones(size: int, needed: int, attempts: int) -> None:
    """How often the predicate is called to find the needed delays among others: pinned, for they are runs."""
    every = size // needed
    wanted = {Delay(1, 1 + index) for index in range(0, size, every)}
    small, used = shrink(
        Schedule(tuple(Delay(1, 1 + index) for index in range(size))),
        lambda schedule: wanted <= set(schedule.delays),
    )
    assert set(small.delays) == wanted
    assert used == attempts


@pytest.mark.parametrize(
    ("start", "least", "attempts"), [(2, 1, 2), (1_000, 1, 10), (1_000, 700, 11), (1_000, 1_000, 11)]
)
def test_attempts_to_move_a_delay(start: int, least: int, attempts: int) -> None:
    """A delay moves to the earliest step that fails, by bisection: the number of attempts is pinned."""
    small, used = shrink(
        Schedule((Delay(3, start),)), lambda schedule: any(each.step >= least for each in schedule.delays)
    )
    assert small == Schedule((Delay(3, least),))
    assert used == attempts


def test_a_stall_gets_as_short_as_it_can() -> None:
    """The shortest stall that fails, to the nanosecond."""
    small, used = shrink(
        Schedule((), (Stall(2, 9, 7_200_000_000_001),)),
        lambda schedule: any(
            each.nanoseconds > 3_600_000_000_000 and each.step >= 4 for each in schedule.stalls
        ),
    )
    assert small == Schedule((), (Stall(2, 4, 3_600_000_000_001),))
    assert used == 48


def test_it_starts_again_when_something_has_changed() -> None:
    """A delay that can be left out only after another has moved is left out."""

    def fails(schedule: Schedule) -> bool:
        return len(schedule) == 2 or any(each.thread == 1 and each.step <= 4 for each in schedule.delays)

    assert shrink(Schedule.of([(1, 9), (2, 5)]), fails).schedule == Schedule.of([(1, 1)])


@given(schedules, st.data())
def test_the_result_cannot_be_made_simpler_by_one_move(schedule: Schedule, data: st.DataObject) -> None:
    """For any predicate: the result fails, none of its neighbours does, no schedule is asked about twice."""
    parts = elements(schedule)
    needed = data.draw(st.lists(st.sampled_from(parts), unique=True)) if parts else []
    floors = {each: data.draw(st.integers(1, each.step)) for each in needed}
    asked: list[Schedule] = []

    def holds(candidate: Schedule) -> bool:
        return all(
            any(
                isinstance(other, type(each))
                and other.thread == each.thread
                and floor <= other.step <= each.step
                for other in elements(candidate)
            )
            for each, floor in floors.items()
        )

    def fails(candidate: Schedule) -> bool:
        asked.append(candidate)
        return holds(candidate)

    small, used = shrink(schedule, fails, attempts=10_000)
    assert holds(small)
    assert not any(holds(each) for each in neighbours(small))
    assert len(small) <= len(schedule)
    assert used == len(asked) == len(set(asked))


@given(schedules, st.integers(0, 12), st.integers(0, 2**32))
def test_whatever_the_predicate_the_result_fails(schedule: Schedule, attempts: int, salt: int) -> None:
    """Even under a predicate without rhyme or reason, and with few attempts, the result is one that failed."""
    failed = {schedule}
    calls = 0

    def fails(candidate: Schedule) -> bool:
        nonlocal calls
        calls += 1
        bad = (sum(map(sum, elements(candidate))) * 2_654_435_761 + salt) % 7 < 3
        if bad:
            failed.add(candidate)
        return bad

    small, used = shrink(schedule, fails, attempts=attempts)
    assert small in failed
    assert used == calls <= attempts
