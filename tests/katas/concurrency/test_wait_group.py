"""Hidden properties of the kata ``wait_group``."""

from __future__ import annotations

import math
from typing import Any

import hypothesis.strategies as st

from dojo.checking.linearizability import Answer, Model, Operation, check
from dojo.checking.property import prop
from dojo.checking.scenario import Spy, expect
from dojo.checking.sim import Sim


@prop(
    "wait() returns at the instant at which the last task ends",
    "Not before, however many have ended, and not later.",
    given={"durations": st.lists(st.sampled_from([0, 0.5, 1, 3]), min_size=1, max_size=3)},
    examples=[{"durations": [1, 3]}, {"durations": [0, 0]}],
)
def test_waits_for_the_last(sim: Sim, durations: list[float]) -> None:
    group = sim.kata.WaitGroup()
    ended: list[float] = []

    def task(seconds: float) -> None:
        sim.sleep(seconds)
        ended.append(seconds)

    for seconds in durations:
        group.go(task, seconds)
    group.wait()
    assert len(ended) == len(durations), (
        f"wait() returned when {len(ended)} of {len(durations)} tasks had ended"
    )
    assert sim.now == max(durations), f"the tasks take {durations} s; wait() returned after {sim.now} s"
    assert group.count == 0, f"all tasks have ended, count is {group.count}"


@prop(
    "with nothing to wait for wait() returns at once",
    "On a new group, and on one whose tasks have all ended; a timeout of 0 is enough.",
    given={"used": st.booleans(), "timeout": st.sampled_from([None, 0, 5])},
)
def test_nothing_to_wait_for(sim: Sim, used: bool, timeout: float | None) -> None:
    group = sim.kata.WaitGroup()
    assert group.count == 0, f"a new group has a count of {group.count}"
    if used:
        group.add(2)
        assert group.count == 2, f"after add(2) the count is {group.count}"
        group.add(0)
        group.done()
        group.done()
    try:
        group.wait(timeout)
    except TimeoutError as error:
        raise AssertionError(f"the count is 0, yet wait(timeout={timeout}) timed out") from error
    assert sim.now == 0, f"the count is 0, yet wait(timeout={timeout}) took {sim.now} s"


@prop(
    "a task is waited for from the moment it is given to go()",
    "Even if its thread has not run yet when wait() is called, and for tasks that tasks have started.",
    given={"depth": st.integers(1, 3)},
    stalls=True,
)
def test_counted_before_it_starts(sim: Sim, depth: int) -> None:
    group = sim.kata.WaitGroup()
    ended: list[int] = []

    def task(level: int) -> None:
        if level < depth:
            group.go(task, level + 1)
        ended.append(level)

    group.go(task, 1)
    group.wait()
    assert sorted(ended) == list(range(1, depth + 1)), (
        f"each task of {depth} starts the next; wait() returned when {len(ended)} had ended"
    )
    assert group.count == 0, f"wait() has returned and there are no more tasks, count is {group.count}"


@prop(
    "every waiter is released",
    "When the count comes to 0 all blocked calls of wait() return, not only one, and none of them misses it.",
    given={"waiters": st.integers(1, 3), "at": st.integers(0, 1)},
    examples=[{"waiters": 2, "at": 0}, {"waiters": 2, "at": 1}],
)
def test_every_waiter_is_released(sim: Sim, waiters: int, at: int) -> None:
    group = sim.kata.WaitGroup()
    group.add(2)
    returned: list[float] = []

    def waiter() -> None:
        group.wait()
        returned.append(sim.now)

    tasks = [sim.spawn(waiter) for _ in range(waiters)]
    if at:
        sim.sleep(at)
        group.done()
        sim.sleep(1)
        assert not returned, f"the count is 1, yet {len(returned)} calls of wait() have returned"
    else:
        group.done()
    group.done()
    zero = sim.now
    sim.join(*tasks)
    assert returned == [zero] * waiters, (
        f"the count came to 0 at {zero} s, the waiters returned at {returned} s"
    )


