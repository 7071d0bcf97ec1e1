"""What to repeat and when: a card for each solved kata and for each class of bug, rated by what grading brings.

A kata is learned in *rounds*. The first ends when it is solved; each later one begins with the stub (``review``,
``reset``, an interview) and ends when it is solved again. Only rounds are rated: somebody who goes on working on
a solved kata repeats nothing. A class of bug is the diagnosis that hints belong to, ``property/kind``; katas
that make the same promise share it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dojo.checking.verdict import UNWRITTEN
from dojo.grading.learner.hints import key_of
from dojo.grading.learner.memory import Card, Now, Rating, rated, utc_now
from dojo.grading.learner.rounds import Round, number, rating_of
from dojo.grading.result import KataResult, State
from dojo.grading.store import Store, Table


@dataclass(frozen=True, slots=True)
class Bug:
    """A class of bug that was met.

    Attributes:
        diagnosis: ``property/kind``.
        promise: the property in words, as the kata has it where it was met last.
        card: when to repeat it.
    """

    diagnosis: str
    promise: str
    card: Card


@dataclass(frozen=True, slots=True)
class Item:
    """A kata to be repeated.

    Attributes:
        kata: its name.
        card: the kata's own.
        attempts, hints: what solving it took last.
        begun: whether a round is under way.
        bugs: the classes of bugs that were met in it last.
    """

    kata: str
    card: Card
    attempts: int
    hints: int
    begun: bool
    bugs: tuple[Bug, ...]

    @property
    def cards(self) -> list[Card]:
        """All cards that ask for this kata."""
        return [self.card, *(bug.card for bug in self.bugs)]


class Reviews:
    """The cards, in ``.dojo/review.json``.

    Args:
        file: where they are kept.
        now: tells the time.
    """

    def __init__(self, file: Path, now: Now = utc_now) -> None:
        self._store = Store(file, "katas", "bugs", what="repetition")
        self._now = now
        self._missing = ""

    @property
    def warning(self) -> str:
        """What went wrong, "" if nothing did."""
        return self._store.warning or self._missing

    def record(self, result: KataResult, hints: int, *, on_save: bool = False) -> None:
        """Take a grading of the learner's own file into account.

        Args:
            result: the outcome; one that decides nothing, such as a syntax error or a body that is not
                written yet, counts for nothing.
            hints: how many hints have been shown for this kata so far.
            on_save: whether nobody asked for it: a save is no claim to be done, so it is a failed attempt
                only when it shows a class of bug that this round has not seen yet.
        """
        self._store.read()  # another grader may have written since
        try:
            if self._recorded(result, hints, on_save):
                self._store.write()
        except ImportError as error:
            self._missing = f"repetitions are not planned: {error}; `uv sync` brings what is missing"

    def begin(self, kata: str, hints: int) -> None:
        """Begin a round with the stub; nothing happens for a kata that was never solved."""
        self._store.read()
        if self._begun(kata, hints):
            self._store.write()

    def settle(
        self,
        kata: str,
        promises: Mapping[str, str],
        met: Mapping[str, str],
        *,
        solved: bool,
        attempts: int,
        hints: int,
    ) -> None:
        """Rate a round that was not recorded grading by grading, as that of an interview.

        Args:
            kata: its name.
            promises: its properties, by short name.
            met: the classes of bugs seen, each with its promise in words.
            solved: whether it ended well.
            attempts: gradings.
            hints: shown during the round.
        """
        self._store.read()
        known = self.card(kata) is not None
        if not solved and not known:
            return
        round_ = Round(attempts, hints, dict(met), self._entry(kata).get("card"))
        try:
            for diagnosis, promise in met.items():
                self._met(kata, diagnosis, promise)
            self._settle(kata, round_, promises, solved=solved)
        except ImportError as error:
            self._missing = f"repetitions are not planned: {error}; `uv sync` brings what is missing"
            return
        self._store.write()

    def card(self, kata: str) -> Card | None:
        """A kata's card, if it was ever solved."""
        return Card.from_json(self._entry(kata).get("card"))

    def is_due(self, kata: str) -> bool:
        """Whether a kata, or a class of bug met in it, is to be repeated today."""
        now = self._now()
        return any(card.is_due(now) for item in self.items() if item.kata == kata for card in item.cards)

    def items(self) -> list[Item]:
        """All that is to be repeated some day, what comes first at the top."""
        found = []
        for kata in self._katas:
            card, entry = self.card(kata), self._entry(kata)
            if card is not None:
                bugs = tuple(bug for name, bug in self._bugs_by_kata() if name == kata)
                attempts, hints = (number(entry.get(key)) for key in ("attempts", "hints"))
                found.append(
                    Item(kata, card, attempts, hints, Round.from_json(entry.get("round")) is not None, bugs)
                )
        return sorted(found, key=lambda item: (min(card.due for card in item.cards), item.kata))

    @property
    def _katas(self) -> Table:
        return self._store.tables["katas"]

    @property
    def _bugs(self) -> Table:
        return self._store.tables["bugs"]

    def _entry(self, kata: str) -> dict[str, Any]:
        entry = self._katas.get(kata)
        return dict(entry) if isinstance(entry, dict) else {}

    def _bug_card(self, diagnosis: str) -> Card | None:
        entry = self._bugs.get(diagnosis)
        return Card.from_json(entry.get("card")) if isinstance(entry, dict) else None

    def _note_bug(self, kata: str, diagnosis: str, promise: str, card: Card) -> None:
        self._bugs[diagnosis] = {"kata": kata, "promise": promise, "card": card.to_json()}

    def _bugs_by_kata(self) -> Iterator[tuple[str, Bug]]:
        for diagnosis, entry in self._bugs.items():
            if (card := self._bug_card(diagnosis)) is not None:
                yield str(entry.get("kata")), Bug(diagnosis, str(entry.get("promise", diagnosis)), card)

    def _recorded(self, result: KataResult, hints: int, on_save: bool) -> bool:
        """Do what a result asks for; whether that has changed anything."""
        card, round_ = self.card(result.kata), Round.from_json(self._entry(result.kata).get("round"))
        if result.state is State.NOT_STARTED:
            return round_ is None and self._begun(result.kata, hints)
        if round_ is None:
            if card is not None:
                return False  # solved, and worked on further
            round_ = Round()
        if result.state is State.PASSED:
            round_.attempts += round_.digest != result.digest
            round_.hints = max(0, hints - round_.hints)
            promises = {verdict.slug: verdict.property for verdict in result.verdicts}
            self._settle(result.kata, round_, promises, solved=True)
            return True
        if result.state is not State.FAILED or not result.failed or round_.digest == result.digest:
            return False
        if any(each.counterexample and each.counterexample.kind == UNWRITTEN for each in result.failed):
            return False
        self._failed(result, round_, card, on_save)
        return True

    def _failed(self, result: KataResult, round_: Round, card: Card | None, on_save: bool) -> None:
        round_.digest = result.digest
        first = result.failed[0]
        entry = self._entry(result.kata)
        diagnosis = ""
        if first.counterexample is not None:
            diagnosis = f"{first.slug}/{key_of(first.counterexample.kind)}"
        if not on_save or diagnosis not in round_.met:
            round_.attempts += 1
        if diagnosis and diagnosis not in round_.met:
            round_.met[diagnosis] = first.property
            self._met(result.kata, diagnosis, first.property)
        if card is not None and round_.attempts == 1:
            # For the case that it ends here; solving it puts another rating in the place of this one.
            entry["card"] = rated(card, Rating.AGAIN, self._now()).to_json()
        self._katas[result.kata] = entry | {"round": round_.to_json()}

    def _begun(self, kata: str, hints: int) -> bool:
        if self.card(kata) is None:
            return False
        entry = self._entry(kata)
        round_ = Round(hints=hints, before=entry["card"])
        self._katas[kata] = entry | {"round": round_.to_json()}
        return True

    def _met(self, kata: str, diagnosis: str, promise: str) -> None:
        """A class of bug that is known already is one that has come back."""
        card = self._bug_card(diagnosis)
        if card is not None:
            self._note_bug(kata, diagnosis, promise, rated(card, Rating.AGAIN, self._now()))

    def _settle(self, kata: str, round_: Round, promises: Mapping[str, str], *, solved: bool) -> None:
        now = self._now()
        before = Card.from_json(round_.before)
        rating = rating_of(
            solved=solved, attempts=round_.attempts, hints=round_.hints, repeated=before is not None
        )
        entry = self._entry(kata)
        entry.pop("round", None)
        entry |= {"attempts": round_.attempts, "hints": round_.hints}
        self._katas[kata] = entry | {"card": rated(before, rating, now).to_json()}
        for diagnosis, promise in round_.met.items():
            if self._bug_card(diagnosis) is None:
                self._note_bug(kata, diagnosis, promise, rated(None, Rating.HARD, now))
        if solved:
            for where, bug in list(self._bugs_by_kata()):
                # Its promise was kept all along, so this time the mistake was not made.
                if bug.diagnosis.partition("/")[0] in promises and bug.diagnosis not in round_.met:
                    self._note_bug(where, bug.diagnosis, bug.promise, rated(bug.card, Rating.GOOD, now))
