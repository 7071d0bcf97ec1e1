"""Hidden properties of the kata ``fan_out_fan_in``."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import hypothesis.strategies as st

from dojo.checking.property import prop
from dojo.checking.scenario import Gauge, Spy, expect
from dojo.checking.sim import Sim

WORKERS = st.integers(1, 3)
BUFFER = st.sampled_from([None, 0, 1])


def endless(first: int = 0) -> Iterator[int]:
    """Numbers without end; whoever is bent on reading them all is stopped, and told so."""
    yield from range(first, 10_000)
    raise AssertionError("10,000 items of an endless input were read, far more than anybody asked for")


class Source:
    """An input with a ``close``, which notes what is done to it.

    Args:
        sim: gives the time.
        items: what it delivers.
        seconds: how long each read takes.
        error: raised at the end in place of StopIteration.
    """

    def __init__(
        self, sim: Sim, items: Iterable[Any], seconds: float = 0, error: BaseException | None = None
    ) -> None:
        self._sim = sim
        self._items = iter(items)
        self._seconds = seconds
        self._error = error
        self._readers = Gauge()
        self.read_at: list[float] = []  # when each item was delivered
        self.ended = False
        self.closed = 0
        self.faults: list[str] = []

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        if self.ended:
            self.faults.append("it was read again after its end")
        if self.closed:
            self.faults.append("it was read after it had been closed")
        self._readers.add(1)
        if self._readers.now > 1:
            self.faults.append(f"{self._readers.now} threads read from it at the same time")
        if self._seconds:
            self._sim.sleep(self._seconds)
        self._readers.add(-1)
        try:
            item = next(self._items)
        except StopIteration:
            self.ended = True
            if self._error is None:
                raise
            raise self._error from None
        self.read_at.append(self._sim.now)
        return item

    @property
    def taken(self) -> int:
        """How many items it has delivered."""
        return len(self.read_at)

    def close(self) -> None:
        """Note that it was closed."""
        self.closed += 1
        if self._readers.now:
            self.faults.append("it was closed while a thread read from it")

    def check(self, when: str) -> None:
        """It was used as promised, and closed once unless it had ended before."""
        assert not self.faults, f"the input: {self.faults[0]}"
        if not self.ended:
            assert self.closed == 1, f"{when}, the input has been closed {self.closed} times"


def no_thread_left(sim: Sim, before: list[str], when: str) -> None:
    """Only threads that were there before may be alive."""
    left = [name for name in sim.live_threads if name not in before]
    assert not left, f"{when}, {', '.join(left)} was still alive"


def is_over(results: Iterator[Any], why: str) -> None:
    """An iterator that has ended raises StopIteration for ever."""
    for _ in range(2):
        expect(StopIteration, lambda: next(results), f"next() on an iterator that has ended ({why})")


# --- results ---------------------------------------------------------------------------------------


@prop(
    "every item gives exactly one result, its own",
    "Index, input, output and error belong together; in the order of the input, or as a multiset.",
    given={
        "outcomes": st.lists(
            st.sampled_from(["fine", "None", "KeyError", "StopIteration"]), min_size=0, max_size=4
        ),
        "workers": WORKERS,
        "buffer": BUFFER,
        "ordered": st.booleans(),
        "seconds": st.integers(0, 1),
    },
    examples=[
        {"outcomes": ["fine", "fine", "fine"], "workers": 2, "buffer": 0, "ordered": True, "seconds": 0},
        {"outcomes": ["fine", "fine", "None"], "workers": 2, "buffer": None, "ordered": False, "seconds": 0},
        {"outcomes": [], "workers": 2, "buffer": 1, "ordered": True, "seconds": 0},
    ],
    stalls=True,
    workloads=4,
)
def test_one_result_for_each_item(
    sim: Sim, outcomes: list[str], workers: int, buffer: int | None, ordered: bool, seconds: float
) -> None:
    items = [f"{number}: {outcome}" for number, outcome in enumerate(outcomes)]
    errors = {
        name: kind(name) for name in items for kind in (KeyError, StopIteration) if kind.__name__ in name
    }
    called: list[str] = []

    def fn(item: str) -> str | None:
        called.append(item)
        sim.sleep(seconds)
        if item in errors:
            raise errors[item]
        return None if "None" in item else item.upper()

    results = list(sim.kata.FanOutFanIn(workers, buffer).process(items, fn, ordered))
    found = [(each.index, each.input, each.output, each.error) for each in results]
    wanted: list[Any] = []
    for index, item in enumerate(items):
        output = None if item in errors or "None" in item else item.upper()
        wanted.append((index, item, output, errors.get(item)))
    if not ordered:
        found.sort(key=lambda each: each[0])
    assert found == wanted, (
        f"(index, input, output, error) of the results are {found} instead of {wanted} (ordered={ordered})"
    )
    assert sorted(called) == items, f"fn was called with {called}, the items are {items}"


@prop(
    "an error of fn is the result of its item, and the others come all the same",
    "The very exception is in the result, be it a StopIteration; nothing ends by it and no worker is lost.",
    given={
        "kinds": st.lists(
            st.sampled_from(["fine", "KeyError", "StopIteration", "TimeoutError"]), min_size=1, max_size=4
        ),
        "workers": st.integers(1, 2),
        "ordered": st.booleans(),
    },
    examples=[
        {"kinds": ["KeyError", "fine", "fine"], "workers": 1, "ordered": True},
        {"kinds": ["StopIteration", "KeyError", "fine", "fine"], "workers": 2, "ordered": False},
    ],
    workloads=2,
)
def test_errors_become_results(sim: Sim, kinds: list[str], workers: int, ordered: bool) -> None:
    classes = {"KeyError": KeyError, "StopIteration": StopIteration, "TimeoutError": TimeoutError}
    errors = [classes[kind]("boom") if kind in classes else None for kind in kinds]

    def fn(number: int) -> str:
        sim.sleep(1)
        error = errors[number]
        if error is not None:
            raise error
        return "fine"

    found: dict[int, Any] = {}
    try:
        for result in sim.kata.FanOutFanIn(workers).process(range(len(kinds)), fn, ordered):
            found[result.index] = result.output or result.error
    except Exception as error:
        raise AssertionError(
            f"calls of fn ended with {kinds}; next() raised {error!r}, and only {sorted(found)} gave a result"
        ) from error
    for number, kind in enumerate(kinds):
        wanted = errors[number] or "fine"
        assert found.get(number) is wanted, (
            f"calls of fn ended with {kinds}; number {number} ({kind}) gave {found.get(number, 'no result')!r}"
        )
    rounds = -(-len(kinds) // workers)
    assert sim.now == rounds, (
        f"{len(kinds)} calls of 1 s on {workers} workers took {sim.now} s, errors or not"
    )


def timetable(
    seconds: list[int], pauses: list[int], workers: int, limit: int, ordered: bool
) -> tuple[list[float], list[float]]:
    """When each call begins and when each result is handed over, by the rules of the docstring."""
    now = 0.0
    running: dict[int, float] = {}
    ready: list[int] = []
    begun: list[float] = []
    given: list[float] = []
    free_at = 0.0
    while len(given) < len(seconds):
        progress = True
        while progress:
            progress = False
            for number in [each for each, end in running.items() if end <= now]:
                del running[number]
                ready.append(number)
                progress = True
            if now >= free_at and ready and (not ordered or len(given) in ready):
                ready.remove(len(given) if ordered else ready[0])
                free_at = now + pauses[len(given)]
                given.append(now)
                progress = True
            room = len(begun) - len(given) < limit and len(running) < workers
            if room and len(begun) < len(seconds):
                running[len(begun)] = now + seconds[len(begun)]
                begun.append(now)
                progress = True
        later = [end for end in running.values() if end > now] + ([free_at] if free_at > now else [])
        now = min(later, default=now)
    return begun, given


@prop(
    "each call begins, and each result comes, at the earliest moment that the rules allow",
    "A free worker goes on while the consumer is busy, up to `workers + buffer` items ahead, and no further.",
    given={
        "plan": st.lists(st.tuples(st.integers(1, 3), st.integers(0, 2)).map(list), min_size=3, max_size=5),
        "workers": WORKERS,
        "buffer": st.sampled_from([None, 0, 1]),
        "ordered": st.booleans(),
    },
    examples=[
        {"plan": [[1, 2], [1, 2], [1, 0]], "workers": 1, "buffer": 0, "ordered": True},
        {
            "plan": [[3, 0], [1, 0], [1, 0], [1, 0], [1, 0]],
            "workers": 2,
            "buffer": 0,
            "ordered": True,
        },
        {
            "plan": [[3, 0], [1, 0], [1, 0], [1, 0], [1, 0]],
            "workers": 2,
            "buffer": None,
            "ordered": True,
        },
        {"plan": [[3, 0], [1, 0], [2, 0], [1, 2]], "workers": 2, "buffer": 1, "ordered": False},
    ],
    workloads=3,
)
def test_exact_times(
    sim: Sim, plan: list[list[int]], workers: int, buffer: int | None, ordered: bool
) -> None:
    seconds, pauses = [each[0] for each in plan], [each[1] for each in plan]
    begun: dict[int, float] = {}

    def fn(number: int) -> None:
        begun[number] = sim.now
        sim.sleep(seconds[number])

    given: list[float] = []
    for _ in sim.kata.FanOutFanIn(workers, buffer).process(range(len(plan)), fn, ordered):
        given.append(sim.now)
        sim.sleep(pauses[len(given) - 1])
    limit = workers + (workers if buffer is None else buffer)
    wanted_begun, wanted_given = timetable(seconds, pauses, workers, limit, ordered)
    what = f"calls of {seconds} s, a consumer that is busy for {pauses} s after each result"
    found_begun = [begun.get(number) for number in range(len(plan))]
    assert found_begun == wanted_begun, f"{what}: the calls began at {found_begun} s, not {wanted_begun} s"
    assert given == wanted_given, f"{what}: the results came at {given} s, not {wanted_given} s"


@prop(
    "n items of d seconds take exactly ceil(n / workers) * d",
    "The workers work at the same time and lose none between two items, with any buffer.",
    given={
        "items": st.integers(1, 5),
        "workers": WORKERS,
        "buffer": BUFFER,
        "ordered": st.booleans(),
        "seconds": st.sampled_from([0.5, 2]),
    },
    examples=[
        {"items": 5, "workers": 2, "buffer": 0, "ordered": True, "seconds": 2},
        {"items": 4, "workers": 3, "buffer": None, "ordered": False, "seconds": 0.5},
    ],
    workloads=2,
)
def test_exact_speed_up(
    sim: Sim, items: int, workers: int, buffer: int | None, ordered: bool, seconds: float
) -> None:
    running = Gauge()

    def fn(item: int) -> None:
        running.add(1)
        sim.sleep(seconds)
        running.add(-1)

    results = list(sim.kata.FanOutFanIn(workers, buffer).process(range(items), fn, ordered))
    assert len(results) == items, f"{items} items gave {len(results)} results"
    assert running.most <= workers, f"{running.most} calls ran at once on {workers} workers"
    wanted = -(-items // workers) * seconds
    assert sim.now == wanted, (
        f"{items} items of {seconds} s on {workers} workers took {sim.now} s, not {wanted}"
    )


# --- the input -------------------------------------------------------------------------------------


@prop(
    "never are more than `workers + buffer` items read ahead",
    "So an endless input works, and a slow consumer does not fill the memory with results.",
    given={
        "workers": st.integers(1, 2),
        "buffer": BUFFER,
        "ordered": st.booleans(),
        "pause": st.integers(0, 1),
        "seconds": st.integers(0, 1),
    },
    examples=[
        {"workers": 1, "buffer": 0, "ordered": True, "pause": 1, "seconds": 0},
        {"workers": 2, "buffer": None, "ordered": False, "pause": 1, "seconds": 0},
        {"workers": 2, "buffer": 0, "ordered": True, "pause": 0, "seconds": 0},
    ],
    stalls=True,
    workloads=3,
)
def test_read_ahead_is_bounded(
    sim: Sim, workers: int, buffer: int | None, ordered: bool, pause: float, seconds: float
) -> None:
    limit = workers + (workers if buffer is None else buffer)
    asked = called = 0
    most = 0

    def numbers() -> Iterator[int]:
        nonlocal most
        for number in itertools.count():
            # A next() in progress may be about to hand over a result, but only one that there is.
            most = max(most, number + 1 - min(asked, called))
            if most > limit:
                return
            yield number

    def fn(number: int) -> int:
        nonlocal called
        sim.sleep(seconds)
        called += 1
        return number

    results = sim.kata.FanOutFanIn(workers, buffer).process(numbers(), fn, ordered)
    for _ in range(3):
        asked += 1
        next(results)
        sim.sleep(pause)
    results.close()
    assert most <= limit, (
        f"workers={workers}, buffer={buffer}: {most} items were read whose results were not handed over"
    )


@prop(
    "the input is read by one thread at a time, and not again after its end",
    "Generators cannot be entered twice, and other iterators are rarely made for it.",
    given={
        "workers": st.integers(2, 3),
        "items": st.integers(0, 3),
        "generator": st.booleans(),
        "fails": st.booleans(),
        "ordered": st.booleans(),
    },
    examples=[
        {"workers": 2, "items": 2, "generator": False, "fails": False, "ordered": True},
        {"workers": 2, "items": 3, "generator": True, "fails": False, "ordered": True},
        {"workers": 2, "items": 1, "generator": False, "fails": True, "ordered": False},
    ],
    stalls=True,
    workloads=2,
)
def test_one_reader_at_a_time(
    sim: Sim, workers: int, items: int, generator: bool, fails: bool, ordered: bool
) -> None:
    error = OSError("the input failed") if fails else None
    source = Source(sim, range(items), seconds=1, error=error)
    results = sim.kata.FanOutFanIn(workers).process(
        (each for each in source) if generator else source, lambda number: number, ordered
    )
    found: list[tuple[int, Any]] = []
    try:
        for result in results:
            found.append((result.index, result.input))
    except OSError as raised:
        assert raised is error, f"the input raised {error!r}, next() raised {raised!r}"
    source.check("at the end")
    assert sorted(found) == [(each, each) for each in range(items)], (
        f"the input had the items 0 to {items - 1}, (index, input) of the results are {found}"
    )


@prop(
    "an error of the input comes after the results of the items before it",
    "They were read, so they are not lost; then the very error comes out, once, and the threads are gone.",
    given={
        "seconds": st.lists(st.integers(0, 3), min_size=0, max_size=3),
        "workers": st.integers(1, 2),
        "ordered": st.booleans(),
    },
    examples=[
        {"seconds": [2, 1], "workers": 2, "ordered": True},
        {"seconds": [3, 1, 1], "workers": 2, "ordered": False},
        {"seconds": [], "workers": 2, "ordered": True},
    ],
    workloads=2,
)
def test_input_error_comes_last(sim: Sim, seconds: list[int], workers: int, ordered: bool) -> None:
    error = OSError("the input failed")
    before = sim.live_threads
    source = Source(sim, range(len(seconds)), error=error)
    results = sim.kata.FanOutFanIn(workers).process(
        source, lambda number: sim.sleep(seconds[number]), ordered
    )
    found: list[int] = []
    came_out: Exception | None = None
    try:
        for result in results:
            found.append(result.index)
    except Exception as raised:
        came_out = raised
    wanted = list(range(len(seconds)))
    assert sorted(found) == wanted, (
        f"{len(seconds)} items were read before the input failed, results came of {found}"
    )
    assert found == wanted or not ordered, f"ordered, and the results came in the order {found}"
    assert came_out is error, f"the input raised {error!r}; what came out at the end was {came_out!r}"
    no_thread_left(sim, before, "when the error of the input came out")
    source.check("at the end")
    is_over(results, "an error of the input")


@prop(
    "a result is not held back by a slow input",
    "The consumer gets what is ready while the next item is still being read.",
    given={"workers": st.integers(2, 3), "buffer": BUFFER, "ordered": st.booleans()},
    examples=[{"workers": 2, "buffer": None, "ordered": True}],
    workloads=2,
)
def test_slow_input(sim: Sim, workers: int, buffer: int | None, ordered: bool) -> None:
    source = Source(sim, range(2), seconds=10)
    given: list[float] = []
    for _ in sim.kata.FanOutFanIn(workers, buffer).process(source, lambda _: sim.sleep(1), ordered):
        given.append(sim.now)
    assert given == [11.0, 21.0], (
        f"an item comes every 10 s and fn takes 1 s: the results came at {given} s, not at 11 and 21 s"
    )
    assert sim.now == 30.0, f"the input ended at 30 s, the iterator at {sim.now} s"


# --- leaving early ---------------------------------------------------------------------------------


def leave(how: str, make: Callable[[], Any], taken: int) -> None:
    """Take results from a new iterator and leave it."""
    if how == "close":
        results = make()
        for _ in range(taken):
            next(results)
        results.close()
        is_over(results, "closed")
    elif how == "del":
        results = make()
        for _ in range(taken):
            next(results)
        del results
    elif how == "break":
        for number, _ in enumerate(make(), 1):
            if number == taken:
                break
    else:
        try:
            for number, _ in enumerate(make(), 1):
                if number == taken:
                    raise ZeroDivisionError("the consumer failed")
        except ZeroDivisionError:
            pass


@prop(
    "leaving early ends the threads and closes the input",
    "close(), break, del, an exception in the loop: calls in progress are waited for, nothing else begins.",
    given={
        "how": st.sampled_from(["close", "del", "break", "raise"]),
        "taken": st.integers(1, 3),
        "workers": st.integers(1, 2),
        "buffer": st.sampled_from([None, 0, 3]),
        "ordered": st.booleans(),
    },
    examples=[
        {"how": "close", "taken": 1, "workers": 2, "buffer": 0, "ordered": True},
        {"how": "break", "taken": 1, "workers": 2, "buffer": None, "ordered": True},
        {"how": "del", "taken": 2, "workers": 1, "buffer": 0, "ordered": False},
        {"how": "raise", "taken": 1, "workers": 1, "buffer": 3, "ordered": True},
    ],
    workloads=3,
)
def test_leaving_early(
    sim: Sim, how: str, taken: int, workers: int, buffer: int | None, ordered: bool
) -> None:
    source = Source(sim, endless())
    before = sim.live_threads
    begun: list[float] = []

    def fn(number: int) -> None:
        begun.append(sim.now)
        sim.sleep(2)

    leave(how, lambda: sim.kata.FanOutFanIn(workers, buffer).process(source, fn, ordered), taken)
    no_thread_left(sim, before, f"when the iterator had been left ({how})")
    source.check(f"when the iterator had been left ({how})")
    left_at = 2.0 * -(-taken // workers)  # at this moment the result was there on which it was left
    late = [when for when in begun if when > left_at]
    assert not late, f"the iterator was left at {left_at} s ({how}), and calls of fn began at {late} s"
    ended = begun[-1] + 2
    assert sim.now == ended, (
        f"left at {left_at} s ({how}): the last call in progress ended at {ended} s, leaving at {sim.now} s"
    )
    taken_then = source.taken
    sim.sleep(10)
    assert source.taken == taken_then, "the input was read after the iterator had been left"


@prop(
    "closing waits for a read in progress, and drops what it brings",
    "The input is closed when nobody is in it any more, with the error that this may raise; no call follows.",
    given={
        "workers": st.integers(1, 3),
        "kind": st.sampled_from(["iterator", "generator", "generator that fails"]),
    },
    examples=[
        {"workers": 2, "kind": "iterator"},
        {"workers": 2, "kind": "generator"},
        {"workers": 2, "kind": "generator that fails"},
    ],
    workloads=1,
)
def test_closing_while_reading(sim: Sim, workers: int, kind: str) -> None:
    source = Source(sim, endless(), seconds=4)
    error = OSError("cannot be closed")
    before = sim.live_threads
    called: list[float] = []
    closed_at: list[float] = []

    def generator() -> Iterator[int]:
        try:
            yield from source
        finally:
            closed_at.append(sim.now)
            if kind == "generator that fails":
                raise error

    def fn(number: int) -> None:
        called.append(sim.now)

    items = source if kind == "iterator" else generator()
    results = sim.kata.FanOutFanIn(workers).process(items, fn)
    next(results)  # at 4 s
    sim.sleep(1)
    if kind == "generator that fails":
        raised = expect(OSError, results.close, "close() with an input that fails when it is closed")
        assert raised is error, f"the input raised {error!r} when it was closed, close() raised {raised!r}"
    else:
        results.close()
    no_thread_left(sim, before, "when close() was over")
    source.check("when close() was over")
    assert sim.now == 8.0, f"closed at 5 s, the read in progress ended at 8 s, close() took until {sim.now} s"
    if kind != "iterator":
        assert closed_at == [8.0], f"the generator was closed at {closed_at} s, not at 8 s"
    assert called == [4.0], f"closed at 5 s, and fn was called at {called[1:]} s with what was read last"


@prop(
    "an iterator may be closed at any moment",
    "Whatever the workers are doing then, close() returns, no thread is left, and the input is closed once.",
    given={
        "workers": st.integers(1, 2),
        "buffer": BUFFER,
        "taken": st.integers(1, 2),
        "items": st.integers(1, 4),
        "ordered": st.booleans(),
    },
    examples=[
        {"workers": 2, "buffer": 0, "taken": 1, "items": 4, "ordered": True},
        {"workers": 2, "buffer": 1, "taken": 1, "items": 1, "ordered": True},
        {"workers": 1, "buffer": None, "taken": 2, "items": 4, "ordered": False},
    ],
    stalls=True,
    workloads=3,
)
def test_close_at_any_moment(
    sim: Sim, workers: int, buffer: int | None, taken: int, items: int, ordered: bool
) -> None:
    source = Source(sim, range(items))
    before = sim.live_threads
    called: list[int] = []
    results = sim.kata.FanOutFanIn(workers, buffer).process(source, called.append, ordered)
    for _ in range(min(taken, items)):
        next(results)
    results.close()
    no_thread_left(sim, before, "when close() returned")
    source.check("when close() returned")
    results.close()  # nothing happens
    source.check("after a second close()")
    calls = len(called)
    sim.sleep(5)
    assert len(called) == calls, f"after close() had returned, fn was called with {called[calls:]}"
    is_over(results, "closed")


@prop(
    "an iterator that is never used leaves nothing behind",
    "Before the first next() no thread is started and no item is read.",
    given={"how": st.sampled_from(["close", "del"])},
)
def test_unused(sim: Sim, how: str) -> None:
    source = Source(sim, endless())
    before = sim.live_threads
    results = sim.kata.FanOutFanIn(2).process(source, str)
    sim.sleep(1)
    no_thread_left(sim, before, "after process(), before any next(),")
    assert source.taken == 0, f"before any next() {source.taken} items were read"
    if how == "close":
        results.close()
        is_over(results, "closed")
    else:
        del results
    sim.sleep(1)
    no_thread_left(sim, before, "after an iterator that was never used")
    assert source.taken == 0, f"without any next() {source.taken} items were read"


# --- the end of the ctx ----------------------------------------------------------------------------


@prop(
    "the end of the ctx ends a next() that waits",
    "It raises the error of the ctx as soon as what is in progress is over; threads and callbacks are gone.",
    given={
        "deadline": st.booleans(),
        "waits_for": st.sampled_from(["fn", "input"]),
        "workers": st.integers(1, 2),
        "buffer": st.sampled_from([None, 0]),
        "ordered": st.booleans(),
    },
    examples=[
        {"deadline": False, "waits_for": "fn", "workers": 2, "buffer": 0, "ordered": True},
        {"deadline": True, "waits_for": "input", "workers": 2, "buffer": None, "ordered": False},
        {"deadline": True, "waits_for": "fn", "workers": 1, "buffer": None, "ordered": True},
    ],
    workloads=3,
)
def test_ctx_ends_next(
    sim: Sim, deadline: bool, waits_for: str, workers: int, buffer: int | None, ordered: bool
) -> None:
    root = sim.context.Context.background()
    ctx = root.with_timeout(3) if deadline else root.with_cancel()
    spy = Spy(ctx)
    before = sim.live_threads
    error = sim.context.DeadlineExceeded if deadline else sim.context.Cancelled
    source = Source(sim, endless(), seconds=5 if waits_for == "input" else 0)
    begun: list[float] = []

    def fn(number: int) -> None:
        begun.append(sim.now)
        sim.sleep(5)

    results = sim.kata.FanOutFanIn(workers, buffer).process(source, fn, ordered, spy)

    def consume() -> float:
        expect(error, lambda: next(results), "next() with a ctx that ends")
        ended = sim.now
        no_thread_left(sim, [*before, "consumer", "main"], "when next() raised the error of the ctx")
        return ended

    task = sim.spawn(consume, name="consumer")
    sim.sleep(3)
    if not deadline:
        ctx.cancel()
    ended = task.result()
    assert ended == 5.0, (
        f"the ctx ended at 3 s, {waits_for} was in progress until 5 s, next() raised at {ended} s"
    )
    late = [when for when in begun if when > 3]
    assert not late, f"the ctx ended at 3 s, and calls of fn began at {late} s"
    assert spy.registered == 0, f"it is over, and {spy.registered} callbacks are registered with the ctx"
    source.check("when next() raised the error of the ctx")
    ctx.cancel()
    is_over(results, "the end of its ctx")


@prop(
    "a ctx that is done comes before everything else",
    "next() raises its error although results are ready, and does not even begin if it was done before.",
    given={
        "deadline": st.booleans(),
        "state": st.sampled_from(["unused", "results ready", "all handed over"]),
        "ordered": st.booleans(),
    },
    examples=[
        {"deadline": False, "state": "unused", "ordered": True},
        {"deadline": True, "state": "results ready", "ordered": True},
        {"deadline": False, "state": "all handed over", "ordered": False},
    ],
    workloads=4,
)
def test_done_ctx_comes_first(sim: Sim, deadline: bool, state: str, ordered: bool) -> None:
    root = sim.context.Context.background()
    ctx = root.with_timeout(3) if deadline else root.with_cancel()
    spy = Spy(ctx)
    before = sim.live_threads
    error = sim.context.DeadlineExceeded if deadline else sim.context.Cancelled
    source = Source(sim, range(3))
    called: list[int] = []
    results = sim.kata.FanOutFanIn(2).process(source, called.append, ordered, spy)
    for _ in range({"unused": 0, "results ready": 1, "all handed over": 3}[state]):
        next(results)
    sim.sleep(4)
    ctx.cancel()
    expect(error, lambda: next(results), f"next() with a done ctx ({state})")
    assert sim.now == 4.0, f"the ctx was done before the call, which took {sim.now - 4} s to fail"
    no_thread_left(sim, before, "when next() raised the error of the ctx")
    assert spy.registered == 0, f"it is over, and {spy.registered} callbacks are registered with the ctx"
    if state == "unused":
        assert not called and not source.taken, (
            f"the ctx was done before the first next(), which read {source.taken} items and called fn {called}"
        )
    source.check("when next() raised the error of the ctx")
    is_over(results, "the end of its ctx")


@prop(
    "once the ctx has ended nothing new begins, wherever the consumer is",
    "No item is read and no call of fn begins, even if the consumer comes back much later.",
    given={"deadline": st.booleans(), "workers": st.integers(1, 2), "ordered": st.booleans()},
    examples=[{"deadline": False, "workers": 2, "ordered": True}],
    workloads=2,
)
def test_ctx_stops_the_workers(sim: Sim, deadline: bool, workers: int, ordered: bool) -> None:
    root = sim.context.Context.background()
    ctx = root.with_timeout(1.5) if deadline else root.with_cancel()
    error = sim.context.DeadlineExceeded if deadline else sim.context.Cancelled
    source = Source(sim, endless())
    begun: list[float] = []

    def fn(number: int) -> None:
        begun.append(sim.now)
        sim.sleep(1)

    results = sim.kata.FanOutFanIn(workers, buffer=20).process(source, fn, ordered, ctx)
    next(results)
    sim.sleep(0.5)
    ctx.cancel()
    sim.sleep(10)
    late = [when for when in begun if when > 1.5], [when for when in source.read_at if when > 1.5]
    assert not any(late), (
        f"the ctx ended at 1.5 s; calls began at {late[0]} s, items were read at {late[1]} s"
    )
    expect(error, lambda: next(results), "next() with a done ctx")
    assert sim.now == 11.5, f"nothing was in progress, and next() took {sim.now - 11.5} s to raise"


@prop(
    "a cancel at any moment leaves a true beginning of the results, and nothing else",
    "What next() returned before is right, then comes the error or the end; threads and callbacks are gone.",
    given={
        "seconds": st.lists(st.integers(0, 1), min_size=1, max_size=3),
        "cancel_at": st.integers(0, 1),
        "workers": st.integers(1, 2),
        "buffer": st.sampled_from([0, None]),
        "ordered": st.booleans(),
    },
    examples=[
        {"seconds": [0, 0], "cancel_at": 0, "workers": 2, "buffer": 0, "ordered": True},
        {"seconds": [1, 0], "cancel_at": 1, "workers": 1, "buffer": 0, "ordered": True},
    ],
    stalls=True,
    workloads=3,
)
def test_cancel_at_any_moment(
    sim: Sim, seconds: list[int], cancel_at: int, workers: int, buffer: int | None, ordered: bool
) -> None:
    ctx = sim.context.Context.background().with_cancel()
    spy = Spy(ctx)
    source = Source(sim, range(len(seconds)))
    found: list[tuple[int, int]] = []

    def fn(number: int) -> int:
        sim.sleep(seconds[number])
        return number * 10

    def consume() -> str:
        results = sim.kata.FanOutFanIn(workers, buffer).process(source, fn, ordered, spy)
        outcome = "ended"
        try:
            for result in results:
                found.append((result.index, result.output))
        except sim.context.Cancelled:
            outcome = "was cancelled"
        no_thread_left(sim, ["consumer"], f"when the iterator {outcome}")
        assert spy.registered == 0, f"the iterator {outcome}, {spy.registered} callbacks are still registered"
        source.check(f"when the iterator {outcome}")
        return outcome

    task = sim.spawn(consume, name="consumer")
    sim.sleep(cancel_at)
    ctx.cancel()
    outcome = task.result()
    wanted = [(number, number * 10) for number in range(len(seconds))]
    if outcome == "ended" or ordered:
        wanted = wanted[: len(found)] if outcome != "ended" else wanted
        assert sorted(found) == wanted, f"the iterator {outcome} after {found} (index, output)"
    assert found == sorted(found) or not ordered, f"ordered, and the results were {found}"
    assert len(dict(found)) == len(found), f"a result was handed over twice: {found}"


# --- errors that are no Exception, and manners -----------------------------------------------------


@prop(
    "a KeyboardInterrupt or SystemExit in a worker comes out of next() and ends everything",
    "It is no result of an item: it comes at once, nothing new begins, and no thread is left.",
    given={
        "kind": st.sampled_from(["KeyboardInterrupt", "SystemExit"]),
        "where": st.sampled_from(["fn", "input"]),
        "busy": st.booleans(),
        "ordered": st.booleans(),
    },
    examples=[
        {"kind": "KeyboardInterrupt", "where": "fn", "busy": False, "ordered": True},
        {"kind": "SystemExit", "where": "fn", "busy": True, "ordered": False},
        {"kind": "KeyboardInterrupt", "where": "input", "busy": False, "ordered": True},
    ],
    workloads=3,
)
def test_base_exception_ends_everything(sim: Sim, kind: str, where: str, busy: bool, ordered: bool) -> None:
    fatal = KeyboardInterrupt() if kind == "KeyboardInterrupt" else SystemExit(3)
    # Item 0 is done at 1 s, item 1 runs until 5 s; it is raised at 2 s, by item 2 or in place of it.
    begun: list[float] = []

    def numbers() -> Iterator[int]:
        yield from (0, 1)
        if where == "input":
            sim.sleep(2)
            raise fatal
        yield from endless(2)

    def fn(number: int) -> None:
        begun.append(sim.now)
        sim.sleep({0: 1, 1: 5, 2: 1}.get(number, 1))
        if number == 2:
            raise fatal

    before = sim.live_threads
    results = sim.kata.FanOutFanIn(3 if where == "input" else 2, buffer=5).process(numbers(), fn, ordered)
    assert next(results).index == 0, "the first result is not that of item 0"
    if busy:
        sim.sleep(9)
    came_out: BaseException | None = None
    try:
        next(results)
    except BaseException as raised:
        came_out = raised
    assert came_out is fatal, f"{where} raised {fatal!r} at 2 s, and next() gave {came_out!r}"
    late = [when for when in begun if when > 2]
    assert not late, f"{where} raised {fatal!r} at 2 s, and calls of fn began at {late} s"
    wanted = 10.0 if busy else 5.0
    assert sim.now == wanted, (
        f"the last call in progress ended at 5 s; next(), asked at {10 if busy else 1} s, raised at {sim.now} s"
    )
    no_thread_left(sim, before, f"when next() had raised {fatal!r}")
    is_over(results, kind)


@prop(
    "one object serves many iterations, each on its own",
    "At the same time or one inside another: each has its own workers, items, errors and end.",
    given={"how": st.sampled_from(["side by side", "nested", "one closed", "one cancelled", "one failed"])},
    workloads=5,
)
def test_iterations_are_independent(sim: Sim, how: str) -> None:
    fan = sim.kata.FanOutFanIn(1, buffer=5)
    root = sim.context.Context.background()
    ctx = root.with_cancel()

    def fn(number: int) -> int:
        sim.sleep(1)
        return number * 10

    def outer(number: int) -> list[int]:
        return [result.output for result in fan.process([number, number + 1], fn)]

    if how == "nested":
        found = [result.output for result in fan.process([1, 5], outer)]
        assert found == [[10, 20], [50, 60]], f"fn that iterates itself: the outputs are {found}"
        assert sim.now == 4.0, f"2 calls that do 2 calls of 1 s each, on one worker each: {sim.now} s"
    else:
        first = fan.process([1, 2], fn)
        failing = (1 // number for number in [1, 0])
        second = fan.process(failing if how == "one failed" else [4, 5], fn, ctx=ctx)
        pairs = [(next(first).output, next(second).output)]  # the second begins at 1 s
        if how == "one closed":
            second.close()
        elif how == "one cancelled":
            ctx.cancel()
            expect(sim.context.Cancelled, lambda: next(second), "next() with a done ctx")
        elif how == "one failed":
            expect(ZeroDivisionError, lambda: next(second), "next() after the input has failed")
        if how == "side by side":
            pairs += [(each.output, other.output) for each, other in zip(first, second, strict=True)]
            assert pairs == [(10, 40), (20, 50)], f"two iterations gave the pairs {pairs}"
        else:
            rest = [result.output for result in first]
            assert rest == [20], f"{how}: the other one went on with {rest} instead of [20]"
        assert sim.now <= 3.0, (
            f"{how}: two iterations with 2 calls of 1 s, begun at 0 and 1 s, took {sim.now} s"
        )
        again = [result.index for result in fan.process("ab", str)]
        assert again == [0, 1], f"afterwards the indexes of the results are {again}"
    ctx.cancel()


@prop(
    "fn and the input may end the ctx that they work under",
    "No lock is held while they run; the iterator ends with the error of the ctx as for any other cancel.",
    given={"where": st.sampled_from(["fn", "input"]), "workers": st.integers(1, 2), "ordered": st.booleans()},
    examples=[
        {"where": "fn", "workers": 2, "ordered": True},
        {"where": "input", "workers": 2, "ordered": True},
    ],
    workloads=2,
)
def test_cancel_from_within(sim: Sim, where: str, workers: int, ordered: bool) -> None:
    ctx = sim.context.Context.background().with_cancel()
    before = sim.live_threads

    def numbers() -> Iterator[int]:
        for number in endless():
            if number == 2 and where == "input":
                ctx.cancel()
            yield number

    def fn(number: int) -> None:
        if number == 2 and where == "fn":
            ctx.cancel()

    results = sim.kata.FanOutFanIn(workers).process(numbers(), fn, ordered, ctx)
    found: list[int] = []
    try:
        for result in results:
            found.append(result.index)
            if len(found) > 20:
                break
    except sim.context.Cancelled:
        no_thread_left(sim, before, "when next() raised Cancelled")
        return
    raise AssertionError(f"{where} cancelled the ctx at item 2; next() gave results of {found} and no error")


@prop(
    "a thread that cannot be started ends the iteration",
    "The error comes out of next(); the threads that did start go away and the input is closed.",
    given={"workers": st.integers(1, 3), "refused": st.integers(1, 3), "ordered": st.booleans()},
    examples=[
        {"workers": 2, "refused": 2, "ordered": True},
        {"workers": 2, "refused": 1, "ordered": True},
    ],
    workloads=2,
)
def test_refused_thread(sim: Sim, workers: int, refused: int, ordered: bool) -> None:
    refused = min(refused, workers)
    source = Source(sim, endless())
    before = sim.live_threads
    error = RuntimeError("can't start new thread")
    real: Callable[[Any], None] = sim.threading.Thread.start
    started = 0

    def start(thread: Any) -> None:
        nonlocal started
        started += 1
        if started == refused:
            raise error
        real(thread)

    results = sim.kata.FanOutFanIn(workers).process(source, lambda _: sim.sleep(1), ordered)
    sim.threading.Thread.start = start
    came_out: Exception | None = None
    try:
        for number, _ in enumerate(results):
            if number > 9:
                break
    except Exception as raised:
        came_out = raised
    finally:
        sim.threading.Thread.start = real
    assert came_out is error, f"the system refused a thread with {error!r}; what came out is {came_out!r}"
    no_thread_left(sim, before, "when next() raised it")
    source.check("when next() raised it")
    is_over(results, "a thread was refused")


@prop(
    "whoever waits sleeps until there is something to do",
    "Neither the consumer nor a worker nor the reader of the input wakes up to look in between.",
    given={"who": st.sampled_from(["consumer", "worker", "reader"])},
    workloads=3,
)
def test_no_polling(sim: Sim, who: str) -> None:
    reads: list[tuple[str, int]] = []
    calls: list[tuple[str, int]] = []

    def note(notes: list[tuple[str, int]]) -> None:
        notes.append((sim.threading.current_thread().name, sim.wakeups))

    def numbers() -> Iterator[int]:
        for number in endless():
            note(reads)
            yield number

    def fn(number: int) -> None:
        if who == "consumer":
            sim.sleep(1000)
        note(calls)

    results = sim.kata.FanOutFanIn(1, buffer=1).process(numbers(), fn)
    woken = 0
    if who == "consumer":
        began = sim.wakeups
        next(results)
        woken = sim.wakeups - began
    else:
        for _ in range(3):
            next(results)
            sim.sleep(1000)
        notes = reads if who == "reader" else calls
        for (name, first), (other, second) in itertools.pairwise(notes):
            if name == other:
                woken = max(woken, second - first)
    results.close()
    assert woken <= 8, f"the {who} had nothing to do for 1000 s and woke up {woken} times"


@prop(
    "bad arguments are refused at the call that got them",
    "FanOutFanIn() and process() raise TypeError or ValueError themselves, not the first next().",
)
def test_bad_arguments(sim: Sim) -> None:
    make = sim.kata.FanOutFanIn
    for value, error in (
        (0, ValueError),
        (-1, ValueError),
        (1.0, TypeError),
        ("2", TypeError),
        (None, TypeError),
        (True, TypeError),
    ):
        expect(error, lambda value=value: make(value), f"FanOutFanIn({value!r})")
    for value, error in ((-1, ValueError), (1.0, TypeError), ("2", TypeError), (False, TypeError)):
        expect(error, lambda value=value: make(1, value), f"FanOutFanIn(1, buffer={value!r})")
    fan = make(1)
    ctx = sim.context.Context.background().with_cancel()
    ctx.cancel()
    for each in (None, ctx):
        for value in (None, 42):
            expect(
                TypeError,
                lambda value=value, each=each: fan.process(value, str, ctx=each),
                f"process({value!r}, str)",
            )
        for value in (None, 42, "str"):
            expect(
                TypeError,
                lambda value=value, each=each: fan.process([], value, ctx=each),
                f"process([], {value!r})",
            )
        for value in (0, 1, None, "yes"):
            expect(
                TypeError,
                lambda value=value, each=each: fan.process([], str, value, ctx=each),
                f"process([], str, ordered={value!r})",
            )
