"""Hidden properties of the kata ``sliding_window``."""

from __future__ import annotations

import math
from collections import deque
from typing import Any

import hypothesis.strategies as st

from dojo.checking.linearizability import Answer, Model, Operation, check
from dojo.checking.property import prop
from dojo.checking.scenario import Spy, expect
from dojo.checking.sim import Sim

SECOND = 1_000_000_000


class Log:
    """A limiter of the plainest kind: it keeps all events for ever and goes through every one of them.

    All times are integers, in whatever unit.
    """

    def __init__(self, limit: int, window: int) -> None:
        self.limit = limit
        self.window = window
        self.events: list[int] = []

    def held(self, at: int) -> list[int]:
        """The events in the window that ends at ``at``."""
        return [each for each in self.events if at - self.window < each <= at]

    def room(self, at: int) -> int:
        return self.limit - len(self.held(at))

    def first_room(self, count: int, since: int) -> int:
        """The first instant, ``since`` or later, at which there is room for ``count`` events."""
        instants = [since, *sorted(each + self.window for each in self.events if each + self.window > since)]
        return next(at for at in instants if self.room(at) >= count)

    def record(self, count: int, at: int) -> None:
        self.events += [at] * count


def full(sim: Sim, limit: int, window: float) -> Any:
    """A limiter whose window has been filled just now."""
    limiter = sim.kata.SlidingWindowRateLimiter(limit, window)
    assert limiter.allow(limit) is True, f"a new window of {limit} is empty, yet allow({limit}) is refused"
    return limiter


def nanoseconds(seconds: float) -> int:
    """A virtual time as a whole number."""
    return round(seconds * SECOND)


# --- the window --------------------------------------------------------------------------------------


@prop(
    "two callers never get the same room",
    "allow() looks and records in one step, whatever the schedule.",
    given={"limit": st.integers(1, 2), "callers": st.integers(2, 3)},
    stalls=True,
)
def test_allow_is_one_step(sim: Sim, limit: int, callers: int) -> None:
    limiter = sim.kata.SlidingWindowRateLimiter(limit, 1e9)
    won: list[bool] = sim.join(*[sim.spawn(limiter.allow) for _ in range(callers)])
    assert all(type(each) is bool for each in won), f"allow() returns a bool, not {won}"
    expected = min(limit, callers)
    assert sum(won) == expected, f"{callers} callers asked a window of {limit}: {sum(won)} were allowed"
    left = limiter.remaining
    assert left == limit - expected, f"{expected} of {limit} were allowed, remaining is {left}"


@prop(
    "no window anywhere holds more than the limit",
    "Whatever threads ask at whatever times, every stretch of `window` seconds has at most `limit` events.",
    given={
        "limit": st.integers(2, 3),
        "plans": st.lists(
            st.lists(
                st.tuples(st.sampled_from([0, 0.25, 0.5, 0.75, 1]), st.integers(1, 2), st.booleans()),
                min_size=1,
                max_size=3,
            ),
            min_size=1,
            max_size=3,
        ),
    },
    examples=[
        {"limit": 2, "plans": [[[0.75, 2, False], [0.25, 2, False], [0.5, 2, False]]]},
        {"limit": 2, "plans": [[[0.75, 2, False], [0.75, 1, False]]]},
        {"limit": 2, "plans": [[[0, 1, False], [0.5, 2, True]], [[0.25, 1, True], [0.5, 1, True]]]},
        {"limit": 3, "plans": [[[0, 2, True], [0, 2, True]], [[0.5, 1, True], [0.5, 2, False]]]},
    ],
)
def test_no_window_holds_more(sim: Sim, limit: int, plans: list[list[list[Any]]]) -> None:
    limiter = sim.kata.SlidingWindowRateLimiter(limit, 1)
    log = Log(limit, SECOND)

    def ask(plan: list[list[Any]]) -> None:
        for pause, count, blocking in plan:
            sim.sleep(pause)
            if blocking:
                limiter.wait(count)
                log.record(count, nanoseconds(sim.now))
            elif limiter.allow(count):
                log.record(count, nanoseconds(sim.now))

    sim.join(*[sim.spawn(ask, plan) for plan in plans])
    # A window that holds too many can be shifted until it ends with an event.
    for at in log.events:
        held = log.held(at)
        assert len(held) <= limit, (
            f"the second up to {at / SECOND} s has {len(held)} events, at {[e / SECOND for e in held]}; "
            f"the limit is {limit}"
        )


