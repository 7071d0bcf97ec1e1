"""A hidden property: a scenario, the sentence that explains it, and how it is to be explored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis.strategies import SearchStrategy

from dojo.simulator.machine import MAX_STEPS

Body = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Property:
    """What a kata promises, as an executable check.

    Attributes:
        name: the promise as a person would say it: "close() frees every blocked receiver".
        why: one sentence for the report of a failure.
        body: the scenario, ``body(sim, **workload)``; raises AssertionError when the promise is broken.
        workload: a Hypothesis strategy for each keyword of ``body``; values must survive JSON.
        examples: workloads tried first.
        stalls: also explore schedules in which one thread stands still while virtual time passes. For
            promises about safety; a promise about exact time does not hold then.
        workloads: how many workloads to draw.
        max_steps: preemption points before a run counts as not deciding anything.
        allow_leaks: whether threads may be left over when the body has returned.
    """

    name: str
    why: str
    body: Body
    workload: Mapping[str, SearchStrategy[Any]] = field(default_factory=dict)
    examples: Sequence[Mapping[str, Any]] = ()
    stalls: bool = False
    workloads: int = 10
    max_steps: int = MAX_STEPS
    allow_leaks: bool = False

    @property
    def slug(self) -> str:
        """The test function's name without ``test_``."""
        return self.body.__name__.removeprefix("test_")


def prop(
    name: str,
    why: str,
    *,
    given: Mapping[str, SearchStrategy[Any]] | None = None,
    examples: Sequence[Mapping[str, Any]] = (),
    stalls: bool = False,
    workloads: int = 10,
    max_steps: int = MAX_STEPS,
    allow_leaks: bool = False,
) -> Callable[[Body], Callable[[Callable[[Property], None]], None]]:
    """Declare a property; the function becomes a pytest test with one fixture, ``subject``.

    Args: see ``Property``; ``given`` is its ``workload``.

    Returns:
        A decorator. The decorated function hands its property to the fixture, which checks it on the
        solution; the judge reads the property from the attribute ``property`` instead.
    """

    def declare(body: Body) -> Callable[[Callable[[Property], None]], None]:
        declared = Property(
            name, why, body, dict(given or {}), tuple(examples), stalls, workloads, max_steps, allow_leaks
        )

        def test(subject: Callable[[Property], None]) -> None:
            subject(declared)

        test.__name__ = body.__name__
        test.__doc__ = f"{name}: {why}"
        test.__module__ = body.__module__
        test.property = declared  # type: ignore[attr-defined]
        return test

    return declare


def properties_of(module: object) -> list[Property]:
    """The properties that a test module declares, in the order written."""
    found = (getattr(value, "property", None) for value in vars(module).values())
    return [each for each in found if isinstance(each, Property)]
