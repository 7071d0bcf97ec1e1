"""Which katas an interview asks for: the level, the time, and first what is new."""

from __future__ import annotations

import pytest

from dojo.grading.catalogue import Kata, load
from dojo.grading.learner.selection import LEVELS, NothingFits, choose

KATAS = list(load())


def chosen(level: str, minutes: int, most: int | None = None, seed: int = 0, late: str = "") -> list[Kata]:
    """The choice; the kata ``late`` has the worse rank."""
    return choose(
        KATAS, level=level, minutes=minutes, most=most, rank=lambda kata: kata.name == late, seed=seed
    )


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("minutes", [60, 90, 150])
@pytest.mark.parametrize("most", [None, 1, 2])
def test_level_and_time_are_kept(level: str, minutes: int, most: int | None) -> None:
    """Each kata is of the level, all together fit, none comes twice, and they stand in learning order."""
    lowest, highest = LEVELS[level]
    try:
        found = chosen(level, minutes, most)
    except NothingFits:
        shortest = sorted(kata.minutes for kata in KATAS if lowest <= kata.difficulty <= highest)
        assert most == 2 and sum(shortest[:2]) > minutes
        return
    assert all(lowest <= kata.difficulty <= highest for kata in found)
    assert sum(kata.minutes for kata in found) <= minutes
    assert len(set(found)) == len(found) == (most or len(found)) > 0
    assert [kata.order for kata in found] == sorted(kata.order for kata in found)


def test_without_a_number_the_time_is_filled() -> None:
    """Nothing more of that level would fit."""
    found = chosen("mid", 130)
    rest = [kata.minutes for kata in KATAS if kata.difficulty in (2, 3) and kata not in found]
    assert len(found) >= 3
    assert min(rest) > 130 - sum(kata.minutes for kata in found)


def test_the_seed_decides_and_the_rank_comes_first() -> None:
    """One seed, one choice; all candidates have their turn, but for one that others are preferred to."""
    names = {chosen("mid", 45, 1, seed)[0].name for seed in range(40)}
    assert names == {kata.name for kata in KATAS if kata.difficulty in (2, 3) and kata.minutes <= 45}
    assert chosen("mid", 45, 1, 5) == chosen("mid", 45, 1, 5)
    assert not [
        seed for seed in range(40) if chosen("mid", 45, 1, seed, late="semaphore")[0].name == "semaphore"
    ]


def test_room_is_left_for_as_many_as_were_asked_for() -> None:
    """A long kata is passed over where it would keep out the others."""
    for seed in range(20):
        assert sorted(kata.difficulty for kata in chosen("mid", 65, 2, seed)) == [2, 3]


@pytest.mark.parametrize(
    ("level", "minutes", "most", "text"),
    [
        ("staff", 30, None, "a kata of level staff takes --minutes 45 or more"),
        ("junior", 44, 2, "2 katas of level junior take --minutes 45 or more"),
        ("junior", 600, 9, "there are only 2 katas of level junior"),
    ],
)
def test_what_does_not_fit_is_said(level: str, minutes: int, most: int | None, text: str) -> None:
    """With the number that would do."""
    with pytest.raises(NothingFits) as caught:
        chosen(level, minutes, most)
    assert str(caught.value) == text
