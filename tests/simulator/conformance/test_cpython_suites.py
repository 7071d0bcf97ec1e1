"""CPython's own suites for threads, queues and pools hold in the simulator, in every schedule that is tried."""

from __future__ import annotations

import gc
import logging
import warnings
from collections.abc import Iterator
from fnmatch import fnmatchcase

import pytest

from dojo.simulator.strategies import DEFAULT, Pct, RandomWalk, StickyWalk, Strategy
from tests.simulator.conformance.harness import SUITES, SimulatedTest, fault, installed, methods
from tests.simulator.conformance.skips import SKIPS, skip_of

SEEDS = 5  # of each strategy; raise it for a longer search
STEPS = 300  # of a typical test method, for PCT

CASES = [(suite, test) for suite in SUITES if installed(suite) for test in methods(suite)]

if not CASES:
    pytest.skip("this interpreter was installed without its test package", allow_module_level=True)


def strategies() -> Iterator[Strategy]:
    """The default order and every seed of every random strategy."""
    yield DEFAULT
    for seed in range(SEEDS):
        yield RandomWalk(seed)
        yield StickyWalk(seed)
        yield Pct(seed, STEPS)


@pytest.fixture(scope="module", autouse=True)
def small_heap() -> Iterator[None]:
    """Many of these tests collect garbage again and again: keep everything older out of it."""
    gc.collect()
    gc.freeze()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
    gc.unfreeze()


@pytest.mark.parametrize(("suite", "test"), [pytest.param(*case, id=".".join(case)) for case in CASES])
def test_method(suite: str, test: str, monkeypatch) -> None:
    """A test method passes in every schedule, or stands in the list of skips and fails in one."""
    skip = skip_of(suite, test)
    if skip is not None and skip.hangs:
        pytest.skip(skip.reason)
    # Some tests read from stderr what logging writes there while it has no handlers; pytest gives it some.
    monkeypatch.setattr(logging.root, "handlers", [])
    simulated = SimulatedTest(suite, test)
    for strategy in strategies():
        outcome, result = simulated.run(strategy)
        if result.skipped:
            pytest.skip(f"by the suite: {result.skipped[0][1]}")
        text = fault(outcome, result)
        if text and skip is not None:
            pytest.skip(skip.reason)
        assert not text, f"{type(strategy).__name__}: {text}\n{simulated.world.scheduler.schedule()}"
    assert skip is None, f"passes: remove {skip.tests!r} from the list of skips"


@pytest.mark.parametrize("skip", SKIPS, ids=lambda skip: skip.tests)
def test_every_skip_names_a_test(skip) -> None:
    """An entry of the list of skips that covers no test is stale."""
    suite = skip.tests.partition(".")[0]
    if not any(installed(each) for each in SUITES if each.endswith(f".{suite}")):
        pytest.skip(f"this interpreter was installed without {suite}")
    names = [f"{each.rpartition('.')[2]}.{test}" for each, test in CASES]
    assert any(fnmatchcase(name, skip.tests) for name in names)
