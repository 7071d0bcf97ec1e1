"""Hidden properties of the kata ``pipeline``."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any

import hypothesis.strategies as st

from dojo.checking.property import prop
from dojo.checking.scenario import Gauge, Spy, expect
from dojo.checking.sim import Sim

STAGES = st.lists(st.integers(1, 2), min_size=1, max_size=2)  # the workers of each
ERRORS = ("KeyError", "KeyboardInterrupt", "SystemExit")


class Source:
    """An iterator over some items that notes how it is used, and what of that is against the rules.

    Args:
        sim: the simulation.
        items: what it gives.
        seconds: how long it takes for each.
        fails_at: how many items it gives before it raises ``error``.
        error: what it raises then.
        close_error: what ``close`` raises.
    """

    def __init__(
        self,
        sim: Sim,
        items: Iterable[Any],
        seconds: float = 0,
        fails_at: int | None = None,
        error: BaseException | None = None,
        close_error: BaseException | None = None,
    ) -> None:
        self._sim = sim
        self._close_error = close_error
        self._items = iter(items)
        self._seconds = seconds
        self._fails_at, self._error = fails_at, error
        self._reader: Any = None
        self._reading = False
        self.taken = 0
        self.readings: list[float] = []  # when each began
        self.closed = 0
        self.complaints: list[str] = []

    def __iter__(self) -> Source:
        return self

    def __next__(self) -> Any:
        reader = self._sim.threading.current_thread()
        if self._reading:
            self.complaints.append("the source was asked for an item while it was fetching one")
        if self._reader not in (None, reader):
            self.complaints.append("the source was read by two threads")
        if self.closed:
            self.complaints.append("the source was read after it had been closed")
        self._reader, self._reading = reader, True
        self.readings.append(self._sim.now)
        try:
            if self._seconds:
                self._sim.sleep(self._seconds)
            if self.taken == self._fails_at and self._error is not None:
                raise self._error
            item = next(self._items)
            self.taken += 1
            return item
        finally:
            self._reading = False

    def close(self) -> None:
        if self._reading:
            self.complaints.append("the source was closed while it was fetching an item")
        self.closed += 1
        if self._close_error is not None:
            raise self._close_error

    def check(self, when: str) -> None:
        """All rules were kept, and the source is closed."""
        assert not self.complaints, self.complaints[0]
        assert self.closed == 1, f"{when}, the source had been closed {self.closed} times instead of once"


def no_thread_left(sim: Sim, ours: Iterable[str], when: str) -> None:
    """Of all threads only those that the property itself has started may be alive."""
    left = [name for name in sim.live_threads if name not in ours]
    assert not left, f"{when}, {', '.join(left)} was still alive"


def exhausted(results: Iterator[Any], when: str) -> None:
    """The iterator gives nothing any more, however often it is asked."""
    for _ in range(2):
        try:
            item = next(results)
        except StopIteration:
            continue
        except BaseException as error:
            raise AssertionError(f"{when}, next() raised {error!r} instead of StopIteration") from error
        raise AssertionError(f"{when}, next() returned {item!r} instead of raising StopIteration")


def adding(number: int, seconds: float, sim: Sim) -> Callable[[int], int]:
    """A stage's function: takes ``seconds``, and appends ``number`` to the digits of the item."""

    def add(item: int) -> int:
        if seconds:
            sim.sleep(seconds)
        return item * 10 + number

    return add


def build(sim: Sim, workers: Iterable[int], buffer: int = 1, seconds: float = 0) -> Any:
    """A pipeline whose stages append 1, 2, ... to the digits of an item."""
    pipeline = sim.kata.Pipeline(buffer)
    for number, each in enumerate(workers, 1):
        pipeline.stage(adding(number, seconds, sim), each)
    return pipeline


def through(item: int, stages: int) -> int:
    """What comes of an item behind the stages of ``build``."""
    for number in range(1, stages + 1):
        item = item * 10 + number
    return item


# --- what comes out --------------------------------------------------------------------------------


