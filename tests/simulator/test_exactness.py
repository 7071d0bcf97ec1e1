"""The schedules that the exhaustive search walks through are all there are, each of them once."""

from __future__ import annotations

from math import factorial, prod

import pytest

from dojo.simulator.schedule import Schedule
from dojo.simulator.strategies import Replay, every_interleaving
from dojo.simulator.world import World
from tests.simulator.programs import Program, interleavings


def explore(lengths: list[int]) -> list[tuple[int, ...]]:
    """What threads with ``lengths[i]`` pieces, a preemption point between any two, did in every schedule.

    The last piece is the end of the thread, which has a preemption point before it.
    """
    world = World()
    point = world._hooks["@read"]
    threading = world.module("threading")
    logs = []

    def body(number: int) -> None:
        log_end(world, log, number)
        log.append(number)
        for _ in range(lengths[number] - 2):
            point(0)
            log.append(number)

    def main() -> None:
        # Nobody joins: main would be one more thread to interleave.
        for number in range(len(lengths)):
            threading.Thread(target=body, args=(number,)).start()

    def run(strategy) -> None:
        log.clear()
        assert world.scheduler.run(main, strategy, max_steps=1000, begin=world.reset).ok
        logs.append(tuple(log))

    log: list[int] = []
    taken = [tuple(choices) for choices in every_interleaving(run)]
    assert len(set(taken)) == len(taken) == len(logs)
    return logs


def log_end(world: World, log: list[int], number: int) -> None:
    """Have the end of the running thread logged."""
    world.scheduler.current.joiners.append(lambda: log.append(number))


@pytest.mark.parametrize("lengths", [[2, 2], [3, 2], [4, 4], [5, 3], [2, 2, 2], [3, 3, 2], [2, 2, 2, 2]])
def test_count_is_the_multinomial(lengths):
    """The number of schedules is the closed form, and what happened in them is what brute force lists."""
    logs = explore(lengths)
    assert len(logs) == factorial(sum(lengths)) // prod(map(factorial, lengths))
    assert len(set(logs)) == len(logs)
    assert set(logs) == interleavings(lengths)


def model_runs(sections: list[int]) -> list[tuple[int, ...]]:
    """Brute force for threads that enter a locked section with a point inside; the log has one entry a piece.

    A state is where each thread stands, who holds the lock, and who runs on without a choice.
    """
    # Pieces between two choices: "acquire" is itself a point, and may block.
    programs = [["begin"] + ["acquire", "inside"] * count + ["end"] for count in sections]

    def walk(at: list[int], holder: int | None, waiting: frozenset[int], log: tuple[int, ...]):
        ready = [
            i for i in range(len(sections)) if at[i] < len(programs[i]) and not (i in waiting and holder is not None)
        ]
        if not ready:
            yield log
            return
        for i in ready:
            piece = programs[i][at[i]]
            step = at[:i] + [at[i] + 1] + at[i + 1 :]
            if piece == "begin":
                yield from walk(step, holder, waiting, log)
            elif piece == "acquire" and holder is not None:
                yield from walk(at, holder, waiting | {i}, log)
            elif piece == "acquire":
                yield from walk(step, i, waiting - {i}, (*log, i))
            elif piece == "end":
                yield from walk(step, holder, waiting, (*log, i))
            else:
                yield from walk(step, None, waiting, (*log, i))

    return list(walk([0] * len(sections), None, frozenset(), ()))


@pytest.mark.parametrize("sections", [[1, 1], [2, 1], [2, 2], [1, 1, 1]])
def test_lock_model_agrees(sections):
    """With a contended lock the schedules are exactly those of an independent model of a lock."""
    world = World()
    point = world._hooks["@read"]
    threading = world.module("threading")
    logs: list[tuple[int, ...]] = []
    log: list[int] = []

    def main() -> None:
        lock = threading.Lock()

        def body(number: int) -> None:
            log_end(world, log, number)
            for _ in range(sections[number]):
                with lock:
                    log.append(number)
                    point(0)
                    log.append(number)

        for number in range(len(sections)):
            threading.Thread(target=body, args=(number,)).start()

    def run(strategy) -> None:
        log.clear()
        assert world.scheduler.run(main, strategy, max_steps=1000, begin=world.reset).ok
        logs.append(tuple(log))

    count = len(list(every_interleaving(run)))
    expected = model_runs(sections)
    assert sorted(logs) == sorted(expected)
    assert count == len(expected)


UPDATES = """
    import threading

    total = 0

    def add():
        global total
        total += 1

    def main():
        thread = threading.Thread(target=add)
        thread.start()
        add()
        thread.join()
        assert total == 2, total
"""


def test_every_trace_is_different():
    """Two schedules of the exhaustive search never give the same trace, and both results of a race are there."""
    program = Program(UPDATES)
    schedules: list[Schedule] = []
    list(every_interleaving(lambda strategy: schedules.append(program.run(strategy).schedule)))
    assert len({program.trace(Replay(schedule)) for schedule in schedules}) == len(schedules) > 10
    assert {program.run(Replay(schedule)).outcome.ok for schedule in schedules} == {True, False}


NEEDLE = """
    import threading

    flag = 0

    def reader():
        first = flag
        second = flag
        assert (first, second) != (0, 1)

    def writer():
        global flag
        flag = 1
        flag = 0

    def main():
        threading.Thread(target=reader).start()
        threading.Thread(target=writer).start()
"""


def test_two_delays_find_what_one_does_not():
    """A bug that needs two preemptions is in no one-delay schedule, and in some two-delay schedule."""
    program = Program(NEEDLE)
    ones = list(program.one_delay())
    assert all(program.run(Replay(schedule)).outcome.ok for schedule in ones)
    twos = [two for one in ones for two in program.one_delay(base=one)]
    failing = [schedule for schedule in twos if not program.run(Replay(schedule)).outcome.ok]
    assert failing
    assert all(len(program.run(Replay(schedule)).schedule.delays) == 2 for schedule in failing)


def test_one_delay_finds_a_lost_update():
    """The classic race is in a one-delay schedule, and not in the default order."""
    program = Program(UPDATES)
    program.passes()
    assert any(not program.run(Replay(schedule)).outcome.ok for schedule in program.one_delay())