@prop(
    "a single caller gets exactly what the window has room for",
    "At every instant allow(), remaining and reset_after agree with a log of all events.",
    given={
        "limit": st.integers(1, 4),
        "calls": st.lists(
            st.tuples(st.sampled_from([0, 1, 250, 499, 500, 501, 1000]), st.integers(1, 5)),
            min_size=1,
            max_size=12,
        ),
    },
    examples=[
        {"limit": 2, "calls": [[0, 1], [500, 1], [250, 1], [250, 1], [499, 1], [1, 1]]},
        {"limit": 3, "calls": [[0, 2], [500, 2], [0, 1], [500, 4], [0, 3], [0, 2]]},
        {"limit": 4, "calls": [[250, 4], [1, 1], [500, 1], [500, 4], [1000, 4]]},
    ],
)
def test_exact_count(sim: Sim, limit: int, calls: list[list[int]]) -> None:
    limiter = sim.kata.SlidingWindowRateLimiter(limit, 1)
    log = Log(limit, SECOND)
    for milliseconds, count in calls:
        sim.sleep(milliseconds / 1000)
        now = nanoseconds(sim.now)
        seen = (
            f"at {sim.now} s, limit {limit}, events in the window at {[e / SECOND for e in log.held(now)]}: "
        )
        room = log.room(now)
        granted = limiter.allow(count)
        assert granted is (count <= room), f"{seen}allow({count}) is {granted}"
        if granted:
            log.record(count, now)
            seen += f"after allow({count}) "
        left = limiter.remaining
        assert type(left) is int, f"remaining is an int, not {left!r}"
        assert left == log.room(now), f"{seen}remaining is {left}, not {log.room(now)}"
        check_reset(limiter, log, now, seen)


def check_reset(limiter: Any, log: Log, now: int, seen: str) -> None:
    """``reset_after`` must be what the log says."""
    told, due = limiter.reset_after, min((at + log.window - now for at in log.held(now)), default=0)
    assert type(told) is float, f"reset_after is a float, not {told!r}"
    assert nanoseconds(told) == due, f"{seen}reset_after is {told}, not {due / SECOND} s"


@prop(
    "an event leaves when it is exactly one window old",
    "One nanosecond sooner it still counts, at the exact instant it does not, whatever floats are involved.",
    given={
        "window": st.sampled_from([0.1, 0.3, 0.7, 1.001, 2.01, 3, 60, 86_400, 0.1 * 3, 1e-9, 1e-10]),
        "offset": st.sampled_from([0, 0.1, 0.7, 1.3, 7.9]),
        "first": st.sampled_from(["allow", "remaining", "reset_after"]),
    },
    examples=[
        {"window": 0.3, "offset": 0.1, "first": "allow"},
        {"window": 0.7, "offset": 1.3, "first": "remaining"},
        {"window": 0.1 * 3, "offset": 0, "first": "reset_after"},
        {"window": 1.001, "offset": 0.7, "first": "reset_after"},
        {"window": 1e-10, "offset": 0, "first": "remaining"},
    ],
)
def test_exact_boundary(sim: Sim, window: float, offset: float, first: str) -> None:
    sim.sleep(offset)
    limiter = full(sim, 2, window)
    length = max(1, nanoseconds(window))
    what = f"with a window of {length} ns and 2 events at {sim.now} s, "

    def look(moment: str, room: int, left: int) -> None:
        names = ["reset_after", "remaining"] if first == "reset_after" else ["remaining", "reset_after"]
        told = {name: getattr(limiter, name) for name in names}
        assert told["remaining"] == room, f"{what}remaining is {told['remaining']}, not {room}, {moment}"
        assert nanoseconds(told["reset_after"]) == left, (
            f"{what}reset_after is {told['reset_after']}, not {left} ns, {moment}"
        )

    sim.sleep((length - 1) / SECOND)
    if first == "allow":
        assert limiter.allow() is False, f"{what}allow() is True one ns before they leave"
    look("one ns before they leave", 0, 1)
    sim.sleep(1 / SECOND)
    if first == "allow":
        assert limiter.allow(2) is True, f"{what}allow(2) is refused when they are exactly one window old"
    else:
        look("when they are exactly one window old", 2, 0)


@prop(
    "reset_after is told from the oldest event",
    "It is the time until the next event leaves, so that there is more room; 0.0 when the window is empty.",
    given={"gaps": st.lists(st.sampled_from([0.001, 0.25, 0.3, 0.4]), min_size=0, max_size=3)},
    examples=[{"gaps": [0.3]}, {"gaps": [0.4, 0.4, 0.4]}],
)
def test_reset_after(sim: Sim, gaps: list[float]) -> None:
    limiter = sim.kata.SlidingWindowRateLimiter(5, 1)
    log = Log(5, SECOND)
    check_reset(limiter, log, 0, "nothing has happened yet: ")
    for gap in [0, *gaps]:
        sim.sleep(gap)
        assert limiter.allow() is True, f"at {sim.now} s allow() is refused by a window of 5"
        log.record(1, nanoseconds(sim.now))
        seen = f"at {sim.now} s, events at {[e / SECOND for e in log.events]} and a window of 1 s: "
        check_reset(limiter, log, nanoseconds(sim.now), seen)
    while log.held(nanoseconds(sim.now)):
        before = limiter.remaining
        sim.sleep(limiter.reset_after)
        assert limiter.remaining > before, (
            f"at {sim.now} s: after reset_after there is room for {limiter.remaining}, before it was {before}"
        )
        check_reset(limiter, log, nanoseconds(sim.now), f"at {sim.now} s, one event later: ")


