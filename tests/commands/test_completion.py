"""The TAB key: what is offered, and that real shells ask for it, for ``uv run grader.py`` as well."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dojo.commands.group import COMMANDS
from dojo.grading.catalogue import Kata, load
from dojo.grading.sandbox.subject import load_properties
from dojo.grading.sources.promises import promises
from tests.commands.program import Repository

KATAS = [kata.name for kata in load()]
UV = """
_uv() { COMPREPLY=("by-uv"); }
complete -F _uv uv
"""


def offered(repository: Repository, *words: str) -> list[str]:
    """What the program offers for the last word, as bash is told."""
    told = repository.grader(
        _GRADER_PY_COMPLETE="bash_complete", COMP_WORDS=" ".join(words), COMP_CWORD=str(len(words) - 1)
    )
    return told.split()  # a lone line break where there is nothing to offer


def plain(*values: str) -> list[str]:
    """Values as bash is told of them."""
    return [f"plain,{value}" for value in values]


def test_commands_and_options(repository: Repository) -> None:
    """Commands by the beginning of their names; options after a dash."""
    assert offered(repository, "grader.py", "")[: len(COMMANDS)] == plain(*COMMANDS)
    assert offered(repository, "grader.py", "re") == plain("replay", "reset", "review")
    assert offered(repository, "grader.py", "hint", "--k") == plain("--katas")


@pytest.mark.parametrize(
    "command",
    ["grade", "watch", "hint", "compare", "replay", "play", "timeline", "reset", "attempts", "review"],
)
def test_katas(command: str, repository: Repository) -> None:
    """Every command that is about a kata offers their names."""
    assert offered(repository, "grader.py", command, "cha") == plain("channel", "channel_select")


def test_katas_that_are_there_already(repository: Repository) -> None:
    """A list of several is not offered the same one twice; and a file where no kata begins so."""
    left = [name for name in KATAS if name != "channel"]
    assert offered(repository, "grader.py", "grade", "channel", "") == plain(*left)
    assert offered(repository, "grader.py", "grade", "my/fi") == ["file,my/fi"]
    assert offered(repository, "grader.py", "grade", "--as", "sem") == plain("semaphore")


@pytest.mark.parametrize("command", ["grade", "play", "timeline"])
def test_properties(command: str, repository: Repository) -> None:
    """The short names of the kata's properties, wherever it was named."""
    expected = plain("close_frees_everybody", "close_against_hand_off")
    assert offered(repository, "grader.py", command, "channel", "--property", "close_") == expected
    assert offered(repository, "grader.py", command, "x/channel.py", "--property", "close_") == expected
    assert offered(repository, "grader.py", command, "--property", "") == []


def test_attempts_and_tokens(repository: Repository) -> None:
    """The numbers of what was set aside, and the token of the last failure; in another folder those there."""
    repository.attempt("semaphore", "            return self._take(weight)", "            return True")
    repository.grader("grade", "semaphore", "--budget", "20", code=1)
    (token,) = offered(repository, "grader.py", "replay", "semaphore", "")
    assert repository.grader("replay", "semaphore", token.removeprefix("plain,"), "--all", code=1)
    assert offered(repository, "grader.py", "replay", "channel", "") == []
    repository.grader("reset", "semaphore")
    assert offered(repository, "grader.py", "attempts", "semaphore", "--restore", "") == plain("1")
    elsewhere = ("--katas", "nowhere", "attempts", "semaphore", "--restore", "")
    assert offered(repository, "grader.py", *elsewhere) == []


@pytest.mark.parametrize("kata", list(load()), ids=lambda kata: kata.name)
def test_promises_are_those_of_the_properties(kata: Kata) -> None:
    """What is read from the text of the hidden tests is what they declare when they are executed."""
    assert list(promises(kata).items()) == [(each.slug, each.name) for each in load_properties(kata)]


@pytest.mark.skipif(shutil.which("bash") is None or sys.platform == "win32", reason="there is no bash")
def test_a_real_bash(repository: Repository, tmp_path: Path) -> None:
    """With and without uv; other command lines of uv go to who completed them before, however often it is loaded."""
    script = repository.root / "completion.bash"
    script.write_text(repository.grader("completion", "bash"), "utf-8")
    asked = f"""{UV}
source {script}; source {script}
complete -p uv
ask() {{ COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _grader_complete "$1"; echo "${{COMPREPLY[*]}}"; }}
ask uv run grader.py hint sem
ask uv run --offline ./grader.py grade semaphore --property over
ask grader.py wat
ask uv syn
"""
    done = subprocess.run(
        ["bash", "--norc", "-c", asked], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout.splitlines() == [
        "complete -o default -F _grader_complete uv",
        "semaphore",
        "over_release",
        "watch",
        "by-uv",
    ], done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_scripts_can_be_read(shell: str, repository: Repository) -> None:
    """Each shell that is here takes its script without a complaint."""
    text = repository.grader("completion", shell)
    assert "PROGRAM" not in text and str(repository.root / "grader.py") in text
    if shutil.which(shell):
        done = subprocess.run(
            [shell, "-n"], input=text, capture_output=True, text=True, timeout=60, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish")
def test_a_real_fish(repository: Repository) -> None:
    """It also shows what each is about."""
    script = repository.root / "completion.fish"
    script.write_text(repository.grader("completion", "fish"), "utf-8")
    asked = f"source {script}; complete -C 'uv run grader.py hint sem'"
    done = subprocess.run(
        ["fish", "-N", "-c", asked], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "semaphore\tWeighted semaphore\n"


def test_an_unknown_shell(repository: Repository) -> None:
    """The error names those that there are."""
    told = repository.grader("completion", "tcsh", code=2)
    assert "bash" in told and "zsh" in told and "fish" in told
