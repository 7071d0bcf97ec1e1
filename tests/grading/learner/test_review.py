"""Repetition: what is rated and how, and that only a way from the stub to the solution counts."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dojo.checking.verdict import UNWRITTEN, Status, Verdict
from dojo.grading.learner.memory import Card, Rating, rated
from dojo.grading.learner.review import Reviews
from dojo.grading.learner.rounds import rating_of
from dojo.grading.result import KataResult, State
from tests.reports.samples import example

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BUG = "wakes/deadlock"


class Desk:
    """A learner's desk with a clock of its own; every result is of another text unless it says so."""

    def __init__(self, root: Path) -> None:
        self.now = NOON
        self.hints = 0
        self.texts = 0
        self.file = root / ".dojo" / "review.json"

    @property
    def reviews(self) -> Reviews:
        return Reviews(self.file, lambda: self.now)

    def wait(self, days: float) -> None:
        self.now += timedelta(days=days)

    def grade(
        self,
        state: State,
        kata: str = "semaphore",
        *,
        text: str = "",
        kind: str = "deadlock",
        on_save: bool = False,
    ) -> None:
        self.texts += 1
        status = Status.FAIL if state is State.FAILED else Status.PASS
        broken = example(kind=kind) if status is Status.FAIL else None
        verdict = Verdict("a cancel wakes", "", "wakes", status, 1, 1, counterexample=broken)
        verdicts = (verdict,) if state in (State.PASSED, State.FAILED) else ()
        result = KataResult(kata, "x.py", state, verdicts, 1, digest=text or str(self.texts))
        self.reviews.record(result, self.hints, on_save=on_save)

    def ratings(self, kata: str = "semaphore") -> list[str]:
        card = self.reviews.card(kata)
        return [each.split()[1] for each in card.ratings] if card else []

    def bugs(self) -> dict[str, list[str]]:
        bugs = [bug for item in self.reviews.items() for bug in item.bugs]
        return {bug.diagnosis: [each.split()[1] for each in bug.card.ratings] for bug in bugs}

    def days(self, kata: str = "semaphore") -> int:
        card = self.reviews.card(kata)
        assert card is not None
        return (card.due - self.now).days


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_solved_at_the_first_attempt_is_easy(desk: Desk) -> None:
    """It comes back after a week or so, and no sooner."""
    desk.grade(State.PASSED)
    assert desk.ratings() == ["easy"]
    assert 5 <= desk.days() <= 15
    assert not desk.reviews.is_due("semaphore")
    desk.wait(desk.days())
    assert desk.reviews.is_due("semaphore")


@pytest.mark.parametrize("trouble", ["hint", "attempts"])
def test_hints_or_several_attempts_are_hard(desk: Desk, trouble: str) -> None:
    """Either alone will do; such a kata comes back within days."""
    if trouble == "attempts":
        desk.grade(State.FAILED)
        assert desk.ratings() == [], "what is not solved yet is not repeated"
    desk.hints = int(trouble == "hint")
    desk.grade(State.PASSED)
    assert desk.ratings() == ["hard"]
    assert 1 <= desk.days() <= 3


def attempts(desk: Desk) -> int:
    """How many attempts the last solution took."""
    (item,) = desk.reviews.items()
    return item.attempts


def test_saves_that_show_nothing_new_are_one_attempt(desk: Desk) -> None:
    """While a file is watched each save is graded: only another class of bug makes another attempt."""
    for _ in range(5):
        desk.grade(State.FAILED, on_save=True)
    desk.grade(State.FAILED, on_save=True, kind="unexpected exception")
    desk.grade(State.FAILED, on_save=True)
    desk.grade(State.PASSED, on_save=True)
    assert attempts(desk) == 3  # two classes of bug, and the pass
    assert len(desk.bugs()) == 2


def test_gradings_that_were_asked_for_are_counted_each(desk: Desk) -> None:
    """Who grades another text claims to be done, whatever is found; the text that a save was graded with is none."""
    desk.grade(State.FAILED, on_save=True, text="a")
    desk.grade(State.FAILED, text="a")
    desk.grade(State.FAILED, text="b")
    desk.grade(State.FAILED, on_save=True, text="c")
    desk.grade(State.FAILED, text="c")
    desk.grade(State.PASSED)
    assert attempts(desk) == 3


