"""Does the gradings of a class on a Dask cluster that is already there.

Its workers run this very repository: what they are sent is a text and the name of its kata. A worker that is
lost while it grades costs nothing but time, as the scheduler gives its jobs to another one.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import asdict
from typing import Any

from dojo.grading import fingerprint
from dojo.grading.catalogue import load
from dojo.grading.classroom.jobs import Done, Job, do
from dojo.grading.result import KataResult, Problem, State, result_from_json
from dojo.grading.sandbox.messages import GRADERS_FAULT
from dojo.grading.sources.submission import digest_of
from dojo.grading.targets import BadTarget

PATIENCE = 15.0  # seconds to wait for the scheduler, and for the first worker
# Started as a module, a worker finds this repository in the folder that it is started in.
START = "uv run --extra cluster python -m distributed.cli.dask_worker ADDRESS --nthreads 1"


def run_there(jobs: Iterable[Job], address: str) -> Generator[Done]:
    """Do jobs; when the caller stops listening, those that are under way are given up.

    Args:
        jobs: what to do.
        address: of the scheduler, as in ``tcp://10.0.0.1:8786``.

    Raises:
        BadTarget: there is no such cluster, or its workers would grade in another way than this machine.
    """
    try:
        from distributed import Client, as_completed
    except ModuleNotFoundError as error:
        raise BadTarget(f"--cluster needs more ({error}): `uv run --extra cluster grader.py ...`") from error
    todo = list(jobs)
    if not todo:
        return
    expected = _expected()
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        raise BadTarget(f"no Dask scheduler answers at {address} ({_flat(error)})") from error
    with client:
        _check_workers(client, address, expected)
        # Not pure: what was refused because of a limit is to be tried again in another run.
        futures = {client.submit(work, asdict(job), expected, pure=False, retries=2): job for job in todo}
        try:
            for future in as_completed(list(futures)):
                job = futures.pop(future)
                yield job, _result(future, job)
        finally:
            client.cancel(list(futures))


def work(job: dict[str, Any], expected: str) -> dict[str, Any]:
    """What a worker does: grade one text.

    Args:
        job: the fields of a ``Job``.
        expected: how the client judges.

    Returns:
        The result as plain data, or ``{"differs": ...}`` from a worker that judges in another way.
    """
    if _expected() != expected:
        return {"differs": _expected()}
    return do(Job(**job)).to_json()


def _expected() -> str:
    """Fingerprint of all that judges any kata."""
    return "-".join([fingerprint.engine(), *map(fingerprint.of_kata, load())])


def _check_workers(client: Any, address: str, expected: str) -> None:
    """See that there are workers, and that all of them are what is needed.

    Raises:
        BadTarget: there are none, or they are not.
    """
    try:
        client.wait_for_workers(1, timeout=PATIENCE)
        found = client.run(_expected, on_error="return")
    except TimeoutError as error:
        text = f"the cluster at {address} has no worker: start `{START}` in this repository's folder"
        raise BadTarget(text) from error
    for worker, answer in found.items():
        if isinstance(answer, BaseException):
            text = f"{worker} cannot grade ({_flat(answer)}); start `{START}` in this repository's folder"
            raise BadTarget(text)
        if answer != expected:
            raise BadTarget(_differs(worker))


def _differs(worker: str) -> str:
    text = (
        f"{worker} would not judge as this machine does: it has another version of the repository, of Python"
    )
    return f"{text}, greenlet or Hypothesis"


def _result(future: Any, job: Job) -> KataResult:
    """What has become of a job.

    Raises:
        BadTarget: the cluster is gone, or is not what it was.
    """
    if future.status in ("cancelled", "lost"):
        raise BadTarget("the cluster is gone; the same command goes on from here")
    try:
        answer = future.result()
    except Exception as error:  # grading never fails: the cluster has given it up
        problem = Problem(f"the cluster gave it up: {_flat(error)}", job.name, 0, GRADERS_FAULT)
        return KataResult(job.kata, job.name, State.BROKEN, problem=problem, digest=digest_of(job.text))
    if "differs" in answer:
        raise BadTarget(_differs("a worker that has joined since"))
    return result_from_json(answer)


def _flat(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