@prop(
    "the results are those of the stages applied one after the other",
    "Every item goes through every stage once, in the order of the source unless a stage has several workers.",
    given={
        "items": st.lists(st.integers(1, 9), max_size=4),
        "workers": STAGES,
        "buffer": st.integers(1, 2),
        "pause": st.booleans(),
    },
    examples=[
        {"items": [1, 2], "workers": [2], "buffer": 1, "pause": True},
        {"items": [1, 2, 3], "workers": [1], "buffer": 2, "pause": False},
        {"items": [1, 2, 3], "workers": [2, 1], "buffer": 1, "pause": False},
    ],
    stalls=True,
    workloads=2,
)
def test_equals_the_composition(
    sim: Sim, items: list[int], workers: list[int], buffer: int, pause: bool
) -> None:
    def source() -> Iterator[int]:
        yield from items
        if pause:
            sim.sleep(1)  # so that all workers wait when they learn that nothing more will come

    results = list(build(sim, workers, buffer).run(source()))
    expected = [through(item, len(workers)) for item in items]
    if max(workers) == 1:
        assert results == expected, f"stages of one worker made {results} of {items}, not {expected}"
    assert sorted(results) == sorted(expected), (
        f"stages with {workers} workers made {results} of {items}, not, in any order, {expected}"
    )
    no_thread_left(sim, (), "when the last result had been yielded")


class _Awkward:
    """Equal to everything, and false."""

    def __eq__(self, other: object) -> bool:
        return True

    def __bool__(self) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]


@prop(
    "any value may be an item",
    "None, False, an exception that is returned, an object equal to everything: they pass like any other item.",
    given={
        "kinds": st.lists(
            st.sampled_from(["None", "False", "exception", "StopIteration", "awkward", "tuple"]),
            min_size=1,
            max_size=3,
        )
    },
    examples=[{"kinds": ["None", "exception"]}, {"kinds": ["StopIteration", "awkward", "tuple"]}],
    workloads=1,
)
def test_any_value_is_an_item(sim: Sim, kinds: list[str]) -> None:
    values = {
        "None": None,
        "False": False,
        "exception": KeyError("an item"),
        "StopIteration": StopIteration("an item"),
        "awkward": _Awkward(),
        "tuple": (None, KeyError("an item")),
    }
    items = [values[kind] for kind in kinds]

    def same(item: object) -> object:
        return item

    found = list(sim.kata.Pipeline().stage(same).run(items))
    assert [id(item) for item in found] == [id(item) for item in items], (
        f"of the items {', '.join(kinds)} came {found}"
    )


@prop(
    "a pipeline without stages yields the source",
    "The items come as they are and in their order; the rules for the end of a run hold here too.",
    given={
        "items": st.lists(st.integers(0, 9), max_size=4),
        "end": st.sampled_from(["end", "close", "cancel"]),
    },
    examples=[{"items": [1, 2, 3], "end": "end"}, {"items": [1, 2], "end": "close"}],
    workloads=3,
)
def test_no_stages(sim: Sim, items: list[int], end: str) -> None:
    ctx = sim.context.Context.background().with_cancel()
    source = Source(sim, items if end == "end" else count())
    results = sim.kata.Pipeline().run(source, ctx)
    expected = items
    if end == "end":
        found = list(results)
    else:
        expected = [0, 1]
        found = [next(results), next(results)]
        if end == "close":
            results.close()
        else:
            ctx.cancel()
            expect(sim.context.Cancelled, lambda: next(results), "next() after the ctx has ended")
    assert found == expected, f"a pipeline without stages yielded {found} instead of {expected}"
    exhausted(results, f"after the {end}")
    source.check(f"after the {end}")
    no_thread_left(sim, (), f"after the {end}")


# --- how many, and when ----------------------------------------------------------------------------


@prop(
    "n items through k stages of 1 s take n + k - 1 seconds",
    "Source, stages and consumer work at the same time, and a result can be had at the moment it is there.",
    given={
        "seconds": st.lists(st.integers(1, 3), min_size=1, max_size=3),
        "reading": st.integers(0, 2),
        "consuming": st.integers(0, 2),
        "items": st.integers(1, 4),
        "buffer": st.integers(1, 2),
    },
    examples=[
        {"seconds": [1, 1, 1], "reading": 0, "consuming": 0, "items": 4, "buffer": 1},
        {"seconds": [1], "reading": 1, "consuming": 1, "items": 3, "buffer": 1},
    ],
    workloads=3,
)
def test_stages_overlap(
    sim: Sim, seconds: list[int], reading: int, consuming: int, items: int, buffer: int
) -> None:
    pipeline = sim.kata.Pipeline(buffer)
    for number, each in enumerate(seconds, 1):
        pipeline.stage(adding(number, each, sim))
    times = []
    for _ in pipeline.run(Source(sim, range(items), reading)):
        times.append(sim.now)
        sim.sleep(consuming)
    # Like machines in a line with constant times: the slowest sets the pace, whatever waits before it.
    first, pace = reading + sum(seconds), max(reading, *seconds, consuming)
    expected = [float(first + number * pace) for number in range(items)]
    assert times == expected, (
        f"{items} items; each is read in {reading} s, goes through stages of {seconds} s and is used for "
        f"{consuming} s: next() returned at {times} s instead of {expected} s"
    )