@prop(
    "no change of the count is lost",
    "add() and done() from several threads at once: each of them counts.",
    given={"changes": st.lists(st.sampled_from([1, 2, -1]), min_size=2, max_size=3)},
    examples=[{"changes": [1, 1]}, {"changes": [1, -1]}],
    stalls=True,
)
def test_no_change_is_lost(sim: Sim, changes: list[int]) -> None:
    group = sim.kata.WaitGroup()
    group.add(3)
    sim.join(*[sim.spawn(group.done) if n == -1 else sim.spawn(group.add, n) for n in changes])
    expected = 3 + sum(changes)
    assert group.count == expected, (
        f"a count of 3 was changed by {changes}; it is {group.count}, not {expected}"
    )


@prop(
    "a count below 0 is refused and changes nothing",
    "It raises ValueError; looking whether it would be below 0 and changing it is one step.",
    given={"count": st.integers(0, 2), "too_many": st.integers(1, 2)},
    examples=[{"count": 1, "too_many": 1}],
    stalls=True,
)
def test_never_below_zero(sim: Sim, count: int, too_many: int) -> None:
    group = sim.kata.WaitGroup()
    group.add(count)
    n = -(count + too_many)
    expect(ValueError, lambda: group.add(n), f"add({n}) with a count of {count}")
    assert group.count == count, f"the refused add({n}) changed a count of {count} to {group.count}"

    def done() -> bool:
        try:
            group.done()
        except ValueError:
            return False
        return True

    succeeded: list[bool] = sim.join(*[sim.spawn(done) for _ in range(count + 1)])
    assert sum(succeeded) == count, (
        f"of {count + 1} done() with a count of {count}, at the same time, {sum(succeeded)} succeeded"
    )
    assert group.count == 0, f"all tasks are done; the count is {group.count}"
    group.wait(timeout=0)


@prop(
    "add() with a negative number counts down",
    "It releases whoever waits when it brings the count to 0, and nobody before.",
    given={"steps": st.lists(st.integers(-3, -1), min_size=1, max_size=3)},
    examples=[{"steps": [-2]}, {"steps": [-1, -2]}],
)
def test_negative_add_releases(sim: Sim, steps: list[int]) -> None:
    group = sim.kata.WaitGroup()
    group.add(-sum(steps))

    def waiter() -> float:
        group.wait()
        return sim.now

    task = sim.spawn(waiter)
    for n in steps:
        sim.sleep(1)
        group.add(n)
    returned = sim.join(task)[0]
    assert returned == len(steps), f"add() of {steps}, one each second: wait() returned after {returned} s"


@prop(
    "a task that raises has ended, too",
    "Whatever fn raises, its count is taken back, and the error goes to threading.excepthook as in any thread.",
    given={
        "kind": st.sampled_from(["KeyError", "SystemExit", "KeyboardInterrupt"]),
        "others": st.integers(0, 1),
    },
    examples=[{"kind": "KeyError", "others": 0}, {"kind": "SystemExit", "others": 0}],
)
def test_raising_counts_as_done(sim: Sim, kind: str, others: int) -> None:
    group = sim.kata.WaitGroup()
    kinds: dict[str, type[BaseException]] = {
        "KeyError": KeyError,
        "SystemExit": SystemExit,
        "KeyboardInterrupt": KeyboardInterrupt,
    }
    error = kinds[kind]("boom")
    reported: list[BaseException] = []
    sim.threading.excepthook = lambda args: reported.append(args.exc_value)

    def task() -> None:
        sim.sleep(1)
        raise error

    for _ in range(others):
        group.go(sim.sleep, 1)
    group.go(task)
    try:
        group.wait(timeout=9)
    except TimeoutError as late:
        raise AssertionError(f"a task raised {kind} at 1 s; it is still counted at 9 s") from late
    assert sim.now == 1, f"a task raised {kind} at 1 s; wait() returned at {sim.now} s"
    sim.sleep(1)
    assert reported == [error], f"a task raised {kind}; threading.excepthook got {reported!r}"


