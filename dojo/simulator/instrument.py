"""Rewrites a module so that a hook runs before every access which another thread could observe.

The hooks are globals of the module, under names that no source text can spell:

    obj.x            @attr(obj, SITE).x                x = v   (rebindable)   x = @write(v, SITE)
    obj.x = v        @set(obj, SITE).x = v             ... x ...              x if @read(SITE) else x
    obj[k]           @item(obj, SITE)[k]               for / while body       @loop(SITE) as first statement
    obj[k] = v       @setitem(obj, SITE)[k] = v        comprehension clause   if @loop(SITE) as first condition

Each hook returns its first argument (`@read` and `@loop` return True), so that the access itself stays native:
name mangling, `super()`, properties and error messages are those of the original, and so are all positions.

- A variable is *rebindable* when one thread may bind it while another reads it: an inner function binds it by
  `global` or `nonlocal`, or uses it while its owner binds it repeatedly (for a local: or after the use). Other
  locals are never hooked. A wrong guess costs a hook or a preemption point, never the meaning of the program.
- `obj.x += v` becomes a load, the in-place operation on a temporary, and a store. A class body keeps it whole,
  with the load hook only: its namespace may be any mapping, which would see the temporary.
- Where an operand that can be preempted follows the hook of its container, as in `self.log.append(self.n)` or
  `self.slots[self.n]`, the last operand passes through one more `@attr`, so that a preemption fits between the
  operand and the access. That site is a "load" named "()" or "[]".
- Binding by `for`, `with`, `import`, `except`, `match` or `def`, and `del x`, has no hook of its own; unpacking
  has one per rebindable name before all of its stores.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from types import CodeType
from typing import Any

HOOKS = ("@attr", "@set", "@item", "@setitem", "@read", "@write", "@loop")

_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True, slots=True)
class Site:
    """One preemption point in the source."""

    index: int
    line: int
    column: int
    kind: str
    name: str
    function: str


@dataclass(frozen=True, slots=True)
class Instrumented:
    """A compiled module and its preemption points, in the order of their numbers."""

    code: CodeType
    sites: tuple[Site, ...]


def instrument(source: str, filename: str, first_site: int = 0) -> Instrumented:
    """Compile `source` with hooks; the number of a site is `first_site` plus its place in `sites`."""
    tree = ast.parse(source, filename)
    finder = _NameFinder(tree)
    finder.generic_visit(tree)
    finder.connect()
    rewriter = _Rewriter(finder, first_site)
    rewriter.generic_visit(tree)
    code = compile(ast.fix_missing_locations(tree), filename, "exec", dont_inherit=True)
    return Instrumented(code, tuple(rewriter.sites))


@dataclass(slots=True)
class _Variable:
    """What is known of one name in the scope that owns it."""

    times: int = 0
    assigned: bool = False  # by something other than def, class, import or a call's arguments
    imported: int = 0
    repeated: bool = False
    last: tuple[int, int] = (0, 0)
    captured: tuple[int, int] | None = None  # first use in a function that may run in another thread
    bound_elsewhere: bool = False


@dataclass(slots=True, eq=False)
class _Scope:
    kind: type[ast.AST]
    qualname: str
    parent: _Scope | None
    names: dict[str, _Variable] = field(default_factory=dict)
    uses: dict[str, tuple[int, int]] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)  # declared global or nonlocal
    declared_global: set[str] = field(default_factory=set)
    binds_foreign: set[str] = field(default_factory=set)
    loops: int = 0

    @property
    def frame(self) -> _Scope:
        """The scope whose thread runs this one: class bodies and comprehensions run where they stand."""
        scope = self
        while scope.parent and issubclass(scope.kind, ast.ClassDef | ast.ListComp | ast.SetComp | ast.DictComp):
            scope = scope.parent
        return scope

    def owner(self, name: str) -> _Scope:
        """The scope that `name` belongs to when used here."""
        scope = self
        while scope.parent and name not in scope.declared_global:
            if name in scope.names and (scope is self or scope.kind is not ast.ClassDef):
                return scope
            scope = scope.parent
        while scope.parent:
            scope = scope.parent
        return scope

    def rebindable(self, name: str) -> bool:
        owner = self.owner(name)
        variable = owner.names.get(name)
        if variable is None or variable.bound_elsewhere or variable.captured is None:
            return variable is not None and variable.bound_elsewhere
        # A module's constants often stand below the functions that use them, and are no race.
        late = owner.parent is not None and variable.last > variable.captured
        return variable.repeated or late or (variable.assigned and variable.times > 1)


class _Walker(ast.NodeTransformer):
    """Visits code in order of evaluation with its scope at hand; leaves annotations and type parameters alone."""

    def __init__(self, scope: _Scope, scopes: dict[ast.AST, _Scope]) -> None:
        self.scope = scope
        self.scopes = scopes

    @contextmanager
    def inside(self, node: ast.AST) -> Iterator[None]:
        outer, self.scope = self.scope, self.scopes[node]
        yield
        self.scope = outer

    def each(self, nodes: list[Any]) -> list[Any]:
        results = [self.visit(node) for node in nodes]
        return [part for result in results for part in (result if isinstance(result, list) else [result])]

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        return self.visit_function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> Any:
        return self.visit_function(node)

    def visit_Lambda(self, node: ast.Lambda) -> Any:
        return self.visit_function(node)

    def visit_function(self, node: _Function) -> Any:
        if not isinstance(node, ast.Lambda):
            node.decorator_list = self.each(node.decorator_list)
        node.args.defaults = self.each(node.args.defaults)
        node.args.kw_defaults = [default and self.visit(default) for default in node.args.kw_defaults]
        with self.inside(node):
            if isinstance(node, ast.Lambda):
                node.body = self.visit(node.body)
            else:
                node.body = self.each(node.body)
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        node.decorator_list = self.each(node.decorator_list)
        node.bases = self.each(node.bases)
        node.keywords = self.each(node.keywords)
        with self.inside(node):
            node.body = self.each(node.body)
        return node

    def visit_ListComp(self, node: ast.ListComp) -> Any:
        return self.visit_comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> Any:
        return self.visit_comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> Any:
        return self.visit_comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> Any:
        return self.visit_comprehension(node)
