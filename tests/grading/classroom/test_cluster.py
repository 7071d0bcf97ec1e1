"""A real scheduler and two worker processes: results as on this machine, also when a worker is lost."""

from __future__ import annotations

import gc
import signal
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")

from benchmarks.classroom.generate import make_class
from benchmarks.classroom.runs import Class, cluster
from dojo.grading import fingerprint
from dojo.grading.catalogue import load
from dojo.grading.classroom import cluster as client
from dojo.grading.classroom.jobs import Job
from dojo.grading.targets import BadTarget

KATAS = [load()[name] for name in ("wait_group", "error_helpers", "retry")]
JOB = Job("", "semaphore", "semaphore.py", "def f(:", 20, 0, False)


@pytest.mark.slow
def test_a_lost_worker_changes_nothing(tmp_path: Path) -> None:
    """One of two is killed in the middle: every text is graded, and results.csv is the same bytes."""
    make_class(tmp_path / "class", 5, KATAS, variants=2, seed=4)
    here = Class(tmp_path / "class", tmp_path / "here", ("--budget=60",))
    graded, _ = here.run("--workers=2")
    there = replace(here, out=tmp_path / "there")
    with cluster(tmp_path, 2) as found:
        run = there.start("--cluster", found.address)
        while there.kept < 2:
            assert run.poll() is None, run.communicate()
        found.workers[0].send_signal(signal.SIGKILL)
        assert there.kept < graded - 1, "too late to be in the middle"
        assert there.finish(run) == graded
    assert there.kept == there.written == graded
    assert there.sheet == here.sheet


@pytest.mark.slow
def test_workers_that_would_judge_otherwise_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before anything is graded, and also when such a worker joins later."""
    monkeypatch.setattr(fingerprint, "engine", lambda: "another engine")
    with cluster(tmp_path, 1) as found:
        with pytest.raises(BadTarget, match="would not judge as this machine does"):
            list(client.run_there([JOB], found.address))
        monkeypatch.setattr(client, "_check_workers", lambda *arguments: None)
        with pytest.raises(BadTarget, match="a worker that has joined since would not judge"):
            list(client.run_there([JOB], found.address))


@pytest.mark.slow
def test_a_cluster_without_workers_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that starts one."""
    monkeypatch.setattr(client, "PATIENCE", 2.0)
    with cluster(tmp_path, 0) as found, pytest.raises(BadTarget, match="has no worker: start `uv run"):
        list(client.run_there([JOB], found.address))


@pytest.fixture
def no_client_left() -> Generator[None]:
    """A client that could not connect closes itself when it is collected, and waits for ever if another one
    starts at that moment: it has to be collected before."""
    yield
    gc.collect()


@pytest.mark.usefixtures("no_client_left")
@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://x", "127.0.0.1:9"])
def test_no_cluster_is_one_clear_message(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens there, or it is no address at all."""
    monkeypatch.setattr(client, "PATIENCE", 0.5)
    with pytest.raises(BadTarget, match="no Dask scheduler answers at"):
        list(client.run_there([JOB], address))


def test_nothing_to_do_needs_no_cluster() -> None:
    """All is known already: nobody is asked."""
    assert list(client.run_there([], "tcp://127.0.0.1:9")) == []


def test_what_a_worker_does_is_what_is_done_here() -> None:
    """The same result as plain data; with another fingerprint none."""
    answer = client.work(vars_of(JOB), client._expected())
    assert answer["state"] == "cannot be graded"
    assert client.work(vars_of(JOB), "another")["differs"] == client._expected()


def vars_of(job: Job) -> dict[str, object]:
    return {name: getattr(job, name) for name in job.__slots__}
