"""Checks which accesses get a hook, that it comes right before the access, and that nothing else changes."""

import asyncio
import inspect
import re
import sys
from random import Random
from types import SimpleNamespace

import pytest

from dojo.simulator.instrument import HOOKS, Instrumented, Site, instrument


def hooks_calling(instrumented: Instrumented, visit, first_site: int = 0) -> dict:
    """Hooks that do what they must and call `visit(site, passed value)`."""

    def with_value(value, site):
        visit(instrumented.sites[site - first_site], value)
        return value

    def without_value(site):
        visit(instrumented.sites[site - first_site], None)
        return True

    return {hook: without_value if hook in ("@read", "@loop") else with_value for hook in HOOKS}


def execute(source: str, visit=lambda site, value: None, **given_names) -> dict:
    """Run `source` instrumented, with `visit` called at every preemption point."""
    instrumented = instrument(source, "<snippet>")
    namespace = {"__name__": "snippet", **given_names, **hooks_calling(instrumented, visit)}
    exec(instrumented.code, namespace)
    return namespace


class Nothing:
    """A context manager, an asynchronous iterator and a coroutine's result, all of them empty-handed."""

    def __enter__(self):
        return 1

    def __exit__(self, *exception):
        return None

    async def __aiter__(self):
        yield 1
        yield 2


def surroundings() -> dict:
    part = SimpleNamespace(x=1, k=abs)
    return {
        "o": SimpleNamespace(x=1, y=2, part=part, k=abs, same=lambda it: it, kind=Nothing, meta=type),
        "d": {0: 0, 1: 1, 2: 2, (1, 2): 3},
        "items": [3, 1, 2],
        "c": Nothing(),
        "run": asyncio.run,
    }


pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")


def shown(site: Site) -> str:
    return f"{site.kind} {'[]' if 'item' in site.kind else site.name}".rstrip()


BOUND = "n = 0\ndef bind():\n    global n\n    n = 1\n"

