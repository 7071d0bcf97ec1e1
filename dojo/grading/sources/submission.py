"""Reads a learner's file and refuses, with the line and the remedy, what the judge could not run.

This stops accidents and gives the line; what comes by names made at run time is stopped later (``seal``). Who needs a
security boundary runs the grader in a container (SECURITY.md).
"""

from __future__ import annotations

import ast
import difflib
import dis
import hashlib
import stat
import warnings
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from dojo.grading.paths import display_name
from dojo.grading.result import Problem
from dojo.grading.sources.stubs import public_api, unfinished
from dojo.grading.sources.surface import is_type_checking, normalised, suites
from dojo.simulator.facades import HIDDEN

MAX_BYTES = 512 * 1024
MAX_DEPTH = 250  # levels of nesting; instrumenting a file takes a few frames of Python's stack for each

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
_RELATIVE = "keep it under `if TYPE_CHECKING:`, or import only what the stub imports"
_INSTEAD = {
    "__get__": "types.MethodType binds a function to an object",
    "__getattribute__": "define __getattr__, and use getattr()",
}
_FORBIDDEN_NAMES = frozenset(
    {
        "__builtins__",
        "__import__",
        "__lazy_import__",
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


@dataclass(frozen=True, slots=True)
class Submission:
    """A text that can be run."""

    source: str
    untouched: bool

    @property
    def digest(self) -> str:
        """Fingerprint of the text."""
        return digest_of(self.source)


def digest_of(text: str) -> str:
    """Fingerprint of a submission's text."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_submission(
    path: Path, stub: str, imports: Collection[str] = (), name: str = ""
) -> Submission | Problem:
    """Read and check a file.

    Args:
        path: the learner's file.
        stub: the kata's stub: names what must be there.
        imports: other katas that it may import from.
        name: of the file in messages; by default its path.
    """
    name = name or display_name(path)
    text = read_text(path, name)
    return text if isinstance(text, Problem) else checked(text, stub, imports, name)


def checked(text: str, stub: str, imports: Collection[str], name: str) -> Submission | Problem:
    """Check a text that was read; the arguments are those of ``read_submission``."""
    tree = parsed(text, name, imports)
    if isinstance(tree, Problem):
        return tree
    if problem := _missing(tree, stub, name):
        return problem
    return Submission(text, unfinished(stub) <= unfinished(text))


def parsed(text: str, name: str, imports: Collection[str] = ()) -> ast.Module | Problem:
    """A program as a tree, if the simulator can run it.

    Args:
        text: the program.
        name: of it, for messages.
        imports: the modules beside it that it may import.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text, name)
            if problem := _too_deep(tree, name):
                return problem
            # Some mistakes are seen only now, such as a `return` outside a function.
            code = compile(tree, name, "exec", dont_inherit=True)
    except SyntaxError as error:
        return Problem(f"syntax error: {error.msg}", name, error.lineno or 0, "mend the line and grade again")
    except (RecursionError, MemoryError):
        return Problem("the file is nested too deeply to be parsed", name, 0, _FLATTEN)
    except ValueError as error:
        return Problem(f"the file cannot be parsed: {error}", name, 0, "mend it and grade again")
    forbidden = sorted(
        [*_forbidden(tree, name, imports), *_forbidden_names(code, name)], key=lambda each: each.line
    )
    return forbidden[0] if forbidden else tree


_FLATTEN = "write it in several steps"


def read_text(path: Path, name: str) -> str | Problem:
    """The text of a file, if it is one that may be graded; ``name`` is what messages call it."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            return Problem(f"{name} is not a file", name, 0, "name a Python file")
        if status.st_size > MAX_BYTES:
            text = f"{name} is larger than {MAX_BYTES // 1024} KiB"
            return Problem(text, name, 0, "a kata fits in a few hundred lines")
        text = path.read_bytes().decode("utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return Problem(f"{name} does not exist", name, 0, "git checkout brings a lost stub back")
    except UnicodeDecodeError as error:
        return Problem(f"{name} is not UTF-8 text (byte {error.start})", name, 0, "save it as UTF-8")
    except OSError as error:
        return Problem(
            f"{name} cannot be read: {error.strerror or error}", name, 0, "look at its permissions and links"
        )
    text = normalised(text)
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        return Problem(f"{name} contains a NUL byte", name, line, "remove it")
    return text


def _too_deep(tree: ast.Module, name: str) -> Problem | None:
    line, level = 1, [tree]  # type: tuple[int, list[ast.AST]]
    for _ in range(MAX_DEPTH):
        level = [inner for node in level for inner in ast.iter_child_nodes(node)]
        if not level:
            return None
        line = next((node.lineno for node in level if isinstance(node, (ast.stmt, ast.expr))), line)
    return Problem(f"code nested in more than {MAX_DEPTH} levels", name, line, _FLATTEN)


def _forbidden(tree: ast.Module, name: str, imports: Collection[str]) -> Iterator[Problem]:
    """Modules that a kata may not import, and attributes that lead to the checker."""
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if is_type_checking(node)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        tops: list[str] = []
        attributes: list[str] = []
        if isinstance(node, ast.Import):
            tops = [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            tops = [(node.module or "").partition(".")[0]]
            attributes = [alias.name for alias in node.names]
        elif isinstance(node, ast.Attribute):
            attributes = [node.attr]
        elif isinstance(node, ast.MatchClass):
            attributes = node.kwd_attrs
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("getattr", "attrgetter")):
            texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
            attributes = [part for text in texts for part in str(text).split(".")]
        if isinstance(node, (ast.Import, ast.ImportFrom)) and id(node) in typing_only:
            continue
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.ImportFrom) and node.level:
            if (node.module or "").rpartition(".")[2] not in imports:
                yield Problem("a relative import", name, line, _RELATIVE)
            tops = []
        for top in tops:
            if top not in ALLOWED:
                remedy = _REMEDIES.get(top, "use the standard library modules for threads, time and data")
                yield Problem(f"'{top}' is not among the modules a kata may import", name, line, remedy)
        for attribute in attributes:
            if attribute in HIDDEN:
                remedy = _INSTEAD.get(attribute, "write it without")
                yield Problem(f"`.{attribute}` is not available in a kata", name, line, remedy)


def _forbidden_names(code: CodeType, name: str) -> Iterator[Problem]:
    """Builtins that lead to the checker; a parameter or local variable of that name is another thing."""
    for instruction in dis.get_instructions(code):
        loads = instruction.opname.startswith("LOAD_") and (
            "GLOBAL" in instruction.opname or "NAME" in instruction.opname
        )
        if loads and instruction.argval in _FORBIDDEN_NAMES:
            line = (instruction.positions and instruction.positions.lineno) or code.co_firstlineno
            text = f"`{instruction.argval}` is not available in a kata"
            yield Problem(text, name, line, "write it without")
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _forbidden_names(constant, name)


def _missing(tree: ast.Module, stub: str, name: str) -> Problem | None:
    """A public class, function or method of the stub that the file does not define.

    Whatever a name is bound to will do: a property tells if it does not behave.
    """
    wanted = public_api(stub)
    for each, looks in wanted.items():
        owner, _, short = each.rpartition(".")
        siblings = _members(tree, owner)
        if each == "main" or siblings is None or short in siblings:
            continue
        if owner and short.startswith("__"):
            continue  # may be inherited or generated; a property will tell if it is really missing
        what = "class" if looks.startswith("class(") else "method" if owner else "function"
        close = difflib.get_close_matches(short, siblings, 1)
        remedy = (
            f"`{close[0]}` looks like it: give it its name back"
            if close
            else "see the stub for its signature"
        )
        return Problem(f"there is no {what} `{each}`", name, 0, remedy)
    return None


def _members(tree: ast.Module, owner: str) -> dict[str, list[ast.stmt]] | None:
    """What a module or class binds; None if that cannot be known because of base classes or an alias."""
    members = _bound(tree.body)
    for part in owner.split(".") if owner else []:
        found = members.get(part, [])
        classes = [node for node in found if isinstance(node, ast.ClassDef)]
        if len(classes) < len(found) or any(node.bases or node.keywords for node in classes):
            return None
        members = _bound([statement for node in classes for statement in node.body])
        for node in classes:  # attributes of instances
            members |= {
                inner.attr: [node]
                for inner in ast.walk(node)
                if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Store)
            }
    return members


def _bound(body: list[ast.stmt]) -> dict[str, list[ast.stmt]]:
    """The names that statements bind at run time, also under ``if``, ``try`` and the like, and where."""
    found: dict[str, list[ast.stmt]] = {}
    for node in body:
        inner = suites(node)
        names: list[str] = []
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names = [node.name]
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.asname or alias.name.partition(".")[0] for alias in node.names]
        elif not inner:
            names = [
                each.id
                for each in ast.walk(node)
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            ]
        for each in names:
            found.setdefault(each, []).append(node)
        for suite in inner:
            if not (is_type_checking(node) and suite is node.body):
                for each, nodes in _bound(suite).items():
                    found.setdefault(each, []).extend(nodes)
    return found
