"""Second solutions of another design pass too: the properties test what is promised, not how it is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from dojo.checking import BUDGET
from dojo.checking.check import check
from dojo.checking.verdict import Status
from dojo.grading.catalogue import ROOT, load
from dojo.grading.sandbox.subject import build_machine, load_properties

FILES = sorted((ROOT / "tests" / "alternatives").rglob("*.py"))


@pytest.mark.parametrize("budget", [BUDGET, pytest.param(10 * BUDGET, marks=pytest.mark.slow)])
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_alternative_passes(file: Path, budget: int) -> None:
    """Every property holds for another correct design, at the default budget and at ten times that."""
    kata = load().of_file(file)
    machine = build_machine(file.read_text("utf-8"), file.name, kata)
    for prop in load_properties(kata):
        verdict = check(prop, machine, budget=budget)
        assert verdict.status is Status.PASS, (prop.name, verdict.reason, verdict.counterexample)
