"""Hidden properties of the kata ``semaphore``."""

from __future__ import annotations

import math

import hypothesis.strategies as st

from dojo.checking.linearizability import Answer, Model, Operation, check
from dojo.checking.property import prop
from dojo.checking.scenario import Gauge, Spy, expect
from dojo.checking.sim import Sim

JOBS = st.lists(st.integers(1, 2), min_size=2, max_size=4)


@prop(
    "never are more permits held than there are",
    "The sum of the weights held at any moment is at most `permits`.",
    given={"permits": st.integers(2, 3), "weights": JOBS},
    examples=[{"permits": 2, "weights": [1, 2]}, {"permits": 2, "weights": [1, 1, 1]}],
    stalls=True,
)
def test_never_more_held_than_there_are(sim: Sim, permits: int, weights: list[int]) -> None:
    semaphore = sim.kata.Semaphore(permits)
    gauge = Gauge()

    def job(weight: int) -> None:
        semaphore.acquire(weight)
        gauge.add(weight)
        assert gauge.now <= permits, f"{gauge.now} of {permits} permits are held"
        sim.sleep(1)
        gauge.add(-weight)
        semaphore.release(weight)

    sim.join(*[sim.spawn(job, weight) for weight in weights])
    assert semaphore.available == permits, (
        f"all is over, yet {semaphore.available} of {permits} are available"
    )


@prop(
    "a try that succeeds takes a permit that was free",
    "try_acquire() looks and takes in one step; two callers never get the same permit.",
    given={"permits": st.integers(1, 2), "callers": st.integers(2, 3)},
    stalls=True,
)
def test_try_acquire_is_one_step(sim: Sim, permits: int, callers: int) -> None:
    semaphore = sim.kata.Semaphore(permits)
    won: list[bool] = sim.join(*[sim.spawn(semaphore.try_acquire) for _ in range(callers)])
    assert all(type(each) is bool for each in won), f"try_acquire() returns a bool, not {won}"
    expected = min(permits, callers)
    assert sum(won) == expected, f"{callers} callers tried for {permits} permits and {sum(won)} won"
    assert semaphore.available == permits - expected, f"available is {semaphore.available}"


@prop(
    "waiters are served in the order in which they came",
    "Whoever asked first is served first, whatever the weights.",
    given={"weights": st.lists(st.integers(1, 3), min_size=2, max_size=4)},
    examples=[{"weights": [3, 1, 1]}, {"weights": [1, 1, 1]}],
)
def test_first_come_first_served(sim: Sim, weights: list[int]) -> None:
    semaphore = sim.kata.Semaphore(3)
    semaphore.acquire(3)
    served: list[int] = []

    def wait_in_line(place: int, weight: int) -> None:
        sim.sleep(place + 1)  # each is in the queue before time lets the next one come
        semaphore.acquire(weight)
        served.append(place)
        sim.sleep(100)  # nobody gives anything back until all that fit are served
        semaphore.release(weight)

    tasks = [sim.spawn(wait_in_line, place, weight) for place, weight in enumerate(weights)]
    sim.sleep(50)
    for _ in range(3):
        semaphore.release(1)
        sim.sleep(1)
    sim.join(*tasks)
    # Two granted at the same instant may come back from acquire() in either order; those granted at
    # different times may not, and nobody is passed over by one who came a whole round later.
    first_round = 0
    room = 3
    for weight in weights:
        if weight > room:
            break
        room -= weight
        first_round += 1
    early, late = served[:first_round], served[first_round:]
    assert sorted(early) == list(range(first_round)), f"served in order {served}, came in order of number"
    assert min(late, default=first_round) >= first_round, f"served in order {served}"


