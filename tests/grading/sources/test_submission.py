"""A file that cannot be run is refused with the fault, the line and the remedy; everything else is let through."""

from __future__ import annotations

import hashlib
import os
import sys
import textwrap
import warnings
from collections.abc import Sequence
from pathlib import Path

import pytest

from dojo.grading.catalogue import ROOT, Kata, load
from dojo.grading.paths import display_name
from dojo.grading.result import Problem
from dojo.grading.sources.stubs import make_stub
from dojo.grading.sources.submission import ALLOWED, MAX_BYTES, MAX_DEPTH, Submission, read_submission

STUB = '''\
"""A kata."""

LIMIT = 3


class Box:
    """A box."""

    def __init__(self):
        """Make one."""
        # TODO: your code here
        raise NotImplementedError

    @property
    def size(self):
        """Its size."""
        # TODO: your code here
        raise NotImplementedError

    def put(self, thing):
        """Put a thing in."""
        # TODO: your code here
        raise NotImplementedError

    def take_out(self):
        """Take a thing out."""
        # TODO: your code here
        raise NotImplementedError


def make():
    """Make a box."""
    # TODO: your code here
    raise NotImplementedError


def main() -> None:
    """Show it."""
    print(make())
'''
WORK = '''\
"""My attempt."""
class Box:
    def size(self): return 1
    def put(self, thing): pass
    def take_out(self): pass
def make(): pass
'''
END = WORK.count("\n") + 1  # the line of whatever is added to WORK


def read(
    tmp_path: Path, text: str | bytes, stub: str = STUB, imports: Sequence[str] = ("retry",)
) -> Submission | Problem:
    """Read a text from a file as a submission that may import the kata ``retry``, or others."""
    path = tmp_path / "attempt.py"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_submission(path, stub, imports)


def refused(tmp_path: Path, text: str | bytes) -> Problem:
    """The problem of a text that must have one."""
    problem = read(tmp_path, text)
    assert isinstance(problem, Problem)
    assert problem.file == str(tmp_path / "attempt.py")
    return problem


def accepted(tmp_path: Path, text: str | bytes) -> Submission:
    """The submission of a text that must be let through."""
    submission = read(tmp_path, text)
    assert isinstance(submission, Submission), submission
    return submission


THREADS = "use the standard library modules for threads, time and data"
WITHOUT = "write it without"
IMPORT = "'{}' is not among the modules a kata may import"
NAME = "`{}` is not available in a kata"
PARAMETER = "parameter" if sys.version_info >= (3, 15) else "argument"  # as the compiler calls it

