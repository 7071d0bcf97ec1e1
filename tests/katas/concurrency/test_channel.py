"""Hidden properties of the kata ``channel``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import hypothesis.strategies as st

from dojo.checking.linearizability import Answer, Model, Operation, check
from dojo.checking.property import prop
from dojo.checking.scenario import Spy, expect
from dojo.checking.sim import Sim, Task

CAPACITY = st.integers(0, 2)
SIDES = st.sampled_from(["send", "recv"])
ENDINGS = ["timeout", "cancel", "deadline"]


def drain(channel: Any) -> list[Any]:
    """Take with try_recv() all that can be had at once."""
    got = []
    while True:
        try:
            value, ok = channel.try_recv()
        except Exception as error:
            assert type(error).__name__ == "ChannelClosed", f"try_recv() raised {error!r}"
            return got
        if not ok:
            return got
        got.append(value)


def fill(channel: Any, capacity: int) -> list[str]:
    """Send as many values as the buffer holds."""
    values = [f"old {number}" for number in range(1, capacity + 1)]
    for value in values:
        assert channel.try_send(value), f"try_send() found no room for value {value!r} of {capacity}"
    return values


def ending_ctx(sim: Sim, how: str, seconds: float) -> Any:
    """A context that ends by itself after ``seconds`` if ``how`` is "deadline", else one to be cancelled."""
    root = sim.context.Context.background()
    return root.with_timeout(seconds) if how == "deadline" else root.with_cancel()


# --- values ----------------------------------------------------------------------------------------


@prop(
    "each value that was sent comes out exactly once",
    "Nothing is lost, nothing is doubled, the values of one sender stay in order, and the buffer never "
    "holds more than `capacity`.",
    given={
        "capacity": CAPACITY,
        "senders": st.lists(st.integers(1, 2), min_size=1, max_size=3),
        "receivers": st.integers(1, 2),
    },
    examples=[
        {"capacity": 1, "senders": [1, 2], "receivers": 1},
        {"capacity": 0, "senders": [2], "receivers": 2},
        {"capacity": 1, "senders": [1, 1, 1], "receivers": 1},
    ],
    stalls=True,
)
def test_each_value_comes_out_once(sim: Sim, capacity: int, senders: list[int], receivers: int) -> None:
    channel = sim.kata.Channel(capacity)

    def send(sender: int, values: int) -> None:
        for number in range(values):
            channel.send([sender, number])
            held = len(channel)
            assert held <= capacity, f"the buffer for {capacity} values holds {held}"

    def receive(count: int) -> list[list[int]]:
        got = []
        for _ in range(count):
            got.append(channel.recv())
            held = len(channel)
            assert held <= capacity, f"the buffer for {capacity} values holds {held}"
        return got

    total = sum(senders)
    shares = [total - total // 2, total // 2] if receivers == 2 else [total]
    sending = [sim.spawn(send, each, count, name=f"sender-{each}") for each, count in enumerate(senders)]
    receiving = [sim.spawn(receive, share, name=f"receiver-{n}") for n, share in enumerate(shares)]
    sim.join(*sending)
    got: list[list[list[int]]] = sim.join(*receiving)
    sent = [[sender, number] for sender, count in enumerate(senders) for number in range(count)]
    everything = sorted((value for values in got for value in values), key=str)  # there may be None among them
    assert everything == sent, f"sent [sender, number]: {sent}; received: {everything}"
    for values in got:
        for sender in range(len(senders)):
            numbers = [number for each, number in values if each == sender]
            assert numbers == sorted(numbers), f"sender {sender} sent in order, one receiver got {numbers}"


@prop(
    "an unbuffered send returns when its value was taken, and not before",
    "Without a buffer sender and receiver meet: whoever comes first waits for the other.",
    given={
        "takes": st.sampled_from(["recv", "try_recv", "loop"]),
        "sender_at": st.integers(0, 4),
    },
    examples=[
        {"takes": "recv", "sender_at": 0},
        {"takes": "recv", "sender_at": 3},
        {"takes": "loop", "sender_at": 4},
        {"takes": "try_recv", "sender_at": 0},
    ],
    workloads=6,
)
def test_unbuffered_send_returns_when_taken(sim: Sim, takes: str, sender_at: int) -> None:
    if takes == "try_recv":
        sender_at = min(sender_at, 2)  # it does not wait, so the sender has to be there
    channel = sim.kata.Channel()
    asked = 0

    def send() -> list[float]:
        sim.sleep(sender_at)
        times = []
        for value in ("a", "b"):
            channel.send(value)
            times.append(sim.now)
            assert asked >= len(times), f"send({value!r}) returned before anybody asked for that value"
        return times

    def receive() -> list[str]:
        nonlocal asked
        got = []
        loop = iter(channel)
        for _ in range(2):
            sim.sleep(3)
            asked += 1
            if takes == "recv":
                got.append(channel.recv())
            elif takes == "loop":
                got.append(next(loop))
            else:
                value, ok = channel.try_recv()
                assert ok, "a sender is waiting, yet try_recv() got nothing"
                got.append(value)
        return got

    receiver = sim.spawn(receive)
    sender = sim.spawn(send)
    times, got = sim.join(sender, receiver)
    first = max(3.0, float(sender_at))
    assert got == ["a", "b"], f"sent 'a' and 'b', received {got}"
    assert times == [first, first + 3], (
        f"sender from {sender_at} s on, receiver at {first} s and {first + 3} s; the sends returned at {times}"
    )
    assert len(channel) == 0, f"an unbuffered channel has length {len(channel)}"


@prop(
    "nobody waits who could go on",
    "A send returns at the instant in which its value is accepted, a receive at the instant in which there "
    "is a value.",
    given={"capacity": CAPACITY, "slow": st.sampled_from(["sender", "receiver"])},
    examples=[
        {"capacity": 1, "slow": "receiver"},
        {"capacity": 0, "slow": "sender"},
        {"capacity": 2, "slow": "receiver"},
    ],
    workloads=6,
)
def test_nobody_waits_without_need(sim: Sim, capacity: int, slow: str) -> None:
    channel = sim.kata.Channel(capacity)
    count = 4

    def send() -> list[float]:
        times = []
        for number in range(count):
            if slow == "sender":
                sim.sleep(1)
            channel.send(number)
            times.append(sim.now)
        return times

    def receive() -> list[float]:
        times = []
        for number in range(count):
            if slow == "receiver":
                sim.sleep(1)
                left = count - number
                held = len(channel)
                assert held == min(capacity, left), (
                    f"{left} values to come, room for {capacity}: {held} are in the buffer"
                )
            got = channel.recv()
            assert got == number, f"value {number} is due, received {got!r}"
            times.append(sim.now)
        return times

    sent, received = sim.join(sim.spawn(send), sim.spawn(receive))
    steps = [float(number + 1) for number in range(count)]
    due = steps if slow == "sender" else [max(0.0, step - capacity) for step in steps]
    assert received == steps, f"values can be received at {steps} s, recv() returned at {received}"
    assert sent == due, f"values can be accepted at {due} s, send() returned at {sent}"


class _Queue:
    """What one thread alone sees: a bounded queue that can be closed."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self.values: list[Any] = []
        self.closed = False

    def apply(self, operation: str, value: Any) -> Any:
        """The result of an operation, or the name of the error that it raises."""
        if operation in ("send", "try_send"):
            if self.closed:
                return "ChannelClosed"
            fits = len(self.values) < self.capacity
            if fits:
                self.values.append(value)
            return fits if operation == "try_send" else None if fits else "TimeoutError"
        if operation in ("recv", "try_recv"):
            if self.values:
                first = self.values.pop(0)
                return (first, True) if operation == "try_recv" else first
            if self.closed:
                return "ChannelClosed"
            return (None, False) if operation == "try_recv" else "TimeoutError"
        if operation == "close":
            if self.closed:
                return "ChannelClosed"
            self.closed = True
        return None


