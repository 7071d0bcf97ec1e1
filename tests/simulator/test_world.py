"""A private world: learners import what they always do, nothing real is touched, and each run starts afresh."""

from __future__ import annotations

import concurrent.futures
import gc
import queue
import random
import sys
import threading
import time

import pytest

from dojo.simulator.machine import Machine, compile_program
from dojo.simulator.strategies import DEFAULT, RandomWalk
from dojo.simulator.world import World
from tests.simulator.programs import Program

IMPORTS = """
    import concurrent.futures
    import concurrent.futures.thread as pool_module
    import queue as q
    import random
    import sched
    import threading
    import time
    from concurrent import futures
    from concurrent.futures import ThreadPoolExecutor
    from queue import Queue, SimpleQueue
    from threading import Lock as L
    from time import monotonic, sleep as s

    def main():
        assert concurrent.futures is futures and futures.ThreadPoolExecutor is ThreadPoolExecutor
        assert q.Queue is Queue and threading.Lock is L and time.sleep is s
        assert __import__("threading") is threading
        assert monotonic() == 1000.0
"""


def test_every_way_to_import_leads_into_the_world():
    """import, from-import, aliases, submodules and __import__ give the same private modules."""
    program = Program(IMPORTS)
    program.passes()
    module = program.machine.load()
    for real, private in ((threading, module.threading), (queue, module.q), (time, module.time)):
        assert real is not private
    assert module.futures is not concurrent.futures


def test_what_is_loaded_already_does_not_come_in():
    """The executor is the private one although the real one is there; from 3.15 on it is imported lazily."""
    assert concurrent.futures.ThreadPoolExecutor.__module__ in sys.modules
    world = World()
    futures = world.modules["concurrent.futures"]
    assert futures.ThreadPoolExecutor is world.modules["concurrent.futures.thread"].ThreadPoolExecutor


@pytest.mark.skipif(sys.version_info < (3, 15), reason="there is no lazy import")
def test_lazy_imports_lead_into_the_world_too():
    """They are done at once; only what is missing is not missed before it is used."""
    program = Program("""
        lazy import queue
        lazy from threading import Lock
        lazy from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

        def main():
            import threading
            assert Lock is threading.Lock and queue.threading is threading
            with ThreadPoolExecutor(1) as pool:
                assert pool.submit(threading.get_ident).result() == 2
            try:
                ProcessPoolExecutor()
            except ImportError as error:
                assert "not part of the simulation" in str(error)
            else:
                assert False
    """)
    program.passes()
    assert program.machine.load().queue is not queue


def test_nothing_real_is_touched():
    """Building worlds and running programs in them leaves the real modules and module table as they were."""
    before = dict(sys.modules)
    names = {module: dict(vars(module)) for module in (threading, queue, time, random, concurrent.futures)}
    program = Program(IMPORTS)
    program.passes()
    new = sys.modules.keys() - before.keys()
    assert not {name for name in new if name == "kata" or name in program.machine.world.modules}
    for module, contents in names.items():
        assert dict(vars(module)) == contents
    assert threading.active_count() == len(threading.enumerate())


STATE = """
    import random
    import threading
    from concurrent.futures import ThreadPoolExecutor

    seen = []
    kept = threading.local()

    def main():
        seen.append(1)
        assert seen == [1]
        assert not hasattr(kept, "value")
        kept.value = 1
        assert random.random() == random.Random(0).random()
        assert random.Random(5).random() != random.Random(6).random()
        assert random.Random().random() == random.Random().random()
        with ThreadPoolExecutor(1) as pool:
            name = pool.submit(lambda: threading.current_thread().name).result()
        assert name == "ThreadPoolExecutor-0_0", name
        assert repr(threading.Lock()).startswith("<unlocked lock")
        numbers.append(repr(threading.Lock()))
        threading.settrace(lambda *_: None)
        threading.setprofile(lambda *_: None)
        threading.stack_size(0)
        threading._shutdown_hooks = ["left over"]
        threading.extra = 1

    numbers = []
"""


def test_each_run_starts_afresh():
    """Module state, thread names, locals, seeds, lock numbers and trace hooks are those of a first run."""
    program = Program(STATE)
    numbers = []
    machine = program.machine

    def scenario() -> None:
        module = machine.load()
        module.main()
        numbers.extend(module.numbers)
        threading = machine.world.module("threading")
        assert threading.gettrace() is not None

    for strategy in (DEFAULT, RandomWalk(1), DEFAULT):
        assert machine.run(scenario, strategy).outcome.ok
    assert len(set(numbers)) == 1
    machine.world.reset()
    private = machine.world.module("threading")
    assert private.gettrace() is private.getprofile() is None
    assert not hasattr(private, "extra")


def test_trace_hooks_stay_inside():
    """threading.settrace and its relatives do not reach the process that runs the simulation."""
    program = Program(
        """
        import threading

        def hook(*_):
            return hook

        def main():
            for name in ("settrace", "setprofile", "settrace_all_threads", "setprofile_all_threads"):
                getattr(threading, name, hook)(hook)
            thread = threading.Thread(target=len, args=([],))
            thread.start()
            thread.join()
            assert threading.gettrace() is threading.getprofile() is hook
        """
    )
    before = sys.gettrace(), sys.getprofile()
    program.passes()
    assert (sys.gettrace(), sys.getprofile()) == before


