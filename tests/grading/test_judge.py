"""The judge tells a learner's mistake, a pass and our own fault apart, and never hangs or passes by accident."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from dojo.checking.verdict import PRINT
from dojo.grading.catalogue import load
from dojo.grading.judge import Progress, grade, replay
from dojo.grading.result import KataResult, State
from dojo.grading.terms import Terms
from tests.grading.processes import children

KATA = load()["semaphore"]
SOLUTION = KATA.solution.read_text("utf-8")
TRY = "        with self._lock:\n            return self._take(weight)"
assert TRY in SOLUTION


def graded(tmp_path: Path, source: str | bytes, budget: int = 60) -> KataResult:
    """Grade a text."""
    path = tmp_path / "semaphore.py"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    return grade(KATA, path, Terms(budget=budget))


def with_body(body: str, imports: str = "") -> str:
    """The solution with another body for try_acquire."""
    return SOLUTION.replace(TRY, f"        {body}").replace(
        "import threading\n", f"import threading\n{imports}\n", 1
    )


REFUSED = {
    "syntax error": (SOLUTION.replace("def acquire(", "def acquire((", 1), "syntax error", True),
    "wrong class name": (
        SOLUTION.replace("class Semaphore:", "class Semaphor:"),
        "no class `Semaphore`",
        False,
    ),
    "missing method": (
        SOLUTION.replace("def try_acquire", "def tryacquire"),
        "no method `Semaphore.try_acquire`",
        False,
    ),
    "os._exit": (with_body("os._exit(0)", "import os"), "'os' is not among the modules", True),
    "exit at import": (with_body("pass", "import sys\nsys.exit()"), "cannot be loaded", True),
    "loop at import": (with_body("pass", "while True: pass"), "cannot be loaded", False),
    "error at import": (with_body("pass", "1 / 0"), "ZeroDivisionError", True),
    "endless loop in C": (
        with_body("return sum(itertools.count())", "import itertools"),
        "without reaching a step",
        True,
    ),
    "memory bomb": (with_body("return [0] * (10 * 1024**3 // 8)"), "memory", True),
    "introspection": (with_body("return (lambda: 0).__globals__"), "`.__globals__` is not available", True),
    "eval": (with_body("return eval('1')"), "`eval` is not available", True),
    "NUL byte": (SOLUTION.encode() + b"\n\0\n", "NUL", True),
    "not UTF-8": (SOLUTION.encode() + b"\n# \xff\xfe\n", "UTF-8", False),
    "too large": (SOLUTION + "#" * 600_000, "larger than", False),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_graded_is_refused_with_one_clear_message(case: str, tmp_path: Path) -> None:
    """Neither a pass, nor a failure of a property, nor a fault of ours: a message, mostly with the line."""
    source, message, has_line = REFUSED[case]
    result = graded(tmp_path, source)
    assert result.state is State.REFUSED, result
    assert result.problem is not None
    assert message in result.problem.message
    assert "Traceback" not in result.problem.message
    assert result.problem.remedy
    assert (result.problem.line > 0) is has_line


FAILING = {
    "endless loop": ("while True: pass", {"endless loop", "livelock"}),
    "sys.exit in a call": ("raise SystemExit", {"exit", "broken promise"}),
    "endless recursion": ("return self.try_acquire(weight)", {"unexpected exception"}),
    "always true": ("return True", {"broken promise"}),
    "equal to everything": (
        "return type('E', (), {'__eq__': lambda *a: True, '__bool__': lambda s: True})()",
        {"broken promise"},
    ),
    "swallows everything": (
        "\n        while True:\n            try: self._lock.acquire()\n            except BaseException: continue",
        {"deadlock", "deadlock: a wait that nobody ends (lost wake-up)"},
    ),
}


@pytest.mark.parametrize("case", FAILING)
def test_bad_behaviour_fails_a_property(case: str, tmp_path: Path) -> None:
    """A method that loops, exits, recurses or lies breaks a promise; it never hangs the grader or passes."""
    body, kinds = FAILING[case]
    result = graded(tmp_path, with_body(body))
    assert result.state is State.FAILED, result.problem
    kind = next(v for v in result.failed if v.slug == "try_acquire_is_one_step").counterexample.kind
    assert kind in kinds


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """A path that does not exist, and a folder, are the learner's to mend."""
    for path in (tmp_path / "nowhere.py", tmp_path):
        result = grade(KATA, path)
        assert result.state is State.REFUSED
        assert result.problem is not None
        assert "does not exist" in result.problem.message or "is not a file" in result.problem.message


def test_verdicts_do_not_depend_on_the_run(tmp_path: Path) -> None:
    """Grading the same text twice gives the same result, byte for byte."""
    source = with_body("return self._take(weight)")
    one, two = graded(tmp_path, source, 200).to_json(), graded(tmp_path, source, 200).to_json()
    assert one == two
    assert one["state"] == "failed"


@pytest.mark.parametrize(
    ("case", "workers"),
    [("race", 2), ("race", 25), ("endless loop in C", 2), ("error at import", 3), ("memory bomb", 2)],
)
def test_the_number_of_workers_changes_nothing(case: str, workers: int, tmp_path: Path) -> None:
    """A failure, a problem half-way and one at the start: the result of several children is that of one."""
    source = with_body("return self._take(weight)") if case == "race" else REFUSED[case][0]
    path = tmp_path / "semaphore.py"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    one = grade(KATA, path, Terms(budget=40, workers=1))
    several = grade(KATA, path, Terms(budget=40, workers=workers))
    assert several.to_json() == one.to_json()
    assert several.state is (State.FAILED if case == "race" else State.REFUSED)


