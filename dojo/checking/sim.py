"""What a hidden property sees of the simulation: the kata's module, tasks, time, a history of calls."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from dojo.checking.linearizability import PENDING, Operation
from dojo.simulator.clock import NANOSECONDS, to_nanoseconds
from dojo.simulator.machine import Machine


class Task:
    """A simulated thread started by a property; an error in it is kept until somebody asks."""

    def __init__(self, sim: Sim, fn: Callable[..., Any], args: tuple[Any, ...], name: str) -> None:
        self.name = name
        self._fn, self._args = fn, args
        self._value: Any = None
        self._error: Exception | None = None
        self._seen = False
        self._thread = sim.threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._value = self._fn(*self._args)
        except AssertionError:
            raise  # the property has failed: end the run here, where the reader can see why
        except Exception as error:
            self._error = error

    @property
    def finished(self) -> bool:
        """Whether it has ended."""
        return not self._thread.is_alive()

    def join(self, timeout: float | None = None) -> bool:
        """Wait for its end, at most ``timeout`` virtual seconds; tell whether it has ended."""
        self._thread.join(timeout)
        return self.finished

    def result(self) -> Any:
        """Wait for its end; return what the function returned or raise what it raised."""
        self._thread.join()
        self._seen = True
        if self._error is not None:
            raise self._error
        return self._value

    def error(self) -> Exception | None:
        """Wait for its end; return what it raised, or None."""
        self._thread.join()
        self._seen = True
        return self._error

    def unseen_error(self) -> Exception | None:
        """An error that nobody has asked for."""
        return None if self._seen else self._error


class Sim:
    """Handed to every property, fresh for each run.

    Attributes:
        kata: the module under test.
        threading, time, queue: the simulated modules, for what ``spawn`` and ``sleep`` do not cover.
        history: the calls made through ``call``, for the linearizability checker.
    """

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._scheduler = machine.world.scheduler
        self.threading = machine.world.module("threading")
        self.time = machine.world.module("time")
        self.queue = machine.world.module("queue")
        self.history: list[Operation] = []
        self._ticks = 0
        self._tasks: list[Task] = []
        self.kata = machine.load()

    # --- threads -----------------------------------------------------------------------------------

    def spawn(self, fn: Callable[..., Any], *args: Any, name: str = "") -> Task:
        """Start ``fn(*args)`` on a new thread.

        Args:
            fn: what to run.
            args: its arguments.
            name: what the report calls the thread; by default the function's name and a number.
        """
        if not name:
            base = getattr(fn, "__name__", "task").strip("<>")
            count = sum(task.name.rpartition("-")[0] == base for task in self._tasks)
            name = f"{base}-{count + 1}"
        task = Task(self, fn, args, name)
        self._tasks.append(task)
        return task

    def join(self, *tasks: Task) -> list[Any]:
        """Wait for tasks (all there are when none is given) and return their results, first error raised."""
        return [task.result() for task in (tasks or tuple(self._tasks))]

    def settle(self) -> None:
        """Let every other thread run until it waits or ends, without letting time pass.

        Under a schedule that delays a thread for ever nothing is promised: use it to set a scene, not to
        prove that something has not happened.
        """
        for _ in range(len(self._scheduler.threads) + 1):
            self._scheduler.yield_now(self._scheduler.current)

    @property
    def live_threads(self) -> list[str]:
        """Names of all threads that have not ended, the main thread excepted."""
        scheduler = self._scheduler
        return [scheduler.name_of(t) for t in scheduler.threads[1:] if not t.finished]

    @property
    def wakeups(self) -> int:
        """How often the calling thread has been woken so far: a call that waits once adds few."""
        return self._scheduler.current.wakeups

    # --- time --------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Virtual seconds since the run began: exact to the nanosecond."""
        return self._scheduler.clock.elapsed / NANOSECONDS

    def sleep(self, seconds: float) -> None:
        """Let the calling thread sleep in virtual time.

        A scene is often set with ``sleep(2 - sim.now)``: that less than no time is left then is the fault of
        the calls before.

        Raises:
            AssertionError: ``seconds`` is negative.
        """
        assert seconds >= 0, f"the calls so far have taken {-seconds:g} s longer than they may"
        self.time.sleep(seconds)

    def step_wall_clock(self, seconds: float) -> None:
        """Move the wall clock alone, forwards or backwards."""
        self._scheduler.clock.step_wall(to_nanoseconds(abs(seconds)) * (1 if seconds >= 0 else -1))

    def step_monotonic_clock_back(self, seconds: float) -> None:
        """Set every clock back, as a broken hypervisor does."""
        self._scheduler.clock.now -= to_nanoseconds(seconds)

    # --- other modules and histories ---------------------------------------------------------------

    @property
    def context(self) -> ModuleType:
        """The reference solution of the kata ``context``, for calls that take ``ctx``."""
        return self.reference("context")

    def reference(self, kata: str) -> ModuleType:
        """The reference solution of another kata, one that this kata imports; the module is the same one."""
        return self._machine.companion(kata)

    def call(self, name: str, argument: object, fn: Callable[[], Any]) -> Any:
        """Call ``fn()`` and note call, return and result in the history.

        Args:
            name: the operation's name in the sequential model.
            argument: its argument in the model.
            fn: makes the call; what it raises is noted as the exception's class name and raised again.
        """
        self._ticks += 1
        called = self._ticks
        thread = self.threading.current_thread().name
        index = len(self.history)
        self.history.append(Operation(thread, name, argument, PENDING, called, None))

        def close(result: object) -> None:
            self._ticks += 1
            self.history[index] = Operation(thread, name, argument, result, called, self._ticks)

        try:
            result = fn()
        except Exception as error:
            close(type(error).__name__)
            raise
        close(result)
        return result

    def raise_unseen(self) -> None:
        """Raise the first task error that nobody has looked at; called when a property has returned."""
        for task in self._tasks:
            error = task.unseen_error()
            if error is not None:
                raise error