@prop(
    "a group can be used again and again",
    "Each round is waited for anew; that an earlier one is over does not end the next.",
    given={"rounds": st.lists(st.sampled_from([0, 1, 2]), min_size=2, max_size=3)},
    examples=[{"rounds": [1, 2]}],
)
def test_used_again(sim: Sim, rounds: list[int]) -> None:
    group = sim.kata.WaitGroup()
    expected = 0
    for number, seconds in enumerate(rounds, 1):
        group.go(sim.sleep, seconds)
        group.wait()
        expected += seconds
        assert sim.now == expected, (
            f"rounds of {rounds[:number]} s: the last wait() returned at {sim.now} s, not {expected} s"
        )


@prop(
    "a waiter stays released when the count goes up again",
    "A 0 that does not last releases those who were waiting; whoever comes later waits for the next one.",
    given={"waiters": st.integers(1, 2), "how": st.sampled_from(["add", "go"])},
)
def test_released_for_good(sim: Sim, waiters: int, how: str) -> None:
    group = sim.kata.WaitGroup()
    group.add()

    def waiter() -> float:
        group.wait()
        return sim.now

    early = [sim.spawn(waiter, name=f"early-{number}") for number in range(waiters)]
    sim.sleep(1)
    group.done()
    if how == "add":
        group.add()
    else:
        group.go(sim.sleep, 9)
    late = sim.spawn(waiter, name="late")
    sim.sleep(9)
    if how == "add":
        group.done()
    returned = sim.join(*early)
    assert returned == [1.0] * waiters, (
        f"the count was 0 at 1 s and then 1 until 10 s; those who waited before returned at {returned} s"
    )
    came = sim.join(late)[0]
    assert came == 10.0, f"called when the count was 1 again, until 10 s, wait() returned at {came} s"


@prop(
    "a waiter is not released by a 0 from before its time",
    "Whoever has counted a task and then waits is not released while that task is counted, whatever else ends.",
    given={"newcomers": st.integers(1, 2)},
    stalls=True,
)
def test_not_released_by_an_old_zero(sim: Sim, newcomers: int) -> None:
    group = sim.kata.WaitGroup()
    group.add()

    def newcomer() -> None:
        group.add()
        what = "wait(timeout=1) of one whose own task is still counted, while others end,"
        expect(TimeoutError, lambda: group.wait(timeout=1), what)
        group.done()

    tasks = [sim.spawn(newcomer) for _ in range(newcomers)]
    group.done()
    sim.join(*tasks)
    group.wait(timeout=0)


@prop(
    "a time-out is exact",
    "wait(timeout=t) raises TimeoutError exactly t seconds after the call, even when the count changes meanwhile.",
    given={"timeout": st.sampled_from([0, 0.25, 1, 7.5]), "disturbed": st.booleans()},
    examples=[{"timeout": 0, "disturbed": False}, {"timeout": 7.5, "disturbed": True}],
)
def test_exact_timeout(sim: Sim, timeout: float, disturbed: bool) -> None:
    group = sim.kata.WaitGroup()
    group.add(2)
    task = None
    if disturbed and timeout:
        task = sim.spawn(lambda: (sim.sleep(timeout / 2), group.done(), group.add(1)), name="disturber")
    expect(TimeoutError, lambda: group.wait(timeout), f"wait(timeout={timeout}) with a count of 2")
    assert sim.now == timeout, f"wait(timeout={timeout}) gave up after {sim.now} s"
    if task is not None:
        task.result()
    assert group.count == 2, f"a wait() that timed out changed the count from 2 to {group.count}"
    group.add(-2)
    group.wait(timeout=0)


