"""The private world of a run: the stdlib's own threading, queue, futures executed against simulated primitives.

Nothing of the real process is patched. A world is built once and reset for each run; the learner's module is
executed afresh every time, and reaches the world only through the ``__import__`` it is given.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import importlib.util
import itertools
import logging
import os
import sys
from collections.abc import Callable, Collection, Iterable
from types import CodeType, ModuleType
from typing import Any

from dojo.simulator.facades import Facade, facade, guarded_builtins
from dojo.simulator.fake_thread import FakeThreadModule
from dojo.simulator.fake_time import build_time_module
from dojo.simulator.hooks import make_hooks
from dojo.simulator.identity import Identities
from dojo.simulator.lean import make_lean
from dojo.simulator.output import Output, make_print
from dojo.simulator.private import PRIVATE
from dojo.simulator.scheduler import Scheduler

_ABSENT = frozenset({"_queue", "concurrent.futures.process", "concurrent.futures.interpreter"})
# Classes whose instances learners put into sets: their order must not hang on addresses.
_SERIAL_HASH = {
    "threading": ("Thread", "Condition", "Semaphore", "Event", "Barrier"),
    "concurrent.futures._base": ("Future",),
    "queue": ("Queue",),
}

_SET_LATER = frozenset({"excepthook", "stderr", "stdout"})
_codes: dict[str, CodeType] = {}  # of the private modules: the same for every world


class World:
    """A scheduler and the modules that belong to it.

    Args:
        allowed: what a learner's module may import besides the simulated modules; None for anything.
        sibling: finds the module that a relative import names, given that name and whether it is the
            learner's module that imports it; raises ImportError.
    """

    def __init__(
        self,
        allowed: Collection[str] | None = None,
        sibling: Callable[[str, bool], ModuleType] | None = None,
    ) -> None:
        self.scheduler = Scheduler()
        self._sibling = sibling
        self._allowed = frozenset(allowed) if allowed is not None else None
        self._fake_thread = FakeThreadModule(self.scheduler, PRIVATE)
        self.modules: dict[str, Any] = {  # ModuleType; their names are not known to a type checker
            "_thread": self._fake_thread.module,
            "time": build_time_module(self.scheduler),
            "os": _without_fork_hooks(),
        }
        self._pristine: dict[str, Callable[[], None]] = {}
        self._exposed = {"threading"}  # private modules that code may have changed, as it can reach them
        self._identities = Identities()
        self._stdlib_builtins = self._make_builtins(self._import_for_stdlib) | {"exec": _exec}
        self._companion_builtins = self._make_builtins(self._import_for_companion) | {"exec": _exec}
        output = Output(self.scheduler)
        self._learner_builtins = self._make_builtins(self._import_for_learner) | {"print": make_print(output)}
        if allowed is not None:
            self._learner_builtins = guarded_builtins(self._learner_builtins)
        self._facades: dict[str, Facade] = {"sys": _harmless_sys(output)}
        self._hooks = make_hooks(self.scheduler)
        for name in ("threading", "queue", "random", "sched", "concurrent.futures.thread", "dataclasses"):
            self._load(name)
        # The pure Python version goes by current_thread(), so by simulated threads; it needs threading loaded.
        thread_local = self._load("_threading_local")
        # It names its entries by id; a serial number would be given to another object in the next run, while
        # the first may still be there. The names reach no decision.
        thread_local.id = builtins.id
        local = thread_local.local
        threading = self.modules["threading"]
        threading.local = self.modules["_thread"]._local = local
        threading._sys = _SysOfThreading()
        make_lean(threading, self.scheduler)
        if hasattr(threading, "_thread_local_info"):
            threading._thread_local_info = local()  # made of what stood in for it while threading was loading
        self.modules["concurrent.futures._base"].LOGGER = _silent_logger()
        self._pristine = {name: _snapshot(module) for name, module in self.modules.items() if name in PRIVATE}
        self._identities.pin()
        self.modules["random"].seed(0)  # as every reset does once code has got hold of it

    # --- modules -----------------------------------------------------------------------------------

    def module(self, name: str) -> ModuleType:
        """A module as the learner's code sees it: simulated, private, or the real one."""
        if name in PRIVATE and name not in self.modules:
            self._load(name)
        self._expose(name)
        return self.modules.get(name) or importlib.import_module(name)

    def reset(self) -> None:
        """Bring every private module back to how it was just after import."""
        self._fake_thread.reset()
        self._identities.reset()
        for name in self._exposed:
            self._pristine[name]()
        self.modules["threading"]._counter = _count_from(1)
        if "concurrent.futures.thread" in self._exposed:
            futures = self.modules["concurrent.futures.thread"]
            futures._global_shutdown_lock.reset()
            futures.ThreadPoolExecutor._counter = _count_from(0)
        if "random" in self._exposed:
            self.modules["random"].seed(0)

    def _expose(self, name: str) -> None:
        """Note that code has got hold of a module, and so of all modules that this one leads to."""
        if name in self._exposed or name not in self._pristine:
            return
        self._exposed.add(name)
        for value in list(self.modules[name].__dict__.values()):
            inner = value.__name__ if isinstance(value, ModuleType) else ""
            if inner in self._pristine and self.modules[inner] is value:
                self._expose(inner)

    def execute(self, code: CodeType, name: str, *, as_learner: bool = True) -> ModuleType:
        """Execute a module's code in this world and return the module.

        Args:
            code: compiled, and instrumented if its threads are to be preempted.
            name: the module's ``__name__``.
            as_learner: whether imports are held to the list of allowed modules.
        """
        module = ModuleType(name)
        module.__file__ = code.co_filename
        names = module.__dict__
        names["__builtins__"] = self._learner_builtins if as_learner else self._companion_builtins
        names.update(self._hooks)
        # dataclasses and typing look a class's module up there; it is gone again when the run is over.
        before = sys.modules.get(name)
        sys.modules[name] = module
        try:
            exec(code, names)
        finally:
            if before is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = before
        return module

    def _load(self, name: str) -> Any:
        if name in self.modules:
            return self.modules[name]
        parent, _, child = name.rpartition(".")
        if parent:
            self._load(parent)
            if name in self.modules:  # imported by its package
                return self.modules[name]
        module = ModuleType(name)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None:
            raise ImportError(f"the standard library has no module {name}")
        module.__file__ = spec.origin
        module.__package__ = name if spec.submodule_search_locations else parent
        if spec.submodule_search_locations:
            module.__path__ = list(spec.submodule_search_locations)
        names = module.__dict__
        names["__builtins__"] = self._stdlib_builtins
        self.modules[name] = module
        if parent:
            setattr(self.modules[parent], child, module)
        exec(self._code(name, spec.loader), names)
        for kind in _SERIAL_HASH.get(name, ()):
            names[kind].__hash__ = lambda thing: self._identities.number(thing)
        if name == "random":
            self._seed_from_world(module)
        return module

    def _code(self, name: str, loader: Any) -> CodeType:
        """The code of a private module."""
        if name not in _codes:
            _codes[name] = loader.get_code(name)
        return _codes[name]

    def _seed_from_world(self, module: Any) -> None:
        """Make ``Random()`` without a seed the same in every run."""
        base_seed = module.Random.seed

        def seed(self: Any, a: Any = None, version: int = 2) -> None:
            base_seed(self, 0 if a is None else a, version)

        module.Random.seed = seed

    # --- imports -----------------------------------------------------------------------------------

    def _make_builtins(self, import_function: Callable[..., ModuleType]) -> dict[str, Any]:
        names = dict(builtins.__dict__)
        names["__import__"] = import_function
        if "__lazy_import__" in names:  # 3.15; the real one gives the real module if that is loaded already
            names["__lazy_import__"] = _at_once(import_function)
        names["id"] = self._identities.number
        return names

    def _import_for_stdlib(
        self, name: str, globals: Any = None, locals: Any = None, fromlist: Iterable[str] = (), level: int = 0
    ) -> ModuleType:
        if level:
            package = globals["__package__"] if globals else ""
            for _ in range(level - 1):
                package = package.rpartition(".")[0]
            name = f"{package}.{name}" if name else package
        if name in _ABSENT:
            raise ImportError(f"{name} is not part of the simulation")
        if name in self.modules or name in PRIVATE:
            module = self.modules.get(name) or self._load(name)
            for each in fromlist or ():
                inner = f"{name}.{each}"
                if inner in PRIVATE and not hasattr(module, each):
                    self._load(inner)
            found: ModuleType = module if fromlist else self.modules[name.partition(".")[0]]
            self._expose(name)
            self._expose(found.__name__)
            return found
        return builtins.__import__(name, globals, locals, tuple(fromlist or ()), 0)

    def _import_for_companion(
        self, name: str, globals: Any = None, locals: Any = None, fromlist: Iterable[str] = (), level: int = 0
    ) -> ModuleType:
        if level:
            return self._import_sibling(name, as_learner=False)
        return self._import_for_stdlib(name, globals, locals, fromlist, 0)

    def _import_sibling(self, name: str, *, as_learner: bool) -> ModuleType:
        if self._sibling is None:
            raise ImportError("a relative import, but there is no module beside this one")
        return self._sibling(name.rpartition(".")[2], as_learner)

    def _import_for_learner(
        self, name: str, globals: Any = None, locals: Any = None, fromlist: Iterable[str] = (), level: int = 0
    ) -> ModuleType:
        if level:
            return self._import_sibling(name, as_learner=True)
        top = name.partition(".")[0]
        if self._allowed is not None and top not in self._allowed and name not in PRIVATE and name != "time":
            raise ImportError(f"'{name}' is not among the modules a kata may import")
        if self._allowed is not None:
            return self._facade(name, tuple(fromlist or ()))
        if name == "os":
            return builtins.__import__(name, globals, locals, tuple(fromlist or ()), 0)
        return self._import_for_stdlib(name, globals, locals, fromlist, 0)

    def _facade(self, name: str, fromlist: tuple[str, ...]) -> ModuleType:
        shown = name if fromlist else name.partition(".")[0]
        if shown not in self._facades or shown != name:
            self._facades.setdefault(shown, facade(self._import_for_stdlib(name, None, None, fromlist, 0)))
        return self._facades[shown]


