"""An endless recursion overflows after the same number of calls, wherever a run is started from."""

from __future__ import annotations

import sys

import pytest

from dojo.simulator.machine import Machine, compile_program
from dojo.simulator.recursion import ROOM
from dojo.simulator.trace import render

SOURCE = """
import threading
class Deep:
    n = 0
    def fall(self):
        self.n += 1
        return self.fall()
def main():
    deep = Deep()
    thread = threading.Thread(target=deep.fall)
    thread.start()
    thread.join()
    deep.fall()
"""


@pytest.mark.parametrize("record", [False, True])
def test_the_depth_of_the_caller_does_not_matter(record: bool) -> None:
    """Neither frames above the run, nor calls from C, nor another limit of the process change what happens."""

    def run() -> tuple[int, str]:
        machine = Machine(compile_program(SOURCE, "kata.py"))
        done = machine.run(lambda: machine.load().main(), record=record)
        assert isinstance(done.outcome.exception, RecursionError)
        return done.steps, render(done.events, done.names)

    def deeper(n: int) -> tuple[int, str]:
        return deeper(n - 1) if n else run()

    seen = [run(), deeper(1), deeper(50), max([run()], key=lambda value: run()), next(map(deeper, [20]))]
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(before + 700)
    try:
        seen += [run(), deeper(300)]
        assert sys.getrecursionlimit() == before + 700
    finally:
        sys.setrecursionlimit(before)
    assert all(each == seen[0] for each in seen)


def test_there_is_room_for_what_works_outside() -> None:
    """A recursion that a small program can afford passes in the simulator too."""
    source = "def count(n):\n    return count(n - 1) + 1 if n else 0\n"
    machine = Machine(compile_program(source, "kata.py"))
    found: list[int] = []
    assert machine.run(lambda: found.append(machine.load().count(ROOM - 80))).outcome.ok
    assert found == [ROOM - 80]
    assert not machine.run(lambda: found.append(machine.load().count(ROOM + 80))).outcome.ok
