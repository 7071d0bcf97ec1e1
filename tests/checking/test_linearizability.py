"""Linearizability: known verdicts, agreement with brute force, evidence that holds, and determinism."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dojo.checking.linearizability import PENDING, Answer, Linearization, Model, Operation, check

EMPTY = "empty"
ROOT = Path(__file__).parents[2]


# The models


class Register(Model[int]):
    """A cell that holds 0 at first."""

    def initial(self) -> int:
        return 0

    def step(self, state: int, operation: Operation) -> Iterable[int]:
        if operation.name == "write":
            return [operation.argument]
        return [state] if operation.result in (state, PENDING) else []


class Registers(Register):
    """Many cells: an argument is (cell, value), and cells are independent."""

    def step(self, state: int, operation: Operation) -> Iterable[int]:
        if operation.name == "write":
            return [operation.argument[1]]
        return super().step(state, operation)

    def partition(self, operations: Sequence[Operation]) -> list[list[Operation]]:
        cells = dict.fromkeys(operation.argument[0] for operation in operations)
        return [[op for op in operations if op.argument[0] == cell] for cell in cells]


class Queue(Model[tuple[object, ...]]):
    """First in, first out; get() on an empty queue returns EMPTY."""

    def initial(self) -> tuple[object, ...]:
        return ()

    def step(self, state: tuple[object, ...], operation: Operation) -> Iterable[tuple[object, ...]]:
        if operation.name == "put":
            return [(*state, operation.argument)]
        head = state[0] if state else EMPTY
        return [state[1:]] if operation.result in (head, PENDING) else []


class Semaphore(Model[int]):
    """Two permits; a try_acquire() that is refused returns False and changes nothing."""

    def initial(self) -> int:
        return 2

    def step(self, state: int, operation: Operation) -> Iterable[int]:
        if operation.name == "release":
            return [state + 1]
        if operation.name == "acquire":
            return [state - 1] if state else []
        taken = state > 0
        return [state - taken] if operation.result in (taken, PENDING) else []


class LossyQueue(Queue):
    """A queue whose put() may drop the item: one operation, several possible states."""

    def step(self, state: tuple[object, ...], operation: Operation) -> Iterable[tuple[object, ...]]:
        kept = super().step(state, operation)
        return [*kept, state] if operation.name == "put" else kept


# Notation: one row per thread, one column per event


def history(*rows: str) -> list[Operation]:
    """Read ``name[=argument] start end [result]`` rows; an end of ``-`` means that the call is pending."""
    operations = []
    for number, row in enumerate(rows, start=1):
        call, called, returned, *result = row.split()
        name, _, argument = call.partition("=")
        pending = returned == "-"
        operations.append(
            Operation(
                thread=f"worker-{number}",
                name=name,
                argument=literal(argument),
                result=PENDING if pending else literal(*result),
                called=int(called),
                returned=None if pending else int(returned),
            )
        )
    return operations


def literal(text: str = "") -> object:
    words = {"": None, "True": True, "False": False}
    return words[text] if text in words else int(text) if text.isdigit() else text


LEGAL = {
    "nothing happened": (Register(), history()),
    "a read after a write sees it": (Register(), history("write=1 0 1", "read 2 3 1")),
    "a read that overlaps a write may see the old value": (
        Register(),
        history("write=1 0 3", "read 1 2 0"),
    ),
    "a read that overlaps a write may see the new value": (
        Register(),
        history("write=1 0 3", "read 1 2 1"),
    ),
    "of two writes at once the one called first may win": (
        Register(),
        history("write=1 0 3", "write=2 1 2", "read 4 5 1"),
    ),
    "of two writes at once the one called last may win": (
        Register(),
        history("write=1 0 3", "write=2 1 2", "read 4 5 2"),
    ),
    "a pending write may have taken effect": (Register(), history("write=1 0 -", "read 1 2 1")),
    "a pending write may have had no effect": (Register(), history("write=1 0 -", "read 1 2 0")),
    "a pending write may take effect late": (
        Register(),
        history("write=1 0 -", "read 1 2 0", "write=2 3 4", "read 5 6 2", "read 7 8 1"),
    ),
    "a pending read never matters": (Register(), history("read 0 -", "write=1 1 2")),
    "items come out in the order of the puts": (
        Queue(),
        history("put=1 0 1", "put=2 2 3", "get 4 5 1", "get 6 7 2"),
    ),
    "puts at once may be queued in either order": (
        Queue(),
        history("put=1 0 2", "put=2 1 3", "get 4 5 2", "get 6 7 1"),
    ),
    "a get that overlaps the first put may find nothing": (
        Queue(),
        history("put=1 0 3", "get 1 2 empty"),
    ),
    "a pending get may have taken the item": (
        Queue(),
        history("put=1 0 1", "get 2 -", "get 3 4 empty"),
    ),
    "two permits serve two holders": (Semaphore(), history("acquire 0 1", "acquire 2 3", "acquire 4 -")),
    "an acquire may end once a release has begun": (
        Semaphore(),
        history("acquire 0 1", "acquire 2 3", "acquire 4 6", "release 5 7"),
    ),
    "a refusal is right while a pending acquire may hold the permit": (
        Semaphore(),
        history("acquire 0 1", "acquire 2 -", "try_acquire 3 4 False"),
    ),
    "an item may be lost where loss is allowed": (
        LossyQueue(),
        history("put=1 0 1", "put=2 2 3", "get 4 5 2", "get 6 7 empty"),
    ),
}

ILLEGAL = {
    "a read after a write sees the old value": (Register(), history("write=1 0 1", "read 2 3 0")),
    "a read sees a value that nobody wrote": (Register(), history("write=1 0 3", "read 1 2 7")),
    "a read sees a write that was called only later": (Register(), history("read 0 1 1", "write=1 2 3")),
    "two reads in a row see a write come and go": (
        Register(),
        history("write=1 0 5", "read 1 2 1", "read 3 4 0"),
    ),
    "a pending write is seen before it was called": (Register(), history("read 0 1 1", "write=1 2 -")),
    "a pending write takes effect twice": (
        Register(),
        history("write=1 0 -", "read 1 2 1", "write=2 3 4", "read 5 6 2", "read 7 8 1"),
    ),
    "items overtake each other": (
        Queue(),
        history("put=1 0 1", "put=2 2 3", "get 4 5 2", "get 6 7 1"),
    ),
    "two gets take one item": (Queue(), history("put=1 0 1", "get 2 4 1", "get 3 5 1")),
    "an item is lost": (Queue(), history("put=1 0 1", "get 2 3 empty")),
    "two permits serve three holders": (
        Semaphore(),
        history("acquire 0 3", "acquire 1 4", "acquire 2 5"),
    ),
    "an acquire ends before the release begins": (
        Semaphore(),
        history("acquire 0 1", "acquire 2 3", "acquire 4 5", "release 6 7"),
    ),
    "a refusal while a permit is free": (Semaphore(), history("acquire 0 1", "try_acquire 2 3 False")),
    "items overtake each other even where loss is allowed": (
        LossyQueue(),
        history("put=1 0 1", "put=2 2 3", "get 4 5 2", "get 6 7 1"),
    ),
}


# Brute force: every arrangement of every subset, with no idea shared with the search


def states_after(model: Model, order: Sequence[Operation]) -> set:
    """Follow all possible states at once; none left means that the order is illegal."""
    states = {model.initial()}
    for operation in order:
        states = {after for before in states for after in model.step(before, operation)}
    return states


def respects_real_time(order: Sequence[Operation], operations: Sequence[Operation]) -> bool:
    """Tell whether all that returned before an operation was called stands before it in ``order``."""
    return all(
        earlier in order[:place]
        for place, operation in enumerate(order)
        for earlier in operations
        if earlier.returned is not None and earlier.returned < operation.called
    )


def explains(order: Sequence[Operation], operations: Sequence[Operation]) -> bool:
    return all(operation in order for operation in operations if operation.returned is not None)


def progress(order: Sequence[Operation]) -> tuple[int, int]:
    return sum(operation.returned is not None for operation in order), len(order)


def legal_prefixes(model: Model, operations: Sequence[Operation]) -> Iterator[tuple[Operation, ...]]:
    for size in range(len(operations) + 1):
        for order in permutations(operations, size):
            if respects_real_time(order, operations) and states_after(model, order):
                yield order


def assert_evidence(model: Model, operations: Sequence[Operation], found: Linearization) -> None:
    """Whatever the answer, the order is legal; what is blocked could come next, and the model refuses it."""
    assert respects_real_time(found.order, operations)
    assert states_after(model, found.order)
    assert len(set(found.order)) == len(found.order)
    if found.answer is Answer.LINEARIZABLE:
        assert explains(found.order, operations)
        assert found.blocked == found.reasons == ()
    if found.answer is Answer.ILLEGAL:
        rest = [operation for operation in operations if operation not in found.order]
        nexts = [operation for operation in rest if respects_real_time((*found.order, operation), operations)]
        assert list(found.blocked) == sorted(nexts, key=lambda operation: operation.called)
        assert not explains(found.order, operations)
        assert len(found.reasons) == len(found.blocked)


# Known verdicts


@pytest.mark.parametrize(("model", "operations"), LEGAL.values(), ids=LEGAL.keys())
def test_legal_history(model: Model, operations: list[Operation]) -> None:
    """A history that some order of single calls explains is linearizable, and that order is shown."""
    found = check(model, operations)
    assert found.answer is Answer.LINEARIZABLE
    assert_evidence(model, operations, found)


@pytest.mark.parametrize(("model", "operations"), ILLEGAL.values(), ids=ILLEGAL.keys())
def test_illegal_history(model: Model, operations: list[Operation]) -> None:
    """A history that no order of single calls explains is illegal, and where all orders end is shown."""
    found = check(model, operations)
    assert found.answer is Answer.ILLEGAL
    assert_evidence(model, operations, found)


def test_evidence_of_an_illegal_history() -> None:
    """The report gets the longest explanation, what could not follow it, and the state that forbade it."""
    operations = history("put=1 0 1", "put=2 2 3", "get 4 5 1", "get 6 8 1", "get 7 9 empty", "get 10 11 2")
    found = check(Queue(), operations)
    assert found.order == tuple(operations[:3])
    assert found.blocked == tuple(operations[3:5])
    assert found.reasons == (
        "get() -> 1 when the state is (2,)",
        "get() -> 'empty' when the state is (2,)",
    )


class OneName(Model[str]):
    """Whatever is called first, nothing else works from then on."""

    def initial(self) -> str:
        return ""

    def step(self, state: str, operation: Operation) -> Iterable[str]:
        return [operation.name] if state in ("", operation.name) else []


def test_returned_operations_count_before_pending_ones() -> None:
    """A prefix that explains more returned calls is better than a longer one full of pending calls."""
    operations = history("left 0 -", "left 1 -", "right 2 3", "up 4 5")
    found = check(OneName(), operations)
    assert found.order == (operations[2],)
    assert found.blocked == (operations[0], operations[1], operations[3])


def test_first_of_equal_prefixes_is_shown() -> None:
    """Where several orders get equally far, the one by position of the calls is the evidence."""
    operations = history("write=1 0 2", "write=2 1 3", "read 4 5 7")
    found = check(Register(), operations)
    assert found.order == tuple(operations[:2])
    assert found.reasons == ("read() -> 7 when the state is 2",)


def test_pending_operation_without_need_is_left_out() -> None:
    """The witness takes a pending operation to have had no effect where that explains the history."""
    operations = history("write=1 0 -", "write=2 1 2", "read 3 4 2")
    assert check(Register(), operations).order == tuple(operations[1:])


def test_order_of_the_argument_does_not_matter() -> None:
    """The history is a set of operations: their positions say all, not their place in the list."""
    for model, operations in [*LEGAL.values(), *ILLEGAL.values()]:
        assert check(model, operations) == check(model, operations[::-1])


# Agreement with brute force


@st.composite
def histories(draw: st.DrawFn, calls: st.SearchStrategy[tuple[str, object, object]]) -> list[Operation]:
    """Draw up to five operations with any overlap, about one in five pending."""
    size = draw(st.integers(0, 5))
    events = draw(st.permutations([number for number in range(size) for _ in range(2)]))
    operations = []
    for number in range(size):
        name, argument, result = draw(calls)
        called, returned = (place for place, event in enumerate(events) if event == number)
        pending = draw(st.integers(0, 4)) == 4
        operations.append(
            Operation(
                f"worker-{number}",
                name,
                argument,
                PENDING if pending else result,
                called,
                None if pending else returned,
            )
        )
    return operations


values = st.integers(1, 2)
queue_calls = st.one_of(
    st.tuples(st.just("put"), values, st.none()),
    st.tuples(st.just("get"), st.none(), st.sampled_from([1, 2, EMPTY])),
)
CALLS = {
    Register: st.one_of(
        st.tuples(st.just("write"), values, st.none()),
        st.tuples(st.just("read"), st.none(), values),
    ),
    Queue: queue_calls,
    LossyQueue: queue_calls,
    Semaphore: st.one_of(
        st.tuples(st.just("acquire"), st.none(), st.none()),
        st.tuples(st.just("try_acquire"), st.none(), st.booleans()),
        st.tuples(st.just("release"), st.none(), st.none()),
    ),
    Registers: st.one_of(
        st.tuples(st.just("write"), st.tuples(st.sampled_from("ab"), values), st.none()),
        st.tuples(st.just("read"), st.tuples(st.sampled_from("ab")), st.integers(0, 1)),
    ),
}


@pytest.mark.parametrize("kind", [Register, Queue, LossyQueue, Semaphore])
def test_agrees_with_brute_force(kind: type[Model]) -> None:
    """On small random histories the answer and how far it got are those of trying every order."""
    answers: Counter[Answer] = Counter()
    model = kind()

    @settings(max_examples=400, derandomize=True, database=None, deadline=None)
    @given(histories(CALLS[kind]))
    def agree(operations: list[Operation]) -> None:
        found = check(model, operations)
        answers[found.answer] += 1
        legal = list(legal_prefixes(model, operations))
        expected = any(explains(order, operations) for order in legal)
        assert found.answer is (Answer.LINEARIZABLE if expected else Answer.ILLEGAL)
        assert_evidence(model, operations, found)
        if not expected:
            assert progress(found.order) == max(map(progress, legal))

    agree()
    assert min(answers[Answer.LINEARIZABLE], answers[Answer.ILLEGAL]) >= 20, answers


# Independent parts


class AllCells(Model[tuple[int, int]]):
    """The two cells of ``Registers`` as one object: what judging them apart must amount to."""

    def initial(self) -> tuple[int, int]:
        return 0, 0

    def step(self, state: tuple[int, int], operation: Operation) -> Iterable[tuple[int, int]]:
        index = "ab".index(operation.argument[0])
        after = Registers().step(state[index], operation)
        return [(value, state[1]) if index == 0 else (state[0], value) for value in after]


def test_parts_amount_to_the_whole() -> None:
    """Cells judged one by one give the answer for all cells at once, with one order in real time."""
    answers: Counter[Answer] = Counter()

    @settings(max_examples=400, derandomize=True, database=None, deadline=None)
    @given(histories(CALLS[Registers]))
    def agree(operations: list[Operation]) -> None:
        found = check(Registers(), operations)
        answers[found.answer] += 1
        assert found.answer is check(AllCells(), operations).answer
        if found.answer is Answer.LINEARIZABLE:
            assert_evidence(AllCells(), operations, found)

    agree()
    assert min(answers[Answer.LINEARIZABLE], answers[Answer.ILLEGAL]) >= 20, answers


def in_cells(*rows: tuple[str, str]) -> list[Operation]:
    """Read rows as ``history`` does, each with the cell that it is about."""
    plain = history(*(row for _, row in rows))
    return [
        Operation(op.thread, op.name, (cell, op.argument), op.result, op.called, op.returned)
        for (cell, _), op in zip(rows, plain, strict=True)
    ]


def test_orders_of_parts_are_interleaved() -> None:
    """The witness is not one part after the other: it follows real time across parts."""
    operations = in_cells(
        ("a", "write=1 0 1"), ("b", "write=1 2 3"), ("a", "read 4 5 1"), ("b", "read 6 7 1")
    )
    assert check(Registers(), operations).order == tuple(operations)


def test_budget_is_shared_by_the_parts() -> None:
    """The budget bounds the whole check; a part that it does not reach leaves the answer unknown."""
    operations = in_cells(("a", "write=1 0 1"), ("b", "write=1 2 3"))
    assert check(Registers(), operations).explored == 4
    assert check(Registers(), operations, max_states=4).answer is Answer.LINEARIZABLE
    for budget in (1, 2, 3):
        found = check(Registers(), operations, max_states=budget)
        assert (found.answer, found.explored) == (Answer.UNKNOWN, budget)


@pytest.mark.parametrize("parts", [lambda ops: [ops[1:]], lambda ops: [ops, ops[:1]], lambda ops: []])
def test_partition_must_keep_the_history(parts) -> None:
    """A model that loses or repeats operations is at fault: its parts would pass for the whole."""

    class Careless(Register):
        def partition(self, operations: Sequence[Operation]) -> list[list[Operation]]:
            return parts(list(operations))

    with pytest.raises(ValueError, match=r"Careless\.partition\(\) must return every operation exactly once"):
        check(Careless(), history("write=1 0 1", "read 2 3 1"))


# Budget and cost


def test_exhausted_budget_is_unknown() -> None:
    """With any budget too small to decide the answer is UNKNOWN, with one just enough it is the truth."""
    for model, operations in [*LEGAL.values(), *ILLEGAL.values()]:
        truth = check(model, operations)
        for budget in range(1, truth.explored):
            found = check(model, operations, max_states=budget)
            assert (found.answer, found.explored, found.blocked) == (Answer.UNKNOWN, budget, ())
            assert_evidence(model, operations, found)
        assert check(model, operations, max_states=truth.explored) == truth


def test_configurations_are_visited_once() -> None:
    """Twelve reads at once, then a wrong one: 2**12 sets of reads are tried, not 12! orders."""
    reads = [f"read {place} {place + 12} 0" for place in range(12)]
    found = check(Register(), history(*reads, "read 30 31 1"), max_states=5_000)
    assert (found.answer, found.explored) == (Answer.ILLEGAL, 2**12)


def test_a_long_history_is_linear_in_the_absence_of_overlap() -> None:
    """A thousand calls one after the other need a thousand configurations more, and no deep recursion."""
    rows = [f"write={n % 7} {2 * n} {2 * n + 1}" for n in range(1_000)]
    found = check(Register(), history(*rows))
    assert (found.answer, found.explored) == (Answer.LINEARIZABLE, 1_001)


# Bad input


@pytest.mark.parametrize(
    ("operations", "message"),
    [
        pytest.param(history("read 3 3 0"), "return must come after the call", id="returns as it is called"),
        pytest.param(history("read 3 2 0"), "return must come after the call", id="returns before its call"),
        pytest.param(
            history("read 0 2 0", "read 2 3 0"), "have the position 2", id="one position, two events"
        ),
        pytest.param(history("read 0 1 0") * 2, "have the position 0", id="the same operation twice"),
        pytest.param(
            history("read 0 -", "read 0 -"), "have the position 0", id="two pending at one position"
        ),
        pytest.param(
            [Operation("main", "read", None, PENDING, 0, 1)],
            "PENDING exactly when",
            id="returned, yet pending",
        ),
        pytest.param(
            [Operation("main", "read", None, 0, 0, None)],
            "PENDING exactly when",
            id="a result, yet no return",
        ),
    ],
)
def test_malformed_history(operations: list[Operation], message: str) -> None:
    """A history that cannot have happened is refused before the search."""
    with pytest.raises(ValueError, match=message):
        check(Register(), operations)


@pytest.mark.parametrize("budget", [0, -1])
def test_budget_must_be_positive(budget: int) -> None:
    """A search that may visit nothing is a mistake of the caller, not an unknown answer."""
    with pytest.raises(ValueError, match=f"max_states is {budget}"):
        check(Register(), [], max_states=budget)


@pytest.mark.parametrize("kind", [set, frozenset])
def test_a_set_of_next_states_is_refused(kind: type) -> None:
    """The order of a set may differ in another process, and with it the evidence."""

    class Hashed(Register):
        def step(self, state: int, operation: Operation) -> Iterable[int]:
            return kind(super().step(state, operation))

    with pytest.raises(TypeError, match=r"Hashed\.step\(\) returned a set"):
        check(Hashed(), history("write=1 0 1"))


# Determinism

SCRIPT = """
from dojo.checking.linearizability import PENDING, Model, Operation, check

class LossyLog(Model):
    def initial(self):
        return ()

    def step(self, state, operation):
        if operation.name == "add":
            return [(*state, operation.argument), state]
        return [state] if operation.result in ("".join(state), PENDING) else []

names = "pqrst"
adds = [Operation(name, "add", name, None, place, 10 + place) for place, name in enumerate(names)]
for tail in ("t", "sq", "tsrqp", "pp", "xyz"):
    read = Operation("main", "read", None, tail, 20, 21)
    late = Operation("late", "add", "x", PENDING, 5, None)
    for budget in (20, 100_000):
        print(check(LossyLog(), [*adds, late, read], max_states=budget))
"""


def test_same_result_in_every_process() -> None:
    """Answer, evidence and count do not depend on the order of hashes, nor on addresses."""
    outputs = set()
    for seed in ("0", "1", "2", "3"):
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        outputs.add(run.stdout)
    (output,) = outputs
    assert all(answer.name in output for answer in Answer)
    assert " at 0x" not in output