def _at_once(import_function: Callable[..., ModuleType]) -> Callable[..., ModuleType]:
    """``lazy import``: not lazy here, but for what cannot be imported at all."""

    def lazy_import(
        name: str, globals: Any = None, locals: Any = None, fromlist: Iterable[str] | None = (), level: int = 0
    ) -> ModuleType:
        try:
            return import_function(name, globals, locals, fromlist, level)
        except ImportError as error:
            missing = ModuleType(name)
            missing.__dict__.update((each, _missing(str(error))) for each in fromlist or ())
            return missing

    return lazy_import


def _missing(why: str) -> Callable[..., None]:
    def use(*_: object, **__: object) -> None:
        raise ImportError(why)

    return use


@functools.lru_cache(maxsize=1024)
def _compiled(source: str) -> CodeType:
    return compile(source, "<string>", "exec")


def _exec(source: str, globals: dict[str, Any], locals: dict[str, Any]) -> None:
    """``exec`` for the private stdlib: a module is executed anew in every run, and dataclasses compiles the
    same text each time, which took half of all the time of a run."""
    exec(_compiled(source), globals, locals)


def _without_fork_hooks() -> ModuleType:
    """``os`` for the private stdlib: it must leave no hooks behind in the real process."""
    module = ModuleType("os")
    module.__dict__.update(os.__dict__)
    module.__dict__["register_at_fork"] = lambda **hooks: None
    return module


