"""A copy of the repository, in which commands may do to files and progress what they like."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dojo.grading.catalogue import ROOT
from dojo.grading.sources.stubs import make_stub
from tests.commands.program import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """All that the grader needs, with every stub untouched and nothing graded yet."""
    for name in (
        "dojo",
        "katas",
        "solutions",
        "tests",
        "benchmarks",
        "grader.py",
        "pyproject.toml",
        "README.md",
    ):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, tmp_path / name)
    for solution in (tmp_path / "solutions").glob("*/[a-z]*.py"):
        stub = tmp_path / "katas" / solution.parent.name / solution.name
        stub.write_text(make_stub(solution.read_text("utf-8")), "utf-8")
    return Repository(tmp_path)