@prop(
    "a call that is refused changes nothing",
    "A denial is no event: it takes no room and moves no instant.",
    given={"how": st.sampled_from(["allow", "wait", "deadline", "too much", "timeout 0"])},
    examples=[{"how": "wait"}, {"how": "allow"}, {"how": "deadline"}, {"how": "too much"}],
)
def test_denial_changes_nothing(sim: Sim, how: str) -> None:
    limiter = sim.kata.SlidingWindowRateLimiter(3, 2)
    limiter.allow(2)
    sim.sleep(0.5)
    if how == "allow":
        assert limiter.allow(2) is False, "2 of 3 are in the window: allow(2) must be refused"
    elif how == "wait":
        expect(TimeoutError, lambda: limiter.wait(2, timeout=1.4), "wait(2, timeout=1.4) that needs 1.5 s")
    elif how == "timeout 0":
        expect(TimeoutError, lambda: limiter.wait(3, timeout=0), "wait(3, timeout=0) with room for 1")
    elif how == "deadline":
        with sim.context.Context.background().with_timeout(1.4) as ctx:
            expect(
                TimeoutError, lambda: limiter.wait(2, ctx=ctx), "wait(2) that needs 1.5 s of a ctx with 1.4 s"
            )
    else:
        assert limiter.allow(4) is False, "allow(4) with a limit of 3 can never be granted"
        expect(ValueError, lambda: limiter.wait(4), "wait(4) with a limit of 3")
    assert sim.now == 0.5, (
        f"a call that cannot succeed in time took until {sim.now} s instead of failing at once"
    )
    left, reset = limiter.remaining, limiter.reset_after
    assert left == 1, f"the call was refused; remaining was 1 and is {left}"
    assert reset == 1.5, f"the call was refused; reset_after was 1.5 s and is {reset} s"
    sim.sleep(1.5)
    assert limiter.allow(3) is True, "all events have left by now, but allow(3) is refused"


@prop(
    "a clock that steps neither frees nor blocks",
    "Setting the wall clock changes nothing; while the monotonic clock is behind, no time passes.",
    given={"step": st.sampled_from([3600, -3600]), "back": st.sampled_from([0, 3])},
    examples=[{"step": 3600, "back": 0}, {"step": -3600, "back": 3}],
)
def test_clock_steps(sim: Sim, step: int, back: int) -> None:
    limiter = sim.kata.SlidingWindowRateLimiter(3, 10)
    limiter.allow()
    sim.sleep(2)
    limiter.allow()
    sim.step_wall_clock(step)
    what = f"the wall clock moved by {step} s: "
    if back:
        sim.step_monotonic_clock_back(back)
        what = f"the clock stepped back by {back} s: "
    told = limiter.remaining, limiter.reset_after
    assert told == (1, 8.0), f"{what}remaining and reset_after were (1, 8.0), now they are {told}"
    if back:
        assert limiter.allow() is True, f"{what}allow() is refused, though there is room for one"
        assert limiter.allow() is False, f"{what}allow() is granted, though the window is full"
        sim.sleep(back)
        told = limiter.remaining, limiter.reset_after
        assert told == (0, 8.0), (
            f"{what}it has only caught up, remaining and reset_after are {told}, not (0, 8.0)"
        )
    else:
        assert limiter.allow() is True, f"{what}allow() is refused, though there is room for one"
    sim.sleep(8)
    for at, room in ((10, 1), (12, 3)):
        left = limiter.remaining
        assert left == room, f"{what}at {at} s, when it has caught up again, remaining is {left}, not {room}"
        sim.sleep(2)


@prop(
    "a wait while the clock is behind ends when its time has come",
    "A clock that stepped back first has to catch up: the wait ends at the instant that was due before.",
    given={"back": st.sampled_from([3, 0.001])},
    examples=[{"back": 3}],
)
def test_clock_steps_before_a_wait(sim: Sim, back: float) -> None:
    limiter = full(sim, 1, 10)
    sim.sleep(9)
    assert limiter.remaining == 0, f"at 9 s the window of 10 s is full, remaining is {limiter.remaining}"
    sim.step_monotonic_clock_back(back)
    limiter.wait()
    assert sim.now == 10.0, (
        f"the clock stepped back by {back} s at 9 s; room is made at 10 s, wait() ended at {sim.now} s"
    )


