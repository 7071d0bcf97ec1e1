"""Objects of a run are called as the learner's code calls them."""

from __future__ import annotations

import pytest

from dojo.checking.story import steps_of
from dojo.simulator.machine import Machine, compile_program

SOURCE = """
import queue, threading

COUNT = 0

class Box:
    __slots__ = ("n", "lock")
    def __init__(self):
        self.n = 0
        self.lock = threading.Lock()

class Pool:
    def __init__(self):
        self._lock = threading.RLock()
        self._ready = threading.Event()
        self._jobs = queue.Queue()
        self._boxes = [Box(), Box()]

    def run(self):
        global COUNT
        COUNT += 1
        with self._lock:
            for box in self._boxes:
                with box.lock:
                    box.n += 1
        self._jobs.put(1)
        self._ready.set()
"""


@pytest.fixture(scope="module")
def subjects() -> list[tuple[str, str, str]]:
    """Kind, subject and value of every step of a run."""
    machine = Machine(compile_program(SOURCE, "kata.py"))
    run = machine.run(lambda: machine.load().Pool().run(), record=True)
    assert run.outcome.ok
    return [(step.kind, step.subject, step.value) for step in steps_of(run, ["kata.py"], SOURCE)]


def test_attributes_are_named_after_their_owner(subjects: list[tuple[str, str, str]]) -> None:
    """By its class, with a number where there are several."""
    assert ("store", "Box 1.n", "0") in subjects
    assert ("store", "Box 2.n", "1") in subjects
    assert ("load", "Pool._jobs", "") in subjects
    assert ("write", "COUNT", "1") in subjects


def test_locks_are_named_after_the_attribute(subjects: list[tuple[str, str, str]]) -> None:
    """The learner's own by themselves, those inside an Event or a Queue by that."""
    held = [subject for kind, subject, _ in subjects if kind == "acquired"]
    assert held[:3] == ["Pool._lock", "Box 1.lock", "Box 2.lock"]
    assert "Pool._jobs" in held
    assert "Pool._ready" in held
    assert sorted(held) == sorted(subject for kind, subject, _ in subjects if kind == "release")
