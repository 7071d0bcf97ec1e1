"""A game runs in one child for as long as it lasts: each choice is a fresh run, and nothing is left behind."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from dojo.checking.turn import End, Turn
from dojo.checking.verdict import Status
from dojo.grading.catalogue import load
from dojo.grading.judge import replay
from dojo.grading.play import Play, Stopped

KATA = load()["semaphore"]
SOLUTION = KATA.solution.read_text("utf-8")
LOCKED = "        with self._lock:\n            return self._take(weight)"
RACING = SOLUTION.replace(LOCKED, "        return self._take(weight)")
assert LOCKED in SOLUTION
SLUG = "try_acquire_is_one_step"
GO = (0, 0)
OTHER = (1, 0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A learner's file with a race."""
    path = tmp_path / "semaphore.py"
    path.write_text(RACING, "utf-8")
    return path


def alive(pid: int) -> bool:
    """Whether there is a process of that number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_race_is_played_to_its_violation(file: Path) -> None:
    """Leave one thread before its write, and the token of what follows replays to the same failure."""
    with Play(KATA, file, SLUG) as game:
        pid = game._child._process.pid
        assert alive(pid)
        assert game.opening.known is not None
        assert game.opening.schedules > 0
        (way,) = game.opening.way
        moves: list[tuple[int, int]] = []
        while (at := game.turn(moves)).options[0] != way.default:
            moves.append(GO)
        moves.append(OTHER)
        at = game.turn(moves)
        assert isinstance(at, Turn)
        assert at.options[0].thread == "try_acquire-2"
        at = game.turn(moves, until_blocked=True)
        end = game.finish(moves)
    assert end.verdict.status is Status.FAIL
    example = end.verdict.counterexample
    assert example.token == end.token
    assert (len(example.delays), len(example.stalls)) == (1, 0)
    again = replay(KATA, file, end.token)
    assert again.reproduced
    assert again.notes == ()
    assert again.verdict.counterexample.trace_digest == example.trace_digest
    assert not alive(pid)


def test_the_violation_on_record_is_used(file: Path) -> None:
    """A token that still fails needs no search; one that does not any more is told, and then there is one."""
    with Play(KATA, file, SLUG) as game:
        token = game.opening.known.counterexample.token
    with Play(KATA, file, SLUG, token) as game:
        assert game.opening.schedules == 0
        assert game.opening.known.counterexample.token == token
        assert game.opening.note == ""
    file.write_text(SOLUTION, "utf-8")
    heard: list[int] = []
    with Play(KATA, file, SLUG, token, heard.append) as game:
        assert game.opening.known is None
        assert game.opening.way == ()
        assert "not happen any more" in game.opening.note
        assert game.opening.workload
        assert heard
        end = game.finish([OTHER] * 5)
    assert end.verdict.status is Status.PASS


def test_until_blocked_fills_in_the_choices(file: Path) -> None:
    """What is passed over counts as defaults, and the same choices one by one lead to the same turn."""
    with Play(KATA, file, SLUG) as game:
        far = game.turn([GO], until_blocked=True)
        assert far.passed > 1
        assert game.turn([GO] * far.passed) == far
        assert isinstance(game.turn([GO] * 100), End)


def test_time_passes_while_a_thread_stands(file: Path) -> None:
    """A stall goes into the schedule, and the run with it can be repeated."""
    file.write_text(SOLUTION, "utf-8")
    with Play(KATA, file, "never_more_held_than_there_are") as game:
        moves: list[tuple[int, int]] = []
        while isinstance(at := game.turn(moves), Turn) and not at.now:
            moves.append((0, at.stall) if any(step.subject == "sleep()" for step in at.steps) else GO)
            if moves[-1][1]:
                break
        assert moves[-1] == (0, 10**9)
        end = game.finish(moves)
    assert end.verdict.status is Status.PASS
    again = replay(KATA, file, end.token)
    assert not again.reproduced
    assert any(step.kind == "stall" for step in again.steps)


def test_time_does_not_pass_where_a_promise_is_about_time(file: Path) -> None:
    """Without stalls none is offered, and one that is asked for all the same is not granted."""
    with Play(KATA, file, "first_come_first_served") as game:
        assert not game.opening.may_stall
        at = game.turn([GO])
        assert at.stall == 0
        assert game.turn([GO, (0, 10**9)]) == game.turn([GO, GO])


def test_a_child_that_dies_ends_the_game(file: Path) -> None:
    """The game is over with a reason, and asking again does not hang."""
    with Play(KATA, file, SLUG) as game:
        os.kill(game._child._process.pid, signal.SIGPROF)
        for _ in range(2):
            with pytest.raises(Stopped) as stopped:
                game.turn([GO])
            assert "without reaching a step" in stopped.value.problem.message


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("def", "syntax"),
        (KATA.stub.read_text("utf-8"), "no code to play with"),
        (SOLUTION + "\n1 / 0\n", "ZeroDivisionError"),
    ],
    ids=["syntax", "stub", "import"],
)
def test_what_cannot_run_cannot_be_played(file: Path, text: str, complaint: str) -> None:
    """One problem, on entry, and no child."""
    file.write_text(text, "utf-8")
    with pytest.raises(Stopped) as stopped:
        with Play(KATA, file, SLUG):
            pass
    assert complaint in stopped.value.problem.message


def test_an_unknown_property_is_a_problem(file: Path) -> None:
    """It may have been renamed since it was graded."""
    with pytest.raises(Stopped) as stopped:
        with Play(KATA, file, "gone"):
            pass
    assert "no property 'gone'" in stopped.value.problem.message
