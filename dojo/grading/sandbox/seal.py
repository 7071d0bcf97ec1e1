"""Closes the process around a submission: what no kata needs ends it, and nothing but the judge's child speaks.

An audit hook hears of every event that leads out of the simulation, whatever names it was reached by, and cannot be
removed. It is also the only one who knows the key that signs messages: no variable, frame or closure
that Python code can reach holds it, and it signs only for the functions of the child. Raw system calls on open
files are no events; the limits of the process stand behind this (``limits``, ``isolation``).
"""

from __future__ import annotations

import json
import os
import re
import sys
import tokenize
import typing
from collections.abc import Callable, Mapping
from types import CodeType, FrameType, FunctionType
from typing import Any

import greenlet

from dojo.grading.catalogue import ROOT
from dojo.grading.sandbox.tampering import Space, functions_in, make_comparison, privately
from dojo.simulator import fake_thread, trace
from dojo.simulator.facades import HIDDEN

_SAY, _BROKEN = "dojo.say", "dojo.broken"
_PROGRESS = re.compile(r'\{"kind": "(progress|exploring)"(, "\w+": \d+)*\}')  # may be said from anywhere
# In texts that the standard library compiles for a submission, such as those of dataclasses and annotations.
_HIDDEN_WORD = re.compile(rf"\b(__(?:lazy_)?import__|{'|'.join(sorted(name for name in HIDDEN if '_' in name))})\b")
_TOKENIZE = tokenize.__file__
# Where annotations are evaluated: in one or the other, by the version of Python.
_EVALUATORS = frozenset({typing.__file__, os.path.join(os.path.dirname(typing.__file__), "annotationlib.py")})

_HARMLESS = frozenset({"array.__new__", "builtins.id", "sys.excepthook", "sys.unraisablehook"})
_FRAMES = frozenset({"ag_frame", "cr_frame", "gi_frame", "tb_frame"})
_FUNCTION_PARTS = frozenset({"__code__", "__defaults__", "__kwdefaults__"})
# The standard library may do these for a submission, which may not do them itself.
_INTERNAL = frozenset(
    {
        "code.__new__",
        "compile",
        "exec",
        "function.__new__",
        "import",
        "marshal.loads",
        "object.__getattr__",
        "sys._getframe",
        "sys._getframemodulename",
    }
)
_READS = frozenset({"open", "os.listdir", "os.scandir"})  # by an import, such as that of a codec
_OURS = frozenset({"dojo", "katas", "solutions", "tests"})

_WHAT = (  # it tried to ...: the first that the event begins with
    (
        ("os.fork", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "subprocess", "pty"),
        "start a process",
    ),
    (("_thread",), "start a thread outside of the simulation"),
    (("os.kill", "os.killpg", "signal"), "send a signal"),
    (("open", "os.", "shutil", "tempfile", "glob", "pathlib", "mmap", "fcntl"), "reach the file system"),
    (("socket", "urllib", "http", "ftplib", "smtplib", "ssl"), "reach the network"),
    (("ctypes",), "reach memory through ctypes"),
    (("gc.", "sys._", "sys.set", "sys.add", "sys.monitoring", "object.", "dojo."), "look into the grader"),
    (("import",), "import what no kata may"),
    (("compile", "exec", "code.", "function.", "marshal"), "run code that it made at run time"),
    (("resource",), "change its limits"),
    (("time.sleep",), "wait in real time"),
)


def seal(
    descriptor: int,
    key: str,
    filename: str,
    noted: list[Space],
    speakers: Mapping[CodeType, dict[str, Any]],
    on_function: Callable[[], None],
) -> Callable[..., None]:
    """Close the process; to be called by the function that serves the request.

    Args:
        descriptor: the pipe to the parent.
        key: signs the messages.
        filename: of the submission's code.
        noted: what may not be replaced any more.
        speakers: the code of the functions that may speak, with their global names.
        on_function: called when the code or the defaults of any function are about to be replaced.

    Returns:
        The way to send messages from now on.
    """
    trusted = (os.path.dirname(os.__file__), sys.prefix, str(ROOT / "dojo"), "<frozen ")
    hook = privately(_make_hook)(
        descriptor,
        f'{{"key": "{key}", ',
        filename,
        trusted,
        privately(make_comparison)(noted),
        functions_in(noted),
        {**speakers, _say.__code__: _say.__globals__},
        on_function,
        frozenset(module.__file__ for module in (fake_thread, trace)),
        sys._getframe(1),
        greenlet.getcurrent(),
        sys._getframe,
        greenlet.getcurrent,
        os.write,
        os._exit,
    )
    sys.addaudithook(hook)
    return _say


