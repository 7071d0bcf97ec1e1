# ruff: noqa: E501 - a program a line reads best here
"""A module that is reused from run to run is as fresh as one that was executed anew, whatever a run does to it."""

from __future__ import annotations

import pytest

from dojo.simulator.machine import Machine, compile_program
from dojo.simulator.reuse import Reusable

# Each main() fails when it finds the module as another run has left it.
PUT_BACK = {
    "a global": "n = 0\ndef main():\n    global n\n    n += 1\n    assert n == 1",
    "a new global": "def main():\n    global made\n    assert 'made' not in main.__globals__\n    made = 1",
    "a deleted global": "N = 1\ndef main():\n    global N\n    assert N\n    del N",
    "a counter of a class": "class Box:\n    made = 0\ndef main():\n    Box.made += 1\n    assert Box.made == 1",
    "a new attribute of a class": "class Box: pass\ndef main():\n    assert not hasattr(Box, 'n')\n    Box.n = 1",
    "a deleted attribute": "class Box:\n    n = 1\ndef main():\n    assert Box.n\n    del Box.n",
    "a replaced method": "class Box:\n    def get(self): return 1\ndef main():\n    assert Box().get() == 1\n    Box.get = lambda self: 2",
    "an attribute of a function": "def main():\n    assert not hasattr(main, 'calls')\n    main.calls = 1",
    "a mutable default": "def put(n, to=[]):\n    to.append(n)\n    return to\ndef main():\n    assert put(1) == [1]",
    "a keyword default": "def put(n, *, to={}):\n    to[n] = n\n    return to\ndef main():\n    assert len(put(len(put(0)))) == 2",
    "replaced defaults": "def f(n=1): return n\ndef main():\n    assert f() == 1\n    f.__defaults__ = (2,)",
    "replaced code": "def f(): return 1\ndef g(): return 2\ndef main():\n    assert f() == 1\n    f.__code__ = g.__code__",
    "a closure": "def make():\n    n = 0\n    def up():\n        nonlocal n\n        n += 1\n        return n\n    return up\nup = make()\ndef main():\n    assert up() == 1",
    "a list": "log = [1]\ndef main():\n    log.append(2)\n    assert log == [1, 2]",
    "a dict": "log = {5: 2}\ndef main():\n    log[len(log)] = 4\n    assert len(log) == 2",
    "a list in a dict in a tuple": "log = ({1: []},)\ndef main():\n    log[0][1].append(2)\n    assert log == ({1: [2]},)",
    "an empty set": "log = set()\ndef main():\n    log.add(1)\n    assert len(log) == 1\n    log.add(2)",
    "a list of a class": "class Box:\n    items = []\ndef main():\n    Box.items.append(1)\n    assert Box.items == [1]",
    "a counter": "import itertools\nn = itertools.count(3, 2)\ndef main():\n    assert next(n) == 3",
    "a lock": "lock = threading.Lock()\ndef main():\n    assert lock.acquire(blocking=False)",
    "a recursive lock": "lock = threading.RLock()\ndef main():\n    assert lock.acquire(blocking=False)\n    assert not lock._is_owned() or lock.acquire()",
    "a member of an enum": "from enum import Enum\nclass E(Enum):\n    A = 1\ndef main():\n    assert not hasattr(E.A, 'seen')\n    E.A.seen = 1",
    "a dataclass": "from dataclasses import dataclass, field\n@dataclass\nclass P:\n    n: int = 1\n    m: list = field(default_factory=list)\ndef main():\n    assert P.n == 1 and P().m == []\n    P.n = 2",
    "a named tuple": "from typing import NamedTuple\nclass P(NamedTuple):\n    n: int\ndef main():\n    assert P(1).n == 1\n    P.n = property(lambda self: 2)",
    "a property": "class Box:\n    @property\n    def n(self): return 1\n    @staticmethod\n    def s(to=[]):\n        to.append(1)\n        return to\ndef main():\n    assert Box().n == 1 and Box.s() == [1]\n    Box.n = 2",
    "a context manager": "from contextlib import contextmanager\n@contextmanager\ndef held():\n    yield 1\ndef main():\n    assert not hasattr(held, 'n')\n    held.n = 1",
    "a thread class": "class T(threading.Thread):\n    made = 0\n    def run(self): T.made += 1\ndef main():\n    t = T()\n    t.start()\n    t.join()\n    assert T.made == 1",
}  # fmt: skip
EXECUTED = {
    "an instance": "class Box:\n    n = 0\nbox = Box()\ndef main():\n    box.n += 1\n    assert box.n == 1",
    "an instance in a list": "class Box:\n    n = 0\nlog = [Box()]\ndef main():\n    log[0].n += 1\n    assert log[0].n == 1",
    "an instance of a class": "class Box:\n    n = 0\nclass Outer:\n    box = Box()\ndef main():\n    Outer.box.n += 1\n    assert Outer.box.n == 1",
    "an instance in a closure": "class Box:\n    n = 0\ndef make(box):\n    return lambda: box\nget = make(Box())\ndef main():\n    get().n += 1\n    assert get().n == 1",
    "a cache": "import functools\n@functools.lru_cache\ndef f(n): return [n]\ndef main():\n    f(1).append(2)\n    assert f(1) == [1, 2]",
    "a generator": "g = iter([1, 2])\ndef main():\n    assert next(g) == 1",
    "a bound method": "import itertools\nup = itertools.count().__next__\ndef main():\n    assert up() == 0",
    "a set": "log = {1, 2}\ndef main():\n    log.add(3)\n    assert len(log) == 3",
    "an event": "e = threading.Event()\ndef main():\n    assert not e.is_set()\n    e.set()",
    "a queue": "import queue\nq = queue.Queue()\ndef main():\n    assert q.empty()\n    q.put(1)",
    "a deque": "import collections\nq = collections.deque()\ndef main():\n    assert not q\n    q.append(1)",
    "a partial": "import functools\nf = functools.partial(lambda to: to.append(1) or to, [])\ndef main():\n    assert f() == [1]",
}  # fmt: skip


