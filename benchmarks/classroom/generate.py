"""Makes up the submissions of a class, with what must come of each of them."""

from __future__ import annotations

import io
import random
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dojo.grading.catalogue import Kata, load
from dojo.grading.classroom.marks import NOTHING
from dojo.grading.judge import stub_of
from dojo.grading.mutants import Mutant, load_mutants
from dojo.grading.result import State

# How often each kind of work occurs in a class.
KINDS = {"solution": 6, "alternative": 3, "mutant": 8, "stub": 2, "syntax": 1, "nothing": 2}
_PRIVATE = re.compile(r"_[a-z]\w*")


@dataclass(frozen=True)
class Expected:
    """What must come of one person's work on one kata.

    Attributes:
        state: in words.
        failed: a promise that must be among those that fail, as its slug; "" if none need be.
    """

    state: str
    failed: str = ""


def make_class(
    folder: Path, persons: int, katas: Sequence[Kata], *, variants: int = 3, seed: int = 0
) -> dict[tuple[str, str], Expected]:
    """Write the files of a class.

    Args:
        folder: where to.
        persons: how many.
        katas: what they were asked to do.
        variants: of each text there are so many, which differ in names and comments only; persons whose
            choice is the same have handed in the same text.
        seed: decides what everybody does.

    Returns:
        What must come of it, by person and kata.
    """
    choose = random.Random(seed)
    expected = {}
    for number in range(persons):
        person = f"person {number:03}"
        (folder / person).mkdir(parents=True)
        for kata in katas:
            kind = choose.choices(list(KINDS), list(KINDS.values()))[0]
            text, expected[person, kata.name] = _work(kata, kind, choose, choose.randrange(variants))
            if text:
                # Half of them keep the folders of the repository.
                place = folder / person / (kata.group if number % 2 else "")
                place.mkdir(exist_ok=True)
                (place / f"{kata.name}.py").write_text(text, "utf-8")
    return expected


def _work(kata: Kata, kind: str, choose: random.Random, variant: int) -> tuple[str, Expected]:
    solution = kata.solution.read_text("utf-8")
    if kind == "nothing":
        return "", Expected(NOTHING)
    if kind == "stub":
        return stub_of(kata), Expected(State.NOT_STARTED.value)
    if kind == "syntax":
        return f"{solution}\ndef unfinished(:\n", Expected(State.REFUSED.value)
    if kind == "mutant":
        mutant = choose.choice(_mutants(kata))
        return disguised(mutant.source, kata, variant), Expected(State.FAILED.value, mutant.property)
    files = [kata.solution]
    if kind == "alternative":
        files = sorted(file for file in kata.alternative.parent.glob("*.py") if load().of_file(file) == kata)
    text = choose.choice(files).read_text("utf-8")
    return disguised(text, kata, variant), Expected(State.PASSED.value)


@cache
def _mutants(kata: Kata) -> tuple[Mutant, ...]:
    """Each is compiled to be looked at: that takes longer than all else here."""
    return tuple(load_mutants(kata.mutants, kata.solution.read_text("utf-8")))


def disguised(text: str, kata: Kata, variant: int) -> str:
    """The same program with other private names and another comment; variant 0 is the text itself."""
    if variant == 0:
        return text
    tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    fixed = set(_PRIVATE.findall(stub_of(kata)))
    for each in tokens:  # names that texts spell, such as those of slots, and what is imported
        if each.type not in (tokenize.NAME, tokenize.COMMENT):
            fixed.update(_PRIVATE.findall(each.string))
    renamed = [
        (each.type, f"{each.string}_{variant}" if _may_change(each, fixed) else each.string)
        for each in tokens
    ]
    return f"# my own work, version {variant}\n{tokenize.untokenize(renamed)}"


def _may_change(each: tokenize.TokenInfo, fixed: set[str]) -> bool:
    return each.type == tokenize.NAME and bool(_PRIVATE.fullmatch(each.string)) and each.string not in fixed


if __name__ == "__main__":
    import sys

    make_class(Path(sys.argv[1]), int(sys.argv[2]), list(load()))