@prop(
    "a waiter that is late to wake up has been released all the same",
    "If the count came to 0 before the timeout ran out, wait() returns, whenever its thread gets to run.",
    given={"n": st.integers(1, 2)},
    stalls=True,
)
def test_released_before_the_timeout(sim: Sim, n: int) -> None:
    group = sim.kata.WaitGroup()
    group.add(n)

    def waiter() -> bool:
        try:
            group.wait(timeout=3)
        except TimeoutError:
            return False
        return True

    task = sim.spawn(waiter)
    sim.sleep(1)
    group.add(-n)
    zero = sim.now
    returned = sim.join(task)[0]
    # Where main was held up itself the count may have come to 0 too late.
    assert returned or zero >= 3, (
        f"the count is 0 since {zero} s, yet wait(timeout=3), called at 0 s, timed out"
    )


@prop(
    "a waiter that has been released returns although its ctx ends",
    "What came first counts: the count was 0, and then the ctx was cancelled before the waiter could run.",
    given={"waiters": st.integers(1, 2)},
)
def test_released_before_the_cancel(sim: Sim, waiters: int) -> None:
    group = sim.kata.WaitGroup()
    group.add()
    ctx = sim.context.Context.background().with_cancel()
    tasks = [sim.spawn(group.wait, None, ctx) for _ in range(waiters)]
    sim.sleep(1)
    group.done()
    ctx.cancel()
    for task in tasks:
        error = task.error()
        assert error is None, f"done() brought the count to 0, then came cancel(): wait() raised {error!r}"


@prop(
    "a ctx that is already done beats a count of 0",
    "A call whose ctx has ended raises its error, at once, whatever the count is.",
    given={"late": st.booleans(), "count": st.integers(0, 1), "timeout": st.sampled_from([None, 0, 1])},
    examples=[
        {"late": False, "count": 0, "timeout": None},
        {"late": True, "count": 1, "timeout": 0},
    ],
)
def test_done_ctx_wins(sim: Sim, late: bool, count: int, timeout: float | None) -> None:
    group = sim.kata.WaitGroup()
    group.add(count)
    root = sim.context.Context.background()
    ctx = root.with_timeout(1) if late else root.with_cancel()
    if late:
        sim.sleep(2)
    else:
        ctx.cancel()
    error = sim.context.DeadlineExceeded if late else sim.context.Cancelled
    began = sim.now
    what = f"wait(timeout={timeout}) with a done ctx and a count of {count}"
    expect(error, lambda: group.wait(timeout, ctx), what)
    assert sim.now == began, f"the ctx was done before the call, which took {sim.now - began} s to fail"
    ctx.cancel()


@prop(
    "a cancel wakes a blocked wait() at once",
    "It raises the error of its ctx at the very instant the ctx ends, also if its timeout runs out just then.",
    given={"how": st.sampled_from(["cancel", "deadline", "both"]), "at": st.sampled_from([0, 3])},
    examples=[{"how": "both", "at": 3}, {"how": "cancel", "at": 3}, {"how": "cancel", "at": 0}],
)
def test_cancel_wakes_at_once(sim: Sim, how: str, at: int) -> None:
    group = sim.kata.WaitGroup()
    group.add()
    patient = sim.spawn(group.wait, 20, name="patient")
    root = sim.context.Context.background()
    ctx = root.with_cancel() if how == "cancel" else root.with_timeout(at)
    error = sim.context.Cancelled if how == "cancel" else sim.context.DeadlineExceeded

    def waiter() -> float:
        timeout = at if how == "both" else 10
        expect(
            error, lambda: group.wait(timeout, ctx), f"wait(timeout={timeout}) with a ctx that ends at {at} s"
        )
        return sim.now

    task = sim.spawn(waiter)
    sim.sleep(at)
    if how == "cancel":
        ctx.cancel()
    ended = sim.join(task)[0]
    ctx.cancel()
    assert ended == at, f"the ctx ended at {at} s, wait() at {ended} s"
    assert group.count == 1, f"a wait() that was cancelled changed the count from 1 to {group.count}"
    sim.sleep(1)
    assert not patient.finished, f"the ctx ended at {at} s, and a wait() without it is over, too"
    group.done()
    error_of_other = patient.error()
    assert error_of_other is None, f"a wait() without the ctx that ended raised {error_of_other!r}"