@prop(
    "one permit goes round in strict order of arrival",
    "With a single permit the order of service is the order of arrival, exactly.",
    given={"waiters": st.integers(2, 4)},
)
def test_strict_order_with_one_permit(sim: Sim, waiters: int) -> None:
    semaphore = sim.kata.Semaphore(1)
    semaphore.acquire()
    served: list[int] = []

    def wait_in_line(place: int) -> None:
        sim.sleep(place + 1)
        with semaphore.hold():
            served.append(place)

    tasks = [sim.spawn(wait_in_line, place) for place in range(waiters)]
    sim.sleep(50)
    semaphore.release()
    sim.join(*tasks)
    assert served == list(range(waiters)), f"came in order {list(range(waiters))}, served in order {served}"


@prop(
    "a newcomer never overtakes a waiter",
    "Even at the instant of a release, and even for a lighter request, those in the queue go first.",
    given={"trying": st.booleans()},
)
def test_no_barging(sim: Sim, trying: bool) -> None:
    semaphore = sim.kata.Semaphore(2)
    semaphore.acquire(1)
    served: list[str] = []

    def heavy() -> None:
        with semaphore.hold(2):
            served.append("waiter")

    def newcomer() -> None:
        sim.sleep(5)
        if trying:
            if semaphore.try_acquire(1):
                served.append("newcomer")
                semaphore.release(1)
        else:
            with semaphore.hold(1):
                served.append("newcomer")

    waiting = sim.spawn(heavy, name="waiter")
    early = sim.spawn(newcomer, name="newcomer")
    sim.sleep(2)
    assert not semaphore.try_acquire(1), "try_acquire(1) took a permit past a caller that waits for two"
    assert semaphore.available == 1, f"one of 2 permits is held, available is {semaphore.available}"
    sim.sleep(3)
    semaphore.release(1)
    sim.join(waiting, early)
    assert served[0] == "waiter", f"served in order {served}"


@prop(
    "a try that fails is in nobody's way",
    "A call with timeout=0 never waits, so it is never in the queue; others get what is free meanwhile.",
    given={"failing": st.sampled_from(["acquire", "try_acquire"])},
    examples=[{"failing": "acquire"}],
)
def test_a_failed_try_is_in_nobodys_way(sim: Sim, failing: str) -> None:
    semaphore = sim.kata.Semaphore(2)
    semaphore.acquire(1)

    def light() -> None:
        assert semaphore.try_acquire(1), (
            f"one permit is free and nobody waits, yet try_acquire(1) fails while {failing}(2) is failing"
        )

    other = sim.spawn(light, name="light")
    if failing == "acquire":
        expect(TimeoutError, lambda: semaphore.acquire(2, timeout=0), "acquire(2, timeout=0) with one free")
    else:
        assert not semaphore.try_acquire(2), "try_acquire(2) with one permit free must fail"
    sim.join(other)


@prop(
    "giving up at the head lets those behind go on",
    "When the first in the queue is cancelled or times out, the next is served at once if there is room.",
    given={"how": st.sampled_from(["cancel", "timeout", "deadline"]), "behind": st.integers(1, 2)},
    examples=[{"how": "cancel", "behind": 1}, {"how": "timeout", "behind": 2}],
)
def test_a_lost_head_wakes_the_next(sim: Sim, how: str, behind: int) -> None:
    semaphore = sim.kata.Semaphore(3)
    semaphore.acquire(1)
    root = sim.context.Context.background()
    ctx = root.with_timeout(5) if how == "deadline" else root.with_cancel()
    served_at: list[float] = []

    def head() -> None:
        try:
            semaphore.acquire(3, timeout=5 if how == "timeout" else None, ctx=ctx)
        except (TimeoutError, sim.context.Cancelled):
            return
        raise AssertionError("three of three permits were granted while one was held")

    def next_one() -> None:
        sim.sleep(1)
        semaphore.acquire(1)
        served_at.append(sim.now)

    tasks = [sim.spawn(head), *[sim.spawn(next_one) for _ in range(behind)]]
    sim.sleep(5)
    if how == "cancel":
        ctx.cancel()
    sim.join(*tasks)
    ctx.cancel()
    assert served_at == [5.0] * behind, f"the head gave up at 5 s; those behind it went on at {served_at} s"


