"""Cuts a source into pieces that can be shown beside those of another: functions, classes, the module's rest.

The docstring of what is public is the kata's contract, not somebody's code: it is left out. The example
``main`` comes with the stub and is left out too.
"""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Iterator

from dojo.grading.sources.piece import MODULE, Line, Note, Piece, tokens, without_gaps
from dojo.grading.sources.surface import is_documented, is_public, is_todo, normalised, parse, suites

_PRAGMAS = ("type:", "noqa", "pragma", "fmt:", "ruff:", "mypy:", "---")

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def cut(source: str) -> list[Piece]:
    """The pieces of a source, the module's first, the others in the order in which they are written.

    Raises:
        SyntaxError: as ``compile`` would.
    """
    return _Cutter(source).pieces()


def headline(source: str) -> str:
    """The first paragraph of a module's docstring, "" without one."""
    text = ast.get_docstring(parse(source)) or ""
    return " ".join(text.partition("\n\n")[0].split())


def lines_of_code(source: str) -> int:
    """How many lines hold code: no comments, no docstrings, no blank lines, not the example ``main``.

    Raises:
        SyntaxError: as ``compile`` would.
    """
    cutter = _Cutter(source)
    return len(cutter.coded - cutter.documentation - cutter.example)


class _Cutter:
    """A source with what is known about each of its lines."""

    def __init__(self, source: str) -> None:
        self.text = normalised(source)
        self.tree = parse(self.text)
        # Not splitlines(): a form feed ends no line for Python.
        self.lines = self.text.split("\n")
        self.comments: dict[int, tuple[int, str]] = {}  # column and text by line
        self.coded: set[int] = set()
        for token in tokens(self.text):
            if token.type == tokenize.COMMENT:
                self.comments[token.start[0]] = (token.start[1], token.string)
            elif token.type not in _LAYOUT:
                self.coded |= set(range(token.start[0], token.end[0] + 1))
        nodes = [node for node in ast.walk(self.tree) if isinstance(node, (ast.Module, *_DEFINITIONS))]
        self.documentation = {number for node in nodes for number in self._docstring(node)}
        self.example: set[int] = set()
        for statement in self.tree.body:
            if _is_example(statement):
                self.example |= self._region(statement)

    def pieces(self) -> list[Piece]:
        """All of them; one without code only if it is a definition."""
        found = [self._module(), *self._in(self.tree.body, "", set())]
        return [piece for piece in found if piece.lines or piece.kind != MODULE]

    def _in(self, body: list[ast.stmt], owner: str, taken: set[int]) -> Iterator[Piece]:
        for node, under in _definitions(body):
            if not owner and _is_example(node):
                continue
            name = owner + node.name
            region = self._region(node)
            taken |= region
            inner: set[int] = set()
            members: list[Piece] = []
            if isinstance(node, ast.ClassDef):
                members = list(self._in(node.body, f"{name}.", inner))
            hidden = set(self._docstring(node)) if is_public(node.name) else set()
            lines = region - inner - hidden
            kind = "class" if isinstance(node, ast.ClassDef) else "function"
            todo = not isinstance(node, ast.ClassDef) and is_todo(node)
            yield self._piece(name, kind, lines, _shape_of(node, under), node.col_offset, todo)
            yield from members

    def _module(self) -> Piece:
        everything = set(range(1, len(self.lines) + 1))
        taken = set(self._docstring(self.tree)) | self.example
        for node, _ in _definitions(self.tree.body):
            taken |= self._region(node)
        statements = [node for node in self.tree.body if not _is_docstring(node) and not _is_example(node)]
        shape = _dump(ast.Module([node for node in statements if not isinstance(node, _DEFINITIONS)], []))
        return self._piece(MODULE, MODULE, everything - taken, shape, 0, False)

    def _piece(self, name: str, kind: str, numbers: set[int], shape: str, indent: int, todo: bool) -> Piece:
        lines = [self._line(number, indent) for number in sorted(numbers)]
        notes = _notes([(each, self.comments.get(each.number)) for each in lines])
        return Piece(name, kind, tuple(without_gaps(lines, kind)), tuple(notes), shape, todo)

    def _line(self, number: int, indent: int) -> Line:
        text = self.lines[number - 1]
        code = text
        if number in self.comments:
            code = text[: self.comments[number][0]]
        # A line inside a long text may begin further to the left.
        indent = min(indent, len(text) - len(text.lstrip()))
        return Line(number, text[indent:].rstrip(), code[indent:].rstrip())

    def _region(self, node: ast.stmt) -> set[int]:
        """The lines of a statement, with its decorators and the comments that stand above it."""
        first = min([node.lineno, *(each.lineno for each in getattr(node, "decorator_list", []))])
        above = first
        for number in range(first - 1, 0, -1):
            if number in self.coded or number in self.documentation:
                break
            if number in self.comments and not _is_pragma(self.comments[number][1]):
                above = number
            elif self.lines[number - 1].strip():
                break
        return set(range(above, (node.end_lineno or node.lineno) + 1))

    def _docstring(self, node: ast.Module | _Definition) -> range:
        """The lines of a docstring that shares none of them with anything else."""
        if not node.body or not is_documented(node):
            return range(0)
        text = node.body[0]
        last = text.end_lineno or text.lineno
        header = 0 if isinstance(node, ast.Module) else node.lineno
        following = node.body[1].lineno if len(node.body) > 1 else last + 1
        return range(text.lineno, last + 1) if header < text.lineno and last < following else range(0)


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_LAYOUT = frozenset(
    {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER, tokenize.ENCODING}
)


def _definitions(body: list[ast.stmt], under: str = "") -> Iterator[tuple[_Definition, str]]:
    """Functions and classes of one scope, also those under an ``if`` or ``try``, and under what they are."""
    for node in body:
        if isinstance(node, _DEFINITIONS):
            yield node, under
        for suite in suites(node):
            yield from _definitions(suite, f"{under}{type(node).__name__} ")


def _is_docstring(node: ast.stmt) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _is_example(node: ast.stmt) -> bool:
    """Whether a statement of a module is the runnable example."""
    if isinstance(node, ast.If):
        return "__name__" in ast.unparse(node.test)
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name == "main"


def _shape_of(node: _Definition, under: str) -> str:
    """The code of a function, or of a class without the functions and classes in it."""
    inner = [each for each in node.body if not _is_docstring(each)]
    if isinstance(node, ast.ClassDef):
        inner = [each for each in inner if not isinstance(each, _DEFINITIONS)]
        head = [*node.bases, *node.keywords, *node.decorator_list]
    else:
        head = [node.args, *node.decorator_list, *([node.returns] if node.returns else [])]
    return "\n".join([under, type(node).__name__, node.name, *map(_dump, [*head, *inner])])


def _dump(node: ast.AST) -> str:
    return ast.dump(node)


def _is_pragma(comment: str) -> bool:
    return comment.lstrip("#! ").startswith(_PRAGMAS)


def _notes(lines: list[tuple[Line, tuple[int, str] | None]]) -> Iterator[Note]:
    """Comments as notes; those on lines of their own are about the code below them."""
    waiting: list[str] = []
    begun = 0
    for line, comment in lines:
        text = comment[1].lstrip("#").strip() if comment and not _is_pragma(comment[1]) else ""
        if not line.code.strip():
            if text:
                begun = begun or line.number
                waiting.append(text)
            continue
        if waiting:
            yield Note(line.number, " ".join(waiting))
            waiting, begun = [], 0
        if text:
            yield Note(line.number, text)
    if waiting:
        yield Note(begun, " ".join(waiting))
