"""Hidden properties of the kata ``context``."""

from __future__ import annotations

import gc
import math
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import hypothesis.strategies as st

from dojo.checking.property import prop
from dojo.checking.scenario import expect
from dojo.checking.sim import Sim


def background(sim: Sim) -> Any:
    """A new root."""
    return sim.kata.Context.background()


def kind_of(error: BaseException | None) -> str:
    """How messages name what ``ctx.error`` gave."""
    return "None" if error is None else type(error).__name__


def near(one: float | None, other: float | None) -> bool:
    """Whether two times are the same but for the noise of floats."""
    return one is other is None or (one is not None and other is not None and abs(one - other) < 1e-6)


def looks(sim: Sim) -> dict[str, Callable[[Any], bool]]:
    """Every way to find out whether a context is done, each in a word."""

    def raises(ctx: Any) -> bool:
        try:
            ctx.raise_if_done()
        except sim.kata.ContextError:
            return True
        return False

    def calls_back(ctx: Any) -> bool:
        ran: list[bool] = []
        ctx.on_done(lambda: ran.append(True))()
        return ran == [True]

    return {
        "done": lambda ctx: ctx.done,
        "error": lambda ctx: ctx.error is not None,
        "wait(0)": lambda ctx: ctx.wait(0),
        "raise_if_done()": raises,
        "on_done()": calls_back,
        "with_cancel().done": lambda ctx: ctx.with_cancel().done,
        "with_value().error": lambda ctx: ctx.with_value("key", 1).error is not None,
    }


# --- how contexts end ------------------------------------------------------------------------------


class Expected:
    """What the rules say about one context: the model that the tree is compared with."""

    def __init__(self, parent: Expected | None, deadline: float | None, now: float) -> None:
        inherited = None if parent is None else parent.deadline
        self.parent = parent
        self.deadline = min((each for each in (inherited, deadline) if each is not None), default=None)
        self.error = "None" if parent is None else parent.error
        self.cause = None if parent is None else parent.cause
        self.tick(now)

    def tick(self, now: float) -> None:
        """Time has come to ``now``."""
        if self.error == "None" and self.deadline is not None and self.deadline <= now:
            self.error = "DeadlineExceeded"

    def is_below(self, other: Expected) -> bool:
        """Whether this is ``other`` or one of its descendants."""
        return self is other or (self.parent is not None and self.parent.is_below(other))


NODE = st.integers(0, 4)
CALLS = st.one_of(
    st.tuples(st.just("with_cancel"), NODE),
    st.tuples(st.just("with_value"), NODE),
    st.tuples(st.just("with_timeout"), NODE, st.integers(0, 3)),
    st.tuples(st.just("cancel"), NODE),
    st.tuples(st.just("sleep"), st.integers(1, 2)),
)


@prop(
    "what ends a context ends all below it, and nothing else",
    "After any calls each context has the state the rules give it: descendants end with it, for the same "
    "reason; parents, siblings and what has ended before stay as they are.",
    given={"calls": st.lists(CALLS, min_size=4, max_size=7)},
    examples=[
        {"calls": [["with_cancel", 0], ["with_value", 1], ["with_cancel", 0], ["cancel", 1], ["cancel", 0]]},
        {"calls": [["with_timeout", 0, 3], ["with_cancel", 1], ["with_timeout", 1, 1], ["sleep", 1]]},
        {"calls": [["with_cancel", 0], ["with_timeout", 1, 3], ["with_cancel", 2], ["cancel", 1]]},
        {"calls": [["with_timeout", 0, 2], ["with_cancel", 1], ["cancel", 2], ["sleep", 2], ["cancel", 0]]},
    ],
)
def test_ends_all_below(sim: Sim, calls: Sequence[Sequence[Any]]) -> None:
    nodes = [(background(sim), Expected(None, None, 0.0))]
    began = sim.time.monotonic()
    done_so_far: list[str] = []

    def compare() -> None:
        for number, (ctx, expected) in enumerate(nodes):
            which = "the root" if expected.parent is None else f"context {number}"
            after = f"after {', '.join(done_so_far)}"
            error = ctx.error
            assert kind_of(error) == expected.error, (
                f"{after}: the error of {which} is {kind_of(error)}, not {expected.error}"
            )
            assert ctx.cause is expected.cause, (
                f"{after}: the cause of {which} is {ctx.cause!r}, not {expected.cause!r}"
            )
            assert error is None or error.__cause__ is expected.cause, (
                f"{after}: the error of {which} has __cause__ {error.__cause__!r}, not {expected.cause!r}"
            )
            deadline = None if ctx.deadline is None else ctx.deadline - began
            assert near(deadline, expected.deadline), (
                f"{after}: the deadline of {which} is at {deadline} s, not {expected.deadline}"
            )

    for name, *arguments in calls:
        number = 0 if name == "sleep" else arguments[0] % len(nodes)
        ctx, expected = nodes[number]
        of = f"sleep({arguments[0]})" if name == "sleep" else f"{name}() of {number}"
        if name == "sleep":
            sim.sleep(arguments[0])
            for _, each in nodes:
                each.tick(sim.now)
        elif name == "cancel":
            cause = KeyError(number)
            ctx.cancel(cause)
            if expected.error == "None":
                for _, each in nodes:
                    if each.is_below(expected) and each.error == "None":
                        each.error, each.cause = "Cancelled", cause
        else:
            seconds = arguments[1] if name == "with_timeout" else None
            given = {"with_cancel": (), "with_value": ("key", number), "with_timeout": (seconds,)}[name]
            deadline = None if seconds is None else sim.now + seconds
            nodes.append((getattr(ctx, name)(*given), Expected(expected, deadline, sim.now)))
            of = f"{name}() of {number} = {len(nodes) - 1}"
        done_so_far.append(of)
        compare()
    nodes[0][0].cancel()


