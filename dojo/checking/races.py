"""Race warnings: accesses to one variable, one of them a write, that nothing puts in order.

FastTrack (see `happens_before`) keeps the last write only, and so finds the first race of a variable; this
keeps the last access of each thread at each line, and so finds every pair of lines.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType, MemberDescriptorType, ModuleType
from typing import NamedTuple

from dojo.checking.happens_before import Order, member
from dojo.simulator.targets import Target
from dojo.simulator.trace import MISSING, OPERANDS, READS, Event, peek

_WRITES = frozenset({"store", "write", "setitem"})
_FLAGS = frozenset({"True", "False"})
_EMPTY = frozenset({"None", "False"})


@dataclass(frozen=True, slots=True)
class Access:
    """One side of a race: who, how ("read" or "write") and where."""

    thread: str
    kind: str
    file: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class RaceWarning:
    """Two accesses without an order between them; ``harmless`` says why, "" when it deserves a look."""

    what: str
    first: Access
    second: Access
    harmless: str


class _Variable(NamedTuple):
    target: int  # serial of the object or of the module's namespace, 0 for a function's variable
    name: str  # "[]" for the items of a container
    owner: str = ""  # the outermost function, for a function's variable


class _Spot(NamedTuple):
    thread: int
    line: int
    write: bool


def find_races(
    events: Sequence[Event], targets: Sequence[Target], names: Mapping[int, str]
) -> tuple[RaceWarning, ...]:
    """Find the races of a recorded run.

    Args:
        events: the trace.
        targets: the objects that the events speak of, by serial number - 1.
        names: what a reader calls the threads.

    Returns:
        One warning for each pair of lines that race for a variable: variables in the order in which they
        show their first race, pairs likewise.
    """
    variables = _Variables(events, targets)
    found: dict[tuple[str, frozenset[tuple[str, int]]], RaceWarning] = {}
    for variable, races in _races(events, variables, Order(targets)).items():
        pairs = tuple(races.values())
        what = variables.describe(variable, events[pairs[0][0]])
        harmless = _harmless(events, variables, variable, pairs)
        for pair in pairs:
            first, second = (_access(events[number], names) for number in pair)
            key = (what, frozenset({(first.file, first.line), (second.file, second.line)}))
            if key not in found or (found[key].harmless and not harmless):
                found[key] = RaceWarning(what, first, second, harmless)
    return tuple(found.values())


def _access(event: Event, names: Mapping[int, str]) -> Access:
    kind = "write" if event.kind in _WRITES else "read"
    thread = names.get(event.thread, f"thread-{event.thread}")
    return Access(thread, kind, event.file, event.line, event.function)


def _races(
    events: Sequence[Event], variables: _Variables, order: Order
) -> dict[_Variable, dict[tuple[_Spot, _Spot], tuple[int, int]]]:
    """For each variable, all pairs of spots without an order, with the numbers of the first such events."""
    seen: dict[_Variable, dict[str, dict[_Spot, tuple[int, int]]]] = {}
    races: dict[_Variable, dict[tuple[_Spot, _Spot], tuple[int, int]]] = {}
    for number, event in enumerate(events):
        order.observe(event)
        variable = variables.of(event)
        if variable is None:
            continue
        here = _Spot(event.thread, event.line, event.kind in _WRITES)
        key = event.detail if variable.name == "[]" else ""
        by_key = seen.setdefault(variable, {})
        # An item whose key is not known may be any item.
        for spots in by_key.values() if not key else [by_key[each] for each in (key, "") if each in by_key]:
            for spot, (earlier, epoch) in spots.items():
                if (here.write or spot.write) and order.unordered(spot.thread, epoch, event.thread):
                    races.setdefault(variable, {}).setdefault((spot, here), (earlier, number))
        by_key.setdefault(key, {})[here] = number, order.epoch(event.thread)
    return races


def _harmless(
    events: Sequence[Event], variables: _Variables, variable: _Variable, pairs: Sequence[tuple[int, int]]
) -> str:
    """Why no race of a variable can do harm, where the trace shows it; else "".

    An attribute or a variable is read and written in one atomic step; what can go wrong is a decision by a
    value that is no longer true.
    """
    if variable.name == "[]":
        return ""
    spots = {(events[number].kind, events[number].line) for pair in pairs for number in pair}
    accesses = [number for number, event in enumerate(events) if variables.of(event) == variable]
    racing = [number for number in accesses if (events[number].kind, events[number].line) in spots]
    reads = [events[number] for number in racing if events[number].kind in READS]
    writes = [events[number] for number in racing if events[number].kind in _WRITES]
    deciding = {event.function for event in reads}
    writing = {events[number].function for number in accesses if events[number].kind in _WRITES}

    values = {event.detail for event in writes}
    apart = {event.thread for event in reads}.isdisjoint(event.thread for event in writes)
    if len(values) == 1 and values <= _FLAGS and apart and deciding.isdisjoint(writing):
        return f"a flag that is only ever set to {values.pop()}: whoever reads it can at worst see it late"

    in_order = all(READS & {events[first].kind, events[second].kind} for first, second in pairs)
    checked = all(_checks_twice(events, variables, n) for n in racing if events[n].kind in _WRITES)
    if in_order and checked and deciding == {event.function for event in writes}:
        return "double-checked locking: it is written by who still finds it empty under the lock"
    return ""


def _checks_twice(events: Sequence[Event], variables: _Variables, number: int) -> bool:
    """Whether a thread writes under a lock, having read the variable before it, and empty under it."""
    write = events[number]
    released: set[int] = set()
    checked = locked = False
    for event in (events[n] for n in range(number - 1, -1, -1)):
        if event.thread != write.thread:
            continue
        if event.kind == "release":
            released.add(event.target)
        elif event.kind == "acquired":
            locked = locked or (checked and event.target not in released)
        elif variables.of(event) == variables.of(write):
            if locked:
                return True
            if event.kind in _WRITES or event.detail not in _EMPTY:
                return False
            checked = True
    return False


class _Variables:
    """Tells which variable an event accesses: only those count that are written to in the trace."""

    def __init__(self, events: Sequence[Event], targets: Sequence[Target]) -> None:
        self._targets = targets
        things = [(serial, target.thing) for serial, target in enumerate(targets, 1)]
        self._classes = {id(thing): serial for serial, thing in things if isinstance(thing, type)}
        written = {_variable(event) for event in events if event.kind in _WRITES}
        self._written = {variable for variable in written if self._is_data(variable)}
        self._many = _several_calls(events)
        self._found: dict[_Variable, _Variable | None] = {}
        self._of: dict[tuple[str, int, str, str], _Variable | None] = {}
        self._loaded = dict.fromkeys(_variable(e) for e in events if e.kind == "load" and e.target)

    def of(self, event: Event) -> _Variable | None:
        """The variable that an event reads or writes, if it is shared data."""
        access = (event.kind, event.target, event.name, event.function)
        if access not in self._of:
            self._of[access] = self._variable_of(event)
        return self._of[access]

    def _variable_of(self, event: Event) -> _Variable | None:
        if (event.kind not in READS and event.kind not in _WRITES) or event.name in OPERANDS:
            return None
        variable = _variable(event)
        if variable not in self._found:
            self._found[variable] = self._stored(variable)
        return self._found[variable]

    def _stored(self, variable: _Variable) -> _Variable | None:
        """Where a variable lives that is written to: in its object, or in a class of it."""
        if not variable.target and not self._many.isdisjoint({variable.owner, variable}):
            return None  # each call of the function has a variable of its own, and no event tells which
        if variable in self._written:
            return variable
        if variable.target:
            target = self._targets[variable.target - 1]
            thing = target.thing
            for kind in thing.__mro__ if isinstance(thing, type) else target.kind.__mro__:
                inherited = _Variable(self._classes.get(id(kind), 0), variable.name)
                if inherited.target and inherited in self._written:
                    return inherited
        return None

    def _is_data(self, variable: _Variable) -> bool:
        """Whether an access is to data: code of the subject, run by the access, has accesses of its own."""
        if not variable.target:
            return True
        target = self._targets[variable.target - 1].kind
        if variable.name == "[]":
            return not isinstance(member(target, "__setitem__"), FunctionType)
        if any(kind.__module__ == "_threading_local" for kind in target.__mro__):
            return False
        declared = member(target, variable.name)
        return type(declared) is MemberDescriptorType or member(type(declared), "__set__") is MISSING

    def describe(self, variable: _Variable, event: Event) -> str:
        """What the learner calls a variable, going by one access to it."""
        if not variable.target:
            return f"{variable.name} (of {variable.owner})"
        target, kind = self._targets[variable.target - 1].thing, self._targets[variable.target - 1].kind
        if event.kind in ("read", "write"):
            return variable.name
        if variable.name != "[]":
            named = isinstance(target, (type, FunctionType, ModuleType))
            return f"{target.__name__ if named else kind.__name__}.{variable.name}"  # type: ignore[attr-defined]
        held = self._targets[variable.target - 1].holder
        if held is not None:
            return f"{self._targets[held.serial - 1].kind.__name__}.{held.attribute}[...]"
        for holder in self._loaded:
            if peek(self._targets[holder.target - 1].thing, holder.name) is target:
                return f"{self.describe(holder, event)}[...]"
        return f"{event.name.rpartition('[')[0] or kind.__name__}[...]"


def _several_calls(events: Sequence[Event]) -> set[str | _Variable]:
    """Functions, and variables of functions, of which the trace shows more than one call.

    Several threads are inside the function itself, or the variable is bound anew at the place where it was
    first bound.
    """
    threads: dict[str, set[int]] = {}
    bound: dict[_Variable, tuple[int, int]] = {}  # the line that was first to bind it, and how often it has
    for event in events:
        if ".<locals>" in event.function:
            continue
        if event.line:
            threads.setdefault(event.function, set()).add(event.thread)
        if event.kind == "write" and not event.target:
            line, times = bound.get(_variable(event), (event.line, 0))
            bound[_variable(event)] = (line, times + (line == event.line))
    return {name for name, inside in threads.items() if len(inside) > 1} | {
        variable for variable, (_, times) in bound.items() if times > 1
    }


def _outermost(event: Event) -> str:
    return event.function.partition(".<locals>")[0]


def _variable(event: Event) -> _Variable:
    if event.kind in ("getitem", "setitem"):
        return _Variable(event.target, "[]")
    return _Variable(event.target, event.name, "" if event.target else _outermost(event))