@prop(
    "a ctx that is already done beats a free permit",
    "A call whose ctx has ended raises its error and takes nothing, however many permits are free.",
    given={
        "late": st.booleans(),
        "method": st.sampled_from(["acquire", "hold"]),
        "timeout": st.sampled_from([None, 0, 1]),
        "held": st.sampled_from([0, 2]),
    },
    examples=[
        {"late": False, "method": "acquire", "timeout": None, "held": 0},
        {"late": False, "method": "acquire", "timeout": 0, "held": 0},
        {"late": True, "method": "acquire", "timeout": 0, "held": 2},
    ],
)
def test_done_ctx_takes_nothing(sim: Sim, late: bool, method: str, timeout: float | None, held: int) -> None:
    semaphore = sim.kata.Semaphore(2)
    if held:
        semaphore.acquire(held)
    root = sim.context.Context.background()
    ctx = root.with_timeout(1) if late else root.with_cancel()
    if late:
        sim.sleep(2)
    else:
        ctx.cancel()
    error = sim.context.DeadlineExceeded if late else sim.context.Cancelled

    def enter() -> None:
        with semaphore.hold(timeout=timeout, ctx=ctx):
            pass

    began = sim.now
    expect(
        error,
        (lambda: semaphore.acquire(timeout=timeout, ctx=ctx)) if method == "acquire" else enter,
        f"{method}(timeout={timeout}) with a done ctx and {2 - held} of 2 permits free",
    )
    assert sim.now == began, f"the ctx was done before the call, which took {sim.now - began} s to fail"
    free = 2 - held
    assert semaphore.available == free, (
        f"the call failed; of {free} free permits {semaphore.available} are left"
    )
    ctx.cancel()


@prop(
    "a permit granted as the caller gives up is not lost",
    "Release and time-out, or release and cancel, at the same instant: the call returns with the permit or "
    "raises without it, and the permit still exists.",
    given={"how": st.sampled_from(["timeout", "cancel", "deadline"]), "weight": st.integers(1, 2)},
    examples=[
        {"how": "timeout", "weight": 1},
        {"how": "cancel", "weight": 1},
        {"how": "deadline", "weight": 1},
    ],
)
def test_grant_against_giving_up(sim: Sim, how: str, weight: int) -> None:
    semaphore = sim.kata.Semaphore(2)
    semaphore.acquire(2)
    root = sim.context.Context.background()
    ctx = root.with_timeout(3) if how == "deadline" else root.with_cancel()

    def waiter() -> bool:
        try:
            semaphore.acquire(weight, timeout=3 if how == "timeout" else None, ctx=ctx)
        except (TimeoutError, sim.context.Cancelled):
            return False
        semaphore.release(weight)
        return True

    def releaser() -> None:
        sim.sleep(3)
        semaphore.release(2)

    def canceller() -> None:
        sim.sleep(3)
        ctx.cancel()

    tasks = [sim.spawn(waiter), sim.spawn(releaser)]
    if how == "cancel":
        tasks.append(sim.spawn(canceller))
    got = sim.join(*tasks)[0]
    ctx.cancel()
    what = "got its permits and released them" if got else "gave up"
    assert semaphore.available == 2, f"the waiter {what}; {semaphore.available} of 2 permits are left"
    semaphore.acquire(2, timeout=0)