@prop(
    "whichever ends a context first decides its error for good",
    "The error is set once and is the same object ever after; a cancel at or after the deadline comes too late.",
    given={
        "deadline": st.integers(1, 2),
        "cancels": st.lists(st.integers(0, 3), min_size=1, max_size=2),
        "inherited": st.booleans(),
    },
    examples=[
        {"deadline": 1, "cancels": [0, 0], "inherited": False},
        {"deadline": 2, "cancels": [2], "inherited": False},
        {"deadline": 1, "cancels": [2], "inherited": True},
    ],
)
def test_first_end_decides(sim: Sim, deadline: int, cancels: list[int], inherited: bool) -> None:
    parent = background(sim).with_timeout(deadline)
    ctx = parent.with_cancel() if inherited else parent
    causes = [KeyError(f"cancel at {at} s") for at in cancels]

    def cancel(at: int, cause: KeyError) -> None:
        if at:
            sim.sleep(at)
        ctx.cancel(cause)

    tasks = [sim.spawn(cancel, *each) for each in zip(cancels, causes, strict=True)]
    first = min(cancels)
    expected = "Cancelled" if first < deadline else "DeadlineExceeded"
    ended = min(first, deadline)
    seen: list[Any] = []
    for _ in range(4):
        sim.sleep(0.5)
        error = ctx.error
        story = f"deadline at {deadline} s, cancels at {cancels}: at {sim.now} s the error is"
        wanted = expected if sim.now > ended else "None"
        assert kind_of(error) == wanted, f"{story} {kind_of(error)}, not {wanted}"
        if error is not None:
            seen.append(error)
            assert error is seen[0], f"{story} another object than before: {error!r}, not {seen[0]!r}"
            right = [cause for at, cause in zip(cancels, causes, strict=True) if at == first < deadline]
            assert ctx.cause in (right or [None]), f"{story} right, but the cause is {ctx.cause!r}"
            assert error.__cause__ is ctx.cause, f"{story} from {error.__cause__!r}, cause {ctx.cause!r}"
        sim.sleep(0.5)
    sim.join(*tasks)
    parent.cancel()


@prop(
    "an error that anybody has seen is never taken back",
    "Others look while a cancel and the deadline meet: all see the same error, and it stays.",
    stalls=True,
)
def test_error_is_never_taken_back(sim: Sim) -> None:
    made: list[Any] = []
    seen: list[Any] = []
    guard = sim.threading.Lock()

    def look(at: float) -> None:
        sim.sleep(at)
        with guard:
            found = list(made)
        seen.extend(ctx.error for ctx in found)

    # One looks just before the deadline, and one at it.
    tasks = [sim.spawn(look, 1.0), sim.spawn(look, 1 - 1e-9)]
    sim.settle()
    ctx = background(sim).with_timeout(1)
    with guard:
        made.append(ctx)
    ctx.cancel()
    seen.append(ctx.error)
    sim.join(*tasks)
    for _ in range(4):
        sim.sleep(1)  # by then a timer that the schedule held up has ended, too
    seen.append(ctx.error)
    errors = [each for each in seen if each is not None]
    story = f"seen one after the other: {', '.join(map(kind_of, seen))}"
    assert errors and errors == seen[-len(errors) :], f"an error was gone again, {story}"
    assert all(each is errors[0] for each in errors), f"not always the same error object was {story}"


@prop(
    "a cancel that has returned has ended everything below",
    "When cancel() returns all descendants are done, even if another cancel was there first.",
    given={"depth": st.integers(1, 3), "lower": st.integers(0, 2)},
    examples=[{"depth": 1, "lower": 0}, {"depth": 2, "lower": 1}],
    workloads=3,
    stalls=True,
)
def test_cancel_returns_when_all_is_done(sim: Sim, depth: int, lower: int) -> None:
    chain = [background(sim)]
    for _ in range(depth):
        chain.append(chain[-1].with_cancel())

    def cancel(level: int) -> None:
        chain[level].cancel()
        for below in range(level, depth + 1):
            assert chain[below].done, (
                f"cancel() of level {level} of a chain has returned, and level {below} is not done"
            )

    sim.join(sim.spawn(cancel, 0), sim.spawn(cancel, min(lower, depth)))


@prop(
    "at the very instant of its deadline a context is done for whoever looks",
    "It does not matter how one looks, and whether the thread that keeps the time has run yet; and a look takes "
    "nothing away from the callbacks.",
    given={
        "how": st.sampled_from(list(looks(None))),  # type: ignore[arg-type]
        "inherited": st.booleans(),
        "late": st.integers(0, 1),
    },
    examples=[
        {"how": "done", "inherited": False, "late": 0},
        {"how": "on_done()", "inherited": False, "late": 0},
        {"how": "with_cancel().done", "inherited": True, "late": 0},
        {"how": "wait(0)", "inherited": True, "late": 0},
    ],
    stalls=True,
)
def test_done_at_the_deadline(sim: Sim, how: str, inherited: bool, late: int) -> None:
    parent = background(sim).with_timeout(1)
    ctx = parent.with_cancel() if inherited else parent
    ran: list[bool] = []
    ctx.on_done(lambda: ran.append(True))
    assert not ctx.done or sim.now >= 1, f"with 1 s to go the context is done at {sim.now} s"
    sim.sleep(1 + late)
    assert looks(sim)[how](ctx), f"the deadline came at 1 s; at {sim.now} s {how} does not know of it"
    assert kind_of(ctx.error) == "DeadlineExceeded", f"the error is {kind_of(ctx.error)}"
    assert ctx.cause is None, f"the deadline ended the context; its cause is {ctx.cause!r}"
    parent.cancel()
    for _ in range(4):
        sim.sleep(1 + late)  # by then a timer that the schedule held up has ended, too
    assert len(ran) == 1, (
        f"somebody looked at {1 + late} s, the deadline was at 1 s: the callback has run {len(ran)} times, not once"
    )