def outcome(fn: Callable[[], Any]) -> Any:
    """What a call returns, or the name of the error that it raises."""
    try:
        return fn()
    except Exception as error:
        return type(error).__name__


@prop(
    "to one thread alone a channel is a bounded queue",
    "Calls that do not block, one after the other: values in order, None among them, full, empty, closed and "
    "drained.",
    given={
        "capacity": st.integers(0, 3),
        "operations": st.lists(
            st.sampled_from(["send", "try_send", "recv", "try_recv", "close"]), min_size=1, max_size=9
        ),
    },
    examples=[
        {"capacity": 1, "operations": ["try_send", "try_send", "try_recv", "try_recv", "send", "recv"]},
        {"capacity": 2, "operations": ["send", "send", "send", "close", "recv", "try_recv", "try_recv"]},
        {"capacity": 1, "operations": ["send", "close", "recv", "recv", "send", "try_send", "close"]},
        {"capacity": 0, "operations": ["send", "try_send", "recv", "try_recv", "close", "recv", "try_recv"]},
    ],
    workloads=12,
)
def test_alone_a_channel_is_a_bounded_queue(sim: Sim, capacity: int, operations: list[str]) -> None:
    channel = sim.kata.Channel(capacity)
    queue = _Queue(capacity)
    said: list[str] = []
    for number, operation in enumerate(operations):
        value = None if number % 3 == 0 else number
        calls: dict[str, Callable[[], Any]] = {
            "send": lambda value=value: channel.send(value, timeout=0),
            "try_send": lambda value=value: channel.try_send(value),
            "recv": lambda: channel.recv(timeout=0),
            "try_recv": channel.try_recv,
            "close": channel.close,
        }
        began = sim.now
        expected, found = queue.apply(operation, value), outcome(calls[operation])
        call = {
            "send": f"send({value}, timeout=0)",
            "try_send": f"try_send({value})",
            "recv": "recv(timeout=0)",
        }
        said.append(call.get(operation, f"{operation}()"))
        story = f"capacity {capacity}: {', '.join(said)}"
        assert found == expected and type(found) is type(expected), (
            f"{story} must give {expected!r} in the end, it gave {found!r}"
        )
        assert sim.now == began, f"{story}: the last call took {sim.now - began} s"
        held = len(queue.values)
        assert len(channel) == held, f"{story}: {held} in the buffer, len() is {len(channel)}"
        assert channel.closed is queue.closed, f"{story}: closed is {channel.closed!r}"


# --- who is served ---------------------------------------------------------------------------------


