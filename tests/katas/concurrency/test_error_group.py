"""Hidden properties of the kata ``error_group``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st

from dojo.checking.property import prop
from dojo.checking.scenario import Gauge, expect
from dojo.checking.sim import Sim

KINDS = {
    "ValueError": ValueError,
    "OSError": OSError,
    "SystemExit": SystemExit,
    "KeyboardInterrupt": KeyboardInterrupt,
}


def outcome(call: Callable[[], Any]) -> BaseException | None:
    """What a call raises, None if it returns."""
    try:
        call()
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        return error
    return None


def fail(sim: Sim, after: float, error: BaseException) -> None:
    """A task that takes no notice of any ctx and fails."""
    if after:
        sim.sleep(after)
    raise error


def notes(error: BaseException) -> str:
    """All notes of an error."""
    return "\n".join(getattr(error, "__notes__", []))


def no_thread_left(sim: Sim, when: str) -> None:
    """Of all threads only waiters of the property itself may be alive."""
    left = [name for name in sim.live_threads if not name.startswith("waiter-")]
    assert not left, f"{when} there were still threads of the group: {', '.join(left)}"


# --- waiting ---------------------------------------------------------------------------------------


@prop(
    "wait() outlives every task",
    "When wait() returns or a block is left, all tasks have ended, also those of other tasks, and so have the threads.",
    given={
        "seconds": st.lists(st.integers(0, 2), max_size=3),
        "nested": st.booleans(),
        "block": st.booleans(),
    },
    examples=[
        {"seconds": [0, 0], "nested": False, "block": False},
        {"seconds": [0, 0], "nested": True, "block": True},
    ],
    stalls=True,
)
def test_wait_outlives_every_task(sim: Sim, seconds: list[int], nested: bool, block: bool) -> None:
    group = sim.kata.ErrorGroup()
    ended: list[str] = []

    def inner() -> None:
        sim.sleep(1)
        ended.append("inner")

    def task(duration: int) -> None:
        if duration:
            sim.sleep(duration)
        if nested:
            group.go(inner)
        ended.append("task")

    if block:
        with group as entered:
            assert entered is group, f"`with group as x` should give the group, it gives {entered!r}"
            for each in seconds:
                group.go(task, each)
    else:
        for each in seconds:
            group.go(task, each)
        group.wait()
    what = "the block was left" if block else "wait() returned"
    expected = len(seconds) * (2 if nested else 1)
    assert len(ended) == expected, f"of {expected} tasks {len(ended)} had ended when {what}"
    assert group.ctx.done, f"the ctx of the group was not done when {what}"
    no_thread_left(sim, f"when {what}")


@prop(
    "wait() waits for a go() that waits for a slot",
    "A task that is about to get a slot belongs to the group: it is not forgotten because the others have ended.",
    given={"limit": st.integers(1, 2), "callers": st.integers(1, 2)},
    examples=[{"limit": 1, "callers": 1}],
)
def test_waiting_go_keeps_the_group_open(sim: Sim, limit: int, callers: int) -> None:
    group = sim.kata.ErrorGroup(limit=limit)
    ended: list[float] = []

    def task() -> None:
        sim.sleep(2)
        ended.append(sim.now)

    for _ in range(limit):
        group.go(task)
    tasks = [sim.spawn(group.go, task, name=f"caller-{number}") for number in range(callers)]
    sim.sleep(1)  # by now they wait
    group.wait()
    expected = sorted([2.0] * limit + [4.0 + 2 * (number // limit) for number in range(callers)])
    assert ended == expected, f"tasks ended at {ended} s before wait() returned, it should be {expected} s"
    sim.join(*tasks)


@prop(
    "every wait() has the same outcome",
    "wait() from several threads, during and after the work, ends the same way each time, with the ctx done.",
    given={
        "how": st.sampled_from(["success", "failure", "cancel"]),
        "waiters": st.integers(2, 3),
        "late": st.booleans(),
    },
    examples=[
        {"how": "failure", "waiters": 2, "late": False},
        {"how": "success", "waiters": 3, "late": False},
        {"how": "cancel", "waiters": 2, "late": True},
    ],
    workloads=6,
    stalls=True,
)
def test_every_wait_has_the_same_outcome(sim: Sim, how: str, waiters: int, late: bool) -> None:
    root = sim.context.Context.background().with_cancel()
    group = sim.kata.ErrorGroup(root)
    boom = ValueError("boom")

    def task() -> None:
        sim.sleep(1)
        if how == "failure":
            raise boom
        if how == "cancel":
            root.cancel(boom)

    def waiter(waits: bool) -> BaseException | None:
        if waits:
            sim.sleep(1)
        error = outcome(group.wait)
        assert group.ctx.done, "wait() has ended, and the group's ctx is not done"
        no_thread_left(sim, "when wait() returned")
        return error

    group.go(task)
    tasks = [sim.spawn(waiter, late and number == 0, name=f"waiter-{number}") for number in range(waiters)]
    found = [*sim.join(*tasks), outcome(group.wait)]
    root.cancel()
    found.append(outcome(group.wait))
    if how == "failure":
        same = all(error is boom for error in found)
    elif how == "cancel":
        same = all(type(error) is sim.context.Cancelled and error.__cause__ is boom for error in found)
    else:
        same = all(error is None for error in found)
    expected = {"success": "nothing", "failure": f"{boom!r}", "cancel": f"Cancelled because of {boom!r}"}[how]
    assert same, f"each call of wait() should raise {expected}, in turn they raised {found}"


# --- failures --------------------------------------------------------------------------------------


@prop(
    "wait() raises the first failure and outlives the others",
    "It is the very object that the task raised, whatever its class; all failures are in `errors`, in order.",
    given={
        "when": st.lists(st.integers(1, 4), min_size=1, max_size=3, unique=True),
        "kinds": st.lists(st.sampled_from(sorted(KINDS)), min_size=3, max_size=3),
        "block": st.booleans(),
    },
    examples=[
        {"when": [2, 1], "kinds": ["ValueError", "OSError", "OSError"], "block": True},
        {"when": [1, 3], "kinds": ["SystemExit", "ValueError", "OSError"], "block": False},
    ],
)
def test_first_failure_is_raised(sim: Sim, when: list[int], kinds: list[str], block: bool) -> None:
    group = sim.kata.ErrorGroup()
    origin = KeyError("origin")
    failures = {}
    for number, second in enumerate(when):
        failures[second] = KINDS[kinds[number]](f"failed at {second} s")
        failures[second].__cause__ = origin
        group.go(fail, sim, second, failures[second])
    expected = [failures[second] for second in sorted(when)]

    def leave() -> None:
        with group:
            pass

    raised = outcome(leave if block else group.wait)
    assert raised is expected[0], f"{expected[0]!r} was first, what came out is {raised!r}"
    assert raised.__cause__ is origin, f"the error has lost its cause: it is {raised.__cause__!r} now"
    assert sim.now == max(when), f"the last task ended at {max(when)} s, wait() at {sim.now} s"
    found = list(group.errors)
    assert found == expected, f"tasks failed in the order {expected}, errors has {found}"
    for other in expected[1:]:
        assert type(other).__name__ in notes(raised) and str(other) in notes(raised), (
            f"the first failure should have a note about {other!r}, it has the notes {notes(raised)!r}"
        )
    before = notes(raised)
    assert outcome(group.wait) is raised, "a second wait() must raise the same object"
    assert notes(raised) == before, f"a second wait() has added notes: {notes(raised)!r}"


@prop(
    "of two failures at once one is the first for everybody",
    "The error that wait() raises, the cause of the ctx and the first of `errors` are the same.",
    given={"failing": st.integers(2, 3)},
    stalls=True,
)
def test_one_failure_is_first_for_all(sim: Sim, failing: int) -> None:
    group = sim.kata.ErrorGroup()
    gate = sim.threading.Event()

    def task(number: int) -> None:
        gate.wait()
        raise ValueError(f"task {number}")

    for number in range(failing):
        group.go(task, number)
    gate.set()
    raised = outcome(group.wait)
    errors = group.errors
    assert len(errors) == failing, f"{failing} tasks failed, errors has {list(errors)}"
    assert raised is errors[0], f"errors begins with {errors[0]!r}, wait() raised {raised!r}"
    cause = group.ctx.cause
    assert cause is raised, f"wait() raised {raised!r}, the cause of the ctx is {cause!r}"


@prop(
    "the first failure cancels the ctx at once",
    "Be it the only task or one of many: the ctx ends at that instant, with the error as cause; its parent does not.",
    given={"others": st.integers(0, 2), "kind": st.sampled_from([*sorted(KINDS), "DeadlineExceeded"])},
    examples=[{"others": 0, "kind": "ValueError"}, {"others": 1, "kind": "DeadlineExceeded"}],
)
def test_first_failure_cancels_the_ctx(sim: Sim, others: int, kind: str) -> None:
    parent = sim.context.Context.background().with_cancel()
    group = sim.kata.ErrorGroup(parent)
    # A ContextError is a failure like any other as long as the ctx of the group is not done.
    boom = sim.context.DeadlineExceeded("too slow") if kind == "DeadlineExceeded" else KINDS[kind]("boom")
    noticed: list[float] = []

    def sibling() -> None:
        if group.ctx.wait(9):
            noticed.append(sim.now)

    for _ in range(others):
        group.go(sibling)
    group.go(fail, sim, 3, boom)
    assert group.ctx.wait(9), "a task failed at 3 s, the ctx of the group was not done at 9 s"
    assert sim.now == 3.0, f"the first task failed at 3 s, the ctx ended at {sim.now} s"
    assert group.ctx.cause is boom, f"the cause of the ctx should be {boom!r}, it is {group.ctx.cause!r}"
    assert outcome(group.wait) is boom, "wait() should raise what the task has raised"
    assert noticed == [3.0] * others, f"{others} tasks watched the ctx, they noticed its end at {noticed} s"
    assert not parent.done, "the group has ended the context that it was given"
    parent.cancel()


@prop(
    "an error that the cancellation has caused masks no failure",
    "What tasks raise because the ctx is done is recorded, but never raised in place of the real error.",
    given={
        "how": st.sampled_from(["failure", "parent"]),
        "siblings": st.integers(1, 2),
        "raises": st.sampled_from(["Cancelled", "OSError"]),
    },
    examples=[
        {"how": "failure", "siblings": 1, "raises": "OSError"},
        {"how": "parent", "siblings": 1, "raises": "Cancelled"},
    ],
    stalls=True,
)
def test_consequences_mask_nothing(sim: Sim, how: str, siblings: int, raises: str) -> None:
    parent = sim.context.Context.background().with_cancel()
    group = sim.kata.ErrorGroup(parent)
    boom = ValueError("boom")

    def task() -> None:
        if how == "parent":
            parent.wait()
            sim.sleep(1)
        raise boom

    def sibling() -> None:
        group.ctx.wait()
        if how == "failure" and raises == "OSError":
            raise OSError("somebody has closed the connection")
        group.ctx.raise_if_done()

    for _ in range(siblings):
        group.go(sibling)
    group.go(task)
    if how == "parent":
        parent.cancel()
    raised = outcome(group.wait)
    parent.cancel()
    assert raised is boom, f"the real failure is {boom!r}, wait() raised {raised!r}"
    errors = list(group.errors)
    assert len(errors) == siblings + 1, f"{siblings + 1} tasks have raised, errors has {errors}"
    assert boom in errors, f"errors should have {boom!r}, it has {errors}"
    if how == "failure":
        assert errors[0] is boom, f"{boom!r} came before what it has caused, errors has {errors}"


@prop(
    "a callback that fails does not wedge the group",
    "What a callback of the ctx raises is recorded like a task's error; slots become free, wait() ends.",
    given={"tasks": st.integers(0, 2), "failing": st.booleans()},
    examples=[{"tasks": 1, "failing": True}, {"tasks": 1, "failing": False}],
)
def test_failing_callback(sim: Sim, tasks: int, failing: bool) -> None:
    group = sim.kata.ErrorGroup(limit=2)
    boom, broken = ValueError("boom"), OSError("the callback is broken")

    def callback() -> None:
        raise broken

    group.ctx.on_done(callback)
    for _ in range(tasks):
        group.go(fail, sim, 1, boom) if failing else group.go(sim.sleep, 1)
    raised = outcome(group.wait)
    expected = boom if failing and tasks else broken
    assert raised is expected, f"{expected!r} was the first failure, wait() raised {raised!r}"
    assert broken in group.errors, f"the error of the callback is not in errors: {list(group.errors)}"
    assert outcome(group.wait) is expected, "a second wait() must end like the first"


# --- slots -----------------------------------------------------------------------------------------


@prop(
    "never are more than `limit` tasks active",
    "However many threads call go() and try_go(), no more than `limit` functions run at once.",
    given={"limit": st.integers(1, 2), "calls": st.lists(st.booleans(), min_size=2, max_size=3)},
    examples=[{"limit": 1, "calls": [True, True]}, {"limit": 2, "calls": [True, False, True]}],
    stalls=True,
)
def test_never_more_than_limit(sim: Sim, limit: int, calls: list[bool]) -> None:
    group = sim.kata.ErrorGroup(limit=limit)
    gauge = Gauge()
    started: list[bool] = []

    def task() -> None:
        gauge.add(1)
        assert gauge.now <= limit, f"{gauge.now} tasks run at once, the limit is {limit}"
        started.append(True)
        sim.sleep(1)
        gauge.add(-1)

    def caller(waits: bool) -> bool:
        if waits:
            group.go(task)
            return True
        return group.try_go(task)

    accepted: list[bool] = sim.join(*[sim.spawn(caller, waits) for waits in calls])
    group.wait()
    assert len(started) == sum(accepted), f"{sum(accepted)} tasks were accepted, {len(started)} have run"


@prop(
    "try_go() accepts exactly as many tasks as there are slots",
    "It returns at once: True if a slot was free, or else False, and then the task never runs.",
    given={"limit": st.sampled_from([None, 1, 2]), "callers": st.integers(2, 3)},
    examples=[{"limit": 1, "callers": 2}],
    stalls=True,
)
def test_try_go_is_one_step(sim: Sim, limit: int | None, callers: int) -> None:
    group = sim.kata.ErrorGroup(limit=limit)
    gate = sim.threading.Event()
    ran: list[bool] = []

    def task() -> None:
        gate.wait()
        ran.append(True)

    won: list[bool] = sim.join(*[sim.spawn(group.try_go, task) for _ in range(callers)])
    assert all(type(each) is bool for each in won), f"try_go() returns a bool, not {won}"
    expected = callers if limit is None else min(limit, callers)
    assert sum(won) == expected, f"{callers} calls of try_go() with limit={limit}: {sum(won)} were accepted"
    gate.set()
    group.wait()
    assert len(ran) == expected, f"{expected} tasks were accepted, {len(ran)} have run"


@prop(
    "a slot that becomes free is used at once",
    "n tasks of d seconds take exactly ceil(n / limit) * d; go() waits for one slot, not for all of them.",
    given={
        "limit": st.sampled_from([None, 1, 2, 3]),
        "seconds": st.lists(st.sampled_from([0, 1, 1.5, 3]), min_size=1, max_size=3),
    },
    examples=[
        {"limit": 2, "seconds": [1.5, 1.5, 1.5]},
        {"limit": 2, "seconds": [3, 1, 1]},
        {"limit": 1, "seconds": [0, 0]},
    ],
)
def test_exact_throughput(sim: Sim, limit: int | None, seconds: list[float]) -> None:
    group = sim.kata.ErrorGroup(limit=limit)
    ended: list[float] = []

    def task(duration: float) -> None:
        if duration:
            sim.sleep(duration)
        ended.append(sim.now)

    for duration in seconds:
        group.go(task, duration)
    group.wait()
    slots = [0.0] * (limit or len(seconds))  # when each becomes free
    expected = []
    for duration in seconds:
        slots = [slots[0] + duration, *slots[1:]]
        expected.append(slots[0])
        slots.sort()
    assert sorted(ended) == sorted(expected), (
        f"tasks of {seconds} s with limit={limit} ended at {sorted(ended)} s, it should be {sorted(expected)} s"
    )
    assert sim.now == max(expected), f"the last task ended at {max(expected)} s, wait() at {sim.now} s"


@prop(
    "a go() that waits is turned away when the ctx ends",
    "It raises the error of the ctx at that very instant, and its task is never started.",
    given={
        "how": st.sampled_from(["failure", "cancel", "deadline"]),
        "limit": st.integers(1, 2),
        "waiting": st.integers(1, 2),
    },
    examples=[
        {"how": "failure", "limit": 1, "waiting": 1},
        {"how": "failure", "limit": 2, "waiting": 1},
        {"how": "cancel", "limit": 1, "waiting": 2},
        {"how": "deadline", "limit": 1, "waiting": 1},
    ],
)
def test_waiting_go_is_turned_away(sim: Sim, how: str, limit: int, waiting: int) -> None:
    root = sim.context.Context.background()
    parent = root.with_timeout(3) if how == "deadline" else root.with_cancel()
    group = sim.kata.ErrorGroup(parent, limit)
    started: list[float] = []
    for number in range(limit):
        if how == "failure":
            group.go(fail, sim, 3, ValueError(f"task {number}"))
        else:
            group.go(sim.sleep, 5)

    def caller() -> tuple[BaseException | None, float]:
        return outcome(lambda: group.go(lambda: started.append(sim.now))), sim.now

    tasks = [sim.spawn(caller) for _ in range(waiting)]
    sim.sleep(3)
    if how == "cancel":
        parent.cancel()
    kind = sim.context.DeadlineExceeded if how == "deadline" else sim.context.Cancelled
    for error, at in sim.join(*tasks):
        assert type(error) is kind, f"a waiting go() should raise {kind.__name__}, it gave {error!r}"
        assert at == 3.0, f"the ctx ended at 3 s, the waiting go() raised at {at} s"
    error = outcome(group.wait)
    parent.cancel()
    assert not started, f"go() has raised, and yet its task was started, at {started} s"
    expected = ValueError if how == "failure" else kind
    assert type(error) is expected, f"wait() should raise {expected.__name__}, it gave {error!r}"


@prop(
    "a slot and the end of the ctx at one instant: all or nothing",
    "go() returns and its task runs, or it raises and its task does not; the slot is not lost, wait() ends.",
    given={"how": st.sampled_from(["cancel", "deadline"]), "waiting": st.integers(1, 2)},
    examples=[{"how": "deadline", "waiting": 1}, {"how": "cancel", "waiting": 1}],
    stalls=True,
)
def test_slot_against_the_end(sim: Sim, how: str, waiting: int) -> None:
    root = sim.context.Context.background().with_cancel()
    parent = root.with_timeout(3) if how == "deadline" else root
    group = sim.kata.ErrorGroup(parent, limit=1)
    started: list[int] = []

    def holder() -> None:
        parent.wait(3)

    def canceller() -> None:
        sim.sleep(3)
        parent.cancel()

    def caller(number: int) -> bool:
        return outcome(lambda: group.go(started.append, number)) is None

    try:
        group.go(holder)
    except sim.context.DeadlineExceeded:
        pass  # this thread has stood still for so long
    tasks = [sim.spawn(caller, number) for number in range(waiting)]
    if how == "cancel":
        sim.spawn(canceller)
    error = outcome(group.wait)  # while the others wait for the slot: whoever leaves last has to wake this
    accepted: list[bool] = sim.join(*tasks)
    sim.join()
    root.cancel()
    expected = [number for number in range(waiting) if accepted[number]]
    assert sorted(started) == expected, (
        f"go() accepted the tasks {expected}, those that ran are {sorted(started)}"
    )
    if how == "deadline":
        assert not started, "the slot was not free before the deadline, and yet a task was started"
        assert type(error) is sim.context.DeadlineExceeded, (
            f"wait() should raise DeadlineExceeded, not {error!r}"
        )


@prop(
    "a group that has ended starts no task",
    "go() and try_go() raise the error of a ctx that is done, RuntimeError after wait(), be a slot free or not.",
    given={
        "how": st.sampled_from(["before", "cancel", "deadline", "failure", "over", "over, failed"]),
        "method": st.sampled_from(["go", "try_go"]),
        "full": st.booleans(),
    },
    examples=[
        {"how": "before", "method": "go", "full": False},
        {"how": "cancel", "method": "try_go", "full": True},
        {"how": "failure", "method": "go", "full": False},
        {"how": "over", "method": "go", "full": False},
    ],
)
def test_ended_group_starts_nothing(sim: Sim, how: str, method: str, full: bool) -> None:
    root = sim.context.Context.background()
    parent = root.with_timeout(2) if how == "deadline" else root.with_cancel()
    if how == "before":
        parent.cancel()
    group = sim.kata.ErrorGroup(parent, limit=2)
    if "fail" in how:
        group.go(fail, sim, 1, ValueError("boom"))
    elif full and how in ("cancel", "deadline"):
        group.go(sim.sleep, 5)
        group.go(sim.sleep, 5)
    sim.sleep(2)
    if how == "cancel":
        parent.cancel()
    first = outcome(group.wait) if "over" in how else None
    started: list[bool] = []
    if "over" in how:
        kind, what = RuntimeError, "after wait()"
    else:
        kind = sim.context.DeadlineExceeded if how == "deadline" else sim.context.Cancelled
        what = "with a ctx that is done"
    expect(kind, lambda: getattr(group, method)(started.append, True), f"{method}() {what}")
    assert sim.now == 2.0, f"the group had ended before {method}(), which raised only at {sim.now} s"
    error = outcome(group.wait)
    parent.cancel()
    assert not started, f"{method}() has raised, and yet its task was started"
    if "over" in how:
        assert error is first, f"wait() gave {first!r}, and after a refused {method}() {error!r}"
    else:
        expected = ValueError if how == "failure" else kind
        assert type(error) is expected, f"wait() should raise {expected.__name__}, it gave {error!r}"


@prop(
    "a thread that the system refuses costs no slot",
    "The error comes out of go() or try_go(), and the group goes on as if the call had never been.",
    given={
        "method": st.sampled_from(["go", "try_go"]),
        "meanwhile": st.sampled_from(["nothing", "go", "wait"]),
    },
    examples=[{"method": "go", "meanwhile": "wait"}, {"method": "try_go", "meanwhile": "go"}],
)
def test_refused_thread(sim: Sim, method: str, meanwhile: str) -> None:
    group = sim.kata.ErrorGroup(limit=1)
    error = RuntimeError("can't start new thread")
    real: Callable[[Any], None] = sim.threading.Thread.start
    refused: list[bool] = []
    ran: list[str] = []

    def start(thread: Any) -> None:
        if not refused and sim.threading.current_thread() is sim.threading.main_thread():
            refused.append(True)
            sim.sleep(1)  # the other one comes to wait
            raise error
        real(thread)

    def other() -> None:
        sim.sleep(0.5)
        if meanwhile == "go":
            group.go(ran.append, "second")
        elif meanwhile == "wait":
            group.wait()

    task = sim.spawn(other)
    sim.threading.Thread.start = start
    try:
        found = outcome(lambda: getattr(group, method)(ran.append, "first"))
    finally:
        sim.threading.Thread.start = real
    assert found is error, f"the system refused a thread with {error!r}, {method}() gave {found!r}"
    task.result()
    assert sim.now == 1.0, f"the slot was free at 1 s, {meanwhile}() in another thread ended at {sim.now} s"
    if meanwhile == "nothing":
        group.go(ran.append, "second")
    group.wait()
    expected = [] if meanwhile == "wait" else ["second"]
    assert ran == expected, f"the tasks accepted were {expected}, those that ran are {ran}"
    assert group.errors == (), f"no task has failed, errors has {list(group.errors)}"


# --- the end ---------------------------------------------------------------------------------------


@prop(
    "the ctx ends with the group, the parent does not",
    "Before wait() returns it cancels the ctx, also if nothing has failed; the context given stays as it was.",
    given={"tasks": st.integers(0, 2), "given": st.booleans()},
    examples=[{"tasks": 0, "given": True}, {"tasks": 1, "given": False}],
)
def test_ctx_ends_with_the_group(sim: Sim, tasks: int, given: bool) -> None:
    parent = sim.context.Context.background().with_value("key", "value")
    group = sim.kata.ErrorGroup(parent) if given else sim.kata.ErrorGroup()
    ctx = group.ctx
    seen: list[bool] = []
    for _ in range(tasks):
        group.go(lambda: seen.append(group.ctx.done))
    sim.sleep(1)
    assert not ctx.done, "no task has failed and nobody has called wait(), and yet the ctx is done"
    assert ctx.value("key") == ("value" if given else None), "the ctx should be a child of the one given"
    group.wait()
    assert group.ctx is ctx, "the group's ctx must be the same object at all times"
    assert type(ctx.error) is sim.context.Cancelled, (
        f"after wait() the ctx should be cancelled, not {ctx.error!r}"
    )
    assert seen == [False] * tasks, "the ctx was done while tasks that succeed were running"
    assert not parent.done, "the group has ended the context that it was given"


@prop(
    "a group that was called off does not look like one that is done",
    "If the parent ends first and no task fails, wait() outlives the tasks and raises the error of the ctx.",
    given={
        "how": st.sampled_from(["parent", "own", "deadline"]),
        "seconds": st.lists(st.integers(0, 4), max_size=2),
    },
    examples=[{"how": "parent", "seconds": [4]}, {"how": "deadline", "seconds": []}],
)
def test_called_off(sim: Sim, how: str, seconds: list[int]) -> None:
    root = sim.context.Context.background()
    parent = root.with_timeout(2) if how == "deadline" else root.with_cancel()
    group = sim.kata.ErrorGroup(parent)
    for each in seconds:
        group.go(sim.sleep, each)
    sim.sleep(2)
    why = KeyError("why")
    if how != "deadline":
        (parent if how == "parent" else group.ctx).cancel(why)
    error = outcome(group.wait)
    ended = float(max([2, *seconds]))
    assert sim.now == ended, f"the last task ended at {ended} s, wait() at {sim.now} s"
    kind = sim.context.DeadlineExceeded if how == "deadline" else sim.context.Cancelled
    assert type(error) is kind, f"the ctx ended with {kind.__name__}, wait() gave {error!r}"
    if how != "deadline":
        assert error.__cause__ is why, f"the cause should be {why!r}, it is {error.__cause__!r}"
    assert group.errors == (), f"no task has raised anything, errors has {list(group.errors)}"
    parent.cancel()


# --- tasks and blocks ------------------------------------------------------------------------------


@prop(
    "a task may use its group, also while others wait for it",
    "No lock is held while tasks run or while wait() waits: go(), try_go(), errors and ctx work; wait() is an error.",
    given={"what": st.sampled_from(["go", "try_go", "errors", "ctx", "wait", "callback"])},
)
def test_a_task_may_use_its_group(sim: Sim, what: str) -> None:
    group = sim.kata.ErrorGroup(limit=2)
    done: list[str] = []

    def use() -> None:
        sim.sleep(1)  # by now wait() waits
        if what in ("go", "try_go"):
            getattr(group, what)(done.append, what)
        elif what == "errors":
            done.extend(["errors"] * (group.errors == ()))
        elif what == "ctx":
            done.extend(["ctx"] * (not group.ctx.done))
        elif what == "wait":
            expect(RuntimeError, group.wait, "wait() in a task of the group")
            done.append("wait")
        else:
            group.ctx.on_done(lambda: done.extend(["callback"] * (len(group.errors) == 1)))
            raise ValueError("boom")

    group.go(use)
    error = outcome(group.wait)
    assert done == [what], f"the task used {what}, which did {'nothing' if not done else done}"
    expected = ValueError if what == "callback" else type(None)
    assert type(error) is expected, f"wait() gave {error!r}"


@prop(
    "an error of the block calls off the tasks and goes on",
    "The ctx is cancelled at once with that error as cause; the tasks end first; their failures are not lost.",
    given={
        "kind": st.sampled_from([*sorted(KINDS), "DeadlineExceeded"]),
        "failing": st.sampled_from(["nothing", "before", "after", "wait"]),
    },
    examples=[
        {"kind": "ValueError", "failing": "after"},
        {"kind": "KeyboardInterrupt", "failing": "nothing"},
        {"kind": "DeadlineExceeded", "failing": "after"},
        {"kind": "ValueError", "failing": "wait"},
    ],
)
def test_error_of_the_block(sim: Sim, kind: str, failing: str) -> None:
    group = sim.kata.ErrorGroup()
    failure = LookupError("task failed")
    # A ContextError of the block is an error of its own as long as the ctx of the group is not done.
    if kind == "DeadlineExceeded" and failing != "before":
        boom = sim.context.DeadlineExceeded("boom")
    else:
        boom = KINDS.get(kind, ValueError)("boom")
    noticed: list[float] = []

    def watch() -> None:
        group.ctx.wait()
        noticed.append(sim.now)
        sim.sleep(3)
        if failing == "after":
            raise failure

    def block() -> None:
        with group:
            if failing == "before":
                group.go(fail, sim, 2, failure)
            elif failing != "wait":
                group.go(watch)
            sim.sleep(2)
            if failing == "before":
                group.ctx.wait()
            elif failing == "wait":
                group.go(fail, sim, 0, boom)
                group.wait()
            raise boom

    raised = outcome(block)
    assert raised is boom, f"the block raised {boom!r}, and leaving it {raised!r}"
    cause = failure if failing == "before" else boom
    assert group.ctx.cause is cause, f"the cause of the ctx should be {cause!r}, it is {group.ctx.cause!r}"
    no_thread_left(sim, "after the block")
    if failing in ("nothing", "after"):
        assert noticed == [2.0], f"the block raised at 2 s, its task saw the ctx end at {noticed} s"
        assert sim.now == 5.0, f"the task ended at 5 s, the block was left at {sim.now} s"
    if failing in ("before", "after"):
        assert group.errors == (failure,), f"a task raised {failure!r}, errors has {list(group.errors)}"
        assert "LookupError" in notes(boom) and "task failed" in notes(boom), (
            f"the error of the block should have a note about {failure!r}, its notes are {notes(boom)!r}"
        )
    else:
        assert not notes(boom), f"no other task has failed, the error has the note {notes(boom)!r}"
    again = outcome(group.wait)
    if failing == "nothing":
        same = type(again) is sim.context.Cancelled and again.__cause__ is boom
    else:
        same = again is (boom if failing == "wait" else failure)
    assert same, f"after the block wait() gave {again!r}"


@prop(
    "a block that the cancellation has ended raises the failure behind it",
    "When go() or the ctx raises Cancelled in the block because a task has failed, that task's error comes out.",
    given={"how": st.sampled_from(["go", "ctx"]), "failing": st.booleans()},
    examples=[{"how": "go", "failing": True}, {"how": "ctx", "failing": False}],
)
def test_cancelled_block(sim: Sim, how: str, failing: bool) -> None:
    parent = sim.context.Context.background().with_cancel()
    group = sim.kata.ErrorGroup(parent, limit=1)
    boom = ValueError("boom")
    cancelled: list[BaseException] = []

    def task() -> None:
        sim.sleep(1)
        if failing:
            raise boom
        parent.cancel()

    def block() -> None:
        with group:
            group.go(task)
            try:
                if how == "go":
                    group.go(sim.sleep, 1)
                    group.go(sim.sleep, 1)
                else:
                    group.ctx.wait()
                    group.ctx.raise_if_done()
            except sim.context.ContextError as error:
                cancelled.append(error)
                raise

    raised = outcome(block)
    parent.cancel()
    assert len(cancelled) == 1, f"the ctx ended at 1 s, and {how} in the block did not raise Cancelled"
    expected = boom if failing else cancelled[0]
    assert raised is expected, f"leaving the block should raise {expected!r}, it gave {raised!r}"


# --- costs -----------------------------------------------------------------------------------------


@prop(
    "calls that wait do not poll",
    "A blocked go() or wait() is woken when there is something to do; it does not look in between.",
    given={"what": st.sampled_from(["go", "wait"])},
)
def test_no_polling(sim: Sim, what: str) -> None:
    group = sim.kata.ErrorGroup(sim.context.Context.background().with_cancel(), limit=1)
    group.go(sim.sleep, 500)

    def caller() -> int:
        before = sim.wakeups
        group.go(sim.sleep, 0) if what == "go" else group.wait()
        return sim.wakeups - before

    woken = sim.spawn(caller).result()
    assert woken <= 6, f"a {what}() that waited for 500 s woke up {woken} times"
    group.wait()


@prop(
    "calls of go() leave nothing behind in the ctx",
    "A group that lives long must not register one callback after the other; one for the group is enough.",
    given={"limit": st.sampled_from([None, 1])},
    examples=[{"limit": 1}],
)
def test_nothing_piles_up(sim: Sim, limit: int | None) -> None:
    context = sim.context.Context
    real = context.on_done
    registered = Gauge()

    def on_done(ctx: Any, fn: Callable[[], object]) -> Callable[[], bool]:
        registered.add(1)
        unregister = real(ctx, fn)

        def counted() -> bool:
            taken_back: bool = unregister()
            registered.add(-1 if taken_back else 0)
            return taken_back

        return counted

    context.on_done = on_done
    parent = context.background().with_cancel()
    group = sim.kata.ErrorGroup(parent, limit)
    for _ in range(4):
        group.go(sim.sleep, 1)
    sim.sleep(3)
    assert registered.now <= 1, f"4 calls of go() are over, {registered.now} callbacks are registered"
    group.wait()
    parent.cancel()


@prop(
    "bad arguments are refused at the call that got them",
    "A limit or a function that makes no sense raises TypeError or ValueError and changes nothing.",
)
def test_bad_arguments(sim: Sim) -> None:
    for value, error in (
        (0, ValueError),
        (-1, ValueError),
        (1.5, TypeError),
        ("2", TypeError),
        (True, TypeError),
    ):
        expect(error, lambda value=value: sim.kata.ErrorGroup(limit=value), f"ErrorGroup(limit={value!r})")
    ctx = sim.context.Context.background().with_cancel()
    group = sim.kata.ErrorGroup(ctx, limit=1)
    for when in ("in a new group", "with a ctx that is done", "after wait()"):
        if when == "with a ctx that is done":
            ctx.cancel()
        elif when == "after wait()":
            expect(sim.context.Cancelled, group.wait, "wait() of a group that was called off")
        for name in ("go", "try_go"):
            for value in (None, "fn", 3):
                expect(
                    TypeError,
                    lambda name=name, value=value: getattr(group, name)(value),
                    f"{name}({value!r}) {when}",
                )
    assert group.errors == (), f"no task has failed, errors has {list(group.errors)}"
