"""Reads a learner's file and refuses, with the line and the remedy, what the judge could not run.

This stops accidents and cheap tricks, not an attacker: who needs a security boundary runs the grader in a
container.
"""

from __future__ import annotations

import ast
import difflib
import hashlib
from dataclasses import dataclass
from pathlib import Path

from dojo.grading.result import Problem
from dojo.grading.stubs import has_work, is_untouched, public_api

MAX_BYTES = 512 * 1024

# What a kata may import. Everything here is either simulated or does nothing that another process could see.
ALLOWED = frozenset(
    {
        "__future__",
        "abc",
        "bisect",
        "collections",
        "concurrent",
        "contextlib",
        "contextvars",
        "copy",
        "dataclasses",
        "decimal",
        "enum",
        "fractions",
        "functools",
        "heapq",
        "itertools",
        "logging",
        "math",
        "numbers",
        "operator",
        "queue",
        "random",
        "re",
        "sched",
        "statistics",
        "string",
        "sys",
        "textwrap",
        "threading",
        "time",
        "types",
        "typing",
        "warnings",
        "weakref",
    }
)

_REMEDIES = {
    "os": "katas need neither files nor processes",
    "subprocess": "katas need neither files nor processes",
    "signal": "stop threads with an Event or a flag under a lock",
    "asyncio": "these katas are about threads; asyncio is not simulated yet",
    "multiprocessing": "use threading: processes are not simulated",
    "datetime": "use time.monotonic() for durations",
    "_thread": "use threading",
    "gc": "the grader looks after memory",
    "dojo": "solve the kata with the standard library alone",
}
_FORBIDDEN_NAMES = frozenset(
    {
        "__builtins__",
        "__import__",
        "__loader__",
        "__spec__",
        "breakpoint",
        "compile",
        "eval",
        "exec",
        "globals",
        "input",
        "open",
    }
)
_FORBIDDEN_ATTRIBUTES = frozenset(
    {
        "__builtins__",
        "__closure__",
        "__code__",
        "__func__",
        "__globals__",
        "__loader__",
        "__self__",
        "__spec__",
        "__subclasses__",
        "_getframe",
        "ag_frame",
        "cr_frame",
        "f_back",
        "f_builtins",
        "f_globals",
        "f_locals",
        "gi_frame",
        "modules",
        "tb_frame",
    }
)


@dataclass(frozen=True, slots=True)
class Submission:
    """A file that can be run."""

    path: Path
    source: str
    untouched: bool

    @property
    def digest(self) -> str:
        """Fingerprint of the text."""
        return hashlib.sha256(self.source.encode()).hexdigest()


def read_submission(path: Path, stub: str) -> Submission | Problem:
    """Read and check a file.

    Args:
        path: the learner's file.
        stub: the kata's stub: names what must be there.
    """
    name = str(path)
    text = _read(path)
    if isinstance(text, Problem):
        return text
    try:
        tree = ast.parse(text, name)
    except SyntaxError as error:
        return Problem(f"syntax error: {error.msg}", name, error.lineno or 0, "mend the line and grade again")
    except (RecursionError, MemoryError, ValueError) as error:
        return Problem(f"the file cannot be parsed: {error}", name, 0, "simplify its nesting")
    problem = _forbidden(tree, name) or _missing(text, stub, name)
    if problem:
        return problem
    return Submission(path, text, is_untouched(text, stub) or not has_work(text))


def _read(path: Path) -> str | Problem:
    name = str(path)
    try:
        if not path.is_file():
            what = "is not a file" if path.exists() else "does not exist"
            return Problem(f"{name} {what}", name, 0, "git checkout brings the stub back")
        if path.stat().st_size > MAX_BYTES:
            text = f"{name} is larger than {MAX_BYTES // 1024} KiB"
            return Problem(text, name, 0, "a kata fits in a few hundred lines")
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        return Problem(f"{name} is not UTF-8 text (byte {error.start})", name, 0, "save it as UTF-8")
    except OSError as error:
        return Problem(
            f"{name} cannot be read: {error.strerror or error}", name, 0, "look at its permissions"
        )
    if "\0" in text:
        return Problem(
            f"{name} contains a NUL byte", name, text[: text.index("\0")].count("\n") + 1, "remove it"
        )
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _forbidden(tree: ast.Module, name: str) -> Problem | None:
    typing_only = {
        id(inner) for node in ast.walk(tree) if _is_type_checking(node) for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            tops = [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                return Problem("a relative import", name, node.lineno, "keep it under `if TYPE_CHECKING:`")
            tops = [(node.module or "").partition(".")[0]]
        elif isinstance(node, ast.Name) and node.id in _FORBIDDEN_NAMES:
            return Problem(f"`{node.id}` is not available in a kata", name, node.lineno, "write it without")
        elif isinstance(node, ast.Attribute) and node.attr in _FORBIDDEN_ATTRIBUTES:
            return Problem(
                f"`.{node.attr}` is not available in a kata", name, node.lineno, "write it without"
            )
        else:
            continue
        for top in tops:
            if top not in ALLOWED:
                remedy = _REMEDIES.get(top, "use the standard library modules for threads, time and data")
                return Problem(
                    f"'{top}' is not among the modules a kata may import", name, node.lineno, remedy
                )
    return None


def _is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def _missing(source: str, stub: str, name: str) -> Problem | None:
    """A public class, function or method of the stub that the file does not define."""
    wanted, present = public_api(stub), public_api(source)
    bound = {
        target.id
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    inheriting = {key for key, value in present.items() if value.startswith("class(") and value != "class()"}
    for each in wanted:
        owner, _, method = each.rpartition(".")
        if each in present or each == "main" or each in bound or owner in bound or owner in inheriting:
            continue
        if method.startswith("__"):
            continue  # may be inherited or generated; a property will tell if it is really missing
        what = "class" if wanted[each].startswith("class(") else "function" if not owner else "method"
        siblings = [key for key in present if key.rpartition(".")[0] == owner]
        close = difflib.get_close_matches(each, siblings, 1)
        remedy = (
            f"`{close[0]}` looks like it: give it its name back"
            if close
            else "see the stub for its signature"
        )
        return Problem(f"there is no {what} `{each}`", name, 0, remedy)
    return None
