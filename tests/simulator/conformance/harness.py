"""Runs CPython's own test suites inside the simulator: each test method is the main thread of a simulated run."""

from __future__ import annotations

import importlib.util
import unittest
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from dojo.simulator.instrument import instrument
from dojo.simulator.outcome import Outcome
from dojo.simulator.strategies import Strategy
from dojo.simulator.world import World

MAX_STEPS = 100_000

FUTURES = "test.test_concurrent_futures"
# The suites, and the helpers of theirs that wait or poll: executed from their source, so in virtual time.
SUITES = (
    "test.test_threading",
    "test.test_thread",
    "test.test_queue",
    "test.test_threading_local",
    "test.test_sched",
    f"{FUTURES}.test_thread_pool",
    f"{FUTURES}.test_wait",
    f"{FUTURES}.test_as_completed",
    f"{FUTURES}.test_future",
    f"{FUTURES}.test_shutdown",
    f"{FUTURES}.test_init",
)
_HELPERS = (
    "test",
    "test.support",
    "test.support.threading_helper",
    "test.lock_tests",
    FUTURES,
    f"{FUTURES}.util",
    f"{FUTURES}.executor",
)
_INSTRUMENTED = ("test.lock_tests", f"{FUTURES}.util", f"{FUTURES}.executor")
_NOT_THREADS = ("ProcessPool", "InterpreterPool")
_IN_WORLD = frozenset(SUITES + _HELPERS)


class SuiteWorld(World):
    """A world whose ``test`` package lives inside the simulation too."""

    def __init__(self) -> None:
        super().__init__()
        self._stdlib_builtins.update(self._hooks)
        self._load("test.support")
        support: Any = self.modules["test.support"]
        support.verbose = 0
        support.interpreters = None
        support.run_in_subinterp = support.run_in_subinterp_with_config = _no_process
        processes = dict.fromkeys(("assert_python_ok", "assert_python_failure", "spawn_python"), _no_process)
        self._stand_in("test.support.script_helper", **processes)
        self._stand_in("subprocess", Popen=_no_process, run=_no_process)
        self.modules["os"].fork = _no_process  # type: ignore[attr-defined]
        imports = {"import_module": self.module, "import_fresh_module": self._fresh, "ensure_lazy_imports": _no_process}
        self._stand_in("test.support.import_helper", **imports)
        self._stand_in("concurrent.futures.process", _check_system_limits=_no_process)
        futures: Any = self.modules["concurrent.futures"]
        futures.ProcessPoolExecutor = futures.InterpreterPoolExecutor = _no_process

    def _code(self, name: str, loader: Any) -> CodeType:
        return _compiled(name) if name in _IN_WORLD and installed(name) else super()._code(name, loader)

    def _stand_in(self, name: str, **names: Any) -> None:
        module = self.modules[name] = ModuleType(name)
        module.__dict__.update(names)
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(self.modules[parent], child, module)

    def _fresh(self, name: str, fresh: Iterable[str] = (), blocked: Iterable[str] = ()) -> ModuleType | None:
        """Stand in for ``import_fresh_module``: the accelerated C variant does not exist in a world."""
        return None if fresh else self.module(name)

    def _import_for_stdlib(
        self, name: str, globals: Any = None, locals: Any = None, fromlist: Iterable[str] = (), level: int = 0
    ) -> ModuleType:
        if level:
            package = globals["__package__"].split(".")
            name = ".".join([*package[: len(package) - level + 1], *filter(None, [name])])
        if name == "concurrent.futures.process" and name in self.modules:
            return self.modules[name]
        for each in (name, *(f"{name}.{part}" for part in fromlist or ())):
            if each in _IN_WORLD:
                self._load(each)
        module = super()._import_for_stdlib(name, globals, locals, fromlist, 0)
        for part in fromlist or ():
            if name.startswith("test.") and not hasattr(module, part):
                setattr(module, part, importlib.import_module(f"{name}.{part}"))
        return module

    def suite(self, name: str) -> ModuleType:
        """A suite's module, executed in this world."""
        return self._load(name)


def _no_process(*args: Any, **options: Any) -> None:
    raise NotImplementedError("no processes inside the simulation")


@cache
def _compiled(name: str) -> CodeType:
    """A module's code, read past the loader: pytest would rewrite the assertions of modules named so."""
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.origin is not None
    source = importlib.util.decode_source(Path(spec.origin).read_bytes())
    if name in SUITES + _INSTRUMENTED:
        return instrument(source, spec.origin).code
    return compile(source, spec.origin, "exec", dont_inherit=True)


@cache
def installed(name: str) -> bool:
    """Whether this interpreter ships the suite."""
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def methods(suite: str) -> Iterator[str]:
    """Every test of a suite, as ``Class.method``."""
    module = SuiteWorld().suite(suite)
    for name, value in sorted(vars(module).items()):
        if isinstance(value, type) and issubclass(value, unittest.TestCase) and not name.startswith(_NOT_THREADS):
            for method in unittest.TestLoader().getTestCaseNames(value):
                yield f"{name}.{method}"


class SimulatedTest:
    """One test method in a world of its own, to be run under as many strategies as wanted."""

    def __init__(self, suite: str, test: str) -> None:
        kind, _, self._method = test.partition(".")
        self.world = SuiteWorld()
        self._kind = getattr(self.world.suite(suite), kind)

    def run(self, strategy: Strategy) -> tuple[Outcome, unittest.TestResult]:
        """Run it once; the result says what ``unittest`` saw, the outcome what the scheduler saw."""
        result = unittest.TestResult()

        def main() -> None:
            unittest.TestSuite([self._kind(self._method)]).run(result)

        self.world.reset()
        return self.world.scheduler.run(main, strategy, max_steps=MAX_STEPS, max_idle=MAX_STEPS), result


def fault(outcome: Outcome, result: unittest.TestResult) -> str:
    """What went wrong in a run, "" when nothing did."""
    if not outcome.ok:
        return f"{outcome.ending.name}: {outcome.message}\n" + "\n".join(map(str, outcome.threads))
    return "".join(text for _, text in result.failures + result.errors)