# --- children --------------------------------------------------------------------------------------


@prop(
    "a child of a context that is done is done from the start",
    "It has the same error and cause; nobody will end it later, so whoever waits for it would wait for ever.",
    given={
        "method": st.sampled_from(["with_cancel", "with_timeout", "with_deadline", "with_value"]),
        "end": st.sampled_from(["cancel", "deadline", "no time", "past"]),
    },
    examples=[
        {"method": "with_cancel", "end": "cancel"},
        {"method": "with_timeout", "end": "cancel"},
        {"method": "with_timeout", "end": "deadline"},
        {"method": "with_cancel", "end": "no time"},
        {"method": "with_value", "end": "past"},
    ],
)
def test_child_of_a_done_context(sim: Sim, method: str, end: str) -> None:
    root = background(sim)
    cause = KeyError("over") if end == "cancel" else None
    if end == "cancel":
        ctx = root.with_cancel()
        ctx.cancel(cause)
    elif end == "deadline":
        ctx = root.with_timeout(1)
        sim.sleep(1)
    elif end == "no time":
        ctx = root.with_timeout(0)
    else:
        ctx = root.with_deadline(sim.time.monotonic() - 1)
    wanted = "Cancelled" if end == "cancel" else "DeadlineExceeded"
    assert kind_of(ctx.error) == wanted, f"ended by {end}, its error is {kind_of(ctx.error)}, not {wanted}"
    arguments = {
        "with_cancel": (),
        "with_timeout": (5,),
        "with_deadline": (sim.time.monotonic() + 5,),
        "with_value": ("key", 1),
    }[method]
    child = getattr(ctx, method)(*arguments)
    what = f"{method}() of a context ended by {end}"
    for how, look in looks(sim).items():
        assert look(child), f"{what} gave a child that is not done, says {how}"
    assert kind_of(child.error) == wanted, (
        f"{what}: the child's error is {kind_of(child.error)}, not {wanted}"
    )
    assert child.cause is cause, f"{what}: the child's cause is {child.cause!r}, not {cause!r}"
    before = sim.now
    assert child.wait() is True and sim.now == before, f"{what}: wait() came back after {sim.now - before} s"
    assert not root.done, "the root is done, though only a child of it has ended"
    sim.sleep(0.1)
    left = sim.live_threads
    assert not left, f"{what}: the child is done, and {', '.join(left)} still runs"


@prop(
    "a child that is born while its parent ends does not outlive it",
    "Looking at the parent and joining its children is one step: when both calls are over the child is done.",
    given={
        "method": st.sampled_from(["with_cancel", "with_timeout", "with_value"]),
        "level": st.integers(0, 1),
    },
    examples=[{"method": "with_cancel", "level": 0}, {"method": "with_timeout", "level": 1}],
    workloads=3,
    stalls=True,
)
def test_child_born_as_its_parent_ends(sim: Sim, method: str, level: int) -> None:
    root = background(sim)
    parent = root.with_cancel() if level else root

    def derive() -> Any:
        return getattr(parent, method)(*{"with_timeout": (50,), "with_value": ("key", 1)}.get(method, ()))

    cause = KeyError("over")
    child = sim.join(sim.spawn(derive), sim.spawn(root.cancel, cause))[0]
    assert child.done, f"the parent was cancelled while {method}() derived a child, which is not done"
    assert kind_of(child.error) == "Cancelled" or sim.now >= 50, (
        f"the child's error is {kind_of(child.error)}"
    )
    assert child.wait() is True


