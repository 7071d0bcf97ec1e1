"""The first run of a property: its first example, or the simplest workload, always the same."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st

from dojo.checking.first import first_run, first_workload
from dojo.checking.property import Property
from dojo.checking.verdict import Status
from dojo.simulator.machine import Machine, compile_program


def body(sim: Any, **workload: Any) -> None:
    """Two tasks; fails where the workload says so."""
    assert workload.get("n", 0) < 3, "too many"


def test_an_example_comes_first() -> None:
    """As a copy: nobody can change the property through it."""
    prop = Property("p", "w", body, {"n": st.integers(0, 9)}, [{"n": 4}, {"n": 1}])
    workload = first_workload(prop)
    workload["n"] = 0
    assert first_workload(prop) == {"n": 4}


def test_without_examples_the_simplest_is_drawn() -> None:
    """Each strategy gives its simplest value, every time; a filter is obeyed."""
    given = {
        "n": st.integers(2, 9).filter(lambda n: n % 2),
        "names": st.lists(st.sampled_from("ab"), min_size=2),
    }
    prop = Property("p", "w", body, given)
    assert first_workload(prop) == first_workload(prop) == {"n": 3, "names": ["a", "a"]}
    assert first_workload(Property("p", "w", body)) == {}


def test_the_run_is_judged() -> None:
    """On its own: a pass of one schedule, or a failure with its token."""
    machine = Machine(compile_program("x = 1\n", "kata.py"), allowed=frozenset())
    for example, status in (({"n": 1}, Status.PASS), ({"n": 3}, Status.FAIL)):
        run, verdict, workload = first_run(Property("p", "w", body, {}, [example]), machine)
        assert run.events
        assert (verdict.status, workload) == (status, example)
        assert (verdict.counterexample is None) is (status is Status.PASS)
