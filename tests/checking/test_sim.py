"""What a property sees of the simulation: tasks and their errors, time, names, histories, the companion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from dojo.checking.check import execute
from dojo.checking.linearizability import PENDING, Operation
from dojo.checking.property import Property
from dojo.checking.sim import Sim
from dojo.simulator.machine import Machine, Run, compile_program
from dojo.simulator.outcome import Ending
from dojo.simulator.strategies import DEFAULT, RandomWalk, Strategy

COMPANION = compile("LOADED = []\nNAME = __name__\n", "context.py", "exec")


def ran(body: Callable[[Sim], None], strategy: Strategy = DEFAULT, **more: Any) -> Run:
    """One run of a property's body."""
    machine = Machine(compile_program("VALUE = 1\n", "kata.py"), companions={"context": COMPANION})
    return execute(Property("it holds", "Because.", body, **more), machine, {}, strategy)


def holds(body: Callable[[Sim], None], strategy: Strategy = DEFAULT) -> None:
    """The body returns, all threads end; its own assertions are raised here."""
    outcome = ran(body, strategy).outcome
    if outcome.exception is not None:
        raise outcome.exception
    assert outcome.ending is Ending.FINISHED


def fail() -> None:
    """Raise something to recognise."""
    raise LookupError("found nothing")


@pytest.mark.parametrize("seed", range(5))
def test_results_come_in_the_order_of_the_tasks(seed: int) -> None:
    """result() waits and returns what the function returned; join() does so for the given tasks or for all."""

    def body(sim: Sim) -> None:
        def slow(seconds: int) -> int:
            sim.sleep(seconds)
            return seconds

        one, two = sim.spawn(slow, 5), sim.spawn(slow, 2)
        assert not one.finished and not two.finished
        assert sim.join(two) == [2] and sim.now == 2 and not one.finished
        assert sim.join() == [5, 2] and sim.now == 5
        assert one.finished and one.result() == 5 and one.error() is None

    holds(body, RandomWalk(seed))


@pytest.mark.parametrize("ask", ["result", "error", "join"])
def test_an_error_is_kept_until_somebody_asks(ask: str) -> None:
    """It does not end the run by itself; every way of asking sees it."""

    def body(sim: Sim) -> None:
        task = sim.spawn(fail)
        sim.sleep(1)
        assert task.finished and isinstance(task.unseen_error(), LookupError)
        if ask == "error":
            assert isinstance(task.error(), LookupError)
        else:
            with pytest.raises(LookupError, match="found nothing"):
                task.result() if ask == "result" else sim.join(task)
        assert task.unseen_error() is None

    holds(body)


@pytest.mark.parametrize("wait", [True, False])
def test_an_error_that_nobody_asks_for_fails_the_run(wait: bool) -> None:
    """When the body has returned, an error left over is raised; Task.join() alone does not look at it."""

    def body(sim: Sim) -> None:
        task = sim.spawn(fail)
        assert task.join() if wait else sim.sleep(1) is None

    outcome = ran(body).outcome
    assert outcome.ending is Ending.RAISED and isinstance(outcome.exception, LookupError)


def test_an_assertion_in_a_task_ends_the_run_there() -> None:
    """The run is over at once, by the task's name, with nobody asking and nothing after it."""
    after: list[str] = []

    def body(sim: Sim) -> None:
        def promise() -> None:
            raise AssertionError("broken")

        sim.spawn(promise, name="prover")
        sim.sleep(1)
        after.append("slept")

    outcome = ran(body).outcome
    assert (outcome.ending, outcome.thread) == (Ending.THREAD_RAISED, "prover")
    assert isinstance(outcome.exception, AssertionError) and after == []


def test_join_with_a_timeout_tells() -> None:
    """It waits that long in virtual time and says whether the task has ended."""

    def body(sim: Sim) -> None:
        task = sim.spawn(sim.sleep, 3)
        assert task.join(1) is False and sim.now == 1
        assert task.join(5) is True and sim.now == 3

    holds(body)


def test_names_are_the_functions_and_numbers() -> None:
    """Each function counts on its own; a given name stands; a callable without a name is a task."""

    class Call:
        def __call__(self) -> None: ...

    def body(sim: Sim) -> None:
        def get() -> None: ...

        tasks = [sim.spawn(get), sim.spawn(get), sim.spawn(lambda: None), sim.spawn(Call())]
        names = [task.name for task in (*tasks, sim.spawn(get, name="x"), sim.spawn(get))]
        assert names == ["get-1", "get-2", "lambda-1", "task-1", "x", "get-3"]

    run = ran(body)
    assert run.outcome.ok and list(run.names.values())[:3] == ["main", "get-1", "get-2"]


