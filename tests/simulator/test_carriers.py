"""Threads of one run after the other are carried by the same greenlets, and cannot tell."""

from __future__ import annotations

import gc

import pytest

from dojo.simulator.outcome import Ending
from dojo.simulator.strategies import DEFAULT, RandomWalk
from tests.simulator.programs import Program

CONTEXTS = """
import contextvars
import threading

mark = contextvars.ContextVar("mark", default=0)
found = []

def remember():
    found.append(mark.get())
    mark.set(1)

def main():
    for _ in range(3):
        thread = threading.Thread(target=remember)
        thread.start()
        thread.join()
    assert found == [0, 0, 0] and mark.get() == 0, found
    mark.set(2)
"""
PROGRAM = """
import threading

def depth(n=1):
    try:
        return depth(n + 1)
    except RecursionError:
        return n

def rooms():
    deep = []
    for _ in range(3):
        thread = threading.Thread(target=lambda: deep.append(depth()))
        thread.start()
        thread.join()
    assert len(set(deep)) == 1, deep
    return deep[0]

def waiting():
    event = threading.Event()
    threads = [threading.Thread(target=event.wait, daemon=True) for _ in range(5)]
    for thread in threads:
        thread.start()

def busy():
    lock = threading.Lock()
    def work():
        with lock:
            pass
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""


@pytest.fixture
def program() -> Program:
    return Program(PROGRAM)


def test_each_thread_begins_with_an_empty_context():
    """What a thread sets in its context is gone when another is carried by the same greenlet."""
    program = Program(CONTEXTS)
    for seed in range(5):
        program.passes(RandomWalk(seed))


def test_the_room_for_recursion_is_that_of_a_new_greenlet(program):
    """Whether a greenlet is new or used, and from wherever a run is started."""
    rooms = []

    def measured() -> None:
        rooms.append(program.machine.load().rooms())

    def deeper(calls: int) -> None:
        if calls:
            deeper(calls - 1)
        else:
            program.machine.run(measured)

    for calls in (0, 0, 40, 0, 40, 40):
        deeper(calls)
    assert len(rooms) == 6 and len(set(rooms)) == 1


def test_greenlets_of_threads_that_were_unwound_are_used_again(program):
    """A leaked thread is ended with its run, and its greenlet carries a thread of the next."""
    carriers = program.machine.world.scheduler.carriers
    for _ in range(3):
        endings = [program.run(DEFAULT, main).outcome.ending for main in ("waiting", "busy")]
        assert endings == [Ending.LEAK, Ending.FINISHED]
        assert len(carriers._idle) == 6


FINALISED = """
import _thread
import time
import weakref

def main():
    lock = _thread.allocate_lock()
    lock.acquire()
    done = []

    def task():
        lock.acquire()
        lock.release()

    _thread.start_new_thread(task, ())
    died = weakref.ref(task, lambda _: done.append(None))
    del task
    lock.release()
    time.sleep(1)
    assert done and died() is None
"""


def test_what_dies_with_a_thread_dies_in_it():
    """The function that a thread has run is let go by the thread, at its very end, and a callback runs to its own."""
    program = Program(FINALISED)
    for seed in range(100):
        program.passes(RandomWalk(seed))


def test_runs_leave_nothing_to_collect(program):
    """Everything dies with its run by itself: a collection after each would take longer than many a run."""
    program.passes(DEFAULT, "busy")
    gc.collect()
    gc.disable()
    try:
        for seed in range(20):
            program.passes(RandomWalk(seed), "busy")
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_the_bookkeeping_of_threading_is_the_lean_one(program):
    """A version of threading that hides what is replaced would only be slow: this says so."""
    threading = program.machine.world.module("threading")
    assert type(threading.Thread()._started).__name__ == "Started"
    assert type(threading.Event()).__name__ == "Event"


def test_a_thread_named_after_an_object_has_no_address_in_its_name():
    """Two runs of one schedule would differ by it."""
    program = Program("import threading\ndef main():\n    threading.Thread(target=int, name=object()).start()")
    assert list(program.run(DEFAULT).names.values()) == ["main", "<object object>"]