def outcomes(source: str) -> list[bool]:
    """Whether main() finds everything fresh, in three runs of one machine."""
    machine = Machine(compile_program(f"import threading\n{source}\n", "kata.py"))
    return [machine.run(lambda: machine.load().main()).outcome.ok for _ in range(3)]


@pytest.mark.parametrize("source", [*PUT_BACK.values(), *EXECUTED.values()], ids=[*PUT_BACK, *EXECUTED])
def test_every_run_finds_a_fresh_module(source: str) -> None:
    """Run after run, as if the module had been executed for it alone."""
    assert outcomes(source) == [True, True, True]


@pytest.mark.parametrize("source", PUT_BACK.values(), ids=PUT_BACK)
def test_these_are_put_back_not_executed(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check above can fail: without putting things back the second run finds what the first has left."""
    monkeypatch.setattr(Reusable, "restore", lambda self, **_: self.module)
    assert outcomes(source)[:2] == [True, False]


@pytest.mark.parametrize("source", EXECUTED.values(), ids=EXECUTED)
def test_these_are_executed_each_time(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot be put back needs no putting back."""
    monkeypatch.setattr(Reusable, "restore", lambda self, **_: self.module)
    assert outcomes(source) == [True, True, True]


def test_companions_are_reused_only_together() -> None:
    """A class that a program has from a companion is that companion's in every run."""
    for base in ("class Base: made = 0", "class Base: made = 0\nbase = Base()"):
        companions = {
            "base": compile(base, "base.py", "exec"),
            "upper": compile("from .base import Base\nclass Upper(Base): pass", "upper.py", "exec"),
        }
        source = "from .upper import Upper\nclass Own(Upper): pass"
        machine = Machine(compile_program(source, "kata.py"), companions=companions, imports=["upper"])

        def scenario(machine: Machine = machine) -> None:
            own = machine.load().Own
            assert issubclass(own, machine.companion("base").Base)
            assert own.made == 0
            machine.companion("base").Base.made += 1

        for _ in range(3):
            assert machine.run(scenario).outcome.ok


def test_loading_takes_the_same_steps_in_every_run() -> None:
    """A schedule counts a thread's own steps: they must not depend on whether this is the first run."""
    for source in (PUT_BACK["a counter of a class"], EXECUTED["an instance"]):
        machine = Machine(compile_program(f"import threading\n{source}\n", "kata.py"))
        assert len({machine.run(lambda m=machine: m.load().main()).steps for _ in range(3)}) == 1