@prop(
    "those who wait are served in the order in which they came",
    "The first waiting sender is accepted first, the first waiting receiver gets the first value.",
    given={"side": SIDES, "capacity": CAPACITY, "waiters": st.integers(2, 3)},
    examples=[
        {"side": "send", "capacity": 0, "waiters": 3},
        {"side": "send", "capacity": 1, "waiters": 2},
        {"side": "recv", "capacity": 0, "waiters": 2},
        {"side": "recv", "capacity": 2, "waiters": 3},
    ],
    workloads=6,
)
def test_first_come_first_served(sim: Sim, side: str, capacity: int, waiters: int) -> None:
    channel = sim.kata.Channel(capacity)
    places = list(range(waiters))

    def wait_in_line(place: int) -> Any:
        sim.sleep(place + 1)  # each is in the queue before time lets the next one come
        return channel.send(place) if side == "send" else channel.recv()

    before = fill(channel, capacity) if side == "send" else []
    tasks = [sim.spawn(wait_in_line, place, name=f"waiter-{place}") for place in places]
    sim.sleep(50)
    if side == "send":
        got = [channel.recv() for _ in range(capacity + waiters)]
        sim.join(*tasks)
        assert got == before + places, f"accepted in the order {before + places}, received {got}"
    else:
        for place in places:
            channel.send(place)
        got = sim.join(*tasks)
        assert got == places, f"sent {places} to receivers that came in that order; they got {got}"


@prop(
    "a newcomer overtakes nobody",
    "Room that a receiver makes belongs to the first waiting sender, and a value that a sender brings to the "
    "first waiting receiver, even if they have not woken up yet.",
    given={"side": SIDES, "capacity": CAPACITY, "newcomer": st.sampled_from(["try", "timeout=0", "waits"])},
    examples=[
        {"side": "send", "capacity": 1, "newcomer": "try"},
        {"side": "recv", "capacity": 1, "newcomer": "try"},
        {"side": "send", "capacity": 1, "newcomer": "waits"},
        {"side": "recv", "capacity": 0, "newcomer": "waits"},
    ],
    workloads=8,
)
def test_newcomers_overtake_nobody(sim: Sim, side: str, capacity: int, newcomer: str) -> None:
    channel = sim.kata.Channel(capacity)
    before = fill(channel, capacity) if side == "send" else []
    first = sim.spawn(lambda: channel.send("first") if side == "send" else channel.recv(), name="first")
    late: Task | None = None

    def come_late() -> Any:
        sim.sleep(1)
        return channel.send("late") if side == "send" else channel.recv()

    if newcomer == "waits":
        late = sim.spawn(come_late, name="newcomer")
        sim.sleep(1)  # and now both at the same instant
    else:
        sim.sleep(1)
    if side == "send":
        got = [channel.recv()]
        if newcomer == "try":
            assert not channel.try_send("late"), (
                "a receive made room for a waiting sender; try_send() took it"
            )
        elif newcomer == "timeout=0":
            expect(
                TimeoutError, lambda: channel.send("late", timeout=0), "send(timeout=0) beside a waiting one"
            )
        due = [*before, "first", *(["late"] if late else [])]
        got += [channel.recv() for _ in due[1:]]
        assert got == due, f"values come out in the order in which their senders came: {due}, not {got}"
        first.result()
    else:
        channel.send("one")
        if newcomer == "try":
            taken = channel.try_recv()
            assert taken == (None, False), f"a value for a waiting receiver was taken by try_recv(): {taken}"
        elif newcomer == "timeout=0":
            expect(TimeoutError, lambda: channel.recv(timeout=0), "recv(timeout=0) beside a waiting one")
        if late:
            channel.send("two")
        assert first.result() == "one", f"the receiver that waited got {first.result()!r} instead of 'one'"
    if late:
        assert late.result() == (None if side == "send" else "two"), f"the newcomer got {late.result()!r}"


@prop(
    "a try meets whoever is waiting",
    "try_send() succeeds once for each waiting receiver, try_recv() takes what a waiting sender has.",
    given={"side": SIDES, "capacity": CAPACITY, "waiters": st.integers(1, 2)},
    examples=[
        {"side": "send", "capacity": 0, "waiters": 1},
        {"side": "recv", "capacity": 1, "waiters": 1},
        {"side": "recv", "capacity": 0, "waiters": 2},
    ],
    workloads=6,
)
def test_tries_meet_who_is_waiting(sim: Sim, side: str, capacity: int, waiters: int) -> None:
    channel = sim.kata.Channel(capacity)
    there = f"capacity {capacity}, {waiters} waiting"
    if side == "recv":
        before = fill(channel, capacity)
        tasks = [sim.spawn(channel.send, "waited", name=f"sender-{n}") for n in range(waiters)]
        sim.sleep(1)
        due = before + ["waited"] * waiters
        value, ok = channel.try_recv()
        assert ok, f"{there} to send, yet try_recv() got nothing"
        held = len(channel)
        assert held == capacity, f"{there} to send: one moves up when a value is taken, yet len() is {held}"
        sim.sleep(1)
        gone = sum(task.finished for task in tasks)
        assert gone == 1, f"{there} to send: one value was taken, {gone} sends have returned since"
        got = [value, *drain(channel)]
        assert got == due, f"{there} to send: try_recv() can take {due}, it took {got}"
        sim.join(*tasks)
    else:
        tasks = [sim.spawn(channel.recv, name=f"receiver-{n}") for n in range(waiters)]
        sim.sleep(1)
        room = waiters + capacity
        sent = [channel.try_send(number) for number in range(room + 1)]
        due = [True] * room + [False]
        assert sent == due, f"{there} to receive: {room} try_send() and no more can succeed, they gave {sent}"
        assert sorted(sim.join(*tasks)) == list(range(waiters)), "the receivers got something else"
        left = drain(channel)
        assert left == list(range(waiters, room)), f"{there} to receive: the buffer then held {left}"


