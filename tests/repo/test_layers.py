"""A file of the engine imports only from its own layer and from layers below."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("dojo.simulator", "dojo.checking", "dojo.grading", "dojo.reports", "dojo.commands", "dojo.notebook")
NEVER = {
    # Reports work on values: they must never need a simulator to be shown.
    "dojo.reports": ("dojo.simulator",),
    # The command line and the notebooks lie side by side on top; no learner's code runs in a kernel.
    "dojo.notebook": ("dojo.commands", "dojo.simulator"),
}
FILES = sorted((ROOT / "dojo").rglob("*.py"))


def imports(source: str) -> list[tuple[int, str]]:
    """Every module that a source imports, with the line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [(node.lineno, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def violations(module: str, source: str) -> list[str]:
    """Imports that break the layering, as text."""
    own = next((layer for layer in LAYERS if module.startswith(layer)), None)
    if own is None:
        return []
    wrong = [*LAYERS[LAYERS.index(own) + 1 :], *NEVER.get(own, ()), "katas", "solutions", "tests", "grader"]
    return [
        f"{module}:{line} imports {name}"
        for line, name in imports(source)
        if any(name == each or name.startswith(f"{each}.") for each in wrong)
    ]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_engine_files_import_downwards(file: Path) -> None:
    """No engine file imports from a layer above it, from the katas or from the tests."""
    module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
    assert not violations(module, file.read_text("utf-8"))


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("dojo.simulator.x", "from dojo.checking.verdict import Verdict"),
        ("dojo.checking.x", "def f():\n    import dojo.grading.judge"),
        ("dojo.reports.x", "from dojo.simulator.clock import NANOSECONDS"),
        ("dojo.commands.x", "from dojo.notebook.output import show"),
        ("dojo.notebook.x", "from dojo.commands.group import debug"),
        ("dojo.notebook.x", "from dojo.simulator.machine import Machine"),
        ("dojo.grading.x", "from solutions.concurrency import semaphore"),
    ],
)
def test_the_layer_check_notices(module: str, source: str) -> None:
    """The check itself fails on each kind of violation."""
    assert violations(module, source)


@pytest.mark.parametrize("file", [*FILES, ROOT / "grader.py"], ids=lambda file: str(file.relative_to(ROOT)))
def test_only_notebooks_need_jupyter(file: Path) -> None:
    """The command line must not wait for what only a notebook uses, nor break where it is not installed."""
    used = {name.split(".")[0] for _, name in imports(file.read_text("utf-8"))}
    if "notebook" not in file.relative_to(ROOT).parts:
        assert not used & {"IPython", "ipykernel", "jupyter_client", "nbclient", "nbformat"}


@pytest.mark.parametrize("folder", ["katas", "solutions"])
def test_kata_code_does_not_know_the_engine(folder: str) -> None:
    """Stubs and solutions are ordinary Python: they never import dojo."""
    for file in sorted((ROOT / folder).rglob("*.py")):
        assert not [name for _, name in imports(file.read_text("utf-8")) if name.split(".")[0] == "dojo"], (
            file
        )


@pytest.mark.parametrize("file", [*FILES, ROOT / "grader.py"], ids=lambda file: str(file.relative_to(ROOT)))
def test_engine_files_stay_readable(file: Path) -> None:
    """An engine file says in its first line what it does, and stays below 400 lines."""
    source = file.read_text("utf-8")
    assert (ast.get_docstring(ast.parse(source)) or "").strip(), "no docstring"
    assert len(source.splitlines()) <= 400
