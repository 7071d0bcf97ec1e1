"""Finds files that are like each other, as places to look: a likeness proves nothing.

A text becomes a sequence of tokens without names, comments and docstrings; of the hashes of all runs of a
few tokens, winnowing keeps a share that does not depend on where in the file they stand (Schleimer, Wilkerson
and Aiken: Winnowing, SIGMOD 2003). What the stub holds does not count, nor what many have in common.
"""

from __future__ import annotations

import hashlib
import io
import keyword
import token
import tokenize
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

RUN = 16  # tokens that make a passage: one to three lines
WINDOW = 8  # of so many passages in a row at least one is compared
FEWEST = 12  # passages that a text must have of its own, to be compared at all
COMMON = 8  # persons who share a passage: from there on it is how one writes this kata
LEAST = 0.6  # share of the smaller text's passages that makes a likeness

# Hashes of passages, each made from the one before it (Karp and Rabin).
_PRIME = 2**61 - 1
_BASE = 1_000_003
_LEAVING = pow(_BASE, RUN, _PRIME)

_LAYOUT = (tokenize.COMMENT, tokenize.NL, tokenize.ENCODING, tokenize.ENDMARKER)
_STATEMENT = (tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)

Shared = TypeVar("Shared")


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two or more persons whose texts for one kata are alike.

    Attributes:
        kata: its name.
        persons: who, in alphabetical order; all that are like the reference solution are one entry.
        share: of the smaller text's passages how many are in the other one too: 0 to 1.
        what: in words.
    """

    kata: str
    persons: tuple[str, ...]
    share: float
    what: str


IDENTICAL = "the same text"
RENAMED = "the same but for names, comments and layout"
ALIKE = "alike"
REFERENCE = "like the reference solution"


def likenesses(kata: str, texts: Mapping[str, str], stub: str, reference: str) -> list[Likeness]:
    """All likenesses of one kata, the strongest first.

    Args:
        kata: its name.
        texts: by person, of those who have begun.
        stub: what everybody was given.
        reference: the solution, which is there to be found.
    """
    tokens = {person: normal_form(text) for person, text in texts.items()}
    found: list[Likeness] = []
    one_of: dict[tuple[str, ...], str] = {}  # of those with equal tokens the first one stands for all
    for same, persons in _groups(tokens).items():
        one_of[same] = persons[0]
        if same and len(persons) > 1:
            for _, those in _groups({person: texts[person] for person in persons}).items():
                if len(those) > 1:
                    found.append(Likeness(kata, tuple(those), 1.0, IDENTICAL))
            if len({texts[person] for person in persons}) > 1:
                found.append(Likeness(kata, tuple(persons), 1.0, RENAMED))
    given = set(_runs(normal_form(stub)))
    prints = {
        person: _winnowed([None if each in given else each for each in _runs(same)])
        for same, person in one_of.items()
    }
    solution = _winnowed([None if each in given else each for each in _runs(normal_form(reference))])
    shares = {person: _share(prints[one_of[tokens[person]]], solution) for person in sorted(texts)}
    if copies := [person for person, share in shares.items() if share >= LEAST]:
        least = min(shares[person] for person in copies)
        found.append(Likeness(kata, tuple(copies), least, REFERENCE))
    holders: dict[int, list[str]] = defaultdict(list)
    for person, passages in prints.items():
        for each in passages:
            holders[each].append(person)
    rare = {each for each, persons in holders.items() if len(persons) <= COMMON}
    sizes = {person: len(passages & rare) for person, passages in prints.items()}
    shared = Counter[tuple[str, str]]()
    for each in rare:
        persons = holders[each]
        shared.update((a, b) for number, a in enumerate(persons) for b in persons[number + 1 :])
    for (a, b), count in shared.items():
        smaller = min(sizes[a], sizes[b])
        if smaller >= FEWEST and count / smaller >= LEAST:
            found.append(Likeness(kata, tuple(sorted((a, b))), count / smaller, ALIKE))
    return sorted(found, key=lambda each: (-each.share, each.what == ALIKE, each.persons, each.what))


def normal_form(text: str) -> tuple[str, ...]:
    """The tokens of a program, without what is changed first when a text is to look like one's own.

    Names, numbers and texts become one word each; keywords, operators and the structure stay. A text that
    cannot be read has no tokens.
    """
    found: list[str] = []
    at_start = True
    try:
        for each in tokenize.generate_tokens(io.StringIO(text).readline):
            if each.type in _LAYOUT:
                continue
            if each.type in _STATEMENT:
                if each.type == tokenize.NEWLINE and found[-1:] == ["docstring"]:
                    found.pop()
                elif each.type == tokenize.NEWLINE:
                    found.append("newline")
                else:
                    found.append(token.tok_name[each.type])
                at_start = True
                continue
            if each.type == tokenize.STRING:
                found.append("docstring" if at_start else "text")
            elif each.type == tokenize.NUMBER:
                found.append("number")
            elif each.type == tokenize.NAME and not keyword.iskeyword(each.string):
                found.append("name")
            else:
                found.append(each.string)
            at_start = False
    except (tokenize.TokenError, SyntaxError):  # which it is depends on the version of Python
        return ()
    return tuple(found)


def _share(some: set[int], others: set[int]) -> float:
    """How much of the smaller set is in the other one: 0 to 1; 0 where there is too little to compare."""
    smaller = min(len(some), len(others))
    return len(some & others) / smaller if smaller >= FEWEST else 0.0


def _groups(of: Mapping[str, Shared]) -> dict[Shared, list[str]]:
    """Persons by what they have in common, in alphabetical order."""
    found: dict[Shared, list[str]] = {}
    for person in sorted(of):
        found.setdefault(of[person], []).append(person)
    return found


def _runs(tokens: Sequence[str]) -> list[int]:
    """The hashes of all passages, one beginning at each token."""
    found, value = [], 0
    for number, each in enumerate(tokens):
        value = (value * _BASE + _number(each)) % _PRIME
        if number >= RUN:
            value = (value - _LEAVING * _number(tokens[number - RUN])) % _PRIME
        if number >= RUN - 1:
            found.append(value)
    return found


@cache
def _number(word: str) -> int:
    """A number for a token, the same in every process."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest()) % _PRIME


def _winnowed(runs: Iterable[int | None]) -> set[int]:
    """The least hash of every window; None stands for a passage that does not count."""
    listed = list(runs)
    found = set()
    for start in range(max(1, len(listed) - WINDOW + 1)):
        window = [each for each in listed[start : start + WINDOW] if each is not None]
        if window:
            found.add(min(window))
    return found