@prop(
    "two tries never meet",
    "On an unbuffered channel a try succeeds only with somebody who is waiting, and a call that does not wait "
    "is nobody to meet.",
    given={
        "sender": st.sampled_from(["try_send", "send"]),
        "receiver": st.sampled_from(["try_recv", "recv"]),
    },
    examples=[
        {"sender": "send", "receiver": "try_recv"},
        {"sender": "try_send", "receiver": "recv"},
    ],
    stalls=True,
    workloads=4,
)
def test_two_tries_never_meet(sim: Sim, sender: str, receiver: str) -> None:
    channel = sim.kata.Channel()
    send = channel.try_send if sender == "try_send" else lambda value: channel.send(value, timeout=0)
    receive = channel.try_recv if receiver == "try_recv" else lambda: channel.recv(timeout=0)
    sent, got = sim.join(
        sim.spawn(lambda: outcome(lambda: send("x")), name="sender"),
        sim.spawn(lambda: outcome(receive), name="receiver"),
    )
    due = (
        False if sender == "try_send" else "TimeoutError",
        (None, False) if receiver == "try_recv" else "TimeoutError",
    )
    assert (sent, got) == due, (
        f"neither waits, so neither can find the other waiting: {sender} and {receiver} gave {sent!r} and "
        f"{got!r} instead of {due[0]!r} and {due[1]!r}"
    )


# --- giving up -------------------------------------------------------------------------------------


@prop(
    "a hand-off that meets a timeout or a cancel happens for both or for neither",
    "A send that returned was received and one that raised was not; no value is lost, and if one gives up "
    "the next in the queue is served instead.",
    given={
        "side": SIDES,
        "capacity": st.integers(0, 1),
        "how": st.sampled_from(ENDINGS),
        "behind": st.booleans(),
    },
    examples=[
        {"side": "recv", "capacity": 0, "how": "cancel", "behind": False},
        {"side": "send", "capacity": 1, "how": "timeout", "behind": True},
        {"side": "send", "capacity": 1, "how": "cancel", "behind": True},
        {"side": "recv", "capacity": 0, "how": "timeout", "behind": True},
        {"side": "send", "capacity": 0, "how": "cancel", "behind": False},
        {"side": "recv", "capacity": 1, "how": "deadline", "behind": False},
        {"side": "send", "capacity": 1, "how": "deadline", "behind": True},
    ],
    workloads=8,
)
def test_hand_off_against_giving_up(sim: Sim, side: str, capacity: int, how: str, behind: bool) -> None:
    channel = sim.kata.Channel(capacity)
    ctx = ending_ctx(sim, how, 3)
    before = fill(channel, capacity) if side == "send" else []

    def leave_perhaps() -> Any:
        timeout = 3 if how == "timeout" else None
        try:
            return channel.send("a", timeout, ctx) if side == "send" else channel.recv(timeout, ctx)
        except (TimeoutError, sim.context.Cancelled):
            return "gave up"

    def stay() -> Any:
        sim.sleep(1)
        return channel.send("b") if side == "send" else channel.recv(), sim.now

    def cancel() -> None:
        sim.sleep(3)
        ctx.cancel()

    impatient = sim.spawn(leave_perhaps, name="impatient")
    patient = sim.spawn(stay, name="patient") if behind else None
    canceller = sim.spawn(cancel) if how == "cancel" else None
    sim.sleep(3)
    if side == "send":
        value, ok = channel.try_recv()
        first = impatient.result()
        if patient and first == "gave up":
            _, served = patient.result()
            assert served == 3.0, (
                f"the first sender gave up at 3 s, the next went on at {served} s, not at once"
            )
        got = [*([value] if ok else []), *drain(channel)]
        due = before + ([] if first == "gave up" else ["a"]) + (["b"] if behind else [])
        said = "raised" if first == "gave up" else "returned"
        assert got == due, (
            f"send('a') {said}{', send(b) was behind it' if behind else ''}: received {got}, not {due}"
        )
    else:
        accepted = channel.try_send("x")
        first = impatient.result()
        if first != "gave up":
            assert first == "x", f"'x' was sent, recv() returned {first!r}"
            assert accepted, "try_send('x') gave False, yet 'x' was received"
            if patient:
                channel.send("y")
        if patient:
            second, served = patient.result()
            due = "x" if first == "gave up" else "y"
            assert second == due, (
                f"the first receiver: {first!r}; the second must get {due!r}, not {second!r}"
            )
            assert served == 3.0, f"there was a value for the second receiver at 3 s, it had it at {served} s"
        left = drain(channel)
        due = ["x"] if accepted and first == "gave up" and not behind else []
        assert left == due, (
            f"try_send('x') gave {accepted}, the receiver: {first!r}; after that {left} is left"
        )
        assert len(left) <= capacity, (
            f"try_send('x') gave True, but the receiver: {first!r}; {left} is in a buffer for {capacity}"
        )
    sim.join(*[task for task in (patient, canceller) if task])
    ctx.cancel()


