"""A child process that measures one implementation of a kata: in virtual time, or on this machine's threads.

Its first line on standard input says what to load, every further one what to do; each answer is a line of JSON
on what was standard output. The code under measurement may hang: then the process ends itself after a while,
wherever the code is, and says on standard error where it was.

Nothing it says is part of a verdict.
"""

from __future__ import annotations

import faulthandler
import gc
import importlib
import io
import json
import os
import sys
import time
from types import ModuleType
from typing import Any

from dojo.grading.catalogue import Kata, load
from dojo.grading.sandbox.limits import MEMORY_LIMIT
from dojo.grading.sandbox.printed import Printed


def main() -> None:
    """Serve until nobody asks any more."""
    _limit_memory()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 1)
    commands = os.fdopen(os.dup(0), encoding="utf-8")
    os.dup2(nothing, 0)
    sys.stdin, sys.stdout = io.StringIO(), Printed()
    request = json.loads(commands.readline())
    kata = load()[request["kata"]]
    workload = importlib.import_module(f"benchmarks.patterns.{kata.name}")
    module: ModuleType | None = None
    for command in map(json.loads, commands):
        faulthandler.dump_traceback_later(command["limit"], exit=True, file=2)
        answer: dict[str, Any]
        try:
            if command["threads"]:
                module = module or import_text(request["source"], request["name"], kata)
                perform = _times_of_calls if command["calls"] else _on_threads
                answer = perform(workload, module, command["threads"], command["operations"])
            else:
                answer = _in_virtual_time(workload, request["source"], request["name"], kata)
        except BaseException as error:
            answer = {"error": " ".join(f"{type(error).__name__}: {error}".split())[:300]}
        faulthandler.cancel_dump_traceback_later()
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
    # Not by returning: threads that the code has left behind would be waited for.
    os._exit(0)


def import_text(source: str, name: str, kata: Kata) -> ModuleType:
    """Execute a submission as an ordinary module, with the real ``threading``, among the reference solutions.

    So it finds what it imports: ``from .error_helpers import unwrap`` gives the reference's.

    Args:
        source: its text.
        name: its file in tracebacks.
        kata: what it is a submission for.
    """
    module = ModuleType(f"solutions.{kata.group}.measured_{kata.name}")
    module.__package__ = f"solutions.{kata.group}"
    module.__file__ = name
    sys.modules[module.__name__] = module  # dataclasses look there for the names in their annotations
    exec(compile(source, name, "exec", dont_inherit=True), module.__dict__)
    return module


def _on_threads(workload: ModuleType, module: ModuleType, threads: int, operations: int) -> dict[str, Any]:
    _settle_memory()
    began = time.perf_counter()
    done = workload.run(module, threads, operations)
    return {"seconds": time.perf_counter() - began, "operations": done}


def _times_of_calls(
    workload: ModuleType, module: ModuleType, threads: int, operations: int
) -> dict[str, Any]:
    """What 99 of 100 calls stay within, in nanoseconds, each timed by itself."""
    from benchmarks.patterns.crew import Timer

    timer = Timer()
    perform = getattr(workload, "round_trips", workload.run)
    _settle_memory()
    began = time.perf_counter()
    done = perform(module, threads, operations, timer)
    took = time.perf_counter() - began
    spans = sorted(timer.nanoseconds)
    return {"seconds": took, "operations": done, "tail": spans[len(spans) * 99 // 100]}


def _settle_memory() -> None:
    """Let no collection that is due to something else fall into a measurement, nor look at what was loaded."""
    gc.collect()
    gc.freeze()


def _in_virtual_time(workload: ModuleType, source: str, name: str, kata: Kata) -> dict[str, Any]:
    """How long the kata's standard piece of work takes in the simulator, in the default order of threads."""
    if not hasattr(workload, "scenario"):
        return {"scenario": ""}
    from dojo.checking.explain import describe
    from dojo.checking.sim import Sim
    from dojo.grading.sandbox.subject import build_machine

    machine = build_machine(source, name, kata)
    run = machine.run(lambda: workload.scenario(Sim(machine)))
    problem = "" if run.outcome.ok else ": ".join(filter(None, describe(run.outcome)))
    return {"scenario": workload.SCENARIO, "nanoseconds": run.elapsed, "problem": problem}


def _limit_memory() -> None:
    if sys.platform == "win32":
        return
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    except (ValueError, OSError):
        pass  # a stricter limit is already in force


if __name__ == "__main__":
    main()