@prop(
    "a call that fails changes nothing",
    "After time-outs and cancels at any moment all permits can be acquired again, and nobody is stuck.",
    given={
        "patience": st.lists(st.sampled_from([0, 1, 2, 3]), min_size=1, max_size=3),
        "cancel_at": st.integers(0, 3),
    },
    examples=[{"patience": [1, 3], "cancel_at": 2}, {"patience": [2, 2], "cancel_at": 2}],
    stalls=True,
)
def test_failures_change_nothing(sim: Sim, patience: list[int], cancel_at: int) -> None:
    semaphore = sim.kata.Semaphore(2)
    ctx = sim.context.Context.background().with_cancel()

    def impatient(seconds: int) -> None:
        try:
            semaphore.acquire(2, timeout=seconds, ctx=ctx)
        except (TimeoutError, sim.context.Cancelled):
            return
        sim.sleep(1)
        semaphore.release(2)

    def patient() -> None:
        with semaphore.hold(1):
            sim.sleep(2)

    tasks = [sim.spawn(patient), *[sim.spawn(impatient, seconds) for seconds in patience], sim.spawn(patient)]
    sim.sleep(cancel_at)
    ctx.cancel()
    sim.join(*tasks)
    assert semaphore.available == 2, f"all is over, yet {semaphore.available} of 2 are available"
    semaphore.acquire(2, timeout=0)


@prop(
    "a call leaves nothing registered with its ctx",
    "However acquire() ends, a long-lived ctx must not collect the callbacks of calls that are over.",
    given={"how": st.sampled_from(["granted", "timeout", "cancel", "free"])},
)
def test_nothing_stays_registered(sim: Sim, how: str) -> None:
    semaphore = sim.kata.Semaphore(1)
    ctx = sim.context.Context.background().with_cancel()
    spy = Spy(ctx)
    if how != "free":
        semaphore.acquire()

    def waiter() -> None:
        try:
            semaphore.acquire(timeout=2 if how == "timeout" else 9, ctx=spy)
        except (TimeoutError, sim.context.Cancelled):
            pass

    task = sim.spawn(waiter)
    sim.sleep(1)
    if how == "granted":
        semaphore.release()
    elif how == "cancel":
        ctx.cancel()
    sim.join(task)
    assert spy.registered == 0, f"acquire() is over ({how}); {spy.registered} callbacks are still registered"
    ctx.cancel()


@prop(
    "a cancel wakes a blocked acquire at once",
    "A waiter raises the error of its ctx at the very instant the ctx ends.",
    given={"deadline": st.booleans()},
)
def test_cancel_wakes_at_once(sim: Sim, deadline: bool) -> None:
    semaphore = sim.kata.Semaphore(1)
    semaphore.acquire()
    root = sim.context.Context.background()
    ctx = root.with_timeout(3) if deadline else root.with_cancel()
    error = sim.context.DeadlineExceeded if deadline else sim.context.Cancelled

    def waiter() -> float:
        expect(error, lambda: semaphore.acquire(timeout=10, ctx=ctx), "acquire() with a ctx that ends")
        return sim.now

    task = sim.spawn(waiter)
    sim.sleep(3)
    if not deadline:
        ctx.cancel()
    ended = sim.join(task)[0]
    ctx.cancel()
    assert ended == 3.0, f"the ctx ended at 3 s, acquire() at {ended} s"


@prop(
    "a time-out is exact",
    "acquire(timeout=t) gives up exactly t seconds after the call, even when permits come and go meanwhile.",
    given={"timeout": st.sampled_from([0, 0.25, 1, 7.5]), "disturbed": st.booleans()},
    examples=[{"timeout": 7.5, "disturbed": True}],
)
def test_exact_timeout(sim: Sim, timeout: float, disturbed: bool) -> None:
    semaphore = sim.kata.Semaphore(2)
    semaphore.acquire(1)
    began = sim.now
    task = None
    if disturbed and timeout:
        semaphore.acquire(1)
        task = sim.spawn(lambda: (sim.sleep(timeout / 2), semaphore.release(1)), name="releaser")
    expect(TimeoutError, lambda: semaphore.acquire(2, timeout=timeout), f"acquire(2, timeout={timeout})")
    took = sim.now - began
    if task is not None:
        task.result()
    assert took == timeout, f"acquire(timeout={timeout}) gave up after {took} s"


