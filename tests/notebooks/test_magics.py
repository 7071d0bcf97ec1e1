"""The magics: what they show, what they keep, and that no cell can harm the notebook."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from dojo.grading.catalogue import ROOT, load
from dojo.grading.mutants import load_mutants
from dojo.notebook.run import Raised, execute
from tests.notebooks.shell import Notebook

WAIT_GROUP = load()["wait_group"]
LOST_UPDATE = """
import threading

class Counter:
    def __init__(self):
        self.value = 0

    def add(self):
        self.value += 1

counter = Counter()
threads = [threading.Thread(target=counter.add, name=f"adder-{n}") for n in (1, 2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
"""


@pytest.fixture
def notebook() -> Iterator[Notebook]:
    opened = Notebook()
    yield opened
    opened.close()


# --- %%simulate --------------------------------------------------------------------------------------


def test_a_cell_shows_what_it_prints_and_its_value(notebook: Notebook) -> None:
    """Output, the value of the last line, how it ended, the virtual time that passed."""
    shown = notebook.run("%%simulate\nimport time\nprint('  hello')\ntime.sleep(2.5)\n6 * 7")
    assert shown.text.splitlines() == ["  hello", "42", "finished   2.5 s of virtual time, 1 thread"]
    assert not shown.errors


def test_lines_are_numbered_as_in_the_editor(notebook: Notebook) -> None:
    """The magic stands in line 1."""
    assert "at cell:3" in notebook.run("%%simulate\nx = 1\n1 / 0").text
    shown = notebook.run("%%simulate\nx = 1\ndef f(:\n    pass").text
    assert "syntax error" in shown and "cell:3" in shown


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("while True:\n    pass", "endless loop"),
        ("import sys\nsys.exit(3)", "asked the interpreter to exit"),
        ("exit()", "asked the interpreter to exit"),
        ("import os\nos._exit(1)", "'os' is not among the modules"),
        ("def f():\n    return f()\nf()", "RecursionError"),
        ("import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()", "deadlock"),
        ("import threading, time\nthreading.Thread(target=time.sleep, args=(1,)).start()", "leaked thread"),
        (
            "import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start()\nt.join()",
            "ZeroDivisionError",
        ),
        ("from solutions.concurrency.wait_grup import WaitGroup", "there is no kata 'wait_grup'"),
        ("assert 1 + 1 == 3", "assertion failed   assert 1 + 1 == 3"),
        ("class Silly:\n    pass\nprint(Silly())", "<kata.Silly object>"),  # and no address
    ],
)
def test_whatever_a_cell_does_is_told(notebook: Notebook, code: str, expected: str) -> None:
    """One clear message, no traceback of ours, and the notebook goes on."""
    shown = notebook.run(f"%%simulate\n{code}")
    assert expected in shown.text
    assert "Traceback" not in shown.text + shown.errors
    assert notebook.run("%%simulate\n1 + 1").text.startswith("2")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "import itertools\nsum(itertools.count())",
            "  STOP  the code ran for seconds without reaching a step",
        ),
        (
            "x = []\nwhile True:\n    x.append('x' * 10**6)",
            "  STOP  the code used more memory than a cell may",
        ),
    ],
)
def test_what_the_simulator_cannot_stop_is_killed(notebook: Notebook, code: str, expected: str) -> None:
    """In words that fit a cell."""
    assert expected in notebook.run(f"%%simulate\n{code}").text.splitlines()


def test_huge_output_is_cut(notebook: Notebook) -> None:
    """A notebook that prints a million characters stays a notebook."""
    shown = notebook.run("%%simulate\nprint('x' * 1_000_000)\nfor n in range(5):\n    print(n)")
    assert len(shown.text) < 8_000 and len(shown.html) < 12_000
    assert "more lines, 934,475 characters dropped" in shown.text


def test_many_schedules_are_counted(notebook: Notebook) -> None:
    """A table of results; without an assertion none is a failure."""
    shown = notebook.run(
        f"%%simulate --schedules 100 --into found{LOST_UPDATE}print(counter.value)\ncounter.value"
    )
    found = notebook.shell.user_ns["found"]
    assert {each["value"] for each in found} == {1, 2} and sum(each["schedules"] for each in found) == 100
    for each in found:
        assert each["ended"] == "finished" and each["printed"] == f"{each['value']}\n"
        assert re.search(rf"^ +{each['schedules']}  finished +{each['value']}$", shown.text, re.MULTILINE)
    assert "smallest" not in shown.text


def test_the_smallest_failing_interleaving_is_told(notebook: Notebook) -> None:
    """One preemption, at the line where it bites; the picture comes only when it is wanted."""
    shown = notebook.run(f"%%simulate --schedules 100{LOST_UPDATE}assert counter.value == 2")
    assert "ends in 'assertion failed', 1 preemption" in shown.text
    assert "100 interleavings explored" in shown.text  # and not only those up to the first failure
    assert re.search(r"self.value \+= 1  <- preempted here +cell:9", shown.text)
    assert shown.kinds == ["text/html"]
    drawn = notebook.run(f"%%simulate --schedules 100 --timeline{LOST_UPDATE}assert counter.value == 2")
    assert drawn.kinds == ["text/html", "image/svg+xml", "text/html", "text/html"]
    assert "<iframe" in drawn.html and "adder-1 is interrupted at line 9" in drawn.text


def test_all_interleavings_are_all(notebook: Notebook) -> None:
    """Where they are few, none is left out, and that is said."""
    code = "import threading\nt = threading.Thread(target=print, args=('t',))\nt.start()\nprint('main')\nt.join()"
    shown = notebook.run(f"%%simulate --schedules 500\n{code}").text
    assert "all interleavings there are" in shown and "500" not in shown


def test_every_run_is_the_same(notebook: Notebook) -> None:
    """Twice the same, to the byte."""
    cell = f"%%simulate --schedules 150 --timeline{LOST_UPDATE}assert counter.value == 2"
    assert notebook.run(cell) == notebook.run(cell)


def test_values_come_into_the_notebook(notebook: Notebook) -> None:
    """JSON goes through; anything else is a usage error, and the earlier value stays."""
    notebook.run("%%simulate --into points\n[(0, 1.5), (2, None)]")
    assert notebook.shell.user_ns["points"] == [[0, 1.5], [2, None]]
    assert "does not fit into JSON" in notebook.run("%%simulate --into points\nobject()").errors
    assert "no expression" in notebook.run("%%simulate --into points\npoints = 3").errors
    notebook.run("%%simulate --into points\n1 / 0")
    assert notebook.shell.user_ns["points"] == [[0, 1.5], [2, None]], "what fails has no value"
    assert notebook.shell.user_ns["points"] == [[0, 1.5], [2, None]]
    assert "not the name of a variable" in notebook.run("%%simulate --into a.b\n1").errors


# --- --keep ------------------------------------------------------------------------------------------


def test_kept_code_comes_before_later_cells(notebook: Notebook) -> None:
    """Definitions build up; a cell that binds the same names takes the place of the one before."""
    assert "kept: base" in notebook.run("%%simulate --keep\ndef base():\n    return 1").text
    notebook.run("%%simulate --keep\nclass Child:\n    value = base() * 10")
    assert notebook.run("%%simulate\nChild.value").text.startswith("10")
    notebook.run("%%simulate --keep\nimport math\ndef base():\n    return math.floor(2.5)")
    assert notebook.run("%%simulate\nChild.value").text.startswith("20")
    assert "NameError" in notebook.run("%%simulate --fresh\nChild.value").text


def test_only_what_has_run_is_kept(notebook: Notebook) -> None:
    """A broken definition would break every later cell."""
    assert "NameError" in notebook.run("%%simulate --keep\nvalue = missing()").text
    assert "kept" not in notebook.run("%%simulate --keep\nvalue = missing()").text
    shown = notebook.run("%%simulate --keep\ndef f():\n    pass\nf()").text
    assert "--keep is for imports, functions, classes and assignments" in shown and "cell:4" in shown
    assert "NameError" in notebook.run("%%simulate\nf()").text


def test_a_failure_in_kept_code_is_told_as_such(notebook: Notebook) -> None:
    """A line number beyond the cell's would only puzzle."""
    notebook.run(
        "%%simulate --keep\nfrom __future__ import annotations\ndef f(x: Unknown):\n    return 1 / 0"
    )
    assert "at kept:8" in notebook.run("%%simulate\nx = 1\nf(x)").text
    notebook.run("%%simulate --keep\nimport threading\ndef wait():\n    threading.Event().wait()")
    shown = notebook.run("%%simulate --timeline\nwait()")
    report, _, drawn = shown.html.partition("<iframe")
    place = re.search(r"at (kept:\d+)", report)
    assert place is not None and place[1] in drawn and place[1].replace("kept", "cell") not in drawn


def test_reference_solutions_can_be_imported(notebook: Notebook) -> None:
    """As one would import them elsewhere, from cells and from kept code."""
    notebook.run("%%simulate --keep\nfrom solutions.concurrency.wait_group import WaitGroup")
    code = "import time\ngroup = WaitGroup()\ngroup.go(time.sleep, 2)\ngroup.wait()\ngroup.count"
    assert notebook.run(f"%%simulate\n{code}").text.splitlines()[0] == "0"


# --- %%kata, %mutant, %solution ----------------------------------------------------------------------


def test_a_cell_is_graded(notebook: Notebook) -> None:
    """The stub is not started, half a solution is refused, a bug fails with its story and a timeline."""
    stub = WAIT_GROUP.stub.read_text("utf-8")
    assert "not started yet" in notebook.run(f"%%kata wait_group\n{stub}").text
    refused = notebook.run("%%kata wait_group\nx = 1").text.splitlines()
    assert "  STOP  there is no class `WaitGroup`" in refused and "        at      cell" in refused
    (mutant,) = [each for each in mutants() if each.name == "counted-in-the-new-thread"]
    shown = notebook.run(f"%%kata wait_group --budget 60\n{mutant.source}")
    assert "FAIL" in shown.text and "cell:" in shown.text and "<iframe" in shown.html
    assert "/tmp" not in shown.text + shown.html and "replay" not in shown.text


def test_a_cell_passes_with_the_reference(notebook: Notebook) -> None:
    """The verdict is the command line's."""
    solution = WAIT_GROUP.solution.read_text("utf-8")
    assert "all 22 properties hold" in notebook.run(f"%%kata wait_group --budget 60\n{solution}").text


def test_a_known_bug_is_shown_happening(notebook: Notebook) -> None:
    """Its story, what it changes, the failure; without the property of others."""
    shown = notebook.run("%mutant wait_group counted-in-the-new-thread").text
    assert "-         self.add()" in shown and "+         self.add()" in shown
    assert "a task is waited for from the moment it is given to go()" in shown and shown.count("FAIL") == 1
    assert notebook.run("%mutant wait_group counted-in-the-new-thread --timeline").kinds[1] == "image/svg+xml"


def test_a_piece_of_the_reference_is_shown(notebook: Notebook) -> None:
    """By its short name, without the docstring; HTML with its own ground."""
    shown = notebook.run("%solution wait_group done")
    assert shown.text == "def done(self) -> None:\n    self.add(-1)"
    assert "background:" in shown.html and "color:" in shown.html
    assert "class WaitGroup" in notebook.run("%solution wait_group").text


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("%%kata wait_grup\nx = 1", "did you mean 'wait_group'"),
        ("%%kata\nx = 1", "the following arguments are required: kata"),
        ("%%kata wait_group --budget 0\nx", "--budget must be at least 1"),
        ("%%kata wait_group --budget many\nx", "invalid int value: 'many'"),
        ("%%simulate --schedules -1\nx", "--schedules must be between"),
        ("%%simulate --quick\nx", "unrecognized arguments: --quick"),
        (
            "%mutant wait_group nonsense",
            "wait_group has no known bug 'nonsense'; there are count-without-the-lock",
        ),
        ("%solution wait_group nonsense", "'nonsense' is not there: WaitGroup"),
    ],
)
def test_misuse_is_one_line(notebook: Notebook, cell: str, expected: str) -> None:
    """What happened and what there is instead, on standard error."""
    shown = notebook.run(cell)
    assert expected in shown.errors and shown.errors.count("\n") == 1 and not shown.text


