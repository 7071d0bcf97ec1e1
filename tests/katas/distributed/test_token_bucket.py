"""Hidden properties of the kata ``token_bucket``."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import accumulate
from typing import Any

import hypothesis.strategies as st

from dojo.checking.property import prop
from dojo.checking.scenario import Spy, expect
from dojo.checking.sim import Sim

SECOND = 1_000_000_000


def empty(sim: Sim, capacity: int, rate: float) -> Any:
    """A limiter whose tokens have all been taken."""
    limiter = sim.kata.TokenBucketRateLimiter(capacity, rate)
    assert limiter.allow(capacity) is True, f"a new bucket must be full: allow({capacity}) was refused"
    return limiter


def nanoseconds(seconds: float) -> int:
    """A virtual time as a whole number."""
    return round(seconds * SECOND)


@prop(
    "two callers never get the same token",
    "allow() looks and takes in one step, whatever the schedule.",
    given={"capacity": st.integers(1, 2), "callers": st.integers(2, 3)},
    stalls=True,
)
def test_allow_is_one_step(sim: Sim, capacity: int, callers: int) -> None:
    limiter = sim.kata.TokenBucketRateLimiter(capacity, 1e-9)
    won: list[bool] = sim.join(*[sim.spawn(limiter.allow) for _ in range(callers)])
    assert all(type(each) is bool for each in won), f"allow() returns a bool, not {won}"
    expected = min(capacity, callers)
    assert sum(won) == expected, f"{callers} callers asked a bucket of {capacity}: {sum(won)} got a token"


@prop(
    "no interval sees more than capacity + refill_rate * its length",
    "Whatever threads ask at whatever times, grants between any two instants stay within the bound.",
    given={
        "capacity": st.integers(1, 3),
        "rate": st.sampled_from([0.5, 1.0, 2.0, 3.0]),
        "plans": st.lists(
            st.lists(st.tuples(st.sampled_from([0, 0.25, 0.5, 1, 3]), st.booleans()), min_size=1, max_size=3),
            min_size=1,
            max_size=3,
        ),
    },
    examples=[
        {"capacity": 1, "rate": 1.0, "plans": [[[0, False], [0.5, False]], [[0, False], [0.5, True]]]},
        {
            "capacity": 2,
            "rate": 2.0,
            "plans": [[[0, False], [0, False]], [[0, True], [0, True]], [[3, False]]],
        },
    ],
)
def test_rate_bound(sim: Sim, capacity: int, rate: float, plans: list[list[list[Any]]]) -> None:
    limiter = sim.kata.TokenBucketRateLimiter(capacity, rate)
    grants: list[int] = []

    def ask(plan: list[list[Any]]) -> None:
        for pause, blocking in plan:
            sim.sleep(pause)
            if blocking:
                limiter.wait()
                grants.append(nanoseconds(sim.now))
            elif limiter.allow():
                grants.append(nanoseconds(sim.now))

    sim.join(*[sim.spawn(ask, plan) for plan in plans])
    grants.sort()
    for first in range(len(grants)):
        for last in range(first, len(grants)):
            length = grants[last] - grants[first]
            bound = capacity + Fraction(str(rate)) * length / SECOND
            count = last - first + 1
            assert count <= bound, (
                f"{count} grants in {length / SECOND} s: capacity {capacity}, rate {rate} per second"
            )


@prop(
    "a single caller gets exactly what has flowed in",
    "At every instant allow() and tokens() agree with a bucket of exact fractions.",
    given={
        "capacity": st.integers(1, 5),
        "rate": st.sampled_from([1.0, 3.0, 0.3, 10.0, 3.3]),
        "calls": st.lists(st.tuples(st.integers(0, 2_000), st.integers(1, 3)), min_size=1, max_size=12),
    },
    examples=[
        {"capacity": 1, "rate": 1.0, "calls": [[0, 1], [500, 1], [500, 1], [1000, 1]]},
        {"capacity": 2, "rate": 3.0, "calls": [[0, 2], [333, 1], [1, 1], [5000, 2], [0, 1]]},
    ],
)
def test_exact_level(sim: Sim, capacity: int, rate: float, calls: list[list[int]]) -> None:
    limiter = sim.kata.TokenBucketRateLimiter(capacity, rate)
    exact, level, last = Fraction(str(rate)), Fraction(capacity), 0
    for milliseconds, wanted in calls:
        sim.sleep(milliseconds / 1000)
        now = nanoseconds(sim.now)
        level, last = min(Fraction(capacity), level + exact * (now - last) / SECOND), now
        told = limiter.tokens()
        assert abs(told - float(level)) < 1e-9, (
            f"at {sim.now} s tokens() is {told}, {float(level)} have flowed in"
        )
        granted = limiter.allow(wanted)
        assert granted is (level >= wanted), (
            f"at {sim.now} s with {float(level)} tokens allow({wanted}) is {granted}"
        )
        level -= wanted if granted else 0


@prop(
    "many small refills equal one large one",
    "Looking often must not change what flows in: no drift, not even by a nanosecond.",
    given={"rate": st.sampled_from([10, 7])},
    workloads=2,
)
def test_no_drift(sim: Sim, rate: int) -> None:
    limiter = empty(sim, 1, rate)
    granted = 0
    for tick in range(1, 1_001):
        sim.sleep(0.001)
        limiter.tokens()
        due = nanoseconds(sim.now) * rate // SECOND
        if limiter.allow():
            granted += 1
        # A bucket of one loses nothing here: it is asked long before a second token could flow in.
        assert granted <= due, f"after {tick} ms {granted} tokens at {rate} per second"
        assert granted >= due - 1, f"after {tick} ms only {granted} tokens at {rate} per second"
    if rate == 10:
        assert granted == 10, f"after 1,000 looks in 1 s at 10 per second {granted} tokens were granted"


@prop(
    "a lone waiter is released at exactly the right instant",
    "wait(n) ends at the first whole nanosecond at which n tokens have flowed in: neither before nor after.",
    given={
        "case": st.sampled_from(
            [
                (1, 10, 1),
                (3, 3, 3),
                (1, 0.3, 1),
                (5, 3.3, 2),
                (7, 7, 3),
                (1, 1e9, 1),
                (33, 3.3, 33),
                (2, 8, 1),
            ]
        )
    },
    examples=[{"case": [3, 3, 3]}, {"case": [1, 8, 1]}, {"case": [10, 1, 5]}],
)
def test_exact_release(sim: Sim, case: list[Any]) -> None:
    capacity, rate, wanted = case
    limiter = empty(sim, capacity, rate)
    began = nanoseconds(sim.now)
    limiter.wait(wanted)
    took = nanoseconds(sim.now) - began
    due = math.ceil(Fraction(wanted) / Fraction(str(rate)) * SECOND)
    assert took == due, (
        f"{wanted} tokens at {rate} per second are there after {due} ns; wait() took {took} ns"
    )
    assert 0 <= limiter.tokens() < 1, f"after the wait {limiter.tokens()} tokens are left"


@prop(
    "idle time never fills past the capacity",
    "However long nobody asks, a burst is at most `capacity`.",
    given={"capacity": st.integers(1, 4), "idle": st.sampled_from([0, 1, 10, 86_400])},
)
def test_never_overfull(sim: Sim, capacity: int, idle: int) -> None:
    limiter = sim.kata.TokenBucketRateLimiter(capacity, 1)
    sim.sleep(idle)
    assert limiter.tokens() == capacity, (
        f"after {idle} s of rest tokens() is {limiter.tokens()} of {capacity}"
    )
    granted = sum(limiter.allow() for _ in range(capacity + 3))
    assert granted == capacity, f"after {idle} s of rest a bucket of {capacity} granted {granted}"


@prop(
    "a call that is refused changes nothing",
    "Neither the tokens nor the fraction of one that has flowed in are touched by a denial.",
    given={"how": st.sampled_from(["allow", "reserve", "wait", "deadline", "too much"])},
    examples=[{"how": "wait"}, {"how": "allow"}, {"how": "deadline"}],
)
def test_denial_changes_nothing(sim: Sim, how: str) -> None:
    limiter = empty(sim, 2, 1)
    sim.sleep(0.5)
    if how == "allow":
        assert limiter.allow() is False, "allow() with half a token must be refused"
    elif how == "reserve":
        assert not limiter.reserve(3).ok, "reserve(3) of a bucket of 2 can never be met"
    elif how == "wait":
        expect(TimeoutError, lambda: limiter.wait(2, timeout=1.4), "wait(2, timeout=1.4) that needs 1.5 s")
    elif how == "deadline":
        with sim.context.Context.background().with_timeout(1.4) as ctx:
            expect(
                TimeoutError, lambda: limiter.wait(2, ctx=ctx), "wait(2) that needs 1.5 s of a ctx with 1.4 s"
            )
    else:
        assert limiter.allow(3) is False, "allow(3) of a bucket of 2 can never be granted"
        expect(ValueError, lambda: limiter.wait(3), "wait(3) of a bucket of 2")
    assert sim.now == 0.5, (
        f"a call that cannot succeed in time took until {sim.now} s instead of failing at once"
    )
    assert limiter.tokens() == 0.5, f"half a token had flowed in, now tokens() is {limiter.tokens()}"
    sim.sleep(0.5)
    assert limiter.allow() is True, "the token that was due after 1 s is not there"


@prop(
    "a clock that steps neither mints nor takes tokens",
    "Setting the wall clock changes nothing; while the monotonic clock is behind, no time passes.",
    given={"step": st.sampled_from([3600, -3600]), "back": st.sampled_from([0, 3])},
    examples=[{"step": 3600, "back": 0}, {"step": -3600, "back": 3}],
)
def test_clock_steps(sim: Sim, step: int, back: int) -> None:
    limiter = sim.kata.TokenBucketRateLimiter(10, 1)
    limiter.allow(5)
    sim.step_wall_clock(step)
    assert limiter.tokens() == 5, f"the wall clock moved by {step} s; 5 tokens became {limiter.tokens()}"
    if back:
        sim.step_monotonic_clock_back(back)
        assert limiter.tokens() == 5, (
            f"the clock stepped back by {back} s; 5 tokens became {limiter.tokens()}"
        )
        sim.sleep(back)
        assert limiter.tokens() == 5, f"the clock has only caught up; 5 tokens became {limiter.tokens()}"
    sim.sleep(1)
    assert limiter.tokens() == 6, f"one second on, 5 tokens became {limiter.tokens()}"


@prop(
    "reservations queue up, and a cancelled one gives back all it took",
    "Delays follow the order of taking; a cancel restores exactly its tokens and moves up those behind, once.",
    given={"wanted": st.lists(st.integers(1, 5), min_size=2, max_size=4), "cancelled": st.integers(0, 3)},
    examples=[{"wanted": [5, 3], "cancelled": 0}, {"wanted": [2, 3, 1, 1], "cancelled": 1}],
)
def test_reservations(sim: Sim, wanted: list[int], cancelled: int) -> None:
    limiter = empty(sim, 10, 1)
    line = [limiter.reserve(amount) for amount in wanted]
    for amount, reservation in zip(wanted, line, strict=True):
        assert reservation.ok, f"reserve({amount}) of a bucket of 10 is refused"
    delays, due = [each.delay for each in line], list(accumulate(wanted))
    assert delays == due, f"{wanted} tokens are reserved; delays are {delays}, not {due} s"
    assert limiter.tokens() == -sum(wanted), f"{wanted} are taken in advance: {limiter.tokens()} tokens"
    assert limiter.allow() is False, f"allow() overtook {len(wanted)} reservations"
    place = cancelled % len(wanted)
    gone, taken_back = line.pop(place), wanted[place]
    left = [*wanted[:place], *wanted[place + 1 :]]
    gone.cancel()
    gone.cancel()
    what = f"of {wanted} reserved, number {place + 1} was cancelled"
    assert limiter.tokens() == -sum(left), f"{what} (twice): {limiter.tokens()} tokens, not {-sum(left)}"
    delays, due = [each.delay for each in line], list(accumulate(left))
    assert delays == due, f"{what}; delays of the others are {delays}, not {due} s"
    assert gone.delay == math.inf, f"a cancelled reservation of {taken_back} has a delay of {gone.delay}"
    sim.sleep(sum(left))
    delays = [each.delay for each in line]
    assert not any(delays), f"all tokens reserved are there, delays are {delays}"


@prop(
    "a delay is exact",
    "A reservation may be used at the first whole nanosecond at which its tokens have flowed in, not sooner.",
    given={"rate": st.sampled_from([1, 3, 7, 0.3, 3.3]), "wanted": st.integers(1, 3)},
    examples=[{"rate": 3, "wanted": 1}],
)
def test_exact_delay(sim: Sim, rate: float, wanted: int) -> None:
    limiter = empty(sim, 3, rate)
    reservation = limiter.reserve(wanted)
    due = math.ceil(Fraction(wanted) / Fraction(str(rate)) * SECOND)
    delay = nanoseconds(reservation.delay)
    what = f"{wanted} tokens at {rate} per second are there after {due} ns"
    assert delay == due, f"{what}; delay is {delay} ns"
    sim.sleep((due - 1) / SECOND)
    assert reservation.delay > 0, f"{what}; delay is 0.0 one ns sooner"
    sim.sleep(1 / SECOND)
    assert reservation.delay == 0.0, f"{what}; then delay is {reservation.delay} s"


@prop(
    "two cancels of one reservation give its tokens back once",
    "cancel() looks and gives back in one step, whatever the schedule.",
    stalls=True,
)
def test_cancel_is_one_step(sim: Sim) -> None:
    limiter = empty(sim, 10, 1e-9)
    reservation = limiter.reserve(5)
    sim.join(sim.spawn(reservation.cancel), sim.spawn(reservation.cancel))
    there = limiter.tokens()
    assert there < 1, f"in an empty bucket 5 tokens were reserved and cancelled: it holds {there}, not 0"
    assert limiter.allow() is False, "a reservation was cancelled and its tokens given back twice"


@prop(
    "a cancelled reservation moves up the waits behind it",
    "A thread that is blocked in wait() learns that its tokens come sooner.",
)
def test_reservation_gives_way(sim: Sim) -> None:
    limiter = empty(sim, 10, 1)
    reservation = limiter.reserve(5)
    behind = [sim.spawn(limiter.wait), sim.spawn(limiter.wait)]
    sim.sleep(0.5)
    reservation.cancel()
    sim.join(*behind)
    assert sim.now == 2.0, (
        f"the reservation ahead was cancelled; two waits for one token each end at {sim.now} s, not 2 s"
    )


@prop(
    "tokens that may be used cannot be given back",
    "Once its delay is 0.0 a reservation counts as used: cancelling it must not mint tokens.",
    given={"waited": st.booleans()},
)
def test_cancel_after_use(sim: Sim, waited: bool) -> None:
    limiter = empty(sim, 1, 1) if waited else sim.kata.TokenBucketRateLimiter(1, 1)
    reservation = limiter.reserve()
    sim.sleep(1 if waited else 0)
    assert reservation.delay == 0.0, f"the token is there, delay is {reservation.delay}"
    reservation.cancel()
    assert limiter.allow() is False, "a reservation was used, cancelled, and its token granted a second time"
    never = limiter.reserve(2)
    assert not never.ok, "reserve(2) of a bucket of 1 is ok"
    assert never.delay == math.inf, f"a reservation that is not ok has a delay of {never.delay}"
    never.cancel()
    assert limiter.tokens() == 0.0, f"cancelling what was never taken left {limiter.tokens()} tokens"


@prop(
    "waiters are served in the order in which they came",
    "Nobody overtakes, neither a lighter wait nor an allow().",
    given={"wanted": st.lists(st.integers(1, 3), min_size=2, max_size=3)},
    examples=[{"wanted": [3, 1, 2]}],
)
def test_first_come_first_served(sim: Sim, wanted: list[int]) -> None:
    limiter = empty(sim, 10, 1)
    served: list[tuple[int, float]] = []

    def waiter(place: int, amount: int) -> None:
        sim.sleep(place / 10)  # each has taken its place before time lets the next one come
        limiter.wait(amount)
        served.append((place, sim.now))

    tasks = [sim.spawn(waiter, place, amount) for place, amount in enumerate(wanted)]
    sim.sleep(sum(wanted) - 0.5)
    # The last is still waiting, with all its tokens there but half a one.
    assert limiter.allow() is False, "allow() was granted although somebody waits"
    sim.join(*tasks)
    expected = [(place, float(sum(wanted[: place + 1]))) for place in range(len(wanted))]
    assert served == expected, f"served (who, when) {served}; {expected} is due"


@prop(
    "a cancelled wait ends at once and gives its tokens back",
    "The waiter raises the error of its ctx at that instant, and those behind it move up.",
    given={"wanted": st.integers(2, 5), "deadline": st.booleans()},
    examples=[{"wanted": 5, "deadline": False}],
)
def test_cancelled_wait(sim: Sim, wanted: int, deadline: bool) -> None:
    limiter = empty(sim, 10, 1)
    ctx = sim.context.Context.background().with_cancel()

    def cancelled() -> float:
        expect(
            sim.context.Cancelled,
            lambda: limiter.wait(wanted, ctx=ctx),
            "wait() with a ctx that is cancelled",
        )
        return sim.now

    def behind() -> float:
        sim.sleep(0.25)
        limiter.wait(1)
        return sim.now

    first, second = sim.spawn(cancelled), sim.spawn(behind)
    sim.sleep(0.5)
    ctx.cancel()
    assert limiter.tokens() == -0.5, (
        f"cancel() has returned; tokens() is {limiter.tokens()}, one waiter is due at 1 s"
    )
    ended, served = sim.join(first, second)
    assert ended == 0.5, f"the ctx was cancelled at 0.5 s, wait() ended at {ended} s"
    assert served == 1.0, f"the one behind should be served at 1 s, not at {served} s"
    if deadline:
        with sim.context.Context.background().with_timeout(3) as late:
            limiter.wait(1, ctx=late)
        assert sim.now == 2.0, f"a wait within its deadline ended at {sim.now} s"


@prop(
    "a cancel as the tokens come loses none",
    "Whether the wait is granted or cancelled at that instant, no token is lost and none is minted.",
    stalls=True,
)
def test_cancel_against_grant(sim: Sim) -> None:
    limiter = empty(sim, 2, 1)
    ctx = sim.context.Context.background().with_cancel()

    def waiter() -> None:
        try:
            limiter.wait(1, ctx=ctx)
        except sim.context.Cancelled:
            pass

    def canceller() -> None:
        sim.sleep(1)
        ctx.cancel()

    sim.join(sim.spawn(waiter), sim.spawn(canceller))
    sim.sleep(5)
    assert limiter.tokens() == 2.0, f"after 5 s of rest tokens() is {limiter.tokens()} of 2"
    assert limiter.allow(2) is True, "a full bucket refused its tokens"


@prop(
    "a wait that cannot be met in time fails at once",
    "A time-out or deadline before the tokens are due is reported immediately; one at that instant is in time.",
    given={"by_ctx": st.booleans()},
    examples=[{"by_ctx": True}, {"by_ctx": False}],
)
def test_hopeless_wait(sim: Sim, by_ctx: bool) -> None:
    limiter = empty(sim, 10, 1)
    background = sim.context.Context.background()
    with background.with_timeout(2) as ctx:
        if by_ctx:
            expect(TimeoutError, lambda: limiter.wait(5, ctx=ctx), "wait(5) that needs 5 s of a ctx with 2 s")
        else:
            expect(TimeoutError, lambda: limiter.wait(5, timeout=4.999999999), "wait(5, timeout=4.999999999)")
            expect(TimeoutError, lambda: limiter.wait(1, timeout=0), "wait(timeout=0) of an empty bucket")
        assert sim.now == 0.0, f"the failure was known at once, it came after {sim.now} s"
        if by_ctx:
            limiter.wait(2, ctx=ctx)
        else:
            limiter.wait(2, timeout=2)
    assert sim.now == 2.0, f"tokens that come at the very deadline are in time; wait() ended at {sim.now} s"


@prop(
    "of time-out and deadline the earlier one counts",
    "A wait with both fails at once if its tokens come between the two.",
    given={"timeout": st.sampled_from([2, 7])},
    examples=[{"timeout": 2}, {"timeout": 7}],
)
def test_earlier_limit(sim: Sim, timeout: int) -> None:
    limiter = empty(sim, 10, 1)
    seconds = 9 - timeout
    with sim.context.Context.background().with_timeout(seconds) as ctx:
        what = f"wait(5, timeout={timeout}) that needs 5 s, of a ctx with {seconds} s,"
        expect(TimeoutError, lambda: limiter.wait(5, timeout=timeout, ctx=ctx), what)
        assert sim.now == 0.0, f"{what} fails after {sim.now} s instead of at once"
    assert limiter.tokens() == 0.0, f"{what} failed but left {limiter.tokens()} tokens"


@prop(
    "tokens that come within the time-out are granted",
    "At timeout=0 those that are there, and later those that come at the very nanosecond at which it runs out.",
)
def test_in_time(sim: Sim) -> None:
    limiter = sim.kata.TokenBucketRateLimiter(2000, 1000)
    for timeout, wanted in ((0, 2000), (1.001, 1001), (0.001, 1)):
        began = sim.now
        try:
            limiter.wait(wanted, timeout=timeout)
        except TimeoutError as error:
            raise AssertionError(
                f"{wanted} tokens come after {timeout} s; wait({wanted}, timeout={timeout}) raises TimeoutError"
            ) from error
        took = nanoseconds(sim.now - began)
        assert took == nanoseconds(timeout), (
            f"wait({wanted}) of tokens that come after {timeout} s took {took} ns"
        )


@prop(
    "a ctx that is already done takes no token",
    "Even when the bucket is full, a call whose ctx has ended raises its error.",
    given={"late": st.booleans(), "timeout": st.sampled_from([None, 0, 1])},
)
def test_done_ctx(sim: Sim, late: bool, timeout: float | None) -> None:
    limiter = sim.kata.TokenBucketRateLimiter(1, 1)
    background = sim.context.Context.background()
    ctx = background.with_timeout(1) if late else background.with_cancel()
    if late:
        sim.sleep(2)
    else:
        ctx.cancel()
    error = sim.context.DeadlineExceeded if late else sim.context.Cancelled
    expect(error, lambda: limiter.wait(timeout=timeout, ctx=ctx), f"wait(timeout={timeout}) with a done ctx")
    ctx.cancel()
    assert limiter.tokens() == 1.0, f"the call failed but left {limiter.tokens()} of 1 token"


@prop(
    "a wait leaves nothing registered with its ctx",
    "A long-lived ctx must not collect the callbacks of waits that are over.",
    given={"how": st.sampled_from(["granted", "cancel", "timeout", "free"])},
)
def test_nothing_stays_registered(sim: Sim, how: str) -> None:
    limiter = sim.kata.TokenBucketRateLimiter(1, 1)
    if how != "free":
        limiter.allow()
    ctx = sim.context.Context.background().with_cancel()
    spy = Spy(ctx)

    def waiter() -> None:
        try:
            limiter.wait(timeout=0.5 if how == "timeout" else None, ctx=spy)
        except (TimeoutError, sim.context.Cancelled):
            pass

    task = sim.spawn(waiter)
    sim.sleep(0.5)
    if how == "cancel":
        ctx.cancel()
    sim.join(task)
    assert spy.registered == 0, f"wait() is over ({how}); {spy.registered} callbacks are still registered"
    ctx.cancel()


@prop(
    "a blocked wait sleeps, it does not poll",
    "The waiter wakes when its tokens are there, not to look in between, not even at its ctx.",
    given={"cancellable": st.booleans()},
)
def test_no_polling(sim: Sim, cancellable: bool) -> None:
    limiter = empty(sim, 1, 0.001)
    ctx = sim.context.Context.background().with_cancel() if cancellable else None

    def waiter() -> int:
        before = sim.wakeups
        limiter.wait(ctx=ctx)
        return sim.wakeups - before

    woken = sim.join(sim.spawn(waiter))[0]
    assert sim.now == 1000.0, f"a token at 0.001 per second came after {sim.now} s"
    assert woken <= 4, f"a waiter served after 1,000 s woke up {woken} times"
    if ctx is not None:
        ctx.cancel()


@prop(
    "bad arguments are refused at the call that got them",
    "Counts, rates and time-outs that make no sense raise TypeError or ValueError and change nothing.",
)
def test_bad_arguments(sim: Sim) -> None:
    make = sim.kata.TokenBucketRateLimiter
    for capacity, error in (
        (0, ValueError),
        (-1, ValueError),
        (1.5, TypeError),
        ("2", TypeError),
        (True, TypeError),
    ):
        expect(error, lambda capacity=capacity: make(capacity, 1), f"capacity={capacity!r}")
    for rate, error in (
        (0, ValueError),
        (-1, ValueError),
        (math.nan, ValueError),
        (math.inf, ValueError),
        ("3", TypeError),
    ):
        expect(error, lambda rate=rate: make(1, rate), f"refill_rate={rate!r}")
    limiter = make(2, 1)
    for count, error in (
        (0, ValueError),
        (-1, ValueError),
        (1.0, TypeError),
        (True, TypeError),
        ("1", TypeError),
    ):
        for name in ("allow", "reserve", "wait"):
            expect(error, lambda name=name, count=count: getattr(limiter, name)(count), f"{name}({count!r})")
    for timeout, error in (
        (-1, ValueError),
        (math.nan, ValueError),
        (math.inf, ValueError),
        ("1", TypeError),
    ):
        expect(error, lambda timeout=timeout: limiter.wait(timeout=timeout), f"wait(timeout={timeout!r})")
    ctx = sim.context.Context.background().with_cancel()
    ctx.cancel()
    expect(ValueError, lambda: limiter.wait(3, ctx=ctx), "wait(3) of a bucket of 2, with a done ctx,")
    assert limiter.tokens() == 2.0, f"refused calls left {limiter.tokens()} of 2 tokens"
