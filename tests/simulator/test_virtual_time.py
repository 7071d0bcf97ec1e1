"""Time is virtual, exact to the nanosecond, and passes only when every thread waits."""

from __future__ import annotations

from itertools import permutations

import pytest

from dojo.simulator.outcome import Ending
from dojo.simulator.strategies import RandomWalk, Replay, every_interleaving
from tests.simulator.programs import Program

CLOCKS = """
    import random
    import threading
    import time

    def equal_deadlines():
        def work(name):
            time.sleep(1)
            order.append(name)
            assert time.monotonic() == 1001.0
        for name in "abc":
            threading.Thread(target=work, args=(name,)).start()
        time.sleep(1)
        order.append("m")
        time.sleep(1)
        return order

    def wait_for_keeps_its_deadline():
        condition = threading.Condition()
        def notify():
            for _ in range(5):
                time.sleep(0.5)
                with condition:
                    condition.notify_all()
        thread = threading.Thread(target=notify)
        thread.start()
        with condition:
            assert not condition.wait_for(lambda: False, timeout=1.75)
        assert time.monotonic_ns() == 1_001_750_000_000
        thread.join()

    def sleep_zero_gives_way():
        seen = []
        threading.Thread(target=lambda: seen.append(time.monotonic())).start()
        time.sleep(0)
        assert seen == [1000.0] and time.monotonic() == 1000.0

    def clocks_agree():
        wall, mono = time.time(), time.monotonic()
        time.sleep(0.5)
        assert time.time() - wall == time.monotonic() - mono == time.perf_counter() - mono == 0.5
        assert time.time_ns() == int(time.time() * 10) * 100_000_000
        assert time.gmtime().tm_year == 2025
        assert time.process_time() == 0.0

    def join_with_timeout():
        thread = threading.Thread(target=time.sleep, args=(2,))
        thread.start()
        thread.join(timeout=0.5)
        assert thread.is_alive() and time.monotonic() == 1000.5
        thread.join(timeout=0)
        thread.join(timeout=-1)
        assert time.monotonic() == 1000.5 or not thread.is_alive()
        thread.join()
        assert not thread.is_alive() and time.monotonic() == 1002.0

    def odd_lengths():
        generator = random.Random(1)
        for _ in range(300):
            time.sleep(generator.randrange(1000) / 1000)
            begun, length = time.monotonic_ns(), generator.randrange(1000)
            end = time.monotonic() + length / 1000
            sleeps = 0
            while (left := end - time.monotonic()) > 0:
                time.sleep(left)
                sleeps += 1
            assert time.monotonic_ns() - begun == length * 1_000_000
            assert sleeps <= 3

    def gives_up_when_late():
        for length in (0, 1, 7, 300):
            begun = time.monotonic_ns()
            end = time.monotonic() + length / 1000
            condition = threading.Condition()
            while (left := end - time.monotonic()) >= 0:
                with condition:
                    condition.wait(left)
            assert time.monotonic_ns() - begun == length * 1_000_000

    def gives_up_when_late_in_nanoseconds():
        begun = time.monotonic_ns()
        while (left := begun + 1_000_000 - time.monotonic_ns()) >= 0:
            time.sleep(left / 1e9)
        assert time.monotonic_ns() - begun == 1_000_001

    def refusals():
        lock = threading.Lock()
        for call in (
            lambda: time.sleep(-1),
            lambda: lock.acquire(timeout=-2),
            lambda: lock.acquire(False, 1),
        ):
            try:
                call()
            except ValueError:
                continue
            raise AssertionError("not refused")
        try:
            lock.acquire(timeout=threading.TIMEOUT_MAX * 2)
        except OverflowError:
            return
        raise AssertionError("not refused")

    def lock_at_the_deadline():
        lock = threading.Lock()
        lock.acquire()
        def release():
            time.sleep(1)
            lock.release()
        threading.Thread(target=release).start()
        got.append(lock.acquire(timeout=1))
        assert time.monotonic() == 1001.0
        time.sleep(1)

    def a_year():
        time.sleep(365 * 86_400)
        assert time.monotonic() == 1000 + 365 * 86_400

    order, got = [], []
"""


