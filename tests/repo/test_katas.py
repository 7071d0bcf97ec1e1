"""Every kata of the manifest is complete, its stub follows its solution, and nothing stands there unlisted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dojo.grading.catalogue import ROOT, Kata, load
from dojo.grading.judge import grade
from dojo.grading.result import State
from dojo.grading.stubs import documentation, is_blank, make_stub, public_api

KATAS = list(load())
# Solutions that hidden tests of other katas need before their own kata is there.
COMPANIONS = {ROOT / "solutions/concurrency/context.py", ROOT / "tests/mutants/concurrency/context.toml"}

each_kata = pytest.mark.parametrize("kata", KATAS, ids=lambda kata: kata.name)


@each_kata
def test_every_part_is_there(kata: Kata) -> None:
    """A kata has a stub, a solution, hidden properties and mutants."""
    for path in (kata.stub, kata.solution, kata.tests, kata.mutants):
        assert path.is_file(), path


def test_nothing_stands_there_unlisted() -> None:
    """Every file in the kata folders belongs to an entry of the manifest."""
    listed = {path for kata in KATAS for path in (kata.stub, kata.solution, kata.tests, kata.mutants)}
    for folder in ("katas", "solutions", "tests/katas", "tests/mutants"):
        for path in (ROOT / folder).rglob("*.*"):
            if path.suffix in (".py", ".toml") and path.name not in (
                "__init__.py",
                "conftest.py",
                "katas.toml",
            ):
                assert path in listed | COMPANIONS, f"{path.relative_to(ROOT)} belongs to no kata"


@each_kata
def test_stub_follows_its_solution(kata: Kata) -> None:
    """The stub is what the tool makes of the solution; a learner's own attempt is left alone, but not in CI."""
    solution, stub = kata.solution.read_text("utf-8"), kata.stub.read_text("utf-8")
    if not is_blank(stub) and not os.environ.get("CI"):
        pytest.skip(f"{kata.stub.name} holds somebody's work")
    assert stub == make_stub(solution), "run python -m dojo.grading.stubs"
    assert public_api(stub) == public_api(solution)
    assert documentation(stub) == documentation(solution)


@each_kata
def test_the_stub_is_not_started_and_the_solution_passes(kata: Kata, tmp_path: Path) -> None:
    """The judge tells an untouched stub from a failure, and passes the solution."""
    stub = tmp_path / f"{kata.name}.py"
    stub.write_text(make_stub(kata.solution.read_text("utf-8")), "utf-8")
    assert grade(kata, stub).state is State.NOT_STARTED
    result = grade(kata, kata.solution, budget=40)
    assert result.state is State.PASSED, (
        result.problem,
        [verdict.counterexample for verdict in result.failed],
    )
    assert len(result.verdicts) == result.properties > 0
