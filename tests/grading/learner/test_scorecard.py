"""The figures of a scorecard come from verdicts and properties, and from nothing else."""

from __future__ import annotations

import pytest

from dojo.checking.property import Property
from dojo.checking.verdict import Status, Verdict
from dojo.grading.catalogue import load
from dojo.grading.learner.scorecard import how_it_broke, score_of, timed_properties
from dojo.grading.result import KataResult, State
from dojo.grading.sandbox.subject import load_properties
from tests.reports.samples import example

PLAIN = {"delays": [], "stalls": [], "preemptions": 0}


@pytest.mark.parametrize(
    ("changes", "how"),
    [
        ({"kind": "deadlock: a wait that nobody ends (lost wake-up)", **PLAIN}, "lost wake-up"),
        ({"kind": "deadlock: a waits for b waits for a", **PLAIN}, "deadlock"),
        ({"kind": "deadlock", **PLAIN}, "deadlock"),
        ({"kind": "livelock", **PLAIN}, "livelock"),
        ({"kind": "broken promise", **PLAIN}, ""),
        ({"kind": "broken promise", **PLAIN, "delays": [(1, 2)]}, "race"),
        ({"kind": "unexpected exception in w-1", **PLAIN, "stalls": [(1, 2, 3)]}, "race"),
        ({"kind": "polling", **PLAIN}, ""),
    ],
)
def test_how_it_broke(changes: dict[str, object], how: str) -> None:
    """By the kind of the failure, and by whether the order of the threads matters."""
    assert how_it_broke(example(**changes)) == how


def read_through_helper(sim) -> None:
    def inner() -> None:
        clock(sim)

    inner()


def clock(sim) -> float:
    return sim.now


class Watch:
    def stop(self, sim) -> float:
        return sim.now


def with_class(sim) -> None:
    Watch().stop(sim)


def direct(sim) -> None:
    assert sim.now == 1


def stalled(sim) -> None:
    assert sim.now == 1


def timeless(sim) -> None:
    sim.sleep(1)


def test_timed_properties_read_the_clock() -> None:
    """In the scenario or in what it calls; never where a stall may move every instant."""
    bodies = (direct, read_through_helper, with_class, stalled, timeless)
    properties = [Property("", "", body, stalls=body is stalled) for body in bodies]
    assert timed_properties(properties) == {"direct", "read_through_helper", "with_class"}


def test_every_kata_has_something_exact() -> None:
    """The rule finds what a kata says about time, and not everything there is."""
    for kata in load():
        properties = load_properties(kata)
        timed = timed_properties(properties)
        assert 0 < len(timed) < len(properties), kata.name
        assert "exact_timeout" in timed or "exact_timeout" not in {prop.slug for prop in properties}


def test_score() -> None:
    """A race lowers concurrency, a plain error only correctness; what was not decided does not hold."""
    names = ("direct", "with_class", "timeless", "stalled", "read_through_helper")
    properties = [Property(name, "", globals()[name]) for name in names]

    def verdict(slug: str, status: Status, **changes: object) -> Verdict:
        failed = example(**changes) if status is Status.FAIL else None
        return Verdict(slug, "", slug, status, 1, 1, counterexample=failed)

    verdicts = (
        verdict("direct", Status.PASS),
        verdict("with_class", Status.FAIL, kind="broken promise", **PLAIN),
        verdict("timeless", Status.FAIL, kind="broken promise", delays=[(1, 1)]),
        verdict("stalled", Status.INCONCLUSIVE),
    )
    score = score_of(KataResult("x", "x.py", State.FAILED, verdicts, 5), properties)
    assert (score.holding, score.properties) == (1, 5)
    assert (score.calm, score.concurrent) == (1, 2)
    assert (score.exact, score.timed) == (1, 4)
    assert [(each.promise, each.how) for each in score.broken] == [("with_class", ""), ("timeless", "race")]
