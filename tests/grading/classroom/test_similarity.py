"""Copies are found whatever they were disguised with; two solutions of different design are not alike."""

from __future__ import annotations

import pytest

from benchmarks.classroom.generate import disguised
from dojo.grading.catalogue import Kata, load
from dojo.grading.classroom.similarity import (
    ALIKE,
    COMMON,
    IDENTICAL,
    REFERENCE,
    RENAMED,
    Likeness,
    likenesses,
    normal_form,
)
from dojo.grading.judge import stub_of
from dojo.grading.mutants import load_mutants

KATAS = list(load())
KATA = load()["semaphore"]
SOLUTION = KATA.solution.read_text("utf-8")
OTHER = KATA.alternative.read_text("utf-8")
STUB = stub_of(KATA)


def found(kata: Kata = KATA, reference: str = "", **texts: str) -> list[Likeness]:
    return likenesses(kata.name, texts, stub_of(kata), reference)


@pytest.mark.parametrize("kata", KATAS, ids=lambda kata: kata.name)
def test_another_design_is_not_alike(kata: Kata) -> None:
    """The reference and the alternative have the stub in common, and that does not count."""
    solution, other = kata.solution.read_text("utf-8"), kata.alternative.read_text("utf-8")
    assert found(kata, solution, a=other) == []
    assert found(kata, a=other, b=solution) == []


@pytest.mark.parametrize("kata", KATAS, ids=lambda kata: kata.name)
def test_a_copy_with_a_bug_and_other_names_is_alike(kata: Kata) -> None:
    """A mutant, renamed, is like the solution that it was made from."""
    solution = kata.solution.read_text("utf-8")
    for mutant in load_mutants(kata.mutants, solution)[:1]:
        (each,) = found(kata, a=solution, b=disguised(mutant.source, kata, 1))
        assert (each.persons, each.what) in ((("a", "b"), ALIKE), (("a", "b"), RENAMED)), mutant.name
        assert each.share > 0.8


def test_stubs_are_not_alike() -> None:
    """What everybody was given is nobody's."""
    assert found(a=STUB, b=STUB + "\n# mine\n", reference=SOLUTION)[0].what == RENAMED
    half = STUB.replace("raise NotImplementedError", "return None", 1)
    assert [each.what for each in found(a=STUB, b=half)] == []


def test_the_same_text_is_told_apart_from_the_same_program() -> None:
    """Three persons: two with one text, one with other names, comments and layout."""
    other = disguised(SOLUTION, KATA, 2).replace('"""', "'''").replace("    ", "  ")
    outcome = found(a=SOLUTION, b=SOLUTION, c=other)
    assert [(each.persons, each.what, each.share) for each in outcome] == [
        (("a", "b"), IDENTICAL, 1.0),
        (("a", "b", "c"), RENAMED, 1.0),
    ]


def test_another_order_of_methods_hides_nothing() -> None:
    """Winnowing does not care where a passage stands."""
    lines = SOLUTION.split("\n    def ")
    turned = "\n    def ".join([lines[0], *reversed(lines[1:])])
    assert [each.what for each in found(a=SOLUTION, b=turned)] == [ALIKE]


def test_those_who_have_the_reference_are_one_entry() -> None:
    """However many they are; the share is the least of theirs."""
    mutants = load_mutants(KATA.mutants, SOLUTION)[:3]
    texts = {f"p{number}": mutant.source for number, mutant in enumerate(mutants)}
    (entry,) = [each for each in found(KATA, SOLUTION, other=OTHER, **texts) if each.what == REFERENCE]
    assert entry.persons == ("p0", "p1", "p2")
    assert 0.8 < entry.share < 1


def test_what_many_have_in_common_is_how_one_writes_it() -> None:
    """More persons than ``COMMON`` with one passage: then it is nobody's in particular."""
    mutants = load_mutants(KATA.mutants, SOLUTION)
    texts = {f"p{number}": mutant.source for number, mutant in enumerate(mutants[: COMMON + 4])}
    assert not [each for each in found(**texts) if each.what == ALIKE]


def test_small_texts_are_not_compared() -> None:
    """A few lines of one's own say nothing."""
    one = STUB.replace("raise NotImplementedError", "return self._free - len(self._waiting)", 1)
    two = STUB.replace("raise NotImplementedError", "return self._left - len(self._queue)  # !", 1)
    assert not [each for each in found(a=one, b=two) if each.what == ALIKE]


@pytest.mark.parametrize("text", ["", "def f(:\n  'x", "\tx\n  y", "'''", "(" * 500, "\\", "é = '\u202e'\n"])
def test_a_text_that_is_no_program_is_like_nothing(text: str) -> None:
    """Neither is it an error: it was refused with a reason."""
    assert found(a=text, b=text, reference=SOLUTION) in (
        [],
        [Likeness(KATA.name, ("a", "b"), 1.0, IDENTICAL)],
    )


def test_the_normal_form_leaves_out_what_is_changed_first() -> None:
    """Names, numbers, texts, comments, docstrings and layout; structure stays."""
    one = 'def f(x):\n    """Doc."""\n    y = 1  # one\n    return x + y\n'
    two = "def other( value ):\n\n  total = 2\n  return value+total\n"
    assert normal_form(one) == normal_form(two) != normal_form(one.replace("+", "-"))


def test_the_result_does_not_depend_on_the_order_of_persons() -> None:
    """Equal classes give equal reports."""
    mutants = load_mutants(KATA.mutants, SOLUTION)[:3]
    texts = {f"p{number}": mutant.source for number, mutant in enumerate(mutants)} | {
        "a": SOLUTION,
        "b": OTHER,
    }
    turned = dict(reversed(texts.items()))
    assert found(reference=SOLUTION, **texts) == found(reference=SOLUTION, **turned)
