"""Every mutant dies by the property that its entry names, and its counterexample replays."""

from __future__ import annotations

import pytest

from dojo.checking.check import check, replay_verdict
from dojo.checking.token import decode
from dojo.checking.verdict import Status
from dojo.grading.catalogue import Kata, load
from dojo.grading.judge import grade_text
from dojo.grading.mutants import Mutant, load_mutants
from dojo.grading.sandbox.subject import build_machine, load_properties
from dojo.grading.terms import Terms

CASES = [
    pytest.param(kata, mutant, id=f"{kata.name}-{mutant.name}")
    for kata in load()
    if kata.mutants.exists()  # test_katas.py tells when it does not
    for mutant in load_mutants(kata.mutants, kata.solution.read_text("utf-8"))
]


@pytest.mark.parametrize(("kata", "mutant"), CASES)
def test_mutant_dies_by_its_property(kata: Kata, mutant: Mutant) -> None:
    """Within the default budget the named property fails, and its token repeats the same trace elsewhere."""
    prop = next(each for each in load_properties(kata) if each.slug == mutant.property)
    name = f"{mutant.name}.py"
    verdict = check(prop, build_machine(mutant.source, name, kata))
    assert verdict.status is Status.FAIL, verdict.reason or f"survived {verdict.schedules} schedules"
    example = verdict.counterexample
    assert example is not None
    assert example.preemptions <= 2
    token = decode(example.token)
    fresh = build_machine(mutant.source, name, kata)
    _, again = replay_verdict(prop, fresh, token.workload, token.schedule)
    assert again.counterexample == example


@pytest.mark.slow
@pytest.mark.parametrize(("kata", "mutant"), CASES)
def test_no_mutant_is_the_graders_fault(kata: Kata, mutant: Mutant) -> None:
    """All properties are decided on it, within the limits of a child: none is refused, none ends in a fault of ours."""
    result = grade_text(kata, mutant.source, f"{kata.name}.py", Terms(budget=8, workers=1))
    assert result.problem is None, (result.problem.message, result.problem.line)
    assert not [verdict for verdict in result.verdicts if verdict.status is Status.BROKEN]
    assert len(result.verdicts) == result.properties


@pytest.mark.parametrize("kata", list(load()), ids=lambda kata: kata.name)
def test_mutants_tell_their_story(kata: Kata) -> None:
    """A kata has at least eight mutants with distinct names, a story and a witness each."""
    mutants = load_mutants(kata.mutants, kata.solution.read_text("utf-8"))
    assert len({mutant.name for mutant in mutants}) == len(mutants) >= 8
    assert all(mutant.story and mutant.witness for mutant in mutants)
