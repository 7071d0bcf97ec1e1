"""Every command works wherever --katas leads: none reaches for the repository's own files."""

from __future__ import annotations

import ast
from pathlib import Path

import click
import pytest

from dojo.commands.group import COMMANDS, cli

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "dojo" / "commands").glob("*.py")) + sorted((ROOT / "dojo" / "reports").rglob("*.py"))
# They make files, of the repository or of the folder that they are told, or a script, and look at none of a learner's.
WITHOUT = {"completion", "export", "new-kata", "start"}
# A class is no workspace: its --katas says which katas are graded.
OTHERWISE = {"class"}


def own_files(source: str) -> list[int]:
    """The lines at which a source names the repository's stubs or its ``.dojo``, whatever the workspace is."""
    tree = ast.parse(source)
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return [
        node.lineno
        for node in ast.walk(tree)
        if (isinstance(node, ast.Attribute) and node.attr == "stub" and node not in called)
        or (isinstance(node, ast.Constant) and node.value == ".dojo")
    ]


@pytest.mark.parametrize("name", [each for each in COMMANDS if each not in OTHERWISE])
def test_every_command_takes_the_option(name: str) -> None:
    """--katas DIR means the same to each of them."""
    command = cli.get_command(click.Context(cli), name)
    (option,) = [each for each in command.params if "--katas" in each.opts] or [None]
    assert (option is None) == (name in WITHOUT)
    assert option is None or (option.metavar, option.type.name) == ("DIR", "Path")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_files_are_those_of_the_workspace(file: Path) -> None:
    """``workspace.stub(kata)`` and what is beside it, never ``kata.stub``."""
    assert not own_files(file.read_text("utf-8"))


@pytest.mark.parametrize(
    "source", ["x = kata.stub", "f(kata.stub)", "kata.stub.read_text()", "ROOT / '.dojo' / 'x'"]
)
def test_the_check_notices(source: str) -> None:
    """It fails on each way round the workspace."""
    assert own_files(source)
    assert not own_files("x = workspace.stub(kata).read_text(); y = workspace.state / 'x'")