SITES = [
    ("o.x", "load x"),
    ("o.part.x", "load part, load x"),
    ("o.x = 1", "store x"),
    ("del o.x", "store x"),
    ("o.part.x = o.y", "load y, load part, store x"),
    ("d[0]", "getitem []"),
    ("d[0] = 1", "setitem []"),
    ("del d[0]", "setitem []"),
    ("items[1:]", "getitem []"),
    ("o.x, (d[0], *o.y) = 1, (2, 3)", "store x, setitem [], store y"),
    ("for o.x in [1, 2]: pass", "store x, loop, store x, loop"),
    ("for d[0] in [1]: pass", "setitem [], loop"),
    ("with c as o.x: pass", "store x"),
    ("async def f():\n    async for o.x in c: pass\nrun(f())", "store x, loop, store x, loop"),
    ("i = 2\nwhile i: i -= 1", "loop, loop"),
    ("for i in []: pass\nelse: o.x", "load x"),
    # Augmented assignment
    ("o.x += o.y", "load x, load y, store x"),
    ("o.part.x -= 1", "load part, load x, store x"),
    ("d[0] += d[1]", "getitem [], getitem [], setitem []"),
    ("d[o.x] += o.y", "load x, getitem [], load y, setitem []"),
    ("items[o.x:] += [1]", "load x, getitem [], setitem []"),
    ("def f():\n    i = 0\n    i += o.x\nf()", "load x"),
    ("class C:\n    o.x += o.y\n    d[0] += 1\n    i = 1\n    i += 1", "load x, load y, getitem []"),
    # Globals
    (BOUND + "n", "write n, read n"),
    (BOUND + "bind()\nn = n + 1", "write n, write n, read n, write n"),
    (BOUND + "n += 1", "write n, read n, write n"),
    (BOUND + "(n := n)", "write n, read n, write n"),
    (BOUND + "n: int = 2\nm: int = 2", "write n, write n"),
    (BOUND + "n = m = 2", "write n, write n"),
    (BOUND + "n, (m, *n) = 1, (2, 3)", "write n, write n, write n"),
    (BOUND + "del n\nbind()", "write n, write n"),
    (BOUND + "for n in [1]: n", "write n, loop, read n"),
    (BOUND + "with c as n: n", "write n, read n"),
    (BOUND + "import os as n\nn.sep", "write n, read n, load sep"),
    (BOUND + "def f(n): n\nf(1)", "write n"),
    (BOUND + "def f(): n\nf()", "write n, read n"),
    (BOUND + "class C:\n    n = 2\n    n\n    def f(self): n\nC().f()", "write n, load f, read n"),
    (BOUND + "class C:\n    global n\n    n = n", "write n, read n, write n"),
    (BOUND + "[n for n in [1]]", "write n, loop"),
    (BOUND + "[n for i in [n]]", "write n, read n, loop, read n"),
    (BOUND + "[n for n in [n]]", "write n, read n, loop"),
    (BOUND + "def f():\n    n = 5\n    def g():\n        global n\n        n\n    g()\nf()",
     "write n, read n"),
    (BOUND + "def f(i=n): i\nf()", "write n, read n"),
    (BOUND + "def f():\n    global n\n    def g(): n\n    g()\nf()", "write n, read n"),
    (BOUND + "def f():\n    global n\n    import os as n\n    n.sep\nf()", "write n, read n, load sep"),
    ("n = 0\ndef f(): n\nf()", ""),
    ("def f(): n\nn = 0\nf()", ""),
    ("n = 0\nn = 1\nn", ""),
    ("n = 0\ndef f(): n\nn = 1\nf()", "write n, write n, read n"),
    ("def f(): n\nfor i in [1]:\n    n = i\nf()", "loop, write n, read n"),
    ("try:\n    import nowhere\nexcept ImportError:\n    nowhere = None\ndef f(): nowhere\nf()",
     "write nowhere, read nowhere"),
    # Cells
    ("def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += 1\n    g()\nf()",
     "write n, read n, write n"),
    ("def f():\n    n = 0\n    def g():\n        nonlocal n\n    g()\n    n\nf()", ""),
    ("def f():\n    n = 0\n    return lambda: n\nf()()", ""),
    ("def f():\n    n = 0\n    n = 1\n    return lambda: n\nf()()", "write n, write n, read n"),
    ("def f():\n    n = 0\n    n = 1\n    return n\nf()", ""),
    ("def f():\n    g = lambda: n\n    n = 1\n    g()\nf()", "write n, read n"),
    ("def f():\n    g = lambda: g\n    g()\nf()", "write g, read g, read g"),
    ("def f():\n    for i in [1]:\n        g = lambda: i\n        g()\nf()", "loop, read i"),
    ("def f():\n    i = 1\n    while i:\n        i = 0\n        n = 5\n        (lambda: n)()\nf()",
     "loop, write n, read n"),
    ("def f(n):\n    return lambda: n\nf(1)()", ""),
    ("def f(n):\n    n = n\n    return lambda: n\nf(1)()", "read n, write n, read n"),
    ("def f():\n    def g(): return g\n    def h(): g\n    h()\nf()", ""),
    ("def f():\n    import os\n    return lambda: os\nf()()", ""),
    ("def f():\n    try: 1 / 0\n    except ZeroDivisionError as e: (lambda: e)()\nf()", "read e"),
    ("def f():\n    n = 0\n    del n\n    n = 1\n    return lambda: n\nf()()", "write n, write n, read n"),
    ("def f():\n    match 1:\n        case n: pass\n    n = 2\n    return lambda: n\nf()()",
     "write n, read n"),
    ("def f():\n    n = 0\n    n = 1\n    return [n for i in [1]]\nf()", "loop"),
    ("def f():\n    n = 0\n    n = 1\n    return list(n for i in [1])\nf()",
     "write n, write n, loop, read n"),
    ("def f():\n    [n := i for i in [1, 2]]\n    return lambda: n\nf()()",
     "loop, write n, loop, write n, read n"),
    ("def f():\n    any((n := i) for i in [1])\n    n\nf()", "loop, write n, read n"),
    ("def f():\n    n: int\n    def g():\n        nonlocal n\n        n = 1\n    g()\n    n\nf()",
     "write n, read n"),
    ("def f():\n    return [g() for g in [lambda: i for i in [1]]]\nf()", "loop, loop, read i"),
    ("def f():\n    return [j for i in [1] for j in [(lambda: i)()]]\nf()", "loop, read i, loop"),
    ("def f():\n    def g(): pass\n    def g(): pass\n    return lambda: g\nf()()", ""),
    ("n = 0\ndef f():\n    n: int\n    def g():\n        nonlocal n\n        n = 1\n    g()\nf()\nn",
     "write n"),
    # Comprehensions, lambdas, strings
    ("[i for i in [1, 2] if i > 5]", "loop, loop"),
    ("{i for i in [1]}, {i: 0 for i in [1]}", "loop, loop"),
    ("list(o.x for i in [1] for j in [o.y] if o.k)", "loop, load y, loop, load k, load x"),
    ("[1 for o.x in [1] if o.x]", "store x, loop, load x"),
    ("(lambda i=o.x: o.y)()", "load x, load y"),
    ("f'{o.x:{o.y}}'", "load x, load y"),
    # Modules
    ("import time\ntime.sleep", ""),
    ("import time as t, os.path\nt.sleep, os.sep, os.path.sep", ""),
    ("import os\nos.path.sep", "load sep"),
    ("import time\ntime.dojo = 1\ndel time.dojo", "store dojo, store dojo"),
    ("import os\nos = o\nos.x", "load x"),
    ("import os\ndef f(os): os.x\nf(o)", "load x"),
    ("import os\ndef f(): os.sep\nf()", ""),
    ("import os\ndef f():\n    import os.path\nos.path.sep", "load sep"),
    ("def f():\n    import os\n    os.sep\nf()", "load sep"),
    ("try:\n    import os as m\nexcept ImportError:\n    import time as m\nm.sep", ""),
    ("from os import path\npath.sep", "load sep"),
    # Left alone
    ("x: o.x = 1", ""),
    ("o.x: o.y = 1", "store x"),
    ("o.x: int", ""),
    ("o.part.x: int", "load part"),
    ("d[o.x]: int", "load x"),
    ("def f(a: o.x = o.y) -> o.x: pass", "load y"),
    ("match o.x:\n    case o.y: pass\n    case int(real=1) if o.y: pass", "load x, load y"),
    # Between an operand and the access it is for
    ("items.append(o.x)", "load append, load x, load ()"),
    ("items.append(1)", "load append"),
    ("items.append(len([1]))", "load append"),
    ("def f(): return 1\nitems.append(f())", "load append, load ()"),
    ("items.append(lambda: o.x)", "load append"),
    ("items.extend(i for i in [1])", "load extend, loop"),
    ("items.insert(o.x, 1)", "load insert, load x, load ()"),
    ("items.sort(key=o.k)", "load sort, load k, load ()"),
    ("print(*[o.x], sep=o.part.x and '')", "load x, load part, load x, load ()"),
    ("abs(o.x)", "load x"),
    ("max(o.x, o.y)", "load x, load y, load ()"),
    ("max(*[o.x], *[o.y])", "load x, load y, load ()"),
    ("d[o.x]", "getitem [], load x, load []"),
    ("d[o.x] = 1", "setitem [], load x, load []"),
    ("d[o.x, o.y]", "getitem [], load x, load y, load []"),
    ("d[abs(1)]", "getitem []"),
    ("items[o.x:o.y]", "getitem [], load x, load y, load []"),
    ("items[:o.x]", "getitem [], load x, load []"),
    ("async def g(): return 1\nasync def f(): d[await g()]\nrun(f())", "getitem [], load []"),
    ("def f(): items.append((yield))\nlist(f())", "load append, load ()"),
    # Classes
    ("@o.same\nclass C(o.kind, metaclass=o.meta): pass", "load same, load kind, load meta"),
    ("@o.same\ndef f(): pass", "load same"),
    ("class A:\n    def m(self): pass\nclass B(A):\n    def m(self): super().m()\nB().m()", "load m, load m"),
    ("class A:\n    def __init__(self): self.__x = 1\nA()", "store __x"),
]  # fmt: skip
if sys.version_info >= (3, 12):
    SITES.append(("type X = o.x\nX.__value__", "load __value__"))
    SITES.append(
        (
            "class C[T: o.x](o.kind):\n    def f[S: o.x](self): pass\nC.f.__type_params__[0].__bound__",
            "load kind, load f, load __type_params__, getitem [], load __bound__",
        )
    )


