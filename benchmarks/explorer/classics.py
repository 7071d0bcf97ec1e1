"""The ten classic subjects, and a needle of 100 steps.

The code under test is that of the bug zoo, unchanged: ``tests/checking/classics/{buggy,fixed}``.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from benchmarks.explorer.subject import Pause, Subject


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


CLASSICS = (
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
