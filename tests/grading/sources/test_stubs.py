"""A stub keeps what a learner must know of its solution, and nothing of how that works."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dojo.grading.catalogue import ROOT
from dojo.grading.sources.stubs import (
    documentation,
    has_work,
    is_untouched,
    make_stub,
    public_api,
    unfinished,
)

SOLUTIONS = sorted(path for path in (ROOT / "solutions").rglob("*.py") if path.name != "__init__.py")
TODO = "# TODO: your code here"

# In every source below, what must not reach the stub has SECRET in it, and what must stay has KEEP in it.
TRICKY = {
    "decorators": '''
        import functools

        class Box:
            """A box."""

            @functools.cached_property
            def keep_size(self) -> int:
                """KEEP the size."""
                return SECRET

            @staticmethod
            @functools.lru_cache(
                maxsize=3,  # KEEP
            )
            def make() -> None:
                """KEEP."""
                SECRET()

            @_secret.decorate_SECRET
            @staticmethod
            def _private() -> None:
                SECRET()
        ''',
    "properties": '''
        class Box:
            """A box."""

            @property
            def size(self) -> int:
                """KEEP the size."""
                return self._SECRET

            @size.setter
            def size(self, KEEP: int) -> None:
                self._SECRET = KEEP

            @size.deleter
            def size(self) -> None:
                del self._SECRET
        ''',
    "async": '''
        class Box:
            """A box."""

            async def KEEP(self) -> None:
                """KEEP."""
                async with self._SECRET:
                    await SECRET

            async def __aenter__(self) -> None:
                await SECRET
        ''',
    "overloads": '''
        import typing
        from typing import overload

        @overload
        def get(KEEP_a: int) -> int: ...
        @typing.overload
        def get(KEEP_b: str) -> str: ...
        def get(KEEP_c):
            """KEEP."""
            return SECRET
        ''',
    "one-line bodies": '''
        class Box:
            """A box."""

            def __len__(self) -> int: return SECRET
            def __init__(self, KEEP: int = 1): self.x = SECRET; self.y = SECRET  # SECRET
            def both(self): """KEEP."""; return SECRET
            def rule(self): "KEEP"
            def slash(self): \\
                "KEEP"; return SECRET
        ''',
    "a docstring with code behind it": '''
        def keep():
            """KEEP
            more."""; secret = SECRET
            return secret
        ''',
    "a docstring in brackets": '''
        def keep():
            ("KEEP "
             "more KEEP")  # KEEP
            return SECRET
        ''',
    "signatures over several lines": '''
        class Box:
            """A box."""

            def __exit__(
                self,
                KEEP=lambda: {1: 2},
                *args: dict[str, int],
                **more,
            ):  # KEEP
                # SECRET
                return SECRET

            def __call__(
                self,
                KEEP=(
                    1,
                    2,
                ),
            ) -> dict[
                str, int
            ]:
                # SECRET
                return SECRET

            def __len__(self) -> (lambda: 3)():
                return SECRET
        ''',
    "nested classes": '''
        class Outer:
            """KEEP."""

            class Inner:
                """KEEP."""

                KEEP = 3
                _SECRET = 4

                def method(self):
                    """KEEP."""
                    def SECRET():
                        """SECRET."""
                    class Local_SECRET:
                        """SECRET."""
                    return SECRET

            class _Secret:
                """SECRET."""
        ''',
    "private things with comments": '''
        """KEEP."""

        KEEP = 1  # KEEP

        # SECRET: about the table


        # SECRET: more about the table

        _TABLE = {
            "SECRET": 1,
        }
        _table_SECRET: dict[str, int] = {}
        _TABLE["SECRET"] = 2
        _TABLE[Other] = SECRET
        _A_SECRET, _b = 1, 2
        _b += 1  # SECRET
        del _b

        # SECRET: a class
        @_SECRET
        class _Entry:
            # SECRET
            pass
            # SECRET

        def _help():
            return 1
            # SECRET: indented, so still of the function

        # KEEP: of what follows
        def keep():
            """KEEP."""
            # SECRET
            return 1
            # SECRET

            # SECRET

        # KEEP: at the end
        ''',
    "a comment of something else": '''
        #!/usr/bin/env KEEP

        # SECRET
        _SECRET = 0

        class Box:
            """A box."""

            # KEEP: belongs to the class

        _SECRET = 1
        ''',
    "given blocks": '''
        KEEP = 1  # --- given ---

        # SECRET
        _SECRET = 0

        # --- given ---

        _KEEP = 1

        # --- given ---

        def helper(value):
            return _KEEP

        class _Error(Exception):
            pass  # KEEP

        # --- end of given ---

        # SECRET

        _SECRET_2 = 2

        def keep():
            """KEEP: see # --- given --- above."""
            return SECRET

        class Box:
            """KEEP.

            # --- given ---
            """
            # --- given ---
            def _KEEP(self):
                return 1
            # --- end of given ---
            def _SECRET(self):
                return 1
        ''',
    "constants": '''
        KEEP: int = 1
        KEEP_TEXT = """
        # KEEP: no comment


        two blank lines and spaces at the end:{SPACES}
        """
        _SECRET = 1
        KEEP_LONG = (
            1,
            2,
        )
        __all__ = ["KEEP"]
        __version__ = "KEEP"
        ''',
    "a text that ends like a comment": '''
        KEEP = """
        # KEEP"""
        _SECRET = 2
        ''',
    "imports": '''
        from __future__ import annotations

        import concurrent.futures as KEEP_futures
        import concurrent.futures as SECRET_futures
        import secret_SECRET
        import keep_a.b, secret_c_SECRET.d as secret
        import typing as KEEP_typing
        from collections import deque, OrderedDict as SECRET
        from odd import keep_z, secret_z_SECRET  # because
        from keep_long_name_for_a_module import (
            secret_x_SECRET,
            keep_number_one_with_a_long_name_that_goes_on,
            keep_number_two_with_a_long_name_that_goes_on,
        )
        from . import KEEP_unused_from_the_start
        from KEEP import *

        def keep(a: KEEP_futures.Future, b: "deque[int]", c: keep_a.b.C = None) -> list["KEEP_typing.Any"]:
            """KEEP."""
            keep_number_one_with_a_long_name_that_goes_on: keep_number_two_with_a_long_name_that_goes_on
            SECRET(SECRET_futures, secret_SECRET, secret, secret_x_SECRET, secret_z_SECRET, deque, keep_z)

        def long(
            a: keep_number_one_with_a_long_name_that_goes_on,
            b: keep_number_two_with_a_long_name_that_goes_on,
            c: "dict[str, 'keep_z']",
        ):
            """KEEP."""
        ''',
    "imports for type checkers": '''
        from __future__ import annotations

        from typing import TYPE_CHECKING, Any

        if TYPE_CHECKING:
            from types import TracebackType as Secret_SECRET, FrameType as KEEP
            from .keep import Other

        if TYPE_CHECKING:
            from x import Gone_SECRET

        def keep(a: KEEP, b: 'Other') -> None:
            """KEEP."""
            secret: Secret_SECRET = 1
            more: Gone_SECRET | Any | Other = SECRET
        ''',
    "names that are listed in __all__": '''
        from keep import KEEP
        from secret import SECRET

        __all__ = ["KEEP"]
        __all__ += ["keep"]

        def keep():
            """KEEP."""
            return KEEP, SECRET
        ''',
    "definitions under conditions": '''
        import sys

        if sys.version_info > (3, 12):
            def keep():
                """KEEP."""
                return SECRET
        elif SECRET:
            _SECRET = 1
        else:
            _SECRET = 2

        if sys.KEEP:
            KEEP = 1
        else:
            _SECRET = 2

        try:
            _SECRET = 1
        except ImportError:
            _SECRET = 2
        finally:
            _SECRET = 3

        try:
            KEEP = 4
        except ImportError:
            # SECRET
            _SECRET = 5

        class Box:
            """A box."""

            if sys.KEEP:
                def keep(self):
                    """KEEP."""
                    return SECRET
            else:
                def keep(self):
                    """KEEP, but otherwise."""
                    return SECRET
        ''',
    "main": '''
        import time

        def keep():
            """KEEP."""
            return SECRET

        class main_:
            """KEEP."""

            def main(self):
                """KEEP, but it is a method."""
                return SECRET

        def main() -> None:
            """KEEP."""
            # KEEP
            print(time.time(), keep())  # KEEP


        if __name__ == "__main__":
            main()  # KEEP
        ''',
    "other letters": '''
        class Kö:
            """Ä KEEP."""

            def 名前(self, KEEP="ü"): "ä KEEP"; return "SECRET"
        ''',
    "separators that end no line": '''
        def keep():
            """KEEP \x0c \x1c \u2028 \x85 KEEP"""
            return "SECRET"
        \x0c
        def other():
            """KEEP."""
            return "SECRET"
        ''',
}  # fmt: skip


def source(name: str) -> str:
    """A tricky source without the indentation it has here."""
    return textwrap.dedent(TRICKY[name]).lstrip("\n").replace("{SPACES}", "   ")


def check(solution: str) -> str:
    """Make a stub and check all that is true of every stub."""
    stub = make_stub(solution)
    compile(stub, "stub", "exec", dont_inherit=True)
    assert public_api(stub) == public_api(solution)
    assert documentation(stub) == documentation(solution)
    assert make_stub(stub) == stub
    assert "\r" not in stub
    assert stub[:1].strip(), "no blank line at the top"
    for mark in ("# --- given ---", "# --- end of given ---"):
        assert stub.count(mark) == solution.count(mark)
    assert not has_work(stub)
    assert is_untouched(stub, stub)
    return stub


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("tabs", [False, True], ids=["spaces", "tabs"])
@pytest.mark.parametrize("name", TRICKY)
def test_a_stub_keeps_the_surface_and_nothing_else(name: str, tabs: bool, newline: str) -> None:
    """Whatever is to stay stays, no body gets through, and the stub of a stub is the same stub."""
    solution = source(name)
    if tabs:
        solution = "\n".join(with_unit(line, "\t") for line in solution.split("\n"))
    stub = check(solution.replace("\n", newline))
    assert "SECRET" not in stub
    assert stub.count("KEEP") >= solution.count("KEEP") - lost_in_bodies(solution)
    assert stub == check(solution), "the kind of line ends makes no difference"
    assert not tabs or "\t " not in stub, "what is new is indented like the rest"


def with_unit(line: str, unit: str) -> str:
    """A line with another unit of indentation than four spaces."""
    rest = line.lstrip(" ")
    return unit * ((len(line) - len(rest)) // 4) + rest


def lost_in_bodies(solution: str) -> int:
    """How often KEEP stands on a line that holds a SECRET too, where it may go."""
    return sum(line.count("KEEP") for line in solution.split("\n") if "SECRET" in line)


def test_what_goes_leaves_no_hole() -> None:
    """The whole of a stub, with its blank lines, as one reads it."""
    assert make_stub(source("private things with comments")) == textwrap.dedent(
        '''\
        """KEEP."""

        KEEP = 1  # KEEP


        # KEEP: of what follows
        def keep():
            """KEEP."""
            # TODO: your code here
            raise NotImplementedError

        # KEEP: at the end
        '''
    )


def test_an_emptied_branch_is_still_a_branch() -> None:
    """A branch that has lost everything holds ``pass``, an ``elif`` goes, and so does a statement without rest."""
    solution = """
        if a:
            _x = 1
        elif b:
            _x = 2
        else:
            X = 3
        if a:
            X = 1
        elif b:
            _x = 2
        else:
            _x = 3
        try:
            _x = 1
        except E:
            _x = 2
    """
    expected = """\
        if a:
            pass
        elif b:
            pass
        else:
            X = 3
        if a:
            X = 1
    """
    assert check(textwrap.dedent(solution)) == textwrap.dedent(expected)


def test_imports_are_rewritten_cleanly() -> None:
    """A partly used import keeps its used names, in lines that are not too long."""
    stub = make_stub(source("imports"))
    assert "import keep_a.b\n" in stub
    assert "from odd import keep_z  # because\n" in stub
    assert "from collections import deque\n" in stub
    assert "    keep_number_one_with_a_long_name_that_goes_on,\n" in stub
    assert max(map(len, stub.split("\n"))) <= 110
    assert "TYPE_CHECKING:\n    from types import FrameType as KEEP\n" in make_stub(
        source("imports for type checkers")
    )
    assert "    from .keep import Other\n" in make_stub(source("imports for type checkers"))
    only = 'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import x\ndef f():\n    """F."""\n    x: x\n'
    assert make_stub(only).startswith("def f"), "the condition goes with its last import"


@pytest.mark.parametrize("path", SOLUTIONS, ids=lambda path: path.stem)
def test_solutions_leak_nothing(path: object) -> None:
    """No line of a body or of a private helper of a reference solution stands in its stub."""
    solution = path.read_text("utf-8")  # type: ignore[attr-defined]
    stub = check(solution)
    removed, rest = split(solution)
    assert removed
    leaked = {line.strip() for line in stub.split("\n")} & (removed - rest)
    assert not {line for line in leaked if len(line) > 3}
    assert "def main() -> None:" in stub and ast.get_source_segment(solution, main_of(solution)) in stub  # type: ignore[operator]


def main_of(solution: str) -> ast.stmt:
    """The runnable example."""
    return next(node for node in ast.parse(solution).body if getattr(node, "name", "") == "main")


def split(solution: str) -> tuple[set[str], set[str]]:
    """The lines that a stub must not have, and all others."""
    lines = solution.split("\n")
    begin = lines.index("# --- given ---") if "# --- given ---" in lines else 0
    end = lines.index("# --- end of given ---") if begin else 0
    numbers: set[int] = set()

    def visit(body: list[ast.stmt]) -> None:
        for node in body:
            name = getattr(node, "name", "")
            if begin < node.lineno < end or name == "main":
                continue
            if name.startswith("_") and not name.endswith("__"):
                numbers.update(range(node.lineno, node.end_lineno + 1))
            elif isinstance(node, ast.ClassDef):
                visit(node.body)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                inner = node.body[1:] if ast.get_docstring(node) is not None else node.body
                if inner:
                    numbers.update(range(inner[0].lineno, node.end_lineno + 1))

    visit(ast.parse(solution).body)
    removed = {line.strip() for number, line in enumerate(lines, 1) if number in numbers}
    return removed, {line.strip() for number, line in enumerate(lines, 1) if number not in numbers}


# --- generated sources ---

BODIES = [
    ["return SECRET"],
    [
        "# SECRET",
        "x = SECRET",
        "",
        "",
        "if x:",
        "    # SECRET",
        "    return '''",
        "SECRET",
        "'''",
        "# SECRET",
    ],
    ["pass", "", "# SECRET", "    # SECRET"],
    ["def inner(SECRET):", "    'SECRET'", "yield from SECRET; SECRET()", "x = \\", "SECRET"],
]
DOCS = [
    ['"""KEEP."""'],
    ['"""KEEP', "", "", "", "    # KEEP  ", 'KEEP."""  # KEEP'],
    ["'KEEP'; SECRET()"],
    ["# SECRET", "r'''KEEP'''"],
]
HEADS = [
    ["def {}(self, KEEP):"],
    ["async def {}(", "    self,", "    KEEP={{1: lambda x: 2}},  # KEEP", ") -> 'KEEP':  # KEEP"],
    ["@property", "def {}(self, KEEP=[1:2][::1]): # KEEP".replace("[1:2][::1]", "'abc'[::1]")],
]
OTHERS = [
    ["KEEP = 1"],
    ["_secret = SECRET  # SECRET"],
    ["# SECRET", "", "_secret: int = (", "    SECRET", ")"],
    ["KEEP = '''", "# KEEP", "", "", "", "KEEP  '''"],
    ["if KEEP:", "    _secret = SECRET", "else:", "    KEEP = 2"],
    ["if 0:", "    _secret = SECRET"],
    ["", "", "", ""],
]
IMPORT = st.sampled_from([["import SECRET"], ["from a import KEEP, SECRET"], ["import SECRET.a, a.KEEP"]])
BLANKS = st.sampled_from([[], [""], ["", "", ""]])


