"""Subjects whose program is a kata's solution or one of its mutants: one or two small drivers a kata.

Plain calls without a ctx, few threads, and the state looked at from outside, so that all three tools can run
them. frontrun interrupts the drivers, too: what they note must be true at any moment.

What a tool cannot run says why: see ``UNREAL``, ``SIGNAL`` and ``Subject.starts_threads``. Left out are
``error_group`` and ``worker_pool``: frontrun controls no threads that the program starts itself, and under
interleave-test ``threading.current_thread()``, which both call, raises AssertionError. ``error_helpers`` has
nothing to interleave.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

from benchmarks.explorer.subject import Pause, Subject

AGES = 1e6  # seconds: longer than any run takes, in whatever time a tool counts
UNREAL = {"interleave-test": "time.monotonic_ns() is not virtual, so that a wait for an instant of it spins"}

# Without a time limit, that is: under one it lets the call wait.
SIGNAL = {"frontrun": "a Lock that one thread acquires and another releases is reported as a deadlock"}


# --- wait_group ------------------------------------------------------------------------------------------


def group(kata: Any, pause: Pause) -> SimpleNamespace:
    found = kata.WaitGroup()
    found.add(2)
    return SimpleNamespace(group=found, ended=[], seen=[])


def end_task(state: Any) -> None:
    state.ended.append(1)
    state.group.done()


def wait_for_tasks(state: Any) -> None:
    state.group.wait()
    state.seen.append(len(state.ended))


def nobody_came_early(state: Any) -> bool:
    return bool(state.seen == [2, 2] and state.group.count == 0)


def countdown(kata: Any, pause: Pause) -> SimpleNamespace:
    found = kata.WaitGroup()
    found.add(1)
    return SimpleNamespace(group=found, ended=[], errors=[])


def end_once_too_often(state: Any) -> None:
    try:
        state.group.done()
    except ValueError as error:
        state.errors.append(error)
    else:
        state.ended.append(1)


def ended_once(state: Any) -> bool:
    return len(state.ended) == 1 and len(state.errors) == 1 and state.group.count == 0


# --- semaphore -------------------------------------------------------------------------------------------


def permits(kata: Any, pause: Pause) -> SimpleNamespace:
    found = kata.Semaphore(2)
    found.acquire()
    return SimpleNamespace(semaphore=found, pause=pause, inside=[1], too_many=[])


def hold_one(state: Any) -> None:
    state.semaphore.acquire()
    hold(state, 1)


def hold_one_in_time(state: Any) -> None:
    state.semaphore.acquire(timeout=9)  # no permit is held for so long
    hold(state, 1)


def hold_both(state: Any) -> None:
    try:
        state.semaphore.acquire(2, timeout=2)
    except TimeoutError:
        return
    hold(state, 2)


def try_to_hold(state: Any) -> None:
    if state.semaphore.try_acquire():
        hold(state, 1)


def hold(state: Any, weight: int) -> None:
    state.inside.append(weight)
    state.semaphore.available  # noqa: B018 - a look is a chance for others to come in
    if sum(state.inside) > 2:
        state.too_many.append(1)
    state.inside.remove(weight)
    state.semaphore.release(weight)


def give_back(state: Any) -> None:
    state.inside.remove(1)
    state.semaphore.release()


def give_back_at_the_timeout(state: Any) -> None:
    state.pause(2)
    give_back(state)


def all_permits_are_free(state: Any) -> bool:
    return not state.too_many and state.semaphore.available == 2


# --- channel ---------------------------------------------------------------------------------------------


def channel(kata: Any, pause: Pause) -> SimpleNamespace:
    return SimpleNamespace(kata=kata, channel=kata.Channel(1), pause=pause, sent=[], got=[])


def hand_off(kata: Any, pause: Pause) -> SimpleNamespace:
    return SimpleNamespace(kata=kata, channel=kata.Channel(), pause=pause, sent=[], got=[])


def send(state: Any, *values: int, timeout: float | None = None) -> None:
    try:
        for value in values:
            state.channel.send(value, timeout)
            state.sent.append(value)
    except (state.kata.ChannelClosed, TimeoutError):
        pass


def send_two(state: Any) -> None:
    send(state, 1, 2)


def send_one(state: Any) -> None:
    send(state, 3)


def send_in_time(state: Any) -> None:
    send(state, 4, timeout=2)


def close(state: Any) -> None:
    state.channel.close()


def receive_all(state: Any) -> None:
    for value in state.channel:
        state.got.append(value)


def receive_at_the_timeout(state: Any) -> None:
    state.pause(2)
    receive_in_time(state)


def receive_in_time(state: Any) -> None:
    try:
        state.got.append(state.channel.recv(timeout=1))
    except (state.kata.ChannelClosed, TimeoutError):
        pass


def all_arrived_in_order(state: Any) -> bool:
    ordered = [value for value in state.got if value < 3]
    return sorted(state.got) == sorted(state.sent) and ordered == sorted(ordered)


def nothing_waits(state: Any) -> bool:
    """Whoever gave up has left the queue: a try finds nobody."""
    return all_arrived_in_order(state) and not state.channel.try_send(5) and not state.channel.try_recv()[1]


# --- channel_select --------------------------------------------------------------------------------------


def two_channels(kata: Any, pause: Pause) -> SimpleNamespace:
    return SimpleNamespace(kata=kata, left=kata.Channel(), right=kata.Channel(), sent=[], got=[])


def select_to_send(state: Any) -> None:
    kata = state.kata
    chosen = kata.select(kata.send_to(state.left, 1), kata.send_to(state.right, 2))
    state.sent.append(chosen.index + 1)


def select_to_receive(state: Any) -> None:
    kata = state.kata
    chosen = kata.select(kata.recv_from(state.right), kata.recv_from(state.left))
    state.got.append(chosen.value)


def all_selected(state: Any) -> bool:
    waiting = state.left.waiting + state.right.waiting
    return sorted(state.sent) == sorted(state.got) and len(state.got) == len(state.sent) and waiting == 0


# --- context ---------------------------------------------------------------------------------------------


def tree(kata: Any, pause: Pause) -> SimpleNamespace:
    root = kata.Context.background().with_cancel()
    child = root.with_cancel()
    state = SimpleNamespace(root=root, child=child, born=[], early=[], late=[], wrong=[])
    child.on_done(lambda: state.early.append(1))
    return state


def cancel_all(state: Any) -> None:
    state.root.cancel()
    if not state.child.done:
        state.wrong.append("a descendant was not done when cancel() had returned")


def cancel_child(state: Any) -> None:
    state.child.cancel(ValueError("enough"))


def listen(state: Any) -> None:
    state.child.on_done(lambda: state.late.append(1))


def derive(state: Any) -> None:
    state.born.append(state.root.with_cancel())


def wait_for_the_end(state: Any) -> None:
    state.child.wait()
    first = state.child.error
    if first is None or first is not state.child.error:
        state.wrong.append("the error of a context that is done changed")


def ended_everywhere(state: Any) -> bool:
    called = (state.early, state.late) == ([1], [1])
    return called and not state.wrong and all(each.wait(0) and each.done for each in state.born)


# --- programs that start threads -------------------------------------------------------------------------


def crew(kata: Any, pause: Pause) -> SimpleNamespace:
    return SimpleNamespace(fan=kata.FanOutFanIn(2, buffer=0), results=[])


def process(state: Any) -> None:
    state.results.extend(result.output for result in state.fan.process(range(4), abs))


def results_in_order(state: Any) -> bool:
    return bool(state.results == [0, 1, 2, 3])


def line(kata: Any, pause: Pause) -> SimpleNamespace:
    return SimpleNamespace(line=kata.Pipeline().stage(abs, workers=2).stage(abs), results=[])


def run_line(state: Any) -> None:
    state.results.extend(state.line.run(range(3)))


def all_items_came_out(state: Any) -> bool:
    return sorted(state.results) == [0, 1, 2]


# --- rate limits and resilience --------------------------------------------------------------------------


def bucket(kata: Any, pause: Pause) -> SimpleNamespace:
    return SimpleNamespace(limiter=kata.TokenBucketRateLimiter(2, 1 / AGES), granted=[])


def window(kata: Any, pause: Pause) -> SimpleNamespace:
    return SimpleNamespace(limiter=kata.SlidingWindowRateLimiter(2, AGES), granted=[])


def ask(state: Any) -> None:
    if state.limiter.allow():
        state.granted.append(1)


def ask_for_two(state: Any) -> None:
    if state.limiter.allow(2):
        state.granted.extend([1, 1])


def reserved(kata: Any, pause: Pause) -> SimpleNamespace:
    limiter = kata.TokenBucketRateLimiter(2, 1 / AGES)
    limiter.allow(2)
    return SimpleNamespace(limiter=limiter, reservation=limiter.reserve(), granted=[1, 1])


def cancel_reservation(state: Any) -> None:
    state.reservation.cancel()


def reserve_and_cancel(state: Any) -> None:
    state.limiter.reserve(2).cancel()


def tokens_add_up(state: Any) -> bool:
    return bool(len(state.granted) <= 2 and round(state.limiter.tokens()) == 2 - len(state.granted))


def window_adds_up(state: Any) -> bool:
    return bool(0 < len(state.granted) <= 2 and state.limiter.remaining == 2 - len(state.granted))


def refill(kata: Any, pause: Pause) -> SimpleNamespace:
    limiter = kata.TokenBucketRateLimiter(1, 1)
    limiter.allow()
    return SimpleNamespace(limiter=limiter, pause=pause, granted=[])


def slide(kata: Any, pause: Pause) -> SimpleNamespace:
    limiter = kata.SlidingWindowRateLimiter(1, 1)
    limiter.allow()
    return SimpleNamespace(limiter=limiter, pause=pause, granted=[])


def wait_for_room(state: Any) -> None:
    state.limiter.wait(timeout=3)
    state.granted.append(1)


def ask_later(state: Any) -> None:
    state.pause(1)
    ask(state)


def waits_were_granted(state: Any) -> bool:
    return len(state.granted) in (2, 3)


def breaker(kata: Any, pause: Pause) -> SimpleNamespace:
    changes: list[str] = []
    config = kata.CircuitBreakerConfig(failure_threshold=2, timeout=AGES)
    found = kata.CircuitBreaker(config, lambda old, new: changes.append(new.name))
    return SimpleNamespace(kata=kata, breaker=found, changes=changes)


def broken() -> None:
    raise LookupError("broken")


def fail_through(state: Any) -> None:
    try:
        state.breaker.execute(broken)
    except (LookupError, state.kata.CircuitOpen):
        pass


def fail_and_reset(state: Any) -> None:
    fail_through(state)
    state.breaker.reset()


def opened_once(state: Any) -> bool:
    return state.changes == ["OPEN"] and state.breaker.state.name == "OPEN"


def changes_follow_each_other(state: Any) -> bool:
    expected = ["OPEN", "CLOSED"] * 3
    return state.changes == expected[: len(state.changes)] and state.breaker.state.name == (
        state.changes[-1] if state.changes else "CLOSED"
    )


def half_open(kata: Any, pause: Pause) -> SimpleNamespace:
    config = kata.CircuitBreakerConfig(failure_threshold=1, success_threshold=1, timeout=1)
    found = kata.CircuitBreaker(config)
    found.allow().failure()
    return SimpleNamespace(kata=kata, breaker=found, pause=pause, inside=[], too_many=[], passed=[])


def probe(state: Any) -> None:
    state.pause(1)
    try:
        permit = state.breaker.allow()
    except state.kata.CircuitOpen:
        return
    half = state.breaker.counts.probes
    state.too_many.extend([half] if half > 1 else [])
    state.passed.append(1)
    permit.success()


def one_probe_closed_it(state: Any) -> bool:
    return bool(state.passed and not state.too_many and state.breaker.state.name == "CLOSED")


def client(kata: Any, pause: Pause) -> SimpleNamespace:
    config = kata.ResilientClientConfig(
        circuit_breaker=kata.CircuitBreakerConfig(), retry=kata.RetryConfig(max_retries=0), rate_limit=None
    )
    return SimpleNamespace(client=kata.ResilientClient.from_config(config), stats=[])


def call(state: Any) -> None:
    state.client.execute(abs, 1)
    state.stats.append(state.client.stats())


def stats_add_up(state: Any) -> bool:
    last = state.client.stats()
    moments = [each for each in state.stats if each.attempts != each.successes or each.attempts > each.calls]
    return not moments and last.calls == last.attempts == last.successes == len(state.stats)


def retryer(kata: Any, pause: Pause) -> SimpleNamespace:
    config = kata.RetryConfig(max_retries=1, initial_backoff=1, jitter_fraction=0)
    return SimpleNamespace(retryer=kata.Retryer(config), attempts=[])


def retry_once(state: Any) -> None:
    tried: list[int] = []

    def second_time_lucky() -> int:
        tried.append(1)
        if len(tried) == 1:
            raise LookupError("broken")
        return len(tried)

    state.attempts.append(state.retryer.do(second_time_lucky).attempts)


def two_attempts_each(state: Any) -> bool:
    return bool(state.attempts == [2, 2])


# One in which threads wait for instants.
InTime = partial(Subject, timed=True, unfit=UNREAL)

DRIVERS = (
    Subject("wait_group", group, (end_task, wait_for_tasks, end_task, wait_for_tasks), nobody_came_early),
    Subject("wait_group: below zero", countdown, (end_once_too_often, end_once_too_often), ended_once),
    Subject(
        "semaphore",
        permits,
        (hold_one, hold_one, try_to_hold, give_back),
        all_permits_are_free,
        unfit=SIGNAL,
    ),
    Subject(
        "semaphore: time-out",
        permits,
        (hold_both, hold_one_in_time, give_back_at_the_timeout),
        all_permits_are_free,
        timed=True,
    ),
    Subject("channel", channel, (send_two, send_one, receive_all, close), all_arrived_in_order, unfit=SIGNAL),
    Subject(
        "channel: time-out",
        hand_off,
        (send_in_time, receive_at_the_timeout, receive_in_time),
        nothing_waits,
        timed=True,
    ),
    Subject("channel_select", two_channels, (select_to_send, select_to_receive) * 2, all_selected),
    Subject("context", tree, (cancel_all, cancel_child, listen, derive, wait_for_the_end), ended_everywhere),
    Subject("fan_out_fan_in", crew, (process,), results_in_order, starts_threads=True),
    Subject("pipeline", line, (run_line,), all_items_came_out, starts_threads=True),
    Subject("token_bucket", bucket, (ask, ask_for_two, ask), tokens_add_up),
    Subject(
        "token_bucket: cancel",
        reserved,
        (cancel_reservation, reserve_and_cancel, cancel_reservation),
        tokens_add_up,
    ),
    InTime("token_bucket: wait", refill, (wait_for_room, ask_later, wait_for_room), waits_were_granted),
    Subject("sliding_window", window, (ask, ask_for_two, ask), window_adds_up),
    InTime("sliding_window: wait", slide, (wait_for_room, ask_later, wait_for_room), waits_were_granted),
    Subject("circuit_breaker", breaker, (fail_through, fail_through, fail_through), opened_once),
    Subject(
        "circuit_breaker: reset",
        breaker,
        (fail_through, fail_and_reset, fail_through),
        changes_follow_each_other,
    ),
    InTime("circuit_breaker: probes", half_open, (probe, probe), one_probe_closed_it),
    Subject("retry", retryer, (retry_once, retry_once), two_attempts_each, timed=True),
    Subject("resilient_client", client, (call, call), stats_add_up),
)
# Named after the kata, and after what else is tried there.
KATAS = tuple(replace(each, kata=each.name.partition(":")[0]) for each in DRIVERS)
