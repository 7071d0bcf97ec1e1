"""The command timeline: the last failure, a token, a property that holds; it overwrites nothing but its own."""

from __future__ import annotations

import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.commands.program import Repository

KATA = "semaphore"
LOCKED = "        with self._lock:\n            return self._take(weight)"
UNLOCKED = "        return self._take(weight)"
DRAWING = Path(".dojo/timelines/semaphore.html")


def fail(repository: Repository) -> str:
    """Hand in an attempt with a race, grade it, and return the token of its failure."""
    repository.attempt(KATA, LOCKED, UNLOCKED)
    report = repository.grader("grade", KATA, "--budget", "60", "--json", code=1)
    return report.split('"token": "')[1].split('"')[0]


def test_the_last_failure_and_a_token(repository: Repository) -> None:
    """Both draw the same run, byte for byte, and the message names the file and its address."""
    token = fail(repository)
    printed = repository.grader("timeline", KATA)
    file = repository.root / DRAWING
    assert str(DRAWING.as_posix()) in printed
    assert file.as_uri() in printed.split()
    assert "FAIL      broken promise: 2 callers tried for 1 permits and 2 won" in printed
    first = file.read_text("utf-8")
    assert "callers tried for 1 permits and 2 won" in first
    assert "The scheduler interrupts try_acquire-1 at line" in first
    assert f"timeline semaphore {token}" in first or f"timeline semaphore -- {token}" in first
    repository.grader("timeline", KATA, token[:20], token[20:], "--output", "again.html")
    assert (repository.root / "again.html").read_text("utf-8") == first
    repository.grader("timeline", KATA)  # its own file may be drawn again
    assert file.read_text("utf-8") == first


def test_a_picture(repository: Repository) -> None:
    """The same run as an SVG, which may be drawn again and is no page."""
    fail(repository)
    for _ in range(2):
        printed = repository.grader("timeline", KATA, "--output", "run.svg")
        assert "run.svg" in printed and "FAIL      broken promise" in printed
    root = ElementTree.parse(repository.root / "run.svg").getroot()
    assert root.tag.endswith("}svg") and root.get("role") == "img"
    words = " ".join(root.itertext())
    assert "try_acquire-1 is interrupted" in words and "2 callers tried for 1 permits and 2 won" in words
    assert not (repository.root / DRAWING).exists()


def test_an_edited_file_is_told_apart(repository: Repository) -> None:
    """The run may be another one then: the page and the message say so."""
    fail(repository)
    repository.attempt(KATA)
    printed = repository.grader("timeline", KATA)
    assert "the file has changed since: the run may differ" in printed
    assert "PASS      in this one run the promise was kept" in printed
    assert "the file has changed since, so the run may differ" in (repository.root / DRAWING).read_text(
        "utf-8"
    )


def test_a_run_that_passes(repository: Repository) -> None:
    """A property by the beginning of its name, on any file."""
    text = repository.attempt(KATA)
    (repository.root / "mine.py").write_text(text, "utf-8")
    repository.grader("timeline", "./mine.py", "--as", KATA, "--property", "first_come")
    drawn = (repository.root / ".dojo/timelines/mine.html").read_text("utf-8")
    assert "In this one run the promise was kept" in drawn
    assert "timeline ./mine.py --as semaphore --property first_come_first_served" in drawn


def test_without_a_failure_it_says_what_can_be_drawn(repository: Repository) -> None:
    """The properties with their promises; nothing is written."""
    printed = repository.grader("timeline", KATA, code=2)
    assert "No failure of semaphore is on record" in printed
    assert "timeline semaphore --property SLUG" in printed
    assert "try_acquire_is_one_step" in printed and "over_release" in printed
    assert not (repository.root / ".dojo").exists()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["semaphore", "--property", "no_such"], "semaphore has no property 'no_such'; there are"),
        (["semaphore", "--property", "cancel_wakes_at_once", "TOKEN"], "leave out --property"),
        (["channel", "--property", "c"], "'c' may be cancel_wakes_at_once or close"),
        (["semaphore", "notatoken"], "token"),
        (["semafore"], "did you mean 'semaphore'"),
        (["semaphore", "--property", "over", "--output", "precious.html"], "precious.html is not a timeline"),
        (["semaphore", "--property", "over", "--output", "precious.svg"], "precious.svg is not a timeline"),
        (["semaphore", "--property", "over", "--output", "katas"], "katas cannot be written"),
        (["semaphore", "--property", "over", "--output", "no/such/folder.html"], "cannot be written"),
    ],
)
def test_bad_input_is_one_line(repository: Repository, arguments: list[str], complaint: str) -> None:
    """Exit code 2, and whatever was there before is still there."""
    precious = [repository.root / name for name in ("precious.html", "precious.svg")]
    for file in precious:
        file.write_text("<html>mine</html>", "utf-8")
    errors = repository.grader("timeline", *arguments, code=2)
    assert complaint in errors
    assert len(errors.strip().splitlines()) == 1
    assert [file.read_text("utf-8") for file in precious] == ["<html>mine</html>"] * 2


def test_a_file_that_cannot_be_run(repository: Repository) -> None:
    """The fault and its place as everywhere, exit code 1, no drawing."""
    repository.stub(KATA).write_text("def (", "utf-8")
    printed = repository.grader("timeline", KATA, "--property", "over", code=1)
    assert printed.startswith("STOP  syntax error")
    assert not (repository.root / DRAWING).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="there the browser cannot be replaced by a script")
def test_open(repository: Repository) -> None:
    """--open hands the address to the browser, and says so when there is none."""
    seen = repository.root / "seen"
    browser = repository.root / "browser.sh"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {seen}\n', "utf-8")
    browser.chmod(0o755)
    repository.attempt(KATA)
    repository.grader("timeline", KATA, "--property", "over", "--open", BROWSER=f"{browser} %s")
    assert seen.read_text("utf-8") == (repository.root / DRAWING).as_uri()
    browser.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    both = repository.python(
        "-c",
        "import sys; sys.stderr = sys.stdout; import webbrowser; webbrowser.open = lambda uri: False;"
        "from dojo.commands.timeline import timeline; timeline.main(sys.argv[1:], 'x')",
        KATA,
        "--property",
        "over",
        "--open",
    )
    assert "no browser could be opened" in both


def test_in_another_workspace(repository: Repository) -> None:
    """The drawing lies beside the copies, and the command on it leads back there."""
    repository.grader("start", "mine", KATA)
    text = repository.attempt(KATA)
    (repository.root / "mine/concurrency/semaphore.py").write_text(text, "utf-8")
    repository.grader("timeline", KATA, "--katas", "mine", "--property", "over")
    drawn = (repository.root / "mine/.dojo/timelines/semaphore.html").read_text("utf-8")
    assert "uv run grader.py --katas mine timeline semaphore --property over_release" in drawn
    assert not (repository.root / DRAWING).exists()
