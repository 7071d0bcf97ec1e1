"""Every way a run can end is recognised, and told in the names of the program."""

from __future__ import annotations

import pytest

from dojo.simulator.outcome import Ending, ThreadState
from dojo.simulator.strategies import DEFAULT, RandomWalk, Replay
from tests.simulator.programs import Program, mixed

PROGRAM = """
    import threading
    import time

    left, right = threading.Lock(), threading.Lock()
    condition = threading.Condition()
    flag = False

    def crossed():
        def take(first, second):
            with first:
                time.sleep(1)
                with second:
                    pass
        threads = [
            threading.Thread(target=take, args=(left, right), name="lefty"),
            threading.Thread(target=take, args=(right, left), name="righty"),
        ]
        [t.start() for t in threads]
        [t.join() for t in threads]

    def lock_order():
        def take(first, second):
            with first:
                with second:
                    pass
        threads = [
            threading.Thread(target=take, args=(left, right)),
            threading.Thread(target=take, args=(right, left)),
        ]
        [t.start() for t in threads]
        [t.join() for t in threads]

    def own_lock():
        with left:
            left.acquire()

    def lost_wakeup():
        def signal():
            with condition:
                condition.notify()
        threading.Thread(target=signal).start()
        if not flag:
            with condition:
                condition.wait()

    def leak():
        threading.Thread(target=threading.Event().wait, name="lonely").start()

    def leaked_daemon():
        threading.Thread(target=threading.Event().wait, name="daemon", daemon=True).start()

    def left_sleeping():
        threading.Thread(target=time.sleep, args=(60,), name="sleeper").start()

    def main_raises():
        raise LookupError("no such thing")

    def thread_raises():
        thread = threading.Thread(target=lambda: {}["key"], name="careless")
        thread.start()
        thread.join()

    def raw_thread_raises():
        import _thread
        _thread.start_new_thread(lambda: {}["key"], ())
        time.sleep(1)

    def thread_exits():
        thread = threading.Thread(target=lambda: exec("raise SystemExit(3)"))
        thread.start()
        thread.join()

    def main_exits():
        raise SystemExit(3)

    def main_interrupted():
        thread = threading.Thread(target=interrupt)
        thread.start()
        thread.join()

    def interrupt():
        raise KeyboardInterrupt

    def polls_the_clock():
        end = time.monotonic() + 1
        while time.monotonic() < end:
            pass

    def polls_with_sleep_zero():
        end = time.monotonic() + 1
        while time.monotonic() < end:
            time.sleep(0)

    def try_locks():
        def grab(mine, other):
            mine.acquire()
            ready.wait()
            while not other.acquire(blocking=False):
                time.sleep(0)
        ready = threading.Barrier(2)
        threads = [
            threading.Thread(target=grab, args=(left, right), name="lefty"),
            threading.Thread(target=grab, args=(right, left), name="righty"),
        ]
        [t.start() for t in threads]
        [t.join() for t in threads]

    def endless_loop():
        while True:
            pass

    def endless_loop_in_a_thread():
        thread = threading.Thread(target=endless_loop, name="busy")
        thread.start()
        thread.join()

    def long_work():
        for _ in range(100):
            time.sleep(1)
            for _ in range(100):
                pass

    def fine():
        assert threading.enumerate() == [threading.main_thread()]
        threads = [threading.Thread(target=time.sleep, args=(1,)) for _ in range(3)]
        [t.start() for t in threads]
        [t.join() for t in threads]

    def stubborn():
        def refuse():
            while True:
                try:
                    threading.Event().wait()
                except BaseException:
                    continue
        for _ in range(3):
            threading.Thread(target=refuse).start()

    def stubborn_loop():
        def refuse():
            while True:
                try:
                    while True:
                        pass
                except BaseException:
                    continue
        threading.Thread(target=refuse).start()

    def stubborn_at_every_point():
        # What exec runs has no preemption points of its own, so none outside the try.
        code = "while True:\\n try: lock.acquire()\\n except BaseException: pass"
        lock = threading.Lock()
        threading.Thread(target=exec, args=(code, {"lock": lock})).start()

    def blocks_while_it_dies():
        def work():
            try:
                threading.Event().wait()
            finally:
                with left:
                    time.sleep(1)
                    threading.Event().wait()
        threading.Thread(target=work).start()

    def starts_threads_while_it_dies():
        def work():
            try:
                threading.Event().wait()
            finally:
                threading.Thread(target=work).start()
        threading.Thread(target=work).start()
"""


@pytest.fixture(scope="module")
def program() -> Program:
    return Program(PROGRAM)


