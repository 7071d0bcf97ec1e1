"""doctor finds what is broken, says what to do about it, and works where hardly anything else does."""

from __future__ import annotations

import json
import re

import pytest

from tests.commands.program import Repository

KATA = "semaphore"


@pytest.fixture(autouse=True)
def complete(repository: Repository) -> None:
    """Katas that are being written have no hints yet."""
    for solution in (repository.root / "solutions").glob("*/[a-z]*.py"):
        hints = repository.root / "katas" / "hints" / solution.parent.name / f"{solution.stem}.toml"
        if not hints.exists():
            hints.write_text("", "utf-8")


def findings(repository: Repository, *words: str, code: int = 1) -> dict[str, list[tuple[str, str, str]]]:
    """What doctor has found, by check: state, text, remedy."""
    report = json.loads(repository.grader("doctor", "--json", *words, code=code))
    assert report["schema"] == 1
    found: dict[str, list[tuple[str, str, str]]] = {}
    for each in report["checks"]:
        found.setdefault(each["check"], []).append((each["state"], each["text"], each["remedy"]))
    assert report["problems"] == sum(state == "PROBLEM" for all_ in found.values() for state, _, _ in all_)
    return found


def only(found: dict[str, list[tuple[str, str, str]]], check: str, state: str) -> tuple[str, str]:
    """The one finding of that kind: its text and its remedy."""
    ((_, text, remedy),) = [each for each in found[check] if each[0] == state]
    return text, remedy


def hide(repository: Repository, package: str) -> None:
    """Let a package be missing, for the grader and for its children: the folder comes first on their path."""
    text = f"raise ModuleNotFoundError(\"No module named '{package}'\", name='{package}')\n"
    (repository.root / f"{package}.py").write_text(text, "utf-8")


def test_all_is_well(repository: Repository) -> None:
    """A line for each check, exit code 0, nothing left behind."""
    text = repository.grader("doctor")
    lines = text.splitlines()
    assert all(re.match(r"(ok|note) +\w+ +\S| {9,}\S|$|\d+ checks: ", each) for each in lines), text
    assert all(len(each) <= 80 for each in lines)
    for check in ("python", "packages", "repository", "stubs", "progress", "folder", "grading", "limits"):
        assert re.search(rf"^ok +{check} ", text, re.M), check
    for check in ("processors", "memory", "container", "terminal"):
        assert re.search(rf"^(ok|note) +{check} ", text, re.M), check
    assert "a child process has graded in" in " ".join(text.split())
    assert not (repository.root / ".dojo").exists()


def test_files_of_the_repository_that_are_lost(repository: Repository) -> None:
    """Lost stubs, solutions, tests and hints are named, with the command that brings them back."""
    repository.stub(KATA).unlink()
    for lost in ("solutions/concurrency/channel.py", "tests/katas/concurrency/test_context.py"):
        (repository.root / lost).unlink()
    (repository.root / "katas/hints/distributed/retry.toml").write_text("[x", "utf-8")
    found = findings(repository)
    text, remedy = only(found, "stubs", "PROBLEM")
    assert text == "katas/concurrency/semaphore.py is missing"
    assert "`uv run grader.py reset semaphore`; or `git checkout -- katas/concurrency/semaphore.py`" in remedy
    (lost, checkout), (hints, _) = [each[1:] for each in found["repository"]]
    assert lost == "solutions/concurrency/channel.py, tests/katas/concurrency/test_context.py are missing"
    assert checkout.startswith("`git checkout -- solutions/concurrency/channel.py tests/katas")
    assert hints.startswith("retry.toml: ")


def test_a_damaged_manifest(repository: Repository) -> None:
    """It is one problem, and what does not need it is still looked at."""
    (repository.root / "katas/katas.toml").write_text("[[kata]]\nname = 3\n", "utf-8")
    found = findings(repository)
    text, remedy = only(found, "repository", "PROBLEM")
    assert "katas.toml" in text and remedy == "`git checkout -- katas/katas.toml`"
    assert {"progress", "limits", "memory", "terminal"} <= set(found)


def test_without_greenlet(repository: Repository) -> None:
    """The child that dies of it is a problem of its own; all else is looked at."""
    hide(repository, "greenlet")
    found = findings(repository)
    text, remedy = only(found, "packages", "PROBLEM")
    assert text == "greenlet is missing" and "uv sync" in remedy
    assert only(found, "grading", "PROBLEM")[0].startswith("the judge's child ended early")
    assert {"python", "repository", "stubs", "limits", "terminal"} <= set(found)


@pytest.mark.parametrize("package", ["rich", "click"])
def test_without_the_means_to_speak(repository: Repository, package: str) -> None:
    """doctor says in plain text what is missing; any other command names doctor."""
    hide(repository, package)
    text = repository.grader("doctor", code=1)
    assert re.search(rf"^PROBLEM +packages +{package} is missing$", text, re.M)
    for check in ("python", "repository", "stubs", "grading", "limits", "terminal"):
        assert re.search(rf"^(ok|note) +{check} ", text, re.M), check
    errors = repository.grader(code=None)
    assert f"No module named '{package}'" in errors and "doctor" in errors
    assert len(errors.splitlines()) == 1


def test_a_child_that_hangs(repository: Repository) -> None:
    """It is given up after some seconds (fewer in this test)."""
    child = repository.root / "dojo/grading/sandbox/child.py"
    begin = "def main() -> None:"
    child.write_text(
        child.read_text("utf-8").replace(begin, f"{begin}\n    import signal; signal.pause()"), "utf-8"
    )
    checks = repository.root / "dojo/grading/checkup/installation.py"
    checks.write_text(checks.read_text("utf-8").replace("PATIENCE = 20.0", "PATIENCE = 0.5"), "utf-8")
    assert "did not answer within" in only(findings(repository), "grading", "PROBLEM")[0]


def test_a_reference_that_was_changed(repository: Repository) -> None:
    """The grading is for real: a solution that somebody has broken does not pass."""
    first = repository.solution("wait_group")
    text = first.read_text("utf-8")
    assert text.count("self.add(-1)") == 1
    text = text.replace("self.add(-1)", "self.add(0)")
    first.write_text(text, "utf-8")
    found = findings(repository)
    assert only(found, "grading", "PROBLEM")[0].startswith("the reference of wait_group does not pass")


def test_copies_elsewhere(repository: Repository) -> None:
    """With --katas it is about the files there."""
    repository.grader("start", "mine", KATA)
    (repository.root / "mine/concurrency/semaphore.py").write_text("", "utf-8")
    found = findings(repository, "--katas", "mine")
    text, remedy = only(found, "stubs", "PROBLEM")
    assert text == "mine/concurrency/semaphore.py is damaged: it is empty"
    assert "uv run grader.py --katas mine reset semaphore" in remedy
    assert "mine/.dojo can be written" in only(found, "folder", "ok")[0]


def test_an_old_python_gets_an_answer(repository: Repository) -> None:
    """Where an old Python would stop at an import, doctor still says that Python is old."""
    hide(repository, "tomllib")
    code = "import sys; sys.version_info = (3, 10, 4, 'final', 0); sys.argv[1:] = ['doctor']; import grader"
    output = repository.python("-c", code, code=1)
    assert re.search(r"^PROBLEM  python +CPython .*3.11 to 3.15 is needed", output, re.M), output
    assert re.search(r"^(ok|note) +terminal", output, re.M), output