@pytest.mark.parametrize(("source", "expected"), SITES)
def test_sites_in_order_of_execution(source: str, expected: str) -> None:
    """Each construct passes exactly the expected preemption points, in the order of evaluation."""
    visited = []
    execute(source, lambda site, value: visited.append(shown(site)), **surroundings())
    assert ", ".join(visited) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("o.x", ["o"]),
        ("o.x = 7", ["o"]),
        ("d[0]", ["d"]),
        ("d[0] = 7", ["d"]),
        ("o.x += 7", ["o", "o"]),
        ("d[0] += 7", ["d", "d"]),
        (BOUND.replace("n = 0", "n = 7"), [7]),
        ("d[o.x]", ["d", "o", 1]),
        ("items.append(o.x)", ["items", "o", 1]),
    ],
)
def test_hooks_see_the_object_or_the_value(source: str, expected: list) -> None:
    """A hook is given the object that is accessed or the value that is written."""
    names = surroundings()
    passed = []
    execute(source, lambda site, value: passed.append(value), **names)
    assert len(passed) == len(expected)
    for value, name in zip(passed, expected):
        assert value is names.get(name, name)


@pytest.mark.parametrize(
    ("source", "at", "interruption", "result"),
    [
        ("out = o.x", "load x", "o.x = 'theirs'", "theirs"),
        ("o.x = 'mine'; out = vars(o)['x']", "store x", "o.x = 'theirs'", "mine"),
        ("out = d[0]", "getitem []", "d[0] = 'theirs'", "theirs"),
        ("out = d[o.x]", "load []", "o.x, d[1] = 2, 'theirs'", "theirs"),
        ("d[o.x] = 'mine'; out = d.copy()[1]", "load []", "o.x, d[1] = 2, 'theirs'", "mine"),
        ("items.append(o.x); out = items[-2:]", "load ()", "o.x = 2; items.append('theirs')", ["theirs", 1]),
        (BOUND + "out = n", "read n", "n = 'theirs'", "theirs"),
        (BOUND + "n = 'mine'; out = n", "write n", "n = 'theirs'", "mine"),
        ("o.x += 1; out = o.x", "load x", "o.x = 10", 11),
        ("o.x += 1; out = o.x", "store x", "o.x = 10", 2),
        ("d[1] += 1; out = d[1]", "getitem []", "d[1] = 10", 11),
        ("d[1] += 1; out = d[1]", "setitem []", "d[1] = 10", 2),
        (BOUND + "n += 1; out = n", "read n", "n = 10", 11),
        (BOUND + "n += 1; out = n", "write n", "n = 10", 1),
    ],
)
def test_preemption_right_before_the_access(source: str, at: str, interruption: str, result: object) -> None:
    """What another thread does at a point happens after the operands and before the access."""
    # The program's `n = 0` is itself a write: only what comes after the definitions is interrupted.
    first_line = source.count("\n") + 1
    pending = [interruption]

    def interrupt(site: Site, value: object) -> None:
        if pending and site.line == first_line and shown(site) == at:
            exec(pending.pop(), namespace)

    instrumented = instrument(source, "<snippet>")
    namespace = surroundings() | hooks_calling(instrumented, interrupt)
    exec(instrumented.code, namespace)
    assert not pending
    assert namespace["out"] == result


