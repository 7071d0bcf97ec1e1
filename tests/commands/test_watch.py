"""watch grades on save, obeys keys, and leaves nothing behind: driven through a pseudo-terminal."""

from __future__ import annotations

import json
import os
import signal
import time

import pytest

from tests.commands.program import Repository
from tests.commands.screen import Screen
from tests.grading.processes import servers

pytest.importorskip("pty")

KATA = "wait_group"
WAITING = "waiting for a save of katas/concurrency/wait_group.py"
KEYS = "h hint   c compare   n next kata   r run all, in full   q quit"
ALL_WOKEN = "                for woken in released:\n                    woken.set()\n"
ONE_WOKEN = "                released.popitem()[0].set()\n"
# Six seconds of processor time without a step, until the child is ended.
CHECKED = "        _check_timeout(timeout)\n"
STUCK = "        sum(iter(int, 1))\n"


def watch(repository: Repository, *arguments: str, columns: int = 80) -> Screen:
    """The command on a terminal."""
    return Screen(["watch", *arguments, "--budget", "40"], repository.root, columns=columns)


def reported(screen: Screen) -> str:
    """Wait for a report with all that belongs to it."""
    screen.expect("(graded in")
    screen.until(lambda: screen.text.rstrip().endswith("q quit"))
    return screen.text


def state(repository: Repository) -> str | None:
    """What the history says of the kata."""
    file = repository.root / ".dojo/progress.json"
    return json.loads(file.read_text("utf-8"))["katas"].get(KATA, {}).get("state") if file.exists() else None


def test_from_the_stub_to_the_pass(repository: Repository) -> None:
    """Not started, a failure with a hint, a syntax error, a pass with the way on, the next kata, quit."""
    stub = repository.stub(KATA)
    with watch(repository, KATA) as screen:
        screen.expect("not started yet: write your code in katas/concurrency/wait_group.py")
        screen.expect(f"{WAITING} {KEYS}")

        text = repository.attempt(KATA, ALL_WOKEN, ONE_WOKEN)
        shown = reported(screen)
        assert "FAIL" in shown and "(1 of 3)" in shown and "checking the others" not in shown
        assert state(repository) == "failed"

        screen.forget()
        screen.press("h")
        shown = screen.expect(KEYS)
        assert "1 of 3" in shown and "2 of 3" not in shown
        screen.expect_nothing(0.3)

        stub.write_text("x = (\n" + text, "utf-8")
        shown = screen.expect(KEYS)
        assert "katas/concurrency/wait_group.py:1: syntax error" in shown and WAITING in shown
        assert state(repository) == "failed"  # half a text is no result
        screen.expect_nothing(0.3)

        # What failed is checked first, although something else was wrong with the file since.
        stub.write_text(text + "# again\n", "utf-8")
        shown = reported(screen)
        assert "still fails   checking the others" in shown
        assert shown.index("still fails") < shown.index("(2 of 3)")
        screen.expect_nothing(0.3)

        repository.attempt(KATA)
        shown = reported(screen)
        assert "what failed holds now" in shown and "all 22 properties hold" in " ".join(shown.split())
        assert "That is evidence, not proof." in " ".join(shown.split())
        assert "n     " in shown
        assert state(repository) == "passed"
        screen.expect_nothing(0.5)  # it never goes on by itself

        screen.press("n")
        screen.expect("waiting for a save of katas/")
        assert WAITING not in screen.text
        (server,) = servers(screen.program.pid)  # of all gradings so far
        screen.press("q")
        assert screen.ended() == 0
        assert not is_alive(server)


def test_a_save_overtakes_a_grading(repository: Repository) -> None:
    """The one under way ends at once, its children with it; only the newest text is reported."""
    repository.attempt(KATA, CHECKED, STUCK)
    with watch(repository, KATA) as screen:
        screen.expect("waits_for_the_last")  # it is stuck there
        before = screen.children()
        assert before
        screen.forget()
        repository.attempt(KATA, ALL_WOKEN, ONE_WOKEN)
        shown = reported(screen)
        assert "without reaching a step" not in shown
        assert not set(before) & set(screen.children())
        screen.expect_nothing(0.5)
        assert state(repository) == "failed"


