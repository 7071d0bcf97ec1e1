"""A small class made up from solutions, stubs and mutants: the large one is ``python -m benchmarks.classroom``."""

from __future__ import annotations

import ast
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.classroom.generate import disguised, make_class
from benchmarks.classroom.runs import Class, differences, survivors
from dojo.grading.catalogue import Kata, load
from dojo.grading.classroom.similarity import normal_form
from dojo.grading.terms import DEFAULT_BUDGET

KATAS = [load()[name] for name in ("wait_group", "error_helpers", "retry")]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_all_come_out_as_expected_also_after_kills(tmp_path: Path) -> None:
    """One worker and two, and a run that is killed after every few results: the same bytes, nothing twice."""
    expected = make_class(tmp_path / "class", 5, KATAS, variants=2, seed=1)
    one = Class(tmp_path / "class", tmp_path / "one", ())
    graded, _ = one.run("--workers=2")
    assert differences(one.sheet, expected) == []
    assert survivors(one, expected, budget=DEFAULT_BUDGET) == []
    killed = replace(one, out=tmp_path / "killed")
    for least in range(1, graded, 3):
        before = killed.kept
        killed.kill_when(killed.start("--workers=2"), lambda: killed.kept >= least)
        assert killed.kept >= max(before, least)
    before = killed.kept
    assert killed.run()[0] == graded - before
    assert killed.kept == killed.written == graded
    assert killed.sheet == one.sheet


@pytest.mark.parametrize("kata", list(load()), ids=lambda kata: kata.name)
def test_a_disguise_changes_names_and_comments_only(kata: Kata) -> None:
    """The program stays the same, the text does not, and two variants differ."""
    for file in (kata.solution, kata.alternative):
        text = file.read_text("utf-8")
        one, two = disguised(text, kata, 1), disguised(text, kata, 2)
        assert disguised(text, kata, 0) == text
        assert len({text, one, two}) == 3
        assert normal_form(text) == normal_form(one) == normal_form(two)
        assert len(ast.dump(ast.parse(one))) == len(ast.dump(ast.parse(two)))


def test_the_same_seed_makes_the_same_class(tmp_path: Path) -> None:
    """So that what was seen once can be seen again."""
    expected = [make_class(tmp_path / name, 3, KATAS, seed=7) for name in ("a", "b")]
    assert expected[0] == expected[1]
    files = [
        sorted(file.relative_to(tmp_path / name) for file in (tmp_path / name).rglob("*.py")) for name in "ab"
    ]
    assert files[0] == files[1]
    assert all(
        (tmp_path / "a" / each).read_bytes() == (tmp_path / "b" / each).read_bytes() for each in files[0]
    )
