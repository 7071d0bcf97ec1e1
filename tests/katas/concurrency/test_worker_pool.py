"""Hidden properties of the kata ``worker_pool``."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from heapq import heapreplace
from typing import Any

import hypothesis.strategies as st

from dojo.checking.property import prop
from dojo.checking.scenario import Gauge, Spy, expect
from dojo.checking.sim import Sim, Task


def no_thread_left(sim: Sim, ours: Iterable[Task], when: str) -> None:
    """Of all threads only those that the property itself has started may be alive."""
    names = [task.name for task in ours]
    left = [name for name in sim.live_threads if name not in names]
    assert not left, f"{when}, {', '.join(left)} was still alive"


def fill(sim: Sim, pool: Any, workers: int, seconds: float, then: float = 1) -> None:
    """Give each worker a job of ``seconds`` and, half a second later, fill the queue with one more job."""
    for _ in range(workers):
        pool.submit(sim.sleep, seconds)
        sim.sleep(0.5 / workers)  # the worker has taken it before the next one needs the place
    pool.submit(sim.sleep, then)


# --- what becomes of a job -------------------------------------------------------------------------


@prop(
    "of a submit and a stop at the same time, either wins",
    "Either the job is accepted and gives exactly one result, or submit() raises and it never runs.",
    given={
        "callers": st.integers(1, 3),
        "workers": st.integers(1, 2),
        "queue_size": st.integers(1, 2),
        "drain": st.booleans(),
        "stop_at": st.integers(0, 1),
    },
    examples=[
        {"callers": 1, "workers": 1, "queue_size": 1, "drain": True, "stop_at": 0},
        {"callers": 3, "workers": 1, "queue_size": 1, "drain": True, "stop_at": 1},
        {"callers": 3, "workers": 1, "queue_size": 2, "drain": False, "stop_at": 0},
    ],
    stalls=True,
    workloads=4,
)
def test_submit_against_stop(
    sim: Sim, callers: int, workers: int, queue_size: int, drain: bool, stop_at: int
) -> None:
    pool = sim.kata.WorkerPool(workers, queue_size)
    pool.start()
    ran: list[int] = []

    def job(caller: int) -> int:
        ran.append(caller)
        sim.sleep(1)
        return caller

    def call(caller: int) -> int | None:
        try:
            return pool.submit(job, caller)
        except sim.kata.PoolStopped:
            return None

    def stop() -> None:
        sim.sleep(stop_at)
        pool.stop(drain)

    tasks = [sim.spawn(call, caller, name=f"caller-{caller}") for caller in range(callers)]
    stopper = sim.spawn(stop, name="stopper")
    job_ids = sim.join(*tasks)
    stopper.result()
    accepted = {job_id: caller for caller, job_id in enumerate(job_ids) if job_id is not None}
    assert sorted(accepted) == list(range(1, len(accepted) + 1)), f"accepted jobs have the ids {job_ids}"
    results = list(pool.results())
    found = sorted(result.job_id for result in results)
    assert found == sorted(accepted), f"jobs {sorted(accepted)} were accepted, jobs {found} gave a result"
    for result in results:
        times = ran.count(accepted[result.job_id])
        if result.error is None:
            wanted = (accepted[result.job_id], 1)
            assert (result.value, times) == wanted, f"{result}, and it ran {times} times"
        else:
            assert isinstance(result.error, sim.kata.PoolStopped) and not drain, (
                f"stop(drain={drain}): {result}"
            )
            assert times == 0, f"{result}, and yet it ran"
    assert set(ran) <= set(accepted.values()), f"a job ran though its submit() raised: {ran}, {accepted}"


@prop(
    "whatever a job raises becomes the error of its result",
    "The very exception is in the result, SystemExit and KeyboardInterrupt too, and no worker is lost by it.",
    given={
        "workers": st.integers(1, 2),
        "raised": st.lists(
            st.sampled_from(["nothing", "KeyError", "StopIteration", "SystemExit", "KeyboardInterrupt"]),
            min_size=1,
            max_size=4,
        ),
    },
    examples=[
        {"workers": 1, "raised": ["SystemExit"]},
        {"workers": 2, "raised": ["KeyError", "KeyboardInterrupt", "nothing", "StopIteration"]},
    ],
    workloads=2,
)
def test_errors_become_results(sim: Sim, workers: int, raised: list[str]) -> None:
    kinds = (KeyError, StopIteration, SystemExit, KeyboardInterrupt)
    errors = {kind.__name__: kind("boom") for kind in kinds}

    def job(name: str) -> str:
        if name in errors:
            raise errors[name]
        return "fine"

    pool = sim.kata.WorkerPool(workers)
    pool.start()
    ids = [pool.submit(job, name) for name in raised]
    results = pool.results()
    found = {result.job_id: (result.value, result.error) for result in [next(results) for _ in raised]}
    for job_id, name in zip(ids, raised, strict=True):
        wanted = (None, errors[name]) if name in errors else ("fine", None)
        assert found[job_id] == wanted, f"a job that raises {name} gave (value, error) = {found[job_id]}"
    for _ in range(workers):
        pool.submit(sim.sleep, 1)
    pool.stop()
    assert sim.now == 1.0, f"afterwards {workers} jobs of 1 s on {workers} workers took {sim.now} s"


@prop(
    "a job may use its own pool",
    "No lock is held while a job runs, so it can submit, start the pool, read results; stop() is an error.",
    given={"what": st.sampled_from(["submit", "try_submit", "start", "results", "stop"])},
    examples=[{"what": "submit"}, {"what": "results"}, {"what": "stop"}],
    workloads=3,
)
def test_a_job_may_use_its_pool(sim: Sim, what: str) -> None:
    pool = sim.kata.WorkerPool(2)
    pool.start()

    def job() -> Any:
        if what == "results":
            return next(pool.results()).value
        if what in ("submit", "try_submit"):
            return getattr(pool, what)(str, "inner")
        if what == "start":
            return pool.start()
        for drain in (True, False):
            expect(RuntimeError, lambda drain=drain: pool.stop(drain), f"stop(drain={drain}) in a job")
        return "refused"

    outer = pool.submit(job)
    if what == "results":
        pool.submit(str, "other")
    elif what == "stop":
        sim.sleep(1)
        pool.submit(str, "accepted, as the job has stopped nothing")
    sim.sleep(1)
    pool.stop()
    found = {result.job_id: result.error or result.value for result in pool.results()}
    wanted = {
        "submit": {outer: 2, 2: "inner"},
        "try_submit": {outer: 2, 2: "inner"},
        "start": {outer: None},
        "results": {outer: "other"},
        "stop": {outer: "refused", 2: "accepted, as the job has stopped nothing"},
    }[what]
    assert found == wanted, f"a job that calls {what}(): results by id are {found} instead of {wanted}"


# --- how many, and when ----------------------------------------------------------------------------


@prop(
    "never do more jobs run than there are workers",
    "However many threads start the pool at once, `workers` threads work in all.",
    given={"workers": st.integers(1, 2), "jobs": st.integers(2, 4), "starters": st.integers(1, 2)},
    examples=[{"workers": 1, "jobs": 2, "starters": 2}, {"workers": 2, "jobs": 4, "starters": 2}],
    stalls=True,
    workloads=2,
)
def test_no_more_run_than_workers(sim: Sim, workers: int, jobs: int, starters: int) -> None:
    pool = sim.kata.WorkerPool(workers)
    running = Gauge()

    def job() -> None:
        running.add(1)
        sim.sleep(1)
        running.add(-1)

    for _ in range(jobs):
        pool.submit(job)
    sim.join(*[sim.spawn(pool.start, name=f"starter-{number}") for number in range(starters)])
    pool.stop()
    assert running.most <= workers, f"{running.most} jobs ran at once on {workers} workers"


@prop(
    "the queue never holds more than `queue_size` jobs, and a free place is taken at once",
    "Callers that find no place wait; each worker that takes a job lets one of them go on.",
    given={
        "workers": st.integers(1, 2),
        "queue_size": st.integers(1, 2),
        "jobs": st.integers(3, 5),
        "started": st.booleans(),
    },
    examples=[
        {"workers": 1, "queue_size": 1, "jobs": 3, "started": True},
        {"workers": 1, "queue_size": 1, "jobs": 3, "started": False},
    ],
    workloads=2,
)
def test_queue_is_bounded(sim: Sim, workers: int, queue_size: int, jobs: int, started: bool) -> None:
    pool = sim.kata.WorkerPool(workers, queue_size)
    if started:
        pool.start()
    accepted: list[int] = []

    def call() -> None:
        accepted.append(pool.submit(sim.sleep, 1))

    tasks = [sim.spawn(call, name=f"caller-{number}") for number in range(jobs)]
    sim.sleep(0.5)
    if not started:
        assert len(accepted) == min(jobs, queue_size), f"before start() {len(accepted)} jobs were accepted"
        pool.start()
    begun = 0.0 if started else 0.5
    for second in range(jobs):
        sim.sleep(begun + second + 0.75 - sim.now)
        taken = min(jobs, workers * (second + 1))
        wanted = min(jobs, taken + queue_size)
        assert len(accepted) == wanted, (
            f"{second}.75 s after the start {workers} workers had taken {taken} jobs of 1 s, the queue "
            f"has room for {queue_size}, and {len(accepted)} of {jobs} were accepted instead of {wanted}"
        )
    sim.join(*tasks)
    pool.stop()
    assert sorted(accepted) == list(range(1, jobs + 1)), f"the jobs have the ids {accepted}"


@prop(
    "n jobs of d seconds take exactly ceil(n / workers) * d",
    "Each job begins the moment it is there and a worker is free, in the order of the ids: no time is lost.",
    given={
        "workers": st.integers(1, 3),
        "queue_size": st.sampled_from([1, 2, 100]),
        "plan": st.lists(st.tuples(st.integers(0, 1), st.integers(0, 2)).map(list), min_size=2, max_size=6),
    },
    examples=[
        {"workers": 2, "queue_size": 100, "plan": [[0, 1], [1, 1], [0, 1], [0, 1]]},
        {"workers": 3, "queue_size": 1, "plan": [[0, 2]] * 7},
    ],
    workloads=2,
)
def test_exact_throughput(sim: Sim, workers: int, queue_size: int, plan: list[list[int]]) -> None:
    pool = sim.kata.WorkerPool(workers, queue_size)
    pool.start()
    begun: dict[int, float] = {}

    def job(number: int, seconds: int) -> None:
        begun[number] = sim.now
        sim.sleep(seconds)

    for number, (pause, seconds) in enumerate(plan, 1):
        sim.sleep(pause)
        job_id = pool.submit(job, number, seconds)
        assert job_id == number, f"job number {number} has the id {job_id}"
    pool.stop()

    expected: dict[int, float] = {}
    now = 0.0  # when submit() returns: a place is free, that is, job number - queue_size has been taken
    free_from = [0.0] * workers
    for number, (pause, seconds) in enumerate(plan, 1):
        now = max(now + pause, expected.get(number - queue_size, 0.0))
        expected[number] = max(now, free_from[0])
        heapreplace(free_from, expected[number] + seconds)
    assert begun == expected, f"jobs of [pause, seconds] {plan} began at {begun} instead of {expected}"
    ended = max(now, *free_from)
    assert sim.now == ended, f"jobs of [pause, seconds] {plan} took {sim.now} s instead of {ended} s"


# --- results ---------------------------------------------------------------------------------------


@prop(
    "results() ends for every consumer, and each result is handed out once",
    "Consumers share the results; when the last one is handed out all of them come to an end.",
    given={
        "consumers": st.integers(1, 3),
        "workers": st.integers(1, 2),
        "jobs": st.integers(0, 3),
        "stop_at": st.integers(0, 2),
        "drain": st.booleans(),
    },
    examples=[
        {"consumers": 2, "workers": 1, "jobs": 1, "stop_at": 0, "drain": True},
        {"consumers": 2, "workers": 1, "jobs": 2, "stop_at": 1, "drain": False},
        {"consumers": 2, "workers": 1, "jobs": 0, "stop_at": 1, "drain": True},
    ],
    stalls=True,
    workloads=4,
)
def test_results_end_for_all(
    sim: Sim, consumers: int, workers: int, jobs: int, stop_at: int, drain: bool
) -> None:
    pool = sim.kata.WorkerPool(workers)

    def consume() -> list[int]:
        return [result.job_id for result in pool.results()]

    tasks = [sim.spawn(consume, name=f"consumer-{number}") for number in range(consumers)]
    pool.start()
    for _ in range(jobs):
        pool.submit(sim.sleep, 1)
    sim.sleep(stop_at)
    pool.stop(drain)
    taken = sim.join(*tasks)
    assert sorted(sum(taken, [])) == list(range(1, jobs + 1)), f"of {jobs} jobs the consumers got {taken}"
    late = [result.job_id for result in pool.results()]
    assert not late, f"all results were handed out, and yet another consumer got those of the jobs {late}"


@prop(
    "a result is there the moment its job ends",
    "Results come in the order in which the jobs ended; an iterator closed early leaves the rest there.",
    given={
        "seconds": st.permutations([1, 2, 3]),
        "iterators": st.integers(1, 3),
        "late": st.sampled_from([0, 2.5, 5]),
    },
    examples=[
        {"seconds": [3, 1, 2], "iterators": 1, "late": 0},
        {"seconds": [2, 3, 1], "iterators": 3, "late": 5},
    ],
    workloads=1,
)
def test_results_come_as_jobs_end(sim: Sim, seconds: list[int], iterators: int, late: float) -> None:
    pool = sim.kata.WorkerPool(len(seconds))

    def consume() -> list[tuple[int, float]]:
        sim.sleep(late)
        found = []
        for number in range(iterators):
            for result in pool.results():
                found.append((result.job_id, sim.now))
                if number < iterators - 1:
                    break
        return found

    consumer = sim.spawn(consume, name="consumer")
    with pool:
        for length in seconds:
            pool.submit(sim.sleep, length)
        sim.sleep(4)
    expected = [(seconds.index(length) + 1, max(late, length)) for length in sorted(seconds)]
    found = consumer.result()
    assert found == expected, f"jobs of {seconds} s: (id, time) of the results {found} instead of {expected}"


# --- stopping --------------------------------------------------------------------------------------


@prop(
    "stop() returns when the queued jobs are done and the threads are gone",
    "Idle or busy, and called by many at the same time: no call returns early, none hangs, none loses a job.",
    given={
        "drains": st.lists(st.booleans(), min_size=1, max_size=3),
        "workers": st.integers(1, 2),
        "jobs": st.integers(0, 3),
        "idle": st.booleans(),
    },
    examples=[
        {"drains": [True], "workers": 2, "jobs": 1, "idle": True},
        {"drains": [True, True], "workers": 1, "jobs": 2, "idle": False},
        {"drains": [True, False], "workers": 1, "jobs": 3, "idle": True},
    ],
    stalls=True,
    workloads=3,
)
def test_stop_waits_for_all(sim: Sim, drains: list[bool], workers: int, jobs: int, idle: bool) -> None:
    pool = sim.kata.WorkerPool(workers)
    pool.start()
    if idle:
        sim.sleep(1)  # by now all workers wait for a job
    for _ in range(jobs):
        pool.submit(sim.sleep, 1)
    tasks: list[Task] = []

    def stop(drain: bool) -> None:
        pool.stop(drain)
        no_thread_left(sim, tasks, f"when stop(drain={drain}) returned")

    for drain in drains:
        tasks.append(sim.spawn(stop, drain, name=f"stopper-{len(tasks)}"))
    sim.join(*tasks)
    pool.stop(timeout=0)  # once they are gone it returns at once
    found = sorted((result.job_id, type(result.error).__name__) for result in pool.results())
    assert [job_id for job_id, _ in found] == list(range(1, jobs + 1)), (
        f"of {jobs} jobs {found} gave a result"
    )
    dropped = [each for each in found if each[1] != "NoneType"]
    assert not (dropped and all(drains)), (
        f"nobody dropped anything, and yet these jobs were not done: {dropped}"
    )


@prop(
    "stop(drain=False) drops what is queued, and only that",
    "A dropped job gives its PoolStopped at once, in the order of the ids; one that runs is not interrupted.",
    given={
        "how": st.sampled_from(["busy", "draining", "never started", "never started, drain"]),
        "queued": st.integers(0, 3),
    },
    examples=[
        {"how": "never started, drain", "queued": 2},
        {"how": "busy", "queued": 2},
        {"how": "draining", "queued": 1},
    ],
    workloads=3,
)
def test_stop_drops(sim: Sim, how: str, queued: int) -> None:
    pool = sim.kata.WorkerPool(1)
    expected: list[tuple[int, float, Any]] = []
    started = not how.startswith("never")
    if started:
        pool.start()
        pool.submit(lambda: (sim.sleep(3), "done")[1])
        expected.append((1, 3.0, "done"))
        sim.sleep(0.5)
    for _ in range(queued):
        job_id = pool.submit(sim.sleep, 1)
        expected.insert(job_id - 1 - started, (job_id, 2.0, "PoolStopped"))
    if how == "draining":
        sim.spawn(pool.stop, name="stopper")  # the stop below drops what this one has left

    def consume() -> list[tuple[int, float, Any]]:
        return [(each.job_id, sim.now, each.value or type(each.error).__name__) for each in pool.results()]

    consumer = sim.spawn(consume, name="consumer")
    sim.sleep(2 - sim.now)
    pool.stop(drain=how == "never started, drain")  # without threads there is nobody to drain the queue
    ended = sim.now
    found = consumer.result()
    sim.join()
    assert found == expected, f"(id, time, outcome) of the results are {found} instead of {expected}"
    wanted = 3.0 if started else 2.0
    assert ended == wanted, f"the last job ended at {wanted} s, stop() returned at {ended} s"


@prop(
    "stop() wakes those who are blocked in submit()",
    "They raise PoolStopped at the very instant of the stop, though the queue stays full.",
    given={
        "started": st.booleans(),
        "drain": st.booleans(),
        "blocked": st.integers(1, 2),
        "workers": st.integers(1, 2),
    },
    examples=[
        {"started": False, "drain": True, "blocked": 1, "workers": 1},
        {"started": True, "drain": True, "blocked": 2, "workers": 1},
        {"started": True, "drain": False, "blocked": 2, "workers": 2},
    ],
    workloads=3,
)
def test_stop_wakes_blocked_submits(sim: Sim, started: bool, drain: bool, blocked: int, workers: int) -> None:
    pool = sim.kata.WorkerPool(workers, 1)
    if started:
        pool.start()
    fill(sim, pool, workers if started else 0, 5)

    def call() -> float:
        expect(
            sim.kata.PoolStopped,
            lambda: pool.submit(sim.sleep, 1, timeout=60),
            "a submit() that stop() meets",
        )
        return sim.now

    tasks = [sim.spawn(call, name=f"caller-{number}") for number in range(blocked)]
    sim.sleep(2 - sim.now)
    pool.stop(drain)
    no_thread_left(sim, tasks, "when stop() returned")
    ended = sim.join(*tasks)
    assert ended == [2.0] * blocked, f"stop() came at 2 s, the blocked calls ended at {ended} s"
    found = len(list(pool.results()))
    wanted = 1 + (workers if started else 0)
    assert found == wanted, f"{wanted} jobs were accepted, {found} results came out"


@prop(
    "stop() gives up exactly at its time-out, and the pool goes on stopping",
    "It takes no more jobs, finishes those it has, and another stop() waits for the threads.",
    given={"timeout": st.sampled_from([0, 0.5, 2]), "busy_until": st.sampled_from([[3], [3, 3], [1, 4]])},
    examples=[{"timeout": 0, "busy_until": [3]}, {"timeout": 2, "busy_until": [1, 4]}],
    workloads=2,
)
def test_stop_timeout(sim: Sim, timeout: float, busy_until: list[int]) -> None:
    workers = len(busy_until)
    pool = sim.kata.WorkerPool(workers, 1)
    pool.start()
    for until in busy_until:
        pool.submit(lambda until=until: sim.sleep(until - sim.now))
        sim.sleep(0.5 / workers)
    pool.submit(sim.sleep, 1)
    last = max(*busy_until, min(busy_until) + 1)
    expect(TimeoutError, lambda: pool.stop(timeout=timeout), f"stop(timeout={timeout}) with busy workers")
    assert sim.now == 0.5 + timeout, f"stop(timeout={timeout}) gave up after {sim.now - 0.5} s"
    stopped = sim.kata.PoolStopped
    expect(stopped, lambda: pool.try_submit(list), "try_submit() after stop(), with a full queue,")
    expect(stopped, lambda: pool.submit(list, timeout=0), "submit(timeout=0) after stop()")
    expect(stopped, pool.start, "start() after stop()")
    pool.stop(timeout=10)
    assert sim.now == last, f"the last worker was free at {last} s, the second stop() returned at {sim.now} s"
    no_thread_left(sim, [], "when the second stop() returned")
    pool.stop(timeout=0)
    found = sorted((result.job_id, str(result.error)) for result in pool.results())
    wanted = [(job_id, "None") for job_id in range(1, workers + 2)]
    assert found == wanted, f"(id, error) of the results are {found} instead of {wanted}"


@prop(
    "of a start and a stop at the same time, either wins",
    "Either the threads are started, and stop() waits for them, or start() raises; no job loses its result.",
    given={"drain": st.booleans(), "jobs": st.integers(0, 2), "method": st.sampled_from(["start", "with"])},
    examples=[{"drain": True, "jobs": 1, "method": "start"}, {"drain": False, "jobs": 2, "method": "with"}],
    stalls=True,
    workloads=2,
)
def test_start_against_stop(sim: Sim, drain: bool, jobs: int, method: str) -> None:
    pool = sim.kata.WorkerPool(2)
    ran: list[int] = []
    for number in range(1, jobs + 1):
        pool.submit(ran.append, number)

    def start() -> None:
        try:
            if method == "start":
                pool.start()
            else:
                with pool:
                    pass
        except sim.kata.PoolStopped:
            pass

    starter = sim.spawn(start, name="starter")
    pool.stop(drain)
    no_thread_left(sim, [starter], "when stop() returned")
    starter.result()
    expect(sim.kata.PoolStopped, pool.start, "start() after stop()")
    expect(sim.kata.PoolStopped, pool.__enter__, "entering a pool after stop()")
    results = list(pool.results())
    found = sorted(result.job_id for result in results)
    assert found == list(range(1, jobs + 1)), f"{jobs} jobs were accepted, jobs {found} gave a result"
    done = sorted(result.job_id for result in results if result.error is None)
    assert sorted(ran) == done, f"jobs {sorted(ran)} ran, jobs {done} gave a result without an error"


@prop(
    "leaving the block stops the pool",
    "Queued jobs are finished if the block went well and dropped if it raised; its exception is left alone.",
    given={"raised": st.sampled_from(["nothing", "KeyError", "KeyboardInterrupt"]), "started": st.booleans()},
    examples=[{"raised": "nothing", "started": False}, {"raised": "KeyError", "started": True}],
    workloads=2,
)
def test_context_manager(sim: Sim, raised: str, started: bool) -> None:
    error = {"KeyError": KeyError("boom"), "KeyboardInterrupt": KeyboardInterrupt()}.get(raised)
    pool = sim.kata.WorkerPool(1)
    if started:
        pool.start()
    came_out: BaseException | None = None
    try:
        with pool as entered:
            assert entered is pool, f"entering the pool returned {entered!r}"
            for _ in range(3):
                pool.submit(lambda: (sim.sleep(2), "done")[1])
            sim.sleep(1)
            if error is not None:
                raise error
    except (KeyError, KeyboardInterrupt) as caught:
        came_out = caught
    assert came_out is error, f"the block raised {error!r}, and {came_out!r} came out"
    no_thread_left(sim, [], "after the block")
    wanted = 6.0 if error is None else 2.0
    assert sim.now == wanted, f"the last worker was free at {wanted} s, the block was left at {sim.now} s"
    found = sorted((each.job_id, each.value or type(each.error).__name__) for each in pool.results())
    rest = "done" if error is None else "PoolStopped"
    assert found == [(1, "done"), (2, rest), (3, rest)], f"(id, outcome) of the results are {found}"


@prop(
    "a thread that cannot be started stops the pool",
    "The error comes out of start(), the threads that did start go away, queued jobs give their PoolStopped.",
    given={"workers": st.integers(1, 3), "refused": st.integers(1, 3), "jobs": st.integers(0, 2)},
    examples=[{"workers": 2, "refused": 2, "jobs": 1}, {"workers": 1, "refused": 1, "jobs": 2}],
    workloads=2,
)
def test_refused_thread(sim: Sim, workers: int, refused: int, jobs: int) -> None:
    refused = min(refused, workers)
    pool = sim.kata.WorkerPool(workers)
    for _ in range(jobs):
        pool.submit(str, "done")
    error = RuntimeError("can't start new thread")
    real: Callable[[Any], None] = sim.threading.Thread.start
    started = 0

    def start(thread: Any) -> None:
        nonlocal started
        started += 1
        if started == refused:
            raise error
        real(thread)

    sim.threading.Thread.start = start
    try:
        raised = expect(RuntimeError, pool.start, "start() without enough threads")
    finally:
        sim.threading.Thread.start = real
    assert raised is error, f"the system refused a thread with {error!r}, start() raised {raised!r}"
    expect(sim.kata.PoolStopped, lambda: pool.submit(list), "submit() after start() has failed")
    pool.stop()
    no_thread_left(sim, [], "when stop() returned")
    found = {result.job_id: result.value or type(result.error).__name__ for result in pool.results()}
    assert sorted(found) == list(range(1, jobs + 1)), f"{jobs} jobs were accepted, the results are {found}"
    if refused == 1:
        assert set(found.values()) <= {"PoolStopped"}, f"there were no threads, and the results are {found}"


# --- giving up -------------------------------------------------------------------------------------


@prop(
    "a time-out of submit() is exact",
    "submit(timeout=t) gives up exactly t seconds after the call, even if others took places meanwhile.",
    given={"timeout": st.sampled_from([0, 0.25, 1, 7.5]), "rivals": st.integers(0, 2)},
    examples=[{"timeout": 7.5, "rivals": 1}, {"timeout": 1, "rivals": 0}],
    workloads=2,
)
def test_exact_timeout(sim: Sim, timeout: float, rivals: int) -> None:
    pool = sim.kata.WorkerPool(1, 1)
    pool.start()
    fill(sim, pool, 1, 100, then=1000)
    full = pool.try_submit(list)
    assert full is None, f"try_submit() with a full queue returned {full!r}"
    sim.sleep(98.75 - sim.now)

    def rival() -> None:
        sim.sleep(100 - sim.now)  # the instant at which the worker takes a job and frees a place
        try:
            pool.submit(sim.sleep, 100, timeout=0)
        except TimeoutError:
            pass

    tasks = [sim.spawn(rival, name=f"rival-{number}") for number in range(rivals)]
    began = sim.now
    try:
        pool.submit(sim.sleep, 1, timeout=timeout)
        wanted = 100 - began  # as soon as there is a place
    except TimeoutError:
        wanted = timeout
    took = sim.now - began
    assert took == wanted, f"submit(timeout={timeout}) ended after {took} s instead of {wanted} s"
    sim.join(*tasks)
    pool.stop(drain=False)


@prop(
    "a ctx that is already done beats a free place",
    "submit() raises the error of the ctx and queues nothing, be the pool empty, full or stopped.",
    given={"late": st.booleans(), "state": st.sampled_from(["free", "full", "stopped"])},
    examples=[
        {"late": False, "state": "free"},
        {"late": True, "state": "full"},
        {"late": False, "state": "stopped"},
    ],
    workloads=6,
)
def test_done_ctx_queues_nothing(sim: Sim, late: bool, state: str) -> None:
    pool = sim.kata.WorkerPool(1, 1)
    root = sim.context.Context.background()
    ctx = root.with_timeout(1) if late else root.with_cancel()
    sim.sleep(2)
    ctx.cancel()
    if state == "full":
        pool.submit(list)
    elif state == "stopped":
        pool.stop()
    error = sim.context.DeadlineExceeded if late else sim.context.Cancelled
    for timeout in (None, 0):
        what = f"submit(timeout={timeout}) with a done ctx"
        expect(error, lambda timeout=timeout: pool.submit(list, timeout=timeout, ctx=ctx), what)
    if state == "free":
        job_id = pool.submit(list)
        assert job_id == 1, f"two calls failed, and the first accepted job has the id {job_id}"
    pool.stop()
    found = len(list(pool.results()))
    wanted = 0 if state == "stopped" else 1
    assert found == wanted, f"{wanted} jobs were accepted, {found} results came out"


@prop(
    "a cancel wakes a blocked submit() at once, and nothing of it is accepted later",
    "It raises the error of its ctx at the very instant the ctx ends; a place free then is for others.",
    given={"deadline": st.booleans(), "timeout": st.sampled_from([None, 3, 10]), "started": st.booleans()},
    examples=[
        {"deadline": False, "timeout": None, "started": False},
        {"deadline": False, "timeout": None, "started": True},
        {"deadline": True, "timeout": 10, "started": True},
        {"deadline": True, "timeout": 3, "started": False},
    ],
    workloads=1,
)
def test_cancel_wakes_at_once(sim: Sim, deadline: bool, timeout: float | None, started: bool) -> None:
    pool = sim.kata.WorkerPool(1, 1)
    if started:
        pool.start()
    fill(sim, pool, int(started), 8)
    root = sim.context.Context.background()
    ctx = root.with_timeout(3) if deadline else root.with_cancel()
    began = sim.now
    errors: type[Exception] | tuple[type[Exception], ...]
    if deadline:
        errors = sim.context.DeadlineExceeded
    elif timeout == 3:  # the cancel may come a moment too late
        errors = (sim.context.Cancelled, TimeoutError)
    else:
        errors = sim.context.Cancelled

    def call() -> float:
        expect(errors, lambda: pool.submit(list, timeout=timeout, ctx=ctx), "submit() with a ctx that ends")
        return sim.now - began

    task = sim.spawn(call, name="caller")
    sim.sleep(3)
    if deadline:
        task.join()  # what becomes of a place that is free at that very instant is not said
    else:
        ctx.cancel()
    pool.start()
    job_id = pool.submit(list)
    accepted = 2 + started
    assert job_id == accepted, (
        f"job {job_id} came after {accepted - 1}: one was accepted after its ctx had ended"
    )
    ended = task.result()
    ctx.cancel()
    assert ended == 3.0, f"the ctx ended after 3 s, submit() after {ended} s"
    pool.stop()
    found = len(list(pool.results()))
    assert found == accepted, f"{accepted} jobs were accepted, {found} results came out"


@prop(
    "a place that becomes free as a caller gives up goes to the next",
    "Place and time-out, or place and cancel, at the same instant: whoever gives up does not keep it.",
    given={"how": st.sampled_from(["timeout", "cancel", "deadline"]), "behind": st.integers(1, 2)},
    examples=[
        {"how": "deadline", "behind": 1},
        {"how": "timeout", "behind": 1},
        {"how": "cancel", "behind": 1},
    ],
    workloads=1,
)
def test_place_against_giving_up(sim: Sim, how: str, behind: int) -> None:
    pool = sim.kata.WorkerPool(1, 1)
    pool.start()
    fill(sim, pool, 1, 3)
    root = sim.context.Context.background()
    ctx = {"timeout": root, "cancel": root.with_cancel(), "deadline": root.with_timeout(2.5)}[how]

    def give_up_at_3() -> float | None:
        try:
            pool.submit(sim.sleep, 1, timeout=2.5 if how == "timeout" else None, ctx=ctx)
        except (TimeoutError, sim.context.Cancelled):
            return None
        return sim.now

    def stay() -> float:
        pool.submit(sim.sleep, 1)
        return sim.now

    def cancel() -> None:
        sim.sleep(2.5)
        ctx.cancel()

    first = sim.spawn(give_up_at_3, name="impatient")
    others = [sim.spawn(stay, name=f"patient-{number}") for number in range(behind)]
    if how == "cancel":
        sim.spawn(cancel, name="canceller")
    accepted = [when for when in sim.join(first, *others) if when is not None]
    sim.join()
    ctx.cancel()
    wanted = [3.0 + number for number in range(len(accepted))]
    what = "got a place" if len(accepted) > behind else "gave up"
    assert sorted(accepted) == wanted, (
        f"one {what} at 3 s; the others got places at {accepted} s, not {wanted}"
    )
    pool.stop()


@prop(
    "a submit() that is over leaves nothing registered with its ctx",
    "However it ends, a long-lived ctx must not collect the callbacks of calls that are over.",
    given={"how": st.sampled_from(["free", "granted", "timeout", "cancel", "stop", "full"])},
    workloads=6,
)
def test_nothing_stays_registered(sim: Sim, how: str) -> None:
    pool = sim.kata.WorkerPool(1, 1)
    ctx = sim.context.Context.background().with_cancel()
    spy = Spy(ctx)
    if how != "free":
        pool.submit(list)

    def call() -> None:
        try:
            pool.submit(list, timeout={"timeout": 2, "full": 0}.get(how, 9), ctx=spy)
        except (TimeoutError, sim.context.Cancelled, sim.kata.PoolStopped):
            pass

    task = sim.spawn(call, name="caller")
    sim.sleep(1)
    if how == "granted":
        pool.start()
    elif how == "cancel":
        ctx.cancel()
    elif how == "stop":
        pool.stop()
    task.result()
    assert spy.registered == 0, f"submit() is over ({how}); {spy.registered} callbacks are still registered"
    pool.stop()
    ctx.cancel()


# --- manners ---------------------------------------------------------------------------------------


@prop(
    "a blocked call waits, it does not poll",
    "It is woken when there is something for it to do; it does not wake up to look in between.",
    given={"what": st.sampled_from(["submit", "results", "stop", "an idle worker"])},
    workloads=4,
)
def test_no_polling(sim: Sim, what: str) -> None:
    pool = sim.kata.WorkerPool(1, 1)
    if what != "submit":
        pool.start()
    if what in ("submit", "stop"):
        pool.submit(sim.sleep, 1000)

    def call() -> int:
        before = sim.wakeups
        if what == "submit":
            pool.submit(list, timeout=5000)
        elif what == "results":
            next(pool.results())
        else:
            pool.stop(timeout=5000)
        return sim.wakeups - before

    if what == "an idle worker":
        for _ in range(2):
            pool.submit(lambda: sim.wakeups)
            sim.sleep(1000)
        pool.stop()
        first, second = [result.value for result in pool.results()]
        woken = second - first
    else:
        task = sim.spawn(call, name="caller")
        sim.sleep(1000)
        if what == "submit":
            pool.start()
        elif what == "results":
            pool.submit(str)
        woken = task.result()
        pool.stop(drain=False)
    assert woken <= 8, f"{what}: it had nothing to do for 1000 s and woke up {woken} times"


@prop(
    "bad arguments are refused at the call that got them",
    "Sizes, functions and time-outs that make no sense raise TypeError or ValueError and change nothing.",
)
def test_bad_arguments(sim: Sim) -> None:
    make = sim.kata.WorkerPool
    for value, error in (
        (0, ValueError),
        (-1, ValueError),
        (1.0, TypeError),
        ("2", TypeError),
        (True, TypeError),
    ):
        expect(error, lambda value=value: make(value), f"WorkerPool({value!r})")
        expect(error, lambda value=value: make(1, value), f"WorkerPool(1, queue_size={value!r})")
    pool = make(1)
    for value in (None, 42, "print"):
        expect(TypeError, lambda value=value: pool.submit(value), f"submit({value!r})")
        expect(TypeError, lambda value=value: pool.try_submit(value), f"try_submit({value!r})")
    timeouts = (
        (-1, ValueError),
        (math.nan, ValueError),
        (math.inf, ValueError),
        (sim.threading.TIMEOUT_MAX * 2, ValueError),
        ("1", TypeError),
        (True, TypeError),
    )
    for value, error in timeouts:
        expect(error, lambda value=value: pool.submit(list, timeout=value), f"submit(timeout={value!r})")
        expect(error, lambda value=value: pool.stop(timeout=value), f"stop(timeout={value!r})")
    for value in (0, 1, None, "yes"):
        expect(TypeError, lambda value=value: pool.stop(value), f"stop(drain={value!r})")
    job_id = pool.submit(str, "fine")
    assert job_id == 1, f"all calls so far were refused, and the first job has the id {job_id}"
    pool.stop()  # it was never started: there are no threads to wait for
    ctx = sim.context.Context.background().with_cancel()
    ctx.cancel()
    expect(TypeError, lambda: pool.submit(42, ctx=ctx), "submit(42) in a stopped pool, with a done ctx,")
    expect(ValueError, lambda: pool.submit(list, timeout=-1, ctx=ctx), "submit(timeout=-1) in a stopped pool")
    found = [(result.job_id, result.value, type(result.error)) for result in pool.results()]
    assert found == [(1, None, sim.kata.PoolStopped)], f"(id, value, error) of the results are {found}"
