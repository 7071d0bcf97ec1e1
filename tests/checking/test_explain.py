"""A failure in words: which calls led to an exception that nobody expected."""

from __future__ import annotations

from dojo.checking.check import check
from dojo.checking.property import Property
from dojo.checking.sim import Sim
from dojo.checking.verdict import UNWRITTEN, Row, Verdict
from dojo.simulator.machine import Machine, compile_program

SOURCE = """\
def outer(depth):
    return inner(depth)  # on

def inner(depth):
    if depth:
        return inner(depth - 1)
    return None + 1

def nothing():
    pass
"""
FILE = "kata.py"


def trail(depth: int) -> list[Row]:
    """The calls that led to an exception so far down."""

    def body(sim: Sim) -> None:
        sim.kata.outer(depth)

    return _trail(body)


def _trail(body) -> list[Row]:
    prop = Property("it works", "Because.", body)
    example = check(prop, Machine(compile_program(SOURCE, FILE))).counterexample
    assert example is not None
    return example.trail


def test_the_calls_from_the_property_to_the_line_that_raised() -> None:
    """The property's own line first, then those of the submission; nothing of the simulator."""
    first, *rest = trail(0)
    assert (first.file, first.text) == (__file__, "sim.kata.outer(depth)")
    assert [(row.file, row.line, row.text) for row in rest] == [
        (FILE, 2, "return inner(depth)  # on"),
        (FILE, 7, "return None + 1"),
    ]


def test_a_long_way_is_cut_in_the_middle() -> None:
    """Its beginning and its end are what tells."""
    rows = trail(50)
    assert len(rows) == 9 and rows[4].text == "... 45 calls ..." and rows[4].mark == "gap"
    assert rows[-1].line == 7


def test_an_error_of_the_property() -> None:
    """What came back was of no use to it: there is its line at least."""

    def body(sim: Sim) -> None:
        sim.kata.nothing().value  # noqa: B018

    assert [row.file for row in _trail(body)] == [__file__]


def test_a_broken_promise_has_no_trail() -> None:
    """The assertion's message says what was promised."""

    def body(sim: Sim) -> None:
        assert sim.kata.nothing() == 1, "nothing came back"

    assert _trail(body) == []


def test_a_trail_crosses_processes() -> None:
    """It is part of a verdict's plain data, and older data without it can be read."""

    def body(sim: Sim) -> None:
        sim.kata.outer(1)

    verdict = check(Property("it works", "Because.", body), Machine(compile_program(SOURCE, FILE)))
    assert Verdict.from_json(verdict.to_json()) == verdict
    data = verdict.to_json()
    del data["counterexample"]["trail"]
    assert Verdict.from_json(data).counterexample is not None


def test_a_body_that_is_still_the_stubs() -> None:
    """It is called what it is, and by its name."""

    def body(sim: Sim) -> None:
        sim.kata.Kata().todo()

    source = "class Kata:\n    def todo(self):\n        raise NotImplementedError\n"
    example = check(Property("it works", "", body), Machine(compile_program(source, FILE))).counterexample
    assert example is not None
    assert (example.kind, example.message) == (UNWRITTEN, "Kata.todo() raises NotImplementedError")
    assert example.place == (FILE, 3)