@prop(
    "a call that gave up leaves no trace",
    "Its value is never received, it swallows no value, and others in the queue are served as if it had never "
    "been there.",
    given={
        "side": SIDES,
        "capacity": CAPACITY,
        "how": st.sampled_from(ENDINGS),
        "other": st.sampled_from(["none", "ahead", "behind"]),
    },
    examples=[
        {"side": "send", "capacity": 0, "how": "timeout", "other": "none"},
        {"side": "recv", "capacity": 0, "how": "timeout", "other": "none"},
        {"side": "send", "capacity": 1, "how": "cancel", "other": "behind"},
        {"side": "send", "capacity": 0, "how": "cancel", "other": "ahead"},
        {"side": "recv", "capacity": 1, "how": "deadline", "other": "none"},
        {"side": "recv", "capacity": 0, "how": "cancel", "other": "behind"},
    ],
)
def test_giving_up_leaves_no_trace(sim: Sim, side: str, capacity: int, how: str, other: str) -> None:
    channel = sim.kata.Channel(capacity)
    ctx = ending_ctx(sim, how, 3)
    before = fill(channel, capacity) if side == "send" else []

    def leave() -> None:
        sim.sleep(1)
        timeout = 2 if how == "timeout" else None
        error = {"timeout": TimeoutError, "cancel": sim.context.Cancelled}.get(
            how, sim.context.DeadlineExceeded
        )
        expect(
            error,
            lambda: channel.send("x", timeout, ctx) if side == "send" else channel.recv(timeout, ctx),
            f"{side}() that nobody answers ({how} after 2 s)",
        )

    def stay() -> Any:
        sim.sleep(0 if other == "ahead" else 2)
        return channel.send("x") if side == "send" else channel.recv()  # a value equal to the one given up

    leaving = sim.spawn(leave)
    staying = None if other == "none" else sim.spawn(stay)
    sim.sleep(3)
    if how == "cancel":
        ctx.cancel()
    leaving.result()
    sim.sleep(1)
    others = "nobody else" if staying is None else f"another one, {other},"
    if side == "send":
        got = drain(channel)
        due = before + (["x"] if staying else [])
        assert got == due, f"a send gave up ({how}), {others} waits to send: {due} can be received, not {got}"
        if staying:
            staying.result()
    else:
        sent = channel.try_send("value")
        room = staying is not None or capacity > 0
        assert sent == room, (
            f"a recv gave up ({how}), {others} waits to receive, capacity {capacity}: try_send() gave {sent}"
        )
        got = [staying.result()] if staying else drain(channel)
        due = ["value"] if room else []
        assert got == due, f"a recv gave up ({how}), {others} waits; sent after that: {due}, received: {got}"
        assert len(channel) == 0, f"all was received, len() is {len(channel)}"
    ctx.cancel()


@prop(
    "a ctx that is already done beats everything",
    "A call whose ctx has ended raises its error at once and changes nothing, be the channel ready, stuck or "
    "closed.",
    given={
        "side": SIDES,
        "state": st.sampled_from(["ready", "stuck", "closed"]),
        "late": st.booleans(),
        "timeout": st.sampled_from([None, 0, 1]),
    },
    examples=[
        {"side": side, "state": state, "late": late, "timeout": timeout}
        for side in ("send", "recv")
        for state, late, timeout in (("ready", False, 0), ("ready", True, None), ("closed", False, None))
    ],
)
def test_done_ctx_beats_everything(
    sim: Sim, side: str, state: str, late: bool, timeout: float | None
) -> None:
    channel = sim.kata.Channel(1)
    if (side == "send") == (state == "stuck"):
        channel.send("old")
    if state == "closed":
        channel.close()
    held = len(channel)
    ctx = ending_ctx(sim, "deadline" if late else "cancel", 1)
    if late:
        sim.sleep(2)
    else:
        ctx.cancel()
    error = sim.context.DeadlineExceeded if late else sim.context.Cancelled
    began = sim.now
    expect(
        error,
        lambda: channel.send("new", timeout, ctx) if side == "send" else channel.recv(timeout, ctx),
        f"{side}(timeout={timeout}) with a done ctx on a channel that is {state}",
    )
    assert sim.now == began, f"the ctx was done before the call, which took {sim.now - began} s to fail"
    left = drain(channel)
    assert left == ["old"] * held, f"the call failed, yet the buffer changed from {['old'] * held} to {left}"
    ctx.cancel()