def test_infinite_comprehension_is_visited() -> None:
    """A comprehension whose filter is always false still passes a preemption point for each element."""

    class Enough(Exception):
        pass

    visits = []

    def visit(site: Site, value: object) -> None:
        visits.append(site)
        if len(visits) == 100:
            raise Enough

    with pytest.raises(Enough):
        execute("import itertools\n[i for i in itertools.count() if i < 0]", visit)
    assert {site.kind for site in visits} == {"loop"}


PLACES = """
n = 0
class Outer:
    class Inner:
        def method(self, d=[i for i in [n] if n]):
            n
            return [(lambda: n)() for i in {0: n}], self.method
    @staticmethod
    def static():
        global n
        n = 2
        async def later():
            return n, (lambda: n)(), {n: n for i in [1]}, list(n for i in [1])
        coroutine = later()
        try:
            coroutine.send(None)
        except StopIteration:
            pass
Outer.static()
Outer.Inner().method()
class Counter:
    global n
    n += 1
    Outer.n = [
        i
        for i in [n]
        if n
    ]
"""


def test_sites_say_where_they_are() -> None:
    """Line and function of a site are those of the frame that passes it; numbers are positions in `sites`."""
    instrumented = instrument(PLACES, "<snippet>", 1000)
    wrong, visited = [], []

    def visit(site: Site, value: object) -> None:
        frame = sys._getframe(2)
        # Comprehensions have frames of their own on some versions only.
        name = re.sub(r"<((list|set|dict)comp|genexpr)>\.?", "", frame.f_code.co_qualname)
        name = re.sub(r"(\.<locals>)?\.$", "", name) or "<module>"
        visited.append(site)
        if (frame.f_lineno, name) != (site.line, site.function):
            wrong.append((site, frame.f_lineno, name))

    exec(instrumented.code, {"__name__": "snippet", **hooks_calling(instrumented, visit, 1000)})
    assert not wrong
    assert [site.index for site in instrumented.sites] == list(range(1000, 1000 + len(instrumented.sites)))
    assert set(visited) == set(instrumented.sites)


def test_columns_of_sites() -> None:
    """Line and column of a site point at the expression that is accessed."""
    sites = instrument("\nf(1,\n  a.b[c], d[f(a), 'k', 1:])", "<snippet>").sites
    places = [(site.line, site.column, site.name) for site in sites]
    assert places == [(3, 2, "b"), (3, 2, "a.b[c]"), (3, 10, "d[..., 'k', :]"), (2, 0, "()")]


class Thing:
    """A symbolic value that notes all that is done to it; the names `bad`, `bad_load`, ... make that fail."""

    def __init__(self, notes: list, name: str) -> None:
        vars(self).update(_notes=notes, _name=name)

    def _do(self, action: str, name: str, result: str) -> "Thing":
        self._notes.append(action)
        if "bad" in name:
            raise ValueError(action)
        return Thing(self._notes, result)

    def __repr__(self):
        return self._name

    def __getattr__(self, key):
        if key.startswith("__"):
            raise AttributeError(key)
        return self._do(f"load {self}.{key}", key, f"{self}.{key}")

    def __setattr__(self, key, value):
        self._do(f"store {self}.{key} = {value}", key.replace("bad_store", "bad").replace("bad_load", ""), "")

    def __delattr__(self, key):
        self._do(f"del {self}.{key}", key, "")

    def __getitem__(self, key):
        return self._do(f"load {self}[{key}]", repr(key), f"{self}[{key}]")

    def __setitem__(self, key, value):
        self._do(f"store {self}[{key}] = {value}", repr(key), "")

    def __delitem__(self, key):
        self._do(f"del {self}[{key}]", repr(key), "")

    def __call__(self, *args, **kwargs):
        return self._do(f"call {self}{args}{kwargs}", repr((args, kwargs)), f"{self}({args}{kwargs})"[:80])

    def __iter__(self):
        self._do(f"iterate {self}", "", "")
        return iter([Thing(self._notes, f"{self}:{i}"[-80:]) for i in range(2)])

    def _operate(self, sign, other):
        return self._do(f"{self} {sign} {other}", repr(other), f"({self}{sign}{other})"[:80])

    def __add__(self, other):
        return self._operate("+", other)

    def __iadd__(self, other):
        return self._operate("+=", other)

    def __lt__(self, other):
        return len(self._operate("<", other)._name) % 2 == 0

    def __bool__(self):
        self._notes.append(f"truth of {self}")
        return len(self._name) % 2 == 0

    def __enter__(self):
        return self._do(f"enter {self}", self._name, f"<{self}>")

    def __exit__(self, kind, value, trace):
        self._do(f"exit {self} {kind}", "", "")

    def __await__(self):
        return iter([self._do(f"await {self}", self._name, f"awaited {self}")])