@pytest.mark.parametrize("on_save", [True, False])
def test_an_unwritten_body_is_no_attempt(desk: Desk, on_save: bool) -> None:
    """A file of which a part is still the stub is unfinished, and no class of bug."""
    desk.grade(State.FAILED, on_save=on_save, kind=UNWRITTEN)
    desk.grade(State.PASSED)
    assert desk.ratings() == ["easy"] and desk.bugs() == {}


@pytest.mark.parametrize("state", [State.REFUSED, State.BROKEN, State.INCONCLUSIVE, State.NOT_STARTED])
def test_what_decides_nothing_is_no_attempt(desk: Desk, state: State) -> None:
    """A syntax error, a fault of ours, an untouched stub: none of them spoils a first attempt."""
    desk.grade(state)
    assert not desk.file.exists()
    desk.grade(State.PASSED)
    assert desk.ratings() == ["easy"]


def test_the_same_text_is_one_attempt(desk: Desk) -> None:
    """Grading again what has not changed tells nothing new."""
    for _ in range(3):
        desk.grade(State.FAILED, text="one")
    (item,) = json.loads(desk.file.read_text())["katas"].values()
    assert item["round"]["attempts"] == 1


def test_work_on_a_solved_kata_repeats_nothing(desk: Desk) -> None:
    """Neither tidying up nor breaking it on purpose is a repetition: that begins with the stub."""
    desk.grade(State.PASSED)
    before = desk.file.read_bytes()
    desk.wait(20)
    desk.grade(State.PASSED)
    desk.grade(State.FAILED)
    desk.grade(State.PASSED)
    assert desk.file.read_bytes() == before


@pytest.mark.parametrize("how", ["review", "stub"])
def test_a_repetition_at_the_first_attempt_is_good(desk: Desk, how: str) -> None:
    """Each gap is longer than the one before; old hints do not count again."""
    desk.hints = 2
    desk.grade(State.PASSED)
    gaps = [desk.days()]
    for _ in range(3):
        desk.wait(desk.days())
        if how == "review":
            desk.reviews.begin("semaphore", desk.hints)
        else:
            desk.grade(State.NOT_STARTED)
        desk.grade(State.PASSED)
        gaps.append(desk.days())
    assert desk.ratings() == ["hard", "good", "good", "good"]
    assert gaps == sorted(set(gaps))


def test_failed_again_is_again_until_it_is_solved(desk: Desk) -> None:
    """A repetition that fails is due tomorrow; solving it in a later attempt makes it hard instead."""
    desk.grade(State.PASSED)
    desk.wait(desk.days())
    desk.reviews.begin("semaphore", 0)
    for _ in range(2):
        desk.grade(State.FAILED)
        assert desk.ratings() == ["easy", "again"]
    assert desk.days() == 1
    (item,) = desk.reviews.items()
    assert item.begun
    desk.grade(State.PASSED)
    assert desk.ratings() == ["easy", "hard"], "one repetition is one rating"
    assert desk.days() > 1
    (item,) = desk.reviews.items()
    assert (item.begun, item.attempts) == (False, 3)


def test_a_class_of_bug_comes_back_with_the_kata_it_was_met_in(desk: Desk) -> None:
    """Met: hard. Met again, in any kata with that promise: again. Not met this time: good."""
    desk.grade(State.FAILED)
    assert desk.bugs() == {}
    desk.grade(State.PASSED)
    assert desk.bugs() == {BUG: ["hard"]}
    desk.grade(State.PASSED, "channel")
    assert desk.bugs() == {BUG: ["hard", "good"]}
    for _ in range(2):
        desk.grade(State.FAILED, "pipeline")
        assert desk.bugs() == {}, "now it belongs to a kata that is not solved yet"
    desk.grade(State.PASSED, "pipeline")
    assert desk.bugs() == {BUG: ["hard", "good", "again"]}
    items = {item.kata: [bug.promise for bug in item.bugs] for item in desk.reviews.items()}
    assert items == {"semaphore": [], "channel": [], "pipeline": ["a cancel wakes"]}


def test_kinds_of_failure_are_different_bugs(desk: Desk) -> None:
    """The class is the broken property and the way in which it broke."""
    desk.grade(State.FAILED, kind="deadlock: a wait that nobody ends (lost wake-up)")
    desk.grade(State.FAILED, kind="broken promise")
    desk.grade(State.PASSED)
    assert desk.bugs() == {BUG: ["hard"], "wakes/promise": ["hard"]}


