"""The judge: runs a kata's hidden properties on a file in a child process and decides from what it reports.

Nothing the submission prints or exits with can make a pass: every property's verdict must arrive, in order.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from dojo.checking import BUDGET
from dojo.checking.verdict import Step, Verdict
from dojo.grading.catalogue import ROOT, Kata
from dojo.grading.paths import display_name
from dojo.grading.result import KataResult, Problem, State, state_of
from dojo.grading.submission import Submission, read_submission

DEFAULT_BUDGET = BUDGET
WALL_LIMIT = 180.0  # seconds without a message before the child is given up, however busy the machine
_SLACK = 3.0  # seconds a child gets to end after its last message


@dataclass(frozen=True, slots=True)
class Progress:
    """How far grading has come."""

    kata: str
    prop: int  # index of the property being checked
    properties: int
    name: str
    schedules: int


@dataclass(frozen=True, slots=True)
class Replay:
    """A run repeated from its token."""

    problem: Problem | None
    notes: tuple[str, ...] = ()
    reproduced: bool = False
    verdict: Verdict | None = None
    steps: tuple[Step, ...] = ()


OnProgress = Callable[[Progress], None]


def grade(
    kata: Kata,
    path: Path,
    *,
    budget: int = DEFAULT_BUDGET,
    seed: int = 0,
    strict: bool = False,
    on_progress: OnProgress | None = None,
) -> KataResult:
    """Grade one file.

    Args:
        kata: whose properties to check.
        path: the file.
        budget: schedules for each property.
        seed: decides every random choice; the same seed gives the same verdicts.
        strict: whether race warnings count as failures.
        on_progress: told how far it has come.
    """
    name = display_name(path)
    started = time.monotonic()
    read = _read(kata, path)
    if isinstance(read, Problem):
        return KataResult(kata.name, name, State.REFUSED, problem=read)
    if read.untouched:
        return KataResult(kata.name, name, State.NOT_STARTED, digest=read.digest)
    heard = _Heard(kata, on_progress)
    problem = _serve(kata, read, name, heard, budget=budget, seed=seed, token="")
    expected = len(heard.slugs)
    state = state_of(heard.verdicts, expected, strict=strict)
    if problem is not None:
        state = State.BROKEN if problem.remedy == _OURS else State.REFUSED
    seconds = time.monotonic() - started
    return KataResult(kata.name, name, state, tuple(heard.verdicts), expected, problem, read.digest, seconds)


def replay(kata: Kata, path: Path, token: str) -> Replay:
    """Repeat the run that a token describes.

    Raises:
        dojo.checking.token.BadToken: when the text is not a token.
    """
    from dojo.checking.token import decode

    decode(token)
    read = _read(kata, path)
    if isinstance(read, Problem):
        return Replay(read)
    heard = _Heard(kata, None)
    problem = _serve(kata, read, display_name(path), heard, budget=1, seed=0, token=token)
    data = heard.replay
    if problem is not None or data is None:
        return Replay(problem or Problem("the replay brought no result", remedy=_OURS))
    steps = tuple(Step(**step) for step in data["steps"])
    return Replay(None, tuple(data["notes"]), data["reproduced"], Verdict.from_json(data["verdict"]), steps)


_OURS = "this is a fault of the grader, not of your code: please report it with the file"


def _read(kata: Kata, path: Path) -> Submission | Problem:
    from dojo.grading.stubs import make_stub

    return read_submission(path, make_stub(kata.solution.read_text("utf-8")), kata.imports)


class _Heard:
    """What the child has said so far; raises ValueError on anything out of order."""

    def __init__(self, kata: Kata, on_progress: OnProgress | None) -> None:
        # A submission that writes to the pipe on its own does not know the key.
        self.key = secrets.token_hex(16)
        self._kata = kata
        self._on_progress = on_progress
        self.slugs: list[str] = []
        self.verdicts: list[Verdict] = []
        self.problem: Problem | None = None
        self.replay: dict[str, Any] | None = None
        self.checking = ""
        self.complete = False

    def take(self, line: str, name: str) -> None:
        message = json.loads(line)
        kind = message["kind"]
        if message["key"] != self.key:
            raise ValueError("it is not signed")
        if kind == "hello" and not self.slugs:
            self.slugs = [str(each) for each in message["properties"]]
            if not self.slugs:
                raise ValueError("the kata has no properties")
        elif kind == "progress":
            self.checking = self.slugs[message["index"]]
            if self._on_progress is not None:
                count, index = len(self.slugs), message["index"]
                self._on_progress(
                    Progress(self._kata.name, index, count, self.checking, message["schedules"])
                )
        elif kind == "verdict" and message["index"] == len(self.verdicts):
            verdict = Verdict.from_json(message["verdict"])
            if verdict.slug != self.slugs[message["index"]]:
                raise ValueError("a verdict on another property")
            self.verdicts.append(verdict)
        elif kind == "problem":
            self.problem = Problem(message["message"], name, message["line"], "mend it and grade again")
        elif kind == "replay":
            self.replay = message
        elif kind == "bye" and (self.problem or self.replay or len(self.verdicts) == len(self.slugs)):
            self.complete = True
        else:
            raise ValueError(f"an unexpected message '{kind}'")


def _serve(
    kata: Kata, submission: Submission, name: str, heard: _Heard, *, budget: int, seed: int, token: str
) -> Problem | None:
    """Run the child to its end; return why it did not get there, if so."""
    request = {
        "kata": kata.name,
        "name": name,
        "budget": budget,
        "seed": seed,
        "token": token,
        "key": heard.key,
    }
    with tempfile.TemporaryFile() as errors, _child(errors) as child:
        problem = _listen(child, json.dumps(request) + "\n" + submission.source, name, heard)
        if problem is not None:
            return problem
        try:
            code = child.wait(_SLACK)
        except subprocess.TimeoutExpired:
            code = (
                0  # it has said all there is; the caller does not wait for what the submission left running
            )
        if heard.problem is not None:
            return heard.problem
        if heard.complete:
            return None
        errors.seek(0)
        return _post_mortem(code, errors.read(64 * 1024).decode("utf-8", "replace"), name, heard.checking)


@contextmanager
def _child(errors: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Start the child in a session of its own; leave nothing of it behind, whatever happens."""
    environment = {
        key: value
        for key, value in os.environ.items()
        if key in ("PATH", "SYSTEMROOT", "TMP", "TEMP", "TMPDIR", "HOME")
    }
    # The simulator never depends on hash order; a learner's own set of strings would.
    environment |= {
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str(ROOT),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "dojo.grading.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        cwd=ROOT,
        env=environment,
        start_new_session=True,
    )
    try:
        yield child
    finally:
        _kill(child)