def test_settle_lets_the_others_run_and_time_stand() -> None:
    """Every other thread gets to where it waits, also through hand-offs, and the clock does not move."""

    def body(sim: Sim) -> None:
        first, second, seen = sim.threading.Event(), sim.threading.Event(), []

        def relay() -> None:
            first.wait()
            seen.append("relayed")
            second.set()

        def last() -> None:
            second.wait()
            seen.append("arrived")
            sim.sleep(10)
            seen.append("slept")

        sim.spawn(last), sim.spawn(relay)
        sim.settle()
        first.set()
        assert seen == []
        sim.settle()
        assert seen == ["relayed", "arrived"] and sim.now == 0
        sim.join()
        assert seen == ["relayed", "arrived", "slept"] and sim.now == 10

    holds(body)


def test_live_threads_are_those_that_have_not_ended() -> None:
    """By name, in order of their start, the main thread left out, threads of the program included."""

    def body(sim: Sim) -> None:
        assert sim.live_threads == []
        sim.spawn(sim.sleep, 1, name="short")
        sim.spawn(sim.sleep, 2, name="long")
        other = sim.threading.Thread(target=sim.sleep, args=(1,), name="other")
        other.start()
        assert sim.live_threads == ["short", "long", "other"]
        sim.sleep(1.5)
        assert sim.live_threads == ["long"]
        sim.sleep(1)
        assert sim.live_threads == []

    holds(body)


def test_wake_ups_are_counted_for_the_caller() -> None:
    """A wait adds one; another thread's waits add none."""

    def body(sim: Sim) -> None:
        task = sim.spawn(lambda: [sim.sleep(0.1) for _ in range(7)])
        before = sim.wakeups
        sim.sleep(1)
        assert sim.wakeups == before + 1
        task.result()

    holds(body)


@pytest.mark.parametrize("seconds", [3600, -3600, 0.25])
def test_the_wall_clock_moves_alone(seconds: float) -> None:
    """time() steps; monotonic(), the virtual time and a sleep under way do not."""

    def body(sim: Sim) -> None:
        wall, mono = sim.time.time(), sim.time.monotonic()
        sleeper = sim.spawn(sim.sleep, 1)
        sim.settle()
        sim.step_wall_clock(seconds)
        assert (sim.time.time() - wall, sim.time.monotonic() - mono, sim.now) == (seconds, 0, 0)
        sleeper.result()
        assert sim.now == 1 and sim.time.time() - wall == seconds + 1

    holds(body)


def test_every_clock_can_be_set_back() -> None:
    """monotonic() goes back by that much."""

    def body(sim: Sim) -> None:
        sim.sleep(5)
        before = sim.time.monotonic()
        sim.step_monotonic_clock_back(2)
        assert sim.time.monotonic() == before - 2

    holds(body)


def test_calls_make_a_history() -> None:
    """Call and return are ticks of one counter; a raising call is its exception's name and raises on."""

    def body(sim: Sim) -> None:
        assert sim.call("put", 1, lambda: "done") == "done"
        with pytest.raises(LookupError):
            sim.call("get", None, fail)
        assert sim.history == [
            Operation("MainThread", "put", 1, "done", 1, 2),
            Operation("MainThread", "get", None, "LookupError", 3, 4),
        ]

    holds(body)


def test_a_call_under_way_is_pending() -> None:
    """Calls that overlap have ticks that do; one that has not returned is pending, in its place."""

    def body(sim: Sim) -> None:
        gate = sim.threading.Event()
        waiter = sim.spawn(lambda: sim.call("wait", None, gate.wait), name="waiter")
        sim.settle()
        assert sim.history == [Operation("waiter", "wait", None, PENDING, 1, None)]
        sim.call("open", 7, gate.set)
        waiter.result()
        assert sim.history == [
            Operation("waiter", "wait", None, True, 1, 4),
            Operation("MainThread", "open", 7, None, 2, 3),
        ]

    holds(body)


def test_the_context_is_the_companion_and_is_loaded_once() -> None:
    """One module a run, under its own name; a fresh one in the next run."""

    def body(sim: Sim) -> None:
        assert sim.context is sim.context
        assert sim.context.NAME == "context" and sim.context.LOADED == []
        sim.context.LOADED.append(1)
        assert sim.kata.VALUE == 1

    machine = Machine(compile_program("VALUE = 1\n", "kata.py"), companions={"context": COMPANION})
    for _ in range(2):
        assert execute(Property("it holds", "Because.", body), machine, {}, DEFAULT).outcome.ok


def test_a_task_left_over_is_a_leak_unless_allowed() -> None:
    """Threads of a property are held to the same rule as those of the program."""

    def body(sim: Sim) -> None:
        sim.spawn(sim.threading.Event().wait, name="stuck")

    assert ran(body).outcome.ending is Ending.LEAK
    assert ran(body, allow_leaks=True).outcome.ending is Ending.FINISHED


def test_a_scene_that_comes_too_late_breaks_the_promise() -> None:
    """Sleeping for less than no time means that calls took too long, and is said in these words."""

    def body(sim: Sim) -> None:
        sim.sleep(3)
        sim.sleep(2 - sim.now)

    outcome = ran(body).outcome
    assert isinstance(outcome.exception, AssertionError)
    assert "taken 1 s longer than they may" in str(outcome.exception)