# --- in a kernel -------------------------------------------------------------------------------------


def test_a_kernel_lives_through_everything() -> None:
    """In a real kernel, with its event loop running, also from within a coroutine."""
    cells = [
        'import sys; sys.path.insert(0, "..")\n%load_ext dojo.notebook',
        "%%simulate\nwhile True:\n    pass",
        "%%simulate\nimport sys\nsys.exit()",
        "import asyncio\n"
        "async def simulate():\n"
        "    await asyncio.sleep(0)\n"
        "    get_ipython().run_cell_magic('simulate', '--into answer', '40 + 2')\n"
        "await simulate()",
        "answer",
    ]
    fresh = asyncio.run(execute(new_notebook(cells=[new_code_cell(each) for each in cells])))
    assert fresh.cells[-1].outputs[0].data["text/plain"] == "42"
    assert [cell.execution_count for cell in fresh.cells] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero"),
        ("%%kata nonsense\nx", "UsageError: there is no kata 'nonsense'"),
        ("import sys\nprint('bad', file=sys.stderr)", "bad"),
    ],
)
def test_a_cell_that_goes_wrong_is_named(code: str, told: str) -> None:
    """An error, a misused magic and anything on standard error: the notebook is not fit to be stored."""
    first = 'import sys; sys.path.insert(0, "..")\n%load_ext dojo.notebook'
    cells = [new_code_cell(each, execution_count=9) for each in (first, code, "after = 1")]
    with pytest.raises(Raised, match=re.escape(f"cell 2 ({code.splitlines()[0]}): {told}")):
        asyncio.run(execute(new_notebook(cells=cells)))


