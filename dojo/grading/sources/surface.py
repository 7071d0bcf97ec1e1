"""What a source shows to the outside: public names, signatures, docstrings, bodies still to be written."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from collections.abc import Iterator
from typing import TypeGuard

GIVEN, END_OF_GIVEN = "# --- given ---", "# --- end of given ---"

Function = ast.FunctionDef | ast.AsyncFunctionDef


def normalised(text: str) -> str:
    r"""A source without byte order mark and with ``\n`` at the end of its lines."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def parse(source: str) -> ast.Module:
    """The syntax tree of a source; a warning such as that of an invalid escape is not ours to give.

    Raises:
        SyntaxError: as ``compile`` would.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(normalised(source))


def public_api(source: str) -> dict[str, str]:
    """Public names and what they look like: signatures of functions, bases of classes."""
    found: dict[str, list[str]] = {}
    for name, node in public_definitions(parse(source).body):
        if isinstance(node, ast.ClassDef):
            bases = [*map(ast.unparse, node.bases), *map(ast.unparse, node.keywords)]
            looks = f"class({', '.join(bases)})"
        else:
            decorators = " ".join("@" + ast.unparse(each) for each in node.decorator_list)
            kind = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
            returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
            looks = f"{decorators} {kind}({ast.unparse(node.args)}){returns}".strip()
        found.setdefault(name, []).append(looks)
    return {name: "; ".join(each) for name, each in found.items()}


def documentation(source: str) -> dict[str, str]:
    """Docstrings of the module and of all public names."""
    tree = parse(source)
    found = {"<module>": ast.get_docstring(tree) or ""}
    for name, node in public_definitions(tree.body):
        found[name] = "\n\n".join(filter(None, [found.get(name, ""), ast.get_docstring(node) or ""]))
    return found


def function_bodies(source: str) -> dict[str, list[Function]]:
    """The public functions and methods that a learner has to write; a property has one body for each half."""
    given = given_lines(source)
    found: dict[str, list[Function]] = {}
    for name, node in public_definitions(parse(source).body):
        if isinstance(node, ast.ClassDef) or name == "main" or node.lineno in given or is_overload(node):
            continue
        found.setdefault(name, []).append(node)
    return found


def public_definitions(
    body: list[ast.stmt], owner: str = ""
) -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Public functions, classes and what is in these, qualified; also those under an ``if``."""
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and is_public(node.name):
            yield owner + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node.body, f"{owner}{node.name}.")
        for suite in suites(node):
            yield from public_definitions(suite, owner)


def suites(node: ast.stmt) -> list[list[ast.stmt]]:
    """The suites of ``if``, ``try``, ``with``, loops and ``match``: statements of the same scope."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return []
    parts = [node, *getattr(node, "handlers", []), *getattr(node, "cases", [])]
    found = [getattr(part, field, []) for part in parts for field in ("body", "orelse", "finalbody")]
    return [suite for suite in found if suite]


def is_type_checking(node: ast.AST) -> TypeGuard[ast.If]:
    """Whether a node is ``if TYPE_CHECKING:``."""
    return isinstance(node, ast.If) and ast.unparse(node.test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def is_public(name: str) -> bool:
    """Whether a name has no leading underscore, or is one of the language's own."""
    return not name.startswith("_") or (name.startswith("__") and name.endswith("__"))


def is_documented(node: ast.Module | ast.ClassDef | Function) -> bool:
    """Whether it has a docstring, be it an empty one."""
    return ast.get_docstring(node, clean=False) is not None


def is_overload(node: Function) -> bool:
    """Whether it is only one signature of several, without a body of its own."""
    return any(ast.unparse(each) in ("overload", "typing.overload") for each in node.decorator_list)


def is_todo(node: Function) -> bool:
    """Whether a body is the stub's ``raise NotImplementedError``."""
    body = node.body[1:] if is_documented(node) else node.body
    if len(body) != 1 or not isinstance(body[0], ast.Raise):
        return False
    raised = body[0].exc.func if isinstance(body[0].exc, ast.Call) else body[0].exc
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def given_lines(source: str) -> set[int]:
    """The lines of the given blocks, their marks included."""
    text = normalised(source)
    lines: set[int] = set()
    begin = 0
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type != tokenize.COMMENT or token.line.strip() != token.string:
            continue
        if token.string == GIVEN and not begin:
            begin = token.start[0]
        elif token.string == END_OF_GIVEN and begin:
            lines |= set(range(begin, token.start[0] + 1))
            begin = 0
    if begin:
        lines |= set(range(begin, text.count("\n") + 2))
    return lines


def names_used(tree: ast.Module) -> set[str]:
    """Every name that occurs in a source, also in ``__all__`` and in annotations that are texts."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, (ast.arg, ast.AnnAssign)) and node.annotation is not None:
            found |= _names_in_texts(node.annotation)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns is not None:
            found |= _names_in_texts(node.returns)
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(each, ast.Name) and each.id == "__all__" for each in targets):
                found |= {each.value for each in ast.walk(node) if _is_text(each)}  # type: ignore[attr-defined]
    return found


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _names_in_texts(annotation: ast.expr) -> set[str]:
    found = set()
    for node in ast.walk(annotation):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                inner = ast.parse(node.value.strip(), mode="eval").body
            except SyntaxError:
                continue  # a text in Literal[...] or Annotated[...]
            found |= {each.id for each in ast.walk(inner) if isinstance(each, ast.Name)}
            found |= _names_in_texts(inner) if not isinstance(inner, ast.Constant) else set()
    return found


def names_bound(tree: ast.Module) -> set[str]:
    """Every name that is given a value anywhere in a source."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.alias):
            found.add(node.asname or node.name.partition(".")[0])
        else:
            # Functions, classes, exception handlers, captures of a pattern, type parameters.
            found.add(str(getattr(node, "name", "")))
    return found
