"""A cell of a notebook as a program: its code, what earlier cells have left to it, the value it ends with."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from dojo.grading.catalogue import load
from dojo.grading.result import Problem
from dojo.grading.sources.submission import parsed
from dojo.simulator.machine import Program, compile_program

VALUE = "_value_of_the_cell"  # the global that takes what the last expression comes to
NAME = "cell"  # of the cell in everything that is shown
_KEPT = "# --- kept from earlier cells ---"
_REFERENCE = re.compile(r"^([ \t]*from[ \t]+)solutions\.\w+\.(\w+)(?=[ \t]+import\b)", re.MULTILINE)
_DEFINITIONS = (
    ast.Import,
    ast.ImportFrom,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Assign,
    ast.AnnAssign,
)


@dataclass(frozen=True, slots=True)
class Cell:
    """A program that can be run.

    Attributes:
        text: the cell's code; line 1 is the line of the magic, so that numbers are those of the editor.
        kept: code of earlier cells, executed before it.
        references: the katas whose reference solutions it imports.
        names: what it binds at its top level, sorted.
    """

    text: str
    kept: str
    references: tuple[str, ...]
    names: tuple[str, ...]

    def after(self, kept: str) -> Cell:
        """The same cell with code of earlier ones, which has been looked through, to be executed before it."""
        return replace(self, kept=kept, references=_references(f"{self.text}\n{kept}"))

    @property
    def above(self) -> int:
        """How many lines stand above what was kept, where a program is shown."""
        return self.text.rstrip().count("\n") + 3

    def program(self) -> Program:
        """The program, to be executed as a module; reports show the cell first, what was kept below it."""
        own, kept = _tree(self.text), _tree(self.kept)
        _note_value(own)
        ast.increment_lineno(kept, self.above)
        body = [*kept.body, *own.body]
        body.sort(key=lambda node: not _is_future(node))
        source = f"{self.text.rstrip()}\n\n{_KEPT}\n{self.kept}" if self.kept else self.text
        return compile_program(source, NAME, ast.Module(body, []))


def read_cell(text: str) -> Cell | Problem:
    """Look a cell through.

    Args:
        text: its code, an empty line in place of the magic.
    """
    tree = _checked(text)
    if isinstance(tree, Problem):
        return tree
    return Cell(text, "", _references(text), tuple(sorted(_bound(tree.body))))


def cannot_be_kept(cell: Cell) -> Problem | None:
    """Why a cell's code cannot be kept for later ones: it would be executed before each of them."""
    for node in _tree(cell.text).body:
        if not isinstance(node, _DEFINITIONS) and not _is_docstring(node):
            text = "--keep is for imports, functions, classes and assignments; this line does something else"
            remedy = "put what is to happen into a cell of its own, without --keep"
            return Problem(text, NAME, node.lineno, remedy)
    return None


def _references(text: str) -> tuple[str, ...]:
    return tuple(sorted({name for _, name in _REFERENCE.findall(text)}))


def _checked(text: str) -> ast.Module | Problem:
    names = [kata.name for kata in load()]
    for number, line in enumerate(text.splitlines(), 1):
        found = _REFERENCE.match(line)
        if found and found[2] not in names:
            return Problem(f"there is no kata '{found[2]}'", NAME, number, "grader.py shows them all")
    tree = parsed(_with_siblings(text), NAME, names)
    if isinstance(tree, Problem):
        return Problem(
            tree.message, NAME, tree.line, tree.remedy.replace("grade again", "run the cell again")
        )
    return tree


def _tree(text: str) -> ast.Module:
    return ast.parse(_with_siblings(text), NAME)


def _with_siblings(text: str) -> str:
    """Reference solutions are modules beside the program; what is imported from them runs as they do."""
    return _REFERENCE.sub(r"\1.\2", text)


def _note_value(tree: ast.Module) -> None:
    """Have the value of a last line that is an expression put into a global."""
    if tree.body and isinstance(last := tree.body[-1], ast.Expr):
        target = ast.copy_location(ast.Name(VALUE, ast.Store()), last)
        tree.body[-1] = ast.copy_location(ast.Assign([target], last.value), last)


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _bound(body: Sequence[ast.stmt]) -> set[str]:
    """The names that imports, definitions and assignments bind."""
    found: set[str] = set()
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            found |= {
                each.id
                for each in ast.walk(node)
                if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            }
    return found