def outcome(source: str, hooked: bool) -> tuple:
    """All that can be seen of a run: notes, names left behind, the exception and where each frame stood."""
    hooks = {}
    if hooked:
        instrumented = instrument(source, "<program>")
        code, hooks = instrumented.code, hooks_calling(instrumented, lambda site, value: None)
    else:
        code = compile(source, "<program>", "exec", dont_inherit=True)
    notes: list = []
    things = {name: Thing(notes, name) for name in ("a", "b", "p", "q")}

    def drive(coroutine):
        while True:
            try:
                note("awaits", coroutine.send(None))
            except StopIteration as stop:
                return stop.value

    def note(*values):
        notes.append(" ".join(map(repr, values)))

    namespace = {"__name__": "__main__", "HOOKS": HOOKS, **things, "note": note, "drive": drive, **hooks}
    failure = None
    try:
        exec(code, namespace)
    except Exception as exception:
        failure = type(exception), str(exception), type(exception.__context__), places_of(exception)
    left = [item for item in namespace.items() if item[0] not in (*hooks, "__builtins__")]
    return without_addresses(notes), without_addresses(left), failure


def places_of(exception: BaseException) -> list:
    """Function, line and exact columns of each frame that the exception went through."""
    places = []
    trace = exception.__traceback__
    while trace:
        code = trace.tb_frame.f_code
        if code.co_filename == "<program>":
            position = list(code.co_positions())[trace.tb_lasti // 2]
            places.append((code.co_qualname, trace.tb_lineno, *position))
        trace = trace.tb_next
    return places


def without_addresses(values) -> list[str]:
    return [re.sub(r"0x[0-9a-f]+", "0x", str(value)) for value in values]


PROGRAMS = {
    "augmented assignment": """
        a.x += b.y
        a[p.k] += b[q]
        a[p.k:q.k:b] += b.z
        a[p.k:, ..., *q.k] += b.z
        a[()] += b; a[*p,] += b; a[p, q] += b
        p.x.y[q].z += (b.x, b.y)
        note(*sorted(name for name in vars() if "@" in name and name not in HOOKS))
        """,
    "augmented assignment in a function": """
        def f():
            a.x += b.y
            a[p.k] += b[q]
            a[p.k:q.k:b] += b.z
            note(locals())
            i = 1
            i += 1
            n = (a,)
            n += (b,)
            return locals()
        note(f())
        """,
    "augmented assignment in a class": """
        class C:
            a.x += b.y
            a[p.k] += b[q]
            i = 1
            i += 1
            global n
            n = a
            n += b
        note(C.i, sorted(vars(C)))
        """,
    "augmented assignment that yields": """
        def generate():
            a.x += yield 1
            a[(yield 2)] += yield 3
            note(locals())
        generator = generate()
        note([next(generator), generator.send(b), generator.send(p)])
        generator.close()
        async def f():
            a.x += await b
            a[await p] += await q
        drive(f())
        """,
    "augmented assignment of variables": """
        n = 1
        def f():
            global n, m
            n += 1
            def g():
                nonlocal_, k = 0, 5
                def h():
                    nonlocal k
                    k += n
                    k *= 2
                h()
                note(k)
                note(locals())
            g()
            m += 1
        n += 3
        note(n)
        f()
        """,
    "unbound local": """
        def f():
            def g():
                nonlocal k
                k += 1
            g()
            k = 0
        f()
        """,
    "unbound free variable": """
        def f():
            g = lambda: k
            g()
            k = 0
        f()
        """,
    "order of operands": """
        a.x, b[p.i], *p.z = (q.x, q.y, q.z)
        a.x = b.y = p[q] = a.z
        a.f(b.x, *[b.y], k=p.z, **{"l": q.x})
        a[b.f(p), q.x].g(1)[2] = a[b.x:p.y, q.z]
        del a.x, b[p.k], a[b.x:]
        note(a.x < b.y < p.z < q.z, a.x and b.y or p.z, not a, a.x if b.y else p.z)
        """,
    "loops": """
        for a.x, b[p.k] in [(1, 2), (3, 4)]:
            if a.y:
                continue
            b.z
        else:
            a.done
        i = 3
        while i:
            i -= 1
            if a[i]:
                break
        for i in a:
            note(i)
        """,
    "context managers": """
        with a.x as p.y, b[q] as p[q.x], a as (q.y):
            a.inside
        with a as b.x:
            with p.bad:
                pass
        """,
    "comprehensions": """
        note([i.x for i in a if i.y for j in b if j], {i: j for i in (1, 2) for j in [i]})
        note({*(i for i in (1,))})
        class C:
            n = [1, 2]
            m = [i for i in n]
            k = [(lambda: i)() for i in n if (lambda: i)()]
        note(C.m, C.k, sorted(vars(C)))
        def f():
            functions = [lambda: i for i in range(3)]
            total = 0
            found = any((hit := i) > 1 for i in range(5))
            sums = [total := total + i for i in range(4)]
            return [g() for g in functions], found, hit, sums, total
        note(f())
        n = 5
        def g():
            global n
            return [n := i for i in range(3)], [n for n in "ab"], n
        note(g(), n)
        """,
    "classes": """
        class A:
            'Docstring.'
            __slots__ = ("x", "__y", "__dict__")
            kind: "str" = "A"
            def __init__(self):
                self.x, self.__y = 1, 2
                self.__y += 1
                self.z: int = self.__y
            @property
            def y(self):
                return self.__y
            @y.setter
            def y(self, value):
                self.__y = value
            def who(self):
                return __class__, "A"
            @classmethod
            def make(cls):
                return cls()
        class B(A):
            def __init__(self):
                super().__init__()
                super(B, self).__init__()
            def who(self):
                return super().who(), __class__
            y = A.y
        b = B.make()
        b.y += 5
        note(b.y, b.who(), A.__doc__, sorted(vars(A)), sorted(vars(b)), A.__annotations__)
        b._A__y, b.__y
        """,
    "namespaces of classes": """
        import enum, dataclasses
        class Color(enum.Enum):
            RED = a.x is None
            GREEN = len([i for i in (1, 2)])
            def f(self):
                return self.value + 1
        class Counting(dict):
            def __missing__(self, key):
                if key == "red" or key.startswith("@"):
                    return key
                raise KeyError(key)
        class Meta(type):
            def __prepare__(name, bases):
                return Counting()
            def __new__(meta, name, bases, namespace):
                note(sorted(namespace))
                return super().__new__(meta, name, bases, dict(namespace))
        class C(metaclass=Meta):
            a.x += 1
            b[0] += 1
            first = red
            second = a.x and [i for i in (1,)]
            for i in [1, 2]:
                third = i
        @dataclasses.dataclass(order=True)
        class D:
            'Doc.'
            x: int = 1
            y: list = dataclasses.field(default_factory=lambda: [a.x])
        note(list(Color), Color.GREEN.f(), C.first, C.third, D(), sorted(vars(D)), D.__doc__)
        """,
    "matching": """
        class Point:
            __match_args__ = ("x", "y")
            ORIGIN = 0
            def __init__(self, x, y):
                self.x, self.y = x, y
        def f(value):
            match value:
                case Point(Point.ORIGIN, y) if y.z:
                    return "origin", y
                case Point(x=x, y=Point(z, _)):
                    return x, z
                case {"k": [1, *rest], **others}:
                    return rest, others
                case Point.ORIGIN | 5 as found:
                    return found
                case _:
                    return lambda: value
        note(f(Point(0, a)), f(Point(1, Point(2, 3))), f({"k": [1, 2], "l": 3}), f(5), f(6)())
        """,
    "exceptions": """
        def f():
            try:
                a.bad
            except ValueError as e:
                g = lambda: e
                note(g())
            try:
                g()
            except NameError as e:
                note(e)
            try:
                raise ExceptionGroup("g", [TypeError(1), ValueError(2)])
            except* TypeError as group:
                note(group.exceptions)
            except* ValueError as group:
                note(group.exceptions)
            finally:
                a.done
            return a.bad_load
        f()
        """,
    "coroutines": """
        class Numbers:
            def __init__(self): self.n = 0
            def __aiter__(self): return self
            async def __anext__(self):
                self.n += 1
                if self.n > 3:
                    raise StopAsyncIteration
                return await a
            async def __aenter__(self): return self.n
            async def __aexit__(self, *exception): note(exception)
        async def generate():
            async for i in Numbers():
                yield i
        async def f():
            async with Numbers() as b.x:
                note([i async for i in Numbers() if i], [i async for i in generate()])
            async for a.y in Numbers():
                pass
            return {i: await b async for i in Numbers()}
        note(drive(f()))
        """,
    "strings and defaults": """
        from __future__ import annotations
        'no docstring'
        def f(x: a.bad = a.x, *args: b.bad, y: a.bad = b[0], **kw) -> a.bad:
            'Doc.'
            z: a.bad = 1
            return f"{a.x!r:>{len(repr(p.y))}} {x=} {y.z = }", lambda i=a.y, *, j=b.y: (i, j)
        note(f(1), f.__annotations__, f.__doc__, f()[1]())
        """,
    "evaluated annotations": """
        x: a.x = b.y
        a.z: b.z = 1
        a.z: b.w
        a[p.k]: b
        (y): int = 1
        note(__annotations__)
        class C:
            z: a.zz = 1
        note(C.__annotations__)
        """,
    "imports": """
        try:
            import nowhere
        except ImportError:
            nowhere = None
        import os.path, os as system, collections.abc as abstract
        from string import *
        note(nowhere, os.path.sep, system.sep, abstract.Sized.__name__)
        def f():
            global os
            import os
            return os.sep, system.path.sep
        note(f())
        os.nothing
        """,
    "decorators": """
        @a.x(b.y)
        @p[q]
        class C(a.z and object, metaclass=b.m and type):
            @staticmethod
            def f():
                return 1
        @a.deco
        def g():
            pass
        note(C, g)
        """,
    "deleting": """
        n = 1
        def f():
            global n
            del n
            k = 1
            def g():
                nonlocal k
                del k
            g()
            k
        f()
        """,
    "long statements": """
        def f():
            return (
                a
                .x
                .y(
                    b.z,
                    p
                    .bad_load,
                )
            )
        f()
        """,
}  # fmt: skip

ENDS_IN_AN_ERROR = {
    "augmented assignment of variables", "unbound local",
    "unbound free variable", "context managers", "classes",
    "exceptions", "imports", "deleting", "long statements",
}  # fmt: skip
FAILURES = [
    "bad", "a.bad", "a.x.bad", "a.x.bad.y",
    "a[b.bad]", "a['bad']", "a[b.x]['bad']", "a.f(b.x, 'bad')", "a.f(\n b.bad)",
    "a.bad = b.x", "a.x = b.bad", "a['bad'] = b.x",
    "a[b.x] = b.bad", "del a.bad", "del a['bad']", "a, b.bad = p, q",
    "a.bad += b.x", "a.x += b.bad", "a.x += 'bad'",
    "a.bad_store += b.x", "a.bad.x += b.x", "a.x += (\n  b.bad\n)",
    "a['bad'] += b.x", "a[b.bad] += b.x", "a[b.x] += 'bad'",
    "a[b.bad:] += 1", "a[:, *b.bad] += 1", "a[p] += b.bad",
    "n += 'bad'", "n += a.bad", "n = a.bad", "m += 1", "n < 'bad'", "n.bad", "(n := a.bad)", "n[b.bad] += 1",
    "for a.bad in [1]: pass", "[i for i in a.bad]", "[i.bad for i in a]", "[i for i in a if i.bad]",
    "while a.bad: pass", "for i in a:\n  i.bad",
    "with a.bad: pass", "with a as b.bad: pass", "assert a.bad, b.x",
    "match a.bad:\n case _: pass", "f'{a.x}{b.bad}'", "lambda: a.bad", "(lambda: a.bad)()", "raise a.bad",
    "x: int = a.bad", "a.bad: int = b.x", "import os\nos.bad",
    "import nowhere", "[].x", "None.x += 1", "().x = 1",
    "()[0]", "()[0] += 1", "()[0] = a.x", "a.x, b.y = 1", "1()", "a.x(**b.y)", "(1).append(a.x)", "None[a.x]",
]  # fmt: skip
FRAMES = {
    "module": "n = a\ndef bind():\n    global n\n    n = b\n{0}",
    "function": "def f():\n    n = a\n    def bind():\n        nonlocal n\n        n = b\n    try:\n{2}\n"
    "    finally:\n        note(sorted(locals()))\nf()",
    "class": "class C:\n    n = a\n    try:\n{2}\n    finally:\n        note(sorted(vars()))",
    "generator": "n = a\nasync def f():\n    global n\n    yield 0\n{1}\nasync def g():\n"
    "    async for i in f(): pass\ndrive(g())",
}  # fmt: skip
if sys.version_info >= (3, 12):
    PROGRAMS["type parameters"] = """
        class Box[T: a.bad](list[T]):
            kind: T
            items: "list[T]" = []
            def get[S: (a.bad, b.bad)](self, other: S = a.x) -> T:
                return self.items, super().__len__(), (lambda: T)()
            type Pair = tuple[T, a.bad]
        type Lazy[T] = dict[a.bad, T]
        def f[T](x: T = b.y, *, y: T = a[0]) -> T:
            return x, T, f"{x!r:{"<"}{10}} {'x'}"
        note(Box[int]([1]).get(2), Box.__type_params__, Lazy.__name__, f(), sorted(vars(Box)))
        """
if sys.version_info >= (3, 14):
    PROGRAMS["template strings"] = """
        t = t"{a.x!r:>{b.y}} {p.z}"
        note([(i.value, i.expression, i.conversion, i.format_spec) for i in t.interpolations], t.strings)
        """
    evaluated = "evaluated annotations"  # when they are asked for, from now on
    PROGRAMS[evaluated] = PROGRAMS[evaluated].replace("note(__annotations__)", "note(__annotate__(1))")
if sys.version_info >= (3, 15):
    PROGRAMS["unpacking in comprehensions"] = """
        lists = [[a.x], [b.y, p.z]]
        note([*each for each in lists if each[0]], sorted({*each for each in lists}, key=str))
        note({**{each[0]: p.k} for each in lists}, list(*each for each in [lists[:1]]), [*(a.x, each) for each in "ab"])
        note(tuple(*each for each in lists[:1]) if p.z else None)
        """
    PROGRAMS["lazy imports"] = """
        lazy import colorsys
        lazy from string import digits as d, hexdigits
        def f():
            return colorsys.rgb_to_hsv(0, 0, 1), d[3], a.x
        note("colorsys" in __import__("sys").modules, f(), "colorsys" in __import__("sys").modules)
        """


@pytest.mark.parametrize("program", PROGRAMS)
def test_same_behaviour(program: str) -> None:
    """A program does, leaves behind and raises the same, at the same positions, as without hooks."""
    source = inspect.cleandoc(PROGRAMS[program])
    plain = outcome(source, hooked=False)
    assert isinstance(plain[2], tuple) == (program in ENDS_IN_AN_ERROR), plain[2]
    assert outcome(source, hooked=True) == plain


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("source", FAILURES)
def test_same_traceback(source: str, frame: str) -> None:
    """Where an access fails, the exception, its traceback to the column, and the names left are the same."""
    depths = [source.replace("\n", "\n" + "    " * depth) for depth in range(3)]
    program = FRAMES[frame].format(*("    " * depth + text for depth, text in enumerate(depths)))
    plain = outcome(program, hooked=False)
    assert plain[2] or source.startswith("lambda"), "the program must fail"
    assert outcome(program, hooked=True) == plain


LEAVES = ["a", "b", "n", "n", "k", "local", "(7)", "p.bad", "f'{n.x}{local!r:>9}'"]
EXPRESSIONS = [
    "{}.x", "{}.y", "{}[{}]", "{}[{}:{}]",
    "{}[{}, *{}]", "{}({})", "{}.f({}, key={})", "({} + {})", "({}, {})",
    "(n := {})", "(local := {})", "[{} for i in a if {}]", "list({} for i in b)", "({} if {} else {})",
    "(lambda i={}: {})()",
]  # fmt: skip
TARGETS = ["n", "k", "local", "a.x", "{}.y", "a[{}]", "{}[{}:]", "{}.bad_store"]
SIMPLE = ["{}", "{target} = {}", "{target} += {}"]
COMPOUND = [
    ["if {}:", ...],
    ["for {target} in {}, 1:", ...],
    ["while {}:", ..., "    break"],
    ["try:", ..., "except ValueError as n:", "    note(n)", "finally:", "    k = a.done"],
    ["with a as {target}:", ...],
    ["def inner(a):", "    nonlocal k", "    global n", ..., "inner(b)"],
]


def random_expression(random: Random, depth: int = 3) -> str:
    """An expression over symbolic values, from attributes, subscripts, calls and comprehensions."""
    form = random.choice(EXPRESSIONS if depth else LEAVES)
    if depth == 0:
        return form
    return form.format(*(random_expression(random, random.randrange(depth)) for _ in range(form.count("{}"))))


def random_statements(random: Random, depth: int = 2) -> list[str]:
    """A few lines of statements, nested up to `depth`."""
    lines = []
    for _ in range(random.randint(1, 3)):
        form = random.choice(TARGETS)
        target = form.format(*(random_expression(random, 1) for _ in range(form.count("{}"))))
        for line in random.choice(COMPOUND) if depth and random.random() < 0.5 else [random.choice(SIMPLE)]:
            if line is ...:
                lines += ["    " + inner for inner in random_statements(random, depth - 1)]
            else:
                lines.append(line.replace("{target}", target.replace("{", "{{").replace("}", "}}")))
                lines[-1] = lines[-1].format(*[random_expression(random)] * lines[-1].count("{}"))
    return lines


@pytest.mark.parametrize("batch", range(10))
def test_same_behaviour_of_random_programs(batch: int) -> None:
    """Random programs do the same with and without hooks."""
    start = ["n = a", "def f(local):", "    global n", "    k = b"]
    start += ["    def bind():", "        nonlocal k", "        k = a"]
    for seed in range(batch * 40, batch * 40 + 40):
        lines = random_statements(Random(seed))
        source = "\n".join([*start, *("    " + line for line in lines), "f(p)"])
        assert outcome(source, hooked=True) == outcome(source, hooked=False), source


@pytest.mark.parametrize(
    "source",
    [
        "x = ", "return", "def f():\n  x = 1\n  global x", "nonlocal x", "def f(a, a): pass", "break",
        "a.b() = 1", "def f():\n  nonlocal x\n  x.y += 1", "class C:\n  await a.b", "f(a.b for a in c, 1)",
        "x.__debug__ = 1", "[x for a.y in (y := a.b)]", "[i := 0 for i in a.b]",
        "from __future__ import nothing", "del a.b()", "a.b\nfrom __future__ import annotations",
        "lambda: (yield a.b) = 1", "for x in y:\n  continue\nelse: break",
        "match a.b:\n  case x: pass\n  case y: pass", "def f():\n  x += 1\n  global x", "*a.b",
        "try: pass\nexcept: a\nexcept b: c", "class C:\n  [(x := i) for i in a.b]", "x = 1\n  y",
        "'\\N{nothing}'", "def f(x): global x",
    ],
)  # fmt: skip
def test_same_syntax_errors(source: str) -> None:
    """What does not compile raises the same SyntaxError at the same place."""
    with pytest.raises(SyntaxError) as expected:
        compile(source, "<program>", "exec", dont_inherit=True)
    with pytest.raises(SyntaxError) as raised:
        instrument(source, "<program>")
    assert type(raised.value) is type(expected.value)
    assert raised.value.args == expected.value.args


@pytest.mark.parametrize(
    "piece",
    [
        "a.b[c] += d.e(f.g)\n",
        "def f(): global n; n = n + 1\n",
        "class C:\n    def f(self): return [self.x for self.y in [1]]\n",
        "def f():\n  v = 0\n  def g():\n    nonlocal v\n    v += 1\n",
    ],
)
def test_linear_work(piece: str) -> None:
    """Four times the source takes four times the calls, and not the square of it."""

    def calls(source: str) -> int:
        count = 0

        def tally(frame, event, argument):
            nonlocal count
            count += 1

        sys.setprofile(tally)
        try:
            instrument(source, "<program>")
        finally:
            sys.setprofile(None)
        return count

    assert calls(piece * 400) < 4.2 * calls(piece * 100)


def test_too_deep_nesting() -> None:
    """Source nested too deeply for the interpreter raises RecursionError and nothing else."""
    with pytest.raises(RecursionError):
        instrument("a" + ".b" * 3000, "<program>")


def test_hooks_cannot_be_spelled() -> None:
    """No source text can use or bind the name of a hook or of a temporary."""
    for name in (*HOOKS, "@1"):
        assert not name.isidentifier()
