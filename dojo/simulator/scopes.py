"""Finds out which scope of a module owns each name, and which names another thread may rebind.

A variable is *rebindable* when one thread may bind it while another one reads it: an inner function binds it
by `global` or `nonlocal`, or uses it while its owner binds it repeatedly (for a local: or after that use).
Class bodies and comprehensions run in the thread they stand in and are no such inner function; a generator
may be run by anybody. Names are not mangled here: a wrong guess costs a hook or a preemption point, never the
meaning of the program, which is also why annotations and type parameters can be left out.
"""

# ruff: noqa: D102 - the methods of a visitor say by their names what they visit

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Loop = ast.For | ast.AsyncFor | ast.While
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_RunsInPlace = ast.ClassDef | ast.ListComp | ast.SetComp | ast.DictComp

_Position = tuple[int, int]


@dataclass(slots=True)
class Variable:
    """What is known of one name in the scope that owns it."""

    times: int = 0
    assigned: bool = False  # by something other than def, class, import or a call's arguments
    imported: int = 0
    repeated: bool = False
    last: _Position = (0, 0)
    captured: _Position | None = None  # first use in a function that may run in another thread
    bound_elsewhere: bool = False

    @property
    def only_imported(self) -> bool:
        return self.imported == self.times


@dataclass(slots=True, eq=False)
class Scope:
    """A module, class, function or comprehension with the names it binds and uses."""

    kind: type[ast.AST]
    qualname: str
    prefix: str  # of the qualified names of what is defined here
    parent: Scope | None
    names: dict[str, Variable] = field(default_factory=dict)
    uses: dict[str, _Position] = field(default_factory=dict)
    foreign: set[str] = field(default_factory=set)  # declared global or nonlocal
    declared_global: set[str] = field(default_factory=set)
    binds_foreign: set[str] = field(default_factory=set)
    loops: int = 0

    @property
    def frame(self) -> Scope:
        """The scope whose thread runs this one: class bodies and comprehensions run where they stand."""
        scope = self
        while scope.parent and issubclass(scope.kind, _RunsInPlace):
            scope = scope.parent
        return scope

    def owner(self, name: str) -> Scope:
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
        if variable is None or variable.bound_elsewhere:
            return variable is not None
        if variable.captured is None:
            return False
        # A module's constants often stand below the functions that use them, and are no race.
        late = owner.parent is not None and variable.last > variable.captured
        return variable.repeated or late or (variable.assigned and variable.times > 1)


class Walker(ast.NodeTransformer):
    """Visits code with its scope at hand; leaves annotations, patterns and type parameters alone."""

    scope: Scope

    def enter(self, node: ast.AST) -> Scope:
        raise NotImplementedError

    @contextmanager
    def inside(self, node: ast.AST) -> Iterator[None]:
        outer, self.scope = self.scope, self.enter(node)
        yield
        self.scope = outer

    def each(self, nodes: list[Any]) -> list[Any]:
        results = [self.visit(node) for node in nodes]
        return [part for result in results for part in (result if isinstance(result, list) else [result])]

    def visit_function(self, node: Function) -> ast.AST:
        if not isinstance(node, ast.Lambda):
            node.decorator_list = self.each(node.decorator_list)
        node.args.defaults = self.each(node.args.defaults)
        node.args.kw_defaults = [default and self.visit(default) for default in node.args.kw_defaults]
        with self.inside(node):
            node.body = self.visit(node.body) if isinstance(node, ast.Lambda) else self.each(node.body)
        return node

    visit_FunctionDef = visit_AsyncFunctionDef = visit_Lambda = visit_function

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.decorator_list = self.each(node.decorator_list)
        node.bases = self.each(node.bases)
        node.keywords = self.each(node.keywords)
        with self.inside(node):
            node.body = self.each(node.body)
        return node

    def visit_comprehension_of(self, node: Comprehension) -> ast.AST:
        first = node.generators[0]
        first.iter = self.visit(first.iter)
        with self.inside(node):
            for clause in node.generators:
                if clause is not first:
                    clause.iter = self.visit(clause.iter)
                clause.target = self.visit(clause.target)
                clause.ifs = self.each(clause.ifs)
            if isinstance(node, ast.DictComp):
                node.key = self.visit(node.key)
                node.value = node.value and self.visit(node.value)  # none in {**each for ...}, from 3.15 on
            else:
                node.elt = self.visit(node.elt)
        return node

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_comprehension_of

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        node.guard = node.guard and self.visit(node.guard)
        node.body = self.each(node.body)
        return node

    def visit_TypeAlias(self, node: ast.AST) -> ast.AST:
        return node


