"""Which katas an interview asks for: by level, within its time, those first that are new or due again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from dojo.grading.catalogue import Kata

# The difficulties, 1 to 5, that somebody of that level is asked for: the lowest and the highest.
LEVELS = {"junior": (1, 2), "mid": (2, 3), "senior": (3, 4), "staff": (4, 5)}


class NothingFits(ValueError):
    """No kata, or not so many, of that level fit into the time; the text says what would."""


def choose(
    katas: Iterable[Kata],
    *,
    level: str,
    minutes: int,
    most: int | None,
    rank: Callable[[Kata], int],
    seed: int,
) -> list[Kata]:
    """Choose the katas of an interview.

    Args:
        katas: those there are.
        level: one of ``LEVELS``.
        minutes: how long the interview lasts; the katas' own minutes must fit into it.
        most: how many katas; None for as many as fit.
        rank: the lower, the sooner a kata is taken.
        seed: decides between katas of one rank.

    Returns:
        At least one, in learning order.

    Raises:
        NothingFits: when there are not so many.
    """
    lowest, highest = LEVELS[level]
    candidates = [kata for kata in katas if lowest <= kata.difficulty <= highest]
    wanted = most or 1
    shortest = sorted(kata.minutes for kata in candidates)
    if len(candidates) < wanted:
        raise NothingFits(f"there are only {len(candidates)} katas of level {level}")
    if sum(shortest[:wanted]) > minutes:
        what = f"a kata of level {level} takes" if wanted == 1 else f"{wanted} katas of level {level} take"
        raise NothingFits(f"{what} --minutes {sum(shortest[:wanted])} or more")
    random.Random(seed).shuffle(candidates)
    candidates.sort(key=rank)
    chosen: list[Kata] = []
    for kata in candidates:
        if most is not None and len(chosen) == most:
            break
        used = sum(each.minutes for each in chosen) + kata.minutes
        # Room must be left for those that were asked for and are still to come.
        rest = sorted(each.minutes for each in candidates if each not in chosen and each is not kata)
        if used + sum(rest[: max(0, wanted - len(chosen) - 1)]) <= minutes:
            chosen.append(kata)
    return sorted(chosen, key=lambda kata: kata.order)