@prop(
    "the memory does not grow with the number of calls",
    "What is kept is bounded by the limit: neither refused calls nor events that have left pile up.",
    given={"limit": st.integers(1, 4), "count": st.integers(1, 2)},
    examples=[{"limit": 3, "count": 1}],
    workloads=2,
)
def test_memory(sim: Sim, limit: int, count: int) -> None:
    limiter = sim.kata.SlidingWindowRateLimiter(limit, 1)

    def call(times: int) -> int:
        for number in range(times):
            if number % 4 == 3:
                sim.sleep(0.25)
            limiter.allow(min(count, limit))
            if number % 8 == 7:
                expect(TimeoutError, lambda: limiter.wait(limit, timeout=1e-9), "a wait that needs longer")
        return reachable(limiter, sim.kata.__name__)

    before, calls = call(400), 1600
    after = call(calls)
    assert after <= before + 100, (
        f"limit {limit}: after 400 calls the limiter held {before} objects, after {calls} more {after}"
    )


def reachable(root: object, module: str) -> int:
    """How many values hang on ``root``: in containers, and in objects whose class is the learner's."""
    seen: list[object] = []  # what may be part of a cycle
    todo, count = [root], 0
    while todo:
        each = todo.pop()
        count += 1
        if isinstance(each, tuple | frozenset):
            todo += each
            continue
        if any(each is one for one in seen):
            continue
        if isinstance(each, dict):
            todo += [*each.keys(), *each.values()]
        elif isinstance(each, list | set | deque):
            todo += each
        elif type(each).__module__ == module:
            slots = [name for cls in type(each).__mro__ for name in getattr(cls, "__slots__", ())]
            todo += [getattr(each, name) for name in slots if hasattr(each, name)]
            todo += vars(each).values() if hasattr(each, "__dict__") else ()
        else:
            if hasattr(each, "__len__") and not isinstance(each, str | bytes):
                count += len(each)  # an array, say: its values count, whatever they are
            continue
        seen.append(each)
    return count


class Room(Model[int]):
    """The room that is left in a window nothing leaves, as one caller at a time sees it."""

    def __init__(self, limit: int) -> None:
        self._limit = limit

    def initial(self) -> int:
        return self._limit

    def step(self, state: int, operation: Operation) -> list[int]:
        if operation.name == "remaining":
            return [state] if operation.result == state else []
        count = operation.argument
        assert isinstance(count, int)
        if operation.result is not (count <= state):
            return []
        return [state - count if operation.result else state]


@prop(
    "simultaneous calls take effect one by one",
    "Some order of the calls explains all their results: none sees another one half done.",
    given={"plans": st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=2), min_size=2, max_size=3)},
    examples=[{"plans": [[2], [2], [0]]}, {"plans": [[3, 0], [1]]}],
    stalls=True,
)
def test_linearizable(sim: Sim, plans: list[list[int]]) -> None:
    limiter = sim.kata.SlidingWindowRateLimiter(3, 1e9)

    def work(counts: list[int]) -> None:
        for count in counts:
            if count:
                sim.call("allow", count, lambda count=count: limiter.allow(count))
            else:
                sim.call("remaining", None, lambda: limiter.remaining)

    sim.join(*[sim.spawn(work, counts) for counts in plans])
    found = check(Room(3), sim.history)
    assert found.answer is not Answer.ILLEGAL, (
        "no order of these calls on a window of 3 explains their results: "
        + ", ".join(f"{each.thread}: {each}" for each in sim.history)
    )


# --- waiting -----------------------------------------------------------------------------------------


@prop(
    "a lone waiter is released at exactly the right instant",
    "wait(n) ends when the last of the events that must make room is exactly one window old.",
    given={
        "window": st.sampled_from([1, 0.7, 1.1, 3.3]),
        "gaps": st.lists(st.sampled_from([0.1, 0.2, 0.001, 0.13]), min_size=2, max_size=3),
        "wanted": st.integers(1, 4),
    },
    examples=[
        {"window": 0.7, "gaps": [0.1, 0.2], "wanted": 2},
        {"window": 1, "gaps": [0.1, 0.1], "wanted": 1},
    ],
)
def test_exact_release(sim: Sim, window: float, gaps: list[float], wanted: int) -> None:
    limit = len(gaps) + 1
    limiter = sim.kata.SlidingWindowRateLimiter(limit, window)
    log = Log(limit, nanoseconds(window))
    for gap in [0.1, *gaps]:
        sim.sleep(gap)
        assert limiter.allow() is True, f"at {sim.now} s allow() is refused by a window that is not full"
        log.record(1, nanoseconds(sim.now))
    wanted = min(wanted, limit)
    due = log.first_room(wanted, nanoseconds(sim.now))
    what = f"limit {limit}, window {window} s, events at {[e / SECOND for e in log.events]} s: "
    limiter.wait(wanted)
    ended = nanoseconds(sim.now)
    assert ended == due, f"{what}wait({wanted}) is due at {due} ns and ended at {ended} ns"
    log.record(wanted, ended)
    left = limiter.remaining
    assert left == log.room(ended), f"{what}after wait({wanted}) remaining is {left}, not {log.room(ended)}"
    check_reset(limiter, log, ended, f"{what}after wait({wanted}) ")