class _SysOfThreading(ModuleType):
    """``sys`` for the private ``threading``: what is set there later is seen, and its trace hooks do nothing.

    They would stay behind in the real process. Only what may be set is looked up each time.
    """

    def __init__(self) -> None:
        super().__init__("sys")
        self.__dict__.update({name: value for name, value in sys.__dict__.items() if name not in _SET_LATER})
        for name in ("settrace", "setprofile", "_settraceallthreads", "_setprofileallthreads"):
            self.__dict__[name] = lambda function: None

    def __getattr__(self, name: str) -> Any:
        return getattr(sys, name)


def _harmless_sys(output: Output) -> Facade:
    """The part of ``sys`` that tells about the interpreter and changes nothing, and streams to print to."""
    names = "byteorder exc_info exception exit float_info getrecursionlimit getsizeof hexversion implementation intern"
    shown = [*names.split(), "maxsize", "maxunicode", "platform", "version", "version_info"]
    kept = {name: getattr(sys, name) for name in shown if hasattr(sys, name)}
    return Facade("sys", None, kept | {"stdout": output, "stderr": output})


def _silent_logger() -> logging.Logger:
    """For the executors, which log what ends a worker: at the end of a run that is the simulator."""
    logger = logging.Logger("concurrent.futures of a simulation")
    logger.disabled = True
    return logger


def _count_from(start: int) -> Callable[[], int]:
    return itertools.count(start).__next__


def _snapshot(module: ModuleType) -> Callable[[], None]:
    """Remember a module's globals; containers by content, as runs change them in place."""
    namespace = module.__dict__
    names = dict(namespace)
    containers = [
        (value, value.copy())
        for name, value in names.items()
        # The built-in names are shared by all modules and changed by none.
        if type(value) in (dict, set, list) and name != "__builtins__"
    ]
    weak = [value for value in names.values() if type(value).__name__ in ("WeakSet", "WeakKeyDictionary")]
    main_thread = names.get("_main_thread")
    attributes = dict(main_thread.__dict__) if main_thread is not None else {}

    def restore() -> None:
        if len(namespace) != len(names):
            for extra in namespace.keys() - names.keys():
                del namespace[extra]
        namespace.update(names)
        for value, content in containers:
            if value != content:
                value.clear()
                value.extend(content) if type(value) is list else value.update(content)
        for value in weak:
            if value:
                value.clear()
        if main_thread is not None:
            own = main_thread.__dict__
            # A threading.local that outlives its run takes its entry out itself, and complains if it is gone.
            if len(own) != len(attributes):
                for key in own.keys() - attributes.keys():
                    if not key.startswith("_threading_local."):
                        del own[key]
            own.update(attributes)

    return restore