@prop(
    "w workers make a stage w times as fast",
    "A free worker takes the next item at once, so that the slow stage keeps up with the others.",
    given={
        "workers": st.lists(st.integers(1, 3), min_size=1, max_size=2),
        "items": st.integers(1, 4),
        "paced": st.booleans(),
        "buffer": st.integers(1, 2),
    },
    examples=[
        {"workers": [1, 3], "items": 4, "paced": True, "buffer": 1},
        {"workers": [2], "items": 4, "paced": False, "buffer": 2},
        {"workers": [2, 2], "items": 4, "paced": False, "buffer": 1},
    ],
    workloads=2,
)
def test_workers_speed_up(sim: Sim, workers: list[int], items: int, paced: bool, buffer: int) -> None:
    pipeline = sim.kata.Pipeline(buffer)
    calls = [Gauge() for _ in workers]

    def stage(number: int) -> Callable[[Any], Any]:
        def work(item: Any) -> Any:
            calls[number].add(1)
            sim.sleep(workers[number] if paced else 1)
            calls[number].add(-1)
            return item

        return work

    for number, each in enumerate(workers):
        pipeline.stage(stage(number), each)

    def source() -> Iterator[int]:
        sim.sleep(1)  # all workers are waiting now
        for number in range(items):
            yield number
            if paced:
                sim.sleep(1)

    times = []
    for _ in pipeline.run(source()):
        times.append(sim.now)
    if paced:  # one item comes a second, and with w workers a stage of w seconds keeps up with that
        expected = [float(1 + sum(workers) + number) for number in range(items)]
    else:  # all are there at 1 s; the stage with the fewest workers sets the pace
        expected = _rounds(workers, items)
    assert times == expected, (
        f"{items} items, {workers} workers in the stages, {'their number of seconds' if paced else '1 s'} "
        f"for a call: the results came at {times} s instead of {expected} s"
    )
    for number, gauge in enumerate(calls):
        assert gauge.most <= workers[number], (
            f"the stage has {workers[number]} workers, and {gauge.most} calls ran at once"
        )


@prop(
    "a worker that finds nothing to do stays",
    "However the items come, w workers serve them as w workers would: none goes home before the items end.",
    given={"pauses": st.lists(st.integers(0, 2), min_size=2, max_size=4), "workers": st.integers(1, 2)},
    examples=[{"pauses": [1, 1, 3, 0], "workers": 2}],
    workloads=4,
)
def test_idle_workers_stay(sim: Sim, pauses: list[int], workers: int) -> None:
    def work(item: int) -> int:
        sim.sleep(1)
        return item

    def source() -> Iterator[int]:
        for number, pause in enumerate(pauses):
            if pause:
                sim.sleep(pause)
            yield number

    # All items have room in the buffer: nothing but the workers holds them up.
    pipeline = sim.kata.Pipeline(len(pauses)).stage(work, workers)
    times = [sim.now for _ in pipeline.run(source())]
    free_at, arrived, expected = [0.0] * workers, 0, []
    for pause in pauses:
        arrived += pause
        first = free_at.index(min(free_at))
        free_at[first] = max(free_at[first], arrived) + 1
        expected.append(free_at[first])
    assert times == sorted(expected), (
        f"{workers} workers of 1 s a call, pauses of {pauses} s before the items: the results came at {times} s "
        f"instead of {sorted(expected)} s"
    )


def _rounds(workers: list[int], items: int) -> list[float]:
    """When items come out of stages of 1 s, if all are there at 1 s and no buffer holds anything up."""
    there = [1.0] * items
    for each in workers:
        free = [0.0] * each
        done = []
        for arrival in there:
            free.sort()
            free[0] = max(free[0], arrival) + 1
            done.append(free[0])
        there = sorted(done)
    return there