def test_an_interview_is_a_repetition(desk: Desk) -> None:
    """Rated as a whole; one that is not solved says nothing about a kata that never was."""
    promises = {"wakes": "a cancel wakes"}

    def settle(solved: bool, attempts: int = 1) -> None:
        met = {BUG: "a cancel wakes"} if attempts > 1 or not solved else {}
        desk.reviews.settle("semaphore", promises, met, solved=solved, attempts=attempts, hints=0)

    settle(False)
    assert not desk.file.exists()
    settle(True, attempts=2)
    assert (desk.ratings(), desk.bugs()) == (["hard"], {BUG: ["hard"]})
    desk.wait(3)
    settle(True)
    assert (desk.ratings(), desk.bugs()) == (["hard", "good"], {BUG: ["hard", "good"]})
    desk.wait(3)
    settle(False)
    assert desk.ratings() == ["hard", "good", "again"]
    assert desk.bugs() == {BUG: ["hard", "good", "again"]}


def test_the_order_is_that_of_the_days(desk: Desk) -> None:
    """What is due first stands at the top, whether the kata or one of its bugs asks for it."""
    desk.grade(State.PASSED, "channel")
    desk.grade(State.FAILED, "semaphore")
    desk.grade(State.PASSED, "semaphore")
    assert [item.kata for item in desk.reviews.items()] == ["semaphore", "channel"]


def test_ratings_are_the_same_every_time() -> None:
    """No chance, no clock and no rounding in between: a card that was read from its file goes on alike."""
    cards = []
    for seed in (1, 2):
        random.seed(seed)
        card = rated(None, Rating.GOOD, NOON)
        for rating in (Rating.GOOD, Rating.AGAIN, Rating.HARD, Rating.EASY):
            if seed == 2:
                card = Card.from_json(json.loads(json.dumps(card.to_json())))
                assert card is not None
            card = rated(card, rating, card.due)
        cards.append(card)
    assert cards[0] == cards[1]


@pytest.mark.parametrize(
    ("solved", "attempts", "hints", "repeated", "rating"),
    [
        (True, 1, 0, False, Rating.EASY),
        (True, 1, 0, True, Rating.GOOD),
        (True, 2, 0, False, Rating.HARD),
        (True, 1, 1, True, Rating.HARD),
        (False, 1, 0, True, Rating.AGAIN),
    ],
)
def test_rating(solved: bool, attempts: int, hints: int, repeated: bool, rating: Rating) -> None:
    """The rule in one table."""
    assert rating_of(solved=solved, attempts=attempts, hints=hints, repeated=repeated) is rating


GOOD_CARD = rated(None, Rating.GOOD, NOON).to_json()


@pytest.mark.parametrize(
    "entry",
    [
        None,
        3,
        {},
        {"card": None},
        {"card": GOOD_CARD | {"due": "soon"}},
        {"card": GOOD_CARD | {"stability": float("nan")}},
        {"card": GOOD_CARD | {"stability": 0}},
        {"card": GOOD_CARD | {"difficulty": 77}},
        {"round": 5},
        {"round": {"attempts": -1, "hints": "x", "met": [], "before": 1, "digest": 2}},
    ],
    ids=str,
)
def test_an_odd_entry_counts_as_none(desk: Desk, entry: object) -> None:
    """It is passed over and replaced when the kata is graded; the others stay as they are."""
    desk.file.parent.mkdir()
    katas = {"semaphore": entry, "gone": {"card": GOOD_CARD}}
    desk.file.write_text(json.dumps({"format": 1, "katas": katas, "bugs": {BUG: entry, "x": {"card": None}}}))
    assert [item.kata for item in desk.reviews.items()] == ["gone"]
    desk.grade(State.PASSED)
    assert desk.ratings() == ["easy"]
    assert json.loads(desk.file.read_text())["katas"]["gone"] == {"card": GOOD_CARD}


def test_a_damaged_file_is_set_aside(desk: Desk) -> None:
    """As with the history: kept under another name, said so, and gone on without."""
    desk.file.parent.mkdir()
    desk.file.write_text('{"format": 1, "katas": {}}')
    assert desk.reviews.warning == "review.json was damaged; it is kept as review.damaged-1.json"
    assert (desk.file.parent / "review.damaged-1.json").exists()
    desk.grade(State.PASSED)
    assert desk.ratings() == ["easy"]
