"""Strategies: what one does, another can repeat; equal seeds give equal runs in every process."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from dojo.simulator.schedule import DEFAULT_ORDER, Schedule
from dojo.simulator.strategies import DEFAULT, Census, Pct, RandomWalk, Replay, StickyWalk
from tests.simulator.programs import Program, mixed

WORK = """
    import queue
    import threading
    import time
    from concurrent.futures import ThreadPoolExecutor, wait

    total = 0

    class Counter:
        def __init__(self):
            self.lock = threading.Lock()
            self.values = {}

        def add(self, key):
            global total
            total += 1
            with self.lock:
                self.values[key] = self.values.get(key, 0) + 1

    def main():
        counter, items = Counter(), queue.Queue(1)
        def produce():
            for number in range(3):
                items.put(number)
                time.sleep(0.5)
        def consume():
            for _ in range(3):
                counter.add(items.get(timeout=10))
        threads = [threading.Thread(target=produce), threading.Thread(target=consume)]
        for thread in threads:
            thread.start()
        with ThreadPoolExecutor(2) as pool:
            done = wait({pool.submit(counter.add, name) for name in "xyz"}, timeout=5).done
            assert len(done) == 3
        for thread in threads:
            thread.join()
        assert sum(counter.values.values()) == 6

    def racing():
        threads = [threading.Thread(target=Counter().add, args=(0,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert total == 2

    def spinning():
        stop = []
        def spin():
            while not stop:
                time.sleep(0)
        thread = threading.Thread(target=spin)
        thread.start()
        for _ in range(20):
            pass
        stop.append(1)
        thread.join()

    def failing():
        def fail(number):
            time.sleep(number % 2)
            raise ValueError(number)
        for number in range(4):
            threading.Thread(target=fail, args=(number,)).start()
        time.sleep(3)
"""


@pytest.fixture(scope="module")
def work() -> Program:
    return Program(WORK)


@pytest.mark.parametrize("main", ["main", "racing", "spinning", "failing"])
def test_replay_repeats_any_run(work, main):
    """The schedule that a random run leaves behind replays it: same trace, ending, steps and time."""
    for strategy in mixed(25):
        run = work.run(strategy, main)
        again = work.run(Replay(run.schedule), main)
        assert again.outcome == run.outcome
        assert (again.steps, again.elapsed, again.schedule) == (run.steps, run.elapsed, run.schedule)


@pytest.mark.parametrize("make", [RandomWalk, StickyWalk, lambda seed: Pct(seed, 100)], ids=["random", "sticky", "pct"])
def test_replay_gives_the_same_trace(work, make):
    """Byte for byte, recorded or not: a recorder does not disturb the run."""
    for seed in range(20):
        schedule = work.run(make(seed)).schedule
        assert work.trace(make(seed)) == work.trace(Replay(schedule))


def test_the_default_order_is_the_empty_schedule(work):
    """Replaying nothing, a census of nothing and the default order are the same run."""
    assert work.trace(DEFAULT) == work.trace(Replay(DEFAULT_ORDER)) == work.trace(Census())
    assert len(work.run(DEFAULT).schedule) == 0


def test_unknown_positions_are_passed_over(work):
    """A delay or stall at a step that is never reached changes nothing."""
    schedule = Schedule.of(delays=[(2, 9_999), (77, 1)], stalls=[(3, 9_999, 10)])
    assert work.trace(Replay(schedule)) == work.trace(DEFAULT)


def test_every_census_choice_is_a_delay_that_applies(work):
    """A one-delay schedule takes exactly the delay it names, and each leads to a run of its own."""
    schedules = list(work.one_delay("racing"))
    traces = set()
    for schedule in schedules:
        assert work.run(Replay(schedule), "racing").schedule == schedule
        traces.add(work.trace(Replay(schedule), "racing"))
    assert len(traces) == len(schedules)


def test_random_strategies_differ_by_seed(work):
    """Seeds lead to many different runs, not to one."""
    for make in (RandomWalk, StickyWalk, lambda seed: Pct(seed, 100)):
        assert len({work.run(make(seed)).schedule for seed in range(30)}) > 10


@pytest.mark.parametrize(
    ("make", "limit"),
    [(RandomWalk, 20), (lambda seed: StickyWalk(seed, 0.1), 60), (lambda seed: Pct(seed, 40, 2), 3 * 40)],
    ids=["random", "sticky", "pct"],
)
def test_random_strategies_find_a_plain_race(work, make, limit):
    """A lost update turns up within a few dozen runs; what PCT promises is one in (threads times steps) runs."""
    assert any(not work.run(make(seed), "racing").outcome.ok for seed in range(limit))


SCRIPT = """
import hashlib, sys
sys.path.insert(0, sys.argv[1])
from tests.simulator.programs import Program, mixed
from tests.simulator.test_scheduler import NAMES
from tests.simulator.test_strategies import WORK
digest = hashlib.sha256()
for program, main in ((Program(WORK), "main"), (Program(WORK), "racing"), (Program(NAMES), "main")):
    for strategy in mixed(5):
        digest.update(program.trace(strategy, main).encode())
print(digest.hexdigest())
"""


def test_traces_do_not_depend_on_the_process():
    """Processes with different hash seeds produce the same traces."""
    root = str(Path(__file__).parents[2])
    digests = set()
    for seed in ("0", "1", "4711"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", SCRIPT, root]
        digests.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(digests) == 1
    assert len(digests.pop()) == 65