@pytest.mark.parametrize(
    ("main", "ending", "message"),
    [
        ("crossed", Ending.DEADLOCK, ""),
        ("own_lock", Ending.DEADLOCK, ""),
        ("leak", Ending.LEAK, "lonely"),
        ("leaked_daemon", Ending.LEAK, "daemon"),
        ("left_sleeping", Ending.LEAK, "sleeper"),
        ("main_raises", Ending.RAISED, "LookupError: no such thing"),
        ("thread_raises", Ending.THREAD_RAISED, "KeyError: 'key'"),
        ("raw_thread_raises", Ending.THREAD_RAISED, "KeyError: 'key'"),
        ("thread_exits", Ending.FINISHED, ""),
        ("main_exits", Ending.RAISED, "SystemExit: 3"),
        ("main_interrupted", Ending.THREAD_RAISED, "KeyboardInterrupt"),
        ("polls_the_clock", Ending.POLLING, "reads the clock"),
        ("polls_with_sleep_zero", Ending.POLLING, "reads the clock"),
        ("try_locks", Ending.LIVELOCK, "none of them gets on"),
        ("endless_loop", Ending.ENDLESS_LOOP, "main loops without end"),
        ("endless_loop_in_a_thread", Ending.ENDLESS_LOOP, "busy loops without end"),
        ("fine", Ending.FINISHED, ""),
        ("long_work", Ending.FINISHED, ""),
    ],
)
def test_ending(program, main, ending, message):
    """The ending is the same, and worded the same, in the default order and under every random strategy."""
    for strategy in mixed(3):
        outcome = program.run(strategy, main).outcome
        assert outcome.ending is ending, outcome
        assert message in outcome.message, outcome


def states(run) -> dict[str, ThreadState]:
    return {state.name: state for state in run.outcome.threads}


def test_a_deadlock_says_who_holds_what(program):
    """Each thread of a deadlock is named, with the lock it waits for, its holder, and its own line."""
    found = states(program.run(main="crossed"))
    assert list(found) == ["main", "lefty", "righty"]
    lefty, righty = found["lefty"], found["righty"]
    assert (lefty.doing, lefty.waits_for, lefty.held_by) == ("blocked", "Lock on second", "righty")
    assert (righty.doing, righty.waits_for, righty.held_by) == ("blocked", "Lock on second", "lefty")
    assert (found["main"].waits_for, found["main"].held_by) == ("Thread.join() of lefty", "lefty")
    place = lefty.stack[-1]
    assert (place.file, place.function) == ("program.py", "crossed.<locals>.take")
    assert "with second" in PROGRAM.splitlines()[place.line - 1]


def test_a_lock_order_bug_needs_one_delay(program):
    """Locks taken in opposite orders deadlock in a one-delay schedule only."""
    program.passes(main="lock_order")
    outcomes = [
        program.run(Replay(schedule), "lock_order").outcome for schedule in program.one_delay("lock_order")
    ]
    assert {outcome.ending for outcome in outcomes} == {Ending.FINISHED, Ending.DEADLOCK}


def test_a_lost_wakeup_is_a_deadlock_in_a_condition(program):
    """A notify that comes before the wait leaves the waiter in Condition.wait() for ever."""
    program.passes(main="lost_wakeup")
    runs = [program.run(Replay(schedule), "lost_wakeup") for schedule in program.one_delay("lost_wakeup")]
    stuck = [run for run in runs if run.outcome.ending is Ending.DEADLOCK]
    assert stuck
    assert all(states(run)["main"].waits_for == "Condition.wait() on condition" for run in stuck)
    assert all(states(run)["main"].held_by == "" for run in stuck)


def test_an_uncaught_exception_is_kept(program):
    """The exception object and the name of its thread are in the outcome."""
    outcome = program.run(main="thread_raises").outcome
    assert outcome.thread == "careless"
    assert isinstance(outcome.exception, KeyError)
    assert outcome.exception.__traceback__ is not None


def test_leaks_may_be_allowed(program):
    """With allow_leaks a blocked thread that is left over is no fault; a deadlocked main thread still is."""
    assert program.run(main="leaked_daemon", allow_leaks=True).outcome.ok
    assert program.run(main="own_lock", allow_leaks=True).outcome.ending is Ending.DEADLOCK


@pytest.mark.parametrize("strategy", [DEFAULT, RandomWalk(1)], ids=["default", "random"])
def test_step_limit(program, strategy):
    """A run that does get on, but not to its end within the limit, is given up without a verdict."""
    run = program.run(strategy, "long_work", max_steps=3_000)
    assert run.outcome.ending is Ending.STEP_LIMIT
    assert 3_000 <= run.steps < 6_000


@pytest.mark.parametrize(
    "main",
    [
        "stubborn",
        "stubborn_loop",
        "stubborn_at_every_point",
        "blocks_while_it_dies",
        "starts_threads_while_it_dies",
        "endless_loop",
    ],
)
def test_threads_that_refuse_to_die_harm_no_later_run(program, main):
    """After a run that could not be unwound, others go on as if nothing had happened."""
    before = program.trace(main="fine"), program.trace(RandomWalk(5), main="crossed")
    for seed in range(3):
        assert not program.run(RandomWalk(seed), main).outcome.ok
        assert (program.trace(main="fine"), program.trace(RandomWalk(5), main="crossed")) == before
