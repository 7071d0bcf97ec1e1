"""The files of our own program that a packet needs: those that are imported from where it starts.

Nothing else of the project goes into a packet: what is not imported here cannot slip in.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from dojo.grading.catalogue import ROOT

# A fork server and its children are started as modules; a command by its name.
STARTS = ("grader", "dojo.commands.check", "dojo.grading.sandbox.child", "dojo.grading.sandbox.fork_server")
# Imported by what a packet never calls.
_WITHOUT = ("dojo.commands.board", "dojo.grading.cells.cell", "dojo.grading.cells.serve_cell")


def program_files() -> list[Path]:
    """The files, sorted, with the packages that they are in."""
    found: dict[str, Path] = {}
    waiting = list(STARTS)
    while waiting:
        name = waiting.pop()
        file = _file_of(name)
        if name in found or file is None or name in _WITHOUT:
            continue
        found[name] = file
        waiting += _imported(file)
        parent = name.rpartition(".")[0]
        waiting += [parent] if parent else []
    return sorted(found.values())


def _file_of(module: str) -> Path | None:
    """A module of ours as a file; None for any other name."""
    if module.partition(".")[0] not in ("dojo", "grader"):
        return None
    place = ROOT.joinpath(*module.split("."))
    files = (place.with_name(f"{place.name}.py"), place / "__init__.py")
    return next((file for file in files if file.is_file()), None)


def _imported(file: Path) -> Iterator[str]:
    """All that may be a module among what a file imports, also inside functions."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