class NameFinder(Walker):
    """First pass: which scope owns each name, and what happens to it."""

    def __init__(self, tree: ast.Module) -> None:
        self.scope = Scope(ast.Module, "", "", None)
        self.scopes: dict[ast.AST, Scope] = {tree: self.scope}
        self.modules: set[str] = set()  # dotted paths that an import at module level makes modules
        self.bound_at = 0, 0  # the end of the assignment being visited

    def connect(self) -> None:
        """Tell each variable of its uses and bindings in other scopes, once all scopes are known."""
        for scope in self.scopes.values():
            for name, position in scope.uses.items():
                owner = scope.owner(name)
                variable = owner.names.get(name)
                if variable and owner.frame is not scope.frame:
                    variable.captured = min(position, variable.captured or position)
            for name in scope.binds_foreign:
                scope.owner(name).names.setdefault(name, Variable()).bound_elsewhere = True

    def enter(self, node: ast.AST) -> Scope:
        outer = self.scope
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                self.bind(name, assigned=False)
            case ast.Lambda():
                name = "<lambda>"
            case _:
                self.scopes[node] = Scope(type(node), outer.qualname, outer.prefix, outer, loops=1)
                return self.scopes[node]
        qualname = outer.prefix + name
        prefix = f"{qualname}." if isinstance(node, ast.ClassDef) else f"{qualname}.<locals>."
        scope = self.scopes[node] = Scope(type(node), qualname, prefix, outer)
        if not isinstance(node, ast.ClassDef):
            given = node.args
            for argument in (*given.posonlyargs, *given.args, given.vararg, *given.kwonlyargs, given.kwarg):
                if argument:
                    scope.names[argument.arg] = Variable(times=1)
        return scope

    def bind(
        self, name: str, at: _Position = (0, 0), *, assigned: bool = True, imported: int = 0, times: int = 1
    ) -> None:
        if name in self.scope.foreign:
            self.scope.binds_foreign.add(name)
            return
        variable = self.scope.names.setdefault(name, Variable())
        variable.times += times
        variable.imported += imported
        variable.assigned |= assigned
        variable.repeated |= self.scope.loops > 0
        variable.last = max(variable.last, at)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        position = node.lineno, node.col_offset
        if isinstance(node.ctx, ast.Load):
            self.scope.uses.setdefault(node.id, position)
        else:
            self.bind(node.id, max(position, self.bound_at))
        return node

    def visit_assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> ast.AST:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if node.value:
            # A function in the value captures the name before the name is bound.
            self.bound_at = node.end_lineno or 0, node.end_col_offset or 0
            self.visit(node.value)
            self.each(targets)
            self.bound_at = 0, 0
        elif isinstance(targets[0], ast.Name):  # an annotation alone declares a local, and binds nothing
            self.scope.names.setdefault(targets[0].id, Variable())
        return node

    visit_Assign = visit_AnnAssign = visit_AugAssign = visit_assignment

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.AST:
        node.value = self.visit(node.value)
        inner = self.scope
        while issubclass(self.scope.kind, Comprehension) and self.scope.parent:
            if self.scope.kind is ast.GeneratorExp:
                self.scope.binds_foreign.add(node.target.id)
            self.scope = self.scope.parent
        self.scope.loops += inner is not self.scope
        self.bind(node.target.id, (node.end_lineno or 0, node.end_col_offset or 0))
        self.scope.loops -= inner is not self.scope
        self.scope = inner
        return node

    def visit_loop(self, node: Loop) -> ast.AST:
        if not isinstance(node, ast.While):
            node.iter = self.visit(node.iter)
        self.scope.loops += 1
        if isinstance(node, ast.While):
            node.test = self.visit(node.test)
        else:
            node.target = self.visit(node.target)
        node.body = self.each(node.body)
        self.scope.loops -= 1
        node.orelse = self.each(node.orelse)
        return node

    visit_For = visit_AsyncFor = visit_While = visit_loop

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        if node.name:
            self.bind(node.name, times=2)  # bound, and deleted at the end
        return self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> ast.AST:
        for alias in node.names:
            parts = (alias.asname or alias.name).split(".")
            self.bind(parts[0], assigned=False, imported=1)
            if self.scope.parent is None:
                self.modules.update(".".join(parts[:length]) for length in range(1, len(parts) + 1))
        return node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        for alias in node.names:
            self.bind(alias.asname or alias.name, assigned=False)
        return node

    def visit_Global(self, node: ast.Global) -> ast.AST:
        if self.scope.parent:
            self.scope.foreign.update(node.names)
            self.scope.declared_global.update(node.names)
        return node

    def visit_Nonlocal(self, node: ast.Nonlocal) -> ast.AST:
        self.scope.foreign.update(node.names)
        return node

    def visit_match_case(self, node: ast.match_case) -> ast.AST:
        for part in ast.walk(node.pattern):
            match part:
                case ast.MatchAs(name=name) | ast.MatchStar(name=name) | ast.MatchMapping(rest=name) if name:
                    self.bind(name)
        return super().visit_match_case(node)