@pytest.mark.parametrize("case", ["race", "endless loop in C", "error at import", "memory bomb", "unknown"])
def test_what_is_checked_first_changes_nothing(case: str, tmp_path: Path) -> None:
    """The verdict on it comes first; the result is that of any other order, even if there is no result."""
    source = REFUSED[case][0] if case in REFUSED else with_body("return self._take(weight)")
    path = tmp_path / "semaphore.py"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    usual = grade(KATA, path, Terms(budget=40))
    slug = "no_such_property" if case == "unknown" else "linearizable"
    news: list[Progress] = []
    # Of several children the others may have decided more by the time of the first verdict.
    workers = 1 if case == "race" else 2
    result = grade(KATA, path, Terms(budget=40, workers=workers, first=slug), on_progress=news.append)
    assert json.dumps(result.to_json()) == json.dumps(usual.to_json())
    if case == "race":
        early = next(each for each in news if each.first is not None)
        assert early.decided == 1
        assert early.first == next(verdict for verdict in result.verdicts if verdict.slug == slug)
    else:
        assert not [each for each in news if each.first is not None]


def test_one_property_alone(tmp_path: Path) -> None:
    """It is judged as among all the others, and the result says that it is one of so many."""
    for source in (SOLUTION, with_body("return True")):
        whole = graded(tmp_path, source)
        one = grade(KATA, tmp_path / "semaphore.py", Terms(budget=60, only="try_acquire_is_one_step"))
        assert (one.properties, one.only) == (whole.properties, "try_acquire_is_one_step")
        assert [each.slug for each in one.verdicts] == [one.only]
        assert one.verdicts[0] in whole.verdicts
        assert one.state is (State.FAILED if one.verdicts[0].counterexample else State.PASSED)
    unknown = grade(KATA, tmp_path / "semaphore.py", Terms(budget=60, only="no_such_thing"))
    assert unknown.state is State.REFUSED and unknown.problem is not None
    assert "no property 'no_such_thing'" in unknown.problem.message


def test_what_is_printed_is_in_a_replay_and_in_no_verdict(tmp_path: Path) -> None:
    """It comes back with the thread and the line, without addresses; equal gradings give equal text all the same."""
    source = with_body("print('take', weight, self)\n        return True")
    one, other = graded(tmp_path, source), graded(tmp_path, source)
    assert json.dumps(one.to_json()) == json.dumps(other.to_json())
    example = one.failed[0].counterexample
    assert example is not None
    run = replay(KATA, tmp_path / "semaphore.py", example.token)
    printed = [step for step in run.steps if step.kind == PRINT]
    assert len(printed) == example.printed > 0
    line = source[: source.index("print('take'")].count("\n") + 1
    assert {(step.value, step.line) for step in printed} == {("take 1 <kata.Semaphore object>", line)}
    assert {step.thread for step in printed} <= set(example.threads)


def test_a_tick_can_end_a_grading(tmp_path: Path) -> None:
    """What it raises goes to the caller at once, and no child is left, silent as they may be."""
    path = tmp_path / "semaphore.py"
    path.write_text(REFUSED["endless loop in C"][0], "utf-8")
    ticks, raised = 0, 0.0

    def tick() -> None:
        nonlocal ticks, raised
        ticks += 1
        if ticks == 20:
            raised = time.monotonic()
            raise InterruptedError

    with pytest.raises(InterruptedError):
        grade(KATA, path, Terms(budget=40), on_tick=tick)
    assert time.monotonic() - raised < 4  # the loop alone would take 6
    assert not children()


def test_progress_only_grows(tmp_path: Path) -> None:
    """Properties and schedules of all children are counted together, up to all there are."""
    news: list[Progress] = []
    result = grade(KATA, KATA.solution, Terms(budget=40, workers=2), on_progress=news.append)
    assert [each.decided for each in news] == sorted(each.decided for each in news)
    assert {each.properties for each in news} == {result.properties}
    assert news[-1].decided == result.properties
    assert news[-1].schedules == result.schedules
    assert {each.name for each in news} <= {verdict.slug for verdict in result.verdicts}


def test_a_token_replays_in_another_process(tmp_path: Path) -> None:
    """The token of a failure repeats it; on an edited file the replay says that the file has changed."""
    result = graded(tmp_path, with_body("return self._take(weight)"), 200)
    example = result.failed[0].counterexample
    assert example is not None
    path = tmp_path / "semaphore.py"
    again = replay(KATA, path, example.token)
    assert again.reproduced
    assert again.notes == ()
    assert again.verdict is not None
    assert again.verdict.counterexample == example
    assert any(step.kind == "preempt" for step in again.steps)
    path.write_text("# changed\n" + path.read_text("utf-8"), "utf-8")
    assert "the file has changed since" in replay(KATA, path, example.token).notes


def test_what_cannot_be_raised_is_no_attempt_at_a_file(tmp_path: Path) -> None:
    """The interpreter tells of it with the source line, which it would read from the file by itself."""
    source = SOLUTION.replace(
        "class Semaphore:",
        "class _Guard:\n    def __del__(self):\n        raise KeyError('gone')\n\n\nclass Semaphore:",
    ).replace("        self._lock =", "        self._guard = _Guard()\n        self._lock =", 1)
    assert "self._guard" in source
    result = graded(tmp_path, source)
    assert (result.state, result.problem) == (State.PASSED, None)
