"""Hidden properties of the kata ``channel_select``."""

from __future__ import annotations

import math
from typing import Any

import hypothesis.strategies as st

from dojo.checking.property import prop
from dojo.checking.scenario import Spy, expect
from dojo.checking.sim import Sim

CAPACITIES = st.lists(st.integers(0, 1), min_size=2, max_size=3)
# A case is a channel's number, or -1 for None, and whether it sends.
CASES = st.lists(st.tuples(st.integers(-1, 2), st.booleans()).map(list), min_size=1, max_size=4)


def drain(channel: Any) -> list[Any]:
    """Take everything that is in a channel's buffer."""
    return [channel.recv(timeout=0) for _ in range(len(channel))]


def no_waiters(channels: list[Any], what: str) -> None:
    """No channel may have a waiter in its queues."""
    left = [channel.waiting for channel in channels]
    assert not any(left), f"{what}; waiters still in the queues of the channels: {left}"


def seen(got: Any) -> tuple[int, Any, bool]:
    """The fields of a ``Selected``."""
    return got.index, got.value, got.ok


@prop(
    "one ready case is done, and nothing else changes",
    "select() does one of the cases that are ready, whatever the mix of channels, and the others give and take "
    "nothing; the default comes only if none is ready.",
    given={
        "steps": st.lists(st.one_of(CASES, CASES, CASES, st.integers(0, 2)), min_size=1, max_size=8),
        "default": st.sampled_from(["nothing", None]),
    },
    examples=[
        {"steps": [[[0, True], [1, True]], [[0, False], [1, False]]], "default": "nothing"},
        {"steps": [[[-1, False], [1, True]], [[-1, False], [-1, True], [1, False]]], "default": None},
        {"steps": [1, [[1, True]], [[0, True], [1, False]]], "default": None},
        {"steps": [[[1, True]], 1, [[1, False]], [[1, False]]], "default": "nothing"},
        {"steps": [[[-1, False]], [[0, False], [2, True], [2, False]]], "default": None},
    ],
    workloads=12,
)
def test_one_ready_case(sim: Sim, steps: list[Any], default: Any) -> None:
    kata = sim.kata
    channels = [kata.Channel(2), kata.Channel(1), kata.Channel(0)]
    contents: list[list[int]] = [[], [], []]
    closed = [False, False, False]

    def ready(number: int, sends: bool) -> bool:
        if number < 0:
            return False
        has_room = len(contents[number]) < channels[number].capacity
        return closed[number] or (has_room if sends else bool(contents[number]))

    for turn, step in enumerate(steps):
        if isinstance(step, int):
            if not closed[step]:
                channels[step].close()
                closed[step] = True
            continue
        cases = [
            kata.send_to(channels[number] if number >= 0 else None, 10 * turn + index)
            if sends
            else kata.recv_from(channels[number] if number >= 0 else None)
            for index, (number, sends) in enumerate(step)
        ]
        able = [index for index, (number, sends) in enumerate(step) if ready(number, sends)]
        state = f"buffers {contents}, closed {closed}, cases {step}"
        try:
            got = kata.select(*cases, default=default)
        except kata.ChannelClosed:
            assert any(step[index][1] and closed[step[index][0]] for index in able), (
                f"{state}: ChannelClosed without a send case on a closed channel"
            )
            got = None
        if got is not None and not able:
            assert seen(got) == (-1, default, False), (
                f"{state}: no case is ready, select(default={default!r}) returned {got}"
            )
        elif got is not None:
            assert got.index in able, f"{state}: ready are the cases {able}, select() returned {got}"
            number, sends = step[got.index]
            if sends:
                assert not closed[number], f"{state}: {got} is a send on a closed channel"
                expected: tuple[Any, bool] = None, True
                contents[number].append(10 * turn + got.index)
            else:
                expected = (contents[number].pop(0), True) if contents[number] else (None, False)
            assert (got.value, got.ok) == expected, f"{state}: expected {expected}, select() returned {got}"
        lengths = [len(channel) for channel in channels]
        wanted = [len(each) for each in contents]
        assert lengths == wanted, (
            f"{state}: after {got or 'ChannelClosed'} the buffers have {lengths} values instead of {wanted}"
        )
    left = [drain(channel) for channel in channels]
    assert left == contents, f"after {steps} the buffers hold {left} instead of {contents}"
    no_waiters(channels, f"after {steps} nobody waits")