@prop(
    "a cancel wakes a blocked call at once",
    "A waiter raises the error of its ctx at the very instant the ctx ends, even if it has only just come or "
    "its timeout ends then too.",
    given={
        "side": SIDES,
        "capacity": CAPACITY,
        "deadline": st.booleans(),
        "timeout": st.sampled_from([None, 3, 10]),
        "arrives": st.sampled_from([0, 3]),
    },
    examples=[
        {"side": "send", "capacity": 0, "deadline": False, "timeout": 10, "arrives": 0},
        {"side": "send", "capacity": 0, "deadline": False, "timeout": None, "arrives": 3},
        {"side": "recv", "capacity": 0, "deadline": True, "timeout": 3, "arrives": 0},
        {"side": "send", "capacity": 1, "deadline": True, "timeout": None, "arrives": 0},
    ],
    workloads=6,
)
def test_cancel_wakes_at_once(
    sim: Sim, side: str, capacity: int, deadline: bool, timeout: float | None, arrives: int
) -> None:
    if timeout == 3 and not deadline:
        timeout = 10  # the cancel and the timeout, both at 3 s: either could be first
    channel = sim.kata.Channel(capacity)
    before = fill(channel, capacity) if side == "send" else []
    ctx = ending_ctx(sim, "deadline" if deadline else "cancel", 3)
    error = sim.context.DeadlineExceeded if deadline else sim.context.Cancelled

    def waiter() -> float:
        sim.sleep(arrives)
        expect(
            error,
            lambda: channel.send("new", timeout, ctx) if side == "send" else channel.recv(timeout, ctx),
            f"{side}(timeout={timeout}) called at {arrives} s with a ctx that ends at 3 s",
        )
        return sim.now

    task = sim.spawn(waiter)
    sim.sleep(3)
    if not deadline:
        ctx.cancel()
    ended = task.result()
    ctx.cancel()
    assert ended == 3.0, f"the ctx ended at 3 s, {side}() at {ended} s"
    if side == "send":
        left = drain(channel)
        assert left == before, f"a send was cancelled; {before} can be received, not {left}"
    else:
        sent = channel.try_send("late")
        assert sent == (capacity > 0), f"a recv was cancelled; capacity {capacity}, try_send() gives {sent}"


@prop(
    "a timeout is exact",
    "A call gives up exactly `timeout` seconds after it was made, even if others are served meanwhile.",
    given={
        "side": SIDES,
        "capacity": st.integers(0, 1),
        "timeout": st.sampled_from([0, 0.25, 1, 7.5]),
        "disturbed": st.booleans(),
    },
    examples=[
        {"side": "send", "capacity": 1, "timeout": 7.5, "disturbed": True},
        {"side": "recv", "capacity": 0, "timeout": 7.5, "disturbed": True},
        {"side": "send", "capacity": 0, "timeout": 0, "disturbed": False},
        {"side": "recv", "capacity": 0, "timeout": 0, "disturbed": False},
    ],
    workloads=6,
)
def test_exact_timeout(sim: Sim, side: str, capacity: int, timeout: float, disturbed: bool) -> None:
    channel = sim.kata.Channel(capacity)
    if side == "send":
        fill(channel, capacity)
    others = []
    if disturbed and timeout:
        # Somebody is ahead in the queue and gets what comes.
        others.append(
            sim.spawn(lambda: channel.send("x") if side == "send" else channel.recv(), name="ahead")
        )
        sim.sleep(1)

        def disturb() -> None:
            sim.sleep(timeout / 2)
            assert channel.recv() if side == "send" else channel.try_send("x"), "nobody was waiting"

        others.append(sim.spawn(disturb))
    began = sim.now
    expect(
        TimeoutError,
        lambda: channel.send("late", timeout=timeout) if side == "send" else channel.recv(timeout=timeout),
        f"{side}(timeout={timeout}) that is not served",
    )
    took = sim.now - began
    sim.join(*others)
    assert took == timeout, f"{side}(timeout={timeout}) gave up after {took} s"


@prop(
    "a call leaves nothing registered with its ctx",
    "However a call ends, a long-lived ctx must not collect the callbacks of calls that are over.",
    given={"side": SIDES, "how": st.sampled_from(["at once", "served", "timeout", "cancel", "closed"])},
    examples=[{"side": "recv", "how": "served"}, {"side": "send", "how": "closed"}],
    workloads=8,
)
def test_nothing_stays_registered(sim: Sim, side: str, how: str) -> None:
    channel = sim.kata.Channel(1)
    if (side == "send") == (how != "at once"):
        channel.send("old")
    ctx = sim.context.Context.background().with_cancel()
    spy = Spy(ctx)
    errors = (TimeoutError, sim.context.Cancelled, sim.kata.ChannelClosed)

    def waiter() -> None:
        timeout = 2 if how == "timeout" else 9
        try:
            channel.send("new", timeout, spy) if side == "send" else channel.recv(timeout, spy)
        except errors as error:
            assert how not in ("at once", "served"), f"{side}() could go on ({how}), but raised {error!r}"

    task = sim.spawn(waiter)
    sim.sleep(1)
    if how == "served":
        channel.recv() if side == "send" else channel.send("new")
    elif how == "cancel":
        ctx.cancel()
    elif how == "closed":
        channel.close()
    task.result()
    assert spy.registered == 0, f"{side}() is over ({how}); {spy.registered} callbacks are still registered"
    ctx.cancel()


@prop(
    "a blocked call waits, it does not poll",
    "A waiter is woken when it is served; it does not wake up to look in between, not even for its ctx.",
    given={"side": SIDES, "cancellable": st.booleans()},
    examples=[{"side": "recv", "cancellable": True}, {"side": "send", "cancellable": True}],
    workloads=4,
)
def test_no_polling(sim: Sim, side: str, cancellable: bool) -> None:
    channel = sim.kata.Channel()
    ctx = sim.context.Context.background().with_cancel() if cancellable else None

    def waiter() -> int:
        before = sim.wakeups
        channel.send("x", 1000, ctx) if side == "send" else channel.recv(1000, ctx)
        return sim.wakeups - before

    task = sim.spawn(waiter)
    sim.sleep(500)
    channel.recv() if side == "send" else channel.send("x")
    woken = task.result()
    assert woken <= 4, f"a waiter served after 500 s woke up {woken} times"
    if ctx is not None:
        ctx.cancel()


