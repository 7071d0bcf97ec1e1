"""The trace of one run: every step, wait, wake-up and clock jump in order, free of ids and addresses."""

from __future__ import annotations

import sys
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from types import FrameType, MemberDescriptorType
from typing import TYPE_CHECKING, NamedTuple

from dojo.simulator.output import Transcript
from dojo.simulator.snapshot import describe_wait, place_of
from dojo.simulator.targets import Targets

if TYPE_CHECKING:
    from dojo.simulator.instrument import Site
    from dojo.simulator.scheduler import Scheduler
    from dojo.simulator.threads import SimThread

ACCESS = frozenset({"load", "store", "getitem", "setitem", "read", "write", "loop"})
READS = frozenset({"load", "getitem", "read"})  # the others write, but for "loop"
MISSING = object()
OPERANDS = ("()", "[]")  # the names of sites that stand between an operand and its call or subscript
_KEYS = frozenset({int, str, bytes, bool, type(None)})


class Event(NamedTuple):  # not a dataclass: those take five times as long to make
    """One thing that happened.

    ``kind`` is the kind of an access (a ``Site``'s) or one of: ``acquire``, ``acquired``, ``release``,
    ``wait``, ``wake``, ``resume``, ``preempt``, ``stall``, ``start``, ``end``, ``clock``, ``call``.
    Of a ``start`` and a ``wake`` the ``name`` is the number of the other thread.
    ``target`` is a serial number for the object concerned, in order of first appearance; 0 for none. Of a
    global variable it is the module's namespace, of one that belongs to a function it is 0.
    ``detail`` of an access is the value read or written, or the key of a subscript, where that can be told.

    A call or subscript takes place after its operands: a ``load`` named ``()`` is the moment of the call,
    with the object whose method ``detail`` names; one named ``[]`` announces a ``getitem`` or ``setitem``.
    """

    thread: int
    step: int
    kind: str
    file: str
    line: int
    function: str
    name: str
    target: int
    now: int
    detail: str = ""


class Recorder:
    """Collects the events of a run.

    Args:
        sites: the preemption points of the instrumented module.
        files: the source files whose lines a reader cares about, best first.
        begun_at: of those sites (see the function of that name).
    """

    def __init__(self, sites: Sequence[Site], files: Sequence[str], begun_at: Mapping[int, int]) -> None:
        self._sites = sites
        self._files = files
        self.events: list[Event] = []
        self.names: dict[int, str] = {}
        self.targets = Targets()
        self.transcript = Transcript()
        self._begun_at = begun_at
        self._announced = frozenset(self._begun_at.values())
        self._begun: dict[tuple[int, int], list[int]] = {}  # targets of what a thread has begun at a site
        self._stored: tuple[int, str] | None = None  # what the last event is about to store to
        self.scheduler: Scheduler

    def _note(self, thread: SimThread, kind: str, target: object = None, name: str = "") -> None:
        place = place_of(sys._getframe(2), self._files)
        serial = self.targets.number(target) if target is not None else 0
        self._add(thread, kind, place.file, place.line, place.function, name, serial, "")

    def _add(
        self,
        thread: SimThread,
        kind: str,
        file: str,
        line: int,
        function: str,
        name: str,
        serial: int,
        detail: str,
    ) -> None:
        if self._stored is not None:
            owner, attribute = self._stored
            stored = show(peek(self.targets[owner].thing, attribute))
            self._stored = None
            if stored:
                self.events[-1] = self.events[-1]._replace(detail=stored)
        self.targets.look_after()
        now = self.scheduler.clock.elapsed
        fields = (thread.ident, thread.steps, kind, file, line, function, name, serial, now, detail)
        self.events.append(tuple.__new__(Event, fields))

    # --- told by the hooks -----------------------------------------------------------------------------

    def access(self, thread: SimThread, site: int, target: object) -> None:
        """A thread is about to execute the access at ``site``; of a ``write``, ``target`` is the value."""
        s = self._sites[site]
        kind, name, detail = s.kind, s.name, ""
        if kind in ("read", "write"):
            frame = sys._getframe(2)
            detail = show(target if kind == "write" else _variable(frame, name))
            target = None if _is_cell(frame, name) else frame.f_globals
        # From here on by number: a reference kept in this object would keep the target alive.
        serial = self.targets.number(target) if target is not None and name not in OPERANDS else 0
        if name in OPERANDS and kind == "load":
            kind, name, serial, detail = self._operand(thread, site, target)
        elif kind == "load":
            detail = show(peek(target, name))
            if site in self._announced:
                self._begun.setdefault((thread.ident, site), []).append(serial)
        elif kind in ("getitem", "setitem"):
            if site in self._announced:
                self._begun.setdefault((thread.ident, site), []).append(serial)
                kind, name = "load", "[]"
            else:
                detail = _key_in(sys._getframe(2), name)
        self._add(thread, kind, self._files[0], s.line, s.function, name, serial, detail)
        if kind == "store" and type(target).__setattr__ in _NATIVE_STORES:
            self._stored = (serial, name)

    def _operand(self, thread: SimThread, site: int, operand: object) -> tuple[str, str, int, str]:
        """Kind, name, target and detail of the call or subscript whose last operand has been evaluated."""
        begun_at = self._begun_at.get(site, site)
        owners = self._begun.get((thread.ident, begun_at))
        owner = owners.pop() if owners else 0
        begun = self._sites[begun_at]
        if begun.kind == "load":
            return "load", "()", owner, begun.name if owner else ""
        return begun.kind, begun.name, owner, "" if ":" in begun.name else _show_key(operand)

    def sync(self, thread: SimThread, kind: str, target: object) -> None:
        """A lock is about to be acquired, was acquired or released."""
        self._note(thread, kind, target)

    def call(self, thread: SimThread, name: str) -> None:
        """A function of the simulated ``time`` module was called."""
        self._note(thread, "call", name=name)

    def printed(self, thread: SimThread, text: str) -> None:
        """A thread prints. That is no event: what holds an address differs every time, and the trace must not."""
        place = place_of(sys._getframe(1), self._files)
        self.transcript.add(thread.ident, text, len(self.events), place, self.scheduler.clock.elapsed)

    # --- told by the scheduler -------------------------------------------------------------------------

    def resumed(self, thread: SimThread) -> None:
        """A thread gets the processor."""
        self._add(thread, "resume", "", 0, "", "", 0, "")

    def preempted(self, thread: SimThread) -> None:
        """The running thread loses the processor although it could go on."""
        self._note(thread, "preempt")

    def stalled(self, thread: SimThread, length: int) -> None:
        """The schedule makes a thread stand still for ``length`` nanoseconds."""
        frame = thread.greenlet.gr_frame if thread.greenlet is not None else None
        place = place_of(frame if frame is not None else sys._getframe(1), self._files)
        detail = f"{length} ns"
        self._add(thread, "stall", place.file, place.line, place.function, "", 0, detail)

    def blocked(self, thread: SimThread) -> None:
        """The running thread waits."""
        frame = sys._getframe(1)
        place = place_of(frame, self._files)
        until = ""
        if thread.deadline is not None:
            until = f"until {thread.deadline - self.scheduler.clock.now + self.scheduler.clock.elapsed} ns"
        name = describe_wait(thread, frame, self._files)
        self._add(thread, "wait", place.file, place.line, place.function, name, 0, until)

    def woken(self, thread: SimThread, other: SimThread) -> None:
        """A thread makes another one ready to go on."""
        if other is not thread:  # as a thread does that has just been started
            self._note(thread, "wake", name=str(other.ident))

    def started(self, thread: SimThread, child: SimThread) -> None:
        """A thread starts another."""
        self._note(thread, "start", name=str(child.ident))

    def ended(self, thread: SimThread) -> None:
        """A thread has come to its end."""
        self._add(thread, "end", "", 0, "", "", 0, "")

    def clock_moved(self) -> None:
        """Virtual time has moved on."""
        self.scheduler.outside.steps = 1  # what is finalised outside of the threads belongs to no run
        self._add(self.scheduler.outside, "clock", "", 0, "", "", 0, "")


