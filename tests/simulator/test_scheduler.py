"""Every thread a program starts, however it starts it, runs under the scheduler's control."""

from __future__ import annotations

import sys

import pytest

from dojo.simulator.outcome import Ending
from dojo.simulator.strategies import Replay
from tests.simulator.programs import Program, mixed

LOST_UPDATE = """
    import _thread
    import threading
    import time
    from concurrent.futures import ThreadPoolExecutor, wait
    from threading import Lock as L, Thread as T
    from time import sleep as s

    total = 0
    module_lock = threading.Lock()

    def add(*_):
        global total
        total += 1

    class Adder(threading.Thread):
        def run(self):
            add()

    def check():
        assert total == 2, total

    def plain_threads():
        threads = [threading.Thread(target=add) for _ in range(2)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        check()

    def subclasses():
        threads = [Adder(), Adder()]
        [t.start() for t in threads]
        [t.join() for t in threads]
        check()

    def aliases():
        threads = [T(target=add), T(target=add)]
        [t.start() for t in threads]
        s(1)
        check()

    def timers():
        threads = [threading.Timer(1, add) for _ in range(2)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        check()

    def pool():
        with ThreadPoolExecutor(2) as executor:
            wait([executor.submit(add) for _ in range(2)])
        check()

    def raw():
        _thread.start_new_thread(add, ())
        _thread.start_new_thread(add, ())
        s(1)
        check()

    def nested():
        def outer():
            inner = threading.Thread(target=add)
            inner.start()
            add()
            inner.join()
        thread = threading.Thread(target=outer)
        thread.start()
        thread.join()
        check()

    def daemons():
        threads = [threading.Thread(target=add, daemon=True) for _ in range(2)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        check()

    def guarded():
        def safe():
            with module_lock:
                add()
        threads = [threading.Thread(target=safe) for _ in range(2)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        check()
"""

KINDS = ["plain_threads", "subclasses", "aliases", "timers", "pool", "raw", "nested", "daemons"]


@pytest.fixture(scope="module")
def lost_update() -> Program:
    return Program(LOST_UPDATE)


@pytest.mark.parametrize("kind", KINDS)
def test_no_thread_escapes(lost_update, kind):
    """Whatever starts the threads, one delay makes them lose an update and the default order does not."""
    lost_update.passes(main=kind)
    outcomes = [lost_update.run(Replay(schedule), kind).outcome for schedule in lost_update.one_delay(kind)]
    assert {outcome.ending for outcome in outcomes} == {Ending.FINISHED, Ending.RAISED}
    assert {outcome.message for outcome in outcomes if not outcome.ok} == {"AssertionError: 1"}


def test_module_level_lock_protects(lost_update):
    """A lock made while the module is loaded is simulated like any other."""
    lost_update.passes_always("guarded")
    assert all(lost_update.run(Replay(s), "guarded").outcome.ok for s in lost_update.one_delay("guarded"))