@prop(
    "a call leaves nothing registered with its ctx",
    "However wait() ends, a long-lived ctx must not collect the callbacks of calls that are over.",
    given={"how": st.sampled_from(["released", "timeout", "cancel", "count 0"])},
)
def test_nothing_stays_registered(sim: Sim, how: str) -> None:
    group = sim.kata.WaitGroup()
    ctx = sim.context.Context.background().with_cancel()
    spy = Spy(ctx)
    if how != "count 0":
        group.add()

    def waiter() -> None:
        try:
            group.wait(2 if how == "timeout" else 9, spy)
        except (TimeoutError, sim.context.Cancelled):
            pass

    task = sim.spawn(waiter)
    sim.sleep(1)
    if how == "released":
        group.done()
    elif how == "cancel":
        ctx.cancel()
    sim.join(task)
    assert spy.registered == 0, f"wait() is over ({how}); {spy.registered} callbacks are still registered"
    ctx.cancel()


@prop(
    "a blocked wait() waits, it does not poll",
    "It is woken when it is released; it does not wake up to look in between, not even for its ctx.",
    given={"cancellable": st.booleans()},
)
def test_no_polling(sim: Sim, cancellable: bool) -> None:
    group = sim.kata.WaitGroup()
    group.add()
    ctx = sim.context.Context.background().with_cancel() if cancellable else None

    def waiter() -> int:
        before = sim.wakeups
        group.wait(1000, ctx)
        return sim.wakeups - before

    task = sim.spawn(waiter)
    sim.sleep(500)
    group.done()
    woken = sim.join(task)[0]
    assert woken <= 4, f"a wait() released after 500 s woke up {woken} times"
    if ctx is not None:
        ctx.cancel()


@prop(
    "go() hands everything on to a thread of its own",
    "All arguments, whatever their names; go() does not wait for fn, and the thread is no daemon.",
    given={"by_daemon": st.booleans()},
)
def test_go_hands_on(sim: Sim, by_daemon: bool) -> None:
    group = sim.kata.WaitGroup()
    got: list[Any] = []

    def task(*args: object, **kwargs: object) -> str:
        thread = sim.threading.current_thread()
        got.append((args, kwargs, thread.daemon, thread))
        sim.sleep(5)
        return "dropped"

    def caller() -> Any:
        returned = group.go(task, 1, "two", fn=3, self=4)
        assert returned is None, f"go() returns nothing, not {returned!r}"
        assert sim.now == 0, f"fn takes 5 s, and go() took {sim.now} s"
        return sim.threading.current_thread()

    # What sim.spawn starts is a daemon, the main thread is none.
    calling = sim.join(sim.spawn(caller))[0] if by_daemon else caller()
    group.wait()
    assert sim.now == 5, f"the task ended at 5 s, wait() at {sim.now} s"
    assert len(got) == 1, f"go() was called once and ran fn {len(got)} times"
    args, kwargs, daemon, thread = got[0]
    assert (args, kwargs) == ((1, "two"), {"fn": 3, "self": 4}), (
        f"go(task, 1, 'two', fn=3, self=4) called task with {args} and {kwargs}"
    )
    assert thread is not calling, "fn ran on the thread that called go()"
    assert not daemon, (
        f"go() was called by a {'daemon' if by_daemon else 'main thread'}; the task is a daemon"
    )


@prop(
    "a task whose thread cannot be started is not waited for",
    "go() raises what the system said, the count is what it was before, and nobody waits for ever.",
    given={"others": st.integers(0, 1)},
)
def test_no_thread_to_be_had(sim: Sim, others: int) -> None:
    group = sim.kata.WaitGroup()
    ran: list[int] = []
    for _ in range(others):
        group.go(sim.sleep, 2)
    refused = RuntimeError("can't start new thread")

    def refuse(*args: object, **kwargs: object) -> None:
        raise refused

    # What Thread.start() asks the system with: the former up to 3.12, the latter from 3.13 on.
    names = [n for n in ("_start_new_thread", "_start_joinable_thread") if hasattr(sim.threading, n)]
    real = {name: getattr(sim.threading, name) for name in names}
    for name in names:
        setattr(sim.threading, name, refuse)
    error = expect(RuntimeError, lambda: group.go(ran.append, 1), "go() when there is no thread to be had")
    for name in names:
        setattr(sim.threading, name, real[name])
    assert error is refused, f"go() raised {error!r}, and not what the system said, {refused!r}"
    assert group.count == others, f"go() failed, and changed a count of {others} to {group.count}"
    try:
        group.wait(timeout=9)
    except TimeoutError as late:
        raise AssertionError("a task that never began is waited for") from late
    assert sim.now == 2 * others, f"{others} tasks of 2 s are there; wait() returned after {sim.now} s"
    assert not ran, "go() failed, yet fn was called"