@prop(
    "the number of items in flight is bounded, so an infinite source works",
    "Taken from the source and not yet yielded: at most the sum of workers + buffer + 1, plus buffer + 2.",
    given={
        "workers": st.lists(st.integers(1, 2), max_size=2),
        "buffer": st.integers(1, 2),
        "taken": st.integers(1, 3),
        "slow": st.sampled_from(["consumer", "first", "last"]),
    },
    examples=[
        {"workers": [1], "buffer": 1, "taken": 2, "slow": "consumer"},
        {"workers": [1, 1], "buffer": 1, "taken": 2, "slow": "last"},
        {"workers": [1], "buffer": 1, "taken": 2, "slow": "first"},
    ],
    stalls=True,
    workloads=2,
    max_steps=5_000,
)
def test_in_flight_is_bounded(sim: Sim, workers: list[int], buffer: int, taken: int, slow: str) -> None:
    limit = sum(each + buffer + 1 for each in workers) + buffer + 2
    yielded = 0

    def endless() -> Iterator[int]:
        for number in count(1):
            flying = number - yielded
            assert flying <= limit, (
                f"{number} items were taken from the source and {yielded} yielded: {flying} are in flight, "
                f"with {workers} workers in the stages and buffer={buffer} at most {limit} may be"
            )
            yield number

    pipeline = sim.kata.Pipeline(buffer)
    for number, each in enumerate(workers):
        slowest = slow == ("first" if number == 0 else "last")
        pipeline.stage(adding(0, 2 if slowest else 0, sim), each)
    results = pipeline.run(endless())
    for _ in range(taken):
        next(results)
        yielded += 1
        if slow == "consumer":
            sim.sleep(1)
    results.close()


@prop(
    "a thread that has nothing to do sleeps",
    "Next() waits for a slow stage, a stage for its next item or for a place: none looks in between.",
    given={"slow": st.sampled_from(["source", "stage", "consumer"]), "cancellable": st.booleans()},
    examples=[{"slow": "stage", "cancellable": True}],
    workloads=2,
)
def test_no_polling(sim: Sim, slow: str, cancellable: bool) -> None:
    woken: list[int] = []

    def note(item: int) -> int:
        woken.append(sim.wakeups)
        if slow == "stage":
            sim.sleep(500)
        return item

    ctx = sim.context.Context.background().with_cancel() if cancellable else None
    pipeline = sim.kata.Pipeline().stage(lambda item: item).stage(note)
    before = sim.wakeups
    consumed = 0
    for _ in pipeline.run(Source(sim, range(2), 500 if slow == "source" else 0), ctx):
        consumed += 1
        if slow == "consumer":
            sim.sleep(500)
    consumer = sim.wakeups - before
    # A design that wakes everybody at each change wakes some in vain; one that polls does so 500 s long.
    assert consumer <= 50 * consumed, f"the consumer of {consumed} results woke up {consumer} times"
    worker = woken[-1] - woken[0]
    assert worker <= 50 * consumed, f"the worker of a stage woke up {worker} times for {consumed} items"


# --- when the run is not over yet -------------------------------------------------------------------


@prop(
    "an iterator that is never used leaves nothing behind",
    "The run begins with the first next(): until then no thread, no reading, nothing registered with the ctx.",
    given={"closed": st.booleans(), "stages": st.integers(0, 2)},
    workloads=3,
)
def test_begins_at_the_first_next(sim: Sim, closed: bool, stages: int) -> None:
    spy = Spy(sim.context.Context.background().with_cancel())
    source = Source(sim, count())
    results = build(sim, [1] * stages).run(source, spy)
    sim.sleep(1)
    what = "run() was called, and next() was not"
    no_thread_left(sim, (), what)
    assert source.taken == 0, f"{what}; {source.taken} items were taken from the source"
    assert spy.registered == 0, f"{what}; {spy.registered} callbacks are registered with the ctx"
    if closed:
        results.close()
        exhausted(results, "after close()")
    del results
    no_thread_left(sim, (), "when the iterator had gone")
    assert (source.taken, source.closed) == (0, 0), (
        f"of an iterator that was never used {source.taken} items were taken from the source, "
        f"and it was closed {source.closed} times; it should have been left alone"
    )


@prop(
    "a stage that is added later is for later runs",
    "What run() was called on is what runs, even if stages are added before the first next() or in the middle.",
    given={"used": st.booleans(), "stages": st.integers(0, 1)},
    examples=[{"used": False, "stages": 1}, {"used": True, "stages": 1}],
    workloads=2,
)
def test_later_stages(sim: Sim, used: bool, stages: int) -> None:
    pipeline = build(sim, [1] * stages)
    results = pipeline.run([1, 2])
    found = [next(results)] if used else []
    chained = pipeline.stage(adding(7, 0, sim), 1)
    assert chained is pipeline, f"stage() returns its pipeline, not {chained!r}"
    found += results
    expected = [through(item, stages) for item in (1, 2)]
    assert found == expected, f"a run from before stage() was called yielded {found} instead of {expected}"
    later = list(pipeline.run([1, 2]))
    expected = [item * 10 + 7 for item in expected]
    assert later == expected, f"a run from after stage() was called yielded {later} instead of {expected}"


