"""Nothing that a run leaves behind reaches the next one: same trace, whatever was executed before."""

from __future__ import annotations

import logging
from collections.abc import Iterable

import pytest

from dojo.checking.races import find_races
from dojo.simulator import targets
from dojo.simulator.machine import Machine, compile_program
from dojo.simulator.snapshot import attributes
from dojo.simulator.trace import render

GENERATOR = """
import threading, time
lock = threading.Lock()
def numbers():
    try:
        yield 1
    finally:
        with lock:
            pass
def main():
    results = numbers()
    next(results)
    time.sleep(1)
    assert False
"""
BLOCKED = GENERATOR.replace("    time.sleep(1)\n", "    time.sleep(1)\n    lock.acquire()\n")
EXECUTOR = """
import threading
from concurrent.futures import ThreadPoolExecutor
def main():
    ThreadPoolExecutor(1).submit(threading.Event().wait)
"""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("source", [GENERATOR, BLOCKED], ids=["free lock", "held lock"])
def test_a_generator_that_outlives_its_run_changes_no_trace(source: str) -> None:
    """It is finalised when the run's last traces go, and what it does then belongs to no run."""
    machine = Machine(compile_program(source, "kata.py"))
    traces = set()
    for _ in range(4):
        run = machine.run(lambda: machine.load().main(), record=True)
        traces.add(render(run.events, run.names))
    assert len(traces) == 1


def test_executors_do_not_log_their_end(caplog: pytest.LogCaptureFixture) -> None:
    """Workers that are left over are ended by the simulator, and that is nobody's error."""
    machine = Machine(compile_program(EXECUTOR, "kata.py"))
    with caplog.at_level(logging.DEBUG):
        machine.run(lambda: machine.load().main(), allow_leaks=True)
    assert not caplog.records


def test_threads_of_one_name_are_told_apart() -> None:
    """A report has a column for each, so each needs a name of its own."""
    source = """
import threading
gate = threading.Event()
def main():
    for name in ("job", "other", "job", "main", "job"):
        threading.Thread(target=gate.wait, name=name).start()
"""
    machine = Machine(compile_program(source, "kata.py"))
    run = machine.run(lambda: machine.load().main(), record=True)
    assert list(run.names.values()) == ["main", "job", "other", "job (2)", "main (2)", "job (3)"]
    assert [state.name for state in run.outcome.threads] == list(run.names.values())[1:]


WEAK = """
import weakref
class Node:
    def __init__(self):
        self.children = weakref.WeakSet()
    def child(self):
        node = Node()
        self.children.add(node)
        return node
def main():
    root = Node()
    root.child()
    first = len(root.children)
    for _ in range(3):
        kept = root.child()
    assert (first, len(root.children)) == (0, 1)
"""


# Neither a list nor a dict can be referred to weakly; the first holds the second here.
HELD = """
import weakref
class Node: pass
def main():
    node = Node()
    node.slots = {"items": [node.__class__()]}
    first = weakref.ref(node.slots["items"][0])
    node.slots = {}
    COLLECT
    assert first() is None
"""
HELD_ON_REQUEST = HELD.replace("COLLECT", "gc.collect()").replace("import weakref", "import gc, weakref")
HELD_FOR_SOME_STEPS = HELD.replace("COLLECT", "for _ in range(3): node.slots")


@pytest.mark.parametrize("record", [False, True])
@pytest.mark.parametrize(
    "source", [WEAK, HELD_ON_REQUEST, HELD_FOR_SOME_STEPS], ids=["weak", "collected", "some steps later"]
)
def test_recording_keeps_nothing_alive(source: str, record: bool) -> None:
    """Code that goes by weak references does the same whether its steps are recorded or not."""
    machine = Machine(compile_program(source, "kata.py"))
    outcome = machine.run(lambda: machine.load().main(), record=record).outcome
    assert outcome.ok, outcome


def test_an_object_at_the_address_of_another_is_another() -> None:
    """A number in a trace belongs to one object, even if that is gone."""
    source = """
class Thing:
    def __init__(self):
        self.value = 1
def main():
    for _ in range(5):
        Thing()
"""
    machine = Machine(compile_program(source, "kata.py"))
    run = machine.run(lambda: machine.load().main(), record=True)
    assert len({event.target for event in run.events if event.kind == "store"}) == 5


def test_a_thread_class_of_the_learners_is_still_ordered_by_join() -> None:
    """What tells events apart is looked at when the run is over, and must be there then."""
    source = """
import threading
class Box: value = 0
class Worker(threading.Thread):
    def run(self):
        box.value = 1
def main():
    global box
    box = Box()
    worker = Worker()
    worker.start()
    time.sleep(5)
    assert not worker.is_alive()
    box.value = 2
import time
"""
    machine = Machine(compile_program(source, "kata.py"))
    run = machine.run(lambda: machine.load().main(), record=True)
    assert run.outcome.ok
    assert not find_races(run.events, run.targets, run.names)


def test_a_race_on_a_container_names_its_holder() -> None:
    """Even if both are gone when the run is over."""
    source = """
import threading
class Box:
    def __init__(self):
        self.items = [0]
    def put(self):
        self.items[0] = 1
def main():
    box = Box()
    threads = [threading.Thread(target=box.put) for _ in range(2)]
    for each in threads: each.start()
    for each in threads: each.join()
"""
    machine = Machine(compile_program(source, "kata.py"))
    run = machine.run(lambda: machine.load().main(), record=True)
    assert [race.what for race in find_races(run.events, run.targets, run.names)] == ["Box.items[...]"]


def test_owners_of_containers_are_not_looked_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recorded run of a thousand objects, each with a list of its own, takes time in proportion to them."""
    source = """
class Box:
    def __init__(self):
        self.items = [0]
def main():
    boxes = [Box() for _ in range(COUNT)]
    for box in boxes:
        box.items[0] = 1
"""

    def asked(count: int) -> int:
        calls = 0

        def counted(owner: object) -> Iterable[tuple[str, object]]:
            nonlocal calls
            calls += 1
            return attributes(owner)

        monkeypatch.setattr(targets, "attributes", counted)
        machine = Machine(compile_program(source.replace("COUNT", str(count)), "kata.py"))
        assert machine.run(lambda: machine.load().main(), record=True).outcome.ok
        return calls

    assert asked(800) < 3 * asked(400)
