"""The peers do the work that they are measured at, as their documentation recommends it.

Those from packages are checked where the group is installed:
``uv run --group benchmarks pytest tests/repo/test_peers.py``.
"""

from __future__ import annotations

import importlib
import threading
import time
from types import ModuleType
from typing import Any

import pytest

from benchmarks.patterns.crew import Timer
from dojo.grading.catalogue import ROOT, Kata, load
from dojo.grading.measuring.peers import PROMISES, Peer, peers_of
from dojo.grading.measuring.stopwatch import import_text

PEERS = [(kata, peer) for kata in load() for peer in peers_of(kata).peers]
COMMAND = "uv run --group benchmarks pytest tests/repo/test_peers.py"
FOLDER = ROOT / "benchmarks" / "patterns" / "peers"


def named(kata: str) -> Any:
    """All peers of a kata, as parameters of a test."""
    chosen = [(each, peer) for each, peer in PEERS if each.name == kata]
    assert chosen
    return pytest.mark.parametrize(("kata", "peer"), chosen, ids=[peer.name for _, peer in chosen])


def adapter(kata: Kata, peer: Peer) -> ModuleType:
    """A peer's adapter, loaded as it is when it is measured."""
    if peer.version is None:
        pytest.skip(f"{peer.package} is not installed: {COMMAND}")
    return import_text(peer.source.text, peer.source.name, kata)


@pytest.mark.parametrize("kata", list(load()), ids=lambda kata: kata.name)
def test_the_list_is_complete(kata: Kata) -> None:
    """Every kata has peers or a reason why not; each peer its file, and a word on every promise."""
    peers = peers_of(kata)
    assert bool(peers.peers) != bool(peers.none)
    assert len(peers.promises) == len(PROMISES)
    for peer in peers.peers:
        assert peer.adapter.is_file() and len(peer.promises) == len(PROMISES) and peer.less
    listed = {peer.adapter for peer in peers.peers}
    assert set((FOLDER / kata.name).glob("*.py")) == listed