PRIMITIVES = """
    import queue
    import sched
    import threading
    import time
    from concurrent.futures import ThreadPoolExecutor, as_completed

    def job(number):
        time.sleep(1)
        return number

    def pool():
        begun = time.monotonic()
        with ThreadPoolExecutor(3) as executor:
            results = list(executor.map(job, range(10)))
        assert results == list(range(10))
        assert time.monotonic() - begun == 4.0

    def completed():
        begun = time.monotonic_ns()
        with ThreadPoolExecutor(1) as executor:
            futures = [executor.submit(job, number) for number in range(3)]
            assert [future.result() for future in as_completed(futures, timeout=3.5)] == [0, 1, 2]
            late = executor.submit(job, 0)
            try:
                list(as_completed([late], timeout=0.25))
            except TimeoutError:
                assert time.monotonic_ns() - begun == 3_250_000_000
            else:
                raise AssertionError("no time-out")

    def barrier():
        meeting = threading.Barrier(3)
        places = []
        def arrive(number):
            time.sleep(number)
            places.append(meeting.wait())
            assert time.monotonic() == 1002.0
        threads = [threading.Thread(target=arrive, args=(number,)) for number in range(3)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert sorted(places) == [0, 1, 2]

    def local():
        mine = threading.local()
        mine.value = "main"
        def work(number):
            assert not hasattr(mine, "value")
            mine.value = number
            time.sleep(1)
            assert mine.value == number
        threads = [threading.Thread(target=work, args=(number,)) for number in range(3)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert mine.value == "main"

    def simple_queue():
        items, got = queue.SimpleQueue(), []
        def take():
            for _ in range(3):
                got.append(items.get())
        threads = [threading.Thread(target=take) for _ in range(2)]
        [t.start() for t in threads]
        for number in range(6):
            items.put(number)
        [t.join() for t in threads]
        assert sorted(got) == list(range(6)) and items.empty()

    def bounded_queue():
        items, got = queue.Queue(2), []
        def take():
            while (item := items.get()) is not None:
                got.append(item)
                items.task_done()
            items.task_done()
        thread = threading.Thread(target=take)
        thread.start()
        for number in range(6):
            items.put(number)
        items.put(None)
        items.join()
        thread.join()
        assert got == list(range(6))

    def queue_shutdown():
        items, ends = queue.Queue(), []
        def take():
            try:
                items.get()
            except queue.ShutDown:
                ends.append(time.monotonic())
        threads = [threading.Thread(target=take) for _ in range(2)]
        [t.start() for t in threads]
        time.sleep(2)
        items.shutdown()
        [t.join() for t in threads]
        assert ends == [1002.0, 1002.0]

    def scheduled():
        happened = []
        agenda = sched.scheduler(time.monotonic, time.sleep)
        for delay in (3, 1, 2):
            agenda.enter(delay, 1, lambda: happened.append(time.monotonic()))
        agenda.run()
        assert happened == [1001.0, 1002.0, 1003.0]

    def timer_cancelled():
        timer = threading.Timer(5, lambda: 1 / 0)
        timer.start()
        time.sleep(4)
        timer.cancel()
        timer.join()
        assert time.monotonic() == 1004.0

    def hooks():
        seen = []
        threading.excepthook = lambda args: seen.append(args.exc_type)
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
        assert seen == [ZeroDivisionError]

    def leaves_threads():
        lock = threading.Lock()
        lock.acquire()
        threading.excepthook = None
        for _ in range(3):
            threading.Thread(target=lock.acquire).start()

    def no_hook_is_left():
        assert threading.excepthook is threading.__excepthook__
        assert [thread.name for thread in threading.enumerate()] == ["MainThread"]
        assert threading.Thread().name == "Thread-1"
"""


@pytest.fixture(scope="module")
def primitives() -> Program:
    return Program(PRIMITIVES)


@pytest.mark.parametrize(
    "main",
    ["pool", "completed", "barrier", "local", "simple_queue", "bounded_queue", "scheduled", "timer_cancelled", "hooks"],
)
def test_standard_library_keeps_its_promises(primitives, main):
    """The standard library's own classes do what they promise, at exactly the promised time, in all schedules."""
    primitives.passes_always(main)
    for schedule in primitives.one_delay(main):
        primitives.passes(Replay(schedule), main)


@pytest.mark.skipif(sys.version_info < (3, 13), reason="Queue.shutdown is new in 3.13")
def test_queue_shutdown_wakes_everybody(primitives):
    """Queue.shutdown ends every waiting get at once."""
    primitives.passes_always("queue_shutdown")


def test_nothing_of_a_run_reaches_the_next(primitives):
    """A replaced excepthook, thread names and the list of threads start afresh in each run."""
    for main in ("hooks", "leaves_threads"):
        primitives.run(main=main)
        primitives.passes(main="no_hook_is_left")


FAIR = """
    import threading
    import time

    done = False

    def spinning():
        def finish():
            global done
            for _ in range(50):
                pass
            done = True
        threads = [threading.Thread(target=finish)]
        threads[0].start()
        while not done:
            pass
        threads[0].join()

    def spinning_with_sleep_zero():
        def finish():
            global done
            done = True
        threading.Thread(target=finish).start()
        while not done:
            time.sleep(0)
"""


@pytest.mark.parametrize("main", ["spinning", "spinning_with_sleep_zero"])
def test_a_spinning_thread_starves_nobody(main):
    """A thread that spins until another has acted gets there under every strategy."""
    Program(FAIR).passes_always(main)


NAMES = """
    import threading
    from concurrent.futures import ThreadPoolExecutor

    def main():
        made = [threading.Event() for _ in range(8)]
        things = {*made, *(threading.Lock() for _ in range(8)), *(threading.Thread() for _ in range(8))}
        with ThreadPoolExecutor(4) as executor:
            futures = {executor.submit(len, [number]) for number in range(8)}
            order = [future.result() for future in futures]
        for thing in things:
            if isinstance(thing, threading.Thread):
                thread = thing
                thread.start()
                thread.join()
"""


@pytest.mark.parametrize("seed", range(3))
def test_ten_runs_of_one_seed_give_one_trace(seed):
    """A seed determines the whole run, byte for byte, sets of simulated objects included."""
    program = Program(NAMES)
    for make in (type(strategy) for strategy in list(mixed(1))[1:]):
        arguments = (seed, 60) if make.__name__ == "Pct" else (seed,)
        assert len({program.trace(make(*arguments)) for _ in range(10)}) == 1
