"""Hidden properties of the kata ``retry``."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import hypothesis.strategies as st

from dojo.checking.property import prop
from dojo.checking.scenario import Gauge, Spy, expect
from dojo.checking.sim import Sim

NANOSECOND = 1e-9
PLAIN = ["plain", "value", "deadline"]
PERMANENT = ["permanent", "buried", "group"]
ERRORS = [*PLAIN, "retryable", *PERMANENT]


class Dice:
    """A random number generator whose numbers are known beforehand; it counts how many were asked for."""

    def __init__(self, numbers: list[float]) -> None:
        self.numbers = numbers
        self.asked = 0

    def random(self) -> float:
        self.asked += 1
        return self.numbers[(self.asked - 1) % len(self.numbers)]

    def uniform(self, a: float, b: float) -> float:
        return a + (b - a) * self.random()


class Script:
    """A function that ends as planned, call by call, and notes when it was called; then it returns "done"."""

    def __init__(self, sim: Sim, plan: list[Any], takes: float = 0.0) -> None:
        self._sim, self._plan, self._takes = sim, plan, takes
        self.began: list[float] = []
        self.ended: list[float] = []

    @property
    def calls(self) -> int:
        """How often it was called."""
        return len(self.began)

    def __call__(self, *args: Any) -> Any:
        self.began.append(self._sim.now)
        self._sim.sleep(self._takes)
        self.ended.append(self._sim.now)
        outcome = self._plan[self.calls - 1] if self.calls <= len(self._plan) else "done"
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


def caught(fn: Callable[[], Any]) -> BaseException | None:
    """What ``fn()`` raises, None if it returns. No error is being handled when this returns."""
    try:
        fn()
    except BaseException as error:
        return error
    return None


def steady(sim: Sim, retries: int, first: float = 1.0, **more: Any) -> Any:
    """A retryer without jitter, whose back-offs are ``first``, twice that, and so on."""
    settings = {"max_backoff": 1000.0, "multiplier": 2.0, "jitter_fraction": 0.0, **more}
    return sim.kata.Retryer(sim.kata.RetryConfig(retries, first, **settings))


def make(sim: Sim, kind: str) -> Exception:
    """One of the ``ERRORS``."""
    marks = sim.reference("error_helpers")
    if kind == "value":
        return ValueError("not ready")
    if kind == "deadline":
        return sim.context.DeadlineExceeded("of a ctx that the function has made for itself")
    error = ConnectionError("no answer")
    if kind == "retryable":
        return marks.retryable(error)
    if kind == "permanent":
        return marks.permanent(error)
    if kind == "buried":
        outer = RuntimeError("the order was not placed")
        outer.__cause__ = marks.permanent(error)
        return outer
    if kind == "group":
        return ExceptionGroup("two problems", [KeyError("stock"), marks.permanent(error)])
    return error


def name(error: BaseException | None) -> str:
    """An error in a message."""
    return "nothing" if error is None else f"{type(error).__name__}({error})"


@prop(
    "without jitter a back-off is min(initial * multiplier ** k, max), for every k",
    "Back-offs grow up to the maximum and stay there, however large the power becomes; rng is not touched.",
    given={
        "initial": st.sampled_from([0, 0.001, 0.1, 1, 60]),
        "longest": st.sampled_from([0, 5, 30.0, 1e9]),
        "multiplier": st.sampled_from([1, 1.0, 1.5, 2, 1.0001, 1e200]),
    },
    examples=[
        {"initial": 0.1, "longest": 30.0, "multiplier": 2.0},
        {"initial": 0, "longest": 30.0, "multiplier": 2},
        {"initial": 1, "longest": 1e9, "multiplier": 1},
    ],
)
def test_backoff_grows_to_the_maximum(sim: Sim, initial: float, longest: float, multiplier: float) -> None:
    dice = Dice([0.9, 0.1])
    retryer = sim.kata.Retryer(sim.kata.RetryConfig(5, initial, longest, multiplier, 0), dice)
    for retry in (0, 1, 2, 3, 7, 10, 100, 1_023, 1_024, 5_000, 100_000, 1_000_000):
        if retry > 5_000 or multiplier > 1e100:  # as fractions these would have a million digits
            grows = initial > 0 and multiplier > 1 and retry > 0
            exact = longest if grows else min(initial, longest)
        else:
            exact = float(min(Fraction(initial) * Fraction(multiplier) ** retry, Fraction(longest)))
        what = f"initial {initial}, multiplier {multiplier}, maximum {longest}: delay({retry})"
        try:
            told = retryer.delay(retry)
        except ArithmeticError as error:
            raise AssertionError(f"{what} must be {exact}; it raised {name(error)}") from error
        assert math.isclose(told, exact, rel_tol=1e-9), f"{what} is {told}, not {exact}"
    assert dice.asked == 0, f"jitter_fraction is 0, yet rng was asked for {dice.asked} numbers"


@prop(
    "jitter spreads each back-off evenly over its range",
    "From b * (1 - j) to b * (1 + j), never above the maximum, and as evenly where that cuts the range.",
    given={
        "retry": st.sampled_from([0, 1, 2, 3, 5, 1_000_000]),
        "jitter": st.sampled_from([0.1, 0.2, 0.5, 1]),
    },
    examples=[
        {"retry": 0, "jitter": 0.2},
        {"retry": 3, "jitter": 0.5},
        {"retry": 1_000_000, "jitter": 0.2},
        {"retry": 1_000_000, "jitter": 1},
    ],
)
def test_jitter_is_even(sim: Sim, retry: int, jitter: float) -> None:
    numbers = [0.0, 0.25, 0.5, 0.75, math.nextafter(1.0, 0.0)]
    dice = Dice(numbers)
    retryer = sim.kata.Retryer(sim.kata.RetryConfig(3, 1.0, 10.0, 2.0, jitter), dice)
    backoff = min(2.0 ** min(retry, 10), 10.0)
    shortest, longest = backoff * (1 - jitter), min(backoff * (1 + jitter), 10.0)
    what = f"back-off {backoff} s, jitter {jitter}, maximum 10 s: delay({retry})"
    drawn = [retryer.delay(retry) for _ in numbers]
    assert dice.asked == len(numbers), (
        f"{len(numbers)} delays were drawn; rng was asked for {dice.asked} numbers"
    )
    for delay in drawn:
        assert shortest * (1 - 1e-9) <= delay <= longest * (1 + 1e-9), (
            f"{what} is {delay}, which is not from {shortest} to {longest}"
        )
    even = [shortest + (longest - shortest) * number for number in numbers]
    assert all(
        math.isclose(delay, each, rel_tol=1e-9, abs_tol=1e-12)
        for delay, each in zip(sorted(drawn), even, strict=True)
    ), f"{what} for {numbers} from rng is {drawn}, not {even}: not spread evenly"


@prop(
    "each retry comes exactly its back-off after the failure before it, and none follows the last",
    "delay(0) before the first retry, delay(1) before the second; on_retry is told what is waited for.",
    given={
        "retries": st.integers(0, 3),
        "jitter": st.sampled_from([0, 0.2, 1]),
        "takes": st.sampled_from([0, 1.5]),
        "cancellable": st.booleans(),
        "recovers": st.booleans(),
    },
    examples=[
        {"retries": 2, "jitter": 0, "takes": 1.5, "cancellable": False, "recovers": False},
        {"retries": 3, "jitter": 0.2, "takes": 0, "cancellable": True, "recovers": True},
    ],
)
def test_retries_follow_their_backoffs(
    sim: Sim, retries: int, jitter: float, takes: float, cancellable: bool, recovers: bool
) -> None:
    retryer = steady(sim, retries, max_backoff=3.0, jitter_fraction=jitter)
    failures = retries if recovers else retries + 1
    script = Script(sim, [ConnectionError() for _ in range(failures)], takes)
    ctx = sim.context.Context.background().with_cancel() if cancellable else None
    told: list[float] = []
    raised = caught(lambda: retryer.do(script, ctx=ctx, on_retry=lambda *each: told.append(each[2])))
    if recovers:
        assert raised is None, f"{retries} retries, call {failures + 1} succeeds; do() raised {name(raised)}"
    else:
        assert isinstance(raised, sim.kata.RetryExhausted), f"do() must give up; it raised {name(raised)}"
    assert script.calls == retries + 1, f"{retries} retries: the function was called {script.calls} times"
    for retry in range(retries):
        waited = script.began[retry + 1] - script.ended[retry]
        assert abs(waited - told[retry]) < 2 * NANOSECOND, (
            f"on_retry was told {told[retry]} s, the back-off took {waited} s"
        )
        backoff = min(2.0**retry, 3.0)
        shortest, longest = backoff * (1 - jitter), min(backoff * (1 + jitter), 3.0)
        assert shortest - NANOSECOND <= waited <= longest + NANOSECOND, (
            f"before retry {retry} (from 0) it waited {waited} s, not {shortest} to {longest} s"
        )
    late = sim.now - script.ended[-1]
    assert late == 0, f"the last attempt was over at {script.ended[-1]} s, do() {late} s later"
    if ctx is not None:
        ctx.cancel()


def model(outcomes: list[str], retries: int, decision: bool | None) -> tuple[str, int]:
    """How a call ends, and at which attempt."""
    for attempt, outcome in enumerate(outcomes, 1):
        if outcome == "ok":
            return "value", attempt
        if outcome in PERMANENT:
            return "permanent", attempt
        if outcome in PLAIN and decision is False:
            return "refused", attempt
        if attempt > retries:
            return "exhausted", attempt
    raise AssertionError("the script is too short")


@prop(
    "a call ends as the rules say, whatever its attempts come to",
    "Any sequence of successes, plain, retryable and permanent errors leads to the same end as the model.",
    given={
        "outcomes": st.lists(st.sampled_from(["ok", *ERRORS]), min_size=4, max_size=4),
        "retries": st.integers(0, 3),
        "decision": st.sampled_from([None, True, False]),
    },
    examples=[
        {"outcomes": ["plain", "value", "deadline", "ok"], "retries": 3, "decision": None},
        {"outcomes": ["value", "retryable", "ok", "ok"], "retries": 1, "decision": True},
        {"outcomes": ["retryable", "buried", "ok", "ok"], "retries": 3, "decision": True},
        {"outcomes": ["retryable", "plain", "ok", "ok"], "retries": 3, "decision": False},
        {"outcomes": ["retryable", "group", "ok", "ok"], "retries": 3, "decision": None},
    ],
    workloads=16,
)
def test_a_call_ends_as_the_model(sim: Sim, outcomes: list[str], retries: int, decision: bool | None) -> None:
    plan = [None if each == "ok" else make(sim, each) for each in outcomes]
    retryer = steady(sim, retries, is_retryable=None if decision is None else lambda error: decision)
    script = Script(sim, plan)
    results: list[Any] = []
    raised = caught(lambda: results.append(retryer.do(script)))
    end, attempts = model(outcomes, retries, decision)
    what = f"{retries} retries, is_retryable {decision}, attempts {outcomes[:attempts]}"
    assert script.calls == attempts, f"{what}: the function was called {script.calls} times, not {attempts}"
    last = plan[attempts - 1]
    if end == "value":
        assert raised is None, f"{what}: do() raised {name(raised)}"
        result = results[0]
        assert result.value is None, f"the function returned None, do() {result.value!r}"
        assert result.attempts == attempts, f"{what}: result says {result.attempts} attempts, not {attempts}"
    elif end == "exhausted":
        assert isinstance(raised, sim.kata.RetryExhausted), f"{what}: do() ended with {name(raised)}"
        assert raised.attempts == attempts, f"{what}: RetryExhausted says {raised.attempts} attempts"
        assert raised.__cause__ is last, (
            f"{what}: RetryExhausted comes from {name(raised.__cause__)}, not {name(last)}"
        )
    else:
        expected = sim.reference("error_helpers").unwrap(last)
        assert raised is expected, f"{what}: do() ended with {name(raised)}, not {name(expected)}"
    due = 2.0 ** (attempts - 1) - 1
    assert sim.now == due, f"{what}: do() ended at {sim.now} s, not {due} s"


@prop(
    "max_retries=0 means one attempt",
    "Neither none nor any number of them: the function is called once, and RetryExhausted says so.",
    given={"failures": st.integers(0, 2)},
    examples=[{"failures": 2}],
)
def test_no_retries(sim: Sim, failures: int) -> None:
    errors = [ConnectionError(f"number {number}") for number in range(failures)]
    script = Script(sim, list(errors))
    retryer = steady(sim, 0)
    if not failures:
        result = retryer.do(script)
        assert result == sim.kata.RetryResult("done", 1, 0.0), f"one good attempt gives {result}"
        return
    raised = caught(lambda: retryer.do(script))
    assert script.calls == 1, f"max_retries=0: the function was called {script.calls} times"
    assert isinstance(raised, sim.kata.RetryExhausted), f"the only attempt failed, do() with {name(raised)}"
    assert raised.attempts == 1, f"RetryExhausted says {raised.attempts} attempts"
    assert raised.__cause__ is errors[0], f"RetryExhausted comes from {name(raised.__cause__)}"


@prop(
    "a permanent error comes out as if it had never been marked",
    "The very instance that was marked, with its own cause, and no mark in its context; at any attempt.",
    given={
        "where": st.sampled_from(["top", "handled", "twice", "own", "cause", "group"]),
        "earlier": st.integers(0, 1),
        "retries": st.sampled_from([1, 3]),
    },
    examples=[
        {"where": "top", "earlier": 0, "retries": 3},
        {"where": "top", "earlier": 1, "retries": 1},
        {"where": "cause", "earlier": 1, "retries": 3},
        {"where": "handled", "earlier": 1, "retries": 3},
    ],
)
def test_permanent_comes_out_unwrapped(sim: Sim, where: str, earlier: int, retries: int) -> None:
    marks = sim.reference("error_helpers")
    reason = KeyError("the reason")
    original = ValueError("bad request")
    original.__cause__ = reason
    own = type("Rejected", (marks.PermanentError,), {})("rejected")
    buried = RuntimeError("from a permanent one")
    buried.__cause__ = marks.permanent(original)
    group = ExceptionGroup("several", [TypeError("another"), marks.permanent(original)])
    expected = {"own": own, "cause": buried, "group": group}.get(where, original)
    calls: list[float] = []

    def fail() -> None:
        calls.append(sim.now)
        if len(calls) <= earlier:
            raise ConnectionError("no answer")
        if where == "handled":
            try:
                raise original
            except ValueError as error:
                raise marks.permanent(error) from error
        if where == "top":
            raise marks.permanent(original)
        if where == "twice":
            raise marks.permanent(marks.retryable(original))
        raise expected

    cause = expected.__cause__
    raised = caught(lambda: steady(sim, retries).do(fail))
    assert len(calls) == earlier + 1, f"attempt {earlier + 1} was permanent; {len(calls)} were made"
    assert raised is expected, f"do() must raise {name(expected)} itself; it raised {name(raised)}"
    assert sim.now == calls[-1], f"the permanent error came at {calls[-1]} s, do() ended at {sim.now} s"
    assert raised.__cause__ is cause, f"its cause was {name(cause)}, now it is {name(raised.__cause__)}"
    assert raised.__context__ is None, f"it had no context; now that is {name(raised.__context__)}"


@prop(
    "is_retryable decides about errors without a mark, and about no others",
    "It is asked once for each of them, the last one too; a mark, wherever it is found, is stronger.",
    given={
        "answers": st.lists(st.sampled_from([True, "yes", False, 0, None]), min_size=3, max_size=3),
        "kinds": st.lists(st.sampled_from(ERRORS), min_size=3, max_size=3),
        "retries": st.integers(0, 2),
    },
    examples=[
        {"answers": [True, True, False], "kinds": ["plain", "plain", "plain"], "retries": 2},
        {"answers": [True, "yes", 0], "kinds": ["plain", "plain", "plain"], "retries": 1},
        {"answers": [False, False, False], "kinds": ["retryable", "plain", "plain"], "retries": 2},
        {"answers": [True, True, True], "kinds": ["plain", "permanent", "plain"], "retries": 2},
    ],
    workloads=12,
)
def test_is_retryable_decides(sim: Sim, answers: list[Any], kinds: list[str], retries: int) -> None:
    plan = [make(sim, kind) for kind in kinds]
    asked: list[Exception] = []

    def decide(error: Exception) -> Any:
        asked.append(error)
        return answers[script.calls - 1]

    script = Script(sim, list(plan))
    raised = caught(lambda: steady(sim, retries, is_retryable=decide).do(script))
    expected: list[Exception] = []
    end: BaseException | None = None
    attempts = 0
    for attempts, (error, kind, answer) in enumerate(zip(plan, kinds, answers, strict=True), 1):
        if kind in PLAIN:
            expected.append(error)
        if kind in PERMANENT or (kind in PLAIN and not answer):
            end = sim.reference("error_helpers").unwrap(error)
            break
        if attempts > retries:
            break
    what = f"{retries} retries, errors {kinds[:attempts]}, answers {answers[:attempts]}"
    assert script.calls == attempts, f"{what}: {script.calls} attempts were made, not {attempts}"
    assert len(asked) == len(expected) and all(a is b for a, b in zip(asked, expected, strict=True)), (
        f"{what}: is_retryable was asked about {[*map(name, asked)]}, not {[*map(name, expected)]}"
    )
    if end is not None:
        assert raised is end, f"{what}: do() ended with {name(raised)}, not {name(end)}"
        assert raised.__context__ is None, f"{what}: the error got the context {name(raised.__context__)}"
    else:
        assert isinstance(raised, sim.kata.RetryExhausted), f"{what}: do() ended with {name(raised)}"


@prop(
    "attempts know nothing of each other",
    "The error of one attempt is not the context of the next one's, so it says nothing about that.",
)
def test_attempts_are_independent(sim: Sim) -> None:
    marks = sim.reference("error_helpers")
    first, second = marks.retryable(ConnectionError("no answer")), ValueError("bad request")
    script = Script(sim, [first, second])
    raised = caught(lambda: steady(sim, 3, is_retryable=lambda error: False).do(script))
    assert second.__context__ is None, f"the second error has the context {name(second.__context__)}"
    assert raised is second, f"attempt 2 raised an error that is not to be retried, do() {name(raised)}"
    script = Script(sim, [ConnectionError("one"), ConnectionError("two")])
    raised = caught(lambda: steady(sim, 1).do(script))
    assert isinstance(raised, sim.kata.RetryExhausted), f"both attempts failed, do() with {name(raised)}"
    assert raised.__cause__ is not None
    before = raised.__cause__.__context__
    assert before is None, f"the last error has the context {name(before)}"


@prop(
    "what is no Exception is never retried",
    "KeyboardInterrupt and its like come out at once and unchanged; nobody is asked about them.",
    given={"kind": st.sampled_from(["KeyboardInterrupt", "SystemExit", "group"])},
    examples=[{"kind": "KeyboardInterrupt"}],
)
def test_interrupts_pass_through(sim: Sim, kind: str) -> None:
    interrupt: BaseException = {
        "KeyboardInterrupt": KeyboardInterrupt("stop"),
        "SystemExit": SystemExit(3),
        "group": BaseExceptionGroup("several", [KeyboardInterrupt("stop"), ValueError("bad")]),
    }[kind]
    asked: list[object] = []
    retryer = steady(sim, 3, is_retryable=lambda error: not asked.append(error))
    script = Script(sim, [interrupt])
    raised = caught(lambda: retryer.do(script, on_retry=lambda *each: asked.append(each)))
    assert script.calls == 1, f"the first attempt raised {name(interrupt)}; {script.calls} were made"
    assert raised is interrupt, f"the function raised {name(interrupt)}, do() {name(raised)}"
    assert not asked, f"is_retryable or on_retry was called about {name(interrupt)}"
    assert sim.now == 0, f"the interrupt came out after {sim.now} s"


@prop(
    "a ctx that is already done stops a call before its first attempt",
    "The error of ctx is raised and the function is not called at all.",
    given={"deadline": st.booleans()},
)
def test_done_ctx_makes_no_attempt(sim: Sim, deadline: bool) -> None:
    root = sim.context.Context.background()
    ctx = root.with_timeout(1) if deadline else root.with_cancel()
    sim.sleep(1)
    ctx.cancel()
    script = Script(sim, [])
    error = sim.context.DeadlineExceeded if deadline else sim.context.Cancelled
    expect(error, lambda: steady(sim, 3).do(script, ctx=ctx), "do() with a ctx that is done")
    assert script.calls == 0, f"ctx was done before the call; the function was called {script.calls} times"
    assert sim.now == 1, f"ctx was done before the call, which took {sim.now - 1} s to fail"


@prop(
    "an attempt that fails when ctx is done is the last one, and the error of ctx is raised from it",
    "Whatever the function raises: nobody is asked, nothing is waited for. A value is returned all the same.",
    given={
        "kind": st.sampled_from(["ok", "ctx", *ERRORS]),
        "deadline": st.booleans(),
        "retries": st.integers(0, 2),
    },
    examples=[
        {"kind": "ctx", "deadline": True, "retries": 0},
        {"kind": "ok", "deadline": False, "retries": 1},
        {"kind": "permanent", "deadline": True, "retries": 1},
        {"kind": "plain", "deadline": False, "retries": 2},
    ],
    workloads=12,
)
def test_ctx_ends_during_an_attempt(sim: Sim, kind: str, deadline: bool, retries: int) -> None:
    root = sim.context.Context.background()
    ctx = root.with_timeout(2) if deadline else root.with_cancel()
    asked: list[object] = []
    errors: list[Exception] = []

    def work() -> str:
        sim.sleep(2)
        if not deadline:
            ctx.cancel()
        if kind == "ok":
            return "done"
        try:
            if kind == "ctx":
                ctx.raise_if_done()
            raise make(sim, kind)
        except Exception as error:
            errors.append(error)
            raise

    retryer = steady(sim, retries, is_retryable=lambda error: not asked.append(error))
    results: list[Any] = []
    raised = caught(
        lambda: results.append(retryer.do(work, ctx=ctx, on_retry=lambda *each: asked.append(each)))
    )
    ctx.cancel()
    if kind == "ok":
        assert raised is None, f"the function returned as ctx had just ended; do() raised {name(raised)}"
        assert results[0].value == "done", f"the value is {results[0].value!r}"
        return
    error = sim.context.DeadlineExceeded if deadline else sim.context.Cancelled
    assert len(errors) == 1, f"ctx ended during attempt 1; {len(errors)} were made"
    what = f"ctx ended during the attempt, which raised {name(errors[0])}"
    assert isinstance(raised, error), f"{what}; do() must raise {error.__name__}, not {name(raised)}"
    assert raised.__cause__ is errors[0], f"{what}; the cause is {name(raised.__cause__)}"
    assert not asked, f"{what}; yet is_retryable or on_retry was called"
    assert sim.now == 2, f"{what} at 2 s; do() ended at {sim.now} s"


@prop(
    "a cancel ends a back-off at that instant, with no further attempt",
    "The error of ctx is raised, from the error of the last attempt.",
    given={"cancel_at": st.sampled_from([0, 1, 5.5, 9]), "by": st.sampled_from(["thread", "on_retry"])},
    examples=[
        {"cancel_at": 1, "by": "thread"},
        {"cancel_at": 9, "by": "thread"},
        {"cancel_at": 0, "by": "on_retry"},
        {"cancel_at": 0, "by": "thread"},
    ],
)
def test_cancel_ends_a_backoff(sim: Sim, cancel_at: float, by: str) -> None:
    parent = sim.context.Context.background().with_cancel()
    ctx = parent.with_cancel()
    errors = [ConnectionError(f"number {number}") for number in (1, 2)]
    script = Script(sim, list(errors))
    retryer = steady(sim, 5, 3.0)  # attempts at 0 s, 3 s and, if nobody stops them, 9 s

    def on_retry(attempt: int, error: Exception, delay: float) -> None:
        if by == "on_retry":
            sim.sleep(cancel_at)
            parent.cancel()

    def canceller() -> None:
        sim.sleep(cancel_at)
        parent.cancel()

    others = [sim.spawn(canceller)] if by == "thread" else []
    raised = caught(lambda: retryer.do(script, ctx=ctx, on_retry=on_retry))
    ended = sim.now
    sim.join(*others)
    if cancel_at == 9 and by == "thread" and raised is None:
        return  # the back-off and ctx ended at the same instant: the third attempt may be made
    assert isinstance(raised, sim.context.Cancelled), f"ctx was cancelled; do() ended with {name(raised)}"
    assert ended == cancel_at, f"ctx was cancelled at {cancel_at} s; do() ended at {ended} s"
    due = 1 if by == "on_retry" or cancel_at < 3 else 2
    calls = script.calls
    assert calls == due or (by == "thread" and cancel_at == 0 and calls == 0), (
        f"ctx was cancelled at {cancel_at} s; {calls} attempts were made, not {due}"
    )
    cause = errors[calls - 1] if calls else None
    assert raised.__cause__ is cause, (
        f"attempt {calls} raised {name(cause)}; do() raised {name(raised)} from {name(raised.__cause__)}"
    )


@prop(
    "a back-off that cannot end before the deadline is not begun",
    "A TimeoutError comes at once, from the last error. One that ends in time, as drawn, is waited for.",
    given={
        "timeout": st.sampled_from([0.5, 1, 2, 3.5, 4, 6.5, 9]),
        "takes": st.sampled_from([0, 0.5]),
        "drawn": st.sampled_from([0, 0.5, 0.75]),
    },
    examples=[
        {"timeout": 2, "takes": 0, "drawn": 0.5},
        {"timeout": 2, "takes": 0.5, "drawn": 0},
        {"timeout": 4, "takes": 0.5, "drawn": 0.5},
        {"timeout": 9, "takes": 0, "drawn": 0.75},
    ],
)
def test_no_time_for_a_backoff(sim: Sim, timeout: float, takes: float, drawn: float) -> None:
    errors = [ConnectionError(f"number {number}") for number in range(3)]
    script = Script(sim, list(errors), takes)
    told: list[object] = []
    retryer = sim.kata.Retryer(sim.kata.RetryConfig(2, 2.0, 1000.0, 2.0, 0.5), Dice([drawn]))
    backoffs = [retryer.delay(0), retryer.delay(1)]  # the same ones each time, with these dice
    with sim.context.Context.background().with_timeout(timeout) as ctx:
        raised = caught(lambda: retryer.do(script, ctx=ctx, on_retry=lambda *each: told.append(each)))
    ends, attempts = takes, 1
    for backoff in backoffs:
        left = timeout - ends - backoff
        if 0 < abs(left) < NANOSECOND:
            return  # a rounding error decides
        if left <= 0:
            break
        ends += backoff + takes
        attempts += 1
    what = f"back-offs of {backoffs} s, {takes} s an attempt, {timeout} s to the deadline"
    assert script.calls == attempts, f"{what}: {script.calls} attempts were made, not {attempts}"
    assert len(told) == attempts - 1, f"{what}: {attempts - 1} back-offs, {len(told)} calls of on_retry"
    assert raised is not None and abs(sim.now - ends) < 2 * NANOSECOND, (
        f"{what}: do() ended at {sim.now} s, not at {ends} s"
    )
    assert raised.__cause__ is errors[attempts - 1], f"{what}: {name(raised)} has no cause, or the wrong one"
    if attempts == 3 and ends < timeout:
        assert isinstance(raised, sim.kata.RetryExhausted), f"{what}: all were made; {name(raised)}"
    else:
        assert isinstance(raised, TimeoutError), f"{what}: do() must raise TimeoutError, not {name(raised)}"


@prop(
    "on_retry is called before each back-off, with attempt, error and delay",
    "Attempts count from 1; the error is the instance raised, marks included; not after the last attempt.",
    given={"retries": st.integers(0, 3), "takes": st.sampled_from([0, 1])},
    examples=[{"retries": 2, "takes": 1}],
)
def test_on_retry(sim: Sim, retries: int, takes: float) -> None:
    plan = [make(sim, "retryable" if number % 2 else "plain") for number in range(retries + 1)]
    script = Script(sim, list(plan))
    told: list[tuple[int, Exception, float]] = []
    at: list[float] = []

    def on_retry(attempt: int, error: Exception, delay: float) -> None:
        at.append(sim.now)
        told.append((attempt, error, delay))
        sim.sleep(takes)

    raised = caught(lambda: steady(sim, retries).do(script, on_retry=on_retry))
    assert isinstance(raised, sim.kata.RetryExhausted), f"do() ended with {name(raised)}"
    assert len(told) == retries, f"{retries} back-offs, {len(told)} calls of on_retry"
    for number, (attempt, error, delay) in enumerate(told):
        assert attempt == number + 1, f"attempt {number + 1} failed, on_retry was told {attempt}"
        assert error is plan[number], f"attempt raised {name(plan[number])}, on_retry was told {name(error)}"
        assert math.isclose(delay, 2.0**number, rel_tol=1e-9), (
            f"back-off {number + 1} is {2.0**number} s, on_retry was told {delay} s"
        )
        assert at[number] == script.ended[number], (
            f"the attempt failed at {script.ended[number]} s, on_retry was called at {at[number]} s"
        )
        due = at[number] + takes + 2.0**number
        assert script.began[number + 1] == due, (
            f"on_retry returned at {at[number] + takes} s, then {delay} s of back-off; "
            f"the next attempt came at {script.began[number + 1]} s"
        )


@prop(
    "an error of on_retry or is_retryable ends the call and comes out",
    "It is not swallowed, nor is the error that it was called about: that is its context.",
    given={"which": st.sampled_from(["on_retry", "is_retryable"]), "interrupted": st.booleans()},
    examples=[
        {"which": "on_retry", "interrupted": False},
        {"which": "is_retryable", "interrupted": False},
        {"which": "is_retryable", "interrupted": True},
    ],
)
def test_errors_of_callbacks(sim: Sim, which: str, interrupted: bool) -> None:
    boom = KeyboardInterrupt("boom") if interrupted else LookupError("boom")

    def fail(*args: object) -> bool:
        raise boom

    error = ConnectionError("no answer")
    script = Script(sim, [error])
    retryer = steady(sim, 3, is_retryable=fail if which == "is_retryable" else None)
    raised = caught(lambda: retryer.do(script, on_retry=fail if which == "on_retry" else None))
    assert raised is boom, f"{which} raised {name(boom)}, do() ended with {name(raised)}"
    assert raised.__context__ is error, (
        f"{which} was called about {name(error)}; its error has the context {name(raised.__context__)}"
    )
    assert script.calls == 1, f"{which} raised after attempt 1; {script.calls} were made"
    assert sim.now == 0, f"{which} raised at 0 s, do() ended at {sim.now} s"


@prop(
    "calls from several threads share nothing and wait for nobody",
    "Each has its own attempts, back-offs and errors, as if it had the retryer to itself.",
    given={
        "failures": st.lists(st.integers(0, 3), min_size=2, max_size=3),
        "last": st.sampled_from(["plain", "permanent"]),
    },
    examples=[
        {"failures": [2, 2], "last": "plain"},
        {"failures": [1, 1], "last": "permanent"},
        {"failures": [3, 3], "last": "plain"},
        {"failures": [3, 0, 1], "last": "plain"},
    ],
)
def test_calls_are_independent(sim: Sim, failures: list[int], last: str) -> None:
    retryer = steady(sim, 2)

    def call(failing: int) -> None:
        errors = [make(sim, "plain") for _ in range(failing)]
        if errors:
            errors[-1] = make(sim, last)
        script = Script(sim, list(errors), 0.5)
        results: list[Any] = []
        told: list[Exception] = []
        raised = caught(
            lambda: results.append(retryer.do(script, on_retry=lambda *each: told.append(each[1])))
        )
        ended = sim.now
        gives_up = failing > 2 or (failing > 0 and last == "permanent")
        attempts = min(failing if gives_up else failing + 1, 3)
        due = 2.0 ** (attempts - 1) - 1 + 0.5 * attempts
        what = f"2 retries, calls that fail {failures} times: the one with {failing} failures, {last} in the end,"
        assert script.calls == attempts, f"{what} made {script.calls} attempts, not {attempts}"
        assert ended == due, f"{what} ended at {ended} s, not {due} s"
        assert all(a is b for a, b in zip(told, errors[: attempts - 1], strict=True)), (
            f"{what} was told of errors that are not of its own attempts"
        )
        if not gives_up:
            assert raised is None, f"{what} raised {name(raised)}"
            assert results[0].attempts == attempts, f"{what} says {results[0].attempts} attempts"
            assert abs(results[0].duration - due) < NANOSECOND, (
                f"{what} has the duration {results[0].duration}"
            )
            return
        own = errors[attempts - 1]
        if last == "permanent":
            assert raised is sim.reference("error_helpers").unwrap(own), (
                f"{what} raised {name(raised)}, which is not the error of its own attempt"
            )
            return
        assert isinstance(raised, sim.kata.RetryExhausted), f"{what} ended with {name(raised)}"
        assert raised.__cause__ is own, f"{what} gave up from an error that is not of its own last attempt"
        assert raised.attempts == attempts, f"{what} says {raised.attempts} attempts"
        assert abs(raised.duration - due) < NANOSECOND, f"{what} has the duration {raised.duration} s"

    sim.join(*[sim.spawn(call, failing) for failing in failures])


@prop(
    "your functions may use the retryer, and wait for threads that do",
    "The function, is_retryable and on_retry run outside every internal lock.",
    given={"where": st.sampled_from(["fn", "is_retryable", "on_retry"])},
)
def test_functions_run_outside_locks(sim: Sim, where: str) -> None:
    config = sim.kata.RetryConfig(1, 1.0, jitter_fraction=0.5, is_retryable=lambda e: use("is_retryable"))
    retryer = sim.kata.Retryer(config, Dice([0.5]))
    outer = [True]

    def use(place: str) -> bool:
        if place == where and outer:
            outer.clear()
            sim.spawn(retryer.do, Script(sim, [ConnectionError()]), name="inner").result()
        return True

    def fail_once() -> str:
        use("fn")
        return script()

    script = Script(sim, [ConnectionError()])
    result = retryer.do(fail_once, on_retry=lambda *each: use("on_retry"))
    assert result.attempts == 2, f"the second attempt succeeds; result says {result.attempts} attempts"
    assert sim.now == 2.0, f"a back-off of 1 s and one of another thread meanwhile took {sim.now} s"


@prop(
    "rng is used by one thread at a time",
    "So it need not be thread-safe, however many threads draw their delays.",
    given={"threads": st.integers(2, 3)},
)
def test_rng_is_not_shared(sim: Sim, threads: int) -> None:
    inside = Gauge()

    class Slow(Dice):
        def random(self) -> float:
            inside.add(1)
            sim.sleep(1)
            inside.add(-1)
            return super().random()

    retryer = sim.kata.Retryer(sim.kata.RetryConfig(1, 1.0), Slow([0.5]))
    calls = [sim.spawn(retryer.do, Script(sim, [ConnectionError()]), name="do")]
    sim.join(*calls, *[sim.spawn(retryer.delay, 0, name=f"delay-{n}") for n in range(1, threads)])
    assert inside.most == 1, f"{inside.most} threads were using rng at the same time"


@prop(
    "duration is the time from the call to its end",
    "Attempts, back-offs and on_retry count, each once; setting the wall clock changes nothing.",
    given={
        "failures": st.integers(0, 3),
        "takes": st.sampled_from([0, 0.25, 3]),
        "wall": st.sampled_from([0, 3600, -3600]),
        "back": st.sampled_from([0, 0, 50]),
    },
    examples=[
        {"failures": 2, "takes": 0.25, "wall": 3600, "back": 0},
        {"failures": 3, "takes": 3, "wall": 0, "back": 0},
        {"failures": 0, "takes": 3, "wall": 0, "back": 50},
    ],
)
def test_duration(sim: Sim, failures: int, takes: float, wall: float, back: float) -> None:
    sim.sleep(100)
    retryer = steady(sim, 2)
    script = Script(sim, [ConnectionError() for _ in range(failures)], takes)
    began = sim.now

    def work() -> str:
        sim.step_wall_clock(wall)
        if back and not script.calls:
            sim.step_monotonic_clock_back(back)
        return script()

    try:
        duration = retryer.do(work, on_retry=lambda *each: sim.sleep(1)).duration
    except sim.kata.RetryExhausted as error:
        duration = error.duration
    took = max(0.0, sim.now - began)
    assert abs(duration - took) < NANOSECOND, (
        f"{script.calls} attempts, of {takes} s each, took {took} s by the clock; duration is {duration} s"
    )


@prop(
    "a back-off waits, it does not poll, and leaves nothing registered with ctx",
    "One wait for each back-off; a long-lived ctx must not collect the callbacks of calls that are over.",
    given={"how": st.sampled_from(["no ctx", "ctx", "cancel"])},
    examples=[{"how": "ctx"}, {"how": "cancel"}, {"how": "no ctx"}],
)
def test_no_polling(sim: Sim, how: str) -> None:
    ctx = sim.context.Context.background().with_cancel()
    spy = Spy(ctx)
    retryer = steady(sim, 1, 1000.0)
    script = Script(sim, [ConnectionError()])

    def call() -> int:
        before = sim.wakeups
        caught(lambda: retryer.do(script, ctx=None if how == "no ctx" else spy))
        return sim.wakeups - before

    task = sim.spawn(call)
    sim.sleep(500)
    if how == "cancel":
        ctx.cancel()
    woken = sim.join(task)[0]
    due = 500.0 if how == "cancel" else 1000.0
    assert sim.now == due, f"the back-off ended at {sim.now} s, not at {due} s"
    assert woken <= 6, f"a back-off of {due} s woke up {woken} times"
    assert spy.registered == 0, f"do() is over; {spy.registered} callbacks are still registered with ctx"
    ctx.cancel()


@prop(
    "a config is checked when it is made and never changes",
    "Values that make no sense raise TypeError or ValueError; those at the limits are fine.",
)
def test_config(sim: Sim) -> None:
    make_config = sim.kata.RetryConfig
    config = make_config()
    defaults = make_config(3, 0.1, 30.0, 2.0, 0.2, None)
    assert config == defaults, f"RetryConfig() is {config}"
    expect(AttributeError, lambda: setattr(config, "max_retries", 5), "changing a RetryConfig")
    longest = sim.threading.TIMEOUT_MAX
    make_config(0, 0, 0, 1, 0)
    make_config(10**9, longest, longest, 1e300, 1, bool)
    make_config(initial_backoff=60, max_backoff=0.5)
    no_numbers = [("1", TypeError), (True, TypeError), (None, TypeError), (1j, TypeError)]
    no_values = [(-1, ValueError), (math.nan, ValueError), (math.inf, ValueError)]
    bad: dict[str, list[tuple[Any, type[Exception]]]] = {
        "max_retries": [(-1, ValueError), (1.0, TypeError), (math.inf, TypeError), *no_numbers],
        "initial_backoff": [*no_values, *no_numbers, (longest * 2, ValueError), (-0.001, ValueError)],
        "max_backoff": [*no_values, *no_numbers, (longest * 2, ValueError), (10**400, ValueError)],
        "multiplier": [*no_values, *no_numbers, (0, ValueError), (0.99, ValueError), (10**400, ValueError)],
        "jitter_fraction": [*no_values, *no_numbers, (1.01, ValueError), (2, ValueError)],
        "is_retryable": [(True, TypeError), ("yes", TypeError), (ValueError("bad"), TypeError)],
    }
    for field, cases in bad.items():
        for value, error in cases:
            shown = "10**400" if value == 10**400 else repr(value)
            expect(
                error,
                lambda field=field, value=value: make_config(**{field: value}),
                f"RetryConfig({field}={shown})",
            )


@prop(
    "bad arguments are refused at the call that got them",
    "TypeError or ValueError, before anything else is looked at; nothing is called.",
)
def test_bad_arguments(sim: Sim) -> None:
    kata = sim.kata
    for value in (3, {"max_retries": 3}, kata.RetryConfig):
        expect(TypeError, lambda value=value: kata.Retryer(value), f"Retryer({value!r})")
    for value in (0, "dice", [0.5], lambda: 0.5):
        expect(TypeError, lambda value=value: kata.Retryer(None, value), f"Retryer(rng={value!r})")
    retryer = kata.Retryer()
    assert retryer.config == kata.RetryConfig(), f"Retryer().config is {retryer.config}"
    config = kata.RetryConfig(1)
    assert kata.Retryer(config).config is config, "config must be the one that the retryer was made with"
    for value, error in ((-1, ValueError), (1.0, TypeError), (True, TypeError), (None, TypeError)):
        expect(error, lambda value=value: retryer.delay(value), f"delay({value!r})")
    ctx = sim.context.Context.background().with_cancel()
    ctx.cancel()
    for value in (None, 3, "fetch"):
        expect(TypeError, lambda value=value: retryer.do(value, ctx=ctx), f"do({value!r}) with a done ctx")
    script = Script(sim, [])
    for value in (3, "print", True):
        expect(
            TypeError,
            lambda value=value: retryer.do(script, ctx=ctx, on_retry=value),
            f"do(on_retry={value!r}) with a done ctx",
        )
        expect(TypeError, lambda value=value: retryer.do(script, on_retry=value), f"do(on_retry={value!r})")
    assert script.calls == 0, f"calls with a bad on_retry called the function {script.calls} times"
    got: list[object] = []
    result = retryer.do(lambda *each: got.extend(each) or len(got), 1, "two", None)
    assert got == [1, "two", None] and result.value == 3, f"fn got {got}, do() returned {result}"
