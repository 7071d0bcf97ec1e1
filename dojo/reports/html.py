"""HTML files that need nothing else are made from templates; whatever text goes in cannot be read as markup."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup


def environment(folder: Path) -> Environment:
    """The templates of a folder; a name that a template misspells is an error."""
    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


def part(file: Path) -> Markup:
    """A style sheet or a script of ours, to stand in the page as it is."""
    return Markup(file.read_text("utf-8"))


def generator(name: str) -> Markup:
    """The element that tells which program has made a file; it stands near its beginning."""
    return Markup('<meta name="generator" content="{}">').format(name)
