"""The ten scenarios in the shape that `frontrun` wants: a state, workers that get it, an invariant."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any

State = Any
Worker = Callable[[State], None]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One subject with its smallest failing workload.

    Attributes:
        setup: makes the state of one execution from the subject's module.
        workers: run on threads of their own.
        invariant: what holds when all have ended.
        clock: the package's clock mode; "explored" where the time at which a timer fires is the race.
    """

    setup: Callable[[ModuleType], State]
    workers: tuple[Worker, ...]
    invariant: Callable[[State], bool]
    clock: str = "virtual"


@dataclass(slots=True)
class Notes:
    """A subject and what its workers saw."""

    subject: Any
    module: ModuleType
    seen: list[Any]


def _lost_update() -> Scenario:
    def work(counter: State) -> None:
        counter.increment()

    return Scenario(lambda module: module.Counter(), (work, work), lambda counter: counter.value == 2)


def _check_then_act() -> Scenario:
    def setup(module: ModuleType) -> Notes:
        made: list[int] = []
        return Notes(module.Cache(made.append), module, made)

    def get(state: Notes) -> None:
        state.subject.get(0)

    return Scenario(setup, (get, get), lambda state: state.seen == [0])


def _if_for_while() -> Scenario:
    def read(state: Notes) -> None:
        state.seen.append(state.subject.get())

    def deliver(state: Notes) -> None:
        for letter in range(2):
            state.subject.put(letter)

    return Scenario(
        lambda module: Notes(module.Mailbox(), module, []),
        (read, deliver, read),
        lambda state: sorted(state.seen) == [0, 1],
    )


def _notify_for_notify_all() -> Scenario:
    def wait(gate: State) -> None:
        gate.wait()

    def let_in(gate: State) -> None:
        gate.open()

    return Scenario(lambda module: module.Gate(), (wait, let_in, wait), lambda gate: True)


def _lock_order() -> Scenario:
    def setup(module: ModuleType) -> Notes:
        return Notes([module.Account(number, 100) for number in range(2)], module, [])

    def there(state: Notes) -> None:
        state.module.transfer(state.subject[0], state.subject[1], 10)

    def back(state: Notes) -> None:
        state.module.transfer(state.subject[1], state.subject[0], 10)

    return Scenario(setup, (there, back), lambda state: sum(a.balance for a in state.subject) == 200)


def _half_open() -> Scenario:
    # There is no main thread that could sleep, so the time until the probe is nought.
    def setup(module: ModuleType) -> Notes:
        breaker = module.Breaker(reset_after=0)
        breaker.trip()
        return Notes(breaker, module, [])

    def ask(state: Notes) -> None:
        state.seen.append(state.subject.allow())

    return Scenario(setup, (ask, ask), lambda state: sum(state.seen) == 1, "virtual")


def _lost_at_timeout() -> Scenario:
    def setup(module: ModuleType) -> State:
        semaphore = module.Semaphore(1)
        semaphore.acquire(0)
        return semaphore

    def call(semaphore: State) -> None:
        if semaphore.acquire(1):
            semaphore.release()

    return Scenario(setup, (call, _release_later), lambda semaphore: semaphore.free == 1, "explored")


def _handed_over_at_the_deadline() -> Scenario:
    def setup(module: ModuleType) -> State:
        semaphore = module.Semaphore(1)
        semaphore.acquire("main", 0)
        return semaphore

    def call(semaphore: State) -> None:
        if semaphore.acquire(0, 2):
            semaphore.release()

    return Scenario(setup, (call, _release_later), lambda semaphore: semaphore.free == 1, "explored")


def _release_later(semaphore: State) -> None:
    time.sleep(2)
    semaphore.release()


def _submit(state: Notes) -> None:
    try:
        state.subject.submit(0)
    except state.module.Stopped:
        return
    state.seen.append(0)


def _stop(state: Notes) -> None:
    state.subject.stop()


def _submit_against_stop() -> Scenario:
    def work(state: Notes) -> None:
        state.subject.work()

    return Scenario(_pool, (work, _submit, _stop), _all_done)


def _submit_against_stop_inside() -> Scenario:
    return Scenario(_pool, (_submit, _stop), _all_done)


def _pool(module: ModuleType) -> Notes:
    return Notes(module.Pool(), module, [])


def _all_done(state: Notes) -> bool:
    return state.subject.done == state.seen


SCENARIOS: dict[str, Scenario] = {
    "lost_update": _lost_update(),
    "check_then_act": _check_then_act(),
    "if_for_while": _if_for_while(),
    "notify_for_notify_all": _notify_for_notify_all(),
    "lock_order": _lock_order(),
    "half_open": _half_open(),
    "lost_at_timeout": _lost_at_timeout(),
    "handed_over_at_the_deadline": _handed_over_at_the_deadline(),
    "submit_against_stop": _submit_against_stop(),
    "submit_against_stop_inside": _submit_against_stop_inside(),
}
