"""Makes a stub from its solution and tells whether a file is still that stub.

The public surface stays: signatures, docstrings, constants, everything between ``# --- given ---`` and
``# --- end of given ---``, and the runnable example ``main``. Bodies and private helpers go.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from dojo.grading.sources.surface import (
    Function,
    function_bodies,
    given_lines,
    is_documented,
    is_overload,
    is_public,
    is_todo,
    names_bound,
    names_used,
    normalised,
    parse,
    suites,
)
from dojo.grading.sources.surface import documentation as documentation
from dojo.grading.sources.surface import public_api as public_api

_KEPT_FUNCTIONS = frozenset({"main"})
_WIDTH = 110


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the lines ``first`` to ``last`` (counted from 1, inclusive) with ``text``."""

    first: int
    last: int
    text: str


# What becomes of one statement: None if it goes, otherwise the edits inside it.
Visit = Callable[[ast.stmt], list[Edit] | None]


def make_stub(solution: str) -> str:
    """The stub that belongs to a solution.

    Args:
        solution: the solution's source.

    Returns:
        Source with every public body replaced by ``raise NotImplementedError`` under a TODO.

    Raises:
        ValueError: when a public function or class has no docstring (the stub must say every rule), when what
            stays needs something private, or when a statement to be taken out shares its line with another.
    """
    source = _Source(solution)
    edits, _ = _suite(source, source.tree.body, partial(_emptied, source, ""))
    stub = _without_unused_imports(source.edited(edits), names_used(source.tree))
    tree = ast.parse(stub)
    lost = {name for name in names_used(tree) & names_bound(source.tree) if not is_public(name)}
    lost -= names_bound(tree)
    if lost:
        raise ValueError(f"the stub needs `{min(lost)}`: make it public or put it into the given block")
    return _tidy(stub)


def is_untouched(source: str, stub: str) -> bool:
    """Whether a file still has nothing but the stub's code (comments and docstrings aside)."""
    return _skeleton(source) == _skeleton(stub)


def has_work(source: str) -> bool:
    """Whether some public body outside the given block is more than ``raise NotImplementedError``."""
    return any(not is_todo(node) for nodes in function_bodies(source).values() for node in nodes)


def is_blank(source: str) -> bool:
    """Whether a file is a stub, of whatever solution: no work in it and no helper that a learner has added."""
    try:
        return not has_work(source) and source == make_stub(source)
    except (SyntaxError, ValueError, tokenize.TokenError):
        return False


def unfinished(source: str) -> set[str]:
    """The public functions that are still as in the stub.

    A file in which all of the stub's are unfinished has not been started, whatever else was added to it.
    """
    return {name for name, nodes in function_bodies(source).items() if all(map(is_todo, nodes))}