# --- close -----------------------------------------------------------------------------------------


@prop(
    "close() frees everybody who waits",
    "All blocked senders and receivers raise ChannelClosed at once; the values of those senders are never "
    "received, the ones in the buffer still are.",
    given={"side": SIDES, "capacity": CAPACITY, "waiters": st.integers(1, 3)},
    examples=[
        {"side": "send", "capacity": 0, "waiters": 1},
        {"side": "recv", "capacity": 0, "waiters": 2},
        {"side": "send", "capacity": 1, "waiters": 2},
    ],
    workloads=6,
)
def test_close_frees_everybody(sim: Sim, side: str, capacity: int, waiters: int) -> None:
    channel = sim.kata.Channel(capacity)
    before = fill(channel, capacity) if side == "send" else []

    def wait() -> float:
        expect(
            sim.kata.ChannelClosed,
            lambda: channel.send("dropped") if side == "send" else channel.recv(),
            f"{side}() that waits while the channel is closed",
        )
        return sim.now

    tasks = [sim.spawn(wait, name=f"waiter-{number}") for number in range(waiters)]
    sim.sleep(5)
    channel.close()
    ended = sim.join(*tasks)
    assert ended == [5.0] * waiters, f"the channel was closed at 5 s, the waiters ended at {ended}"
    left = drain(channel)
    assert left == before, (
        f"when the channel was closed its buffer held {before}; received after that: {left}"
    )


@prop(
    "a send or receive that meets a close happens or raises",
    "Every value whose send returned is received, none whose send raised is; nobody is left behind.",
    given={
        "capacity": CAPACITY,
        "senders": st.integers(1, 2),
        "how": st.sampled_from(["send", "try_send"]),
        "close_at": st.integers(0, 1),
    },
    examples=[
        {"capacity": 1, "senders": 1, "how": "send", "close_at": 0},
        {"capacity": 0, "senders": 1, "how": "send", "close_at": 0},
        {"capacity": 1, "senders": 1, "how": "try_send", "close_at": 0},
        {"capacity": 1, "senders": 2, "how": "send", "close_at": 1},
    ],
    stalls=True,
    workloads=8,
)
def test_close_against_hand_off(sim: Sim, capacity: int, senders: int, how: str, close_at: int) -> None:
    channel = sim.kata.Channel(capacity)

    def send(sender: int) -> list[list[int]]:
        accepted = []
        sim.sleep(close_at)
        for number in range(2):
            try:
                if how == "try_send":
                    if channel.try_send([sender, number]):
                        accepted.append([sender, number])
                else:
                    channel.send([sender, number])
                    accepted.append([sender, number])
            except sim.kata.ChannelClosed:
                assert channel.closed, "a send raised ChannelClosed on a channel that is open"
                break
        return accepted

    def receive() -> list[list[int]]:
        got = []
        while True:
            try:
                got.append(channel.recv())
            except sim.kata.ChannelClosed:
                return got

    receiver = sim.spawn(receive)
    sending = [sim.spawn(send, sender, name=f"sender-{sender}") for sender in range(senders)]
    sim.sleep(close_at)
    channel.close()
    accepted = sorted(value for values in sim.join(*sending) for value in values)
    got = sorted(receiver.result())
    assert got == accepted, f"sends that returned: {accepted}; values received until the end: {got}"


@prop(
    "of several close() one succeeds",
    "Closing a closed channel raises ChannelClosed, also if two threads close at the same time.",
    given={"capacity": st.integers(0, 1), "closers": st.integers(1, 2)},
    examples=[{"capacity": 0, "closers": 2}],
    stalls=True,
    workloads=3,
)
def test_of_two_closes_one_succeeds(sim: Sim, capacity: int, closers: int) -> None:
    channel = sim.kata.Channel(capacity)
    assert channel.closed is False, f"closed is {channel.closed!r} on a new channel"

    def close() -> bool:
        try:
            channel.close()
        except sim.kata.ChannelClosed:
            return False
        return True

    won = sim.join(*[sim.spawn(close) for _ in range(closers)])
    assert sum(won) == 1, f"{closers} threads closed the channel, {sum(won)} of the calls succeeded"
    assert channel.closed is True, f"the channel was closed, closed is {channel.closed!r}"
    expect(sim.kata.ChannelClosed, channel.close, "close() on a closed channel")