def indented(lines: list[str]) -> list[str]:
    """The lines one level deeper, apart from those inside a text in quotes."""
    inside = False
    found = []
    for line in lines:
        found.append(line if inside or not line else f"    {line}")
        inside ^= (line.count("'''") + line.count('"""')) % 2 == 1
    return found


@st.composite
def functions(draw: st.DrawFn) -> list[str]:
    """A function or method, public, private or special."""
    number = draw(st.integers(0, 99))
    kind = draw(st.sampled_from(["keep_{}", "_SECRET_{}", "__keep_{}__"]))
    head, body = draw(st.sampled_from(HEADS)), draw(st.sampled_from(BODIES))
    doc = draw(st.sampled_from(DOCS))
    if kind == "__keep_{}__" and draw(st.booleans()):
        doc = []
    lines = [line.format(kind.format(number)) for line in head] + indented([*doc, *body])
    return [line.replace("KEEP", "SECRET") for line in lines] if kind == "_SECRET_{}" else lines


@st.composite
def classes(draw: st.DrawFn) -> list[str]:
    """A class with a docstring and some members."""
    members = draw(st.lists(st.one_of(functions(), st.sampled_from(OTHERS), BLANKS), max_size=4))
    name = f"Keep{draw(st.integers(0, 99))}"
    return [f"class {name}:", *indented(['"""KEEP."""', *(line for part in members for line in part)])]


