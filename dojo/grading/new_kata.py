"""Lays the skeleton of a new kata: a tiny one that is complete and correct, to be rewritten file by file."""

from __future__ import annotations

import keyword
from pathlib import Path
from string import Template

from dojo.grading.catalogue import ROOT, Kata, load
from dojo.grading.sources.stubs import make_stub

SKELETON = Path(__file__).parent / "skeleton"
MANIFEST = ROOT / "katas" / "katas.toml"


class CannotCreate(ValueError):
    """The name is taken or unfit."""


def create(name: str, group: str) -> list[Path]:
    """Write every part of a new kata and add it to the end of the manifest.

    Args:
        name: like the name of a module: ``read_write_lock``.
        group: the folder, one that exists: ``concurrency``.

    Returns:
        The files in the order in which to rewrite them, the manifest first.

    Raises:
        CannotCreate: for a bad name or group, or when one of the files exists already. Nothing is written then.
    """
    catalogue = load()
    if not name.isidentifier() or keyword.iskeyword(name) or name != name.lower():
        raise CannotCreate(f"'{name}' must be like the name of a module: read_write_lock")
    if name in [kata.name for kata in catalogue]:
        raise CannotCreate(f"there is a kata '{name}' already")
    groups = sorted({kata.group for kata in catalogue})
    if group not in groups:
        raise CannotCreate(f"there is no group '{group}'; there are {', '.join(groups)}")
    words = {
        "name": name,
        "group": group,
        "title": name.replace("_", " ").capitalize(),
        "class_name": name.title().replace("_", ""),
    }
    kata = Kata(name, group, len(catalogue.katas) + 1, words["title"], 1, 15, (), (), "", ())
    texts = {
        kata.solution: _filled("solution.py", words),
        kata.tests: _filled("properties.py", words),
        kata.mutants: _filled("mutants.toml", words),
        kata.alternative: _filled("alternative.py", words),
        kata.hints: _filled("hints.toml", words),
        kata.notebook: _filled("notebook.ipynb", words),
    }
    texts[kata.stub] = make_stub(texts[kata.solution])
    for path in texts:
        if path.exists():
            raise CannotCreate(
                f"{path.relative_to(ROOT)} exists already: move it away or choose another name"
            )
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    with MANIFEST.open("a", encoding="utf-8") as manifest:
        manifest.write(_filled("entry.toml", words))
    return [MANIFEST, *texts]


def _filled(file: str, words: dict[str, str]) -> str:
    return Template((SKELETON / f"{file}.txt").read_text("utf-8")).substitute(words)