def test_packages_are_pinned() -> None:
    """Figures name versions, so the group has one of each."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    for _, peer in PEERS:
        assert not peer.package or f'"{peer.package}==' in text


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    ("kata", "peer"), PEERS, ids=[f"{kata.name}-{peer.adapter.stem}" for kata, peer in PEERS]
)
def test_the_workload_runs(kata: Kata, peer: Peer, threads: int) -> None:
    """All operations are performed, together and one by one."""
    module = adapter(kata, peer)
    workload = importlib.import_module(f"benchmarks.patterns.{kata.name}")
    assert workload.run(module, threads, 50) == 50
    timer = Timer()
    perform = getattr(workload, "round_trips", workload.run)
    assert perform(module, threads, 20, timer) == 20 == len(timer.nanoseconds)


@named("channel")
def test_values_arrive(kata: Kata, peer: Peer) -> None:
    """All of them, in their order, and no more than fit are taken before somebody receives."""
    channel = adapter(kata, peer).Channel(2)
    sent: list[int] = []

    def send() -> None:
        for number in range(5):
            channel.send(number)
            sent.append(number)

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    assert [channel.recv() for _ in range(5)] == list(range(5))
    sender.join(10)
    assert sent == list(range(5))


@named("semaphore")
def test_permits_hold(kata: Kata, peer: Peer) -> None:
    """A fourth caller gets none of three permits before one comes back."""
    semaphore = adapter(kata, peer).Semaphore(3)
    for _ in range(3):
        semaphore.acquire()
    assert not semaphore.acquire(timeout=0)
    semaphore.release()
    assert semaphore.acquire(timeout=0)


@named("worker_pool")
def test_jobs_are_done(kata: Kata, peer: Peer) -> None:
    """Every job has its result, and no more run at once than there are workers."""
    pool = adapter(kata, peer).WorkerPool(2, 100)
    pool.start()
    running, most = [], 0

    def job(number: int) -> int:
        nonlocal most
        running.append(number)
        most = max(most, len(running))
        time.sleep(0.001)
        running.remove(number)
        return number * number

    for number in range(10):
        pool.submit(job, number)
    pool.stop()
    assert sorted(pool.results()) == [number * number for number in range(10)] and most <= 2


@named("error_group")
def test_the_first_error_comes_out(kata: Kata, peer: Peer) -> None:
    """After all tasks have ended."""
    done: list[int] = []
    with pytest.raises(ZeroDivisionError), adapter(kata, peer).ErrorGroup(limit=2) as group:
        for number in range(4):
            group.go(done.append, number)
        group.go(divmod, 1, 0)
    assert sorted(done) == [0, 1, 2, 3]


@named("fan_out_fan_in")
def test_outputs_are_in_order(kata: Kata, peer: Peer) -> None:
    """Whatever item is done first."""

    def slow_first(item: int) -> int:
        time.sleep(0.01 if item == 0 else 0)
        return item + 1

    assert list(adapter(kata, peer).FanOutFanIn(3).process(range(6), slow_first)) == [1, 2, 3, 4, 5, 6]


@named("context")
def test_children_end_with_their_parent(kata: Kata, peer: Peer) -> None:
    """And not the other way round."""
    context = adapter(kata, peer).Context
    parent = context.background().with_cancel()
    child, other = parent.with_cancel(), parent.with_cancel()
    other.cancel()
    child.raise_if_done()
    parent.cancel()
    with pytest.raises(Exception, match="cancel"):
        child.raise_if_done()


@named("token_bucket")
def test_the_bucket_has_its_capacity(kata: Kata, peer: Peer) -> None:
    """No more tokens than it holds, and they come back with time."""
    slow = adapter(kata, peer).TokenBucketRateLimiter(capacity=5, refill_rate=1)
    assert [slow.allow() for _ in range(6)] == [True] * 5 + [False]
    quick = adapter(kata, peer).TokenBucketRateLimiter(capacity=2, refill_rate=1000)
    assert quick.allow() and quick.allow()
    granted, deadline = False, time.monotonic() + 10
    while not granted:
        assert time.monotonic() < deadline
        granted = quick.allow()


@named("sliding_window")
def test_the_window_has_its_limit(kata: Kata, peer: Peer) -> None:
    """No more events than it holds, and room again when they have left it."""
    slow = adapter(kata, peer).SlidingWindowRateLimiter(limit=5, window=60.0)
    assert [slow.allow() for _ in range(6)] == [True] * 5 + [False]
    quick = adapter(kata, peer).SlidingWindowRateLimiter(limit=1, window=0.001)
    assert quick.allow()
    granted, deadline = False, time.monotonic() + 10
    while not granted:
        assert time.monotonic() < deadline
        granted = quick.allow()


@named("circuit_breaker")
def test_the_breaker_opens(kata: Kata, peer: Peer) -> None:
    """At the threshold; then the function is not called."""
    module, calls = adapter(kata, peer), []

    def service(answer: bool) -> str:
        calls.append(answer)
        if not answer:
            raise ConnectionError("refused")
        return "answer"

    call = module.protected(service, failure_threshold=2, timeout=60)
    assert call(True) == "answer"
    for _ in range(2):
        with pytest.raises(ConnectionError):
            call(False)
    with pytest.raises(module.CircuitOpen):
        call(True)
    assert calls == [True, False, False]


@named("retry")
def test_it_tries_again(kata: Kata, peer: Peer) -> None:
    """Until the function succeeds, and not more often than it may."""
    module, calls = adapter(kata, peer), []

    def service(failures: int) -> int:
        calls.append(failures)
        if len(calls) <= failures:
            raise ConnectionError("refused")
        return len(calls)

    call = module.retried(service, max_retries=2, initial_backoff=0.001)
    assert call(2) == 3
    calls.clear()
    with pytest.raises(Exception):  # noqa: B017 -- each its own
        call(9)
    assert len(calls) == 3


@named("resilient_client")
def test_each_attempt_passes_all_guards(kata: Kata, peer: Peer) -> None:
    """Each takes a token and is counted by the breaker, which ends the attempts."""
    module, calls = adapter(kata, peer), []

    def service() -> None:
        calls.append(1)
        raise ConnectionError("refused")

    call = module.guarded(service, failure_threshold=2, max_retries=5, initial_backoff=0.001)
    with pytest.raises(module.CircuitOpen):
        call()
    assert len(calls) == 2
    starved = module.guarded(abs, capacity=1, refill_rate=0.001, max_retries=0)
    assert starved(-1) == 1
    with pytest.raises(module.Throttled):
        starved(-1)
