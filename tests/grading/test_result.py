"""The summary of a kata and the exit code of a run follow one order, and nothing of the clock gets into them."""

from __future__ import annotations

import itertools
import json

import pytest

from dojo.checking.verdict import Counterexample, Row, Status, Stuck, Verdict, Warned
from dojo.grading.result import ExitCode, KataResult, Problem, State, overall, state_of

# What is seen of a kata with one to three properties: any combination of these, in any order.
STATUSES = [statuses for size in (1, 2, 3) for statuses in itertools.product(Status, repeat=size)]


def verdict(status: Status, *warnings: Warned) -> Verdict:
    """A verdict with that status."""
    return Verdict("promise", "why", "slug", status, 7, 1, warnings=list(warnings))


def worst(statuses: tuple[Status, ...]) -> State:
    """The state that the worst status asks for."""
    order = {
        Status.BROKEN: State.BROKEN,
        Status.FAIL: State.FAILED,
        Status.INCONCLUSIVE: State.INCONCLUSIVE,
        Status.PASS: State.PASSED,
    }
    return next(state for status, state in order.items() if status in statuses)


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("statuses", STATUSES, ids=lambda each: "-".join(status.value for status in each))
def test_the_worst_verdict_decides(statuses: tuple[Status, ...], strict: bool) -> None:
    """Our fault before failure before inconclusive; a pass only if all pass."""
    verdicts = [verdict(status) for status in statuses]
    assert state_of(verdicts, len(verdicts), strict=strict) is worst(statuses)


@pytest.mark.parametrize("statuses", STATUSES, ids=lambda each: "-".join(status.value for status in each))
def test_a_missing_verdict_is_a_failure(statuses: tuple[Status, ...]) -> None:
    """With fewer verdicts than properties nothing is better than failed."""
    expected = State.BROKEN if Status.BROKEN in statuses else State.FAILED
    assert state_of([verdict(status) for status in statuses], len(statuses) + 1, strict=False) is expected


def test_nothing_to_check_is_no_pass() -> None:
    """Without a verdict, and without a property, nothing was shown."""
    assert state_of([], 1, strict=False) is State.FAILED
    assert state_of([], 0, strict=False) is State.BROKEN


RACE, HARMLESS = Warned("x", "a", "b"), Warned("x", "a", "b", harmless="a stop flag")


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("warnings", [(), (RACE,), (HARMLESS,), (HARMLESS, RACE)], ids=len)
@pytest.mark.parametrize("strict", [False, True])
def test_warnings_count_only_when_strict(status: Status, warnings: tuple[Warned, ...], strict: bool) -> None:
    """A race warning fails a strict run unless it is harmless, and never hides a fault of ours."""
    expected = worst((status,))
    if strict and RACE in warnings and status is not Status.BROKEN:
        expected = State.FAILED
    verdicts = [verdict(Status.PASS), verdict(status, *warnings)]
    assert state_of(verdicts, 2, strict=strict) is expected


CODES = {
    State.NOT_STARTED: ExitCode.FAILED,
    State.PASSED: ExitCode.PASSED,
    State.FAILED: ExitCode.FAILED,
    State.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
    State.REFUSED: ExitCode.FAILED,
    State.BROKEN: ExitCode.BROKEN,
}
ORDER = [ExitCode.BROKEN, ExitCode.FAILED, ExitCode.INCONCLUSIVE, ExitCode.PASSED]


@pytest.mark.parametrize("state", State)
def test_every_state_has_an_exit_code(state: State) -> None:
    """Only a pass ends with 0."""
    code = KataResult("k", "k.py", state).exit_code
    assert code is CODES[state]
    assert (code == 0) is (state is State.PASSED)


@pytest.mark.parametrize(
    "states",
    [states for size in (1, 2, 3) for states in itertools.combinations_with_replacement(State, size)],
    ids=lambda states: "-".join(state.name for state in states),
)
def test_the_worst_result_decides_the_exit_code(states: tuple[State, ...]) -> None:
    """Our fault, then failure, then inconclusive, whatever the order of the katas."""
    expected = min((CODES[state] for state in states), key=ORDER.index)
    for order in itertools.permutations(states):
        assert overall([KataResult("k", "k.py", state) for state in order]) is expected


def test_nothing_graded_is_no_failure() -> None:
    """An empty run has nothing to complain of."""
    assert overall([]) is ExitCode.PASSED


def full(seconds: float, digest: str = "d") -> KataResult:
    """A result with something in every field."""
    example = Counterexample(
        kind="deadlock",
        message="m",
        workload={"n": "1"},
        delays=[(1, 2)],
        stalls=[(1, 2, 3)],
        preemptions=1,
        elapsed=5,
        threads=["main"],
        rows=[Row("main", "x", "k.py", 1)],
        stuck=[Stuck("main", "acquire", "lock", "w", "k.py", 1)],
        place=("k.py", 3),
        token="T",
        trace_digest="D",
    )
    failing = Verdict(
        "p", "w", "s", Status.FAIL, 3, 1, found_after=2, counterexample=example, warnings=[RACE]
    )
    problem = Problem("fault", "k.py", 3, "remedy")
    return KataResult("k", "k.py", State.FAILED, (verdict(Status.PASS), failing), 2, problem, digest, seconds)


def test_json_holds_no_wall_time() -> None:
    """Gradings that differ only in how long they took give equal text; everything else is in it."""
    quick, slow = full(0.1), full(99.25)
    assert quick != slow
    text = json.dumps(quick.to_json())
    assert text == json.dumps(slow.to_json())
    assert "seconds" not in text
    assert "99.25" not in json.dumps(slow.to_json())


def test_json_can_be_read_back() -> None:
    """The plain data holds state, problem and verdicts in full."""
    result = full(1.0)
    data = json.loads(json.dumps(result.to_json()))
    assert tuple(map(Verdict.from_json, data["verdicts"])) == result.verdicts
    assert Problem(**data["problem"]) == result.problem
    assert State(data["state"]) is result.state
    assert (data["kata"], data["path"], data["properties"], data["schedules"]) == ("k", "k.py", 2, 10)
    assert KataResult("k", "k.py", State.PASSED).to_json()["problem"] is None


def test_failures_are_picked_out() -> None:
    """``failed`` has the failing verdicts only, in their order, and ``schedules`` adds up all."""
    statuses = [Status.FAIL, Status.PASS, Status.INCONCLUSIVE, Status.FAIL, Status.BROKEN]
    result = KataResult("k", "k.py", State.BROKEN, tuple(map(verdict, statuses)), 5)
    assert result.failed == (result.verdicts[0], result.verdicts[3])
    assert result.schedules == 35