@prop(
    "runs of one pipeline are independent",
    "Two of them at the same time get each its own results, and the end of one is not the end of the other.",
    given={"end": st.sampled_from(["end", "close", "error", "cancel"]), "workers": st.integers(1, 2)},
    examples=[{"end": "end", "workers": 1}, {"end": "close", "workers": 1}, {"end": "error", "workers": 1}],
    workloads=1,
)
def test_runs_are_independent(sim: Sim, end: str, workers: int) -> None:
    def work(item: int) -> int:
        if item < 0:
            raise KeyError(item)
        return item * 10

    pipeline = sim.kata.Pipeline().stage(work, workers)
    ctx = sim.context.Context.background().with_cancel()

    def other() -> None:
        items = [5, -1] if end == "error" else [5, 6]
        results = pipeline.run(items, ctx)
        if end == "end":
            found = sorted(results)
            assert found == [50, 60], f"one of two runs yielded {found} instead of [50, 60]"
        elif end == "error":
            expect(KeyError, lambda: list(results), "the run whose function raises KeyError")
        else:
            next(results)
            if end == "close":
                results.close()
            else:
                ctx.cancel()

    task = sim.spawn(other, name="other-run")
    found = sorted(pipeline.run([1, 2]))
    assert found == [10, 20], f"beside a run that ended by {end} one yielded {found}, not [10, 20]"
    sim.join(task)


# --- errors ----------------------------------------------------------------------------------------


@prop(
    "the first error ends the run and is raised once",
    "The very exception comes out of next(), with its traceback; then all is over, and all is cleaned up.",
    given={
        "place": st.sampled_from(["source", "close", "first", "last"]),
        "kind": st.sampled_from(ERRORS),
        "fails_at": st.integers(0, 3),
        "workers": st.integers(1, 2),
        "more": st.sampled_from([0, 9]),
    },
    examples=[
        {"place": "first", "kind": "KeyError", "fails_at": 1, "workers": 1, "more": 9},
        {"place": "last", "kind": "SystemExit", "fails_at": 2, "workers": 1, "more": 9},
        {"place": "source", "kind": "KeyError", "fails_at": 2, "workers": 1, "more": 9},
        {"place": "close", "kind": "KeyError", "fails_at": 2, "workers": 1, "more": 0},
        {"place": "first", "kind": "KeyboardInterrupt", "fails_at": 1, "workers": 2, "more": 0},
    ],
    stalls=True,
    workloads=3,
)
def test_first_error(sim: Sim, place: str, kind: str, fails_at: int, workers: int, more: int) -> None:
    boom = {"KeyError": KeyError, "KeyboardInterrupt": KeyboardInterrupt, "SystemExit": SystemExit}[kind](
        "boom"
    )

    def fail() -> None:
        raise boom

    def first(item: int) -> int:
        if place == "first" and item == fails_at:
            fail()
        return item

    def last(item: int) -> int:
        if place == "last" and item == fails_at:
            fail()
        return item

    items = range(fails_at if place == "close" else fails_at + more + 1)
    source = Source(
        sim,
        items,
        fails_at=fails_at if place == "source" else None,
        error=boom,
        close_error=boom if place == "close" else None,
    )
    results = sim.kata.Pipeline().stage(first, workers).stage(last).run(source)
    found = []
    raised: BaseException | None = None
    while raised is None:
        try:
            found.append(next(results))
        except StopIteration:
            break
        except (KeyError, KeyboardInterrupt, SystemExit, RuntimeError) as error:
            raised = error
    where = {"source": "the source", "close": "close() of the source"}.get(place, f"the {place} stage")
    assert raised is boom, (
        f"{where} raised {boom!r}, and next() raised {raised!r} after it had yielded {found}"
    )
    frames = [frame.name for frame in traceback.extract_tb(raised.__traceback__)]
    origin = {"source": "__next__", "close": "close"}.get(place, "fail")
    assert origin in frames, f"the traceback has lost where the error came from; it goes through {frames}"
    if workers == 1:
        assert found == list(range(len(found))) and len(found) <= fails_at, (
            f"item {fails_at} failed, and what was yielded before, {found}, is not the beginning of the results"
        )
    source.check("when next() had raised the error")
    no_thread_left(sim, (), "when next() had raised the error")
    exhausted(results, "after the error")