@prop(
    "waits are granted as early as the window allows",
    "Any mix of waits, time-outs, cancels and allow() agrees with a log of all events and a plain queue.",
    given={
        "limit": st.integers(2, 4),
        "calls": st.lists(
            st.tuples(
                st.integers(0, 7),  # tenths of a second after the call before
                st.integers(1, 3),  # how many
                st.sampled_from(["allow", "wait", "wait", "timeout", "cancel"]),
                st.integers(1, 9),  # the time-out, or when to cancel, in fifths of a second
            ),
            min_size=3,
            max_size=6,
        ),
    },
    examples=[
        # one for many, lighter ones behind it, which move up when it is cancelled
        {
            "limit": 3,
            "calls": [[0, 2, "allow", 1], [1, 3, "cancel", 2], [1, 1, "wait", 1], [0, 2, "wait", 1]],
        },
        # more than one window's worth of waiters
        {"limit": 2, "calls": [[0, 2, "wait", 1], [3, 1, "wait", 1], [0, 2, "wait", 1], [1, 1, "wait", 1]]},
        # several that fit at the same instant, and one too many
        {"limit": 3, "calls": [[0, 3, "wait", 1], [1, 1, "wait", 1], [1, 2, "wait", 1], [1, 1, "wait", 1]]},
        # in time only without those ahead
        {
            "limit": 2,
            "calls": [[0, 2, "wait", 1], [1, 2, "wait", 1], [1, 1, "timeout", 6], [1, 1, "wait", 1]],
        },
        # a time-out that can be met once somebody has left, but not before
        {
            "limit": 2,
            "calls": [[0, 2, "wait", 1], [1, 2, "cancel", 1], [0, 1, "timeout", 9], [5, 1, "timeout", 9]],
        },
        {"limit": 4, "calls": [[0, 3, "wait", 1], [4, 1, "wait", 1], [2, 3, "wait", 1], [5, 2, "wait", 1]]},
    ],
)
def test_waits_agree_with_a_log(sim: Sim, limit: int, calls: list[list[Any]]) -> None:
    # Every instant ends in the number of the call that it comes from, so no two ever fall together.
    steps: list[tuple[int, str, int]] = []
    when = 0
    for number, (gap, _, kind, later) in enumerate(calls):
        when += 100 * gap
        steps.append((when + number, "call", number))
        if kind == "cancel":
            steps.append((when + 200 * later + 50 + number, "cancel", number))
    steps.sort()
    expected = foresee(min(limit, 4), calls, steps)
    limiter = sim.kata.SlidingWindowRateLimiter(limit, 1)
    ended: dict[int, tuple[str, int]] = {}
    ctxs: dict[int, Any] = {}

    def note(number: int, how: str) -> None:
        ended[number] = how, round(sim.now * 1000)

    def wait(number: int, count: int, timeout: float | None) -> None:
        try:
            limiter.wait(count, timeout=timeout, ctx=ctxs.get(number))
        except TimeoutError:
            note(number, "timed out")
        except sim.context.Cancelled:
            note(number, "cancelled")
        else:
            note(number, "granted")

    tasks = []
    for at, what, number in steps:
        sim.sleep((at - round(sim.now * 1000)) / 1000)
        _, count, kind, later = calls[number]
        count = min(count, limit)
        if what == "cancel":
            ctxs[number].cancel()
        elif kind == "allow":
            note(number, "granted" if limiter.allow(count) else "refused")
        else:
            if kind == "cancel":
                ctxs[number] = sim.context.Context.background().with_cancel()
            tasks.append(sim.spawn(wait, number, count, later / 5 if kind == "timeout" else None))
    sim.join(*tasks)
    for number, (_, count, kind, later) in enumerate(calls):
        call = f"call {number + 1} of {len(calls)}, {'allow' if kind == 'allow' else 'wait'}({min(count, limit)})"
        if kind == "timeout":
            call += f" with a time-out of {later / 5} s"
        how, at = ended[number]
        due, due_at = expected[number]
        assert (how, at) == (due, due_at), (
            f"limit {limit}, window 1 s: {call} should be {due} at {due_at / 1000} s; it was {how} at {at / 1000} s"
        )


