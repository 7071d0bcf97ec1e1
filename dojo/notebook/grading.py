"""Grades code that is in no file: a notebook's cell, or a solution with a bug planted in it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from dojo.grading import judge
from dojo.grading.catalogue import Kata
from dojo.grading.result import KataResult
from dojo.grading.terms import USUAL, Terms


@dataclass(frozen=True, slots=True)
class Graded:
    """A verdict, and the first failure step by step if there is one."""

    result: KataResult
    run: judge.Replay | None


def grade_text(kata: Kata, text: str, name: str, terms: Terms = USUAL) -> Graded:
    """Grade a text as the command line grades a file.

    Args:
        kata: whose properties to check.
        text: the submission.
        name: what reports call it.
        terms: how to check them.
    """
    with TemporaryDirectory() as folder:
        file = Path(folder) / "submission.py"
        file.write_text(text, "utf-8")
        result = judge.grade(kata, file, terms, name=name)
        run = None
        if result.failed and result.failed[0].counterexample is not None:
            run = judge.replay(kata, file, result.failed[0].counterexample.token, name)
    return Graded(result, run)
