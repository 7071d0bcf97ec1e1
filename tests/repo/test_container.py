"""The container: what is let in is enough to grade, who grades is not root, and the dev container is a stage of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from dojo.grading.catalogue import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
IGNORE = (ROOT / ".dockerignore").read_text("utf-8")


def stages() -> dict[str, list[str]]:
    """The instructions of each stage, by its name; those that go on over several lines are one."""
    found: dict[str, list[str]] = {}
    for line in re.sub(r"\\\n\s*", "", DOCKERFILE).splitlines():
        if line.startswith("FROM "):
            found[line.split()[-1]] = []
        elif line and not line.startswith("#"):
            list(found.values())[-1].append(line)
    return found


def let_in(folder: Path) -> Path:
    """Copy what .dockerignore leaves of the repository: it names what it lets in, and leaves out the rest."""
    rules = [line for line in IGNORE.splitlines() if line and not line.startswith("#")]
    assert rules[0] == "*"
    left_out = [rule for rule in rules[1:] if not rule.startswith("!")]
    assert all(re.fullmatch(r"\*\*/[\w.]+/", rule) for rule in left_out), (
        "one more kind of rule: teach it here"
    )
    ignored = shutil.ignore_patterns(*(rule[3:-1] for rule in left_out))
    for rule in rules[1:]:
        name = rule.removeprefix("!").rstrip("/")
        if rule.startswith("!") and (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        elif rule.startswith("!"):
            shutil.copy(ROOT / name, folder / name)
    return folder


def test_what_is_let_in_is_enough_to_grade(tmp_path: Path) -> None:
    """A solution passes there, also from a folder of its own, and nothing else of the repository is in it."""
    place, work = tmp_path / "dojo", tmp_path / "work"
    place.mkdir()
    work.mkdir()
    let_in(place)
    assert not {each.name for each in place.iterdir()} & {".git", ".venv", "notebooks", ".dojo"}
    shutil.copy(ROOT / "solutions/concurrency/wait_group.py", work)
    command = [sys.executable, str(place / "grader.py"), "grade", "wait_group.py", "--budget", "80", "--json"]
    done = subprocess.run(command, cwd=work, capture_output=True, encoding="utf-8", timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["results"][0]["properties"] == 22
    assert [each.name for each in (place / "tests").iterdir()] == ["katas"]


def test_who_grades_is_not_root() -> None:
    """The last word on the user is a number that is not 0: Kubernetes can tell, and no name is looked up."""
    users = [line.split()[1] for line in stages()["grader"] if line.startswith("USER ")]
    assert users and users[-1].isdigit() and int(users[-1]) > 0
    assert f"--uid {users[-1]}" in DOCKERFILE


def test_it_starts_the_grader_without_a_shell_and_without_uv() -> None:
    """uv would want to write its cache, and a shell would keep signals to itself."""
    (entry,) = [line for line in stages()["grader"] if line.startswith("ENTRYPOINT ")]
    program = json.loads(entry.removeprefix("ENTRYPOINT "))
    assert program == ["/dojo/.venv/bin/python", "/dojo/grader.py"]
    assert list(stages())[-1] == "grader"  # what is built when no stage is asked for


def test_the_dev_container_is_a_stage_of_it() -> None:
    """One base, one way to have uv."""
    settings = json.loads((ROOT / ".devcontainer/devcontainer.json").read_text("utf-8"))["build"]
    assert (ROOT / ".devcontainer" / settings["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert settings["target"] in stages()
    assert re.findall(r"^FROM (\S+) AS (\S+)$", DOCKERFILE, re.M) == [
        ("python:3.12-slim", "base"),
        ("base", "dev"),
        ("base", "grader"),
    ]