@prop(
    "an error stops the whole pipeline at once",
    "From then on no call begins and nothing is read, though the consumer be busy and the buffers full.",
    given={
        "place": st.sampled_from(["source", "first", "second"]),
        "item": st.integers(1, 2),
        "workers": st.integers(1, 2),
    },
    examples=[
        {"place": "second", "item": 1, "workers": 1},
        {"place": "first", "item": 1, "workers": 1},
        {"place": "source", "item": 1, "workers": 1},
    ],
    workloads=1,
)
def test_an_error_stops_everything(sim: Sim, place: str, item: int, workers: int) -> None:
    # Everything takes 1 s, so the later the place the earlier the item: the error always comes at this time.
    at = item + 3.0
    fails_at = item + ["second", "first", "source"].index(place)
    error = KeyError("boom")
    begun: list[float] = []

    def stage(name: str) -> Callable[[int], int]:
        def work(number: int) -> int:
            begun.append(sim.now)
            sim.sleep(1)
            if name == place and number == fails_at:
                raise error
            return number

        return work

    source = Source(sim, range(30), 1, fails_at if place == "source" else None, error)
    pipeline = sim.kata.Pipeline().stage(stage("first"), workers).stage(stage("second"), workers)
    results = pipeline.run(source)
    next(results)
    sim.sleep(20)  # a busy consumer: meanwhile the buffers fill up, and the error comes
    raised = expect(KeyError, lambda: list(results), f"the iterator, as the {place} has failed,")
    assert raised is error, f"next() raised {raised!r} instead of {error!r}"
    for what, times in (("a function was called", begun), ("the source was read", source.readings)):
        late = [time for time in times if time > at]
        assert not late, f"the {place} failed at {at} s, and {what} at {late[0]} s"
    source.check("when next() had raised the error")


@prop(
    "of several reasons to end the first one counts",
    "A later error, or an end of the ctx that comes after the error, does not replace what ended the run.",
    given={"causes": st.permutations(["first", "second", "ctx"])},
    examples=[{"causes": ["first", "second", "ctx"]}, {"causes": ["second", "ctx", "first"]}],
    workloads=3,
)
def test_the_first_cause_counts(sim: Sim, causes: list[str]) -> None:
    ctx = sim.context.Context.background().with_cancel()
    errors = {"first": KeyError("first"), "second": LookupError("second")}

    def failing(name: str) -> Callable[[int], int]:
        def work(item: int) -> int:
            if item == ("second", "first").index(name):  # the second stage fails on an earlier item
                sim.sleep(2 + causes.index(name) - sim.now)
                raise errors[name]
            return item

        return work

    def cancel() -> None:
        sim.sleep(2 + causes.index("ctx"))
        ctx.cancel()

    task = sim.spawn(cancel, name="canceller")
    results = sim.kata.Pipeline().stage(failing("first")).stage(failing("second")).run(range(30), ctx)
    raised = expect((LookupError, sim.context.Cancelled), lambda: list(results), "the iterator")
    sim.join(task)
    wanted: Any = errors.get(causes[0], sim.context.Cancelled)
    assert raised is wanted or type(raised) is wanted, (
        f"first came the end by {causes[0]}, then {causes[1]} and {causes[2]}; next() raised {raised!r}"
    )


@prop(
    "a StopIteration from a function is not the end of the items",
    "It would look like one, so it comes as a RuntimeError with the StopIteration as its cause.",
    given={"place": st.integers(0, 1), "fails_at": st.integers(0, 2)},
    examples=[{"place": 0, "fails_at": 1}],
    workloads=2,
)
def test_stop_iteration_is_an_error(sim: Sim, place: int, fails_at: int) -> None:
    boom = StopIteration("boom")

    def stage(number: int) -> Callable[[int], int]:
        def work(item: int) -> int:
            if number == place and item == fails_at:
                raise boom
            return item

        return work

    source = Source(sim, range(fails_at + 2))
    results = sim.kata.Pipeline().stage(stage(0)).stage(stage(1)).run(source)
    raised = expect(RuntimeError, lambda: list(results), "a run in which a function raises StopIteration")
    assert raised.__cause__ is boom, f"the cause of {raised!r} is {raised.__cause__!r} instead of {boom!r}"
    exhausted(results, "after the error")
    source.check("when next() had raised the error")


# --- the consumer goes -----------------------------------------------------------------------------