def test_a_broken_run_leaves_no_lock_behind():
    """Killed in the middle of a wait, a start or a shutdown, threads leave module-level locks free."""
    program = Program(
        """
        import threading
        from concurrent.futures import ThreadPoolExecutor

        lock = threading.Lock()

        def stuck():
            pool = ThreadPoolExecutor(2)
            futures = [pool.submit(lock.acquire) for _ in range(3)]
            pool.shutdown()

        def main():
            with ThreadPoolExecutor(2) as pool:
                assert pool.submit(lock.acquire).result()
        """
    )
    for seed in range(20):
        assert not program.run(RandomWalk(seed), "stuck").outcome.ok
        program.passes(RandomWalk(seed))


@pytest.mark.parametrize("name", ["os", "subprocess", "_thread", "ctypes", "socket"])
def test_imports_are_held_to_the_list(name):
    """What is not on the list can not be imported, and the error names it."""
    machine = Machine(compile_program(f"import {name}\n", "program.py"), allowed={"threading", "collections"})
    outcome = machine.run(lambda: machine.load()).outcome
    assert outcome.message == f"ImportError: '{name}' is not among the modules a kata may import"


def test_listed_imports_work():
    """Simulated modules are always allowed, others when they are on the list."""
    source = "import threading, time, queue, collections\nfrom concurrent.futures import Future\n"
    allowed = {"threading", "queue", "collections", "concurrent"}
    machine = Machine(compile_program(source, "program.py"), allowed=allowed)
    assert machine.run(lambda: machine.load()).outcome.ok


LANGUAGE = """
    import contextvars
    import dataclasses
    import functools
    import threading
    import time
    from typing import NamedTuple

    @dataclasses.dataclass(frozen=True)
    class Point:
        x: int
        y: "int" = 2

    class Pair(NamedTuple):
        one: int

    class Mine(threading.local):
        def __init__(self, start):
            self.value = start

    variable = contextvars.ContextVar("variable", default=0)

    def context():
        variable.set(1)
        seen = []
        def work(number):
            seen.append(variable.get())
            variable.set(number)
            time.sleep(1)
            seen.append(variable.get())
        threads = [threading.Thread(target=work, args=(number,)) for number in (5, 6)]
        [t.start() for t in threads]
        variable.set(2)
        [t.join() for t in threads]
        assert variable.get() == 2
        assert seen[:2] == [0, 0] and sorted(seen[2:]) == [5, 6], seen

    def main():
        assert Point(1) == Point(1, 2) and Pair(1).one == 1
        assert Point.__module__ == "kata"
        mine = Mine(7)
        threads = [threading.Thread(target=setattr, args=(mine, "value", number)) for number in range(3)]
        [t.start() for t in threads]
        [t.join() for t in threads]
        assert mine.value == 7

    def weak():
        import gc, weakref
        mine = threading.local()
        class Thing: pass
        def work():
            thing = mine.thing = Thing()
            references.append(weakref.ref(thing))
        references = []
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        references.append(weakref.ref(thread))
        del thread
        assert not hasattr(mine, "thing")
        gc.collect()
        assert [reference() for reference in references] == [None, None]
"""


def test_dataclasses_named_tuples_and_locals():
    """Class decorators that look their module up find it, and subclasses of local set up each thread."""
    Program(LANGUAGE).passes_always(seeds=5)


def test_context_variables_belong_to_a_thread():
    """Each simulated thread has a context of its own, empty at its start, as real threads have."""
    Program(LANGUAGE).passes(main="context")


def test_a_dead_thread_is_let_go():
    """When a thread has ended, its Thread object and its thread-local values can be collected."""
    Program(LANGUAGE).passes(main="weak")


def test_locks_can_not_be_subclassed():
    """threading.Lock is no acceptable base class, as in every CPython."""
    with pytest.raises(TypeError, match="acceptable base"):
        type("Mine", (World().module("threading").Lock,), {})


GROWTH = """
    import threading
    from concurrent.futures import ThreadPoolExecutor
    from queue import Queue

    class Account:
        def __init__(self):
            self.balance = 0

        def add(self):
            self.balance += 1

    def good():
        account = Account()
        with ThreadPoolExecutor(2) as pool:
            for _ in range(2):
                pool.submit(account.add)

    def stuck():
        Queue().get()

    def failing():
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start()
        thread.join()
"""


def test_three_thousand_runs_do_not_grow():
    """Memory stays level over thousands of runs, passing or failing."""
    program = Program(GROWTH)

    def rounds(count: int) -> int:
        for seed in range(count):
            for main in ("good", "stuck", "failing"):
                program.run(RandomWalk(seed), main)
        gc.collect()
        return len(gc.get_objects())

    before = rounds(50)
    assert rounds(1_000) - before < 300


def test_random_is_the_same_in_the_first_run_that_imports_it():
    """A world that has not been reset since code got hold of ``random`` draws what every later run draws."""
    drawn = []
    for _ in range(2):
        machine = Machine(compile_program("import random\ndef draw(): return random.random()", "r.py"), reuse=False)
        for _ in range(2):
            machine.run(lambda machine=machine: drawn.append(machine.load().draw()))
    assert len(drawn) == 4 and len(set(drawn)) == 1