REFUSED = {  # what is added to a good file: (message, line after the good file, remedy)
    "import os": (IMPORT.format("os"), 0, "katas need neither files nor processes"),
    "\nimport threading, os.path as p, sys": (
        IMPORT.format("os"),
        1,
        "katas need neither files nor processes",
    ),
    "import asyncio as threading": (IMPORT.format("asyncio"), 0, "these katas are about threads"),
    "from subprocess import run": (IMPORT.format("subprocess"), 0, "katas need neither files"),
    "from datetime import datetime as time": (IMPORT.format("datetime"), 0, "use time.monotonic()"),
    "import _thread": (IMPORT.format("_thread"), 0, "use threading"),
    "import signal": (IMPORT.format("signal"), 0, "stop threads with an Event"),
    "import multiprocessing.pool": (IMPORT.format("multiprocessing"), 0, "use threading"),
    "import gc": (IMPORT.format("gc"), 0, "the grader looks after memory"),
    "import dojo.simulator": (IMPORT.format("dojo"), 0, "solve the kata with the standard library alone"),
    "import numpy": (IMPORT.format("numpy"), 0, THREADS),
    "from importlib import *": (IMPORT.format("importlib"), 0, THREADS),
    "def f():\n    class A:\n        import os": (IMPORT.format("os"), 2, "katas need"),
    "try:\n    import ujson\nexcept ImportError: pass": (IMPORT.format("ujson"), 1, THREADS),
    "f = lambda: [\n    __import__('os')]": (NAME.format("__import__"), 1, WITHOUT),
    "f = lambda: __lazy_import__('os')": (NAME.format("__lazy_import__"), 0, WITHOUT),
    "from . import context": ("a relative import", 0, "keep it under `if TYPE_CHECKING:`"),
    "def f():\n    from ..context import Context": ("a relative import", 1, "keep it under"),
    "from .retry import threading, os": (NAME.format(".os"), 0, WITHOUT),
    "if not TYPE_CHECKING:\n    import os": (IMPORT.format("os"), 1, "katas need"),
    "if TYPE_CHECKING:\n    pass\nelse:\n    from .context import C": ("a relative import", 3, "keep it"),
    "if TYPE_CHECKING or True:\n    from .context import C": ("a relative import", 1, "keep it"),
    "if TYPE_CHECKING:\n    eval('1')": (NAME.format("eval"), 1, WITHOUT),
    "if TYPE_CHECKING:\n    f.__globals__": (NAME.format(".__globals__"), 1, WITHOUT),
    "print(\n    make.__code__)": (NAME.format(".__code__"), 1, WITHOUT),
    "object.__subclasses__()": (NAME.format(".__subclasses__"), 0, WITHOUT),
    "import sys\nsys.modules['os']": (NAME.format(".modules"), 1, WITHOUT),
    "from sys import modules as m": (NAME.format(".modules"), 0, WITHOUT),
    "import random\nrandom.os.write(3, b'')": (NAME.format(".os"), 1, WITHOUT),
    "from random import os": (NAME.format(".os"), 0, WITHOUT),
    "import enum\nenum.bltns.eval('1')": (NAME.format(".bltns"), 1, WITHOUT),
    "import random\ngetattr(random, '_os')": (NAME.format("._os"), 1, WITHOUT),
    "import operator as o\no.attrgetter('x', 'a.__globals__')": (NAME.format(".__globals__"), 1, WITHOUT),
    "from sys import _getframe": (NAME.format("._getframe"), 0, WITHOUT),
    "__builtins__['eval']": (NAME.format("__builtins__"), 0, WITHOUT),
    "def f(x=eval):\n    return x": (NAME.format("eval"), 0, WITHOUT),
    "class A:\n    run = exec": (NAME.format("exec"), 1, WITHOUT),
    "open('x')": (NAME.format("open"), 0, WITHOUT),
    "def f():\n    [eval for eval in ()]\n    return eval": (NAME.format("eval"), 2, WITHOUT),
    "import os\nimport asyncio": (IMPORT.format("os"), 0, "katas need"),
    "def f():\n    open('x')\nimport os": (NAME.format("open"), 1, WITHOUT),
    "x = (": ("syntax error: '(' was never closed", 0, "mend the line and grade again"),
    "def f():\nreturn 1": ("syntax error: expected an indented block", 1, "mend the line"),
    "if 1:\n\tx = 1\n        y = 2": ("syntax error: inconsistent use of tabs", 2, "mend the line"),
    "return 1": ("syntax error: 'return' outside function", 0, "mend the line"),
    "\n\nbreak": ("syntax error: 'break' outside loop", 2, "mend the line"),
    "def f(a, a): pass": (f"syntax error: duplicate {PARAMETER} 'a'", 0, "mend the line"),
    "x = await 1": ("syntax error: 'await' outside function", 0, "mend the line"),
    "x = 1\x0b": ("syntax error: invalid non-printable character", 0, "mend the line"),
    "\n\0": ("{file} contains a NUL byte", 1, "remove it"),
    "\r\r\n\0": ("{file} contains a NUL byte", 2, "remove it"),
    "x = " + "1 + " * MAX_DEPTH + "1": (
        f"code nested in more than {MAX_DEPTH} levels",
        0,
        "write it in several steps",
    ),
    "\nx = a" + ".b()" * 400: (
        f"code nested in more than {MAX_DEPTH} levels",
        1,
        "write it in several steps",
    ),
}


@pytest.mark.parametrize("added", REFUSED, ids=lambda added: repr(added[:40]))
def test_what_cannot_be_run_is_refused(added: str, tmp_path: Path) -> None:
    """Each kind of fault is named with its line and a remedy; the first line decides."""
    message, line, remedy = REFUSED[added]
    accepted(tmp_path, WORK)
    problem = refused(tmp_path, WORK + added)
    assert problem.message.startswith(message.format(file=problem.file))
    assert problem.line == END + line
    assert problem.remedy.startswith(remedy)


