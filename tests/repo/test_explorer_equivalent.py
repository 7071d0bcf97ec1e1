"""The benchmark that counts equivalent schedules counts orders of dependent accesses, neither more nor fewer."""

from __future__ import annotations

from math import comb

import pytest

from benchmarks.explorer.equivalent import equivalence_class
from dojo.simulator.machine import Run
from dojo.simulator.strategies import every_interleaving
from tests.checking.small import ONE_CHILD, executor

JOINS = 2  # the main thread finds its child at its end already, or waits for it


@pytest.mark.parametrize(
    ("attribute", "orders"), [("place.a", 1), ("place.b", comb(4, 2))], ids=["apart", "shared"]
)
def test_a_class_is_an_order_of_dependent_accesses(attribute: str, orders: int) -> None:
    """Of all interleavings of two times two writes: one if they go to two attributes, six if to the same."""
    execute = executor(ONE_CHILD.replace("place.a", attribute))
    runs: list[Run] = []
    for _ in every_interleaving(lambda strategy: runs.append(execute(strategy))):
        pass
    assert len(runs) == 35
    assert len(set(map(equivalence_class, runs))) == orders * JOINS