@prop(
    "a loop over a channel ends when it is closed and drained",
    "It waits for values while the channel is open, gets those that are left after close, and then ends.",
    given={
        "capacity": CAPACITY,
        "pause": st.integers(0, 1),
        "loops": st.integers(1, 2),
    },
    examples=[
        {"capacity": 2, "pause": 0, "loops": 1},
        {"capacity": 0, "pause": 1, "loops": 1},
        {"capacity": 1, "pause": 1, "loops": 2},
    ],
    workloads=6,
)
def test_a_loop_ends_when_drained(sim: Sim, capacity: int, pause: int, loops: int) -> None:
    channel = sim.kata.Channel(capacity)
    values = [1, None, 2]

    def loop() -> tuple[list[Any], float]:
        got = []
        for value in channel:
            got.append(value)
            sim.sleep(5)  # the last value is still in the buffer, if it has room, when the channel is closed
        return got, sim.now

    tasks = [sim.spawn(loop) for _ in range(loops)]
    for value in values:
        sim.sleep(pause)
        channel.send(value)
    channel.close()
    closed = sim.now
    ends: list[tuple[list[Any], float]] = sim.join(*tasks)
    got = [value for values, _ in ends for value in values]
    assert sorted(got, key=str) == sorted(values, key=str), f"sent {values}, the loops got {got}"
    for values_of_one, ended in ends:
        assert ended >= closed, f"a loop ended at {ended} s, the channel was closed at {closed} s"
        assert loops > 1 or values_of_one == values, f"sent in order {values}, got {values_of_one}"


# --- arguments and histories -----------------------------------------------------------------------


@prop(
    "bad arguments are refused at the call that got them",
    "Capacities and timeouts that make no sense raise TypeError or ValueError and change nothing.",
)
def test_bad_arguments(sim: Sim) -> None:
    make = sim.kata.Channel
    for value, error in (
        (-1, ValueError),
        (1.5, TypeError),
        ("2", TypeError),
        (True, TypeError),
        (None, TypeError),
    ):
        expect(error, lambda value=value: make(value), f"Channel({value!r})")
    channel = make(2)
    channel.send("old")
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
    for closed in (False, True):
        for value, error in timeouts:
            for done in (None, ctx):
                where = f"{' with a done ctx' if done else ''}{' on a closed channel' if closed else ''}"
                expect(
                    error,
                    lambda value=value, done=done: channel.send("new", value, done),
                    f"send(timeout={value!r}){where}",
                )
                expect(
                    error,
                    lambda value=value, done=done: channel.recv(value, done),
                    f"recv(timeout={value!r}){where}",
                )
        assert len(channel) == 1, (
            f"refused calls changed the buffer: it held 1 value and holds {len(channel)}"
        )
        if not closed:
            channel.close()


State = tuple[tuple[int, ...], bool]


class Bounded(Model[State]):
    """The sequential model: a bounded queue and whether it is closed."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity

    def initial(self) -> State:
        return (), False

    def step(self, state: State, operation: Operation) -> list[State]:
        values, closed = state
        name, result = operation.name, operation.result
        if name == "close":
            return [(values, True)] if closed == (result == "ChannelClosed") else []
        if name == "len":
            return [state] if result == len(values) else []
        if name in ("send", "try_send"):
            fits = not closed and len(values) < self._capacity
            if result == "ChannelClosed":
                return [state] if closed else []
            if result is False:
                return [state] if not closed and not fits else []
            assert isinstance(operation.argument, int)
            return [((*values, operation.argument), closed)] if fits else []
        if result == "ChannelClosed":
            return [state] if closed and not values else []
        if result == (None, False):
            return [state] if not closed and not values else []
        first = result[0] if name == "try_recv" and isinstance(result, tuple) else result
        return [(values[1:], closed)] if values and values[0] == first else []

    def describe(self, operation: Operation, state: State) -> str:
        values, closed = state
        return f"{operation} on {'a closed' if closed else 'an open'} channel that holds {list(values)}"


@prop(
    "calls from many threads are linearizable",
    "Each call takes effect at one moment between its start and its return, as if the calls came one by one.",
    given={
        "capacity": st.integers(1, 2),
        "plans": st.lists(
            st.lists(
                st.sampled_from(["send", "recv", "try_send", "try_recv", "close", "len"]),
                min_size=1,
                max_size=3,
            ),
            min_size=2,
            max_size=3,
        ),
    },
    examples=[
        {"capacity": 1, "plans": [["send", "close"], ["try_recv"]]},
        {"capacity": 1, "plans": [["send", "send"], ["recv", "try_send"]]},
        {"capacity": 1, "plans": [["send", "send"], ["recv", "len"], ["close"]]},
        {"capacity": 1, "plans": [["recv", "try_recv"], ["send", "try_send"]]},
    ],
)
def test_linearizable(sim: Sim, capacity: int, plans: list[list[str]]) -> None:
    channel = sim.kata.Channel(capacity)

    def work(number: int, plan: list[str]) -> None:
        for step, name in enumerate(plan):
            value = number * 10 + step if name in ("send", "try_send") else None
            call: Callable[[], Any] = (
                (lambda: len(channel))
                if name == "len"
                else getattr(channel, name)
                if value is None
                else (lambda name=name, value=value: getattr(channel, name)(value))
            )
            try:
                sim.call(name, value, call)
            except sim.kata.ChannelClosed:
                pass

    tasks = [sim.spawn(work, number, plan, name=f"t{number}") for number, plan in enumerate(plans, 1)]
    sim.sleep(1)
    try:
        sim.call("close", None, channel.close)  # frees those who wait for ever
    except sim.kata.ChannelClosed:
        pass
    sim.join(*tasks)
    found = check(Bounded(capacity), sim.history)
    assert found.answer is not Answer.ILLEGAL, (
        f"no order of these calls explains their results on a channel of capacity {capacity}: "
        + ", ".join(f"{each.thread}: {each}" for each in sim.history)
        + "; "
        + "; ".join(found.reasons)
    )