@prop(
    "10 jobs of 1 s over 3 permits take exactly 4 s",
    "A released permit goes on at once: no time is lost between jobs.",
)
def test_throughput_is_exact(sim: Sim) -> None:
    semaphore = sim.kata.Semaphore(3)

    def job() -> None:
        with semaphore.hold():
            sim.sleep(1)

    sim.join(*[sim.spawn(job) for _ in range(10)])
    assert sim.now == 4.0, f"it took {sim.now} s"


@prop(
    "a blocked acquire waits, it does not poll",
    "A waiter is woken when it is served; it does not wake up to look in between, not even for its ctx.",
    given={"cancellable": st.booleans()},
)
def test_no_polling(sim: Sim, cancellable: bool) -> None:
    semaphore = sim.kata.Semaphore(1)
    semaphore.acquire()
    ctx = sim.context.Context.background().with_cancel() if cancellable else None

    def waiter() -> int:
        before = sim.wakeups
        semaphore.acquire(timeout=1000, ctx=ctx)
        return sim.wakeups - before

    task = sim.spawn(waiter)
    sim.sleep(500)
    semaphore.release()
    woken = sim.join(task)[0]
    assert woken <= 4, f"a waiter served after 500 s woke up {woken} times"
    if ctx is not None:
        ctx.cancel()


@prop(
    "hold() releases however the block is left",
    "An error in the block passes through unchanged and its permits come back; entering that fails takes none.",
    given={"interrupted": st.booleans()},
)
def test_hold_releases(sim: Sim, interrupted: bool) -> None:
    semaphore = sim.kata.Semaphore(2)
    boom = KeyboardInterrupt("boom") if interrupted else KeyError("boom")
    try:
        with semaphore.hold(2):
            assert semaphore.available == 0, f"inside hold(2) {semaphore.available} of 2 are available"
            raise boom
    except (KeyError, KeyboardInterrupt) as error:
        assert error is boom, "hold() replaced the error of the block"
    else:
        raise AssertionError("hold() swallowed the error of the block")
    assert semaphore.available == 2, (
        f"the block raised {type(boom).__name__}; {semaphore.available} of 2 are available"
    )
    semaphore.acquire(1)

    def enter() -> None:
        with semaphore.hold(2, timeout=1):
            pass

    expect(TimeoutError, enter, "entering hold(2, timeout=1) with one permit free")
    assert semaphore.available == 1, f"a failed hold() left {semaphore.available} available instead of 1"


@prop(
    "hold() begins when its block is entered",
    "Making the context manager takes nothing, and the timeout counts from entry.",
    given={"timeout": st.sampled_from([None, 2])},
    examples=[{"timeout": 2}],
)
def test_hold_begins_on_entry(sim: Sim, timeout: float | None) -> None:
    semaphore = sim.kata.Semaphore(1)
    holding = semaphore.hold(timeout=timeout)
    assert semaphore.available == 1, "hold() took the permit before its block was entered"
    semaphore.acquire()
    sim.sleep(5)

    def release() -> None:
        sim.sleep(1)
        semaphore.release()

    releaser = sim.spawn(release)
    try:
        with holding:
            assert sim.now == 6.0, f"the permit was released at 6 s, the block was entered at {sim.now} s"
    except TimeoutError as error:
        raise AssertionError(
            f"hold(timeout={timeout}), entered at 5 s, gave up at {sim.now} s; the permit came at 6 s"
        ) from error
    sim.join(releaser)


@prop(
    "of two releases of one permit one fails",
    "release() looks and gives back in one step: two threads cannot both give back the last permit held.",
    stalls=True,
)
def test_release_is_one_step(sim: Sim) -> None:
    semaphore = sim.kata.Semaphore(2)
    semaphore.acquire()

    def release() -> bool:
        try:
            semaphore.release()
        except ValueError:
            return False
        return True

    done: list[bool] = sim.join(sim.spawn(release), sim.spawn(release))
    assert sum(done) == 1, f"one permit was held; of two release() {sum(done)} succeeded"
    assert semaphore.available == 2, f"all is given back; {semaphore.available} of 2 are available"