@prop(
    "the deadline is the earliest from here up to the root",
    "A child never has more time than its parent, whatever it asked for; a cancel changes neither deadline nor "
    "remaining().",
    given={"seconds": st.lists(st.integers(0, 5), min_size=1, max_size=2), "absolute": st.booleans()},
    examples=[{"seconds": [1, 5], "absolute": False}, {"seconds": [5, 2], "absolute": True}],
)
def test_deadline_is_the_earliest(sim: Sim, seconds: list[int], absolute: bool) -> None:
    root = background(sim)
    assert root.deadline is None and root.remaining() is None, (
        f"a root has no deadline: {root.deadline}, {root.remaining()} s remain"
    )
    began = sim.time.monotonic()
    chain = [root.with_cancel()]
    for each in seconds:
        derived = chain[-1].with_deadline(began + each) if absolute else chain[-1].with_timeout(each)
        chain += [derived, derived.with_cancel()]
    story = f"a chain of time-outs {seconds}"
    for cancelled in (False, True):
        for number, ctx in enumerate(chain[1:]):
            least = min(seconds[: number // 2 + 1])
            where = f"{story}, level {number // 2 + 1}, at {sim.now} s{', cancelled' if cancelled else ''}"
            assert near(ctx.deadline, began + least), (
                f"{where}: the deadline is at {ctx.deadline - began} s, not {least}"
            )
            left = max(0.0, least - sim.now)
            remaining = ctx.remaining()
            assert near(remaining, left) and remaining >= 0, f"{where}: {remaining} s remain, not {left}"
        if not cancelled:
            sim.sleep(0.5)
            chain[0].cancel()
    sim.sleep(9)
    assert chain[-1].remaining() == 0, f"{story}: {chain[-1].remaining()} s remain long after the deadline"


# --- waiting ---------------------------------------------------------------------------------------


@prop(
    "wait() returns at the very instant, and says whether the context is done",
    "It ends with the context, be it ended from above, or at its own timeout; at the same instant it is True.",
    given={
        "timeouts": st.lists(st.sampled_from([None, 0, 1, 2, 3]), min_size=1, max_size=3),
        "cancel_at": st.integers(0, 4),
        "deadline": st.sampled_from([None, 1, 2]),
        "above": st.booleans(),
    },
    examples=[
        {"timeouts": [None, None], "cancel_at": 0, "deadline": None, "above": False},
        {"timeouts": [None, 1, 3], "cancel_at": 2, "deadline": None, "above": True},
        {"timeouts": [None, 1, 2], "cancel_at": 4, "deadline": 2, "above": True},
        {"timeouts": [1, 1], "cancel_at": 4, "deadline": 1, "above": False},
    ],
)
def test_wait_is_exact(
    sim: Sim, timeouts: list[int | None], cancel_at: int, deadline: int | None, above: bool
) -> None:
    root = background(sim)
    parent = root.with_cancel() if deadline is None else root.with_timeout(deadline)
    ctx = parent.with_value("key", 1) if above else parent

    def wait(timeout: int | None) -> tuple[Any, float, int]:
        before = sim.wakeups
        result = ctx.wait() if timeout is None else ctx.wait(timeout=timeout)
        return result, sim.now, sim.wakeups - before

    tasks = [sim.spawn(wait, timeout) for timeout in timeouts]
    if cancel_at:
        sim.sleep(cancel_at)
    parent.cancel()
    end = cancel_at if deadline is None else min(cancel_at, deadline)
    for timeout, task in zip(timeouts, tasks, strict=True):
        result, at, woken = task.result()
        over = end if timeout is None else min(end, timeout)
        story = f"deadline at {deadline}, cancelled at {cancel_at} s: wait({timeout})"
        assert at == over, f"{story} came back at {at} s, not {over}"
        # Where a cancel and the timeout meet, either may have been first.
        if timeout != end or end == deadline:
            assert result is (end == over), f"{story} returned {result!r} at {at} s, not {end == over}"
        assert type(result) is bool, f"{story} returned {result!r}, not a bool"
        assert woken <= 4, (
            f"{story} woke up {woken} times: it must sleep until it is woken, or its time is up"
        )


# --- callbacks -------------------------------------------------------------------------------------


@prop(
    "each callback runs exactly once, or was taken back in time",
    "Cancels, the deadline and unregister() may all come at once: unregister() returns True if the callback "
    "will not run, and otherwise it runs once.",
    given={
        "deadline": st.booleans(),
        "cancels": st.lists(
            st.tuples(st.sampled_from(["the context", "its parent", "its child"]), st.integers(0, 1)),
            min_size=1,
            max_size=2,
        ),
        "unregister_at": st.integers(0, 1),
    },
    examples=[
        {"deadline": False, "cancels": [["the context", 0], ["the context", 0]], "unregister_at": 0},
        {"deadline": True, "cancels": [["the context", 1]], "unregister_at": 1},
        {"deadline": False, "cancels": [["its parent", 0], ["its child", 0]], "unregister_at": 0},
    ],
)
def test_each_callback_once(
    sim: Sim, deadline: bool, cancels: Sequence[Sequence[Any]], unregister_at: int
) -> None:
    root = background(sim)
    parent = root.with_cancel()
    ctx = parent.with_timeout(1) if deadline else parent.with_cancel()
    nodes = {"the context": ctx, "its parent": parent, "its child": ctx.with_cancel()}
    ran: list[str] = []

    def twice() -> None:
        ran.append("same")

    # The same function, registered by two callers who do not know of each other.
    unregister = ctx.on_done(twice)
    ctx.on_done(twice)
    nodes["its child"].on_done(lambda: ran.append("below"))

    def cancel(which: str, at: int) -> None:
        if at:
            sim.sleep(at)
        nodes[which].cancel()

    def take_back() -> list[Any]:
        if unregister_at:
            sim.sleep(unregister_at)
        return [unregister(), unregister()]

    tasks = [*[sim.spawn(cancel, *each) for each in cancels], sim.spawn(take_back)]
    taken_back = sim.join(*tasks)[-1]
    root.cancel()
    sim.sleep(2)
    story = f"unregister() returned {taken_back[0]!r}, and again {taken_back[1]!r}"
    assert taken_back in ([True, False], [False, False]), f"{story}: only the call that takes it back is True"
    times = 2 - taken_back[0]
    assert ran.count("same") == times, (
        f"a function was registered twice, {story}; it ran {ran.count('same')} times, not {times}"
    )
    assert ran.count("below") == 1, f"the callback of a child ran {ran.count('below')} times, not once"
    assert unregister() is False, "unregister() of a context that has ended returned True"


@prop(
    "a callback that is registered as the context ends runs all the same, once",
    "Looking whether it is done and registering is one step. On a done context it has run when on_done() returns.",
    given={"end": st.sampled_from(["cancel", "parent", "deadline"]), "at": st.integers(0, 1)},
    examples=[{"end": "cancel", "at": 0}, {"end": "deadline", "at": 1}],
    workloads=3,
)
def test_registering_as_it_ends(sim: Sim, end: str, at: int) -> None:
    parent = background(sim).with_cancel()
    ctx = parent.with_timeout(1) if end == "deadline" else parent.with_cancel()
    ran: list[Any] = []

    def register() -> None:
        if at:
            sim.sleep(at)
        was_done = ctx.done
        ctx.on_done(lambda: ran.append(sim.threading.current_thread()))
        if was_done:
            assert ran == [sim.threading.current_thread()], (
                "on_done() of a done context must run the callback before it returns, in the calling thread; it "
                + (f"ran in {', '.join(each.name for each in ran)}" if ran else "has not run")
            )

    def cancel() -> None:
        if at:
            sim.sleep(at)
        (parent if end == "parent" else ctx).cancel()

    sim.join(sim.spawn(register), *([] if end == "deadline" else [sim.spawn(cancel)]))
    sim.sleep(2)
    assert len(ran) == 1, f"the context ended as a callback was registered; the callback ran {len(ran)} times"


@prop(
    "a callback may use all contexts in any way",
    "Callbacks run outside every lock: they can ask, cancel, derive and register, and wait for threads that do.",
    given={
        "what": st.sampled_from(["ask", "cancel", "derive", "register"]),
        "end": st.sampled_from(["cancel", "deadline", "earlier"]),
        "thread": st.booleans(),
    },
    examples=[
        {"what": "ask", "end": "cancel", "thread": False},
        {"what": "ask", "end": "cancel", "thread": True},
        {"what": "cancel", "end": "deadline", "thread": False},
        {"what": "ask", "end": "earlier", "thread": False},
        {"what": "derive", "end": "cancel", "thread": True},
        {"what": "register", "end": "cancel", "thread": False},
    ],
    workloads=4,
)
def test_callbacks_may_use_contexts(sim: Sim, what: str, end: str, thread: bool) -> None:
    root = background(sim)
    parent = root.with_cancel()
    ctx = parent.with_timeout(1) if end == "deadline" else parent.with_cancel()
    child = ctx.with_cancel()
    finished: list[str] = []

    def ask() -> None:
        for each in (ctx, child):
            for how, look in looks(sim).items():
                assert look(each), f"inside a callback {how} says that the context is not done"
            assert each.value("key") is None and each.cause is None and each.wait() is True
            assert (each.deadline is None) is (each.remaining() is None) is (end != "deadline")
        assert not parent.done and not parent.wait(0), "the parent is done, though only its child has ended"

    def cancel() -> None:
        for each in (ctx, child, parent, root):
            each.cancel()
            assert each.done, "cancel() in a callback has returned and the context is not done"

    def derive() -> None:
        for each in (ctx.with_cancel(), child.with_timeout(5), ctx.with_value("key", 1)):
            assert each.done, "a child derived in a callback of a done context is not done"
        with parent.with_timeout(5) as sibling:
            assert not sibling.done, "a child derived in a callback from a living context is done"

    def register() -> None:
        ran: list[int] = []
        for each in (ctx, child):
            each.on_done(lambda: ran.append(1))
        taken_back = parent.on_done(lambda: ran.append(2))()
        assert (ran, taken_back) == ([1, 1], True), f"callbacks registered in a callback: {ran}, {taken_back}"
        assert unregister() is False, "unregister() in its own callback returned True: it is being called"

    action = {"ask": ask, "cancel": cancel, "derive": derive, "register": register}[what]

    def callback() -> None:
        if thread:
            sim.spawn(action).result()
        else:
            action()
        finished.append("callback")

    unregister = ctx.on_done(lambda: None)
    if end == "earlier":
        ctx.cancel()
    unregister = ctx.on_done(callback)
    if end == "cancel":
        ctx.cancel()
    sim.sleep(2)
    assert finished == ["callback"], f"a callback that does '{what}' had not come to its end 1 s later"
    root.cancel()


@prop(
    "a slow callback holds nobody up",
    "While one runs, waiters of its context go on, a second cancel returns at once, and other contexts work.",
    given={"deadline": st.booleans()},
)
def test_slow_callback(sim: Sim, deadline: bool) -> None:
    root = background(sim)
    ctx = root.with_timeout(1) if deadline else root.with_cancel()
    other = root.with_timeout(2)
    unregister = ctx.on_done(lambda: sim.sleep(10))
    times: dict[str, float] = {}
    other.on_done(lambda: times.setdefault("the callback of another context with a deadline at 2 s", sim.now))

    def wait(each: Any, what: str) -> None:
        each.wait()
        times[what] = sim.now

    tasks = [
        sim.spawn(wait, ctx, "a waiter of the context, which ended at 1 s"),
        sim.spawn(wait, ctx.with_cancel(), "a waiter of its child, which ended at 1 s"),
        sim.spawn(wait, other, "a waiter of another context with a deadline at 2 s"),
    ]
    sim.sleep(1)
    if not deadline:
        tasks.append(sim.spawn(ctx.cancel))
    sim.sleep(2)
    ctx.cancel()
    times["a second cancel() at 3 s"] = sim.now
    assert unregister() is False, "unregister() of a callback that is running returned True"
    times["unregister() at 3 s"] = sim.now
    with root.with_cancel() as third:
        pass
    third.wait()
    times["a third context, cancelled at 3 s"] = sim.now
    sim.join(*tasks)
    sim.sleep(9)
    assert len(times) == 7, f"the callback of another context never ran: {times}"
    for what, at in times.items():
        wanted = float(what.split()[-2])
        assert at == wanted, f"a callback slept for 10 s; {what}, was held up until {at} s"
    root.cancel()


@prop(
    "callbacks come when all is done, in order, before cancel() returns",
    "A callback finds all contexts that end with its own done; a context's callbacks run in the order registered, "
    "in the thread that cancels.",
    given={"above": st.booleans(), "order": st.lists(st.integers(0, 2), min_size=2, max_size=4)},
    examples=[{"above": True, "order": [0, 1, 0, 2]}, {"above": False, "order": [0, 0]}],
    workloads=4,
)
def test_callbacks_in_order(sim: Sim, above: bool, order: list[int]) -> None:
    root = background(sim)
    top = root.with_cancel()
    child = top.with_cancel()
    nodes = [top, child, child.with_value("key", 1)]
    if not above:
        order = [0] * len(order)
    ran: list[tuple[int, int]] = []
    cancelling = sim.threading.current_thread()

    def register(number: int, node: int) -> None:
        def callback() -> None:
            living = [each for each, ctx in enumerate(nodes) if not ctx.done]
            assert not living, (
                f"a callback of context {node} found contexts {living}, which end with it, not done"
            )
            thread = sim.threading.current_thread()
            assert thread is cancelling, f"{cancelling.name} cancels, {thread.name} runs the callbacks"
            ran.append((node, number))

        nodes[node].on_done(callback)

    for number, node in enumerate(order):
        register(number, node)
    (root if above else top).cancel()
    assert len(ran) == len(order), f"cancel() has returned, and {len(ran)} of {len(order)} callbacks have run"
    for node in range(3):
        numbers = [number for each, number in ran if each == node]
        assert numbers == sorted(numbers), f"registered in order of number, callbacks ran in order {numbers}"


@prop(
    "all callbacks run, even if one raises",
    "One error is raised by cancel() as it is, several in a group in the order of the callbacks; at a deadline "
    "they go to threading.excepthook.",
    given={
        "raising": st.lists(st.sampled_from(["", "KeyError", "KeyboardInterrupt"]), min_size=2, max_size=4),
        "how": st.sampled_from(["cancel", "parent", "deadline", "done"]),
    },
    examples=[
        {"raising": ["KeyError", ""], "how": "cancel"},
        {"raising": ["KeyError", "", "KeyError"], "how": "parent"},
        {"raising": ["", "KeyboardInterrupt", "KeyError", ""], "how": "cancel"},
        {"raising": ["KeyError", "", "KeyError"], "how": "deadline"},
        {"raising": ["KeyError", ""], "how": "done"},
    ],
    workloads=4,
)
def test_all_callbacks_run(sim: Sim, raising: list[str], how: str) -> None:
    root = background(sim)
    parent = root.with_cancel()
    ctx = parent.with_timeout(1) if how == "deadline" else parent.with_cancel()
    kinds = {"KeyError": KeyError, "KeyboardInterrupt": KeyboardInterrupt}
    errors = [kinds[name](number) if name else None for number, name in enumerate(raising)]
    ran: list[int] = []
    caught: list[BaseException] = []
    if how == "done":
        ctx.cancel()

    def register(number: int) -> None:
        def callback() -> None:
            ran.append(number)
            if (error := errors[number]) is not None:
                raise error

        ctx.on_done(callback)

    for number, error in enumerate(errors):
        if how == "done" and error is not None:
            raised = expect(
                type(error), lambda number=number: register(number), "on_done() of a raising callback"
            )
            assert raised is error, (
                f"a callback raised {error!r}, on_done() of a done context raised {raised!r}"
            )
        else:
            register(number)
    if how == "deadline":
        sim.threading.excepthook = lambda args: caught.append(args.exc_value)
        sim.sleep(2)
    elif how != "done":
        try:
            (parent if how == "parent" else ctx).cancel()
        except BaseException as error:
            caught.append(error)
    everyone = list(range(len(raising)))
    assert ran == everyone, f"of callbacks {everyone} with errors {errors} these ran: {ran}"
    assert ctx.done, "callbacks raised, and the context is not done"
    expected = [each for each in errors if each is not None]
    if how in ("cancel", "parent"):
        flat = (
            list(caught[0].exceptions)
            if len(expected) > 1 and isinstance(caught[0], BaseExceptionGroup)
            else caught
        )
        assert [id(each) for each in flat] == [id(each) for each in expected], (
            f"callbacks raised {expected}, cancel() raised {repr(caught[0]) if caught else 'nothing'}"
        )
        wanted = (
            ExceptionGroup if all(isinstance(each, Exception) for each in expected) else BaseExceptionGroup
        )
        assert len(expected) < 2 or type(caught[0]) is wanted, (
            f"callbacks raised {expected}, cancel() raised a {kind_of(caught[0])}, not a {wanted.__name__}"
        )
    elif how == "deadline":
        flat = [
            one
            for each in caught
            for one in (each.exceptions if isinstance(each, BaseExceptionGroup) else [each])
        ]
        assert [id(each) for each in flat] == [id(each) for each in expected], (
            f"callbacks raised {expected}, threading.excepthook was given {caught}"
        )
    ctx.cancel()
    root.cancel()


# --- nothing is left -------------------------------------------------------------------------------


def finish(sim: Sim, ctx: Any, parent: Any, how: str) -> None:
    """End a context with 5 s to go: in one of four ways."""
    if how == "cancel":
        ctx.cancel()
    elif how == "block":
        with ctx:
            pass
    elif how == "parent":
        parent.cancel()
    else:
        sim.sleep(5)


WAYS = st.sampled_from(["cancel", "block", "parent", "deadline"])


@prop(
    "a context that has ended keeps no thread",
    "However it has ended, and however long before its deadline, no thread and no timer goes on for it.",
    given={"how": WAYS, "used": st.booleans(), "contexts": st.integers(1, 2)},
    examples=[
        {"how": "cancel", "used": True, "contexts": 1},
        {"how": "parent", "used": True, "contexts": 2},
        {"how": "block", "used": False, "contexts": 2},
    ],
    workloads=4,
)
def test_no_thread_is_left(sim: Sim, how: str, used: bool, contexts: int) -> None:
    root = background(sim)
    parent = root.with_cancel()
    children = [parent.with_timeout(5) for _ in range(contexts)]
    for child in children:
        if used:
            child.with_cancel().on_done(lambda: None)
            child.wait(0)
            sim.sleep(0.1)
    for child in children:
        finish(sim, child, parent, how)
    sim.sleep(0.25)
    left = sim.live_threads
    assert not left, (
        f"all contexts with a deadline ended ({how}); at {sim.now} s {', '.join(left)} still runs"
    )
    assert not root.done, "the root is done, though only those below it have ended"


@prop(
    "what has ended is let go",
    "A parent does not keep its finished children, nor a finished context its callbacks: under a root that lives "
    "as long as the process they would pile up.",
    given={
        "what": st.sampled_from(["context", "child", "callback", "callback taken back"]),
        "how": WAYS,
        "born_done": st.booleans(),
    },
    examples=[
        {"what": "context", "how": "cancel", "born_done": False},
        {"what": "context", "how": "deadline", "born_done": False},
        {"what": "context", "how": "cancel", "born_done": True},
        {"what": "callback", "how": "parent", "born_done": False},
        {"what": "callback taken back", "how": "cancel", "born_done": False},
    ],
    workloads=3,
)
def test_finished_is_let_go(sim: Sim, what: str, how: str, born_done: bool) -> None:
    class Work:
        """Something that a callback refers to."""

        def stop(self) -> None:
            pass

    root = background(sim)
    parent = root.with_cancel()
    if born_done:
        parent.cancel()
    ctx = parent.with_timeout(5)
    work = Work()
    unregister = (root if what == "callback taken back" else ctx).on_done(work.stop)
    if what == "callback taken back":
        unregister()
    watched = {"context": ctx, "child": ctx.with_value("key", 1)}.get(what, work)
    try:
        reference = weakref.ref(watched)
    except TypeError:
        reference = None  # a class with slots need not allow weak references
    finish(sim, ctx, parent, how)
    sim.sleep(0.25)  # a thread that is about to end may still hold what it has worked on
    del work, watched, unregister
    if "callback" not in what:
        del ctx  # nobody here refers to it any more; to its parents and its root we do
    if reference is not None and reference() is not None:
        gc.collect()  # what refers to itself in a circle is let go, too
        story = "done from the start" if born_done else f"ended by '{how}'"
        owner = "the root" if what == "callback taken back" else "a context"
        whose = f"the {what} of {owner}" if "callback" in what else f"a {what}, dropped by all,"
        assert reference() is None, f"{story}: {whose} is still kept in memory"
    parent.cancel()
    root.cancel()


# --- the rest --------------------------------------------------------------------------------------


@prop(
    "values are seen from below, and the nearest counts",
    "A value is found in the context that carries it and all below, never above or beside it; None is a value.",
    given={
        "keys": st.lists(st.sampled_from(["a", "b", 1]), min_size=1, max_size=4),
        "fork": st.integers(0, 3),
        "value": st.sampled_from([None, 0, ""]),
    },
    examples=[{"keys": ["a", "a", "b"], "fork": 1, "value": None}],
    workloads=4,
)
def test_values(sim: Sim, keys: list[str | int], fork: int, value: Any) -> None:
    chain = [background(sim)]
    known: list[dict[Any, Any]] = [{}]
    for number, key in enumerate(keys):
        chain.append(chain[-1].with_value(key, (number, key)))
        known.append({**known[-1], key: (number, key)})
    fork = min(fork, len(keys))
    chain.append(chain[fork].with_value("a", value).with_timeout(0).with_cancel())
    known.append({**known[fork], "a": value})
    for ended in (False, True):
        for level, (ctx, values) in enumerate(zip(chain, known, strict=True)):
            for key in ("a", "b", 1, "never set"):
                for default in (None, "default"):
                    found = ctx.value(key, default)
                    wanted = values.get(key, default)
                    assert found == wanted and type(found) is type(wanted), (
                        f"with keys {keys} in a chain and ('a', {value!r}) beside, value({key!r}, {default!r}) at "
                        f"level {level} is {found!r}, not {wanted!r}"
                    )
            assert ctx.value("never set") is None, "the default of value() is None"
        chain[0].cancel()
    expect(TypeError, lambda: chain[0].with_value([], 1), "with_value() with a list as key")
    expect(TypeError, lambda: chain[0].value([]), "value() with a list as key")


@prop(
    "leaving the block cancels the context",
    "However it is left; an exception that leaves it is the cause, and goes on its way unchanged.",
    given={
        "raised": st.sampled_from(["", "KeyError", "KeyboardInterrupt"]),
        "method": st.sampled_from(["with_cancel", "with_timeout", "with_value"]),
    },
    examples=[{"raised": "", "method": "with_cancel"}, {"raised": "KeyError", "method": "with_timeout"}],
    workloads=4,
)
def test_leaving_the_block(sim: Sim, raised: str, method: str) -> None:
    root = background(sim)
    ctx = getattr(root, method)(*{"with_timeout": (5,), "with_value": ("key", 1)}.get(method, ()))
    error = {"KeyError": KeyError("boom"), "KeyboardInterrupt": KeyboardInterrupt("boom")}.get(raised)
    seen: BaseException | None = None
    try:
        with ctx as entered:
            assert entered is ctx, "the with statement must give the context itself"
            assert not ctx.done, "the context is done before its block was left"
            if error is not None:
                raise error
    except (KeyError, KeyboardInterrupt) as caught:
        seen = caught
    assert seen is error, f"the block raised {error!r}, and {seen!r} came out"
    assert kind_of(ctx.error) == "Cancelled", (
        f"the block was left; the error is {kind_of(ctx.error)}, not Cancelled"
    )
    assert ctx.cause is error, f"the block was left with {error!r}; the cause is {ctx.cause!r}"
    assert not root.done, "leaving the block of a child has cancelled its parent"
    with ctx:
        pass
    assert ctx.cause is error, f"leaving the block of a done context changed its cause to {ctx.cause!r}"


@prop(
    "raise_if_done() raises a new exception each time",
    "Of the class of the error and from the same cause: threads do not write tracebacks into a shared object.",
    given={"deadline": st.booleans(), "caused": st.booleans()},
    examples=[{"deadline": False, "caused": True}],
)
def test_raise_if_done(sim: Sim, deadline: bool, caused: bool) -> None:
    root = background(sim)
    ctx = root.with_timeout(1) if deadline else root.with_cancel()
    child = ctx.with_cancel()
    ctx.raise_if_done()
    cause = KeyError("why") if caused and not deadline else None
    if deadline:
        sim.sleep(1)
    else:
        ctx.cancel(cause)
    wanted = sim.kata.DeadlineExceeded if deadline else sim.kata.Cancelled
    for each in (ctx, child):
        raised = [expect(wanted, each.raise_if_done, "raise_if_done() of a done context") for _ in range(2)]
        assert raised[0] is not raised[1], "two calls of raise_if_done() raised the same object"
        assert each.error not in raised, "raise_if_done() raised the object that `error` returns"
        for error in raised:
            assert type(error) is wanted, f"raise_if_done() raised {error!r}, not {wanted.__name__}"
            assert error.__cause__ is cause, f"raise_if_done() raised from {error.__cause__!r}, not {cause!r}"
        assert each.error.__traceback__ is None, (
            "the error that `error` returns has a traceback of some thread"
        )


@prop(
    "bad arguments are refused at the call that got them",
    "Durations, instants, causes and functions that make no sense raise TypeError or ValueError and change nothing.",
    given={"done": st.booleans()},
    examples=[{"done": False}],
)
def test_bad_arguments(sim: Sim, done: bool) -> None:
    root = background(sim)
    ctx = root.with_cancel()
    if done:
        ctx.cancel()
    too_long = sim.threading.TIMEOUT_MAX * 2
    no_number = [(value, TypeError) for value in (True, False, "1", 1j)]
    no_time = [(value, ValueError) for value in (math.nan, math.inf, -math.inf, too_long, -too_long, 10**400)]
    for value, error in (*no_number, *no_time, (-1, ValueError), (-0.5, ValueError)):
        expect(error, lambda value=value: ctx.with_timeout(value), f"with_timeout({value!r:.30})")
        expect(error, lambda value=value: ctx.wait(value), f"wait({value!r:.30})")
    for value, error in (*no_number, *no_time):
        expect(error, lambda value=value: ctx.with_deadline(value), f"with_deadline({value!r:.30})")
    expect(TypeError, lambda: ctx.with_timeout(None), "with_timeout(None)")
    expect(TypeError, lambda: ctx.with_deadline(None), "with_deadline(None)")
    for value in ("why", KeyError, 1):
        expect(TypeError, lambda value=value: ctx.cancel(value), f"cancel({value!r})")
    for value in (None, 3):
        expect(TypeError, lambda value=value: ctx.on_done(value), f"on_done({value!r})")
    assert ctx.done is done, f"the calls were refused, and done has become {ctx.done}"
    assert not sim.live_threads, f"the calls were refused, and left {', '.join(sim.live_threads)} running"
    early = root.with_deadline(-5.0)
    assert early.done and early.remaining() == 0, "a deadline long before the clock began has passed"
    with root.with_timeout(sim.threading.TIMEOUT_MAX) as longest:
        sim.sleep(1)
        assert not longest.done, "with TIMEOUT_MAX seconds to go the context was done after 1 s"


@prop(
    "a tree may be deeper than the limit of recursion",
    "Deriving, looking and ending the root work at any depth: no recursion, and no error from it.",
    max_steps=50_000_000,
)
def test_deep_tree(sim: Sim) -> None:
    depth = 1_100
    chain = [background(sim).with_value("root", True)]
    ran: list[bool] = []
    try:
        for level in range(depth):
            if level % 10 == 0:
                sim.sleep(1)  # shows that the run is getting on
            above = chain[-1]
            chain.append(above.with_value("level", level) if level % 100 == 0 else above.with_cancel())
        deepest = chain[-1]
        assert not deepest.done and deepest.value("root") is True and deepest.remaining() is None
        deepest.on_done(lambda: ran.append(True))
        chain[0].cancel(KeyError("over"))
        assert deepest.done and ran == [True], f"cancelled {depth} levels above, a context is not done"
    except RecursionError as error:
        raise AssertionError(f"in a chain of {depth} contexts: {error}") from error
    assert isinstance(deepest.cause, KeyError), f"the cause {depth} levels below is {deepest.cause!r}"