def _kill(child: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        child.kill()
    else:
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    child.wait()
    for stream in (child.stdin, child.stdout):
        if stream is not None:
            try:
                stream.close()
            except BrokenPipeError:
                pass


def _listen(child: subprocess.Popen[bytes], request: str, name: str, heard: _Heard) -> Problem | None:
    assert child.stdin is not None and child.stdout is not None
    try:
        child.stdin.write(request.encode())
        child.stdin.close()
    except BrokenPipeError:
        pass  # it has died already; the end of its messages says so
    pending = b""
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while not heard.complete:
            if not selector.select(WALL_LIMIT):
                where = f" while checking '{heard.checking}'" if heard.checking else ""
                return Problem(
                    f"no sign of life for {WALL_LIMIT:g} s{where}", name, 0, "look for a wait that never ends"
                )
            chunk = os.read(child.stdout.fileno(), 1 << 16)
            if not chunk:
                break
            *lines, pending = (pending + chunk).split(b"\n")
            for line in lines:
                try:
                    heard.take(line.decode("utf-8"), name)
                except (ValueError, KeyError, TypeError, IndexError) as error:
                    return Problem(f"a damaged message from the child: {error}", name, 0, _OURS)
    return None


def _post_mortem(code: int, errors: str, name: str, checking: str) -> Problem:
    """Say why the child died, from its signal and what it wrote last."""
    where = f" while '{checking}' was checked" if checking else " while it was loaded"
    own = re.findall(rf'File "{re.escape(name)}", line (\d+)', errors)
    line = int(own[0]) if own else 0
    if hasattr(signal, "SIGPROF") and code in (-signal.SIGPROF, -signal.SIGXCPU):
        text = f"the code ran for seconds without reaching a step{where}"
        return Problem(text, name, line, "look for an endless loop or an endless iterator at that line")
    if "MemoryError" in errors or (hasattr(signal, "SIGKILL") and code == -signal.SIGKILL):
        return Problem(
            f"the code used more memory than a kata may{where}",
            name,
            line,
            "look for something that only grows",
        )
    if code < 0 and own:
        return Problem(
            f"the interpreter crashed (signal {-code}){where}", name, line, "look for endless recursion"
        )
    last = errors.strip().splitlines()[-1] if errors.strip() else f"exit code {code}"
    return Problem(f"the judge's child ended early{where}: {last}", name, line, _OURS)
