"""Hidden properties of the kata ``circuit_breaker``."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import hypothesis.strategies as st

from dojo.checking.linearizability import Answer, Model, Operation, check
from dojo.checking.property import prop
from dojo.checking.scenario import Gauge, expect
from dojo.checking.sim import Sim

OUTCOMES = ("success", "failure", "ignore")
NANOSECOND = 1e-9
# All durations are sums of powers of two: a solution that counts in floats is as exact as one in integers.
SECONDS = st.sampled_from([0.25, 1.0, 30.0])


def build(sim: Sim, on_state_change: Callable[..., Any] | None = None, **config: Any) -> Any:
    """A breaker; what ``config`` does not say is 1, and the timeout is 1 s."""
    values = {"failure_threshold": 1, "success_threshold": 1, "timeout": 1.0, "max_concurrent": 1, **config}
    return sim.kata.CircuitBreaker(sim.kata.CircuitBreakerConfig(**values), on_state_change)


def trip(breaker: Any, failures: int = 1) -> None:
    """Let so many permits fail."""
    for _ in range(failures):
        breaker.allow().failure()


def half_open(sim: Sim, on_state_change: Callable[..., Any] | None = None, **config: Any) -> Any:
    """A breaker that has opened, and whose timeout ends now; nobody has looked at it yet."""
    breaker = build(sim, on_state_change, **config)
    trip(breaker, config.get("failure_threshold", 1))
    sim.sleep(config.get("timeout", 1.0))
    return breaker


def is_let_through(sim: Sim, breaker: Any) -> bool:
    """Whether a call that comes now would be let through; leaves no trace, apart from the look."""
    try:
        permit = breaker.allow()
    except sim.kata.CircuitOpen:
        return False
    permit.ignore()
    return True


def told(counts: Any) -> tuple[int, int, int]:
    """Counts as plain numbers."""
    return counts.failures, counts.successes, counts.probes


def fail(error: BaseException) -> Any:
    """A function for ``execute`` that raises."""
    raise error


@dataclass
class Period:
    """The sequential model: a state with its counts, the permits given so far, and the changes made."""

    failure_threshold: int
    success_threshold: int
    max_concurrent: int
    timeout: float = 1.0
    state: str = "closed"
    until: float = 0.0
    number: int = 0
    failures: int = 0
    successes: int = 0
    probes: int = 0
    permits: list[int | None] = field(default_factory=list)  # the period of each, None once it is settled
    changes: list[tuple[str, str]] = field(default_factory=list)

    def look(self, now: float) -> None:
        if self.state == "open" and now >= self.until:
            self.change("half-open", now)

    def allow(self, now: float) -> str:
        self.look(now)
        if self.state == "open":
            return "CircuitOpen"
        if self.state == "half-open":
            if self.probes == self.max_concurrent:
                return "TooManyProbes"
            self.probes += 1
        self.permits.append(self.number)
        return "let through"

    def settle(self, index: int, outcome: str, now: float) -> None:
        period, self.permits[index] = self.permits[index], None
        if period != self.number:
            return
        if self.state == "half-open":
            self.probes -= 1
        if outcome == "success":
            self.failures = 0
            if self.state == "half-open":
                self.successes += 1
                if self.successes == self.success_threshold:
                    self.change("closed", now)
        elif outcome == "failure":
            self.failures += 1
            if self.state == "half-open" or self.failures == self.failure_threshold:
                self.change("open", now)

    def reset(self, now: float) -> None:
        self.look(now)
        self.change("closed", now)

    def change(self, new: str, now: float) -> None:
        if new != self.state:
            self.changes.append((self.state, new))
        self.state, self.number = new, self.number + 1
        self.until = now + self.timeout
        self.failures = self.successes = self.probes = 0


ALLOW, LOOK, RESET, SHORT, LONG = ["allow", 0], ["look", 0], ["reset", 0], ["sleep", 1], ["sleep", 4]
# The number of a permit counts back from the one given last.
PROBES = [ALLOW, ["failure", 0], LONG, ALLOW, ["success", 0], ALLOW, ["success", 0], LOOK]
OLD = [
    ALLOW,
    ALLOW,
    ["failure", 0],
    SHORT,
    ["failure", 1],
    LONG,
    ALLOW,
    ["success", 1],
    ALLOW,
    ["failure", 0],
]
TWICE = [ALLOW, ALLOW, ["failure", 0], ["failure", 0], RESET, ["failure", 1], LOOK]
LEFT_OUT = [ALLOW, ["failure", 0], LONG, ALLOW, ALLOW, ["failure", 0], LONG, ALLOW, ALLOW, LOOK]


@prop(
    "every sequence of calls does what the state machine says",
    "Permits, states, counts and reported changes are those of the rules, whatever comes after whatever.",
    given={
        "thresholds": st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 2)).map(list),
        "steps": st.lists(
            st.one_of(
                st.just(ALLOW),
                st.tuples(st.sampled_from(OUTCOMES), st.integers(0, 4)).map(list),
                st.tuples(st.sampled_from(OUTCOMES), st.just(0)).map(list),
                st.sampled_from([SHORT, LONG, LONG, LOOK, RESET]),
            ),
            min_size=16,
            max_size=60,
        ),
    },
    examples=[
        {"thresholds": [1, 2, 1], "steps": PROBES},
        {"thresholds": [1, 1, 1], "steps": OLD},
        {"thresholds": [2, 1, 1], "steps": TWICE},
        {"thresholds": [1, 1, 2], "steps": LEFT_OUT},
    ],
    workloads=18,
)
def test_state_machine(sim: Sim, thresholds: list[int], steps: list[list[Any]]) -> None:
    failures, successes, probes = thresholds
    changes: list[tuple[str, str]] = []
    breaker = build(
        sim,
        lambda old, new: changes.append((old.value, new.value)),
        failure_threshold=failures,
        success_threshold=successes,
        max_concurrent=probes,
    )
    model = Period(failures, successes, probes)
    permits: list[Any] = []
    done: list[str] = []
    for name, number in steps:
        if name == "sleep":
            sim.sleep(number / 4)
            done.append(f"{number / 4} s pass")
            continue
        if name == "allow":
            expected = model.allow(sim.now)
            try:
                permits.append(breaker.allow())
                answer = "let through"
            except sim.kata.CircuitOpen as error:
                answer = type(error).__name__
            done.append(f"allow(): {answer}")
            assert answer == expected, f"{'; '.join(done)}. It should be {expected}"
        elif name == "reset":
            model.reset(sim.now)
            breaker.reset()
            done.append("reset()")
        elif name != "look":
            if not permits:
                continue
            index = max(0, len(permits) - 1 - number)
            model.settle(index, name, sim.now)
            getattr(permits[index], name)()
            done.append(f"permit {index}: {name}()")
        if name != "allow":  # these need not look for themselves
            model.look(sim.now)
            state, counts = breaker.state.value, told(breaker.counts)
            rules = (model.failures if model.state == "closed" else 0, model.successes, model.probes)
            what = f"thresholds are {failures} and {successes}, probes {probes}. {'; '.join(done)}"
            assert state == model.state, f"{what}. Then the state is {state}, not {model.state}"
            assert counts == rules, f"{what}. Then failures, successes, probes are {counts}, not {rules}"
            assert changes == model.changes, f"{what}. Reported was {changes}, not {model.changes}"


@prop(
    "it opens at exactly the Nth failure in a row",
    "Neither one failure sooner nor one later, also when the failures come from many threads at once.",
    given={"threshold": st.integers(1, 3), "executing": st.booleans()},
    examples=[{"threshold": 3, "executing": True}, {"threshold": 2, "executing": False}],
)
def test_opens_at_the_nth_failure(sim: Sim, threshold: int, executing: bool) -> None:
    breaker = build(sim, failure_threshold=threshold + 1)
    error = ConnectionError("down")

    def call() -> None:
        if executing:
            raised = expect(ConnectionError, lambda: breaker.execute(fail, error), "execute() of what fails")
            assert raised is error, f"execute() raised another error than its function: {raised!r}"
        else:
            breaker.allow().failure()

    sim.join(*[sim.spawn(call) for _ in range(threshold)])
    what = f"failure_threshold is {threshold + 1}"
    counted = breaker.counts.failures
    assert counted == threshold, f"{what}, {threshold} calls have failed; counts.failures is {counted}"
    assert breaker.state is sim.kata.State.CLOSED, (
        f"{what}; it is {breaker.state.value} after {threshold} failures"
    )
    call()
    assert breaker.state is sim.kata.State.OPEN, (
        f"{what}; it is {breaker.state.value} after {threshold + 1} failures"
    )


@prop(
    "a success sets the number of failures back, an ignored result does not",
    "Only failures in a row count: a service that fails now and then is not down.",
    given={"threshold": st.integers(2, 4), "between": st.sampled_from(["success", "ignore"])},
    examples=[{"threshold": 2, "between": "success"}, {"threshold": 2, "between": "ignore"}],
)
def test_success_resets_the_count(sim: Sim, threshold: int, between: str) -> None:
    breaker = build(sim, failure_threshold=threshold)
    trip(breaker, threshold - 1)
    getattr(breaker.allow(), between)()
    before = threshold - 1
    expected = 0 if between == "success" else before
    counted = breaker.counts.failures
    assert counted == expected, f"after {before} failures and one {between}() counts.failures is {counted}"
    trip(breaker, threshold - expected - 1)
    state = breaker.state
    assert state is sim.kata.State.CLOSED, (
        f"failure_threshold is {threshold}. After {before} failures, one {between}() and "
        f"{threshold - expected - 1} more failures it is {state.value}"
    )
    trip(breaker)
    assert breaker.state is sim.kata.State.OPEN, f"then another failure, and it is {breaker.state.value}"


@prop(
    "it stays open for exactly its timeout",
    "Nothing is let through a nanosecond before the end; at the end itself something is, whoever looks first.",
    given={
        "timeout": SECONDS,
        "first": st.sampled_from(["allow", "execute", "state", "counts"]),
        "took": st.sampled_from([0, 0.5]),
    },
    examples=[
        {"timeout": 1.0, "first": "allow", "took": 0.5},
        {"timeout": 1.0, "first": "state", "took": 0},
        {"timeout": 0.25, "first": "execute", "took": 0},
        {"timeout": 30.0, "first": "counts", "took": 0},
    ],
)
def test_open_for_exactly_its_timeout(sim: Sim, timeout: float, first: str, took: float) -> None:
    changes: list[tuple[str, str]] = []
    breaker = build(
        sim, lambda old, new: changes.append((old.value, new.value)), timeout=timeout, success_threshold=2
    )

    def call() -> None:
        sim.sleep(took)
        raise ConnectionError("down")

    expect(ConnectionError, lambda: breaker.execute(call), "execute() of what fails")
    for after in (0, timeout / 2, timeout - NANOSECOND):
        sim.sleep(took + after - sim.now)
        what = f"{after} s after it opened for {timeout} s"
        refusal = expect(sim.kata.CircuitOpen, breaker.allow, f"{what} allow()")
        kind, left = type(refusal).__name__, refusal.retry_after
        assert kind == "CircuitOpen", f"{what} allow() raised {kind}; it is not half-open yet"
        assert abs(left - (timeout - after)) < NANOSECOND / 2, f"{what} retry_after is {left}"
        expect(sim.kata.CircuitOpen, lambda: breaker.execute(sim.sleep, 1), f"{what} execute()")
        assert breaker.state is sim.kata.State.OPEN, f"{what} it is {breaker.state.value}"
    assert not sim.live_threads, f"it is open, and these threads are at work for it: {sim.live_threads}"
    sim.sleep(took + timeout - sim.now)
    what = f"exactly {timeout} s after it opened for {timeout} s"
    try:
        if first == "execute":
            breaker.execute(int)
        elif first == "allow":
            breaker.allow().ignore()
        else:
            getattr(breaker, first)
    except sim.kata.CircuitOpen as error:
        raise AssertionError(f"{what} {first}() is refused: {error!r}") from error
    assert changes == [("closed", "open"), ("open", "half-open")], (
        f"{what} the first look was {first}; reported are {changes}"
    )
    assert breaker.state is sim.kata.State.HALF_OPEN, f"{what} it is {breaker.state.value}"


@prop(
    "what becomes known while it is open does not move the end of the timeout",
    "Calls that began before it opened still fail or succeed; the timeout counts from the failure that opened it.",
    given={
        "late": st.lists(
            st.tuples(st.sampled_from([0.25, 0.5, 0.75]), st.sampled_from(OUTCOMES)).map(list),
            min_size=1,
            max_size=2,
        ),
        "executing": st.booleans(),
    },
    examples=[
        {"late": [[0.5, "failure"]], "executing": False},
        {"late": [[0.5, "failure"]], "executing": True},
        {"late": [[0.25, "success"]], "executing": False},
    ],
    workloads=6,
)
def test_timeout_is_not_extended(sim: Sim, late: list[list[Any]], executing: bool) -> None:
    breaker = build(sim, is_failure=lambda error: not isinstance(error, KeyError))

    def call(seconds: float, outcome: str) -> None:
        sim.sleep(seconds)
        if outcome != "success":
            raise ValueError if outcome == "failure" else KeyError

    def run(seconds: float, outcome: str) -> None:
        if executing:
            try:
                breaker.execute(call, seconds, outcome)
            except (ValueError, KeyError):
                pass
        else:
            permit = breaker.allow()
            sim.sleep(seconds)
            getattr(permit, outcome)()

    opening = breaker.allow()
    tasks = [sim.spawn(run, 1 + seconds, outcome) for seconds, outcome in late]
    sim.sleep(1)
    opening.failure()
    sim.sleep(1 - NANOSECOND)
    what = f"it opened for 1 s; {late} are the ends of earlier calls, in seconds after that"
    assert not is_let_through(sim, breaker), f"{what}. A call is let through before the 1 s are over"
    sim.sleep(2 - sim.now)
    assert is_let_through(sim, breaker), f"{what}. After exactly 1 s a call is refused"
    sim.join(*tasks)


@prop(
    "results of an earlier period are ignored",
    "A call that began before the state changed, or before a reset, neither counts nor frees a slot.",
    given={
        "since": st.sampled_from(["opened", "reopened", "closed", "reset", "reset while closed"]),
        "outcome": st.sampled_from(OUTCOMES),
    },
    examples=[
        {"since": "opened", "outcome": "success"},
        {"since": "opened", "outcome": "failure"},
        {"since": "opened", "outcome": "ignore"},
        {"since": "reopened", "outcome": "success"},
        {"since": "reopened", "outcome": "ignore"},
        {"since": "closed", "outcome": "failure"},
        {"since": "closed", "outcome": "success"},
        {"since": "reset while closed", "outcome": "success"},
        {"since": "reset while closed", "outcome": "failure"},
    ],
    workloads=10,
)
def test_old_results_are_ignored(sim: Sim, since: str, outcome: str) -> None:
    breaker = build(sim, failure_threshold=2, max_concurrent=2)
    old = breaker.allow()
    if since != "reset while closed":
        trip(breaker, 2)
        sim.sleep(1)
    if since in ("reopened", "closed"):
        old, other = breaker.allow(), breaker.allow()
        if since == "closed":
            other.success()
        else:
            other.failure()
            sim.sleep(1)
    elif since == "reset":
        old = breaker.allow()
    if since.startswith("reset"):
        breaker.reset()
    if since.endswith("opened"):
        breaker.allow(), breaker.allow()
    else:
        trip(breaker)
    before = breaker.state.value, told(breaker.counts)
    getattr(old, outcome)()
    after = breaker.state.value, told(breaker.counts)
    assert after == before, (
        f"since a permit was given the breaker has been {since}. Then {outcome}() of that permit changed "
        f"(state, (failures, successes, probes)) from {before} to {after}"
    )
    if since.endswith("opened"):
        expect(
            sim.kata.TooManyProbes,
            breaker.allow,
            f"2 of 2 probes are out, and {outcome}() of a permit from before it was {since} freed a slot: allow()",
        )


@prop(
    "never are more probes under way than may be",
    "Looking for a free slot and taking it is one step: at the end of the timeout many callers come at once.",
    given={"callers": st.integers(2, 3), "slots": st.integers(1, 2), "executing": st.booleans()},
    examples=[
        {"callers": 2, "slots": 1, "executing": False},
        {"callers": 3, "slots": 2, "executing": True},
    ],
    stalls=True,
)
def test_probes_are_bounded(sim: Sim, callers: int, slots: int, executing: bool) -> None:
    breaker = half_open(sim, max_concurrent=slots, success_threshold=100)
    gauge = Gauge()

    def probe() -> None:
        gauge.add(1)
        assert gauge.now <= slots, f"{gauge.now} probes are under way; max_concurrent is {slots}"
        sim.sleep(1)
        gauge.add(-1)

    def call() -> bool:
        try:
            if executing:
                breaker.execute(probe)
            else:
                breaker.allow()
        except sim.kata.TooManyProbes as error:
            assert error.retry_after == 0, f"retry_after of TooManyProbes is {error.retry_after}"
            return False
        return True

    through = sum(sim.join(*[sim.spawn(call) for _ in range(callers)]))
    if not executing:  # none of these is ever settled
        assert through == min(slots, callers), (
            f"{callers} callers, max_concurrent is {slots}, and {through} are let through"
        )
    left = breaker.counts.probes
    expected = 0 if executing else through
    assert left == expected, f"{expected} probes are under way; counts.probes is {left}"


@prop(
    "every slot of a probe comes back",
    "However its call ends, with a value, an error of any kind or an interrupt, there is room for the next one.",
    given={
        "endings": st.lists(
            st.sampled_from(
                ["value", "ignored error", "interrupt", "exit", "is_failure raises", "success", "ignore"]
            ),
            min_size=1,
            max_size=3,
        ),
    },
    examples=[{"endings": [each]} for each in ("value", "ignored error", "interrupt", "is_failure raises")],
)
def test_every_slot_comes_back(sim: Sim, endings: list[str]) -> None:
    def is_failure(error: Exception) -> bool:
        if isinstance(error, ZeroDivisionError):
            raise LookupError("is_failure is broken")
        assert isinstance(error, ValueError), f"is_failure was asked about a {type(error).__name__}"
        return False

    breaker = half_open(sim, success_threshold=100, is_failure=is_failure)
    for ending in endings:
        try:
            if ending in ("success", "ignore"):
                getattr(breaker.allow(), ending)()
            elif ending == "value":
                breaker.execute(int)
            elif ending == "ignored error":
                expect(ValueError, lambda: breaker.execute(fail, ValueError("not found")), "execute()")
            elif ending == "is_failure raises":
                expect(LookupError, lambda: breaker.execute(fail, ZeroDivisionError()), "execute()")
            else:
                kind = KeyboardInterrupt if ending == "interrupt" else SystemExit
                expect(kind, lambda kind=kind: breaker.execute(fail, kind()), "execute()")
        except sim.kata.TooManyProbes as error:
            raise AssertionError(
                f"probes ended one after the other: {endings}; {ending!r} found no slot"
            ) from error
        state, left = breaker.state.value, breaker.counts.probes
        assert state == "half-open", (
            f"a probe has ended with {ending!r}, which is no failure; then it is {state}"
        )
        assert left == 0, f"a probe has ended with {ending!r}; counts.probes is {left}"


@prop(
    "enough successful probes close it, one failed probe opens it again",
    "Only the successes of this half-open period count, and the timeout begins anew with the failure.",
    given={
        "threshold": st.integers(1, 3),
        "before": st.integers(0, 2),
        "later": st.sampled_from([0, 0.5, 3]),
    },
    examples=[
        {"threshold": 2, "before": 1, "later": 0.5},
        {"threshold": 3, "before": 2, "later": 0},
        {"threshold": 1, "before": 0, "later": 3},
    ],
)
def test_probes_decide(sim: Sim, threshold: int, before: int, later: float) -> None:
    before = min(before, threshold - 1)
    # More failures are needed to open a closed breaker than a half-open one.
    breaker = half_open(sim, failure_threshold=2, success_threshold=threshold)
    for _ in range(before):
        breaker.execute(int)
        breaker.allow().ignore()
    counted = breaker.counts.successes
    assert counted == before, (
        f"{before} probes have succeeded, each followed by one that was ignored; counts.successes is {counted}"
    )
    sim.sleep(later)
    failed = sim.now
    trip(breaker)
    what = f"after {before} successful probes one failed, at {failed} s; the timeout is 1 s"
    assert breaker.state is sim.kata.State.OPEN, f"{what}. Then it is {breaker.state.value}"
    sim.sleep(1 - NANOSECOND)
    assert not is_let_through(sim, breaker), (
        f"{what}. A nanosecond before {failed + 1} s a call is let through"
    )
    sim.sleep(failed + 1 - sim.now)
    assert is_let_through(sim, breaker), f"{what}. At {failed + 1} s a call is refused"
    for count in range(1, threshold + 1):
        state = breaker.state.value
        assert state == "half-open", (
            f"{what}. Since then {count - 1} of {threshold} probes have succeeded, and it is {state}"
        )
        breaker.allow().ignore()
        breaker.allow().success()
    assert breaker.state is sim.kata.State.CLOSED, (
        f"{threshold} of {threshold} probes have succeeded, and it is {breaker.state.value}"
    )
    assert told(breaker.counts) == (0, 0, 0), f"it has just closed, and counts is {breaker.counts}"


@prop(
    "a permit is settled once",
    "The first of success(), failure() and ignore() counts; further ones do nothing, whichever thread calls them.",
    given={
        "outcomes": st.lists(st.sampled_from(OUTCOMES), min_size=2, max_size=2),
        "probing": st.booleans(),
        "at_once": st.booleans(),
    },
    examples=[
        {"outcomes": ["failure", "failure"], "probing": False, "at_once": False},
        {"outcomes": ["failure", "failure"], "probing": False, "at_once": True},
        {"outcomes": ["ignore", "ignore"], "probing": True, "at_once": True},
        {"outcomes": ["success", "ignore"], "probing": True, "at_once": False},
    ],
    stalls=True,
)
def test_permit_is_settled_once(sim: Sim, outcomes: list[str], probing: bool, at_once: bool) -> None:
    config = {"failure_threshold": 9, "success_threshold": 9, "max_concurrent": 3, "timeout": 1000.0}
    breaker = half_open(sim, **config) if probing else build(sim, **config)
    permit, *others = breaker.allow(), breaker.allow(), breaker.allow()
    if at_once:
        sim.join(*[sim.spawn(getattr(permit, outcome), name=outcome) for outcome in outcomes])
    else:
        for outcome in outcomes:
            getattr(permit, outcome)()
    how = "at the same time" if at_once else "one after the other"
    what = f"one of 3 permits was settled twice, {' and '.join(outcomes)} {how}"
    possible = []
    for first in outcomes if at_once else outcomes[:1]:
        if not probing:
            possible.append(("closed", (int(first == "failure"), 0, 0)))
        elif first == "failure":
            possible.append(("open", (0, 0, 0)))
        else:
            possible.append(("half-open", (0, int(first == "success"), 2)))
    found = breaker.state.value, told(breaker.counts)
    assert found in possible or (probing and "failure" in outcomes and found[0] == "half-open"), (
        f"{what}: (state, (failures, successes, probes)) is {found}, not {' or '.join(map(str, possible))}"
    )
    for other in others:
        other.ignore()
    assert breaker.counts.probes == 0, f"{what}, the others once: counts.probes is {breaker.counts.probes}"


@prop(
    "changes are reported once each, in order, one at a time",
    "Whatever threads make them, on_state_change hears the changes as they happened.",
    given={
        "plans": st.lists(
            st.lists(st.sampled_from(["fail", "succeed", "reset", "look"]), min_size=1, max_size=2),
            min_size=2,
            max_size=3,
        ),
        "start": st.sampled_from(["closed", "half-open"]),
        "slow": st.booleans(),
    },
    examples=[
        {"plans": [["fail"], ["fail"]], "start": "closed", "slow": False},
        {"plans": [["fail"], ["reset"]], "start": "closed", "slow": False},
        {"plans": [["fail"], ["reset", "fail"]], "start": "closed", "slow": True},
        {"plans": [["look"], ["look"]], "start": "half-open", "slow": False},
        {"plans": [["succeed"], ["reset"]], "start": "half-open", "slow": True},
    ],
)
def test_reports_in_order(sim: Sim, plans: list[list[str]], start: str, slow: bool) -> None:
    changes: list[tuple[str, str]] = []
    running = Gauge()

    def report(old: Any, new: Any) -> None:
        running.add(1)
        assert running.now == 1, f"{running.now} reports are running at the same time"
        changes.append((old.value, new.value))
        sim.sleep(0.25 if slow else 0)
        running.add(-1)

    breaker = build(sim, report, timeout=1000.0)
    if start == "half-open":
        trip(breaker)
        sim.sleep(1000 - sim.now)

    def work(plan: list[str]) -> None:
        for step in plan:
            if step == "look":
                breaker.counts
            elif step == "reset":
                breaker.reset()
            else:
                try:
                    permit = breaker.allow()
                except sim.kata.CircuitOpen:
                    continue
                permit.failure() if step == "fail" else permit.success()

    sim.join(*[sim.spawn(work, plan) for plan in plans])
    shown = ", ".join(f"{old} -> {new}" for old, new in changes)
    states = ["closed", *[new for _, new in changes]]
    assert [old for old, _ in changes] == states[:-1] and all(old != new for old, new in changes), (
        f"reported in this order: {shown}. Each change must begin where the one before has ended"
    )
    state = breaker.state.value
    assert states[-1] == state, f"it is {state}, all calls are over, and reported is: {shown or 'nothing'}"


@prop(
    "no change is left unreported",
    "A thread that finds another one reporting leaves its change to that one, which must not overlook it.",
)
def test_no_report_is_left_behind(sim: Sim) -> None:
    changes: list[str] = []
    breaker = build(sim, lambda old, new: changes.append(f"{old.value} -> {new.value}"))
    permit = breaker.allow()
    sim.join(sim.spawn(permit.failure, name="failure"), sim.spawn(breaker.reset, name="reset"))
    possible = [[], ["closed -> open", "open -> closed"]]
    assert changes in possible, (
        f"failure() of a permit and reset() at the same time are over, and it is {breaker.state.value}; "
        f"reported is only {changes}"
    )


@prop(
    "on_state_change may use the breaker, and wait for threads that do",
    "It runs outside every lock; changes that it makes are reported after it has returned.",
    given={
        "use": st.sampled_from(["state", "counts", "allow", "reset"]),
        "elsewhere": st.booleans(),
        "at": st.sampled_from(["open", "half-open", "closed"]),
    },
    examples=[
        {"use": "state", "elsewhere": False, "at": "open"},
        {"use": "state", "elsewhere": True, "at": "open"},
        {"use": "reset", "elsewhere": True, "at": "open"},
        {"use": "reset", "elsewhere": False, "at": "half-open"},
        {"use": "allow", "elsewhere": True, "at": "closed"},
    ],
)
def test_callback_may_call_back(sim: Sim, use: str, elsewhere: bool, at: str) -> None:
    events: list[str] = []

    def work() -> None:
        if use == "reset":
            breaker.reset()
        elif use == "allow":
            is_let_through(sim, breaker)
        else:
            getattr(breaker, use)

    def report(old: Any, new: Any) -> None:
        events.append(f"{new.value} begins")
        if new.value == at:
            sim.join(sim.spawn(work)) if elsewhere else work()
        events.append(f"{new.value} ends")

    breaker = build(sim, report)
    trip(breaker)
    expected = ["open"]
    if (use, at) == ("reset", "open"):
        expected.append("closed")
    else:
        sim.sleep(1)
        expected += ["half-open", "closed"]
        breaker.state
        if (use, at) != ("reset", "half-open"):
            breaker.allow().success()
    pairs = [f"{state} {part}" for state in expected for part in ("begins", "ends")]
    assert events == pairs, (
        f"on_state_change used {use}{' in another thread' if elsewhere else ''} at the change to {at}; the "
        f"reports were {events}, not {pairs}"
    )


@prop(
    "what on_state_change raises does no harm",
    "An Exception goes to threading.excepthook and the call goes on; neither permit, value nor later report is lost.",
    given={
        "at": st.sampled_from(["open", "half-open", "closed"]),
        "interrupted": st.booleans(),
    },
    examples=[
        {"at": "open", "interrupted": False},
        {"at": "half-open", "interrupted": True},
        {"at": "half-open", "interrupted": False},
        {"at": "closed", "interrupted": False},
    ],
)
def test_raising_callback(sim: Sim, at: str, interrupted: bool) -> None:
    boom = KeyboardInterrupt("boom") if interrupted else ValueError("boom")
    reported: list[str] = []
    hooked: list[Any] = []
    sim.threading.excepthook = lambda args: hooked.append(args.exc_value)

    def report(old: Any, new: Any) -> None:
        reported.append(new.value)
        if new.value == at:
            raise boom

    def attempt(state: str, fn: Callable[[], Any]) -> None:
        what = f"{at!r} was reported and on_state_change raised {type(boom).__name__}"
        try:
            value = fn()
        except ConnectionError:
            value = None
        except (KeyboardInterrupt, ValueError) as error:
            assert error is boom, f"{what}; out of the call came {error!r}"
            assert interrupted, f"{what}; it came out of a call of the breaker"
            assert state == at, f"{what}; it came out of a later call"
            return
        assert not (interrupted and state == at), f"{what}; the call swallowed it"
        assert value in (None, "value"), f"{what}; execute() returned {value!r}, its function 'value'"

    breaker = build(sim, report, success_threshold=2)
    attempt("open", lambda: breaker.execute(fail, ConnectionError("down")))
    sim.sleep(1)
    attempt("half-open", lambda: breaker.allow().ignore())
    left = breaker.counts.probes
    assert left == 0, f"on_state_change raised at {at!r}; then counts.probes is {left}, with no probe out"
    breaker.execute(int)
    attempt("closed", lambda: breaker.execute(str, "value"))
    assert reported == ["open", "half-open", "closed"], (
        f"on_state_change raised {type(boom).__name__} at {at!r}; reported was {reported}"
    )
    expected = [] if interrupted else [boom]
    assert hooked == expected, f"on_state_change raised {boom!r}; threading.excepthook got {hooked}"


@prop(
    "calls run at the same time",
    "A slow call holds up nobody, and a function may use the breaker, or wait for another call.",
    given={"calls": st.integers(2, 3), "waiting": st.booleans()},
    examples=[{"calls": 3, "waiting": False}, {"calls": 2, "waiting": True}],
    workloads=4,
)
def test_calls_overlap(sim: Sim, calls: int, waiting: bool) -> None:
    asked: list[Exception] = []

    def is_failure(error: Exception) -> bool:
        asked.append(error)
        sim.sleep(1)
        return breaker.state is not sim.kata.State.CLOSED

    breaker = build(sim, is_failure=is_failure)

    def call() -> None:
        if waiting:
            sim.join(sim.spawn(breaker.execute, breaker.allow))
        sim.sleep(1)
        raise ConnectionError("down")

    tasks = [sim.spawn(breaker.execute, call) for _ in range(calls)]
    for task in tasks:
        assert isinstance(task.error(), ConnectionError), f"execute() raised {task.error()!r}"
    assert sim.now == 2.0, (
        f"{calls} calls of 1 s, each with 1 s in is_failure, at the same time: they took {sim.now} s"
    )
    assert len(asked) == calls, f"{calls} calls failed, is_failure was asked {len(asked)} times"


@prop(
    "execute() is the call of its function, and nothing else",
    "It passes arguments on, returns the value, raises the very error, and does not call when refused.",
    given={
        "ending": st.sampled_from(["value", "error", "interrupt"]),
        "state": st.sampled_from(["closed", "open", "half-open"]),
    },
    examples=[{"ending": "error", "state": "closed"}, {"ending": "value", "state": "open"}],
)
def test_execute_passes_on(sim: Sim, ending: str, state: str) -> None:
    breaker = build(sim) if state == "closed" else half_open(sim)
    if state == "open":
        trip(breaker)
    calls: list[Any] = []
    result = {"value": object(), "error": ValueError("boom"), "interrupt": KeyboardInterrupt("boom")}[ending]
    cause = KeyError("cause")

    def fn(*args: Any) -> Any:
        calls.append(args)
        if ending == "value":
            return result
        raise result from cause

    def run() -> Any:
        return breaker.execute(fn, 1, [2], None)

    if state == "open":
        expect(sim.kata.CircuitOpen, run, "execute() while it is open")
        assert not calls, "execute() was refused, and yet it called its function"
        return
    if ending == "value":
        got = run()
    else:
        got = expect((ValueError, KeyboardInterrupt), run, "execute() of what raises")
        assert got.__cause__ is cause, f"the cause of the error is now {got.__cause__!r}"
    assert got is result, f"the function gave {result!r}, execute() {got!r}"
    assert calls == [(1, [2], None)], f"execute(fn, 1, [2], None) made the calls {calls}"


@prop(
    "a ctx that is already done takes no permit",
    "Its error comes before CircuitOpen; the function is not called, no slot is taken, nothing counts.",
    given={
        "state": st.sampled_from(["closed", "open", "half-open"]),
        "late": st.booleans(),
    },
    examples=[{"state": "half-open", "late": False}, {"state": "open", "late": True}],
)
def test_done_ctx(sim: Sim, state: str, late: bool) -> None:
    changes: list[Any] = []
    breaker = build(sim, lambda old, new: changes.append(new.value), failure_threshold=2, timeout=4.0)
    if state == "closed":
        trip(breaker, 1)
    else:
        trip(breaker, 2)
    root = sim.context.Context.background()
    ctx = root.with_timeout(1) if late else root.with_cancel()
    sim.sleep(4 if state == "half-open" else 1)
    ctx.cancel()
    error = sim.context.DeadlineExceeded if late else sim.context.Cancelled
    called: list[int] = []
    before = list(changes)
    expect(
        error,
        lambda: breaker.execute(called.append, 1, ctx=ctx),
        f"execute() with a done ctx while it is {state}",
    )
    assert not called, "the ctx was done before the call, and yet execute() called its function"
    assert changes == before, f"the ctx was done before the call, and yet it changed to {changes[-1:]}"
    counts = told(breaker.counts)
    expected = (1 if state == "closed" else 0, 0, 0)
    assert counts == expected, f"execute() with a done ctx left counts at {counts} instead of {expected}"
    expect(TypeError, lambda: breaker.execute(None, ctx=ctx), "execute(None) with a done ctx")
    if state != "open":
        assert breaker.execute(str, "value", ctx=root) == "value", "execute() with a live ctx"


@prop(
    "of errors, those count that say something about the service",
    "By default every Exception but the end of the caller's ctx; with is_failure, what that function says.",
    given={
        "case": st.sampled_from(
            ["error", "cancelled", "deadline", "own timeout", "error after cancel", "plain timeout", "value"]
        ),
        "is_failure": st.sampled_from([None, "all", "none"]),
    },
    examples=[
        {"case": "cancelled", "is_failure": None},
        {"case": "deadline", "is_failure": None},
        {"case": "own timeout", "is_failure": None},
        {"case": "error after cancel", "is_failure": None},
        {"case": "plain timeout", "is_failure": None},
        {"case": "error", "is_failure": "none"},
        {"case": "cancelled", "is_failure": "all"},
        {"case": "value", "is_failure": None},
    ],
    workloads=10,
)
def test_what_counts(sim: Sim, case: str, is_failure: str | None) -> None:
    asked: list[Exception] = []

    def decide(error: Exception) -> object:
        asked.append(error)
        return "yes" if is_failure == "all" else ""

    breaker = build(sim, failure_threshold=3, is_failure=decide if is_failure else None)
    trip(breaker, 1)
    root = sim.context.Context.background()
    ctx = root.with_timeout(1) if case in ("deadline", "plain timeout") else root.with_cancel()

    def fn() -> None:
        if case == "own timeout":
            with ctx.with_timeout(0) as own:
                own.raise_if_done()
        sim.sleep(1)
        if case not in ("error", "deadline", "plain timeout"):
            ctx.cancel()
        if case in ("cancelled", "deadline"):
            ctx.raise_if_done()
        elif case == "plain timeout":
            raise TimeoutError("the service took too long")
        elif case != "value":
            raise ConnectionError("down")

    error = None
    try:
        breaker.execute(fn, ctx=ctx)
    except Exception as raised:
        error = raised
    ctx.cancel()
    if case == "value":
        expected = 0
    elif is_failure is None:
        expected = 1 if case in ("cancelled", "deadline") else 2
    else:
        expected = 2 if is_failure == "all" else 1
    counted = breaker.counts.failures
    verdict = {0: "a success", 1: "to be ignored", 2: "a failure"}
    assert counted == expected, (
        f"is_failure is {is_failure and 'true for ' + is_failure}; the call ended with {error!r} ({case}), which is "
        f"{verdict[expected]}, but was taken for {verdict.get(counted, 'something else')}"
    )
    assert asked == ([error] if is_failure and error else []), f"{error!r} was raised, is_failure got {asked}"


@prop(
    "reset() makes it as good as new",
    "Whatever the state: closed, nothing counted, all slots free, and reported only if that is a change.",
    given={"state": st.sampled_from(["closed", "open", "due", "half-open"])},
    workloads=4,
)
def test_reset(sim: Sim, state: str) -> None:
    changes: list[tuple[str, str]] = []
    breaker = build(
        sim,
        lambda old, new: changes.append((old.value, new.value)),
        failure_threshold=2,
        success_threshold=2,
        max_concurrent=2,
    )
    trip(breaker, 1 if state == "closed" else 2)
    if state in ("due", "half-open"):
        sim.sleep(1)
    if state == "half-open":
        breaker.allow().success()
        breaker.allow()
    before = len(changes)
    breaker.reset()
    what = f"reset() while it was {'half-open, but unseen' if state == 'due' else state}"
    expected = {
        "closed": [],
        "open": [("open", "closed")],
        "due": [("open", "half-open"), ("half-open", "closed")],
        "half-open": [("half-open", "closed")],
    }[state]
    assert changes[before:] == expected, f"{what} was reported as {changes[before:]}, not as {expected}"
    assert breaker.state is sim.kata.State.CLOSED, f"{what} left it {breaker.state.value}"
    assert told(breaker.counts) == (0, 0, 0), f"{what} left counts at {breaker.counts}"
    trip(breaker)
    assert breaker.state is sim.kata.State.CLOSED, (
        f"failure_threshold is 2; after {what} a single failure opened it"
    )
    trip(breaker)
    opened = sim.now
    assert breaker.state is sim.kata.State.OPEN, f"after {what} 2 failures did not open it"
    sim.sleep(1)
    assert is_let_through(sim, breaker), f"it opened for 1 s at {opened} s; at {sim.now} s a call is refused"
    permits = breaker.allow(), breaker.allow()
    permits[0].success()
    state_now = breaker.state.value
    assert state_now == "half-open", f"success_threshold is 2; after {what} one probe made it {state_now}"


@prop(
    "setting the clock changes nothing",
    "The timeout runs on the monotonic clock: a wall clock that is put forward or back neither ends nor extends it.",
    given={"step": st.sampled_from([3600, -3600])},
    workloads=2,
)
def test_wall_clock(sim: Sim, step: int) -> None:
    breaker = build(sim)
    trip(breaker)
    sim.step_wall_clock(step)
    sim.sleep(0.5)
    error = expect(
        sim.kata.CircuitOpen, breaker.allow, f"the clock was set by {step} s: allow() 0.5 s too early"
    )
    assert error.retry_after == 0.5, (
        f"the clock was set by {step} s; retry_after is {error.retry_after}, not 0.5"
    )
    sim.sleep(0.5)
    assert is_let_through(sim, breaker), f"the clock was set by {step} s; a call is refused after the timeout"


# A breaker at one instant: state, failures, successes, probes, period, and of each permit (name, period).
Instant = tuple[str, int, int, int, int, tuple[tuple[str, int], ...]]


class Breaker(Model[Instant]):
    """The sequential model while no time passes; "due" is open at the end of its timeout."""

    def __init__(self, start: str, failures: int, successes: int, probes: int) -> None:
        self._start = start
        self._config = failures, successes, probes

    def initial(self) -> Instant:
        return self._start, 0, 0, 0, 0, ()

    def step(self, state: Instant, operation: Operation) -> list[Instant]:
        now, failures, successes, probes, number, permits = state
        model = Period(*self._config, timeout=math.inf, number=number)
        model.state, model.until = ("open", 0.0) if now == "due" else (now, math.inf)
        model.failures, model.successes, model.probes = failures, successes, probes
        names = [name for name, _ in permits]
        model.permits = [period for _, period in permits]
        if operation.name == "allow":
            answer: object = model.allow(0.0)
            if answer == "let through":
                names.append(str(operation.argument))
        elif operation.name == "look":
            model.look(0.0)
            answer = (model.failures, model.successes, model.probes)
        elif operation.name == "reset":
            answer = model.reset(0.0)
        else:
            if operation.argument not in names:
                return []
            answer = model.settle(names.index(str(operation.argument)), operation.name, 0.0)
        if answer != operation.result:
            return []
        after = "due" if model.state == "open" and model.until == 0.0 else model.state
        left = tuple(
            (name, each) for name, each in zip(names, model.permits, strict=True) if each is not None
        )
        return [(after, model.failures, model.successes, model.probes, model.number, left)]

    def describe(self, operation: Operation, state: Instant) -> str:
        return f"{operation} while it is {state[0]}, with (failures, successes, probes) = {state[1:4]}"


@prop(
    "calls from many threads are linearizable",
    "Each call takes effect at one moment between its start and its return, as if the calls came one by one.",
    given={
        "thresholds": st.tuples(st.integers(1, 2), st.integers(1, 2), st.integers(1, 2)).map(list),
        "start": st.sampled_from(["closed", "due"]),
        "plans": st.lists(
            st.lists(st.sampled_from([*OUTCOMES, "reset", "look"]), min_size=1, max_size=2),
            min_size=2,
            max_size=3,
        ),
    },
    examples=[
        {"thresholds": [1, 1, 1], "start": "due", "plans": [["success"], ["failure"]]},
        {"thresholds": [2, 1, 1], "start": "closed", "plans": [["failure"], ["failure", "look"]]},
        {"thresholds": [2, 1, 1], "start": "closed", "plans": [["failure", "look"], ["success", "failure"]]},
        {"thresholds": [1, 1, 1], "start": "due", "plans": [["success", "look"], ["failure", "look"]]},
        {"thresholds": [1, 2, 2], "start": "due", "plans": [["success"], ["success", "look"]]},
    ],
    workloads=8,
)
def test_linearizable(sim: Sim, thresholds: list[int], start: str, plans: list[list[str]]) -> None:
    failures, successes, probes = thresholds
    config = {"failure_threshold": failures, "success_threshold": successes, "max_concurrent": probes}
    breaker = half_open(sim, **config) if start == "due" else build(sim, **config)

    def ask(name: str) -> Any:
        given: list[Any] = []

        def allow() -> str:
            given.append(breaker.allow())
            return "let through"

        try:
            sim.call("allow", name, allow)
        except sim.kata.CircuitOpen:
            return None
        return given[0]

    def work(thread: int, plan: list[str]) -> None:
        for number, step in enumerate(plan):
            if step == "reset":
                sim.call("reset", None, breaker.reset)
            elif step == "look":
                sim.call("look", None, lambda: told(breaker.counts))
            else:
                name = f"permit {thread}.{number}"
                permit = ask(name)
                if permit is not None:
                    sim.call(step, name, getattr(permit, step))

    sim.join(*[sim.spawn(work, thread, plan) for thread, plan in enumerate(plans, 1)])
    sim.call("look", None, lambda: told(breaker.counts))
    found = check(Breaker(start, *thresholds), sim.history)
    assert found.answer is not Answer.ILLEGAL, (
        f"thresholds are {failures} and {successes}, probes {probes}, it was {start}. No order of these calls "
        "explains their results: " + "; ".join(f"{each.thread}: {each}" for each in sim.history)
    )


@prop(
    "bad arguments are refused at the call that got them",
    "Configurations and functions that make no sense raise TypeError or ValueError; the defaults are as stated.",
)
def test_bad_arguments(sim: Sim) -> None:
    make, config = sim.kata.CircuitBreaker, sim.kata.CircuitBreakerConfig
    for name in ("failure_threshold", "success_threshold", "max_concurrent"):
        for value, error in (
            (0, ValueError),
            (-1, ValueError),
            (1.0, TypeError),
            ("1", TypeError),
            (True, TypeError),
        ):
            expect(error, lambda name=name, value=value: config(**{name: value}), f"{name}={value!r}")
    for value, error in (
        (0, ValueError),
        (-1.0, ValueError),
        (math.nan, ValueError),
        (math.inf, ValueError),
        (2 * sim.threading.TIMEOUT_MAX, ValueError),
        ("1", TypeError),
        (None, TypeError),
        (True, TypeError),
    ):
        expect(error, lambda value=value: config(timeout=value), f"timeout={value!r}")
    expect(TypeError, lambda: config(is_failure=(OSError,)), "is_failure=(OSError,)")
    expect(TypeError, lambda: make({"timeout": 1.0}), "CircuitBreaker({'timeout': 1.0})")
    expect(TypeError, lambda: make(config(), "log"), "CircuitBreaker(config, 'log')")
    breaker = make()
    given = config(failure_threshold=3, timeout=5)
    assert make(given).config is given, f"config is {make(given).config}, the breaker was given {given}"
    expect(AttributeError, lambda: setattr(given, "timeout", 6), "setting an attribute of the config")
    stated = (5, 2, 30.0, 1, None)
    used = breaker.config
    assert used == config(*stated), f"CircuitBreaker().config is {used}, the defaults are {stated}"
    permit = breaker.allow()
    trip(breaker, 4)
    expect(TypeError, lambda: breaker.execute(None), "execute(None)")
    assert breaker.counts.failures == 4, f"a refused execute() made counts {breaker.counts}"
    permit.failure()
    assert breaker.state is sim.kata.State.OPEN, f"after 5 failures it is {breaker.state.value}"