@prop(
    "of several cases that become ready at once one is done",
    "Senders come to all channels of a waiting select(): it takes one value, and every other value is refused "
    "or still there.",
    given={"capacities": CAPACITIES},
    examples=[{"capacities": [0, 0]}, {"capacities": [0, 1]}, {"capacities": [1, 1]}],
    stalls=True,
)
def test_one_case_of_several(sim: Sim, capacities: list[int]) -> None:
    kata = sim.kata
    channels = [kata.Channel(capacity) for capacity in capacities]

    def receiver() -> list[int]:
        try:
            got = kata.select(*map(kata.recv_from, channels), timeout=5)
        except TimeoutError:
            return []
        assert seen(got) == (got.index, got.index, True), (
            f"channel {got.index} carries only the value {got.index}, select() returned {got}"
        )
        return [got.value]

    def sender(number: int) -> list[int]:
        try:
            channels[number].send(number, timeout=1)
        except TimeoutError:
            return []
        return [number]

    task = sim.spawn(receiver)
    sim.sleep(1)
    sent = sum(sim.join(*[sim.spawn(sender, number) for number in range(len(channels))]), [])
    received = sim.join(task)[0]
    left = [value for channel in channels for value in drain(channel)]
    assert sorted(received + left) == sorted(sent), (
        f"sent {sent}; select() received {received}, the buffers hold {left}"
    )


@prop(
    "of several partners of a waiting send one gets the value",
    "Receivers come to all channels that a waiting select() sends to: exactly one value is sent.",
    given={"channels": st.integers(2, 3)},
    examples=[{"channels": 2}],
    stalls=True,
)
def test_one_send_of_several(sim: Sim, channels: int) -> None:
    kata = sim.kata
    made = [kata.Channel() for _ in range(channels)]

    def sender() -> list[int]:
        try:
            got = kata.select(*(kata.send_to(each, number) for number, each in enumerate(made)), timeout=5)
        except TimeoutError:
            return []
        assert seen(got) == (got.index, None, True), f"a send gives its index, None and True, not {got}"
        return [got.index]

    def receiver(number: int) -> list[int]:
        try:
            return [made[number].recv(timeout=1)]
        except TimeoutError:
            return []

    task = sim.spawn(sender)
    sim.sleep(1)
    received = sum(sim.join(*[sim.spawn(receiver, number) for number in range(channels)]), [])
    sent = sim.join(task)[0]
    assert received == sent, f"select() reported {sent} as sent, the receivers got {received}"


