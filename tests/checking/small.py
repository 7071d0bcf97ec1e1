"""Small programs for the tests of the explorer, and independent enumerations to compare it with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations_with_replacement
from textwrap import dedent

from dojo.simulator.machine import Machine, Run, compile_program
from dojo.simulator.schedule import Delay, Schedule
from dojo.simulator.strategies import Replay, Strategy

Execute = Callable[[Strategy], Run]

HEADER = """
import threading, time

def run(*functions):
    threads = [threading.Thread(target=function, name=function.__name__) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""

COUNTER = """
class Counter:
    value = 0
    def increment(self):
        self.value += 1

def main():
    counter = Counter()
    def first(): counter.increment()
    def second(): counter.increment()
    run(first, second)
    assert counter.value == 2
"""

TWO_WRITERS = """
class Place: pass

def main():
    place = Place()
    def first():
        place.a = 1
        place.a = 2
    def second():
        place.b = 1
        place.b = 2
    run(first, second)
"""

ONE_CHILD = """
class Place: pass

def main():
    place = Place()
    def child():
        place.b = 1
        place.b = 2
    thread = threading.Thread(target=child)
    thread.start()
    place.a = 1
    place.a = 2
    thread.join()
"""

ONE_CHILD_LOCKED = """
def main():
    lock = threading.Lock()
    def child():
        with lock:
            pass
    thread = threading.Thread(target=child)
    thread.start()
    with lock:
        pass
    thread.join()
"""

LOCKED = """
def main():
    lock = threading.Lock()
    log = []
    def first():
        with lock:
            log.append(1)
    def second():
        with lock:
            log.append(2)
    run(first, second)
"""

HANDSHAKE = """
class Place: pass

def main():
    place, there = Place(), threading.Event()
    def giver():
        place.gift = 1
        there.set()
    def taker():
        there.wait(1)
        place.taken = 1
    def other():
        time.sleep(1)
        place.other = 1
    run(giver, taker, other)
"""

PROGRAMS = {"two_writers": TWO_WRITERS, "locked": LOCKED, "handshake": HANDSHAKE}


def executor(source: str, *, max_steps: int = 2_000) -> Execute:
    """Runs a program's ``main`` once under a strategy."""
    machine = Machine(compile_program(HEADER + dedent(source), "kata.py"))
    return lambda strategy: machine.run(
        lambda: machine.load().main(), strategy, max_steps=max_steps, record=True
    )


def delays_that_happen(execute: Execute, most: int) -> list[Schedule]:
    """Every schedule of at most ``most`` delays: try each combination of threads and steps, keep what took place.

    Knows nothing of how the explorer lists its choices.
    """
    default = execute(Replay(Schedule()))
    places = [Delay(thread, step) for thread in default.names for step in range(default.steps + 2)]
    found: dict[Schedule, None] = {Schedule(): None}
    for count in range(1, most + 1):
        for delays in combinations_with_replacement(places, count):
            taken = execute(Replay(Schedule(delays))).schedule
            if sorted(taken.delays) == sorted(delays):
                found[taken] = None
    return list(found)


class Listed(Strategy):
    """Takes the listed choice at each place where more than one thread could run, and counts them there."""

    eager = True

    def __init__(self, choices: Sequence[int]) -> None:
        self.choices = choices
        self.widths: list[int] = []

    def next_at(self, thread, ready):
        return thread.steps + 1

    def choose(self, thread, ready, running):
        if not ready:
            return 0
        self.widths.append(len(ready) + 1)
        place = len(self.widths) - 1
        return self.choices[place] if place < len(self.choices) else 0


def all_interleavings(execute: Execute, prefix: tuple[int, ...] = ()) -> set[Schedule]:
    """The schedules of all interleavings, by plain recursion: follow a prefix, then branch at the next place."""
    strategy = Listed(prefix)
    run = execute(strategy)
    if len(strategy.widths) <= len(prefix):
        return {run.schedule}
    found: set[Schedule] = set()
    for choice in range(strategy.widths[len(prefix)]):
        found |= all_interleavings(execute, (*prefix, choice))
    return found
