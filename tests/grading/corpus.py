"""The hostile submissions of ``hostile/``: what each does, what must come out, and the figures for all of them.

Each is a few lines that run when a wrong semaphore is asked for a unit, or while it is loaded. It is a wrong one, so
that whoever passes has tricked the grader. ``python -m tests.grading.corpus`` tries them all and prints the figures.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from dojo.grading.catalogue import ROOT, load
from dojo.grading.judge import grade
from dojo.grading.result import KataResult, State
from dojo.grading.terms import Terms

FOLDER = Path(__file__).with_name("hostile")
LIMIT = 120.0  # seconds: far more than any of them needs, far less than a hang
MARK = "hostile-was-here"  # the name of every file that one of them tries to make
KATA = load()["semaphore"]
_SOLUTION = KATA.solution.read_text("utf-8")
_BODY = "        with self._lock:\n            return self._take(weight)"
_IMPORT = "import threading\n"
assert _BODY in _SOLUTION and _IMPORT in _SOLUTION


@dataclass(frozen=True)
class Case:
    """One submission and what must come out.

    Attributes:
        expect: the state.
        says: a part of the one line that the learner gets.
        only: the platform on which it does what it does, "" for all.
        source: the whole submission.
    """

    name: str
    expect: State
    says: str
    only: str
    source: str

    def complaint(self, result: KataResult) -> str:
        """What is wrong with a result, "" if it is the one that must come out."""
        if result.state is not self.expect:
            return f"{result.state.value} instead of {self.expect.value}: {result.problem or lines(result)}"
        said = [line for line in lines(result) if self.says in line]
        if not said:
            return f"it says {lines(result)} instead of {self.says}"
        if any("Traceback" in line or "\n" in line for line in lines(result)):
            return f"it says more than lines: {lines(result)}"
        return ""


def cases() -> list[Case]:
    """All of them."""
    return [_case(file) for file in sorted(FOLDER.glob("*.py"))]


def _case(file: Path) -> Case:
    text = file.read_text("utf-8")
    head = {
        key: value
        for key, _, value in (line[2:].partition(": ") for line in text.splitlines() if line.startswith("# "))
    }
    if head.get("with") == "reach":
        text = (FOLDER / "reach.txt").read_text("utf-8") + "\n\n" + text
    return Case(
        file.stem, State[head["expect"].upper()], head["says"], head.get("only", ""), with_attack(text)
    )


def with_attack(text: str) -> str:
    """A semaphore that always grants, does what ``attack`` does before, and returns ``result`` where there is one."""
    call = "        attack()\n" if "\ndef attack(" in text else ""
    value = "result" if "\nresult = " in text else "True"
    source = _SOLUTION.replace(_BODY, f"{call}        return {value}")
    return source.replace(_IMPORT, f"{_IMPORT}\n{text}\n", 1)


def lines(result: KataResult) -> list[str]:
    """What a learner is told, a line for each fault."""
    if result.problem is not None:
        return [result.problem.message]
    return [
        f"{each.slug}: {each.counterexample.kind}: {each.counterexample.message}" for each in result.failed
    ]


def tried(case: Case, folder: Path) -> KataResult:
    """Grade one."""
    path = folder / "semaphore.py"
    path.write_text(case.source, "utf-8")
    return grade(KATA, path, Terms(budget=4))


def files(*folders: Path) -> dict[str, tuple[int, int, int]]:
    """Size, mode and time of change of all files in folders, the folders of tools apart."""
    found = {}
    for top in folders:
        for folder, inner, names in os.walk(top):
            inner[:] = [each for each in inner if each[0] != "." and each != "__pycache__"]
            for name in names:
                path = Path(folder, name)
                status = path.lstat()
                found[str(path)] = (status.st_size, status.st_mode, status.st_mtime_ns)
    return found


def main() -> int:
    """Try them all and print what came of it."""
    passed = hung = wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        before = files(ROOT, ROOT / ".dojo")
        for case in cases():
            began = time.monotonic()
            result = tried(case, Path(scratch))
            seconds = time.monotonic() - began
            passed += result.state is State.PASSED
            hung += seconds > LIMIT
            complaint = case.complaint(result)
            wrong += bool(complaint)
            print(f"{seconds:6.1f} s  {case.name}: {complaint or result.state.value}", flush=True)
        touched = len(before.items() ^ files(ROOT, ROOT / ".dojo").items())
        tries = len(cases())
    print(
        f"submissions tried {tries}, passed {passed}, hung {hung}, files touched {touched}, said wrong {wrong}"
    )
    return int(bool(passed or hung or touched or wrong))


if __name__ == "__main__":
    sys.exit(main())
