"""Every kata of the manifest is complete, its stub follows its solution, and nothing stands there unlisted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dojo.grading.catalogue import ROOT, Kata, UnknownKata, load
from dojo.grading.judge import grade
from dojo.grading.learner.hints import COMMON
from dojo.grading.result import State
from dojo.grading.sources.stubs import documentation, is_blank, make_stub, public_api
from dojo.grading.terms import Terms

KATAS = list(load())

each_kata = pytest.mark.parametrize("kata", KATAS, ids=lambda kata: kata.name)


def parts(kata: Kata) -> list[Path]:
    """The files that a kata consists of."""
    return [
        kata.stub,
        kata.solution,
        kata.tests,
        kata.mutants,
        kata.alternative,
        kata.hints,
        kata.notebook,
    ]


@each_kata
def test_every_part_is_there(kata: Kata) -> None:
    """A kata has a stub, a solution, hidden properties, mutants, a second solution, hints and a notebook."""
    for path in parts(kata):
        assert path.is_file(), path
    assert kata.questions


def test_nothing_stands_there_unlisted() -> None:
    """Every file in the kata folders belongs to an entry of the manifest."""
    listed = {path for kata in KATAS for path in parts(kata)}
    listed |= {ROOT / "katas" / "katas.toml", COMMON, ROOT / "tests" / "katas" / "conftest.py"}
    listed |= {ROOT / "notebooks" / name for name in ("00_start_here.ipynb", "99_putting_it_together.ipynb")}
    for folder in ("katas", "solutions", "tests/katas", "tests/mutants", "tests/alternatives", "notebooks"):
        for path in (ROOT / folder).rglob("*.*"):
            if path.parent.name.startswith("."):
                continue  # what an editor keeps for itself
            if path.suffix not in (".py", ".toml", ".ipynb") or path.name == "__init__.py" or path in listed:
                continue
            assert is_a_further_alternative(path), f"{path.relative_to(ROOT)} belongs to no kata"


def is_a_further_alternative(path: Path) -> bool:
    """A kata may have several more solutions: ``semaphore_with_condition.py``."""
    try:
        return path.parent == load().of_file(path).alternative.parent
    except UnknownKata:
        return False


@each_kata
def test_stub_follows_its_solution(kata: Kata) -> None:
    """The stub is what the tool makes of the solution; a learner's own attempt is left alone, but not in CI."""
    solution, stub = kata.solution.read_text("utf-8"), kata.stub.read_text("utf-8")
    if not is_blank(stub) and not os.environ.get("CI"):
        pytest.skip(f"{kata.stub.name} holds somebody's work")
    assert stub == make_stub(solution), "run python -m dojo.grading.sources.stubs"
    assert public_api(stub) == public_api(solution)
    assert documentation(stub) == documentation(solution)


@each_kata
def test_the_stub_is_not_started_and_the_solution_passes(kata: Kata, tmp_path: Path) -> None:
    """The judge tells an untouched stub from a failure, and passes the solution."""
    stub = tmp_path / f"{kata.name}.py"
    stub.write_text(make_stub(kata.solution.read_text("utf-8")), "utf-8")
    assert grade(kata, stub).state is State.NOT_STARTED
    result = grade(kata, kata.solution, Terms(budget=40, workers=1))
    assert result.state is State.PASSED, (
        result.problem,
        [verdict.counterexample for verdict in result.failed],
    )
    assert len(result.verdicts) == result.properties > 0
