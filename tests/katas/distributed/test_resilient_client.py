"""Hidden properties of the kata ``resilient_client``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st

from dojo.checking.property import prop
from dojo.checking.scenario import Gauge, Spy, expect
from dojo.checking.sim import Sim

NANOSECOND = 1e-9
MANY = 100


@dataclass
class Rig:
    """A client and its parts; a part that it has not is None."""

    client: Any
    breaker: Any
    limiter: Any


def build(
    sim: Sim,
    *,
    retries: int = 2,
    backoff: float = 1.0,
    breaker: dict[str, Any] | None = None,
    on_state_change: Callable[..., Any] | None = None,
    tokens: int = MANY,
    rate: float = 1.0,
    limiter: Any = None,
) -> Rig:
    """A client without jitter. What ``breaker`` does not say is 1 s, one probe, many failures and successes."""
    retry, circuit = sim.reference("retry"), sim.reference("circuit_breaker")
    settings = {"failure_threshold": MANY, "success_threshold": MANY, "timeout": 1.0, **(breaker or {})}
    parts = Rig(
        None,
        circuit.CircuitBreaker(circuit.CircuitBreakerConfig(**settings), on_state_change),
        sim.reference("token_bucket").TokenBucketRateLimiter(tokens, rate) if limiter is None else limiter,
    )
    retryer = retry.Retryer(retry.RetryConfig(retries, backoff, 1000.0, 2.0, 0.0))
    parts.client = sim.kata.ResilientClient(retryer, parts.breaker, parts.limiter)
    return parts


def half_open(sim: Sim, **settings: Any) -> Rig:
    """A client whose breaker has become half-open just now and lets one probe through at a time."""
    breaker = {"failure_threshold": 1, **settings.pop("breaker", {})}
    rig = build(sim, breaker=breaker, **settings)
    rig.breaker.allow().failure()
    sim.sleep(1)
    return rig


class Script:
    """A function that ends as planned, call by call, and notes when it was called; then it returns "done"."""

    def __init__(self, sim: Sim, plan: list[Any], takes: float = 0.0) -> None:
        self._sim, self._plan, self._takes = sim, plan, takes
        self.times: list[float] = []
        self.args: list[tuple[Any, ...]] = []

    @property
    def calls(self) -> int:
        """How often it was called."""
        return len(self.times)

    def __call__(self, *args: Any) -> Any:
        self.times.append(self._sim.now)
        self.args.append(args)
        if self._takes:
            self._sim.sleep(self._takes)
        outcome = self._plan[self.calls - 1] if self.calls <= len(self._plan) else "done"
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


class Hurried(Spy):
    """A ctx with a deadline that is over long before that: there is no timer to make schedules of."""

    def __init__(self, sim: Sim, seconds: float) -> None:
        super().__init__(sim.context.Context.background().with_cancel())
        self._time = sim.time
        self.deadline = sim.time.monotonic() + seconds

    def remaining(self) -> float:
        return max(0.0, self.deadline - self._time.monotonic())


class Broken:
    """A limiter that raises."""

    def __init__(self, error: BaseException) -> None:
        self._error = error
        self.asked = 0

    def wait(self, n: int = 1, timeout: float | None = None, ctx: Any = None) -> None:
        self.asked += 1
        raise self._error


def caught(fn: Callable[[], Any]) -> BaseException | None:
    """What ``fn()`` raises, None if it returns. No error is being handled when this returns."""
    try:
        fn()
    except BaseException as error:
        return error
    return None


def named(error: BaseException | None) -> str:
    """An error in a message."""
    return "nothing" if error is None else f"{type(error).__name__}({error})"


def told(stats: Any) -> str:
    """The counts that are not zero, for a message."""
    names = "calls attempts successes failures ignored retries rejected rate_limited".split()
    return ", ".join(f"{name} {getattr(stats, name)}" for name in names if getattr(stats, name)) or "all 0"


def check_stats(client: Any, when: str, **counts: int) -> None:
    """The counts must be these, and 0 what is not named."""
    stats = client.stats()
    expected = type(stats)(**counts)
    assert stats == expected, f"{when} stats() must say {told(expected)}; it says {told(stats)}"


def check_slot(rig: Rig, when: str) -> None:
    """The half-open breaker must have its only slot free and no verdict."""
    state, counts = rig.breaker.state.value, rig.breaker.counts
    assert state == "half-open", f"{when} the breaker must still be half-open; it is {state}"
    assert counts.probes == 0, f"{when} {counts.probes} permit of the half-open breaker is still out"
    assert counts.successes == 0, f"{when} the breaker has counted {counts.successes} successful probes"


def check_times(script: Script, expected: list[float], what: str) -> None:
    """The function must have been called at these instants and no others."""
    times = script.times
    near = len(times) == len(expected) and all(
        abs(time - each) < 2 * NANOSECOND for time, each in zip(times, expected, strict=True)
    )
    assert near, f"{what}: fn must be called at {expected} s, not at {times} s"


# --- the three steps ---


@prop(
    "the breaker hears of every attempt",
    "Each attempt asks for a permit and settles it: the breaker opens at exactly the nth failure, in the "
    "middle of a call if need be, and the attempt after that is refused.",
    given={
        "threshold": st.integers(1, 4),
        "rate": st.sampled_from([10, 4, 2]),
        "kind": st.sampled_from(["plain", "retryable", "permanent"]),
    },
    examples=[
        {"threshold": 3, "rate": 10, "kind": "plain"},
        {"threshold": 2, "rate": 4, "kind": "retryable"},
        {"threshold": 4, "rate": 4, "kind": "plain"},
        {"threshold": 1, "rate": 10, "kind": "permanent"},
    ],
)
def test_the_breaker_hears_of_every_attempt(sim: Sim, threshold: int, rate: int, kind: str) -> None:
    opened: list[float] = []
    settings = {"failure_threshold": threshold, "timeout": 60.0}
    rig = build(
        sim,
        retries=2,
        backoff=0.1,
        tokens=1,
        rate=rate,
        breaker=settings,
        on_state_change=lambda old, new: opened.append(sim.now),
    )
    marks = sim.reference("error_helpers")
    mark = {"plain": lambda error: error, "retryable": marks.retryable, "permanent": marks.permanent}[kind]
    script = Script(sim, [mark(ConnectionError(f"failure {number}")) for number in (1, 2, 3)])
    attempts = 1 if kind == "permanent" else min(threshold, 3)
    times = [0.0]
    for delay in (0.1, 0.2):  # the token of each attempt comes 1 / rate after that of the one before
        times.append(max(times[-1] + delay, times[-1] + 1 / rate))
    raised = caught(lambda: rig.client.execute(script))
    what = f"breaker opens at {threshold} failures, tokens at {rate}/s, back-offs 0.1 and 0.2 s, all fail"
    check_times(script, times[:attempts], what)
    if kind == "permanent":
        assert isinstance(raised, ConnectionError), f"a permanent error must come out; {named(raised)} did"
    elif threshold < 3:
        circuit = sim.reference("circuit_breaker")
        assert isinstance(raised, circuit.CircuitOpen), f"{what}: CircuitOpen must come, not {named(raised)}"
        ended = times[attempts - 1] + (0.1, 0.2)[attempts - 1]
        assert abs(sim.now - ended) < 2 * NANOSECOND, f"{what}: it was refused at {sim.now} s, not {ended} s"
    else:
        exhausted = sim.reference("retry").RetryExhausted
        assert isinstance(raised, exhausted), f"{what}: RetryExhausted must come, not {named(raised)}"
    if threshold <= attempts:
        instant = times[threshold - 1]
        assert len(opened) == 1 and abs(opened[0] - instant) < 2 * NANOSECOND, (
            f"{what}: the breaker must open at {instant} s; it changed its state at {opened} s"
        )
    else:
        counted = rig.breaker.counts.failures
        assert counted == attempts, f"{attempts} attempts have failed; the breaker has counted {counted}"


@prop(
    "every attempt takes a token",
    "Retries wait for tokens like first attempts, and no token is taken for anything but a call of fn.",
    given={
        "tokens": st.integers(1, 4),
        "failures": st.integers(0, 3),
        "with_breaker": st.booleans(),
        "cancellable": st.booleans(),
    },
    examples=[
        {"tokens": 1, "failures": 2, "with_breaker": True, "cancellable": False},
        {"tokens": 2, "failures": 3, "with_breaker": False, "cancellable": True},
    ],
)
def test_every_attempt_takes_a_token(
    sim: Sim, tokens: int, failures: int, with_breaker: bool, cancellable: bool
) -> None:
    rig = build(sim, retries=3, backoff=0, tokens=tokens, rate=0.5)
    if not with_breaker:
        retry = sim.reference("retry")
        config = retry.RetryConfig(3, 0, 1.0, 2.0, 0)
        rig.client = sim.kata.ResilientClient(retry.Retryer(config), limiter=rig.limiter)
    ctx = sim.context.Context.background().with_cancel() if cancellable else None
    script = Script(sim, [ConnectionError() for _ in range(failures)])
    result = rig.client.execute(script, "url", 3, ctx=ctx)
    times = [2.0 * max(0, number + 1 - tokens) for number in range(failures + 1)]
    what = f"{tokens} tokens, then one every 2 s; {failures} failures without back-off"
    check_times(script, times, what)
    assert set(script.args) == {("url", 3)}, f"fn must get ('url', 3) every time; it got {script.args}"
    assert result.value == "done", f"fn returned 'done', the result says {result.value!r}"
    assert result.attempts == failures + 1, f"fn was called {failures + 1} times; {result.attempts} are told"
    assert abs(result.duration - times[-1]) < 2 * NANOSECOND, (
        f"{what}: it took {times[-1]} s, duration is {result.duration}"
    )
    left = max(0, tokens - failures - 1)
    there = rig.limiter.tokens()
    assert abs(there - left) < NANOSECOND, f"{failures + 1} calls of fn, {tokens} tokens: {there} are left"


@prop(
    "a call that is refused by the breaker costs nothing",
    "CircuitOpen and TooManyProbes come out at once and as they are: no retry, no back-off, no token.",
    given={"why": st.sampled_from(["open", "probe"]), "cancellable": st.booleans()},
    examples=[{"why": "open", "cancellable": False}, {"why": "probe", "cancellable": True}],
)
def test_an_open_breaker_costs_nothing(sim: Sim, why: str, cancellable: bool) -> None:
    rig = half_open(sim, tokens=2)
    permit = rig.breaker.allow()
    if why == "open":
        permit.failure()
        sim.sleep(0.25)
    ctx = sim.context.Context.background().with_cancel() if cancellable else None
    script = Script(sim, [])
    began = sim.now
    circuit = sim.reference("circuit_breaker")
    kind = circuit.CircuitOpen if why == "open" else circuit.TooManyProbes
    raised = caught(lambda: rig.client.execute(script, ctx=ctx))
    what = "the breaker is open" if why == "open" else "the only probe of the half-open breaker is out"
    assert type(raised) is kind, f"{what}: {kind.__name__} must come out, not {named(raised)}"
    after = 0.75 if why == "open" else 0.0
    assert abs(raised.retry_after - after) < NANOSECOND, f"{what}: retry_after is {raised.retry_after}"
    assert sim.now == began, f"{what}: execute() took {sim.now - began} s to say so"
    assert script.calls == 0, f"{what}, yet fn was called"
    assert rig.limiter.tokens() == 2, f"{what}: of 2 tokens {rig.limiter.tokens()} are left"
    check_stats(rig.client, f"{what}:", calls=1, rejected=1)
    if why == "open":
        sim.sleep(0.75)
    else:
        permit.ignore()
    check_slot(rig, "after a refused call")


@prop(
    "a probe keeps its slot until it is over",
    "While it waits for its token and while fn runs, a half-open breaker lets nobody else through.",
    given={"late": st.sampled_from([0, 1, 2.5]), "failing": st.booleans()},
    examples=[{"late": 0, "failing": False}, {"late": 1, "failing": True}, {"late": 2.5, "failing": False}],
)
def test_a_probe_keeps_its_slot(sim: Sim, late: int, failing: bool) -> None:
    rig = half_open(sim, retries=0, tokens=10, rate=0.5)
    rig.limiter.allow(10)
    gauge = Gauge()
    circuit = sim.reference("circuit_breaker")

    def probe() -> None:
        gauge.add(1)
        sim.sleep(2)
        gauge.add(-1)
        if failing:
            raise ConnectionError("still down")

    def call(after: float) -> str:
        sim.sleep(after)
        raised = caught(lambda: rig.client.execute(probe))
        return "done" if raised is None else type(raised).__name__

    # From 1 s on: the first to come waits for a token until 3 s, then its fn runs until 5 s.
    ended = sim.join(sim.spawn(call, 0), sim.spawn(call, late))
    assert gauge.most == 1, f"one probe is allowed, {gauge.most} were under way"
    assert sorted(ended) == sorted(
        ["RetryExhausted" if failing else "done", circuit.TooManyProbes.__name__]
    ), f"of two calls one is the probe and one gets TooManyProbes; the outcomes are {ended}"
    left = rig.limiter.tokens() - (sim.now - 1) * 0.5 + 1
    assert abs(left) < 1e-6, f"one call of fn, {1 - left} tokens are gone"
    if failing:
        assert rig.breaker.state.value == "open", (
            f"the probe failed; the breaker is {rig.breaker.state.value}"
        )
    else:
        counts = rig.breaker.counts
        assert (counts.successes, counts.probes) == (1, 0), (
            f"one probe succeeded; the breaker tells {counts.successes} successes and {counts.probes} under way"
        )


@prop(
    "without a token in time the call ends, and the service is not blamed",
    "A limiter that raises ends execute() at once with that error: no retry; the permit comes back ignored.",
    given={"late": st.booleans(), "half": st.booleans(), "failures": st.integers(0, 1)},
    examples=[
        {"late": True, "half": True, "failures": 0},
        {"late": True, "half": False, "failures": 1},
        {"late": False, "half": True, "failures": 0},
    ],
)
def test_no_token_in_time_ends_the_call(sim: Sim, late: bool, half: bool, failures: int) -> None:
    bug = RuntimeError("the limiter is broken")
    broken = None if late else Broken(bug)
    failures = failures if late else 0
    # The failure is ignored by the breaker, so that it stays half-open, but retried.
    settings: dict[str, Any] = {"breaker": {"is_failure": lambda error: False}}
    rig = half_open(sim, tokens=failures + 1, rate=0.125, limiter=broken, **settings)
    if not half:
        rig.breaker.reset()
    if late:
        rig.limiter.allow(1)
    ctx = Hurried(sim, 6)
    script = Script(sim, [ConnectionError() for _ in range(failures)])
    began = sim.now
    raised = caught(lambda: rig.client.execute(script, ctx=ctx))
    if late:
        what = "the token would come after the deadline"
        plain = isinstance(raised, TimeoutError) and not isinstance(raised, sim.context.DeadlineExceeded)
        assert plain, f"{what}: TimeoutError must come out, not {named(raised)}"
    else:
        what = "the limiter raised an error of its own"
        assert raised is bug, f"{what}: it must come out, not {named(raised)}"
        assert broken is not None and broken.asked == 1, f"{what}, and was asked again"
    assert sim.now - began == failures, f"{what} at {began + failures} s; execute() ended at {sim.now} s"
    assert script.calls == failures, f"{what}: fn was called {script.calls} times, not {failures}"
    if late:
        tokens = rig.limiter.tokens()
        assert abs(tokens - failures * 0.125) < 1e-6, f"{what}: {tokens} tokens are there"
    check_stats(rig.client, f"{what}:", calls=1, attempts=failures, ignored=failures, rate_limited=1)
    if half:
        check_slot(rig, f"{what}:")
    else:
        counted = rig.breaker.counts.failures
        assert counted == 0, f"{what}: the breaker has counted {counted} failures of the service"


@prop(
    "errors of the function are its own",
    "A CircuitOpen, TooManyProbes or TimeoutError that fn raises is an error like any other: a failure for the "
    "breaker, and retried.",
    given={"kind": st.sampled_from(["CircuitOpen", "TooManyProbes", "TimeoutError"]), "last": st.booleans()},
    examples=[{"kind": "CircuitOpen", "last": False}, {"kind": "TimeoutError", "last": True}],
)
def test_errors_of_the_function_are_its_own(sim: Sim, kind: str, last: bool) -> None:
    rig = build(sim, retries=2)
    circuit = sim.reference("circuit_breaker")
    error: Exception = TimeoutError("no answer") if kind == "TimeoutError" else getattr(circuit, kind)(5.0)
    script = Script(sim, [error] * (3 if last else 2))
    raised = caught(lambda: rig.client.execute(script))
    what = f"fn raised {kind} {'three times' if last else 'twice'}"
    check_times(script, [0.0, 1.0, 3.0], what)
    if last:
        exhausted = isinstance(raised, sim.reference("retry").RetryExhausted)
        assert exhausted and raised.__cause__ is error, (
            f"{what}: RetryExhausted must come, not {named(raised)}"
        )
    else:
        assert raised is None, f"{what}, then returned; execute() raised {named(raised)}"
    counted = rig.breaker.counts.failures
    failed = 3 if last else 0  # the success at last has set the count back
    assert counted == failed, f"{what}: the breaker has counted {counted} failures, not {failed}"
    failures = 3 if last else 2
    check_stats(
        rig.client, f"{what}:", calls=1, attempts=3, failures=failures, successes=3 - failures, retries=2
    )


# --- what is recorded ---


@prop(
    "is_failure decides what counts",
    "It is asked once about each Exception, gets the instance that fn raised, and has the last word; its own "
    "error ends the call and keeps no permit.",
    given={
        "says": st.sampled_from(["yes", "no", "raises"]),
        "kind": st.sampled_from(["plain", "permanent", "ended"]),
    },
    examples=[
        {"says": "no", "kind": "plain"},
        {"says": "no", "kind": "permanent"},
        {"says": "raises", "kind": "plain"},
        {"says": "yes", "kind": "ended"},
        {"says": "yes", "kind": "permanent"},
    ],
)
def test_is_failure_decides(sim: Sim, says: str, kind: str) -> None:
    bug = ZeroDivisionError("in is_failure")
    asked: list[Exception] = []

    def is_failure(error: Exception) -> int:
        asked.append(error)
        if says == "raises":
            raise bug
        return 1 if says == "yes" else 0

    rig = half_open(sim, retries=1, backoff=0.5, breaker={"is_failure": is_failure})
    inner = LookupError("no such card")
    ctx = sim.context.Context.background().with_cancel()
    error: Exception = sim.reference("error_helpers").permanent(inner) if kind == "permanent" else inner

    def fn() -> None:
        if kind == "ended":
            ctx.cancel()
            ctx.raise_if_done()
        raise error

    raised = caught(lambda: rig.client.execute(fn, ctx=ctx))
    ctx.cancel()
    what = f"is_failure {'raises' if says == 'raises' else 'says ' + says} about {kind} errors"
    times = 2 if (says, kind) == ("no", "plain") else 1
    assert len(asked) == times, f"{what}: it was asked {len(asked)} times, not {times}"
    if kind == "ended":
        assert isinstance(raised, sim.context.Cancelled), (
            f"{what}: Cancelled must come out, not {named(raised)}"
        )
    else:
        assert asked[0] is error, f"{what}: fn raised {named(error)}, is_failure was given {named(asked[0])}"
        if says == "raises":
            assert raised is bug, f"{what}: its error must come out at once, not {named(raised)}"
        elif kind == "permanent":
            assert raised is inner, f"{what}: the permanent error must come out, not {named(raised)}"
    failures = int(says == "yes")
    if failures:
        state = rig.breaker.state.value
        assert state == "open", f"{what}: the probe has failed, and the breaker is {state}"
    else:
        check_slot(rig, f"{what}:")
    check_stats(
        rig.client,
        f"{what}:",
        calls=1,
        attempts=times,
        failures=failures,
        ignored=0 if failures else times,
        retries=times - 1,
        rejected=int((says, kind) == ("yes", "plain")),  # it is still open after the back-off
    )


@prop(
    "the end of the caller's ctx is no failure of the service",
    "Without is_failure, an error of the class of ctx.error is ignored once ctx has ended; all others count.",
    given={
        "ends": st.sampled_from(["cancel", "deadline", "never"]),
        "raises": st.sampled_from(["Cancelled", "DeadlineExceeded", "TimeoutError", "ConnectionError"]),
        "with_breaker": st.booleans(),
    },
    examples=[
        {"ends": "cancel", "raises": "Cancelled", "with_breaker": True},
        {"ends": "cancel", "raises": "ConnectionError", "with_breaker": True},
        {"ends": "deadline", "raises": "TimeoutError", "with_breaker": True},
        {"ends": "deadline", "raises": "DeadlineExceeded", "with_breaker": False},
        {"ends": "never", "raises": "Cancelled", "with_breaker": True},
    ],
)
def test_the_end_of_ctx_is_no_failure(sim: Sim, ends: str, raises: str, with_breaker: bool) -> None:
    rig = build(sim, retries=0)
    if not with_breaker:
        retry = sim.reference("retry")
        rig.client = sim.kata.ResilientClient(retry.Retryer(retry.RetryConfig(0)))
    root = sim.context.Context.background()
    ctx = root.with_timeout(1) if ends == "deadline" else root.with_cancel()
    kinds = {"TimeoutError": TimeoutError, "ConnectionError": ConnectionError}
    error = (kinds.get(raises) or getattr(sim.context, raises))("by fn")

    def fn() -> None:
        if ends == "deadline":
            sim.sleep(1)
        elif ends == "cancel":
            ctx.cancel()
        raise error

    raised = caught(lambda: rig.client.execute(fn, ctx=ctx))
    end = ctx.error
    ctx.cancel()
    what = f"ctx {'has not ended' if end is None else 'has ended with ' + type(end).__name__}, fn raised {raises}"
    kind = type(end) if end is not None else sim.reference("retry").RetryExhausted
    assert isinstance(raised, kind), f"{what}: {kind.__name__} must come out, not {named(raised)}"
    ignored = {"cancel": "Cancelled", "deadline": "DeadlineExceeded"}.get(ends) == raises
    if with_breaker:
        counted = rig.breaker.counts.failures
        assert counted == (not ignored), f"{what}: the breaker has counted {counted} failures"
    check_stats(rig.client, f"{what}:", calls=1, attempts=1, failures=int(not ignored), ignored=int(ignored))


@prop(
    "an interrupt keeps no permit and is nobody's failure",
    "KeyboardInterrupt and its like come out at once and unchanged, and the slot of a probe is free again.",
    given={"where": st.sampled_from(["fn", "limiter", "is_failure"]), "half": st.booleans()},
    examples=[
        {"where": "fn", "half": True},
        {"where": "limiter", "half": True},
        {"where": "is_failure", "half": True},
        {"where": "fn", "half": False},
    ],
)
def test_interrupts_keep_nothing(sim: Sim, where: str, half: bool) -> None:
    interrupt = KeyboardInterrupt("Ctrl-C")
    asked: list[Exception] = []

    def is_failure(error: Exception) -> bool:
        asked.append(error)
        raise interrupt

    rig = half_open(
        sim,
        limiter=Broken(interrupt) if where == "limiter" else None,
        breaker={"is_failure": is_failure} if where == "is_failure" else {},
    )
    if not half:
        rig.breaker.reset()
    script = Script(sim, [interrupt if where == "fn" else ConnectionError("no answer")])
    began = sim.now
    raised = caught(lambda: rig.client.execute(script))
    what = f"KeyboardInterrupt in {where}:"
    assert raised is interrupt, f"{what} it must come out, not {named(raised)}"
    assert sim.now == began, f"{what} it came out after {sim.now - began} s"
    calls = 0 if where == "limiter" else 1
    assert script.calls == calls, f"{what} fn was called {script.calls} times"
    if half:
        check_slot(rig, what)
    else:
        counted = rig.breaker.counts.failures
        assert counted == 0, f"{what} the breaker has counted {counted} failures"
    check_stats(rig.client, what, calls=1, attempts=calls, ignored=calls)


# --- ctx ---


@prop(
    "a ctx that is done beats everything",
    "With it the breaker is not asked, no token is taken and fn is not called; only the call is counted.",
    given={"state": st.sampled_from(["closed", "open", "half-open"]), "late": st.booleans()},
    examples=[{"state": "open", "late": False}, {"state": "half-open", "late": True}],
)
def test_done_ctx_beats_everything(sim: Sim, state: str, late: bool) -> None:
    rig = half_open(sim, tokens=2)
    if state == "closed":
        rig.breaker.reset()
    elif state == "open":
        rig.breaker.allow().failure()
    root = sim.context.Context.background()
    ctx = root.with_timeout(0) if late else root.with_cancel()
    ctx.cancel()
    script = Script(sim, [])
    kind = sim.context.DeadlineExceeded if late else sim.context.Cancelled
    expect(kind, lambda: rig.client.execute(script, ctx=ctx), f"execute() with a done ctx, breaker {state},")
    assert script.calls == 0, "ctx was done before the call, and fn was called"
    assert rig.limiter.tokens() == 2, f"ctx was done; of 2 tokens {rig.limiter.tokens()} are left"
    assert rig.breaker.state.value == state, f"ctx was done; the breaker went from {state} to another state"
    check_stats(rig.client, "ctx was done before the call:", calls=1)


@prop(
    "a cancel while it waits for a token ends the call at once",
    "The limiter gets ctx: the wait ends at that instant, the token goes back, the permit comes back ignored.",
    given={"at": st.sampled_from([0.5, 3]), "half": st.booleans()},
    examples=[{"at": 0.5, "half": True}, {"at": 3, "half": False}],
)
def test_a_cancel_in_the_limiter_ends_the_call(sim: Sim, at: float, half: bool) -> None:
    rig = half_open(sim, tokens=4, rate=0.25)
    if not half:
        rig.breaker.reset()
    rig.limiter.allow(4)
    began = sim.now
    ctx = Spy(sim.context.Context.background().with_cancel())
    script = Script(sim, [])

    def caller() -> float:
        expect(sim.context.Cancelled, lambda: rig.client.execute(script, ctx=ctx), "execute(), cancelled,")
        return sim.now - began

    task = sim.spawn(caller)
    sim.sleep(at)
    ctx.cancel()
    ended = sim.join(task)[0]
    assert ended == at, (
        f"ctx was cancelled after {at} s, while a token was to come after 4 s; ended at {ended} s"
    )
    assert script.calls == 0, "the call was cancelled while it waited for its token, and fn was called"
    assert ctx.registered == 0, f"execute() is over; {ctx.registered} callbacks are still registered with ctx"
    tokens = rig.limiter.tokens()
    assert abs(tokens - at * 0.25) < 1e-6, f"a cancelled call keeps no token: {tokens} are there"
    if half:
        check_slot(rig, "after a cancel in the limiter")
    else:
        assert rig.breaker.counts.failures == 0, "a cancelled wait for a token is no failure of the service"
    check_stats(rig.client, "after a cancel in the limiter", calls=1, rate_limited=1)


@prop(
    "a cancel during a back-off ends the call at once",
    "The retryer gets ctx: there is no further attempt, no token and no permit for one.",
    given={"at": st.sampled_from([0.25, 0.5])},
    examples=[{"at": 0.5}],
)
def test_a_cancel_ends_the_back_off(sim: Sim, at: float) -> None:
    rig = build(sim, retries=2, tokens=8, rate=0.125)
    ctx = Spy(sim.context.Context.background().with_cancel())
    script = Script(sim, [ConnectionError() for _ in range(3)])

    def caller() -> float:
        expect(
            sim.context.Cancelled,
            lambda: rig.client.execute(script, ctx=ctx),
            "execute(), cancelled in its back-off,",
        )
        return sim.now

    task = sim.spawn(caller)
    sim.sleep(at)
    ctx.cancel()
    ended = sim.join(task)[0]
    assert ended == at, f"ctx was cancelled at {at} s, in a back-off of 1 s; execute() ended at {ended} s"
    assert script.calls == 1, f"fn was called {script.calls} times; its back-off was cancelled"
    assert ctx.registered == 0, f"execute() is over; {ctx.registered} callbacks are still registered with ctx"
    check_stats(rig.client, "after a cancel in the first back-off", calls=1, attempts=1, failures=1)


@prop(
    "what an attempt has got stays good",
    "A token that came as ctx ended is used, and a value that came after the end of ctx is returned; a permit "
    "holds though the breaker opens while its attempt waits for the token.",
    given={"what": st.sampled_from(["token", "value", "permit"])},
    examples=[{"what": "token"}, {"what": "value"}, {"what": "permit"}],
)
def test_what_an_attempt_has_got_stays_good(sim: Sim, what: str) -> None:
    rig = build(sim, retries=0, tokens=4, rate=1, breaker={"failure_threshold": 1, "timeout": 60.0})
    rig.limiter.allow(4)
    ctx = sim.context.Context.background().with_cancel()

    def fn() -> str:
        if what == "value":
            ctx.cancel()
        return "value"

    def caller() -> Any:
        return caught(lambda: rig.client.execute(fn, ctx=ctx))

    task = sim.spawn(caller)
    if what == "permit":
        sim.sleep(0.5)
        rig.breaker.allow().failure()
    sim.sleep(1 if what != "permit" else 0.5)
    if what == "token":
        ctx.cancel()
    raised = sim.join(task)[0]
    ctx.cancel()
    when = {
        "token": "the token came at 1 s, then ctx was cancelled",
        "value": "fn returned after ctx had been cancelled",
        "permit": "the breaker opened at 0.5 s, the token came at 1 s",
    }[what]
    assert raised is None, f"{when}: execute() raised {named(raised)}"
    tokens = rig.limiter.tokens()
    assert abs(tokens) < 1e-6, f"{when}: one token for one call of fn; {tokens} are there at {sim.now} s"
    check_stats(rig.client, f"{when}:", calls=1, attempts=1, successes=1)


@prop(
    "a cancel between any two steps leaks nothing",
    "Whenever ctx ends: every token was used for a call of fn, no permit is out, nothing is registered.",
    given={"at": st.sampled_from([0, 1, 2, 3]), "takes": st.sampled_from([0, 1]), "failing": st.booleans()},
    examples=[
        {"at": 0, "takes": 0, "failing": True},
        {"at": 1, "takes": 0, "failing": True},
        {"at": 2, "takes": 1, "failing": False},
        {"at": 2, "takes": 1, "failing": True},
    ],
)
def test_a_cancel_leaks_nothing(sim: Sim, at: int, takes: int, failing: bool) -> None:
    # What fails is ignored by the breaker, so that it stays half-open, but retried.
    rig = half_open(sim, tokens=MANY, rate=1, breaker={"is_failure": lambda error: False})
    rig.limiter.allow(MANY)
    began = sim.now
    ctx = Spy(sim.context.Context.background().with_cancel())
    script = Script(sim, [ConnectionError()] if failing else [], takes)

    def caller() -> str:
        raised = caught(lambda: rig.client.execute(script, ctx=ctx))
        assert raised is None or isinstance(raised, sim.context.Cancelled), (
            f"a cancelled execute() returns or raises Cancelled, not {named(raised)}"
        )
        return "returned" if raised is None else "cancelled"

    task = sim.spawn(caller)
    sim.sleep(at)
    ctx.cancel()
    ended = sim.join(task)[0]
    assert ctx.registered == 0, f"execute() is over; {ctx.registered} callbacks are still registered with ctx"
    used = sim.now - began - rig.limiter.tokens()
    assert abs(used - script.calls) < 1e-6, f"fn was called {script.calls} times, {used:g} tokens are gone"
    counts, stats = rig.breaker.counts, rig.client.stats()
    assert counts.probes == 0, f"execute() has {ended}; a permit of the half-open breaker is still out"
    assert counts.successes == (ended == "returned"), (
        f"execute() has {ended}; the breaker has counted {counts.successes} successes"
    )
    assert stats.attempts == script.calls, f"fn was called {script.calls} times; stats() says {told(stats)}"


# --- threads ---


@prop(
    "calls run at the same time",
    "While one call runs fn, waits for a token or is in its back-off, the others go on, and so does stats().",
    given={"held_up": st.sampled_from(["fn", "limiter", "back-off"])},
    examples=[{"held_up": "fn"}, {"held_up": "limiter"}, {"held_up": "back-off"}],
)
def test_calls_run_at_the_same_time(sim: Sim, held_up: str) -> None:
    rig = build(sim, tokens=2, rate=0.125, backoff=8.0)
    if held_up == "limiter":
        rig.limiter.allow(2)
    first = Script(sim, [ConnectionError()] if held_up == "back-off" else [], 8 if held_up == "fn" else 0)
    slow = sim.spawn(lambda: (rig.client.execute(first), sim.now)[1], name="slow")
    sim.sleep(1)
    began = sim.now
    stats = rig.client.stats()
    assert stats.calls == 1, f"one call has begun; stats() says {told(stats)}"
    if held_up == "limiter":
        rig.breaker.reset()
    else:
        rig.client.execute(Script(sim, []))
    assert sim.now == began, f"another call is held up by {held_up}, and this one took {sim.now - began} s"
    ended = sim.join(slow)[0]
    # In the back-off the second call has taken the last token: the next but one comes at 8 s.
    assert ended == 8.0, f"the call that was held up by {held_up} must end at 8 s, not {ended} s"


@prop(
    "what the client calls back may use the client",
    "fn, is_failure and on_state_change run outside every internal lock: they may ask for stats() and call "
    "execute() themselves.",
    given={"who": st.sampled_from(["fn", "is_failure", "on_state_change"])},
    examples=[{"who": "fn"}, {"who": "is_failure"}, {"who": "on_state_change"}],
)
def test_callbacks_may_use_the_client(sim: Sim, who: str) -> None:
    used: list[str] = []

    def use(name: str) -> None:
        if name == who and not used:
            used.append(name)
            # From another thread, which no re-entrant lock lets through.
            helper = sim.spawn(lambda: (rig.client.stats(), rig.client.circuit_breaker), name="helper")
            helper.result()
            rig.client.stats()
            caught(lambda: rig.client.execute(lambda: "nested"))

    def is_failure(error: Exception) -> bool:
        use("is_failure")
        return True

    rig = build(
        sim,
        retries=0,
        breaker={"failure_threshold": 1, "is_failure": is_failure},
        on_state_change=lambda old, new: use("on_state_change"),
    )

    def fn() -> None:
        use("fn")
        raise ConnectionError("no answer")

    caught(lambda: rig.client.execute(fn))
    assert used == [who], f"{who} was not called"
    if who == "on_state_change":
        check_stats(
            rig.client, "the nested call met an open breaker:", calls=2, attempts=1, failures=1, rejected=1
        )
    else:
        check_stats(rig.client, "the nested call succeeded:", calls=2, attempts=2, successes=1, failures=1)


@prop(
    "the counts add up, however many threads there are",
    "When all calls are over, each of them and each attempt has been counted exactly once.",
    given={
        "plans": st.lists(st.lists(st.sampled_from(["ok", "fail"]), max_size=2), min_size=2, max_size=3),
        "refused": st.booleans(),
    },
    examples=[
        {"plans": [["ok"], ["ok"]], "refused": False},
        {"plans": [["fail"], ["fail"]], "refused": False},
        {"plans": [["ok"], ["ok"]], "refused": True},
    ],
    stalls=True,
)
def test_the_counts_add_up(sim: Sim, plans: list[list[str]], refused: bool) -> None:
    rig = build(
        sim, retries=1, backoff=0, breaker={"failure_threshold": 1 if refused else MANY, "timeout": 1e6}
    )
    if refused:
        rig.breaker.allow().failure()

    def call(plan: list[str]) -> None:
        caught(
            lambda: rig.client.execute(Script(sim, [ConnectionError() for each in plan if each == "fail"]))
        )

    sim.join(*[sim.spawn(call, plan) for plan in plans])
    failures = [plan.count("fail") for plan in plans]
    if refused:
        check_stats(rig.client, "all is over:", calls=len(plans), rejected=len(plans))
    else:
        successes = sum(each < 2 for each in failures)
        check_stats(
            rig.client,
            "all is over:",
            calls=len(plans),
            attempts=sum(failures) + successes,
            successes=successes,
            failures=sum(failures),
            retries=sum(each > 0 for each in failures),
        )


@prop(
    "a snapshot is of one moment",
    "Whenever stats() is called, attempts is the sum of the outcomes, and every attempt that is no retry was "
    "the first of its call.",
    given={"failures": st.lists(st.integers(0, 2), min_size=1, max_size=2)},
    examples=[{"failures": [1]}, {"failures": [0, 1]}],
    stalls=True,
)
def test_a_snapshot_is_of_one_moment(sim: Sim, failures: list[int]) -> None:
    rig = build(sim, retries=2, backoff=1)

    def call(count: int) -> None:
        rig.client.execute(Script(sim, [ConnectionError() for _ in range(count)]))

    tasks = [sim.spawn(call, count) for count in failures]
    earlier = rig.client.stats()
    for second in range(max(failures) + 1):
        for _ in range(2):
            stats = rig.client.stats()
            assert stats.attempts == stats.successes + stats.failures + stats.ignored, (
                f"attempts must be the sum of successes, failures and ignored: {told(stats)}"
            )
            first = stats.attempts - stats.retries
            assert stats.successes <= first <= stats.calls, (
                f"what is no retry is the first attempt of a call, and a call succeeds but once: {told(stats)}"
            )
            assert stats.attempts >= earlier.attempts, (
                f"counts never fall: {told(earlier)}, then {told(stats)}"
            )
            earlier = stats
        sim.sleep(2**second)  # until the next attempt
    sim.join(*tasks)


# --- all of it in one thread, against a model ---


@dataclass
class World:
    """The sequential model: breaker, bucket and clock as plain numbers; what a call does to them."""

    threshold: int | None
    capacity: int | None
    retries: int
    now: float = 0.0
    tokens: float = 0.0
    failures: int = 0
    open_until: float | None = None
    half_open: bool = False

    def __post_init__(self) -> None:
        self.tokens = float(self.capacity or 0)
        self.counts = dict.fromkeys(
            ("calls", "attempts", "successes", "failures", "ignored", "retries", "rejected", "rate_limited"),
            0,
        )
        self.times: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.tokens = min(float(self.capacity or 0), self.tokens + seconds)  # one token a second

    def execute(self, plan: list[str], takes: float) -> str:
        self.counts["calls"] += 1
        for attempt in range(self.retries + 1):
            if self.threshold is not None and self.open_until is not None:
                if self.now < self.open_until:
                    self.counts["rejected"] += 1
                    return "CircuitOpen"
                self.open_until, self.half_open = None, True
            if self.capacity is not None:
                self.sleep(max(0.0, 1 - self.tokens))
                self.tokens -= 1
            self.times.append(self.now)
            self.sleep(takes)
            outcome = plan[attempt] if attempt < len(plan) else "ok"
            self.record(outcome, retry=attempt > 0)
            if outcome == "ok":
                return "value"
            if outcome == "interrupt":
                return "KeyboardInterrupt"
            if outcome == "permanent":
                return "ValueError"
            if attempt == self.retries:
                return "RetryExhausted"
            self.sleep(0.5 * 2**attempt)
        raise AssertionError

    def record(self, outcome: str, retry: bool) -> None:
        self.counts["attempts"] += 1
        self.counts["retries"] += retry
        if outcome == "ok":
            self.counts["successes"] += 1
            self.failures, self.half_open = 0, False
        elif outcome in ("interrupt", "excused"):
            self.counts["ignored"] += 1
        else:
            self.counts["failures"] += 1
            self.failures += 1
            if self.threshold is not None and (self.half_open or self.failures == self.threshold):
                self.open_until, self.half_open, self.failures = self.now + 2.0, False, 0


OUTCOMES = ["fail", "ok", "permanent", "excused", "interrupt"]


@prop(
    "the counts tell what happened, call by call",
    "Calls one after another do what the three parts say together: when fn is called, how each call ends, and "
    "what stats() counts.",
    given={
        "parts": st.sampled_from(["breaker", "limiter", "both", "none"]),
        "retries": st.integers(0, 2),
        "calls": st.lists(
            st.fixed_dictionaries(
                {
                    "plan": st.lists(st.sampled_from(OUTCOMES), max_size=3),
                    "takes": st.sampled_from([0, 0.25]),
                    "pause": st.sampled_from([0, 0, 0.5, 2.0]),
                }
            ),
            min_size=1,
            max_size=4,
        ),
    },
    examples=[
        {
            "parts": "both",
            "retries": 1,
            "calls": [
                {"plan": ["fail", "fail"], "takes": 0.25, "pause": 0},
                {"plan": ["fail"], "takes": 0, "pause": 0},
                {"plan": [], "takes": 0, "pause": 2.0},
                {"plan": ["permanent"], "takes": 0, "pause": 0},
            ],
        },
        {
            "parts": "none",
            "retries": 2,
            "calls": [
                {"plan": ["fail", "permanent"], "takes": 0.25, "pause": 0},
                {"plan": ["fail", "fail"], "takes": 0, "pause": 0},
                {"plan": [], "takes": 0, "pause": 0},
            ],
        },
        {
            "parts": "limiter",
            "retries": 2,
            "calls": [
                {"plan": ["fail", "interrupt"], "takes": 0, "pause": 0},
                {"plan": [], "takes": 0, "pause": 0},
            ],
        },
    ],
)
def test_the_counts_tell_what_happened(
    sim: Sim, parts: str, retries: int, calls: list[dict[str, Any]]
) -> None:
    with_breaker, with_limiter = parts in ("breaker", "both"), parts in ("limiter", "both")

    def is_failure(error: Exception) -> bool:
        return not isinstance(error, LookupError)

    settings = {
        "failure_threshold": 3,
        "success_threshold": 1,
        "timeout": 2.0,
        "is_failure": is_failure if with_breaker else None,
    }
    rig = build(sim, retries=retries, backoff=0.5, tokens=2, breaker=settings)
    retry = sim.reference("retry")
    rig.client = sim.kata.ResilientClient(
        retry.Retryer(retry.RetryConfig(retries, 0.5, 1000.0, 2.0, 0.0)),
        rig.breaker if with_breaker else None,
        rig.limiter if with_limiter else None,
    )
    world = World(3 if with_breaker else None, 2 if with_limiter else None, retries)
    errors = {
        "fail": lambda: ConnectionError("no answer"),
        "permanent": lambda: sim.reference("error_helpers").permanent(ValueError("bad request")),
        # Without a breaker nobody excuses it: a failure like any other.
        "excused": lambda: LookupError("no such card"),
        "interrupt": lambda: KeyboardInterrupt("Ctrl-C"),
        "ok": lambda: "value",
    }
    for number, call in enumerate(calls, 1):
        sim.sleep(call["pause"])
        world.sleep(call["pause"])
        plan = [each if with_breaker or each != "excused" else "fail" for each in call["plan"]]
        script = Script(sim, [errors[each]() for each in call["plan"]], call["takes"])
        before = len(world.times)
        raised = caught(lambda script=script: rig.client.execute(script))
        ended = world.execute(plan, call["takes"])
        what = f"call {number}"
        check_times(script, world.times[before:], what)
        kind = "value" if raised is None else type(raised).__name__
        assert kind == ended, f"{what} must end with {ended}, not {kind}"
        assert abs(sim.now - world.now) < 2 * NANOSECOND, f"{what} must end at {world.now} s, not {sim.now} s"
        check_stats(rig.client, f"after {what}", **world.counts)
    if with_limiter:
        there = rig.limiter.tokens()
        assert abs(there - world.tokens) < 1e-6, f"{world.tokens} tokens must be left, not {there}"


# --- construction ---


@prop(
    "from_config builds what the config says",
    "Each part behaves as its config tells, None leaves it out, and every client has parts of its own.",
    given={"breaker": st.booleans(), "limiter": st.booleans(), "retries": st.integers(0, 2)},
    examples=[
        {"breaker": True, "limiter": True, "retries": 2},
        {"breaker": False, "limiter": False, "retries": 2},
        {"breaker": False, "limiter": True, "retries": 1},
    ],
)
def test_from_config_builds_what_it_says(sim: Sim, breaker: bool, limiter: bool, retries: int) -> None:
    circuit, retry = sim.reference("circuit_breaker"), sim.reference("retry")
    config = sim.kata.ResilientClientConfig(
        circuit_breaker=circuit.CircuitBreakerConfig(6, 1, 60.0) if breaker else None,
        retry=retry.RetryConfig(retries, 0.25, 1000.0, 2.0, 0.0),
        rate_limit=sim.kata.RateLimitConfig(1, 2) if limiter else None,
    )
    client, other = (sim.kata.ResilientClient.from_config(config) for _ in range(2))
    if breaker:
        own = client.circuit_breaker
        assert own is not None and own.config == config.circuit_breaker, "the breaker has another config"
        assert own is not other.circuit_breaker, "two clients made from one config share a breaker"
    else:
        assert client.circuit_breaker is None, "the config has no breaker, and the client has one"
    script = Script(sim, [ConnectionError() for _ in range(6)])
    caught(lambda: client.execute(script))
    caught(lambda: client.execute(script))
    times, now, token = [], 0.0, 0.0
    for _ in range(2):
        for attempt in range(retries + 1):
            now = max(now, token) if limiter else now
            times.append(now)
            token = now + 0.5
            now += 0.25 * 2**attempt if attempt < retries else 0.0
    what = f"{retries} retries from 0.25 s on, {'2 tokens a second' if limiter else 'no limiter'}"
    check_times(script, times, what)
    if breaker:
        state = client.circuit_breaker.state.value
        expected = "open" if len(times) == 6 else "closed"
        assert state == expected, f"it opens at 6 failures; after {len(times)} it is {state}"
    began = sim.now
    other.execute(Script(sim, []))
    assert sim.now == began, f"another client made from the same config had to wait {sim.now - began} s"
    check_stats(other, "for another client from the same config", calls=1, attempts=1, successes=1)
    parts = build(sim)
    assert parts.client.circuit_breaker is parts.breaker, "circuit_breaker must be the one it was made with"


@prop(
    "bad arguments are refused at the call that got them",
    "They raise TypeError or ValueError and change nothing: no attempt, no token, no count.",
)
def test_bad_arguments(sim: Sim) -> None:
    retry, circuit = sim.reference("retry"), sim.reference("circuit_breaker")
    client, config = sim.kata.ResilientClient, sim.kata.ResilientClientConfig
    rate = sim.kata.RateLimitConfig
    retryer = retry.Retryer()
    for value in (None, 3, retry.RetryConfig(), retry.Retryer):
        expect(TypeError, lambda value=value: client(value), f"ResilientClient({value!r})")
    for value in (3, "closed", circuit.CircuitBreakerConfig(), circuit.CircuitBreaker):
        expect(TypeError, lambda value=value: client(retryer, value), f"breaker {value!r}")
    for value in (3, "slow", rate(1, 1)):
        expect(TypeError, lambda value=value: client(retryer, None, value), f"limiter {value!r}")
    for value in (None, 3, retry.RetryConfig(), config):
        expect(TypeError, lambda value=value: client.from_config(value), f"from_config({value!r})")
    wrong = (
        ({"circuit_breaker": 3}, TypeError),
        ({"circuit_breaker": retry.RetryConfig()}, TypeError),
        ({"retry": None}, TypeError),
        ({"retry": retryer}, TypeError),
        ({"rate_limit": 5}, TypeError),
        ({"rate_limit": rate(1.5, 1)}, TypeError),
        ({"rate_limit": rate(0, 1)}, ValueError),
        ({"rate_limit": rate(1, -1)}, ValueError),
        ({"rate_limit": rate(1, float("nan"))}, ValueError),
    )
    for arguments, error in wrong:
        made = config(**arguments)
        expect(error, lambda made=made: client.from_config(made), f"from_config() with {arguments}")
    rig = build(sim, tokens=2)
    ctx = sim.context.Context.background().with_cancel()
    for value in (None, 3, "fetch"):
        expect(TypeError, lambda value=value: rig.client.execute(value), f"execute({value!r})")
    ctx.cancel()
    expect(TypeError, lambda: rig.client.execute(None, ctx=ctx), "execute(None) with a done ctx")
    assert sim.now == 0.0, f"it took {sim.now} s to refuse bad arguments"
    assert rig.limiter.tokens() == 2, f"refused calls left {rig.limiter.tokens()} of 2 tokens"
    assert rig.breaker.counts.failures == 0, "the breaker has counted failures of refused calls"
    check_stats(rig.client, "refused calls are not counted:")