_NATIVE_STORES = (object.__setattr__, type.__setattr__)


def begun_at(sites: Sequence[Site]) -> dict[int, int]:
    """For every site after an operand, the site where that call or subscript began: the same position."""
    latest: dict[tuple[int, int, bool], int] = {}
    found = {}
    for number, site in enumerate(sites):
        if site.kind == "load" and site.name in OPERANDS:
            begun_at = latest.get((site.line, site.column, site.name == "[]"))
            if begun_at is not None:
                found[number] = begun_at
        elif site.kind in ("load", "getitem", "setitem"):
            latest[site.line, site.column, site.kind != "load"] = number
    return found


def peek(owner: object, name: str) -> object:
    """The attribute as it is stored in ``owner`` itself, without running the subject's code; else MISSING."""
    kinds = type(owner).__mro__
    names = [name]
    if name.startswith("__") and not name.endswith("__"):
        names += [f"_{kind.__name__.lstrip('_')}{name}" for kind in kinds]
    try:
        stored = object.__getattribute__(owner, "__dict__")
    except AttributeError:
        stored = {}
    for each in names:
        if each in stored:
            return stored[each]
        for kind in kinds:
            member = kind.__dict__.get(each)
            if type(member) is MemberDescriptorType:
                try:
                    return member.__get__(owner)
                except AttributeError:
                    return MISSING
    return MISSING


def _is_cell(frame: FrameType, name: str) -> bool:
    return name in frame.f_code.co_freevars or name in frame.f_code.co_cellvars


def _variable(frame: FrameType, name: str) -> object:
    names = frame.f_locals if _is_cell(frame, name) else frame.f_globals
    return names.get(name, MISSING)


def _key_in(frame: FrameType, subscript: str) -> str:
    """The key of a subscript as text when it is a constant or a plain variable, else ""."""
    text = subscript[subscript.rfind("[") + 1 : -1]
    if text.isidentifier():
        names = frame.f_locals
        return _show_key(names[text] if text in names else frame.f_globals.get(text, MISSING))
    return text if text.isdigit() or text[:1] in ("'", '"') else ""


def _show_key(key: object) -> str:
    # A negative index may be the same item as a positive one.
    return show(key) if type(key) in _KEYS and not (type(key) is int and key < 0) else ""


def show(value: object) -> str:
    """A value as text, when that text can not depend on an address and needs no code of the subject."""
    if value is None or type(value) in (bool, int, float, str, bytes):
        text = repr(value)
        return text if len(text) <= 40 else text[:37] + "..."
    if type(value) in (list, dict, set, tuple, deque, OrderedDict):
        return f"{type(value).__name__} of {len(value)}"  # type: ignore[arg-type]
    return ""


def render(events: Sequence[Event], names: dict[int, str]) -> str:
    """The whole trace as text, one line an event: equal runs give equal text."""
    lines = []
    for number, e in enumerate(events):
        thread = names.get(e.thread, str(e.thread))
        place = f"{e.file.rpartition('/')[2]}:{e.line} {e.function}" if e.line else ""
        target = f"#{e.target}" if e.target else ""
        parts = (f"{number:5} {e.now:>12} {thread}.{e.step}", e.kind, e.name, target, e.detail, place)
        lines.append(" ".join(part for part in parts if part))
    return "\n".join(lines) + "\n"
