"""Grades code that is in no file: a notebook's cell, or a solution with a bug planted in it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dojo.checking.verdict import Step, Verdict
from dojo.grading import judge
from dojo.grading.catalogue import Kata
from dojo.grading.paths import display_name
from dojo.grading.result import KataResult, Problem, State


@dataclass(frozen=True, slots=True)
class Graded:
    """A verdict, and the first failure step by step if there is one."""

    result: KataResult
    run: judge.Replay | None


class _Decided(Exception):
    """Ends a grading of which nothing more is wanted."""


def grade_text(
    kata: Kata, text: str, name: str, *, budget: int = judge.DEFAULT_BUDGET, seed: int = 0, only: str = ""
) -> Graded:
    """Grade a text as the command line grades a file.

    Args:
        kata: whose properties to check.
        text: the submission.
        name: what reports call it.
        budget: schedules for each property.
        seed: decides every random choice.
        only: short name of the one property to check; "" for all.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_text(text, "utf-8")
        # Reports are the same on every machine: they must not name a folder that is another one each time.
        names = (display_name(file), name)
        if only:
            result = _one_property(kata, file, only, budget, seed)
        else:
            result = judge.grade(kata, file, budget=budget, seed=seed)
        run = None
        if result.failed and result.failed[0].counterexample is not None:
            run = judge.replay(kata, file, result.failed[0].counterexample.token)
    return Graded(_renamed(result, names), _renamed_run(run, names) if run is not None else None)


def _one_property(kata: Kata, file: Path, slug: str, budget: int, seed: int) -> KataResult:
    found: list[Verdict] = []

    def note(progress: judge.Progress) -> None:
        if progress.first is not None:
            found[:] = [progress.first]

    def enough() -> None:
        if found:
            raise _Decided

    try:
        result = judge.grade(
            kata,
            file,
            budget=budget,
            seed=seed,
            workers=1,
            first=slug,
            on_progress=note,
            on_tick=enough,
        )
    except _Decided:
        pass
    else:
        if not found:
            return result
    state = State.FAILED if found[0].counterexample is not None else State.PASSED
    return KataResult(kata.name, display_name(file), state, tuple(found), 1)


def _renamed(result: KataResult, names: tuple[str, str]) -> KataResult:
    problem = Problem(**_plain(asdict(result.problem), names)) if result.problem is not None else None
    verdicts = tuple(Verdict.from_json(_plain(each.to_json(), names)) for each in result.verdicts)
    return replace(result, path=names[1], problem=problem, verdicts=verdicts)


def _renamed_run(run: judge.Replay, names: tuple[str, str]) -> judge.Replay:
    verdict = Verdict.from_json(_plain(run.verdict.to_json(), names)) if run.verdict is not None else None
    steps = tuple(Step(**_plain(asdict(step), names)) for step in run.steps)
    return replace(run, verdict=verdict, steps=steps)


def _plain(data: dict[str, Any], names: tuple[str, str]) -> dict[str, Any]:
    """The same data with another name of the file in all of its texts."""
    old, new = (json.dumps(name)[1:-1] for name in names)
    renamed: dict[str, Any] = json.loads(json.dumps(data).replace(old, new))
    return renamed