class _Source:
    """A text with what is known about its lines."""

    def __init__(self, text: str) -> None:
        self.text = normalised(text)
        self.lines = self.text.split("\n")
        self.tree = parse(self.text)
        self.given = given_lines(self.text)
        self.tokens = list(tokenize.generate_tokens(io.StringIO(self.text).readline))
        self.comments = {
            token.start[0]
            for token in self.tokens
            if token.type == tokenize.COMMENT and self._opens_line(token)
        }

    def _opens_line(self, token: tokenize.TokenInfo) -> bool:
        return not token.line[: token.start[1]].strip()

    def line(self, number: int) -> str:
        """A line, counted from 1."""
        return self.lines[number - 1]

    def before(self, node: ast.stmt) -> str:
        """What stands before a node on its first line."""
        return self.line(node.lineno).encode()[: node.col_offset].decode()

    def after(self, node: ast.stmt) -> str:
        """What stands after a node on its last line, stripped."""
        return self.line(_end(node)).encode()[node.end_col_offset :].decode().strip()

    def removal(self, node: ast.stmt, text: str = "") -> Edit:
        """Take a statement out with the comments that belong to it, or put ``text`` in its place."""
        if self.before(node).strip() or (self.after(node) and not self.after(node).startswith("#")):
            raise ValueError(f"line {node.lineno}: put each statement on a line of its own")
        return Edit(node.lineno if text else self.first_line(node), self.last_line(node), text)

    def first_line(self, node: ast.stmt) -> int:
        """The first line of a node, with the comments above it, also with a blank line between."""
        decorators: list[ast.expr] = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(each.lineno for each in decorators)])
        above = first - 1
        while above > 0 and self._goes_with(above, node):
            if self.line(above).strip():
                first = above
            above -= 1
        return first

    def _goes_with(self, number: int, node: ast.stmt) -> bool:
        if not self.line(number).strip():
            return True
        same = self._depth(number) == self._depth(node.lineno)
        return same and number in self.comments and number not in self.given and self.line(number)[:2] != "#!"

    def last_line(self, node: ast.stmt) -> int:
        """The last line of a node, with the comments that follow and are indented more than the node."""
        last = number = _end(node)
        while number < len(self.lines):
            number += 1
            if number in self.comments and self._depth(number) > self._depth(node.lineno):
                last = number
            elif self.line(number).strip():
                break
        return last

    def _depth(self, number: int) -> int:
        line = self.line(number).expandtabs(8)
        return len(line) - len(line.lstrip())

    def signature(self, node: Function) -> tuple[list[str], bool]:
        """The lines from ``def`` to the colon, with a comment; whether the body begins on the last one."""
        depth = 0
        for token in self.tokens:
            if token.start < (node.lineno, 0) or token.type != tokenize.OP:
                continue
            depth += (token.string in "([{") - (token.string in ")]}")
            if token.string == ":" and not depth:
                break
        end, column = token.end
        rest = self.line(end)[column:].strip()
        in_line = bool(rest) and not rest.startswith("#")
        last = self.line(end)[:column] if in_line else self.line(end)
        return [*self.lines[node.lineno - 1 : end - 1], last], in_line

    def edited(self, edits: list[Edit]) -> str:
        """The text with all edits made."""
        lines = list(self.lines)
        for edit in sorted(edits, key=lambda each: each.first, reverse=True):
            lines[edit.first - 1 : edit.last] = edit.text.split("\n") if edit.text else []
        return "\n".join(lines).rstrip("\n") + "\n"


def _end(node: ast.stmt) -> int:
    return node.end_lineno or node.lineno


def _suite(source: _Source, body: list[ast.stmt], visit: Visit) -> tuple[list[Edit], bool]:
    """The edits for a suite, also inside ``if``, ``try`` and the like, and whether nothing of it is left."""
    edits: list[Edit] = []
    gone = 0
    for node in body:
        inner = [] if node.lineno in source.given else suites(node)
        if node.lineno in source.given:
            change: list[Edit] | None = []
        elif inner:
            change = _branches(source, inner, visit)
        else:
            change = visit(node)
        if change is None:
            gone += 1
            change = [source.removal(node)]
        edits += change
    return edits, gone == len(body)


def _branches(source: _Source, inner: list[list[ast.stmt]], visit: Visit) -> list[Edit] | None:
    done = [_suite(source, body, visit) for body in inner]
    if all(gone for _, gone in done):
        return None
    edits = []
    for body, (changes, gone) in zip(inner, done, strict=True):
        if gone and not source.line(body[0].lineno).lstrip().startswith("elif"):
            indent = source.before(body[0])
            changes = [Edit(source.first_line(body[0]), source.last_line(body[-1]), f"{indent}pass")]
        edits += changes
    return edits


def _emptied(source: _Source, owner: str, node: ast.stmt) -> list[Edit] | None:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        if not is_public(node.name):
            return None
        if (not owner and node.name in _KEPT_FUNCTIONS) or is_overload(node):
            return []
        return [Edit(node.lineno, source.last_line(node), _without_body(source, node, owner))]
    if isinstance(node, ast.ClassDef):
        if not is_public(node.name):
            return None
        name = f"{owner}{node.name}"
        if not is_documented(node):
            raise ValueError(f"{name} has no docstring: a stub must state every rule")
        return _suite(source, node.body, partial(_emptied, source, f"{name}."))[0]
    bound = _bound(node)
    if not bound or all(map(is_public, bound)):
        return []
    if any(map(is_public, bound)):
        raise ValueError(f"line {node.lineno}: set public and private names in statements of their own")
    return None


