"""Is a recorded history of overlapping calls explained by some order of calls made one at a time?

Depth-first search over a doubly linked list of call and return events: Wing and Gong 1993, "Testing and
verifying concurrent objects", with the memory of visited configurations of Lowe 2017, "Testing for
linearizability". Judging independent parts one by one rests on Herlihy and Wing 1990 (locality).
"""

from __future__ import annotations

import enum
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final, Protocol, TypeVar

State = TypeVar("State", bound=Hashable)


class Answer(enum.Enum):
    """What the search found out; UNKNOWN means that its budget ran out first, and is never a pass."""

    LINEARIZABLE = "linearizable"
    ILLEGAL = "illegal"
    UNKNOWN = "unknown"


class Pending(enum.Enum):
    """The type of ``PENDING``."""

    PENDING = "pending"

    def __repr__(self) -> str:
        return "PENDING"


PENDING: Final = Pending.PENDING
"""The result of a call that had not returned when the history ended."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One call on the object under test, from its call event to its return event.

    Attributes:
        thread: who called; for the reader only, the search looks at positions alone.
        name: the method.
        argument: what was passed; None reads as "nothing".
        result: what came back, or ``PENDING``.
        called: position of the call among all events of the history (a counter, not a time).
        returned: position of the return, None while pending.
    """

    thread: str
    name: str
    argument: object
    result: object
    called: int
    returned: int | None

    def __str__(self) -> str:
        call = f"{self.name}({'' if self.argument is None else repr(self.argument)})"
        return f"{call} still pending" if self.returned is None else f"{call} -> {self.result!r}"


class Model(Protocol[State]):
    """The object as it behaves when called by one thread; pure. Derive from it to inherit the defaults."""

    def initial(self) -> State:
        """Return the state before the first operation."""
        ...

    def step(self, state: State, operation: Operation) -> Iterable[State]:
        """Tell what an operation may do.

        Args:
            state: the state that the operation meets.
            operation: the operation with its result; when that is ``PENDING`` any result is possible.

        Returns:
            every state that may follow, in a fixed order (no set); none when this result is illegal here.
        """
        ...

    def describe(self, operation: Operation, state: State) -> str:
        """Say in a line what an operation did and which state it met, for the report."""
        return f"{operation} when the state is {state!r}"

    def partition(self, operations: Sequence[Operation]) -> list[list[Operation]]:
        """Split a history into parts that cannot influence each other, such as one for each key.

        Args:
            operations: the whole history by position of the call.

        Returns:
            the parts, each judged from ``initial()`` on; together they hold every operation once.
        """
        return [list(operations)]


@dataclass(frozen=True, slots=True)
class Linearization:
    """The outcome of a check; when it is ILLEGAL everything but ``explored`` speaks of the illegal part only.

    Attributes:
        answer: what was found out.
        order: a legal order when LINEARIZABLE, else the legal prefix that got furthest: most returned
            operations, then most operations, then found first. A pending one may be missing: no effect.
        blocked: when ILLEGAL, every operation that could come next in real time, by position of the call;
            the model allows none of them after ``order``.
        explored: configurations (operations placed, state) that the search visited.
        reasons: when ILLEGAL, ``Model.describe`` for each blocked operation and the state it met.
    """

    answer: Answer
    order: tuple[Operation, ...]
    blocked: tuple[Operation, ...]
    explored: int
    reasons: tuple[str, ...] = ()


def check(model: Model[State], history: Sequence[Operation], *, max_states: int = 100_000) -> Linearization:
    """Look for an order of the operations that the model allows and that respects real time.

    An operation that returned before another was called comes first; otherwise the order is free. A pending
    operation may come anywhere after its call, or have had no effect at all.

    Args:
        model: the sequential behaviour.
        history: the operations, listed in any order.
        max_states: configurations to visit, over all parts of the history, before giving up.

    Returns:
        the answer with its evidence: a function of the arguments alone.

    Raises:
        ValueError: the history is malformed, ``max_states`` is not positive, or ``partition`` lost,
            invented or repeated an operation.
        TypeError: ``step`` returned a set, whose order may change from process to process.
    """
    if max_states < 1:
        raise ValueError(f"max_states is {max_states}: the search needs at least 1")
    operations = sorted(history, key=_call_position)
    _validate(operations)
    parts = [sorted(part, key=_call_position) for part in model.partition(operations)]
    if sorted((operation for part in parts for operation in part), key=_call_position) != operations:
        raise ValueError(f"{type(model).__name__}.partition() must return every operation exactly once")
    explored = 0
    points: list[tuple[int, Operation]] = []
    for part in parts:
        if explored == max_states:
            return Linearization(Answer.UNKNOWN, (), (), explored)
        found = _search(model, part, max_states - explored)
        explored += found.explored
        if found.answer is not Answer.LINEARIZABLE:
            return replace(found, explored=explored)
        # Each operation takes effect just after the latest call up to it in its part: inside its own interval.
        points += zip(accumulate(map(_call_position, found.order), max), found.order, strict=True)
    order = tuple(operation for _, operation in sorted(points, key=lambda point: point[0]))
    return Linearization(Answer.LINEARIZABLE, order, (), explored)