@prop(
    "releasing more than is held is an error that changes nothing",
    "A release too many raises ValueError; permits are never created.",
    given={"held": st.integers(0, 2)},
)
def test_over_release(sim: Sim, held: int) -> None:
    semaphore = sim.kata.Semaphore(3)
    if held:
        semaphore.acquire(held)
    expect(ValueError, lambda: semaphore.release(held + 1), f"release({held + 1}) with {held} held")
    assert semaphore.available == 3 - held, f"the failed release left {semaphore.available} of 3 available"
    for _ in range(held):
        semaphore.release(1)
    assert semaphore.available == 3, f"permits come back in parts: {semaphore.available} of 3 available"


@prop(
    "bad arguments are refused at the call that got them",
    "Weights and time-outs that make no sense raise TypeError or ValueError and change nothing.",
)
def test_bad_arguments(sim: Sim) -> None:
    make = sim.kata.Semaphore
    for value, error in (
        (0, ValueError),
        (-1, ValueError),
        (1.5, TypeError),
        ("2", TypeError),
        (True, TypeError),
    ):
        expect(error, lambda value=value: make(value), f"Semaphore({value!r})")
    semaphore = make(2)
    weights = (
        (0, ValueError),
        (-1, ValueError),
        (3, ValueError),
        (1.0, TypeError),
        (True, TypeError),
        (None, TypeError),
    )
    for value, error in weights:
        for name in ("acquire", "try_acquire", "release", "hold"):
            expect(
                error, lambda value=value, name=name: getattr(semaphore, name)(value), f"{name}({value!r})"
            )
    timeouts = (
        (-1, ValueError),
        (math.nan, ValueError),
        (math.inf, ValueError),
        ("1", TypeError),
        (True, TypeError),
    )
    for value, error in timeouts:
        expect(error, lambda value=value: semaphore.acquire(timeout=value), f"acquire(timeout={value!r})")
        expect(error, lambda value=value: semaphore.hold(timeout=value), f"hold(timeout={value!r})")
    ctx = sim.context.Context.background().with_cancel()
    ctx.cancel()
    expect(ValueError, lambda: semaphore.acquire(3, ctx=ctx), "acquire(3) of 2 permits, with a done ctx,")
    assert semaphore.available == 2, f"refused calls left {semaphore.available} of 2 available"


class Permits(Model[int]):
    """The sequential model: a number of free permits; a try succeeds exactly if there are enough."""

    def __init__(self, permits: int) -> None:
        self._permits = permits

    def initial(self) -> int:
        return self._permits

    def step(self, state: int, operation: Operation) -> list[int]:
        weight = operation.argument
        assert isinstance(weight, int)
        if operation.name == "release":
            return [state + weight] if state + weight <= self._permits else []
        fits = weight <= state
        if operation.name == "try_acquire":
            return ([state - weight] if fits else []) if operation.result else ([] if fits else [state])
        return [state - weight] if fits else []

    def describe(self, operation: Operation, state: int) -> str:
        return f"{operation.name}({operation.argument}) -> {operation.result} with {state} free"


@prop(
    "tries and releases from many threads are linearizable",
    "Each call takes effect at one moment between its start and its return, as if the calls came one by one.",
    given={"plans": st.lists(st.lists(st.integers(1, 2), min_size=1, max_size=2), min_size=2, max_size=3)},
)
def test_linearizable(sim: Sim, plans: list[list[int]]) -> None:
    semaphore = sim.kata.Semaphore(2)

    def work(weights: list[int]) -> None:
        for weight in weights:
            if sim.call("try_acquire", weight, lambda weight=weight: semaphore.try_acquire(weight)):
                sim.call("release", weight, lambda weight=weight: semaphore.release(weight))

    sim.join(*[sim.spawn(work, weights) for weights in plans])
    found = check(Permits(2), sim.history)
    assert found.answer is not Answer.ILLEGAL, "no order of these calls explains their results: " + ", ".join(
        f"{each.thread}: {each.name}({each.argument}) -> {each.result}" for each in sim.history
    )