@pytest.mark.parametrize(
    ("ending", "code"), [("q", 0), ("\x04", 0), ("\x03", 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_nothing_is_left_behind(ending: str | signal.Signals, code: int, repository: Repository) -> None:
    """In the middle of a grading: no child, no half-written file, the terminal as it was."""
    repository.attempt(KATA, CHECKED, STUCK)
    with watch(repository, KATA) as screen:
        screen.expect("schedules")
        screen.until(lambda: screen.children())
        children = screen.children()
        if isinstance(ending, str):
            screen.press(ending)
        else:
            screen.program.send_signal(ending)
        assert screen.ended() == code
        assert "Traceback" not in screen.text
        assert not [child for child in children if is_alive(child)]
    assert state(repository) is None


def test_even_a_killed_program_leaves_no_child(repository: Repository) -> None:
    """Nobody is left to end them: they are ended all the same."""
    repository.attempt(KATA, CHECKED, STUCK)
    with watch(repository, KATA) as screen:
        screen.until(screen.children)
        processes = screen.children() + servers(screen.program.pid)
        screen.program.kill()
        screen.until(lambda: not any(is_alive(process) for process in processes), 5)  # the loop would take 6


def is_alive(process: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_keys_that_are_about_a_result_wait_for_it(repository: Repository) -> None:
    """A hint asked for too early comes after the report; run all shows every failure in full."""
    repository.attempt(KATA, ALL_WOKEN, "                pass\n")
    with watch(repository, KATA, columns=100) as screen:
        screen.expect("schedules")
        screen.press("h?X")  # two of them are nothing
        screen.expect("(2 more)")
        screen.until(lambda: screen.text.rstrip().endswith("q quit"))
        shown = screen.text
        assert shown.index("(graded in") < shown.index("1 of 3  ")
        assert shown.count("  replay  ") == 1 and "r shows the others in full" in shown
        screen.expect_nothing(0.3)
        screen.press("R")
        assert reported(screen).count("  replay  ") > 1


def test_another_command_has_the_terminal_to_itself(repository: Repository) -> None:
    """compare asks a question, and the answer is a line; Ctrl-C there leads back to watching."""
    with watch(repository, KATA) as screen:
        screen.expect(KEYS)
        for answer in ("n\r", "\x03"):
            screen.forget()
            screen.press("c")
            screen.expect("[y/N]:")
            time.sleep(0.5)  # Python misses a Ctrl-C between a prompt and the reading of the answer
            screen.press(answer)
            assert "[y/N]: n" in screen.expect(KEYS) or answer != "n\r"  # echoed, as usual in a line
        screen.press("q")
        assert screen.ended() == 0


def test_n_goes_round(repository: Repository) -> None:
    """Each kata once, in the order of the board, before one comes again; a pass is not needed."""
    with watch(repository) as screen:
        first = [screen.expect(KEYS).split()[0]]
        for _ in range(3):
            screen.forget()
            screen.press("n")
            first.append(screen.expect(KEYS).split()[0])
        assert len(set(first)) == 4
        board = repository.grader()
        assert f"next      {first[0]}:" in board
        screen.press("q")
        assert screen.ended() == 0


def test_forty_columns(repository: Repository) -> None:
    """No line is longer than the terminal, and no key is parted from its meaning."""
    with watch(repository, KATA, columns=40) as screen:
        text = screen.expect("q quit")
        text = text[text.rindex("not started") - len(f"{KATA}   ") :]
        assert all(len(each) <= 40 for each in text.splitlines()), text
        assert "n next kata" in text and "r run all, in full" in text


@pytest.mark.parametrize("arguments", [[], [KATA]])
def test_without_a_terminal_it_points_to_grade(arguments: list[str], repository: Repository) -> None:
    """Exit code 2 and one line."""
    errors = repository.grader("watch", *arguments, code=2)
    assert f"`uv run grader.py grade{' ' + KATA if arguments else ''}` grades once" in errors
    assert len(errors.splitlines()) == 1


def test_an_unknown_kata(repository: Repository) -> None:
    """One line, and the terminal is given back."""
    with watch(repository, "wait_grup") as screen:
        assert screen.ended() == 2
        assert "did you mean 'wait_group'" in screen.text