def _call_position(operation: Operation) -> int:
    return operation.called


def _validate(operations: Sequence[Operation]) -> None:
    taken: dict[int, Operation] = {}
    for operation in operations:
        if (operation.returned is None) != (operation.result is PENDING):
            raise ValueError(f"{operation!r}: returned is None exactly when the result is PENDING")
        if operation.returned is not None and operation.returned <= operation.called:
            raise ValueError(f"{operation!r}: an operation returns after it was called")
        for position in (operation.called, operation.returned):
            if position is not None and taken.setdefault(position, operation) is not operation:
                raise ValueError(f"position {position} belongs to {taken[position]!r} and to {operation!r}")


class _Event:
    """A call or a return in the circular list of what is not placed yet; the root is neither."""

    __slots__ = ("answer", "bit", "following", "operation", "previous")

    def __init__(self, operation: Operation | None = None, bit: int = 0) -> None:
        self.operation = operation  # of a call
        self.bit = bit  # of a call: its place in the set of placed operations
        self.answer: _Event | None = None  # of a call: its return, if there was one
        self.previous = self.following = self

    def take_out(self) -> None:
        self.previous.following = self.following
        self.following.previous = self.previous
        if self.answer is not None:
            self.answer.take_out()

    def put_back(self) -> None:  # undoes take_out in the opposite order, while the neighbours are the same
        if self.answer is not None:
            self.answer.put_back()
        self.previous.following = self.following.previous = self


def _link(operations: Sequence[Operation]) -> _Event:
    events: list[tuple[int, _Event]] = []
    for index, operation in enumerate(operations):
        call = _Event(operation, 1 << index)
        events.append((operation.called, call))
        if operation.returned is not None:
            call.answer = _Event()
            events.append((operation.returned, call.answer))
    root = _Event()
    for _, event in sorted(events, key=lambda entry: entry[0]):
        event.previous, event.following = root.previous, root
        root.previous.following = root.previous = event
    return root


def _candidates(root: _Event) -> list[tuple[_Event, Operation]]:
    """List the calls before the first return: what real time allows next."""
    found = []
    event = root.following
    while event.operation is not None:
        found.append((event, event.operation))
        event = event.following
    return found


def _moves(
    model: Model[State], state: State, candidates: Sequence[tuple[_Event, Operation]]
) -> Iterator[tuple[_Event, Operation, State]]:
    """Yield every legal next operation with the state it leads to; pending ones last, as they may be void."""
    for call, operation in sorted(candidates, key=lambda candidate: candidate[1].returned is None):
        outcomes = model.step(state, operation)
        if isinstance(outcomes, (set, frozenset)):
            raise TypeError(f"{type(model).__name__}.step() returned a set: return a list, in a fixed order")
        for outcome in outcomes:
            yield call, operation, outcome


def _search(model: Model[State], operations: Sequence[Operation], max_states: int) -> Linearization:
    root = _link(operations)
    due = sum(1 << index for index, operation in enumerate(operations) if operation.returned is not None)
    state, placed = model.initial(), 0
    visited = {(placed, state)}
    path: list[tuple[_Event, Operation]] = []
    choices: list[Iterator[tuple[_Event, Operation, State]]] = []
    furthest, best = (-1, -1), Linearization(Answer.ILLEGAL, (), (), 0)
    while True:
        if placed & due == due:
            return Linearization(Answer.LINEARIZABLE, tuple(op for _, op in path), (), len(visited))
        candidates = _candidates(root)
        if (progress := ((placed & due).bit_count(), len(path))) > furthest:
            furthest, blocked = progress, tuple(operation for _, operation in candidates)
            best = replace(best, order=tuple(op for _, op in path), blocked=blocked)
            stuck = state
        choices.append(_moves(model, state, candidates))
        while True:
            move = next((m for m in choices[-1] if (placed | m[0].bit, m[2]) not in visited), None)
            if move is not None:
                break
            choices.pop()
            if not path:
                reasons = tuple(model.describe(operation, stuck) for operation in best.blocked)
                return replace(best, explored=len(visited), reasons=reasons)
            call, _ = path.pop()
            call.put_back()
            placed ^= call.bit
        if len(visited) == max_states:
            return Linearization(Answer.UNKNOWN, best.order, (), max_states)
        call, operation, state = move
        call.take_out()
        placed |= call.bit
        visited.add((placed, state))
        path.append((call, operation))