def _without_body(source: _Source, node: Function, owner: str) -> str:
    # Comments between the signature and the first statement explain the body: they go with it.
    lines, in_line = source.signature(node)
    first, outer = node.body[0], source.before(node)
    indent = outer + ("\t" if "\t" in outer else "    ") if in_line else source.before(first)
    if is_documented(node):
        text = ast.get_source_segment(source.text, first) or ""
        comment = source.after(first) if source.after(first).startswith("#") else ""
        lines.append(f"{indent}{text}  {comment}" if comment else f"{indent}{text}")
    elif not node.name.startswith("__") and not _is_setter(node):
        raise ValueError(f"{owner}{node.name} has no docstring: a stub must state every rule")
    return "\n".join([*lines, f"{indent}# TODO: your code here", f"{indent}raise NotImplementedError"])


def _is_setter(node: Function) -> bool:
    """Whether it is the second half of a property, whose rules stand with the first."""
    return any(
        isinstance(each, ast.Attribute) and each.attr in ("setter", "deleter") for each in node.decorator_list
    )


def _bound(node: ast.stmt) -> list[str]:
    """The names that an assignment or ``del`` is about: ``_table`` also in ``_table[key] = value``."""
    targets: list[ast.expr] = []
    if isinstance(node, (ast.Assign, ast.Delete)):
        targets = list(node.targets)
    elif isinstance(node, (ast.AnnAssign, ast.AugAssign)):
        targets = [node.target]
    elif type(node).__name__ == "TypeAlias":  # from Python 3.12 on
        targets = [node.name]  # type: ignore[attr-defined]
    found = []
    for target in targets:
        while isinstance(target, (ast.Attribute, ast.Subscript)):
            target = target.value
        found += [each.id for each in ast.walk(target) if isinstance(each, ast.Name)]
    return found


def _without_unused_imports(text: str, needed: set[str]) -> str:
    """Drop the imports that only what is gone has used; ``needed``: the names that the solution uses."""
    while True:
        source = _Source(text)
        unused = needed - names_used(source.tree)
        edits, _ = _suite(source, source.tree.body, partial(_pruned, source, unused))
        if not edits:
            return text
        text = source.edited(edits)


def _pruned(source: _Source, unused: set[str], node: ast.stmt) -> list[Edit] | None:
    if not isinstance(node, (ast.Import, ast.ImportFrom)):
        return []
    kept = [each for each in node.names if (each.asname or each.name.partition(".")[0]) not in unused]
    if kept == node.names:
        return []
    if not kept:
        return None
    again = (
        ast.Import(kept) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, kept, node.level)
    )
    indent, line = source.before(node), ast.unparse(again)
    if len(indent + line) > _WIDTH and isinstance(node, ast.ImportFrom):
        head, _, names = line.partition(" import ")
        line = (
            f"{head} import (\n"
            + "".join(f"{indent}    {each},\n" for each in names.split(", "))
            + f"{indent})"
        )
    comment = source.after(node)
    return [source.removal(node, f"{indent}{line}  {comment}" if comment else indent + line)]


def _tidy(text: str) -> str:
    """At most two blank lines in a row, at most one inside a class; texts in quotes stay as they are."""
    inside: set[int] = set()  # lines that begin inside a text in quotes
    for node in ast.walk(ast.parse(text)):
        text_like = type(node).__name__ in ("JoinedStr", "TemplateStr")  # the latter from Python 3.14 on
        if isinstance(node, ast.expr) and (
            text_like or (isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)))
        ):
            inside |= set(range(node.lineno + 1, (node.end_lineno or node.lineno) + 1))
    kept: list[str] = []
    lines = text.split("\n")
    blanks = 0
    for number, line in enumerate(lines, 1):
        if line.strip() or number in inside:
            blanks = 0
            kept.append(line if number + 1 in inside else line.rstrip())
            continue
        following = next((each for each in lines[number:] if each.strip()), "")
        if kept and blanks < (1 if following[:1].isspace() else 2):
            kept.append("")
            blanks += 1
    return "\n".join(kept).rstrip() + "\n"


def _skeleton(source: str) -> str:
    tree = parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and (
            is_documented(node)
        ):
            node.body = node.body[1:]
    return ast.dump(tree)


if __name__ == "__main__":
    from dojo.grading.catalogue import load

    for kata in load():
        stub = make_stub(kata.solution.read_text("utf-8"))
        if kata.stub.exists() and not is_blank(old := kata.stub.read_text("utf-8")) and old != stub:
            sys.stdout.write(f"{kata.name}: kept, it holds somebody's work\n")
            continue
        kata.stub.parent.mkdir(parents=True, exist_ok=True)
        kata.stub.write_text(stub, "utf-8")
