"""Nothing that a run leaves behind reaches the next one: same trace, whatever was executed before."""

from __future__ import annotations

import logging

import pytest

from dojo.simulator.machine import Machine, compile_program
from dojo.simulator.trace import render

GENERATOR = """
import threading, time
lock = threading.Lock()
def numbers():
    try:
        yield 1
    finally:
        with lock:
            pass
def main():
    results = numbers()
    next(results)
    time.sleep(1)
    assert False
"""
BLOCKED = GENERATOR.replace("    time.sleep(1)\n", "    time.sleep(1)\n    lock.acquire()\n")
EXECUTOR = """
import threading
from concurrent.futures import ThreadPoolExecutor
def main():
    ThreadPoolExecutor(1).submit(threading.Event().wait)
"""


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("source", [GENERATOR, BLOCKED], ids=["free lock", "held lock"])
def test_a_generator_that_outlives_its_run_changes_no_trace(source: str) -> None:
    """It is finalised when the run's last traces go, and what it does then belongs to no run."""
    machine = Machine(compile_program(source, "kata.py"))
    traces = set()
    for _ in range(4):
        run = machine.run(lambda: machine.load().main(), record=True)
        traces.add(render(run.events, run.names))
    assert len(traces) == 1


def test_executors_do_not_log_their_end(caplog: pytest.LogCaptureFixture) -> None:
    """Workers that are left over are ended by the simulator, and that is nobody's error."""
    machine = Machine(compile_program(EXECUTOR, "kata.py"))
    with caplog.at_level(logging.DEBUG):
        machine.run(lambda: machine.load().main(), allow_leaks=True)
    assert not caplog.records


def test_threads_of_one_name_are_told_apart() -> None:
    """A report has a column for each, so each needs a name of its own."""
    source = """
import threading
gate = threading.Event()
def main():
    for name in ("job", "other", "job", "main", "job"):
        threading.Thread(target=gate.wait, name=name).start()
"""
    machine = Machine(compile_program(source, "kata.py"))
    run = machine.run(lambda: machine.load().main(), record=True)
    assert list(run.names.values()) == ["main", "job", "other", "job (2)", "main (2)", "job (3)"]
    assert [state.name for state in run.outcome.threads] == list(run.names.values())[1:]