@prop(
    "selects on the same channels lose no value and do not deadlock",
    "Senders and receivers that all use select(), with the channels in different orders, hand over each value once.",
    given={"capacities": st.lists(st.integers(0, 1), min_size=2, max_size=2), "senders": st.integers(1, 2)},
    examples=[{"capacities": [0, 0], "senders": 1}, {"capacities": [0, 0], "senders": 2}],
    stalls=True,
)
def test_select_against_select(sim: Sim, capacities: list[int], senders: int) -> None:
    kata = sim.kata
    one, other = (kata.Channel(capacity) for capacity in capacities)

    def sender(number: int) -> None:
        for value in (10 * number, 10 * number + 1):
            kata.select(kata.send_to(one, value), kata.send_to(other, value))

    def receiver() -> list[int]:
        return [
            kata.select(kata.recv_from(other), kata.recv_from(one)).value for _ in range(4 // (3 - senders))
        ]

    sending = [sim.spawn(sender, number + 1) for number in range(senders)]
    task = sim.spawn(receiver)
    sim.join(*sending)
    received = sim.join(task)[0]
    expected = [10 * (number + 1) + each for number in range(senders) for each in (0, 1)]
    assert sorted(received) == expected, f"sent {expected}, received {received}"
    no_waiters([one, other], "all selects are over")


@prop(
    "selects that name the channels in opposite orders do not deadlock",
    "Two threads select on the same two channels, each beginning with another one; both come back, at once with "
    "a default, or when their time is over.",
    given={"sending": st.booleans(), "waits": st.booleans()},
    examples=[{"sending": False, "waits": False}, {"sending": False, "waits": True}],
)
def test_opposite_orders(sim: Sim, sending: bool, waits: bool) -> None:
    kata = sim.kata
    one, other = kata.Channel(), kata.Channel()

    def look(*channels: Any) -> Any:
        cases = [kata.send_to(each, 0) if sending else kata.recv_from(each) for each in channels]
        if waits:
            return expect(TimeoutError, lambda: kata.select(*cases, timeout=1), "select(timeout=1)")
        got = kata.select(*cases, default="nothing")
        assert seen(got) == (-1, "nothing", False), (
            f"nobody is on the other side, yet select() returned {got}"
        )
        return got

    sim.join(sim.spawn(look, one, other), sim.spawn(look, other, one))
    no_waiters([one, other], "both selects are over")


@prop(
    "a select never meets itself",
    "With a send and a receive on one unbuffered channel, select() needs somebody else on the other side.",
    given={
        "partner": st.sampled_from(["nobody", "sender", "receiver", "select"]),
        "swapped": st.booleans(),
    },
    examples=[
        {"partner": "nobody", "swapped": False},
        {"partner": "nobody", "swapped": True},
        {"partner": "select", "swapped": False},
        {"partner": "sender", "swapped": True},
        {"partner": "receiver", "swapped": False},
    ],
)
def test_never_meets_itself(sim: Sim, partner: str, swapped: bool) -> None:
    kata = sim.kata
    channel = kata.Channel()

    def both(value: str) -> tuple[str, Any]:
        cases = [kata.send_to(channel, value), kata.recv_from(channel)]
        if swapped:
            cases.reverse()
        try:
            got = kata.select(*cases, timeout=1)
        except TimeoutError:
            return "gave up", None
        return ("sent" if got.index == swapped else "received"), got.value

    first = sim.spawn(both, "mine", name="select")
    if partner == "nobody":
        expected: list[tuple[str, Any]] = [("gave up", None)]
    elif partner == "sender":
        sim.spawn(lambda: channel.send("other"), name="sender")
        expected = [("received", "other")]
    elif partner == "receiver":
        other = sim.spawn(channel.recv, name="receiver")
        expected = [("sent", None)]
    else:
        second = sim.spawn(both, "other", name="select")
        results = [first.result(), second.result()]
        assert results in (
            [("sent", None), ("received", "mine")],
            [("received", "other"), ("sent", None)],
        ), f"two selects, each ready to send and to receive on one channel, returned {results}"
        return
    results = [first.result()]
    assert results == expected, f"select() and {partner} on one channel: expected {expected}, got {results}"
    if partner == "receiver":
        value = other.result()
        assert value == "mine", f"the receiver got {value!r} instead of 'mine'"


@prop(
    "all cases are looked at in one moment",
    "If at any time one of the channels has a value, select() takes one; it does not take the default because "
    "the value was always where it did not look.",
    given={"start": st.integers(0, 1), "how": st.sampled_from(["default", "timeout"])},
    examples=[
        {"start": 0, "how": "default"},
        {"start": 1, "how": "default"},
        {"start": 0, "how": "timeout"},
        {"start": 1, "how": "timeout"},
    ],
)
def test_one_moment(sim: Sim, start: int, how: str) -> None:
    kata = sim.kata
    channels = [kata.Channel(1), kata.Channel(1)]
    here, there = channels[start], channels[1 - start]
    here.send("first")

    def mover() -> None:
        there.send("second", timeout=0)  # only then is the other one taken: never are both empty
        here.try_recv()

    task = sim.spawn(mover)
    more = {"default": None} if how == "default" else {"timeout": 0}
    try:
        got = kata.select(*map(kata.recv_from, channels), **more)
        found = got.index >= 0
    except TimeoutError:
        found = False
    sim.join(task)
    assert found, f"there was a value in one of the two channels all the time; select({how}) found none"


@prop(
    "each ready case has the same chance",
    "Of two cases that are always ready neither is favoured, wherever they stand and whatever stands beside them.",
    given={
        "first": st.sampled_from(["recv", "send"]),
        "second": st.sampled_from(["recv", "send", "recv closed", "send closed"]),
        "idle": st.sampled_from([0, 5]),
    },
    examples=[
        {"first": "recv", "second": "recv", "idle": 0},
        {"first": "recv", "second": "recv", "idle": 5},
        {"first": "send", "second": "recv", "idle": 0},
        {"first": "recv", "second": "send closed", "idle": 0},
    ],
    workloads=6,
)
def test_fair_choice(sim: Sim, first: str, second: str, idle: int) -> None:
    kata = sim.kata
    cases = []
    for kind in (first, second):
        channel = kata.Channel(100)
        if kind == "recv":
            for value in range(100):
                channel.send(value)
        if kind.endswith("closed"):
            channel.close()
        cases.append(kata.recv_from(channel) if kind.startswith("recv") else kata.send_to(channel, 0))
    cases += [kata.recv_from(kata.Channel()) for _ in range(idle)]
    chosen = [0] * len(cases)
    for _ in range(100):
        try:
            chosen[kata.select(*cases).index] += 1
        except kata.ChannelClosed:
            chosen[1] += 1  # the send on the closed channel was chosen
    # A fair coin leaves one of its sides below 26 of 100 once in 1.7 million times.
    assert min(chosen[:2]) >= 26, (
        f"cases 0 and 1 were always ready, {idle} others never; of 100 selects they got {chosen[0]} and {chosen[1]}"
    )


@prop(
    "a ctx that is done wins over everything",
    "With a ctx that has ended select() raises its error, and does no case and takes no default.",
    given={
        "late": st.booleans(),
        "state": st.sampled_from(["ready", "idle", "closed"]),
        "more": st.sampled_from([{}, {"timeout": 0}, {"default": None}]),
    },
    examples=[
        {"late": False, "state": "ready", "more": {}},
        {"late": False, "state": "ready", "more": {"timeout": 0}},
        {"late": True, "state": "idle", "more": {"default": None}},
        {"late": True, "state": "closed", "more": {}},
    ],
)
def test_done_ctx(sim: Sim, late: bool, state: str, more: dict[str, Any]) -> None:
    kata = sim.kata
    full, empty = kata.Channel(1), kata.Channel(1 if state == "ready" else 0)
    if state == "ready":
        full.send("value")
    if state == "closed":
        full.close()
        empty.close()
    root = sim.context.Context.background()
    ctx = root.with_timeout(1) if late else root.with_cancel()
    if late:
        sim.sleep(2)
    else:
        ctx.cancel()
    began = sim.now
    expect(
        sim.context.DeadlineExceeded if late else sim.context.Cancelled,
        lambda: kata.select(kata.recv_from(full), kata.send_to(empty, "new"), ctx=ctx, **more),
        f"select({more}) with a done ctx, channels {state},",
    )
    assert sim.now == began, f"the ctx was done before the call, which took {sim.now - began} s to fail"
    lengths = [len(full), len(empty)]
    assert lengths == [state == "ready", 0], f"the call failed; the buffers hold {lengths} values"
    no_waiters([full, empty], "the call failed")
    ctx.cancel()


@prop(
    "a hand-off as the caller gives up is not lost",
    "A case and a time-out, cancel or deadline at the same instant: both sides agree on whether it was done.",
    given={"how": st.sampled_from(["timeout", "cancel", "deadline"]), "sends": st.booleans()},
    examples=[
        {"how": "timeout", "sends": False},
        {"how": "cancel", "sends": False},
        {"how": "deadline", "sends": False},
        {"how": "timeout", "sends": True},
        {"how": "cancel", "sends": True},
    ],
    stalls=True,
)
def test_hand_off_against_giving_up(sim: Sim, how: str, sends: bool) -> None:
    kata = sim.kata
    channel, other = kata.Channel(), kata.Channel()
    root = sim.context.Context.background()
    ctx = root.with_timeout(3) if how == "deadline" else root.with_cancel()
    more: dict[str, Any] = {"timeout": 3} if how == "timeout" else {"ctx": ctx}

    def waiter() -> str:
        case = kata.send_to(channel, "value") if sends else kata.recv_from(channel)
        try:
            got = kata.select(kata.recv_from(other), case, **more)
        except (TimeoutError, sim.context.Cancelled):
            return "gave up"
        assert seen(got) == (1, None if sends else "value", True), f"select() returned {got}"
        return "did it"

    def partner() -> str:
        sim.sleep(3)
        if sends:
            value, ok = channel.try_recv()
            assert value == ("value" if ok else None), f"the receiver got {value!r}"
        else:
            ok = channel.try_send("value")
        return "did it" if ok else "gave up"

    def canceller() -> None:
        sim.sleep(3)
        ctx.cancel()

    tasks = [sim.spawn(waiter, name="select"), sim.spawn(partner)]
    if how == "timeout":
        both = sim.join(*tasks)
    elif how == "cancel":
        both = sim.join(*tasks, sim.spawn(canceller))[:2]
    else:
        both = sim.join(*tasks)
    ctx.cancel()
    side = "receiver" if sends else "sender"
    assert both[0] == both[1], f"select() {both[0]}, the {side} on the other side {both[1]}"


@prop(
    "a select that gives up takes no value afterwards",
    "After a time-out or a cancel the channels are as if the call had never been made.",
    given={"how": st.sampled_from(["timeout", "cancel", "deadline"]), "capacity": st.integers(0, 1)},
)
def test_giving_up_leaves_nothing(sim: Sim, how: str, capacity: int) -> None:
    kata = sim.kata
    source, target = kata.Channel(capacity), kata.Channel()
    root = sim.context.Context.background()
    ctx = root.with_timeout(2) if how == "deadline" else root.with_cancel()

    def waiter() -> None:
        expect(
            sim.context.Cancelled if how == "cancel" else TimeoutError,
            lambda: kata.select(
                kata.recv_from(source),
                kata.send_to(target, "ghost"),
                timeout=2 if how == "timeout" else None,
                ctx=ctx,
            ),
            f"select() with a {how} at 2 s",
        )

    task = sim.spawn(waiter, name="select")
    sim.sleep(2)
    if how == "cancel":
        ctx.cancel()
    sim.join(task)
    accepted = source.try_send("value")
    assert accepted == bool(capacity), "select() has given up, and its leftover waiter accepted a value"
    assert len(source) == capacity, "select() has given up, and its leftover waiter took a value away"
    got = target.try_recv()
    assert got == (None, False), f"select() has given up, yet its value comes out: {got}"
    no_waiters([source, target], "select() has given up")
    ctx.cancel()


@prop(
    "no waiter is left in any channel",
    "However a waiting select() ends, it is in the queue of none of its channels any more.",
    given={"how": st.sampled_from(["received", "sent", "timeout", "cancel", "closed"])},
    examples=[{"how": "received"}, {"how": "timeout"}, {"how": "cancel"}, {"how": "closed"}],
)
def test_no_waiter_is_left(sim: Sim, how: str) -> None:
    kata = sim.kata
    channels = [kata.Channel() for _ in range(3)]
    one, two, three = channels
    ctx = sim.context.Context.background().with_cancel()

    def waiter() -> None:
        cases = kata.recv_from(one), kata.send_to(two, "value"), kata.send_to(three, "value")
        try:
            kata.select(*cases, kata.recv_from(three), timeout=2 if how == "timeout" else None, ctx=ctx)
        except (TimeoutError, sim.context.Cancelled, kata.ChannelClosed):
            pass

    task = sim.spawn(waiter, name="select")
    sim.sleep(1)
    if how == "received":
        one.send("value")
    elif how == "sent":
        two.recv()
    elif how == "cancel":
        ctx.cancel()
    elif how == "closed":
        two.close()
    sim.join(task)
    no_waiters(channels, f"select() is over ({how})")
    ctx.cancel()


@prop(
    "a call leaves nothing registered with its ctx",
    "However select() ends, a long-lived ctx must not collect the callbacks of calls that are over.",
    given={"how": st.sampled_from(["waited", "ready", "timeout", "cancel", "default", "closed"])},
)
def test_nothing_stays_registered(sim: Sim, how: str) -> None:
    kata = sim.kata
    channel = kata.Channel(1)
    ctx = sim.context.Context.background().with_cancel()
    spy = Spy(ctx)
    if how == "ready":
        channel.send("value")
    more: dict[str, Any] = (
        {"default": None} if how == "default" else {"timeout": 2 if how == "timeout" else 9}
    )

    def waiter() -> None:
        try:
            kata.select(kata.recv_from(channel), kata.recv_from(kata.Channel()), ctx=spy, **more)
        except (TimeoutError, sim.context.Cancelled):
            pass

    task = sim.spawn(waiter, name="select")
    sim.sleep(1)
    if how == "waited":
        channel.send("value")
    elif how == "cancel":
        ctx.cancel()
    elif how == "closed":
        channel.close()
    sim.join(task)
    assert spy.registered == 0, f"select() is over ({how}); {spy.registered} callbacks are still registered"
    ctx.cancel()


@prop(
    "a waiting select stands in line like everybody else",
    "Values go to those who wait in the order in which they came, selects and plain receivers alike, and at once.",
    given={"line": st.lists(st.sampled_from(["select", "recv"]), min_size=1, max_size=3)},
    examples=[{"line": ["select"]}, {"line": ["select", "recv"]}, {"line": ["recv", "select", "select"]}],
)
def test_stands_in_line(sim: Sim, line: list[str]) -> None:
    kata = sim.kata
    channel, idle = kata.Channel(), kata.Channel()

    def wait(place: int, how: str) -> tuple[Any, float]:
        sim.sleep(place + 1)  # each is in the queue before time lets the next one come
        if how == "recv":
            return channel.recv(), sim.now
        return kata.select(kata.recv_from(idle), kata.recv_from(channel)).value, sim.now

    tasks = [sim.spawn(wait, place, how, name=how) for place, how in enumerate(line)]
    for place in range(len(line)):
        sim.sleep(10 if place == 0 else 1)
        assert channel.try_send(place), (
            f"try_send() found nobody at {sim.now} s, though {line[place:]} wait in this order"
        )
    got = sim.join(*tasks)
    expected = [(place, 10.0 + place) for place in range(len(line))]
    assert got == expected, f"{line} came in this order; expected (value, time) {expected}, got {got}"


@prop(
    "a waiting select goes on at the very moment a case becomes ready",
    "A sender, a receiver, room in a buffer or a close wakes it at once, with the right result.",
    given={
        "event": st.sampled_from(["value", "None", "receiver", "room", "close recv", "close send"]),
        "cancellable": st.booleans(),
    },
    examples=[
        {"event": "None", "cancellable": False},
        {"event": "close send", "cancellable": False},
        {"event": "value", "cancellable": False},
        {"event": "receiver", "cancellable": False},
        {"event": "room", "cancellable": True},
        {"event": "close recv", "cancellable": False},
    ],
)
def test_goes_on_at_once(sim: Sim, event: str, cancellable: bool) -> None:
    kata = sim.kata
    source, target = kata.Channel(), kata.Channel(1 if event == "room" else 0)
    if event == "room":
        target.send("old")
    ctx = sim.context.Context.background().with_cancel() if cancellable else None

    def waiter() -> tuple[Any, float]:
        cases = kata.recv_from(None), kata.recv_from(source), kata.send_to(target, "new")
        try:
            got = kata.select(*cases, timeout=50, ctx=ctx)
        except (kata.ChannelClosed, TimeoutError) as error:
            return type(error).__name__, sim.now
        return seen(got), sim.now

    def act() -> Any:
        sim.sleep(3)
        if event in ("value", "None"):
            return source.send("value" if event == "value" else None)
        if event in ("receiver", "room"):
            return target.recv()
        return (source if event == "close recv" else target).close()

    expected: Any = {
        "value": (1, "value", True),
        "None": (1, None, True),
        "close recv": (1, None, False),
        "close send": "ChannelClosed",
    }.get(event, (2, None, True))
    task, other = sim.spawn(waiter, name="select"), sim.spawn(act, name="partner")
    got = task.result()
    assert got == (expected, 3.0), (
        f"{event} at 3 s: expected (result, time) {(expected, 3.0)}, select() gave {got}"
    )
    taken = other.result()
    if event in ("receiver", "room"):
        wanted = "new" if event == "receiver" else "old"
        assert taken == wanted, f"the receiver got {taken!r} instead of {wanted!r}"
    kept = drain(target)
    assert kept == (["new"] if event == "room" else []), f"the target's buffer holds {kept}"
    no_waiters([source, target], f"select() is over ({event})")


@prop(
    "a close against a send: one of them comes first",
    "Two channels of a waiting select(), one closed while the other gets a value: it returns one of the two, and "
    "the value is not lost.",
    given={"sends": st.booleans()},
    examples=[{"sends": False}, {"sends": True}],
    stalls=True,
)
def test_close_against_send(sim: Sim, sends: bool) -> None:
    kata = sim.kata
    source, closing = kata.Channel(), kata.Channel()

    def waiter() -> Any:
        case = kata.send_to(closing, "new") if sends else kata.recv_from(closing)
        try:
            return seen(kata.select(case, kata.recv_from(source)))
        except kata.ChannelClosed:
            return "ChannelClosed"

    def sender() -> bool:
        return source.try_send("value")

    task = sim.spawn(waiter, name="select")
    sim.sleep(1)
    tasks = sim.spawn(sender), sim.spawn(closing.close, name="closer")
    accepted = sim.join(*tasks)[0]
    got = sim.join(task)[0]
    expected = (1, "value", True) if accepted else "ChannelClosed" if sends else (0, None, False)
    assert got == expected, (
        f"the value was {'accepted' if accepted else 'refused'}: expected {expected}, select() gave {got}"
    )


@prop(
    "a channel may be in several cases",
    "Cases on one channel are cases like any other: whoever comes meets one of them, once.",
    given={
        "kinds": st.lists(st.sampled_from(["recv", "send"]), min_size=2, max_size=3),
        "partner": st.sampled_from(["send", "recv"]),
        "waits": st.booleans(),
    },
    examples=[
        {"kinds": ["recv", "recv"], "partner": "send", "waits": True},
        {"kinds": ["send", "send"], "partner": "recv", "waits": True},
        {"kinds": ["send", "recv"], "partner": "recv", "waits": False},
    ],
)
def test_same_channel(sim: Sim, kinds: list[str], partner: str, waits: bool) -> None:
    kata = sim.kata
    channel = kata.Channel()
    fits = [index for index, kind in enumerate(kinds) if kind != partner]

    def waiter() -> Any:
        cases = [
            kata.recv_from(channel) if kind == "recv" else kata.send_to(channel, index)
            for index, kind in enumerate(kinds)
        ]
        sim.sleep(1 if waits else 3)
        try:
            return seen(kata.select(*cases, timeout=5))
        except TimeoutError:
            return None

    def other() -> Any:
        sim.sleep(2)
        try:
            return channel.send("value", timeout=2) if partner == "send" else channel.recv(timeout=2)
        except TimeoutError:
            return "nobody"

    got, taken = sim.join(sim.spawn(waiter, name="select"), sim.spawn(other, name=partner))
    if not fits:
        assert (got, taken) == (None, "nobody"), f"nobody can meet, yet {got} and {taken!r}"
    else:
        assert got is not None and got[0] in fits, (
            f"one of the cases {fits} was to be done, select() gave {got}"
        )
        expected = (got[0], "value", True) if partner == "send" else (got[0], None, True)
        assert got == expected, f"expected {expected}, select() gave {got}"
        wanted = None if partner == "send" else got[0]
        assert taken == wanted, f"case {got[0]} was done; the other side got {taken!r} instead of {wanted!r}"
    no_waiters([channel], "all calls are over")


@prop(
    "a time-out is exact",
    "select(timeout=t) gives up exactly t seconds after the call, also with no channel at all, and whatever "
    "others do on its channels meanwhile.",
    given={
        "timeout": st.sampled_from([0, 0.25, 1, 7.5]),
        "channels": st.integers(0, 2),
        "disturbed": st.booleans(),
        "cancellable": st.booleans(),
    },
    examples=[
        {"timeout": 7.5, "channels": 2, "disturbed": True, "cancellable": False},
        {"timeout": 0, "channels": 2, "disturbed": False, "cancellable": True},
        {"timeout": 1, "channels": 0, "disturbed": False, "cancellable": False},
    ],
)
def test_exact_timeout(sim: Sim, timeout: float, channels: int, disturbed: bool, cancellable: bool) -> None:
    kata = sim.kata
    ctx = sim.context.Context.background().with_cancel() if cancellable else None
    made = [kata.Channel() for _ in range(channels)]
    began = sim.now

    def disturb() -> None:
        # Comes first and stands before the other in every queue, so it gets the value.
        assert kata.select(*map(kata.recv_from, made), timeout=timeout + 9).value == "value"

    if disturbed and timeout and made:
        sim.spawn(disturb)
        sim.sleep(1)
        began = sim.now
        sim.spawn(lambda: (sim.sleep(timeout / 2), made[-1].send("value")), name="sender")
    expect(
        TimeoutError,
        lambda: kata.select(kata.recv_from(None), *map(kata.recv_from, made), timeout=timeout, ctx=ctx),
        f"select(timeout={timeout}) on {channels} channels",
    )
    assert sim.now - began == timeout, f"select(timeout={timeout}) gave up after {sim.now - began} s"
    sim.join()


@prop(
    "a cancel wakes a waiting select at once",
    "It raises the error of its ctx at the very instant the ctx ends, even if the timeout ends with it.",
    given={
        "deadline": st.booleans(),
        "timeout": st.sampled_from([None, 10, 3]),
        "channels": st.integers(0, 1),
    },
    examples=[
        {"deadline": False, "timeout": 10, "channels": 1},
        {"deadline": True, "timeout": 3, "channels": 1},
        {"deadline": False, "timeout": None, "channels": 0},
    ],
)
def test_cancel_wakes_at_once(sim: Sim, deadline: bool, timeout: float | None, channels: int) -> None:
    kata = sim.kata
    made = [kata.Channel() for _ in range(channels)]
    root = sim.context.Context.background()
    ctx = root.with_timeout(3) if deadline else root.with_cancel()
    error = sim.context.DeadlineExceeded if deadline else sim.context.Cancelled
    if not deadline and timeout == 3:
        timeout = 4  # a cancel and a time-out at one instant: either may be first

    def waiter() -> float:
        expect(
            error,
            lambda: kata.select(kata.recv_from(None), *map(kata.recv_from, made), timeout=timeout, ctx=ctx),
            f"select(timeout={timeout}) with a ctx that ends at 3 s",
        )
        return sim.now

    task = sim.spawn(waiter, name="select")
    sim.sleep(3)
    if not deadline:
        ctx.cancel()
    ended = sim.join(task)[0]
    ctx.cancel()
    assert ended == 3.0, f"the ctx ended at 3 s, select() at {ended} s"


@prop(
    "a waiting select sleeps, it does not poll",
    "It is woken when a case is done; it does not wake up to look in between, not even for its ctx.",
    given={"cancellable": st.booleans()},
)
def test_no_polling(sim: Sim, cancellable: bool) -> None:
    kata = sim.kata
    channels = [kata.Channel(), kata.Channel()]
    ctx = sim.context.Context.background().with_cancel() if cancellable else None

    def waiter() -> int:
        before = sim.wakeups
        kata.select(*map(kata.recv_from, channels), timeout=1000, ctx=ctx)
        return sim.wakeups - before

    task = sim.spawn(waiter, name="select")
    sim.sleep(500)
    channels[1].send("value")
    woken = sim.join(task)[0]
    assert woken <= 6, f"a select() served after 500 s woke up {woken} times"
    if ctx is not None:
        ctx.cancel()


@prop(
    "bad arguments are refused at the call that got them",
    "Cases and time-outs that make no sense raise TypeError or ValueError, and so does a call that could never "
    "end; nothing changes.",
)
def test_bad_arguments(sim: Sim) -> None:
    kata = sim.kata
    full = kata.Channel(1)
    full.send("value")
    ctx = sim.context.Context.background().with_cancel()
    ctx.cancel()
    timeouts: tuple[tuple[Any, type[Exception]], ...] = (
        (-1, ValueError),
        (math.nan, ValueError),
        (math.inf, ValueError),
        (1e300, ValueError),
        ("1", TypeError),
        (True, TypeError),
    )
    for more in ({}, {"ctx": ctx}, {"default": None}):
        for timeout, error in timeouts:
            expect(
                error,
                lambda timeout=timeout, more=more: kata.select(kata.recv_from(full), timeout=timeout, **more),
                f"select(timeout={timeout!r}, {more})",
            )
        for case in (full, None, (full, "value"), "recv"):
            expect(
                TypeError,
                lambda case=case, more=more: kata.select(kata.recv_from(full), case, **more),
                f"select(recv_from(channel), {case!r}, {more})",
            )
    assert len(full) == 1, "a refused call took a value"
    expect(ValueError, lambda: kata.select(), "select() without any case")
    expect(
        ValueError,
        lambda: kata.select(kata.recv_from(None), kata.send_to(None, 1)),
        "select() of cases without a channel",
    )
    got = kata.select(default=None)
    assert seen(got) == (-1, None, False), f"select(default=None) returned {got}"
    got = kata.select(kata.recv_from(None), default=None, timeout=5)
    assert (seen(got), sim.now) == ((-1, None, False), 0.0), (
        f"with a default select() never waits; it returned {got} at {sim.now} s"
    )
