"""What an interview's grading is worth: four figures, each from what the verdicts and the properties say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType

from dojo.checking.property import Property
from dojo.checking.verdict import Counterexample, Status
from dojo.grading.learner.hints import key_of
from dojo.grading.result import KataResult

# The rules in the words of the card, so that nobody has to guess what a figure means.
RULES = {
    "correctness": "properties that hold, of all that the kata has",
    "concurrency": "of the properties that no plain error breaks, those that hold in every order of the threads "
    "that was tried; the others fell to a race, a deadlock, a lost wake-up or a livelock",
    "timing": "of the properties whose scenario reads the virtual clock, those that hold, to the nanosecond",
    "speed": "time from reading the task to the grading that passed, or to the end, beside the minutes that an "
    "experienced engineer needs",
}


@dataclass(frozen=True, slots=True)
class Broken:
    """A property that failed.

    Attributes:
        promise: the property in words.
        how: "race", "deadlock", "lost wake-up", "livelock", or "" for a plain error.
        kind: as the report names it.
    """

    promise: str
    how: str
    kind: str


@dataclass(frozen=True, slots=True)
class Score:
    """The last grading of one task in figures.

    Attributes:
        state: what it came to.
        holding, properties: correctness, as part and whole.
        calm, concurrent: concurrency.
        exact, timed: timing.
        broken: what failed.
    """

    state: str
    holding: int
    properties: int
    calm: int
    concurrent: int
    exact: int
    timed: int
    broken: tuple[Broken, ...] = ()


def score_of(result: KataResult, properties: Sequence[Property]) -> Score:
    """The figures of a grading.

    Args:
        result: of the task's file; properties without a verdict do not hold.
        properties: all of the kata.
    """
    holding = {verdict.slug for verdict in result.verdicts if verdict.status is Status.PASS}
    broken = tuple(
        Broken(verdict.property, how_it_broke(verdict.counterexample), verdict.counterexample.kind)
        for verdict in result.failed
        if verdict.counterexample is not None
    )
    timed = timed_properties(properties)
    return Score(
        state=result.state.value,
        holding=len(holding),
        properties=len(properties),
        calm=len(holding),
        concurrent=len(holding) + sum(bool(each.how) for each in broken),
        exact=len(timed & holding),
        timed=len(timed),
        broken=broken,
    )


def how_it_broke(example: Counterexample) -> str:
    """The fault of concurrency that a counterexample shows; "" when it fails in the plain order as well."""
    key = key_of(example.kind)
    if key == "deadlock":
        return "lost wake-up" if "lost wake-up" in example.kind else "deadlock"
    if key == "livelock":
        return "livelock"
    # The smallest failing schedule departs from the plain one: the order of the threads decides.
    return "race" if example.delays or example.stalls else ""


def timed_properties(properties: Iterable[Property]) -> set[str]:
    """The short names of the properties about exact time.

    They are not checked under stalls, which would move every instant, and their scenario, or a function of the
    same file that it calls, reads the virtual clock, ``sim.now``.
    """
    return {prop.slug for prop in properties if not prop.stalls and _reads_clock(prop.body, set())}


def _reads_clock(function: object, seen: set[object]) -> bool:
    if not isinstance(function, FunctionType) or function in seen:
        return False
    seen.add(function)
    names = set(_names(function.__code__))
    if "now" in names:
        return True
    found = (function.__globals__.get(name) for name in sorted(names))
    own = [each for each in found if getattr(each, "__module__", "") == function.__module__]
    parts = [part for each in own for part in ([each] if not isinstance(each, type) else vars(each).values())]
    return any(_reads_clock(part, seen) for part in parts)


def _names(code: CodeType) -> list[str]:
    """Every attribute and global that a function and the functions inside it use."""
    inner = [name for part in code.co_consts if isinstance(part, CodeType) for name in _names(part)]
    return [*code.co_names, *inner]