@prop(
    "when the consumer goes, everything goes",
    "close(), break or an exception: all threads end and the source is closed, though stages wait for a place.",
    given={
        "how": st.sampled_from(["close", "break", "exception"]),
        "workers": STAGES,
        "taken": st.integers(1, 2),
        "late": st.booleans(),
    },
    examples=[
        {"how": "close", "workers": [1], "taken": 1, "late": True},
        {"how": "break", "workers": [1, 1], "taken": 1, "late": False},
        {"how": "exception", "workers": [2, 1], "taken": 2, "late": True},
    ],
    stalls=True,
    workloads=2,
)
def test_consumer_goes(sim: Sim, how: str, workers: list[int], taken: int, late: bool) -> None:
    source = Source(sim, count())
    pipeline = build(sim, workers)
    found = 0
    if how == "close":
        results = pipeline.run(source)
        for _ in range(taken):
            next(results)
        if late:
            sim.sleep(1)  # by now all buffers are full
        results.close()
        source.check("when close() had returned")
        no_thread_left(sim, (), "when close() had returned")
        exhausted(results, "after close()")
        results.close()
    else:
        try:
            for _ in pipeline.run(source):
                found += 1
                if found == taken:
                    if late:
                        sim.sleep(1)
                    if how == "break":
                        break
                    raise KeyError("the consumer's")
        except KeyError:
            pass
        source.check(f"when the consumer had left its loop by {how}")
        no_thread_left(sim, (), f"when the consumer had left its loop by {how}")


@prop(
    "close() waits for the calls in progress, and for nothing else",
    "It returns at the very moment when the last of them has ended; nothing new is begun meanwhile.",
    given={"reading": st.integers(0, 3), "seconds": st.integers(0, 3), "close_at": st.integers(0, 3)},
    examples=[
        {"reading": 0, "seconds": 3, "close_at": 1},
        {"reading": 3, "seconds": 1, "close_at": 1},
        {"reading": 2, "seconds": 2, "close_at": 3},
    ],
    workloads=2,
)
def test_close_is_exact(sim: Sim, reading: int, seconds: int, close_at: int) -> None:
    begun: list[float] = []

    def work(item: int) -> int:
        begun.append(sim.now)
        sim.sleep(seconds)
        return item

    source = Source(sim, count(), reading)
    results = sim.kata.Pipeline().stage(work).run(source)
    next(results)
    sim.sleep(close_at + 0.5)
    asked = sim.now
    results.close()
    returned = sim.now
    ends = [time + seconds for time in begun] + [time + reading for time in source.readings]
    expected = max([asked, *(time for time in ends)])
    assert returned == expected, (
        f"close() was called at {asked} s, the last call in progress ended at {expected} s, "
        f"and close() returned at {returned} s"
    )
    late = [time for time in begun + source.readings if time > asked]
    assert not late, f"close() was called at {asked} s, and a call or a reading was begun at {late[0]} s"
    source.check("when close() had returned")


# --- ctx -------------------------------------------------------------------------------------------


@prop(
    "the end of the ctx ends the run at once",
    "Nothing is begun from then on; next() raises when the calls in progress have ended, and all is cleaned up.",
    given={
        "how": st.sampled_from(["cancel", "deadline", "stage"]),
        "half": st.integers(0, 9),
        "workers": st.integers(1, 2),
        "busy": st.sampled_from([0, 5]),
    },
    examples=[
        {"how": "cancel", "half": 3, "workers": 1, "busy": 0},
        {"how": "deadline", "half": 5, "workers": 1, "busy": 5},
        {"how": "stage", "half": 4, "workers": 1, "busy": 0},
        {"how": "cancel", "half": 5, "workers": 2, "busy": 5},
    ],
    workloads=2,
)
def test_ctx_ends_the_run(sim: Sim, how: str, half: int, workers: int, busy: int) -> None:
    root = sim.context.Context.background()
    at = half / 2 + 0.25  # in the middle of calls that take 1 s
    ctx = root.with_timeout(at) if how == "deadline" else root.with_cancel()
    error = sim.context.DeadlineExceeded if how == "deadline" else sim.context.Cancelled
    spy = Spy(ctx)
    begun: list[float] = []

    def work(item: int) -> int:
        begun.append(sim.now)
        if how == "stage" and sim.now < at < sim.now + 1:
            cancel()
            sim.sleep(int(at) + 1 - sim.now)
        else:
            sim.sleep(1)
        return item

    returned: list[float] = []

    def cancel() -> None:
        sim.sleep(at - sim.now)
        ctx.cancel()
        returned.append(sim.now)

    source = Source(sim, range(30))
    task = sim.spawn(cancel, name="canceller") if how == "cancel" else None
    others = sim.live_threads  # the timer of the ctx, if it has one
    results = sim.kata.Pipeline().stage(work, workers).stage(work).run(source, spy)
    found = []

    def consume() -> None:
        for item in results:
            found.append(item)
            sim.sleep(busy)

    expect(error, consume, f"the iterator, as its ctx ended at {at} s,")
    raised = sim.now
    left = [name for name in sim.live_threads if name not in others]
    over = max([at, *(time + 1 for time in begun)])
    if found and busy:
        over = max(over, 2.0 + busy)  # the first result comes at 2 s; only then the consumer asks again
    assert raised == over, f"the ctx ended at {at} s, next() raised at {raised} s instead of {over} s"
    for what, times in (("a function was called", begun), ("the source was read", source.readings)):
        late = [time for time in times if time > at]
        assert not late, f"the ctx ended at {at} s, and {what} at {late[0]} s"
    if workers == 1:
        assert found == list(range(len(found))), f"{found} was yielded before the ctx ended"
    source.check("when next() had raised")
    assert not left, f"when next() had raised, {', '.join(left)} was still alive"
    assert spy.registered == 0, f"the run is over; {spy.registered} callbacks are registered with its ctx"
    exhausted(results, "after the end of the ctx")
    if task is not None:
        sim.join(task)
    calls = {"cancel": 1, "stage": begun.count(int(at))}.get(how, 0)
    assert returned == [at] * calls, (
        f"{calls} calls of cancel() at {at} s, which should not wait for anything, returned at {returned} s"
    )


