"""The ten classic subjects, and a needle of 100 steps, in the form that all three tools understand.

Make a state, run workers, look at it.

The code under test is that of the bug zoo, unchanged: ``tests/checking/classics/{buggy,fixed}``.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

CLASSICS = Path(__file__).parents[2] / "tests" / "checking" / "classics"
Pause = Callable[[float], Any]


@dataclass(frozen=True)
class Subject:
    """One program and what is done with it.

    Attributes:
        name: its file.
        make: builds a fresh state from the program's module; ``state.pause`` sleeps.
        workers: run at the same time, each on a thread.
        holds: whether the state is as it should be when all have ended.
        timed: whether time plays a part.
        starts_threads: whether the program starts threads itself.
    """

    name: str
    make: Callable[[Any, Pause], SimpleNamespace]
    workers: tuple[Callable[[Any], None], ...]
    holds: Callable[[Any], bool]
    timed: bool = False
    starts_threads: bool = False

    def path(self, directory: str) -> Path:
        return CLASSICS / directory / f"{self.name}.py"

    def source(self, directory: str) -> str:
        return self.path(directory).read_text("utf-8")

    def module(self, directory: str) -> ModuleType:
        """The program as an ordinary module."""
        spec = importlib.util.spec_from_file_location(f"{directory}_{self.name}", self.path(directory))
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module


def counter(kata: Any, pause: Pause) -> SimpleNamespace:
    return SimpleNamespace(counter=kata.Counter())


def increment(state: Any) -> None:
    state.counter.increment()


def cache(kata: Any, pause: Pause) -> SimpleNamespace:
    made: list[str] = []
    return SimpleNamespace(made=made, cache=kata.Cache(made.append))


def look_up(state: Any) -> None:
    state.cache.get("key")


def mailbox(kata: Any, pause: Pause) -> SimpleNamespace:
    return SimpleNamespace(mailbox=kata.Mailbox(), read=[], failed=[])


def read(state: Any) -> None:
    try:
        state.read.append(state.mailbox.get())
    except IndexError as error:
        state.failed.append(error)


def deliver(state: Any) -> None:
    state.mailbox.put(1)
    state.mailbox.put(2)


def gate(kata: Any, pause: Pause) -> SimpleNamespace:
    return SimpleNamespace(gate=kata.Gate())


def wait_at_gate(state: Any) -> None:
    state.gate.wait()


def open_gate(state: Any) -> None:
    state.gate.open()


def accounts(kata: Any, pause: Pause) -> SimpleNamespace:
    return SimpleNamespace(kata=kata, one=kata.Account(1, 100), two=kata.Account(2, 100))


def there(state: Any) -> None:
    state.kata.transfer(state.one, state.two, 10)


def back(state: Any) -> None:
    state.kata.transfer(state.two, state.one, 10)


def breaker(kata: Any, pause: Pause) -> SimpleNamespace:
    found = kata.Breaker(reset_after=0)
    found.trip()
    return SimpleNamespace(breaker=found, allowed=[])


def probe(state: Any) -> None:
    if state.breaker.allow():
        state.allowed.append(1)


def semaphore(kata: Any, pause: Pause) -> SimpleNamespace:
    found = kata.Semaphore(1)
    found.free = 0  # somebody holds the permit
    return SimpleNamespace(semaphore=found, pause=pause)


def acquire(state: Any) -> None:
    if state.semaphore.acquire(2):
        state.semaphore.release()


def acquire_by_name(state: Any) -> None:
    if state.semaphore.acquire("waiter", 2):
        state.semaphore.release()


def release_later(state: Any) -> None:
    state.pause(2)
    state.semaphore.release()


def permit_is_free(state: Any) -> bool:
    return bool(state.semaphore.free == 1)


def pool(kata: Any, pause: Pause) -> SimpleNamespace:
    return SimpleNamespace(kata=kata, pool=kata.Pool(), taken=[])


def submit(state: Any) -> None:
    try:
        state.pool.submit(1)
    except state.kata.Stopped:
        return
    state.taken.append(1)


def stop(state: Any) -> None:
    state.pool.stop()


def work(state: Any) -> None:
    state.pool.work()


def all_done(state: Any) -> bool:
    return bool(state.pool.done == state.taken)


def loops(kata: Any, pause: Pause) -> SimpleNamespace:
    return SimpleNamespace(loops=kata.Loops())


def run_left(state: Any) -> None:
    state.loops.run_left()


def run_right(state: Any) -> None:
    state.loops.run_right()


SUBJECTS = (
    Subject("lost_update", counter, (increment, increment), lambda state: state.counter.value == 2),
    Subject("check_then_act", cache, (look_up, look_up), lambda state: len(state.made) == 1),
    Subject("if_for_while", mailbox, (read, deliver, read), lambda state: not state.failed),
    Subject("notify_for_notify_all", gate, (wait_at_gate, open_gate, wait_at_gate), lambda state: True),
    Subject("lock_order", accounts, (there, back), lambda state: state.one.balance == 100),
    Subject("half_open", breaker, (probe, probe), lambda state: len(state.allowed) == 1),
    Subject("lost_at_timeout", semaphore, (acquire, release_later), permit_is_free, timed=True),
    Subject(
        "handed_over_at_the_deadline", semaphore, (acquire_by_name, release_later), permit_is_free, timed=True
    ),
    Subject("submit_against_stop", pool, (work, submit, stop), all_done),
    Subject("submit_against_stop_inside", pool, (submit, stop), all_done, starts_threads=True),
    Subject("needle", loops, (run_left, run_right), lambda state: not state.loops.met),
)
BY_NAME = {subject.name: subject for subject in SUBJECTS}
