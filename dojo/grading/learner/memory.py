"""When something learned is to be repeated: cards of the FSRS scheduler, in whole days and without chance.

The only file that knows the package ``fsrs``, and it loads it only to rate a card: the board does not need it.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

LONGEST = 365  # days between two repetitions
RETENTION = 0.9  # a card is due when the chance to succeed has come down to this
_MOST_RATINGS = 50  # kept with a card, for whoever wants to read or refit them

Now = Callable[[], datetime]


class Rating(enum.Enum):
    """How a repetition went."""

    AGAIN = "again"
    HARD = "hard"
    GOOD = "good"
    EASY = "easy"


@dataclass(frozen=True, slots=True)
class Card:
    """What is known about one thing to be repeated.

    Attributes:
        due: when to repeat it, in UTC.
        last: when it was rated last, in UTC.
        stability: days until the chance to succeed has come down to 0.9.
        difficulty: 1 to 10.
        ratings: "2026-11-23 good", the oldest first.
    """

    due: datetime
    last: datetime
    stability: float
    difficulty: float
    ratings: tuple[str, ...]

    def is_due(self, now: datetime) -> bool:
        """Whether it is due on the reader's own day."""
        return day_of(self.due) <= day_of(now)

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "due": self.due.isoformat(),
            "last": self.last.isoformat(),
            "stability": round(self.stability, 4),
            "difficulty": round(self.difficulty, 4),
            "ratings": list(self.ratings),
        }

    @staticmethod
    def from_json(data: Any) -> Card | None:
        """Rebuild a card; None for what is none."""
        try:
            card = Card(
                datetime.fromisoformat(data["due"]).astimezone(UTC),
                datetime.fromisoformat(data["last"]).astimezone(UTC),
                float(data["stability"]),
                float(data["difficulty"]),
                tuple(str(each) for each in data["ratings"]),
            )
        except (KeyError, TypeError, ValueError, OverflowError):
            return None
        usable = math.isfinite(card.stability) and card.stability > 0 and 1 <= card.difficulty <= 10
        return card if usable else None


def utc_now() -> datetime:
    """The time of day, in UTC."""
    return datetime.now(UTC)


def day_of(moment: datetime) -> date:
    """The day on the reader's own calendar."""
    return moment.astimezone().date()


def rated(card: Card | None, rating: Rating, now: datetime) -> Card:
    """A card after a repetition.

    Args:
        card: as it was; None for something new.
        rating: how it went.
        now: when.

    Raises:
        ImportError: when the package is not installed.
    """
    import fsrs

    now = now.astimezone(UTC).replace(microsecond=0)
    # Steps of minutes are for flashcards: a kata takes an hour, so every interval is one of days.
    scheduler = fsrs.Scheduler(
        desired_retention=RETENTION,
        learning_steps=(),
        relearning_steps=(),
        maximum_interval=LONGEST,
        enable_fuzzing=False,
    )
    before = fsrs.Card(card_id=1, due=now)
    if card is not None:
        before = fsrs.Card(1, fsrs.State.Review, None, card.stability, card.difficulty, card.due, card.last)
    after, _ = scheduler.review_card(before, fsrs.Rating[rating.value.capitalize()], now)
    assert after.stability is not None and after.difficulty is not None
    log = (*(card.ratings if card else ()), f"{day_of(now)} {rating.value}")
    # Rounded as in the file, so that a later rating does not depend on whether it was read in between.
    return Card(after.due, now, round(after.stability, 4), round(after.difficulty, 4), log[-_MOST_RATINGS:])