def foresee(
    limit: int, calls: list[list[Any]], steps: list[tuple[int, str, int]]
) -> dict[int, tuple[str, int]]:
    """How each call ends, and when, in milliseconds."""
    log = Log(limit, 1000)
    queue: list[tuple[int, int]] = []  # number and count
    ends: dict[int, tuple[str, int]] = {}

    def dues(now: int) -> list[int]:
        """When each in the queue is due if nothing else happens."""
        future = Log(limit, 1000)
        future.events = list(log.events)
        found = []
        for _, count in queue:
            now = future.first_room(count, now)
            future.record(count, now)
            found.append(now)
        return found

    def serve(since: int, until: float) -> None:
        due = dues(since)
        while due and due[0] <= until:
            number, count = queue.pop(0)
            log.record(count, due[0])
            ends[number] = "granted", due.pop(0)

    last = 0
    for at, what, number in steps:
        serve(last, at)
        last = at
        _, count, kind, later = calls[number]
        count = min(count, limit)
        if what == "cancel":
            if number not in ends:
                queue.remove((number, count))
                ends[number] = "cancelled", at
        elif kind == "allow":
            granted = not queue and log.room(at) >= count
            if granted:
                log.record(count, at)
            ends[number] = "granted" if granted else "refused", at
        else:
            queue.append((number, count))
            if kind == "timeout" and dues(at)[-1] > at + 200 * later:
                queue.pop()
                ends[number] = "timed out", at
    serve(last, math.inf)
    return ends


@prop(
    "waiters are served in the order in which they came",
    "Nobody overtakes, neither a lighter wait nor an allow() for which there would be room.",
    given={"wanted": st.lists(st.integers(1, 2), min_size=1, max_size=2)},
    examples=[{"wanted": [1, 2]}, {"wanted": [1]}],
)
def test_first_come_first_served(sim: Sim, wanted: list[int]) -> None:
    limiter = sim.kata.SlidingWindowRateLimiter(3, 1)
    limiter.allow()
    served: list[tuple[int, float]] = []

    def waiter(place: int, amount: int) -> None:
        sim.sleep(place / 10)  # each has taken its place before time lets the next one come
        limiter.wait(amount)
        served.append((place, sim.now))

    line = [3, *wanted]
    tasks = [sim.spawn(waiter, place, amount) for place, amount in enumerate(line)]
    sim.sleep(0.5)
    left, allowed = limiter.remaining, limiter.allow()
    assert left == 0, f"1 of 3 is in the window, but somebody waits: remaining is {left}, not 0"
    assert allowed is False, "allow() was granted although somebody waits"
    sim.join(*tasks)
    log = Log(3, 10)
    log.record(1, 0)
    at, expected = 0, []
    for place, amount in enumerate(line):
        at = log.first_room(amount, at)
        log.record(amount, at)
        expected.append((place, at / 10))
    when = sorted(served, key=lambda each: each[0])
    assert when == expected, f"{line} events were waited for; served (who, when) {when}, {expected} is due"


@prop(
    "a cancelled wait ends at once and leaves the queue",
    "The waiter raises the error of its ctx at that instant, and those behind it move up.",
    given={"wanted": st.integers(2, 3), "followed": st.booleans()},
    examples=[{"wanted": 3, "followed": True}, {"wanted": 3, "followed": False}],
)
def test_cancelled_wait(sim: Sim, wanted: int, followed: bool) -> None:
    limiter = sim.kata.SlidingWindowRateLimiter(3, 10)
    limiter.allow(2)
    ctx = sim.context.Context.background().with_cancel()

    def cancelled() -> float:
        expect(
            sim.context.Cancelled,
            lambda: limiter.wait(wanted, ctx=ctx),
            "wait() with a ctx that is cancelled",
        )
        return sim.now

    def behind(amount: int, after: float) -> float:
        sim.sleep(after)
        limiter.wait(amount)
        return sim.now

    tasks = [sim.spawn(cancelled)]
    if followed:
        tasks += [sim.spawn(behind, 1, 0.125), sim.spawn(behind, 2, 0.25)]
    sim.sleep(0.5)
    ctx.cancel()
    left, room = limiter.remaining, 0 if followed else 1
    queue = " and waits for 1 and for 2 came after it" if followed else ""
    assert left == room, (
        f"cancel() has returned; 2 of 3 are in the window{queue}: remaining is {left}, not {room}"
    )
    ended, *served = sim.join(*tasks)
    assert ended == 0.5, f"the ctx was cancelled at 0.5 s, wait() ended at {ended} s"
    due = [0.5, 10.0] if followed else []
    assert served == due, (
        f"once the one ahead has left at 0.5 s there is room for 1 now and for 2 more at 10 s; the two behind "
        f"ended at {served} s"
    )


