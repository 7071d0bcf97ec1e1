"""Tests of CPython's suites that can not pass in the simulator, each with the reason; all others must."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from fnmatch import fnmatchcase

PROCESS = "starts or forks a real process, or needs the interpreter's exit"
SIGNAL = "delivers a signal to the interpreter"
TEXT = "repr of a lock shows its serial number: an address would differ from run to run"
UNCAUGHT = "an exception that nobody catches ends a simulated run instead of being printed"
C_TYPE = "checks a detail of the C types that Python code can not depend on"
SILENT = "reads the executors' log, which is silent in a simulated run: at its end they would log the simulator"
LONG = "moves 10,000 items or more through a queue: beyond the step limit of a run"


@dataclass(frozen=True, slots=True)
class Skip:
    """Tests (a glob over ``module.Class.method``) that are expected to fail, in Python 3.``since`` to 3.``until``.

    They are run all the same, to see that they still fail, unless ``hangs`` says that the process would not return.
    """

    tests: str
    reason: str
    since: int = 11
    until: int = 99
    hangs: bool = False

    @property
    def applies(self) -> bool:
        """Whether this interpreter's version is concerned."""
        return self.since <= sys.version_info.minor <= self.until


_ALL = (
    Skip("test_threading.AtexitTests.*", PROCESS),
    Skip("test_threading.CRLockTests.test_signature", C_TYPE, since=13, until=14),
    Skip("test_threading.C*RLockTests.test_*repr", TEXT),
    Skip("test_threading.LockTests.test_*repr", TEXT),
    Skip("test_threading.ExceptHookTests.test_excepthook*", UNCAUGHT),
    Skip("test_threading.ExceptHookTests.test_original_excepthook", UNCAUGHT),
    Skip("test_threading.InterruptMainTests.test_interrupt_main_*", SIGNAL),
    Skip("test_threading.MiscTestCase.test__all__", C_TYPE + ": __module__ of get_native_id"),
    Skip("test_threading.MiscTestCase.test_gh112826_missing__thread__is_main_interpreter", PROCESS, since=12, until=12),
    Skip("test_threading.SubinterpThreadingTests.*", "runs subinterpreters, whose threads are real"),
    Skip("test_threading.ThreadJoinOnShutdown.*", PROCESS),
    Skip("test_threading.ThreadTests.test_PyThreadState_SetAsyncExc*", C_TYPE),
    Skip("test_threading.ThreadTests.test_*_in_finalization", PROCESS, since=14),
    Skip("test_threading.ThreadTests.test_*_during_finalization", PROCESS, since=14),
    Skip("test_threading.ThreadTests.test_*after_fork*", PROCESS),
    Skip("test_threading.ThreadTests.test_disallow_instantiation", C_TYPE, until=12),
    Skip("test_threading.ThreadTests.test_finali*", PROCESS),
    Skip("test_threading.ThreadTests.test_foreign_thread", C_TYPE + ": when C drops thread-local storage", since=13),
    Skip("test_threading.ThreadTests.test_fork_at_exit", PROCESS, until=11),
    Skip("test_threading.ThreadTests.test_get*_all_threads", "would set the trace hook of the real process", since=12),
    Skip("test_threading.ThreadTests.test_import_from_another_thread", PROCESS),
    Skip("test_threading.ThreadTests.test_join_nondaemon_on_shutdown", PROCESS),
    Skip("test_threading.ThreadTests.test_lazy_import", PROCESS, since=14),
    Skip("test_threading.ThreadTests.test_locals_at_exit", PROCESS),
    Skip("test_threading.ThreadTests.test_main_thread_during_shutdown", PROCESS),
    Skip("test_threading.ThreadTests.test_start_new_thread_*", PROCESS, since=12),
    Skip("test_threading.ThreadingExceptionTests.test_*_shutdown", PROCESS, since=14),
    Skip("test_threading.ThreadingExceptionTests.test_print_exception*", PROCESS),
    Skip("test_threading.ThreadingExceptionTests.test_recursion_limit", PROCESS),
    Skip("test_thread.LockTests.test_*repr", TEXT),
    Skip("test_thread.TestForkInThread.*", PROCESS, hangs=True),
    Skip("test_thread.ThreadRunningTests.test_nt_and_posix_stack_size", "a greenlet has no stack size of its own"),
    Skip("test_thread.ThreadRunningTests.test_unraisable_exception", UNCAUGHT),
    Skip("test_queue.PySimpleQueueTest.test_many_threads*", LONG),
    Skip("test_queue.Py*QueueTest.test_shutdown*_all_methods_in_many_threads", LONG, since=13),
    Skip("test_thread_pool.ThreadPoolExecutorTest.test_hang_global_shutdown_lock", PROCESS, since=13),
    # It passes if the process has real threads beside it, as a worker of pytest-xdist has.
    Skip("test_thread_pool.ThreadPoolExecutorTest.test_process_fork_from_a_threadpool", PROCESS, since=14, hangs=True),
    Skip("test_future.FutureTests.test_done_callback_raises*", SILENT, since=13),
    Skip("test_init.ThreadPoolFailingInitializerTest.test_initializer", SILENT, since=13),
    Skip("test_shutdown.ThreadPoolShutdownTest.test_cancel_futures_wait_false", PROCESS, since=13),
    Skip("test_shutdown.ThreadPoolShutdownTest.test_hang_gh83386", PROCESS, since=13),
    Skip("test_shutdown.ThreadPoolShutdownTest.test_*interpreter_shutdown", PROCESS, since=13),
    Skip(
        "test_shutdown.ThreadPoolShutdownTest.test_cancel_futures",
        "assumes that a worker has begun when shutdown() follows submit(); some schedules start none before",
        since=13,
    ),
)
SKIPS = tuple(skip for skip in _ALL if skip.applies)


def skip_of(suite: str, test: str) -> Skip | None:
    """The entry that covers a test, if any."""
    full = f"{suite.rpartition('.')[2]}.{test}"
    return next((skip for skip in SKIPS if fnmatchcase(full, skip.tests)), None)