@pytest.mark.parametrize(
    "nested",
    ["[" * 5000 + "]" * 5000, "(" * 150 + ")" * 150, "-" * 100_000 + "1", "a" + "[a" * 3000 + "]" * 3000],
    ids=["brackets", "parentheses", "signs", "subscripts"],
)
def test_nesting_that_overflows_the_parser_is_refused(nested: str, tmp_path: Path) -> None:
    """However the parser gives up, the file is refused (or fine, as 150 pairs of parentheses are)."""
    result = read(tmp_path, WORK + f"x = {nested}\n")
    if nested.startswith("(" * 150):
        assert isinstance(result, Submission)
    else:
        assert isinstance(result, Problem)
        assert "nested" in result.message
        assert result.remedy


ACCEPTED = {
    "allowed modules": "\n".join(f"import {name}" for name in sorted(ALLOWED - {"__future__"})),
    "submodules": "import concurrent.futures, collections.abc as c\nfrom concurrent.futures import Future",
    "late imports": "def f():\n    import queue\n    from time import sleep as s",
    "type checking": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import os\n    from .x import Y",
    "a kata that it may import": "from .retry import Retryer\nfrom ..distributed.retry import RetryConfig as C",
    "typing.TYPE_CHECKING": "import typing\nif typing.TYPE_CHECKING:\n    from ..x import Y",
    "a method of a builtin's name": "class D:\n    def open(self): return self.open()\n    input = 3",
    "a parameter of a builtin's name": "def f(input, *, compile=None): return [lambda: (input, compile)]",
    "a variable of a builtin's name": "def f():\n    open = 1\n    return [x + open for x in ()]",
    "a comprehension of such a name": "x = [input for input in (1, 2)] if 1 else {open: 1 for open in ()}",
    "attributes got by name": "def f(x, name): return getattr(x, name, 'a'), getattr(x, 'size', None)",
    "a keyword argument": "def f(**k): return f(eval=1, exec=2)",
    "text that mentions it": "x = 'import os; eval(1)'  # __import__",
    "form feeds": "\x0c\ndef f():\n    \x0c\n    return 1\x0c\n\x0c",
    "separators that end no line": "x = '\x0c \x1c \u2028 \x85'",
    "long line": "x = [" + "1, " * 100_000 + "]",
    "deep, but not too deep": "x = " + "1 + " * (MAX_DEPTH - 10) + "1",
    "warnings": "x = '\\d' is 1",
    "no line end": "x = 1",
    "coding line": "# coding: latin-1\nx = 'ä'",
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_what_can_be_run_is_let_through(case: str, tmp_path: Path) -> None:
    """Nothing is refused, or warned of, only because it looks unusual or shares a name with a builtin."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        submission = accepted(tmp_path, WORK + ACCEPTED[case])
    assert submission.source == WORK + ACCEPTED[case]
    assert not submission.untouched


# --- what must be there ---


def body(**changes: str) -> str:
    """A good file with a part of it replaced."""
    parts = {
        "before": "",
        "head": "class Box:",
        "size": "    def size(self): return 1",
        "put": "    def put(self, thing): pass",
        "take_out": "    def take_out(self): pass",
        "make": "def make(): pass",
    } | {key: textwrap.dedent(value) for key, value in changes.items()}
    for key in ("size", "put", "take_out"):
        parts[key] = textwrap.indent(textwrap.dedent(parts[key]), "    ")
    return "\n".join(part for part in parts.values() if part) + "\n"


PRESENT = {
    "as it is": body(),
    "without main and constants": body(),
    "property as attribute of the class": body(size="size = 1"),
    "annotated attribute": body(size="size: int = 1"),
    "attribute of the instance": body(size="def __init__(self):\n    self.size: int = 1"),
    "attribute set elsewhere": body(size="def other(self):\n    self.x, self.size = 1, 2"),
    "method as an alias": body(take_out="_take = lambda self: 1\ntake_out = give = _take"),
    "unpacked aliases": body(put="put, other = 1, 2"),
    "decorated": body(before="import functools", put="@functools.cache\ndef put(self): pass"),
    "async": body(put="async def put(self): pass"),
    "under if and else": body(put="if 1:\n    pass\nelif 2:\n    pass\nelse:\n    def put(self): pass"),
    "under try": body(put="try:\n    1 / 0\nexcept Exception:\n    def put(self): pass"),
    "under finally": body(make="try:\n    pass\nfinally:\n    make = 1"),
    "under with": body(make="with x:\n    def make(): pass"),
    "under for": body(make="for x in y:\n    make = 1"),
    "under while and match": body(
        make="while x:\n    match x:\n        case 1:\n            def make(): pass"
    ),
    "class under if": body(
        before="if 1:\n    class Box:\n        put = take_out = size = 1", head="class Other:"
    ),
    "half in each branch": (
        "if 1:\n    class Box:\n        put = size = 1\nelse:\n    class Box:\n        take_out = 1\nmake = 1"
    ),
    "inherited": body(before="class _B:\n    def put(self): pass", head="class Box(_B):", put=""),
    "metaclass": body(head="class Box(metaclass=M):", put=""),
    "class as an alias": body(head="class _Box:", put="") + "Box = _Box",
    "annotated alias": body(head="class _Box:", put="") + "Box: type = _Box",
    "class made by a function": body(head="class _Box:", put="") + "def Box(): return _Box()",
    "class imported": body(head="class _B:") + "from queue import Queue as Box",
    "walrus": body(make="(make := 1)"),
    "special methods missing": body(),
}
MISSING = {
    "empty": ("", "class `Box`", "see the stub"),
    "only a comment": ("# nothing\n", "class `Box`", "see the stub"),
    "class renamed": (body(head="class Boxx:"), "class `Box`", "`Boxx` looks like it"),
    "class in lower case": (body(head="class box:"), "class `Box`", "`box` looks like it"),
    "function renamed": (body(make="def makes(): pass"), "function `make`", "`makes` looks like it"),
    "method renamed": (
        body(take_out="def takeout(self): pass"),
        "method `Box.take_out`",
        "`takeout` looks like it",
    ),
    "method missing": (body(put=""), "method `Box.put`", "see the stub"),
    "property missing": (body(size=""), "method `Box.size`", "see the stub"),
    "method outside": (
        body(take_out="") + "def take_out(self): pass",
        "method `Box.take_out`",
        "see the stub",
    ),
    "local": (body(make="def f():\n    def make(): pass"), "function `make`", "see the stub"),
    "for type checkers": (
        body(make="if TYPE_CHECKING:\n    from x import make"),
        "function `make`",
        "see the stub",
    ),
    "only used": (body(make="print(make)"), "function `make`", "see the stub"),
    "in another class": (
        body(put="", make="class Other:\n    def put(self): pass\n    def make(self): pass"),
        "method `Box.put`",
        "see the stub",
    ),
}


@pytest.mark.parametrize("case", PRESENT)
def test_a_name_may_be_bound_in_any_way(case: str, tmp_path: Path) -> None:
    """Inheritance, aliases, conditions and attributes are as good as ``def``."""
    accepted(tmp_path, PRESENT[case])


@pytest.mark.parametrize("case", MISSING)
def test_a_missing_name_is_named(case: str, tmp_path: Path) -> None:
    """What the stub has and the file has not is named, with the name that looks like it."""
    text, what, remedy = MISSING[case]
    problem = refused(tmp_path, text)
    assert problem.message == f"there is no {what}"
    assert problem.remedy.startswith(remedy)


# --- the file itself ---


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + WORK.encode(),
        WORK.replace("\n", "\r\n").encode(),
        WORK.replace("\n", "\r").encode(),
        b"\xef\xbb\xbf" + WORK.replace("\n", "\r\n").encode(),
    ],
    ids=["byte order mark", "CRLF", "CR", "both"],
)
def test_the_way_of_saving_makes_no_difference(data: bytes, tmp_path: Path) -> None:
    """A byte order mark and the kind of line ends are taken away: text and digest are the same."""
    submission = accepted(tmp_path, data)
    assert submission.source == WORK
    assert submission.digest == hashlib.sha256(WORK.encode()).hexdigest()
    assert submission.digest != accepted(tmp_path, WORK + "#").digest


BAD_FILES = {
    "missing": ("does not exist", "git checkout"),
    "behind a file": ("does not exist", "git checkout"),
    "dangling link": ("does not exist", "git checkout"),
    "folder": ("is not a file", "name a Python file"),
    "pipe": ("is not a file", "name a Python file"),
    "loop of links": ("cannot be read: ", "look at its permissions and links"),
    "name too long": ("cannot be read: ", "look at its permissions and links"),
    "unreadable": ("cannot be read: Permission denied", "look at its permissions"),
    "too large": (f"is larger than {MAX_BYTES // 1024} KiB", "a kata fits in a few hundred lines"),
    "not UTF-8": ("is not UTF-8 text (byte 2)", "save it as UTF-8"),
    "UTF-16": ("is not UTF-8 text (byte 0)", "save it as UTF-8"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_bad_file_is_refused(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is wrong with the file itself is told, with its path, and raises nothing."""
    message, remedy = BAD_FILES[case]
    path = tmp_path / "attempt.py"
    if case == "behind a file":
        (tmp_path / "file").touch()
        path = tmp_path / "file" / "attempt.py"
    elif case == "dangling link":
        path.symlink_to(tmp_path / "nowhere")
    elif case == "folder":
        path.mkdir()
    elif case == "pipe":
        os.mkfifo(path)
    elif case == "loop of links":
        path.symlink_to(tmp_path / "other.py")
        (tmp_path / "other.py").symlink_to(path)
    elif case == "name too long":
        path = tmp_path / ("x" * 300 + ".py")
    elif case == "unreadable":
        path.write_text(WORK)
        path.chmod(0)
        if os.access(path, os.R_OK):  # nothing is unreadable for root

            def read_bytes(self: Path) -> bytes:
                raise PermissionError(13, "Permission denied")

            monkeypatch.setattr(Path, "read_bytes", read_bytes)
    elif case == "too large":
        path.write_bytes(WORK.encode() + b"#" * MAX_BYTES)
    elif case == "not UTF-8":
        path.write_bytes(b"# \xff")
    elif case == "UTF-16":
        path.write_bytes(WORK.encode("utf-16"))
    problem = read_submission(path, STUB)
    assert isinstance(problem, Problem)
    assert problem.message.startswith(f"{path} {message}")
    assert problem.remedy.startswith(remedy)


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    """The limit itself is allowed, one byte more is not; a link is followed."""
    data = WORK.encode() + b"#" * (MAX_BYTES - len(WORK))
    assert accepted(tmp_path, data)
    assert "larger" in refused(tmp_path, data + b"#").message
    accepted(tmp_path, WORK)
    (tmp_path / "link.py").symlink_to(tmp_path / "attempt.py")
    assert isinstance(read_submission(tmp_path / "link.py", STUB), Submission)


def test_a_path_is_shown_alike_everywhere(tmp_path: Path) -> None:
    """Inside the repository a path is relative to it; outside, and in a loop of links, it is as given."""
    assert display_name(ROOT / "katas" / ".." / "solutions" / "x.py") == "solutions/x.py"
    assert display_name(tmp_path / "x.py") == str(tmp_path / "x.py")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    assert display_name(tmp_path / "loop") == str(tmp_path / "loop")
    problem = read_submission(ROOT / "katas" / "nowhere.py", STUB)
    assert isinstance(problem, Problem)
    assert problem.message == "katas/nowhere.py does not exist"
    assert problem.file == "katas/nowhere.py"


TODO = "        # TODO: your code here\n        raise NotImplementedError\n"


@pytest.mark.parametrize(
    ("text", "untouched"),
    [
        (STUB, True),
        (STUB.replace("TODO", "HMM"), True),
        (STUB + "\ndef _helper(): return 1\n", True),
        (STUB + "\nimport threading\n", True),
        (STUB.replace(TODO, "        self.x = 1\n", 1), False),
        (STUB.replace(TODO, "        self.x = 1\n", 1) + "\ndef more(): raise NotImplementedError\n", False),
        (STUB.replace("class Box:", "class _Box:").replace("def make", "Box = _Box\n\ndef make"), False),
        (WORK, False),
    ],
    ids=["stub", "comment", "helper", "import", "one method", "one method and a plan", "alias", "all"],
)
def test_a_stub_is_untouched_until_a_body_is_written(text: str, untouched: bool, tmp_path: Path) -> None:
    """Comments, imports and helpers are no attempt yet."""
    assert (text == STUB) or text not in STUB
    assert accepted(tmp_path, text).untouched is untouched


@pytest.mark.parametrize("kata", list(load()), ids=lambda kata: kata.name)
def test_katas_can_be_handed_in(kata: Kata, tmp_path: Path) -> None:
    """No stub and no reference solution is refused."""
    solution = kata.solution.read_text("utf-8")
    stub = make_stub(solution)
    for text, untouched in ((solution, False), (stub, True)):
        submission = read(tmp_path, text, stub, kata.imports)
        assert isinstance(submission, Submission), submission
        assert submission.untouched is untouched