@st.composite
def modules(draw: st.DrawFn) -> str:
    """A module in which SECRET must go and KEEP must stay."""
    parts = st.one_of(functions(), classes(), st.sampled_from(OTHERS), IMPORT, BLANKS)
    body = [line for part in draw(st.lists(parts, max_size=5)) for line in part]
    use = ['def use(x: "int"):', '    """KEEP."""', "    return SECRET"]
    unit = draw(st.sampled_from(["    ", "  ", "\t"]))
    lines = [with_unit(line, unit) for line in ['"""KEEP."""', *body, *use, ""]]
    return draw(st.sampled_from(["\n", "\r\n"])).join(lines)


@given(modules())
def test_every_stub_is_true_to_its_solution(solution: str) -> None:
    """The same for modules put together at random."""
    stub = check(solution)
    assert "SECRET" not in stub
    assert stub.count("KEEP") == solution.count("KEEP")


# --- what is refused ---

REFUSED = {
    "function": ("def f(): return 1", "f has no docstring"),
    "method": ('class A:\n    """A."""\n    def f(self): return 1', "A.f has no docstring"),
    "class": ("class A(Exception): pass", "A has no docstring"),
    "nested class": ('class A:\n    """A."""\n    class B: pass', "A.B has no docstring"),
    "function under a condition": ("if 1:\n    def f(): return 1", "f has no docstring"),
    "async": ("async def f(): return 1", "f has no docstring"),
    "comment for docstring": ("def f():\n    # F.\n    return 1", "f has no docstring"),
    "f-string for docstring": ("def f():\n    f'F.'\n    return 1", "f has no docstring"),
    "two statements on a line": ("x = 1; _y = 2", "line 1: put each statement on a line of its own"),
    "class body on the line": ('\nclass A: "A"; _y = 2', "line 2: put each statement"),
    "private and public at once": ("X, _y = 1, 2", "line 1: set public and private names in statements"),
    "private base": ('class _B: pass\nclass A(_B):\n    "A"', "the stub needs `_B`"),
    "private decorator": ('def _d(f): return f\n@_d\ndef f():\n    "F"', "the stub needs `_d`"),
    "private default": ('_X = 1\ndef f(x=_X):\n    "F"', "the stub needs `_X`"),
    "private annotation": ('_X = int\ndef f(x: "list[_X]"):\n    "F"', "the stub needs `_X`"),
    "private name in main": ('def _x(): pass\ndef main():\n    "M"\n    _x()', "the stub needs `_x`"),
    "private name in given": ("_x = 1\n# --- given ---\nY = _x\n# --- end of given ---", "needs `_x`"),
    "syntax error": ("def f(:", "invalid syntax"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_solution_that_makes_no_good_stub_is_refused(case: str) -> None:
    """A rule that is not stated, and a stub that could not work, are errors that name the place."""
    solution, message = REFUSED[case]
    with pytest.raises((ValueError, SyntaxError), match=message.replace(".", r"\.")):
        make_stub(solution)


# --- a learner's file against its stub ---

STUB = make_stub(
    textwrap.dedent(
        '''
        """A module."""

        # --- given ---


        class Given:
            """Given."""

            def helper(self):
                """Helps."""
                return 1


        # --- end of given ---


        class Box:
            """A box."""

            def __init__(self):
                self.x = 1

            @property
            def size(self):
                """Its size."""
                return 1

            @size.setter
            def size(self, value):
                self.x = value


        def make():
            """Make a box."""
            return Box()


        def main() -> None:
            """Show it."""
            print(make())
        '''
    )
)
BODY = f"    {TODO}\n    raise NotImplementedError"
SETTER = "def size(self, value):\n        "
BASE = "class _Base:\n    pass\n\n\nclass Box(_Base):\n    pass\n\n\n"
LATER = 'raise NotImplementedError("later")'
EDITS = {  # what was done: (the file, untouched, started)
    "nothing": (STUB, True, False),
    "line ends": (STUB.replace("\n", "\r\n"), True, False),
    "byte order mark": ("\ufeff" + STUB, True, False),
    "comment": (STUB.replace(TODO, "# some thoughts\n    # on it"), True, False),
    "comment at the end": (STUB + "# done\n", True, False),
    "blank lines": (STUB.replace("\n", "\n\n"), True, False),
    "docstring changed": (STUB.replace("Make a box", "Make it so"), True, False),
    "docstring gone": (STUB.replace('        """Its size."""\n', ""), True, False),
    "docstring added": (STUB.replace("__init__(self):", "__init__(self):\n        'Make it.'"), True, False),
    "private helper only": (STUB + "\n\ndef _help():\n    return 1\n", False, False),
    "public helper only": (STUB + "\n\ndef help():\n    return 1\n", False, False),
    "helper class only": (STUB + "\n\nclass _Box:\n    def size(self):\n        return 1\n", False, False),
    "import only": ("import threading\n" + STUB, False, False),
    "main only": (STUB.replace("print(make())", "print(1)"), False, False),
    "given only": (STUB.replace("return 1", "return 2"), False, False),
    "given without its marks": (STUB.replace("# --- given ---", ""), True, False),
    "text in the error": (STUB.replace("raise NotImplementedError", LATER), False, False),
    "function": (STUB.replace(BODY, "    return Box()"), False, True),
    "pass": (STUB.replace(BODY, "    pass"), False, True),
    "other error": (STUB.replace(BODY, "    raise ValueError('NotImplementedError')"), False, True),
    "step before the error": (STUB.replace(BODY, "    print(1)\n" + BODY), False, True),
    "half of a property": (STUB.replace(f"{SETTER}{TODO}", f"{SETTER}return\n        "), False, True),
    "alias": (STUB.replace(f'def make():\n    """Make a box."""\n{BODY}', "make = Box"), False, True),
    "base class": (STUB[: STUB.index("class Box")] + BASE + STUB[STUB.index("def make") :], False, True),
}


@pytest.mark.parametrize("case", EDITS)
def test_work_is_told_from_other_edits(case: str) -> None:
    """Comments and docstrings leave a stub untouched, helpers alone do not start it, one body does."""
    text, untouched, started = EDITS[case]
    assert (text == STUB) == (case == "nothing"), "the edit has found its place"
    assert is_untouched(text, STUB) is untouched
    assert (not unfinished(STUB) <= unfinished(text)) is started


def test_work_without_a_stub_to_compare() -> None:
    """Neither the given block nor ``main`` is the learner's work; a public body is."""
    assert not has_work(STUB)
    assert not has_work(EDITS["given only"][0])
    assert has_work(EDITS["function"][0])
    assert has_work(EDITS["half of a property"][0])
    assert unfinished(STUB) == {"Box.__init__", "Box.size", "make"}