def _say(kind: str, **data: Any) -> None:
    sys.audit(_SAY, json.dumps({"kind": kind, **data}))


def look_for_changes() -> None:
    """End the process, and say so, if the submission has replaced what it shares with the grader."""
    sys.audit(_BROKEN)


def _make_hook(
    descriptor: int,
    head: str,
    filename: str,
    trusted: tuple[str, ...],
    changed: Callable[[], str],
    protected: frozenset[FunctionType],
    speakers: dict[CodeType, dict[str, Any]],
    on_function: Callable[[], None],
    recorders: frozenset[str],
    main: FrameType,
    hub: greenlet.greenlet,
    frame_of: Callable[[int], FrameType],
    current: Callable[[], greenlet.greenlet],
    write: Callable[[int, bytes], int],
    leave: Callable[[int], None],
) -> Callable[[str, tuple[Any, ...]], None]:
    looking = False  # at a frame, which is an event itself

    def hook(event: str, args: tuple[Any, ...]) -> None:
        nonlocal looking
        if event in _HARMLESS or looking:
            return
        if event == "object.__getattr__":
            if args[1] not in _FRAMES:
                return
        elif event in ("object.__setattr__", "object.__delattr__"):
            if args[1] not in _FUNCTION_PARTS:
                return
            on_function()
            if args[0] not in protected:
                return
        looking = True
        caller = frame_of(1)
        is_the_recorder = event == "sys._getframe" and caller.f_code.co_filename in recorders
        looking = False
        if is_the_recorder:  # it asks many times in a run
            return
        if event == _SAY:
            say(args[0], caller)
        elif event == _BROKEN:
            compare(caller)
        elif not is_fine(event, args, caller):
            name = event if event.replace(".", "").replace("_", "").isalnum() else "an event of its own"
            refuse(f"the code tried to {purpose(event)} ({name}), which no kata may", caller)

    def is_fine(event: str, args: tuple[Any, ...], caller: FrameType) -> bool:
        if event == "import":
            caller = importer(caller)
        file = caller.f_code.co_filename
        is_trusted = file.startswith(trusted) and file != filename
        if is_trusted and event in _INTERNAL:
            if event == "import":
                return args[0].partition(".")[0] not in _OURS or not is_learners(caller)
            if event == "compile" and isinstance(args[0], (str, bytes)) and is_learners(caller):
                text = args[0] if isinstance(args[0], str) else args[0].decode("utf-8", "replace")
                return _HIDDEN_WORD.search(text) is None and not (file in _EVALUATORS and "(" in text)
            return True
        if not is_learners(caller):
            return True
        if event in _READS:
            if file.startswith("<frozen importlib"):
                return event != "open" or args[1] in (None, "r", "rb")
            if event == "open" and file == _TOKENIZE:
                raise PermissionError("a kata reads no files")  # a traceback does without the line, then
        return False

    def importer(frame: FrameType) -> FrameType:
        """Who imports: from 3.15 on the import system itself tells of it."""
        while frame.f_code.co_filename.startswith("<frozen importlib") and frame.f_back is not None:
            frame = frame.f_back
        return frame

    def is_learners(frame: FrameType | None) -> bool:
        """Whether an event belongs to a simulated thread, or to code of the submission that was called back."""
        return current() is not hub or line_in(frame) > 0

    def line_in(frame: FrameType | None) -> int:
        """The innermost line of the submission on a stack; 0 if there is none."""
        while frame is not None:
            if frame.f_code.co_filename == filename:
                return frame.f_lineno or 1
            frame = frame.f_back
        return 0

    def purpose(event: str) -> str:
        return next((what for starts, what in _WHAT if event.startswith(starts)), "leave the simulation")

    def say(text: str, caller: FrameType) -> None:
        if not may_speak(caller) and not _PROGRESS.fullmatch(text):
            refuse("the code tried to speak for the grader", caller)
        if not text.startswith('{"kind": "progress"'):
            compare(caller)
        put(head + text[1:] + "\n")

    def compare(caller: FrameType) -> None:
        if what := changed():
            refuse(f"the code has replaced {what}, which it shares with the grader", caller)

    def may_speak(frame: FrameType | None) -> bool:
        if current() is not hub:
            return False
        while frame is not main:
            if frame is None or speakers.get(frame.f_code) is not frame.f_globals:
                return False
            frame = frame.f_back
        return True

    def refuse(message: str, caller: FrameType) -> None:
        put(f'{head}"kind": "problem", "message": "{message}", "line": {line_in(caller)}}}\n')
        leave(1)

    def put(text: str) -> None:
        data = text.encode()
        try:
            while data:
                data = data[write(descriptor, data) :]
        except OSError:  # the parent is gone, or the submission has closed the pipe
            leave(1)

    return hook
