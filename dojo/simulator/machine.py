"""One program in one world, run again and again: load the module afresh, run a scenario under a strategy."""

from __future__ import annotations

import ast
import gc
import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from types import CodeType, ModuleType

from dojo.simulator.garbage import no_collection
from dojo.simulator.instrument import Site, instrument
from dojo.simulator.outcome import Outcome
from dojo.simulator.output import Printed
from dojo.simulator.recursion import same_room
from dojo.simulator.reuse import FunctionChanges, NotReusable, Reusable
from dojo.simulator.schedule import Schedule
from dojo.simulator.strategies import DEFAULT, Strategy
from dojo.simulator.targets import LEARNERS_MODULE, Target
from dojo.simulator.threads import MAIN_IDENT, names_of
from dojo.simulator.trace import Event, Recorder, begun_at
from dojo.simulator.world import World

MAX_STEPS = 100_000
COLLECT_EVERY = 256  # runs between garbage collections; collecting in the middle of a run would cost more


@dataclass(frozen=True, slots=True)
class Program:
    """A learner's module, instrumented, ready to be executed in a world."""

    filename: str
    source: str
    code: CodeType
    sites: tuple[Site, ...]

    @property
    def digest(self) -> bytes:
        """A fingerprint of the text: a replay token belongs to it."""
        return hashlib.sha256(self.source.encode()).digest()


def compile_program(source: str, filename: str, tree: ast.Module | None = None) -> Program:
    """Instrument a module's source.

    Args:
        source: its text, for the reader.
        filename: its name in reports.
        tree: what to compile if it is not just that text; it is used up.

    Raises:
        SyntaxError: as ``compile`` would.
        RecursionError: when the source is nested too deeply.
    """
    instrumented = instrument(source if tree is None else tree, filename)
    return Program(filename, source, instrumented.code, instrumented.sites)


@dataclass(slots=True)  # made for every schedule explored: frozen, it would take four times as long to make
class Run:
    """What one run did."""

    outcome: Outcome
    schedule: Schedule
    steps: int
    elapsed: int  # virtual nanoseconds
    waits: tuple[int, ...]  # lengths of time that threads waited for, in ns, ascending
    names: dict[int, str]  # threads by number
    events: tuple[Event, ...] = ()
    targets: tuple[Target, ...] = field(default=(), compare=False)
    printed: tuple[Printed, ...] = field(default=(), compare=False)  # of recorded runs only
    lost: int = field(default=0, compare=False)  # lines printed beyond those

    @property
    def preemptions(self) -> int:
        """How often a thread was interrupted although it could go on (recorded runs only)."""
        return sum(event.kind in ("preempt", "stall") for event in self.events)


class Machine:
    """Executes runs of one program.

    Args:
        program: the learner's module.
        allowed: top-level modules it may import besides the simulated ones; None for anything.
        companions: other modules of the program's package, not instrumented: scenarios may load them, and
            they may import each other.
        imports: the companions that the program itself may import.
        watched: further files whose lines the trace should name where the program's own are not on the stack.
        reuse: whether the program's module may be put back for the next run where that makes no difference.
            It makes one for a program that does its work while it is loaded.
        changes: told of changes of functions, by whoever hears of them; None if nobody does.
    """

    def __init__(
        self,
        program: Program,
        *,
        allowed: Collection[str] | None = None,
        companions: Mapping[str, CodeType] | None = None,
        imports: Collection[str] = (),
        watched: Collection[str] = (),
        reuse: bool = True,
        changes: FunctionChanges | None = None,
    ) -> None:
        self.program = program
        self.world = World(allowed, self._sibling)
        self.runs = 0
        self._companions = dict(companions or {})
        self._imports = frozenset(imports)
        self._loaded: dict[str, ModuleType] = {}  # in this run
        self._reusable: dict[str, Reusable] = {}
        self._prepared = not reuse
        self._changes = changes
        self._watched = tuple(watched)
        self._begun_at: dict[int, int] | None = None  # of the program's sites, once a run has been recorded
        gc.collect()
        gc.freeze()

    def load(self) -> ModuleType:
        """The program's module, as fresh as if it had just been executed; to be called inside a run."""
        return self._fresh(LEARNERS_MODULE, self.program.code, as_learner=True)

    def companion(self, name: str) -> ModuleType:
        """A companion module, one for each run; to be called inside a run."""
        return self._fresh(name, self._companions[name], as_learner=False)

    def _fresh(self, name: str, code: CodeType, *, as_learner: bool) -> ModuleType:
        if name not in self._loaded:
            if name in self._reusable:
                self._loaded[name] = self._reusable[name].module
            else:
                module = self._loaded[name] = self.world.execute(code, name, as_learner=as_learner)
                # The program's own steps count: after the first run it is executed always or never.
                if not (as_learner and self._prepared):
                    self._note_if_reusable(module)
        return self._loaded[name]

    def _note_if_reusable(self, module: ModuleType) -> None:
        try:
            own = [LEARNERS_MODULE, *self._companions]
            self._reusable[module.__name__] = Reusable(module, own, self._reusable)
        except NotReusable:
            pass

    def _sibling(self, name: str, as_learner: bool) -> ModuleType:
        if name not in (self._imports if as_learner else self._companions):
            raise ImportError(f"there is no module '{name}' beside this one that it may import")
        return self.companion(name)

    def _execute(self) -> None:
        self.load()

    def _prepare(self) -> None:
        """Execute the module once to see whether it can be reused: all runs that count are alike then."""
        self.world.scheduler.run(self._execute, DEFAULT, max_steps=MAX_STEPS, begin=self.world.reset)
        self._prepared = True

    def _recorder(self) -> Recorder:
        sites = self.program.sites
        if self._begun_at is None:
            self._begun_at = begun_at(sites)
        recorder = Recorder(sites, (self.program.filename, *self._watched), self._begun_at)
        recorder.scheduler = self.world.scheduler
        return recorder

    def run(
        self,
        scenario: Callable[[], None],
        strategy: Strategy = DEFAULT,
        *,
        max_steps: int = MAX_STEPS,
        allow_leaks: bool = False,
        record: bool = False,
    ) -> Run:
        """Run a scenario once, from a fresh world.

        Args:
            scenario: the main thread's code; it calls ``load`` and starts threads.
            strategy: where to leave the default order.
            max_steps: preemption points of all threads before the run is given up.
            allow_leaks: whether threads may be left over.
            record: whether to keep the trace (several times slower).
        """
        if not self._prepared:
            self._prepare()
        self.runs += 1
        self._loaded.clear()
        functions = self._changes is None or self._changes.taken()
        for each in self._reusable.values():
            each.restore(functions=functions)
        if self.runs % COLLECT_EVERY == 0:
            gc.collect()
        scheduler = self.world.scheduler
        recorder = self._recorder() if record else None
        told = [recorder.targets.before_collection] if recorder is not None else []
        with no_collection(*told), same_room():
            outcome = scheduler.run(
                scenario,
                strategy,
                max_steps=max_steps,
                recorder=recorder,
                allow_leaks=allow_leaks,
                begin=self.world.reset,
            )
        return Run(
            outcome,
            scheduler.schedule(),
            scheduler.total_steps,
            scheduler.clock.elapsed,
            tuple(sorted(scheduler.waits)),
            dict(enumerate(names_of(scheduler.threads), MAIN_IDENT)),
            tuple(recorder.events) if recorder is not None else (),
            recorder.targets.all() if recorder is not None else (),
            recorder.transcript.lines() if recorder is not None else (),
            recorder.transcript.lost if recorder is not None else 0,
        )
