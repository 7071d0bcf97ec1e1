"""Rewrites a module so that a hook runs before every access which another thread could observe.

The hooks are globals of the module, under names that no source text can spell:

    obj.x            @attr(obj, SITE).x             x = v   (rebindable)   x = @write(v, SITE)
    obj.x = v        @set(obj, SITE).x = v          ... x ...              x if @read(SITE) else x
    obj[k]           @item(obj, SITE)[k]            for / while body       @loop(SITE) as first statement
    obj[k] = v       @setitem(obj, SITE)[k] = v     comprehension          @loop(SITE) as first condition

Each hook returns its first argument (`@read` and `@loop` return True), so that the access itself is native:
name mangling, `super()`, properties and error messages are those of the original. So are all positions.

- `scopes` says which variables are rebindable; all others, plain locals among them, are never hooked. Nor are
  the attributes of a name that only `import` binds: a module's functions do not change.
- `obj.x += v` becomes a load, the in-place operation on a temporary, and a store. A class body keeps it whole
  with the load hook only: its namespace may be any mapping, which would see the temporary.
- Where an operand that can be preempted follows the hook of its container, as in `self.log.append(self.n)`
  or `self.slots[self.n]`, the last operand passes through one more `@attr`, so that a preemption fits between
  the operand and the access. That site is a "load" named "()" or "[]". The access itself has the name of the
  attribute or variable, or the text of the subscript as far as it is plain.
- Binding by `for`, `with`, `import`, `except`, `match` or `def`, and `del x`, has no hook of its own;
  unpacking has one per rebindable name, all before the first store.
- A program can still tell by its `globals()`, by `locals()` inside the `v` of `obj.x += v`, by byte code, by
  `__static_attributes__`, and by the depth of its stack: a hook takes a frame, that statement a nested block.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from itertools import pairwise
from types import CodeType
from typing import Any

from dojo.simulator.scopes import Comprehension, Loop, NameFinder, Scope, Walker

HOOKS = ("@attr", "@set", "@item", "@setitem", "@read", "@write", "@loop")


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


def instrument(source: str | ast.Module, filename: str, first_site: int = 0) -> Instrumented:
    """Compile `source` with hooks; the number of a site is `first_site` plus its place in `sites`.

    A tree is used up.
    """
    tree = ast.parse(source, filename) if isinstance(source, str) else source
    finder = NameFinder(tree)
    finder.generic_visit(tree)
    finder.connect()
    rewriter = _Rewriter(finder, first_site)
    rewriter.generic_visit(tree)
    code = compile(ast.fix_missing_locations(tree), filename, "exec", dont_inherit=True)
    return Instrumented(code, tuple(rewriter.sites))


class _Rewriter(Walker):
    """Second pass: puts the hooks in."""

    def __init__(self, finder: NameFinder, first_site: int) -> None:
        self.scope = finder.scope
        self.finder, self.first_site = finder, first_site
        self.sites: list[Site] = []
        self.paths: dict[ast.AST, str] = {}  # expressions that are modules
        self.activity = 0  # counts what lets another thread run, to tell whether a piece of code does

    def enter(self, node: ast.AST) -> Scope:
        if isinstance(node, Comprehension):
            for clause in node.generators:  # before the filters, which may be false for ever
                clause.ifs.insert(0, self.hook("@loop", clause.target, "loop", ""))
        return self.finder.scopes[node]

    def hook(self, hook: str, node: Any, kind: str, name: str, *passed: ast.expr) -> ast.expr:
        """A call of `hook`, at the position of `node`."""
        self.activity += 1
        index = self.first_site + len(self.sites)
        function = self.scope.qualname or "<module>"
        self.sites.append(Site(index, node.lineno, node.col_offset, kind, name, function))
        call = ast.Call(ast.Name(hook, ast.Load()), [*passed, ast.Constant(index)], [])
        return ast.copy_location(call, node)

    def pause(self, operand: ast.expr, node: ast.expr, name: str) -> ast.expr:
        """`operand` with a preemption point once it is evaluated."""
        match operand:
            case ast.Starred():
                operand.value = self.pause(operand.value, node, name)
            case ast.Slice():
                operand.step = self.pause(operand.step or ast.Constant(None), node, name)
            case ast.Tuple() if any(isinstance(part, ast.Slice) for part in operand.elts):
                operand.elts[-1] = self.pause(operand.elts[-1], node, name)
            case _:
                return self.hook("@attr", node, "load", name, operand)
        return operand

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if not isinstance(node.ctx, ast.Load):
            return node
        if self.scope.rebindable(node.id):
            test = self.hook("@read", node, "read", node.id)
            return ast.copy_location(ast.IfExp(test, node, node), node)
        top, name = self.finder.scope, node.id
        if name in self.finder.modules and self.scope.owner(name) is top and top.names[name].only_imported:
            self.paths[node] = name
        return node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        node.value = self.visit(node.value)
        hook, kind = ("@attr", "load") if isinstance(node.ctx, ast.Load) else ("@set", "store")
        if kind == "store" or node.value not in self.paths:
            node.value = self.hook(hook, node, kind, node.attr, node.value)
        elif (path := f"{self.paths[node.value]}.{node.attr}") in self.finder.modules:
            self.paths[node] = path
        return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        name = _text(node)
        node.value = self.visit(node.value)
        hook, kind = ("@item", "getitem") if isinstance(node.ctx, ast.Load) else ("@setitem", "setitem")
        node.value = self.hook(hook, node, kind, name, node.value)
        before = self.activity
        node.slice = self.visit(node.slice)
        if self.activity != before:
            node.slice = self.pause(node.slice, node, "[]")
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        builtin = isinstance(node.func, ast.Name) and node.func.id not in self.scope.owner(node.func.id).names
        moments = [self.activity]
        node.func = self.visit(node.func)
        moments.append(self.activity)
        for index, argument in enumerate(node.args):
            node.args[index] = self.visit(argument)
            moments.append(self.activity)
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
            moments.append(self.activity)
        if sum(before != after for before, after in pairwise(moments)) > 1:
            if node.keywords:
                node.keywords[-1].value = self.pause(node.keywords[-1].value, node, "()")
            else:
                node.args[-1] = self.pause(node.args[-1], node, "()")
        self.activity += not builtin
        return node

    def visit_suspension(self, node: ast.Await | ast.Yield | ast.YieldFrom) -> Any:
        self.activity += 1
        return self.generic_visit(node)

    visit_Await = visit_Yield = visit_YieldFrom = visit_suspension

    def visit_later(self, node: Any) -> Any:
        """What a lambda or generator does, it does not do here."""
        visit: Any = self.visit_function if isinstance(node, ast.Lambda) else self.visit_comprehension_of
        before = self.activity
        visit(node)
        self.activity = before
        return node

    visit_Lambda = visit_GeneratorExp = visit_later

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        before = len(self.sites)
        super().visit_ClassDef(node)
        if len(self.sites) > before:
            # The namespace of a class body may be any mapping, which must not be asked for the hooks.
            start = 0 if ast.get_docstring(node, clean=False) is None else 1
            node.body.insert(start, ast.copy_location(ast.Global(list(HOOKS)), node))
        return node

    def written(self, target: ast.expr, value: ast.expr) -> ast.expr:
        """`value` with a hook for every rebindable name in `target`."""
        match target:
            case ast.Name() if self.scope.rebindable(target.id):
                return self.hook("@write", target, "write", target.id, value)
            case ast.Starred():
                return self.written(target.value, value)
            case ast.Tuple() | ast.List():
                for part in target.elts:
                    value = self.written(part, value)
        return value

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        node.value = self.visit(node.value)
        node.targets = self.each(node.targets)
        for target in node.targets:
            node.value = self.written(target, node.value)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        if node.value:
            node.value = self.written(node.target, self.visit(node.value))
            node.target = self.visit(node.target)
        elif not isinstance(node.target, ast.Name):  # evaluated, but not stored to
            self.generic_visit(node.target)
        return node

    def visit_NamedExpr(self, node: ast.NamedExpr) -> ast.AST:
        node.value = self.written(node.target, self.visit(node.value))
        return node

    def visit_loop(self, node: Loop) -> ast.AST:
        before = self.hook("@loop", node, "loop", "")
        self.generic_visit(node)
        node.body.insert(0, ast.copy_location(ast.Expr(before), node))
        return node

    visit_For = visit_AsyncFor = visit_While = visit_loop

    def visit_AugAssign(self, node: ast.AugAssign) -> Any:
        target, in_class = node.target, self.scope.kind is ast.ClassDef
        if isinstance(target, ast.Name) and (in_class or not self.scope.rebindable(target.id)):
            return self.generic_visit(node)
        if in_class:
            target.ctx = ast.Load()
            self.visit(target).ctx = ast.Store()
            node.value = self.visit(node.value)
            return node
        steps: list[ast.stmt] = []
        load: ast.expr
        match target:
            case ast.Name():
                load = self.visit(ast.copy_location(ast.Name(target.id, ast.Load()), target))
            case ast.Attribute():
                held = _hold(self.visit(target.value), steps)
                hooked = self.hook("@attr", target, "load", target.attr, held)
                load = ast.Attribute(hooked, target.attr, ast.Load())
            case ast.Subscript():
                name = _text(target)
                held = _hold(self.visit(target.value), steps)
                key = _hold(self.visit(target.slice), steps)
                hooked = self.hook("@item", target, "getitem", name, held)
                load = ast.Subscript(hooked, key, ast.Load())
        result = _hold(ast.copy_location(load, target), steps)
        temporaries = [f"@{number + 1}" for number in range(len(steps))]
        steps.append(ast.AugAssign(ast.Name(temporaries[-1], ast.Store()), node.op, self.visit(node.value)))
        match target:
            case ast.Name():
                result = self.written(target, result)
            case ast.Attribute():
                target.value = self.hook("@set", target, "store", target.attr, held)
            case ast.Subscript():
                target.value = self.hook("@setitem", target, "setitem", name, held)
                target.slice = key
        steps.append(ast.Assign([target], result))
        clear = ast.Assign([ast.Name(name, ast.Store()) for name in temporaries], ast.Constant(None))
        delete = ast.Delete([ast.Name(name, ast.Del()) for name in temporaries])
        whole = ast.Try(steps, [], [], [delete])
        return [ast.copy_location(clear, node), ast.copy_location(whole, node)]


def _text(node: ast.expr) -> str:
    """The source of a plain expression; "..." in place of what is not plain."""
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{_text(node.value)}.{node.attr}"
        case ast.Subscript():
            return f"{_text(node.value)}[{_text(node.slice)}]"
        case ast.Tuple():
            return ", ".join(map(_text, node.elts))
        case ast.Slice():
            return ":"
        case ast.Constant() if len(repr(node.value)) <= 20:
            return repr(node.value)
    return "..."


def _hold(value: ast.expr, steps: list[ast.stmt]) -> ast.expr:
    """An expression to use twice for `value`, which the statements added to `steps` evaluate once."""
    match value:
        case ast.Constant():
            return value
        case ast.Slice():
            parts = [part and _hold(part, steps) for part in (value.lower, value.upper, value.step)]
            return ast.copy_location(ast.Slice(*parts), value)
        case ast.Starred():
            whole = ast.copy_location(ast.Tuple([value], ast.Load()), value)
            return ast.copy_location(ast.Starred(_hold(whole, steps), ast.Load()), value)
        case ast.Tuple() if any(isinstance(part, ast.Slice) for part in value.elts):
            elements = [_hold(part, steps) for part in value.elts]
            return ast.copy_location(ast.Tuple(elements, ast.Load()), value)
    name = f"@{len(steps) + 1}"
    steps.append(ast.copy_location(ast.Assign([ast.Name(name, ast.Store())], value), value))
    return ast.copy_location(ast.Name(name, ast.Load()), value)
