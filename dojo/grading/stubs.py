"""Makes a stub from its solution and tells whether a file is still that stub.

The public surface stays: signatures, docstrings, constants, everything between ``# --- given ---`` and
``# --- end of given ---``, and the runnable example ``main``. Bodies and private helpers go.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

GIVEN, END_OF_GIVEN = "# --- given ---", "# --- end of given ---"
_KEPT_FUNCTIONS = frozenset({"main"})

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the lines ``first`` to ``last`` (counted from 1, inclusive) with ``text``."""

    first: int
    last: int
    text: str


def make_stub(solution: str) -> str:
    """The stub that belongs to a solution.

    Args:
        solution: the solution's source.

    Returns:
        Source with every public body replaced by ``raise NotImplementedError`` under a TODO.

    Raises:
        ValueError: when a public function or class has no docstring: the stub must say every rule.
    """
    tree = ast.parse(solution)
    given = _given_lines(solution)
    edits = list(_edits(tree.body, given, owner=""))
    text = _apply(solution, edits)
    return _tidy(_without_unused_imports(text))


def is_untouched(source: str, stub: str) -> bool:
    """Whether a file still has nothing but the stub's code (comments and docstrings aside)."""
    return _skeleton(source) == _skeleton(stub)


def has_work(source: str) -> bool:
    """Whether some public body is more than the stub's ``raise NotImplementedError``."""
    return any(not _is_todo(node) for node in _public_functions(ast.parse(source).body))


def public_api(source: str) -> dict[str, str]:
    """Public names and what they look like: signatures of functions, bases of classes."""
    return dict(_signatures(ast.parse(source).body, ""))


def documentation(source: str) -> dict[str, str]:
    """Docstrings of the module and of all public names."""
    tree = ast.parse(source)
    found = {"<module>": ast.get_docstring(tree) or ""}

    def visit(body: list[ast.stmt], owner: str) -> None:
        for node in body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and _public(node.name):
                found[owner + node.name] = ast.get_docstring(node) or ""
                if isinstance(node, ast.ClassDef):
                    visit(node.body, f"{owner}{node.name}.")

    visit(tree.body, "")
    return found


def _public(name: str) -> bool:
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def _given_lines(source: str) -> set[int]:
    lines: set[int] = set()
    inside = False
    for number, line in enumerate(source.splitlines(), 1):
        if line.strip() == GIVEN:
            inside = True
        if inside:
            lines.add(number)
        if line.strip() == END_OF_GIVEN:
            inside = False
    return lines


def _first_line(node: ast.stmt) -> int:
    decorators = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


def _edits(body: list[ast.stmt], given: set[int], owner: str) -> Iterator[Edit]:
    for node in body:
        if node.lineno in given:
            continue
        last = node.end_lineno or node.lineno
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            if not _public(node.name):
                yield Edit(_first_line(node), last, "")
            elif owner or node.name not in _KEPT_FUNCTIONS:
                yield _emptied(node, owner)
        elif isinstance(node, ast.ClassDef):
            if _public(node.name):
                yield from _edits(node.body, given, f"{owner}{node.name}.")
            else:
                yield Edit(_first_line(node), last, "")
        elif any(not _public(name) for name in _bound(node)):
            yield Edit(node.lineno, last, "")


def _emptied(node: Function, owner: str) -> Edit:
    first = node.body[0]
    documented = (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )
    dunder = node.name.startswith("__")
    if not documented and not dunder:
        raise ValueError(f"{owner}{node.name} has no docstring: a stub must state every rule")
    indent = " " * (node.col_offset + 4)
    text = f"{indent}# TODO: your code here\n{indent}raise NotImplementedError"
    last = node.end_lineno or node.lineno
    if documented:
        return Edit((first.end_lineno or first.lineno) + 1, max(last, (first.end_lineno or 0)), text)
    # Comments between the signature and the first statement explain the body: they go with it.
    return Edit(_signature_end(node) + 1, last, text)


def _signature_end(node: Function) -> int:
    lines: list[int] = [node.lineno, (node.returns.end_lineno or 0) if node.returns else 0]
    arguments = node.args
    every = [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        arguments.vararg,
        arguments.kwarg,
    ]
    lines += [each.end_lineno or 0 for each in every if each is not None]
    return max(lines)


def _bound(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
        return [node.target.id]
    return []


def _apply(source: str, edits: list[Edit]) -> str:
    lines = source.splitlines()
    for edit in sorted(edits, key=lambda each: each.first, reverse=True):
        first = edit.first
        if not edit.text:
            # A comment above what goes belongs to it, also with a blank line between.
            above = first - 1
            while above > 0 and (not lines[above - 1].strip() or lines[above - 1].strip().startswith("#")):
                above -= 1
                if lines[above].strip():
                    first = above + 1
        lines[first - 1 : edit.last] = edit.text.splitlines()
    return "\n".join(lines) + "\n"


def _without_unused_imports(source: str) -> str:
    tree = ast.parse(source)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    edits = []
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            kept = [each for each in node.names if (each.asname or each.name.partition(".")[0]) in used]
            if kept != node.names:
                text = ast.unparse(_with_names(node, kept)) if kept else ""
                edits.append(Edit(node.lineno, node.end_lineno or node.lineno, text))
    return _apply(source, edits)


def _with_names(node: ast.Import | ast.ImportFrom, names: list[ast.alias]) -> ast.stmt:
    if isinstance(node, ast.Import):
        return ast.Import(names)
    return ast.ImportFrom(node.module, names, node.level)


def _tidy(source: str) -> str:
    """At most two blank lines in a row, at most one inside a class."""
    kept: list[str] = []
    lines = source.splitlines()
    for index, line in enumerate(lines):
        if not line.strip():
            following = next((each for each in lines[index:] if each.strip()), "")
            allowed = 1 if following.startswith(" ") else 2
            blanks = 0
            while blanks < len(kept) and not kept[-1 - blanks].strip():
                blanks += 1
            if blanks >= allowed or not kept:
                continue
        kept.append(line.rstrip())
    return "\n".join(kept).rstrip() + "\n"


def _public_functions(body: list[ast.stmt]) -> Iterator[Function]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from _public_functions(node.body)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.name not in _KEPT_FUNCTIONS:
            yield node


def _is_todo(node: Function) -> bool:
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return len(body) == 1 and isinstance(body[0], ast.Raise) and "NotImplementedError" in ast.dump(body[0])


def _skeleton(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and (
            ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:]
    return ast.dump(tree)


def _signatures(body: list[ast.stmt], owner: str) -> Iterator[tuple[str, str]]:
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and _public(node.name):
            decorators = " ".join("@" + ast.unparse(each) for each in node.decorator_list)
            returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
            yield f"{owner}{node.name}", f"{decorators} ({ast.unparse(node.args)}){returns}".strip()
        elif isinstance(node, ast.ClassDef) and _public(node.name):
            yield f"{owner}{node.name}", "class(" + ", ".join(map(ast.unparse, node.bases)) + ")"
            yield from _signatures(node.body, f"{owner}{node.name}.")


if __name__ == "__main__":
    from dojo.grading.catalogue import load

    for kata in load():
        kata.stub.parent.mkdir(parents=True, exist_ok=True)
        kata.stub.write_text(make_stub(kata.solution.read_text("utf-8")), "utf-8")