@prop(
    "a cancel as the wait begins is heard",
    "However early it comes, the call raises then, and leaves nothing in the queue.",
    given={"limit": st.integers(1, 2)},
    workloads=2,
)
def test_cancel_as_it_begins(sim: Sim, limit: int) -> None:
    limiter = full(sim, limit, 1)
    ctx = sim.context.Context.background().with_cancel()

    def waiter() -> float:
        expect(sim.context.Cancelled, lambda: limiter.wait(ctx=ctx), "wait() with a ctx that is cancelled")
        return sim.now

    task = sim.spawn(waiter)
    ctx.cancel()
    ended = task.result()
    assert ended == 0.0, f"the ctx was cancelled at 0 s, wait() ended at {ended} s"
    sim.sleep(1)
    left = limiter.remaining
    assert left == limit, f"at 1 s the window is empty and nobody waits: remaining is {left}, not {limit}"


@prop(
    "a wait is either granted or cancelled",
    "However slow the cancel is, the events of a wait that returned count and those of one that raised do not.",
    stalls=True,
)
def test_cancel_against_grant(sim: Sim) -> None:
    limiter = full(sim, 2, 1)
    filled = sim.now  # at the latest
    ctx = sim.context.Context.background().with_cancel()

    def canceller() -> None:
        sim.sleep(0.5)
        ctx.cancel()

    task = sim.spawn(canceller)
    try:
        limiter.wait(2, ctx=ctx)
        granted = True
    except sim.context.Cancelled:
        granted = False
    sim.join(task)
    earlier, left, later = sim.now, limiter.remaining, sim.now
    if granted and later < 2:
        assert left == 0, f"at {later} s: wait(2) was granted at 1 s or later, but remaining is {left} of 2"
    if not granted and earlier >= filled + 1:
        assert left == 2, f"at {earlier} s: wait(2) was cancelled, but remaining is {left} of 2"


@prop(
    "a wait that is due as its ctx is cancelled is granted",
    "At that very instant there is room, so the wait returns, whichever of the two threads runs first.",
    given={"limit": st.integers(1, 2)},
    workloads=2,
)
def test_cancel_as_it_is_due(sim: Sim, limit: int) -> None:
    limiter = full(sim, limit, 1)
    ctx = sim.context.Context.background().with_cancel()

    def waiter() -> bool:
        try:
            limiter.wait(limit, ctx=ctx)
        except sim.context.Cancelled:
            return False
        return True

    task = sim.spawn(waiter)
    sim.sleep(1)
    ctx.cancel()
    assert task.result() is True, "the wait is due at 1 s, its ctx was cancelled at 1 s: it raises Cancelled"
    told = limiter.remaining, limiter.reset_after
    assert told == (0, 1.0), (
        f"{limit} events were granted at 1 s: remaining, reset_after are {told}, not (0, 1.0)"
    )


@prop(
    "a wait that cannot be met in time fails at once",
    "A time-out or deadline before it is due, the earlier of the two, is reported immediately.",
    given={
        "timeout": st.sampled_from([None, 0, 2.999999999, 4.999999999, 7]),
        "deadline": st.sampled_from([None, 3, 7]),
    },
    examples=[
        {"timeout": 4.999999999, "deadline": None},
        {"timeout": None, "deadline": 3},
        {"timeout": 7, "deadline": 3},
        {"timeout": 4.999999999, "deadline": 7},
    ],
)
def test_hopeless_wait(sim: Sim, timeout: float | None, deadline: float | None) -> None:
    limiter = sim.kata.SlidingWindowRateLimiter(2, 5)
    limiter.allow()
    sim.sleep(2)
    limiter.allow()
    limits: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
    if deadline is not None:
        limits["ctx"] = sim.context.Context.background().with_timeout(deadline)
    for wanted, needed in ((2, 5), (1, 3)):
        given = [each for each in (timeout, deadline) if each is not None]
        if given and min(given) < needed:
            what = f"wait({wanted}) that needs {needed} s, with time-out {timeout} and deadline {deadline}"
            expect(TimeoutError, lambda wanted=wanted: limiter.wait(wanted, **limits), what)
            assert sim.now == 2.0, f"{what}, fails after {sim.now - 2} s instead of at once"
    limiter.wait(2)
    assert sim.now == 7.0, f"nobody else waits: wait(2) that needs 5 s ended after {sim.now - 2} s"
    if deadline is not None:
        limits["ctx"].cancel()


@prop(
    "room that is made within the time-out is granted",
    "At timeout=0 the room that is there, later that which is made at the very nanosecond it runs out.",
    given={"by_ctx": st.booleans()},
    examples=[{"by_ctx": False}, {"by_ctx": True}],
)
def test_in_time(sim: Sim, by_ctx: bool) -> None:
    for window in (1.001, 0.001, 2.3):
        limiter = sim.kata.SlidingWindowRateLimiter(2, window)
        limiter.wait(2, timeout=0)
        began = sim.now
        what = f"wait(2) for room that is made after {window} s, with a {'deadline' if by_ctx else 'time-out'} then,"
        try:
            if by_ctx:
                with sim.context.Context.background().with_timeout(window) as ctx:
                    limiter.wait(2, ctx=ctx)
            else:
                limiter.wait(2, timeout=window)
        except TimeoutError as error:
            raise AssertionError(f"{what} raises {type(error).__name__}: {error}") from error
        took = nanoseconds(sim.now - began)
        assert took == nanoseconds(window), f"{what} took {took} ns"


