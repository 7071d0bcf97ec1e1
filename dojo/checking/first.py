"""The first run of a property: its simplest workload in the default order, to see how a program behaves."""

from __future__ import annotations

import random
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Verbosity
from hypothesis.strategies import fixed_dictionaries

from dojo.checking.check import replay_verdict
from dojo.checking.property import Property
from dojo.checking.verdict import Verdict
from dojo.simulator.machine import Machine, Run
from dojo.simulator.schedule import DEFAULT_ORDER


def first_workload(prop: Property) -> dict[str, Any]:
    """The workload that shows a property best: its first example, or else the simplest that can be drawn."""
    if prop.examples:
        return dict(prop.examples[0])
    settings = hypothesis.settings(
        database=None,
        deadline=None,
        derandomize=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    everything = fixed_dictionaries(dict(prop.workload))
    return hypothesis.find(everything, lambda _: True, settings=settings, random=random.Random(0))


def first_run(prop: Property, machine: Machine) -> tuple[Run, Verdict, dict[str, Any]]:
    """Run a property once, recorded.

    Returns:
        The run, what came of it, and the workload.
    """
    workload = first_workload(prop)
    run, verdict = replay_verdict(prop, machine, workload, DEFAULT_ORDER)
    return run, verdict, workload
