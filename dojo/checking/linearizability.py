"""Is a recorded history of overlapping calls explained by some order of calls made one at a time?

Depth-first search over a doubly linked list of call and return events: Wing and Gong 1993, "Testing and
verifying concurrent objects", with the memory of visited configurations of Lowe 2017, "Testing for
linearizability". Judging independent parts one by one rests on Herlihy and Wing 1990 (locality).
"""

from __future__ import annotations

import enum
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from operator import attrgetter, itemgetter
from typing import Final, Protocol, TypeVar

State = TypeVar("State", bound=Hashable)


class Answer(enum.Enum):
    """What the search found out; UNKNOWN means that its budget ran out first, and is never a pass."""

    LINEARIZABLE = "linearizable"
    ILLEGAL = "illegal"
    UNKNOWN = "unknown"


class _Pending(enum.Enum):
    PENDING = "pending"

    def __repr__(self) -> str:
        return "PENDING"


PENDING: Final = _Pending.PENDING
"""The result of a call that had not returned when the history ended."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One call on the object under test; positions count the events of the history, they are not times."""

    thread: str  # for the reader only: the search looks at positions alone
    name: str
    argument: object  # None reads as "nothing"
    result: object  # PENDING when the call had not returned
    called: int
    returned: int | None  # None while pending

    def __str__(self) -> str:
        call = f"{self.name}({'' if self.argument is None else repr(self.argument)})"
        return f"{call} still pending" if self.returned is None else f"{call} -> {self.result!r}"


class Model(Protocol[State]):
    """The object as it behaves when called by one thread; pure. Derive from it to inherit the defaults."""

    def initial(self) -> State:
        """Return the state before the first operation."""
        ...

    def step(self, state: State, operation: Operation) -> Iterable[State]:
        """Return every state to which ``operation``, with its result, may lead from ``state``.

        None at all means that the result is illegal here; ``PENDING`` stands for any result. The order must
        be fixed: a list or tuple, not a set.
        """
        ...

    def describe(self, operation: Operation, state: State) -> str:
        """Say in a line what an operation did and which state it met, for the report."""
        return f"{operation} when the state is {state!r}"

    def partition(self, operations: Sequence[Operation]) -> list[list[Operation]]:
        """Return the parts of a history that cannot influence each other, such as one for each key."""
        return [list(operations)]


@dataclass(frozen=True, slots=True)
class Linearization:
    """The outcome of a check; unless it is LINEARIZABLE, the evidence is that of the part it ended in.

    Attributes:
        answer: what was found out.
        order: a legal order when LINEARIZABLE, else the legal prefix that got furthest: most returned
            operations, then most operations, then found first. A pending operation may be left out.
        blocked: when ILLEGAL, every operation that could come next in real time, by position of the call;
            the model allows none of them after ``order``.
        explored: configurations (operations placed, state) that the search visited.
        reasons: when ILLEGAL, ``Model.describe`` of each blocked operation and the state it met.
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
    by_call = attrgetter("called")
    operations = sorted(history, key=by_call)
    _validate(operations)
    parts = model.partition(operations)
    if sorted(by_call(operation) for part in parts for operation in part) != [*map(by_call, operations)]:
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
        # An operation may take effect at the latest call up to it in its part: that is inside its interval.
        points += zip(accumulate(map(by_call, found.order), max), found.order, strict=True)
    order = tuple(operation for _, operation in sorted(points, key=itemgetter(0)))
    return Linearization(Answer.LINEARIZABLE, order, (), explored)


def _validate(operations: Sequence[Operation]) -> None:
    for operation in operations:
        if (operation.returned is None) != (operation.result is PENDING):
            raise ValueError(f"{operation!r}: the result must be PENDING exactly when returned is None")
        if operation.returned is not None and operation.returned <= operation.called:
            raise ValueError(f"{operation!r}: the return must come after the call")
    events = sorted(p for op in operations for p in (op.called, op.returned) if p is not None)
    for position, following in pairwise(events):
        if position == following:
            raise ValueError(f"two events of the history have the position {position}")


class _Event:
    """A member of the circular list of all that is not placed yet: a return, or the root itself."""

    def __init__(self, position: int) -> None:
        self.position = position
        self.previous = self.following = self


class _Call(_Event):
    def __init__(self, operation: Operation, bit: int) -> None:
        super().__init__(operation.called)
        self.operation = operation
        self.bit = bit  # stands for the operation in a set of operations
        self.events = [self] if operation.returned is None else [self, _Event(operation.returned)]

    def take_out(self) -> None:
        for event in self.events:
            event.previous.following, event.following.previous = event.following, event.previous

    def put_back(self) -> None:  # last out, first back: then the remembered neighbours are the right ones
        for event in self.events:
            event.previous.following = event.following.previous = event


def _link(calls: Sequence[_Call]) -> _Event:
    root = _Event(-1)
    for event in sorted((event for call in calls for event in call.events), key=attrgetter("position")):
        event.previous, event.following = root.previous, root
        root.previous.following = root.previous = event
    return root


def _candidates(root: _Event) -> Iterator[_Call]:  # the calls before the first return
    event = root.following
    while isinstance(event, _Call):
        yield event
        event = event.following


def _moves(model: Model[State], state: State, candidates: Iterable[_Call]) -> Iterator[tuple[_Call, State]]:
    """Yield every legal next call with the state it leads to; pending ones last, as they may be void."""
    for call in sorted(candidates, key=lambda call: call.operation.returned is None):
        outcomes = model.step(state, call.operation)
        if isinstance(outcomes, (set, frozenset)):
            raise TypeError(f"{type(model).__name__}.step() returned a set: return a list, in a fixed order")
        yield from ((call, outcome) for outcome in outcomes)


def _search(model: Model[State], operations: Sequence[Operation], max_states: int) -> Linearization:
    calls = [_Call(operation, 1 << index) for index, operation in enumerate(operations)]
    root = _link(calls)
    due = sum(call.bit for call in calls if call.operation.returned is not None)
    placed, state = 0, model.initial()
    visited = {(placed, state)}
    path: list[_Call] = []
    choices: list[Iterator[tuple[_Call, State]]] = []  # one iterator for each configuration on the path
    furthest, best, stuck = (-1, -1), Linearization(Answer.ILLEGAL, (), (), 0), state
    while placed & due != due:
        candidates = list(_candidates(root))
        if (progress := ((placed & due).bit_count(), len(path))) > furthest:
            furthest, stuck = progress, state
            order = tuple(call.operation for call in path)
            best = replace(best, order=order, blocked=tuple(call.operation for call in candidates))
        choices.append(_moves(model, state, candidates))
        while not (move := next((m for m in choices[-1] if (placed | m[0].bit, m[1]) not in visited), None)):
            choices.pop()
            if not path:
                reasons = tuple(model.describe(operation, stuck) for operation in best.blocked)
                return replace(best, explored=len(visited), reasons=reasons)
            call = path.pop()
            call.put_back()
            placed ^= call.bit
        if len(visited) == max_states:
            return replace(best, answer=Answer.UNKNOWN, blocked=(), explored=max_states)
        call, state = move
        call.take_out()
        path.append(call)
        placed |= call.bit
        visited.add((placed, state))
    return Linearization(Answer.LINEARIZABLE, tuple(call.operation for call in path), (), len(visited))
