"""Children of the judge are forked from one warm process: they behave like new interpreters, and none stays."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from dojo.grading.catalogue import ROOT
from dojo.grading.judge import grade
from dojo.grading.result import State
from dojo.grading.sandbox.forking import Forked, _Server
from dojo.grading.sandbox.process import started
from dojo.grading.terms import Terms
from tests.grading.processes import children, servers
from tests.grading.test_judge import KATA, REFUSED, with_body

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="nothing is forked there")


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A submission that fails."""
    path = tmp_path / "semaphore.py"
    path.write_text(with_body("return self._take(weight)"), "utf-8")
    return path


def until(is_so: Callable[[], bool]) -> None:
    """Wait for what must become so."""
    deadline = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def exists(pid: int) -> bool:
    """Whether a process has not ended, or has not been missed by its parent yet."""
    return Path(f"/proc/{pid}").exists()


def test_the_same_as_new_interpreters(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be forked the result is the same."""
    forked = grade(KATA, broken, Terms(budget=40, workers=2))
    with monkeypatch.context() as patch:
        patch.delattr(socket, "send_fds")
        launched = grade(KATA, broken, Terms(budget=40, workers=2))
    assert forked.to_json() == launched.to_json()
    assert forked.state is State.FAILED


def test_a_killed_server_is_not_missed(broken: Path) -> None:
    """The next grading brings the same, and so does the one after it, from a new server."""
    usual = grade(KATA, broken, Terms(budget=40, workers=2)).to_json()
    for _ in range(2):
        (server,) = servers()
        os.kill(server, signal.SIGKILL)
        assert grade(KATA, broken, Terms(budget=40, workers=2)).to_json() == usual
        assert not children()
        assert len(servers()) <= 1
        assert grade(KATA, broken, Terms(budget=40, workers=2)).to_json() == usual
        assert len(servers()) == 1


def test_sets_of_strings_have_one_order(tmp_path: Path) -> None:
    """In every interpreter that serves, or a learner's code would do something else in the next grading."""
    path = tmp_path / "semaphore.py"
    path.write_text(with_body("raise ValueError(list({str(number) for number in range(20)}))"), "utf-8")
    usual = grade(KATA, path, Terms(budget=5, workers=1))
    assert "ValueError: ['" in json.dumps(usual.to_json())
    (server,) = servers()
    os.kill(server, signal.SIGKILL)
    for _ in range(2):  # by a new interpreter, and by a new server
        assert grade(KATA, path, Terms(budget=5, workers=1)).to_json() == usual.to_json()


def test_the_end_of_the_server_is_the_end_of_its_children() -> None:
    """Whoever is left without the server ends its child itself."""
    with started("x.py"):
        (child,) = children()
        (server,) = servers()
        os.kill(server, signal.SIGKILL)
        os.kill(child, signal.SIGSTOP)  # or else it would end by itself, as nobody will ask it anything
    until(lambda: not exists(child))


def test_an_orderly_end_of_the_server_is_one_too() -> None:
    """Children that somebody still listens to are ended all the same."""
    server = _Server()
    with TemporaryFile() as errors:
        child = Forked(server, errors)
        os.kill(child.pid, signal.SIGSTOP)  # so that it does not hear that its input has ended
        server.stop()
        until(lambda: not exists(child.pid))
        child.close()


def test_children_are_seen_on_a_narrow_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests that none is left would see none, or take the server for one."""
    monkeypatch.setenv("COLUMNS", "40")
    with started("x.py"):
        pass  # without a server, if an earlier test has killed that; the next child has one again
    with started("x.py") as child:
        assert children() == [child._process.pid]
        assert len(servers()) == 1


def test_how_a_child_has_ended_is_known() -> None:
    """By an exit code or by a signal, asked at once or later; and that it has not ended is known as well."""
    with started("x.py") as child:
        assert child._process.wait(0.05) is None
        os.kill(child._process.pid, signal.SIGKILL)
        assert child._process.wait(10) == child._process.wait() == -signal.SIGKILL
    with started("x.py") as child:
        child.ask("no request")
        assert child._process.wait(10) == 1
        child._errors.seek(0)
        assert b"JSONDecodeError" in child._errors.read()


def open_files(pid: int) -> list[str]:
    """What a process has open, but for libraries: a newer libffi, which ctypes needs, keeps itself open."""
    found = []
    for each in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # it has been closed since
            found.append(str(each.readlink()))
    return [target for target in found if ".so." not in target]


def test_each_child_has_its_own_session_and_no_file_of_another() -> None:
    """A line of another child that stays open in it would hide the end of that one."""
    with started("x.py"), started("x.py") as second:
        pid = second._process.pid
        assert os.getsid(pid) == pid
        assert len(children()) == 2
        # The three of every process, and nothing of the server.
        # When it takes its input it makes a copy, and puts nothing in the place of the original.
        until(lambda: len(open_files(pid)) == 4)
    assert not children()


def test_a_killed_grader_leaves_nothing(tmp_path: Path) -> None:
    """Neither its children nor their server outlive it, even if it had no time to say so."""
    path = tmp_path / "semaphore.py"
    path.write_text(REFUSED["endless loop in C"][0], "utf-8")
    command = [sys.executable, str(ROOT / "grader.py"), "grade", str(path)]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as grader:
        until(lambda: len(children(grader.pid)) == 2)
        left = children(grader.pid) + servers(grader.pid)
        assert len(left) == 3
        for child in children(grader.pid):
            os.kill(child, signal.SIGSTOP)  # or else it would end by itself, when its time is up
        grader.kill()
    until(lambda: not any(map(exists, left)))
