"""The simulated ``_thread`` module: everything ``threading`` of CPython 3.11 to 3.15 takes from the real one."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType, ModuleType, SimpleNamespace
from typing import Any

from dojo.simulator.locks import TIMEOUT_MAX, Lock, RLock, Visibility
from dojo.simulator.scheduler import Scheduler
from dojo.simulator.threads import MAIN_IDENT, Killed

# Stdlib code whose locks are its own business: preempting there multiplies schedules and finds nothing new.
_INTERNAL = {"<module>", "Thread.__init__"}
_INTERNAL_MODULES = {"concurrent.futures.thread", "_threading_local"}
_QUIET = {"Condition.wait", "Thread._set_tstate_lock"}
_SMALLEST_STACK = 32 * 1024  # bytes, below which CPython takes none


class Handle:
    """What ``Thread`` holds of its running thread from 3.13 on."""

    def __init__(self, scheduler: Scheduler, ident: int | None = None) -> None:
        self._scheduler = scheduler
        self.ident = ident
        self._done = Lock(scheduler, Visibility.QUIET, 0)
        self._is_done = False
        self.thread: Any = None

    def is_done(self) -> bool:
        """Whether the thread has ended."""
        return self._is_done

    def _set_done(self) -> None:
        if self.ident is None:
            raise RuntimeError("thread not started")
        self._is_done = True
        if self._done.locked():
            self._done.release()

    def begin(self, ident: int) -> None:
        """The thread has been started."""
        self.ident = ident
        self._done.acquire()
        # Who holds it is who must end before a join() returns: a report says so.
        self._done.holder = self.thread

    def join(self, timeout: float | None = None) -> None:
        """Wait until the thread has ended, at most ``timeout`` seconds (None or negative: for ever)."""
        if self.ident is None:
            raise RuntimeError("thread not started")
        if self._scheduler.current is self.thread:
            raise RuntimeError("Cannot join current thread")
        if self._done.acquire(timeout=-1 if timeout is None or timeout < 0 else timeout):
            self._done.release()


class FakeThreadModule:
    """Builds the module and keeps what must be reset between runs.

    Args:
        scheduler: runs the threads.
        private: names of the stdlib modules that run inside the simulation.
    """

    def __init__(self, scheduler: Scheduler, private: frozenset[str]) -> None:
        self._scheduler = scheduler
        self._private = private
        self._serial = 0
        self.module = self._build()

    def reset(self) -> None:
        """Number locks from the start again, as every run must."""
        self._serial = 0

    def visibility(self, frame: FrameType | None) -> Visibility:
        """How visible a lock is that the code of ``frame`` allocates."""
        direct = True
        while frame is not None:
            module = frame.f_globals.get("__name__")
            if module not in self._private:
                return Visibility.OPEN
            function = frame.f_code.co_qualname
            if function in _INTERNAL or (module in _INTERNAL_MODULES and direct):
                return Visibility.INTERNAL
            if function in _QUIET or str(module).startswith("concurrent.futures"):
                return Visibility.QUIET
            direct = False
            frame = frame.f_back
        return Visibility.OPEN

    def lock_class(self, base: type[Lock] | type[RLock]) -> type:
        """``base`` as the class that learners call: no arguments, as visible as the code that calls it."""

        def __init__(lock: Lock | RLock) -> None:
            self._serial += 1
            base.__init__(lock, self._scheduler, self.visibility(sys._getframe(1)), self._serial)

        names = {"__init__": __init__, "__slots__": (), "__module__": "_thread"}
        if base is Lock:
            names["__init_subclass__"] = _refuse_subclass
        return type(base.__name__, (base,), names)

    def start_new_thread(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: Any = None
    ) -> int:
        """Start a thread; a ``threading.Thread`` has booted when this returns."""
        owner = getattr(function, "__self__", None)
        if getattr(function, "__name__", "") != "_bootstrap":
            owner = None
        return self._scheduler.start(lambda: function(*args, **(kwargs or {})), owner).ident

    def start_joinable_thread(
        self, function: Callable[[], Any], handle: Handle | None = None, daemon: bool = True
    ) -> Handle:
        """Start a thread that ``handle`` can join (3.13 on)."""
        scheduler = self._scheduler
        shared = handle if handle is not None else Handle(scheduler)
        if shared.ident is not None:
            raise RuntimeError("thread already started")

        def body() -> None:
            shared.thread = scheduler.current
            shared.begin(scheduler.current.ident)
            scheduler.current.joiners.append(shared._set_done)
            function()

        if getattr(function, "__name__", "") == "_bootstrap":
            scheduler.start(body, getattr(function, "__self__", None))
            return shared
        # Without a Thread there is no boot to wait for, but the handle must be joinable at once.
        started: Any = scheduler.start(function)
        shared.thread = started
        shared.begin(started.ident)
        started.joiners.append(shared._set_done)
        return shared

    def _set_sentinel(self) -> Lock:
        """A lock that the end of the calling thread releases (up to 3.12)."""
        self._serial += 1
        lock = Lock(self._scheduler, Visibility.QUIET, self._serial)

        def release() -> None:
            if lock.locked():
                lock.release()

        self._scheduler.current.joiners.append(release)
        return lock

    def _excepthook(self, args: Any) -> None:
        error = args.exc_value
        if error is None and args.exc_type is not None:
            error = args.exc_type()
        # SystemExit ends its thread silently, as the real hook has it.
        if not isinstance(error, (Killed, SystemExit)):
            self._scheduler.uncaught(error)

    def get_ident(self) -> int:
        """The serial number of the running thread."""
        return self._scheduler.current.ident

    def _exit(self) -> None:
        raise SystemExit

    def _interrupt_main(self, *args: object) -> None:
        raise RuntimeError("interrupt_main() is not simulated")

    def _build(self) -> ModuleType:
        scheduler = self._scheduler
        module = ModuleType("_thread", "Simulated threads.")
        lock = self.lock_class(Lock)
        names: dict[str, Any] = {
            "LockType": lock,
            "lock": lock,
            "RLock": self.lock_class(RLock),
            "_local": object,  # the world puts the pure Python version in its place
            "TIMEOUT_MAX": TIMEOUT_MAX,
            "error": RuntimeError,
            "allocate_lock": lock,
            "allocate": lock,
            "start_new_thread": self.start_new_thread,
            "start_new": self.start_new_thread,
            "get_ident": self.get_ident,
            "get_native_id": self.get_ident,
            "exit": self._exit,
            "exit_thread": self._exit,
            "interrupt_main": self._interrupt_main,
            "stack_size": _stack_size,
            "_count": lambda: sum(not t.finished for t in scheduler.threads) - 1,
            "_excepthook": self._excepthook,
            "_ExceptHookArgs": _except_hook_args,
            "_set_sentinel": self._set_sentinel,
            "start_joinable_thread": self.start_joinable_thread,
            "daemon_threads_allowed": lambda: True,
            "_make_thread_handle": lambda ident: Handle(scheduler, ident),
            "_ThreadHandle": lambda: Handle(scheduler),
            "_get_main_thread_ident": lambda: MAIN_IDENT,
            "_is_main_interpreter": lambda: True,
            "_shutdown": lambda: None,
        }
        module.__dict__.update(names)
        return module


def _refuse_subclass(cls: type, **_: object) -> None:
    raise TypeError("type '_thread.lock' is not an acceptable base type")


def _except_hook_args(values: tuple[Any, ...]) -> SimpleNamespace:
    exc_type, exc_value, exc_traceback, thread = values
    return SimpleNamespace(exc_type=exc_type, exc_value=exc_value, exc_traceback=exc_traceback, thread=thread)


def _stack_size(size: int = 0) -> int:
    """No simulated thread has a stack of its own: what the real function would accept is accepted and forgotten."""
    if size and size < _SMALLEST_STACK:
        raise ValueError(f"size not valid: {size} bytes")
    return 0