@prop(
    "bad arguments are refused at the call that got them",
    "Numbers, time-outs and tasks that make no sense raise TypeError or ValueError and change nothing.",
)
def test_bad_arguments(sim: Sim) -> None:
    group = sim.kata.WaitGroup()
    group.add(1)
    for value in (True, False, 1.0, "1", None):
        expect(TypeError, lambda value=value: group.add(value), f"add({value!r})")
    for value in (None, 3, "task"):
        expect(TypeError, lambda value=value: group.go(value), f"go({value!r})")
    ctx = sim.context.Context.background().with_cancel()
    ctx.cancel()
    timeouts = (
        (-1, ValueError),
        (math.nan, ValueError),
        (math.inf, ValueError),
        (sim.threading.TIMEOUT_MAX * 2, ValueError),
        ("1", TypeError),
        (True, TypeError),
    )
    for value, error in timeouts:
        expect(error, lambda value=value: group.wait(value), f"wait(timeout={value!r}) with a count of 1")
        expect(error, lambda value=value: group.wait(value, ctx), f"wait(timeout={value!r}) with a done ctx")
    assert group.count == 1, f"refused calls changed the count from 1 to {group.count}"
    group.done()
    for value, error in timeouts:
        expect(error, lambda value=value: group.wait(value), f"wait(timeout={value!r}) with a count of 0")


class Counter(Model[int]):
    """The sequential model: a count, and a wait that can only happen while it is 0."""

    def initial(self) -> int:
        return 0

    def step(self, state: int, operation: Operation) -> list[int]:
        match operation.name:
            case "add":
                assert isinstance(operation.argument, int)
                return [state + operation.argument]
            case "done":
                return [state - 1] if state else []
            case "count":
                return [state] if operation.result == state else []
        return [state] if (state == 0) == (operation.result is None) else []

    def describe(self, operation: Operation, state: int) -> str:
        return f"{operation} with a count of {state}"


@prop(
    "calls from many threads are linearizable",
    "Each takes effect at one moment between its start and its return, a wait() at one at which the count is 0.",
    given={
        "tasks": st.lists(st.integers(1, 2), min_size=1, max_size=2),
        "looks": st.lists(st.sampled_from(["wait", "try", "count"]), min_size=1, max_size=2),
    },
    examples=[{"tasks": [2], "looks": ["count", "wait"]}, {"tasks": [1, 1], "looks": ["wait", "try"]}],
)
def test_linearizable(sim: Sim, tasks: list[int], looks: list[str]) -> None:
    group = sim.kata.WaitGroup()

    def work(n: int) -> None:
        sim.call("add", n, lambda: group.add(n))
        for _ in range(n):
            sim.call("done", None, group.done)

    def look() -> None:
        for each in looks:
            if each == "count":
                sim.call("count", None, lambda: group.count)
            elif each == "wait":
                sim.call("wait", None, group.wait)
            else:
                try:
                    sim.call("wait", 0, lambda: group.wait(timeout=0))
                except TimeoutError:
                    pass

    sim.join(*[sim.spawn(work, n) for n in tasks], sim.spawn(look))
    found = check(Counter(), sim.history)
    assert found.answer is not Answer.ILLEGAL, "no order of these calls explains their results: " + ", ".join(
        f"{each.thread}: {each}" for each in sim.history
    )
