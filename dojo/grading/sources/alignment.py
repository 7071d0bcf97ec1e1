"""Aligns two sources piece by piece: by name first, then what was only renamed by how much its code is alike."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dojo.grading.sources.piece import Line, Piece, whole
from dojo.grading.sources.pieces import cut

_ALIKE = 0.6  # of 1: the share of common words from which two helpers count as one that was renamed
_MOST_TOKENS = 400  # of a helper that are looked at; comparing takes the square of it
_MOST_HELPERS = 40  # without a counterpart; above that nobody could read the result either
_SMALLEST = 12  # tokens: what is shorter is like everything
_TELLING = 16  # characters from which lines that are the same say something


@dataclass(frozen=True, slots=True)
class Section:
    """One piece on both sides; one of them may be missing."""

    mine: Piece | None
    reference: Piece | None

    @property
    def name(self) -> str:
        """The reference's name for it, or else one's own."""
        piece = self.reference or self.mine
        return piece.name if piece else ""

    @property
    def renamed(self) -> str:
        """One's own name for it if that is another, otherwise ""."""
        both = self.mine and self.reference
        return self.mine.name if both and self.mine and self.mine.name != self.name else ""

    @property
    def same(self) -> bool:
        """Whether both sides have the same code."""
        return (
            self.mine is not None and self.reference is not None and self.mine.shape == self.reference.shape
        )


@dataclass(frozen=True, slots=True)
class Row:
    """Lines that stand beside each other; ``equal`` if they are the same but for comments."""

    mine: Line | None
    reference: Line | None
    equal: bool = False


def align(mine: str, reference: str) -> list[Section]:
    """The pieces of two sources side by side, in the reference's order.

    Args:
        mine: a learner's source. If it is no Python it makes one piece, which comes first.
        reference: the solution's source.

    Raises:
        SyntaxError: when the reference is no Python.
    """
    theirs = cut(reference)
    try:
        own = cut(mine)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        own = [whole(mine)]
    partners = _partners(own, theirs)
    sections = [
        Section(own[partners[index]] if index in partners else None, piece)
        for index, piece in enumerate(theirs)
    ]
    return _with_extras(sections, own, set(partners.values()))


def rows(mine: Sequence[Line], reference: Sequence[Line]) -> list[Row]:
    """The lines of two pieces beside each other, those that are the same on one level.

    A line or two that say little, such as ``return True``, are not worth the gaps that this takes.
    """
    left = [line.code.strip() for line in mine]
    right = [line.code.strip() for line in reference]
    found: list[Row] = []
    i = j = 0
    for block in difflib.SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks():
        if block.size and sum(map(len, left[block.a : block.a + block.size])) < _TELLING:
            continue
        found += _beside(mine[i : block.a], reference[j : block.b])
        i, j = block.a + block.size, block.b + block.size
        found += [
            Row(mine[block.a + number], reference[block.b + number], equal=bool(left[block.a + number]))
            for number in range(block.size)
        ]
    return found


def _beside(mine: Sequence[Line], reference: Sequence[Line]) -> list[Row]:
    return [
        Row(
            mine[number] if number < len(mine) else None,
            reference[number] if number < len(reference) else None,
        )
        for number in range(max(len(mine), len(reference)))
    ]


def _partners(own: list[Piece], theirs: list[Piece]) -> dict[int, int]:
    """For each of the reference's pieces, by index, the index of the own one that belongs beside it."""
    pairs: dict[int, int] = {}
    _match(own, theirs, pairs, lambda piece: piece.name, lambda piece: piece.name)
    _match_alike(own, theirs, pairs, "class")
    renamed = {
        own[mine].name: theirs[index].name for index, mine in pairs.items() if own[mine].kind == "class"
    }

    def translated(piece: Piece) -> str:
        owner, _, short = piece.name.rpartition(".")
        return f"{renamed.get(owner, owner)}.{short}".lstrip(".")

    _match(own, theirs, pairs, translated, lambda piece: piece.name)
    _match(own, theirs, pairs, _short, _short, once=True)
    _match_alike(own, theirs, pairs, "function")
    return pairs


def _short(piece: Piece) -> str:
    """A function's name wherever it stands; every class has its own ``__init__``."""
    short = piece.name.rpartition(".")[2]
    return piece.name if short.endswith("__") else short.lstrip("_")


def _match(
    own: list[Piece],
    theirs: list[Piece],
    pairs: dict[int, int],
    own_key: Callable[[Piece], str],
    key: Callable[[Piece], str],
    *,
    once: bool = False,
) -> None:
    """Pair what has no partner yet and has the same key; with ``once`` only if no other piece has that key."""
    taken = set(pairs.values())
    waiting: dict[tuple[str, str], list[int]] = {}
    for index, piece in enumerate(own):
        if index not in taken:
            waiting.setdefault((piece.kind, own_key(piece)), []).append(index)
    looking: dict[tuple[str, str], list[int]] = {}
    for index, piece in enumerate(theirs):
        if index not in pairs:
            looking.setdefault((piece.kind, key(piece)), []).append(index)
    for wanted, indices in looking.items():
        candidates = waiting.get(wanted, [])
        if not once or len(indices) == len(candidates) == 1:
            # A property has several functions of one name: the first goes with the first.
            pairs.update(zip(indices, candidates, strict=False))


def _match_alike(own: list[Piece], theirs: list[Piece], pairs: dict[int, int], kind: str) -> None:
    """Pair what is left by how much its code is alike, the most alike first."""
    taken = set(pairs.values())
    left = [index for index, piece in enumerate(own) if piece.kind == kind and index not in taken]
    right = [index for index, piece in enumerate(theirs) if piece.kind == kind and index not in pairs]
    if max(len(left), len(right)) > _MOST_HELPERS:
        return
    mine = {index: _words(own, index) for index in left}
    reference = {index: _words(theirs, index) for index in right}
    scores = []
    for i in right:
        for j in left:
            if min(len(reference[i]), len(mine[j])) >= _SMALLEST:
                matcher = difflib.SequenceMatcher(None, mine[j], reference[i], autojunk=False)
                if matcher.quick_ratio() >= _ALIKE and (ratio := matcher.ratio()) >= _ALIKE:
                    scores.append((-ratio, i, j))
    for _, i, j in sorted(scores):
        if i not in pairs and j not in taken:
            pairs[i] = j
            taken.add(j)


def _words(pieces: list[Piece], index: int) -> list[str]:
    """The words of a piece, for a class those of everything in it."""
    piece = pieces[index]
    inner = (
        [each for each in pieces if each.name.startswith(f"{piece.name}.")] if piece.kind == "class" else []
    )
    words = [word for each in (piece, *inner) for word in each.words]
    return words[:_MOST_TOKENS]


def _with_extras(sections: list[Section], own: list[Piece], matched: set[int]) -> list[Section]:
    """Put what only the learner has behind the piece that stands before it in the learner's file."""
    result = list(sections)
    place = 0
    for index, piece in enumerate(own):
        if index in matched:
            place = next(number for number, each in enumerate(result) if each.mine is piece) + 1
        else:
            result.insert(place, Section(piece, None))
            place += 1
    return result