# --- what is stored must be fit for web pages --------------------------------------------------------


class _Styles(HTMLParser):
    """Collects what a page that drops scripts and styles would drop, and colours without a ground."""

    def __init__(self) -> None:
        super().__init__()
        self.bad: list[str] = []
        self._grounds: list[bool] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        style = dict(attrs).get("style") or ""
        inside = any(self._grounds)
        if tag in ("script", "style", "svg"):
            self.bad.append(tag)
        if re.search(r"(?<!-)color:", style) and not inside and "background" not in style:
            self.bad.append(style)
        if tag not in ("br", "img"):
            self._grounds.append("background" in style)

    def handle_endtag(self, tag: str) -> None:
        self._grounds.pop()


@pytest.mark.parametrize("file", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda file: file.stem)
def test_outputs_read_without_styles(file) -> None:
    """No script, style or svg element; no colour of letters without a colour behind it; always a text."""
    for cell in nbformat.read(file, 4).cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            assert "text/plain" in data or "text" in output
            parser = _Styles()
            parser.feed(data.get("text/html", ""))
            assert not parser.bad


def test_the_check_for_styles_notices() -> None:
    """It fails on what it is for."""
    for html in ("<script></script>", '<b style="color:red">x</b>', "<svg></svg>"):
        parser = _Styles()
        parser.feed(html)
        assert parser.bad, html


def mutants():
    return load_mutants(WAIT_GROUP.mutants, WAIT_GROUP.solution.read_text("utf-8"))
