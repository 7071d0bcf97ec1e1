"""Runs of ``grader.py class`` as a teacher would start them, killed or not, and what they leave behind."""

from __future__ import annotations

import csv
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.classroom.generate import Expected
from dojo.checking.verdict import Status
from dojo.grading.catalogue import ROOT, load
from dojo.grading.fingerprint import of_grading
from dojo.grading.verdict_store import VerdictStore

PATIENCE = 120.0  # seconds for a scheduler or a worker to start
_POLL = 0.02


@dataclass(frozen=True)
class Class:
    """A class to be graded.

    Attributes:
        submissions: the folder of all.
        out: where the results go.
        options: for every run.
    """

    submissions: Path
    out: Path
    options: tuple[str, ...]

    @property
    def sheet(self) -> bytes:
        """What results.csv holds."""
        return (self.out / "results.csv").read_bytes()

    @property
    def kept(self) -> int:
        """How many results are in the store."""
        return self._ask("count(*)")

    @property
    def written(self) -> int:
        """How often a result was put into the store; more than ``kept`` if one was graded twice."""
        return self._ask("coalesce(max(rowid), 0)")

    def _ask(self, what: str) -> int:
        file = self.out / "verdicts.sqlite"
        if not file.exists():
            return 0
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=30)) as database:
            try:
                (number,) = database.execute(f"SELECT {what} FROM verdicts").fetchone()
            except sqlite3.OperationalError:  # the table is about to be made
                return 0
        return int(number)

    def start(self, *more: str) -> subprocess.Popen[str]:
        """Start a run."""
        command = [sys.executable, str(ROOT / "grader.py"), "class", str(self.submissions)]
        command += ["--out", str(self.out), *self.options, *more]
        return subprocess.Popen(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
        )

    def run(self, *more: str) -> tuple[int, float]:
        """A run to its end; how many texts it graded, and the seconds that took."""
        began = time.monotonic()
        return self.finish(self.start(*more)), time.monotonic() - began

    def finish(self, run: subprocess.Popen[str]) -> int:
        """Wait for the end of a run; how many texts it graded."""
        output, _ = run.communicate()
        assert run.returncode in (0, 1), output
        (told,) = [line for line in output.splitlines() if "graded now" in line]
        return int(told.split()[1].replace(",", ""))

    def kill_when(self, run: subprocess.Popen[str], condition: Callable[[], bool]) -> bool:
        """Kill a run with no warning as soon as a condition holds; whether it was still running."""
        while run.poll() is None and not condition():
            time.sleep(_POLL)
        was_running = run.poll() is None
        run.send_signal(signal.SIGKILL)
        run.communicate()
        return was_running


def differences(sheet: bytes, expected: dict[tuple[str, str], Expected]) -> list[str]:
    """Where the results are not what they must be."""
    found = []
    rows = {(row["person"], row["kata"]): row for row in csv.DictReader(sheet.decode().splitlines())}
    for key, wanted in expected.items():
        row = rows.pop(key, None)
        if row is None:
            found.append(f"{key}: there is no row")
        elif row["state"] != wanted.state:
            found.append(f"{key}: {row['state']} instead of {wanted.state} ({row['problem']})")
    return found + [f"{key}: nobody expected it" for key in rows]


def survivors(run: Class, expected: dict[tuple[str, str], Expected], *, budget: int) -> list[tuple[str, str]]:
    """Mutants that were not noticed by the property that their entry names."""
    store, found = VerdictStore(run.out / "verdicts.sqlite"), []
    for (person, name), wanted in expected.items():
        if wanted.failed:
            (file,) = (run.submissions / person).rglob(f"{name}.py")
            key = of_grading(load()[name], file.name, file.read_text("utf-8"), budget=budget, seed=0)
            failed = [each.slug for each in store.find(key) or () if each.status is Status.FAIL]
            if wanted.failed not in failed:
                found.append((person, name))
    return found


@dataclass(frozen=True)
class Cluster:
    """A scheduler and its workers on this machine."""

    address: str
    workers: tuple[subprocess.Popen[bytes], ...]


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """A Dask cluster on the loopback, for the length of a block.

    Args:
        folder: where the workers may put files, and what they say goes.
        workers: processes, each with one thread.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    place = [f"--local-directory={folder}", "--nthreads=1", "--no-nanny", "--no-dashboard"]
    commands = [["dask_scheduler", "--host=127.0.0.1", f"--port={port}", "--no-dashboard"]]
    commands += [["dask_worker", address, "--host=127.0.0.1", *place] for _ in range(workers)]
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for number, command in enumerate(commands):
            with (folder / f"process-{number}.log").open("wb") as log:
                processes.append(
                    subprocess.Popen(
                        [sys.executable, "-m", f"distributed.cli.{command[0]}", *command[1:]],
                        cwd=ROOT,
                        env={**os.environ, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "5"},
                        stdout=log,
                        stderr=log,
                    )
                )
        _wait_for(address, workers)
        yield Cluster(address, tuple(processes[1:]))
    finally:
        for process in reversed(processes):
            process.kill()
            process.wait()


def _wait_for(address: str, workers: int) -> None:
    from distributed import Client

    with Client(address, timeout=PATIENCE, set_as_default=False) as client:
        if workers:
            client.wait_for_workers(workers, timeout=PATIENCE)