@prop(
    "a ctx that is already done is granted nothing",
    "Even when the window is empty, a call whose ctx has ended raises its error.",
    given={"late": st.booleans(), "timeout": st.sampled_from([None, 0, 1])},
)
def test_done_ctx(sim: Sim, late: bool, timeout: float | None) -> None:
    limiter = sim.kata.SlidingWindowRateLimiter(1, 1)
    background = sim.context.Context.background()
    ctx = background.with_timeout(1) if late else background.with_cancel()
    if late:
        sim.sleep(2)
    else:
        ctx.cancel()
    error = sim.context.DeadlineExceeded if late else sim.context.Cancelled
    expect(error, lambda: limiter.wait(timeout=timeout, ctx=ctx), f"wait(timeout={timeout}) with a done ctx")
    ctx.cancel()
    assert limiter.remaining == 1, f"the call failed but left room for {limiter.remaining}, not 1"


@prop(
    "a wait leaves nothing registered with its ctx",
    "A long-lived ctx must not collect the callbacks of waits that are over.",
    given={"how": st.sampled_from(["granted", "cancel", "timeout", "free"])},
)
def test_nothing_stays_registered(sim: Sim, how: str) -> None:
    limiter = sim.kata.SlidingWindowRateLimiter(1, 1)
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
    "The waiter wakes when it is granted, not to look in between, not even at its ctx.",
    given={"cancellable": st.booleans(), "ahead": st.integers(0, 1)},
    examples=[{"cancellable": True, "ahead": 0}],
)
def test_no_polling(sim: Sim, cancellable: bool, ahead: int) -> None:
    limiter = full(sim, 1, 1000)
    ctx = sim.context.Context.background().with_cancel() if cancellable else None
    tasks = [sim.spawn(limiter.wait) for _ in range(ahead)]

    def waiter() -> int:
        sim.sleep(0.5)
        before = sim.wakeups
        limiter.wait(ctx=ctx)
        return sim.wakeups - before

    woken = sim.join(sim.spawn(waiter), *tasks)[0]
    due = 1000.0 * (1 + ahead)
    assert sim.now == due, (
        f"window 1,000 s, {ahead} ahead in the queue: wait() ended at {sim.now}, not {due} s"
    )
    assert woken <= 4, f"a waiter served after {due} s woke up {woken} times"
    if ctx is not None:
        ctx.cancel()


@prop(
    "bad arguments are refused at the call that got them",
    "Counts, windows and time-outs that make no sense raise TypeError or ValueError and change nothing.",
)
def test_bad_arguments(sim: Sim) -> None:
    make = sim.kata.SlidingWindowRateLimiter
    for limit, error in (
        (0, ValueError),
        (-1, ValueError),
        (1.5, TypeError),
        ("2", TypeError),
        (True, TypeError),
    ):
        expect(error, lambda limit=limit: make(limit, 1), f"limit={limit!r}")
    for window, error in (
        (0, ValueError),
        (-1, ValueError),
        (math.nan, ValueError),
        (math.inf, ValueError),
        (sim.threading.TIMEOUT_MAX * 2, ValueError),
        ("3", TypeError),
        (None, TypeError),
        (True, TypeError),
    ):
        expect(error, lambda window=window: make(1, window), f"window={window!r}")
    limiter = make(2, 1)
    for count, error in (
        (0, ValueError),
        (-1, ValueError),
        (1.0, TypeError),
        (True, TypeError),
        ("1", TypeError),
    ):
        for name in ("allow", "wait"):
            expect(error, lambda name=name, count=count: getattr(limiter, name)(count), f"{name}({count!r})")
    for timeout, error in (
        (-1, ValueError),
        (math.nan, ValueError),
        (math.inf, ValueError),
        (sim.threading.TIMEOUT_MAX * 2, ValueError),
        ("1", TypeError),
        (False, TypeError),
    ):
        expect(error, lambda timeout=timeout: limiter.wait(timeout=timeout), f"wait(timeout={timeout!r})")
    ctx = sim.context.Context.background().with_cancel()
    ctx.cancel()
    expect(ValueError, lambda: limiter.wait(3, ctx=ctx), "wait(3) with a limit of 2 and a done ctx")
    assert limiter.remaining == 2, f"refused calls left room for {limiter.remaining}, not 2"