@prop(
    "a ctx that is done wins over results that are there",
    "A cancelled consumer gets nothing any more, neither a result that waits nor the end of the items.",
    given={"yielded": st.integers(0, 2), "items": st.integers(0, 4), "deadline": st.booleans()},
    examples=[
        {"yielded": 0, "items": 4, "deadline": False},
        {"yielded": 1, "items": 4, "deadline": True},
        {"yielded": 2, "items": 2, "deadline": False},
    ],
    workloads=2,
)
def test_done_ctx_wins(sim: Sim, yielded: int, items: int, deadline: bool) -> None:
    root = sim.context.Context.background()
    ctx = root.with_timeout(2) if deadline else root.with_cancel()
    error = sim.context.DeadlineExceeded if deadline else sim.context.Cancelled
    names = sim.live_threads
    yielded = min(yielded, items)
    source = Source(sim, range(items))
    results = build(sim, [1]).run(source, ctx)
    found = [next(results) for _ in range(yielded)]
    sim.sleep(2)
    if not deadline:
        ctx.cancel()
    # No other thread has had a chance since the deadline came: whoever looks must still see it.
    expect(error, lambda: next(results), f"next() with a done ctx, after {found}")
    if not yielded:
        assert source.taken == 0, (
            f"the ctx was done before the run began, and {source.taken} items were taken"
        )
    source.check("when next() had raised")
    no_thread_left(sim, names, "when next() had raised")
    exhausted(results, "after the end of the ctx")


@prop(
    "a run that is over has nothing registered with its ctx",
    "However it ends, a long-lived ctx must not collect the callbacks of runs that are over.",
    given={"how": st.sampled_from(["end", "close", "error", "cancel"])},
    workloads=4,
)
def test_nothing_stays_registered(sim: Sim, how: str) -> None:
    ctx = sim.context.Context.background().with_cancel()
    spy = Spy(ctx)

    def work(item: int) -> int:
        if how == "error" and item == 1:
            raise KeyError("boom")
        return item

    results = sim.kata.Pipeline().stage(work).run(range(2), spy)
    try:
        next(results)
        if how == "close":
            results.close()
        elif how == "cancel":
            ctx.cancel()
        list(results)
    except (KeyError, sim.context.Cancelled):
        pass
    assert spy.registered == 0, f"the run is over ({how}); {spy.registered} callbacks are still registered"


# --- arguments -------------------------------------------------------------------------------------


@prop(
    "bad arguments are refused at the call that got them",
    "What makes no sense raises TypeError or ValueError right there, not at the first next(), and changes nothing.",
)
def test_bad_arguments(sim: Sim) -> None:
    make = sim.kata.Pipeline
    sizes = (
        (0, ValueError),
        (-1, ValueError),
        (1.0, TypeError),
        ("1", TypeError),
        (True, TypeError),
        (None, TypeError),
    )
    pipeline = make().stage(adding(1, 0, sim))
    for value, error in sizes:
        expect(error, lambda value=value: make(value), f"Pipeline({value!r})")
        expect(
            error,
            lambda value=value: pipeline.stage(adding(2, 0, sim), value),
            f"stage(fn, workers={value!r})",
        )
    for value in (None, 3, "str"):
        expect(TypeError, lambda value=value: pipeline.stage(value), f"stage({value!r})")
    ctx = sim.context.Context.background().with_cancel()
    ctx.cancel()
    for value in (None, 3, str.upper):
        expect(TypeError, lambda value=value: pipeline.run(value), f"run({value!r})")
        expect(TypeError, lambda value=value: pipeline.run(value, ctx), f"run({value!r}) with a done ctx")
    found = list(pipeline.run([1]))
    assert found == [11], f"stages that were refused are in the pipeline: of [1] it made {found}"