@pytest.fixture(scope="module")
def clocks() -> Program:
    return Program(CLOCKS)


@pytest.mark.parametrize(
    "main",
    [
        "wait_for_keeps_its_deadline",
        "clocks_agree",
        "join_with_timeout",
        "odd_lengths",
        "gives_up_when_late",
        "gives_up_when_late_in_nanoseconds",
        "refusals",
        "a_year",
    ],
)
def test_time_is_exact_in_every_schedule(clocks, main):
    """What the scenario says about times holds to the nanosecond, whoever is preempted where."""
    clocks.passes_always(main, seeds=5)


def test_sleep_of_zero_lets_others_run_first(clocks):
    """In the default order sleep(0) passes the turn on, and no time passes."""
    clocks.passes(main="sleep_zero_gives_way")


def test_equal_deadlines_fire_together_in_every_order(clocks):
    """Threads that are due at the same instant run in every one of their orders, at that instant."""
    seen = set()
    machine = clocks.machine

    def scenario() -> None:
        seen.add("".join(machine.load().equal_deadlines()))

    # Switches before the instant multiply the runs without adding orders: random ones suffice for those.
    for seed in range(400):
        assert machine.run(scenario, RandomWalk(seed)).outcome.ok
    assert seen == set(map("".join, permutations("abcm")))


def test_a_release_at_the_very_deadline_goes_both_ways(clocks):
    """A time-out that races with the release at the same instant may end either way, and the search sees both."""
    results = set()
    machine = clocks.machine

    def scenario() -> None:
        module = machine.load()
        module.lock_at_the_deadline()
        results.add(module.got[0])

    runs = list(every_interleaving(lambda strategy: machine.run(scenario, strategy)))
    assert results == {True, False}
    assert len(runs) > 2


WALL = """
    import time

    def main():
        before, mono = time.time(), time.monotonic()
        assert before == 1_750_000_000.0
        step(-3600)
        time.sleep(1)
        assert time.time() - before == -3599.0
        assert time.monotonic() - mono == 1.0
"""


def test_the_wall_clock_can_step_back_alone():
    """A step of the wall clock moves time.time() and nothing else, and is undone for the next run."""
    program = Program(WALL)
    machine = program.machine

    def scenario() -> None:
        module = machine.load()
        module.step = lambda seconds: machine.world.scheduler.clock.step_wall(seconds * 1_000_000_000)
        module.main()

    assert machine.run(scenario).outcome.ok
    assert machine.run(scenario).outcome.ok


LEASE = """
    import time

    class Lease:
        def __init__(self, seconds):
            self.expires = time.monotonic() + seconds

        def valid(self):
            return time.monotonic() < self.expires

    def main():
        lease = Lease(1)
        if lease.valid():
            use(lease)

    def use(lease):
        assert lease.valid(), "used after it had expired"
"""


def test_only_a_stall_reveals_an_expiry_bug():
    """No order of threads shows that a lease can expire between check and use; one stall does."""
    program = Program(LEASE)
    program.passes_always(seeds=50)
    runs = [program.run(Replay(schedule)) for schedule in program.one_stall(2_000_000_000)]
    assert {run.outcome.ending for run in runs} == {Ending.FINISHED, Ending.RAISED}
    assert all(run.elapsed >= 2_000_000_000 for run in runs if not run.outcome.ok)


def test_a_stall_replays():
    """A schedule with a stall repeats its run exactly."""
    program = Program(LEASE)
    for schedule in program.one_stall(2_000_000_000):
        first = program.run(Replay(schedule))
        assert first.schedule == schedule
        assert program.trace(Replay(schedule)) == program.trace(Replay(first.schedule))
