"""Runs all checks, each on its own: one that breaks is itself a finding, and keeps no other from being made."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from dojo.grading.checkup import machine
from dojo.grading.checkup.finding import PROBLEM, Finding, to_json, to_text

if TYPE_CHECKING:
    from dojo.grading.workspace import Workspace

_ROOT = Path(__file__).resolve().parents[3]

Check = Callable[[], Iterator[Finding]]


def examine(workspace: Workspace | None = None) -> Iterator[Finding]:
    """Look at everything, one finding after the other.

    Args:
        workspace: where the learner's files are; by default the repository.
    """
    yield from _guarded("python", machine.check_python)
    yield from _guarded("packages", lambda: machine.check_packages(_ROOT))
    yield from _guarded("repository", lambda: _installation(workspace))
    for name, check in (
        ("limits", machine.check_limits),
        ("isolation", machine.check_isolation),
        ("processors", machine.check_processors),
        ("memory", machine.check_memory),
        ("container", machine.check_container),
        ("terminal", machine.check_terminal),
    ):
        yield from _guarded(name, check)


def plainly(arguments: list[str]) -> int:
    """``doctor`` where not even the command line works: write plain text, or JSON with ``--json``.

    Returns:
        The exit code: 1 if there is a problem.
    """
    findings = list(examine())
    sys.stdout.write(to_json(findings) if "--json" in arguments else to_text(findings))
    return int(any(each.state == PROBLEM for each in findings))


def _installation(workspace: Workspace | None) -> Iterator[Finding]:
    from dojo.grading.catalogue import BadManifest, Catalogue, load
    from dojo.grading.checkup import installation
    from dojo.grading.workspace import REPOSITORY

    place = workspace or REPOSITORY
    try:
        catalogue = load()
    except BadManifest as error:
        yield Finding("repository", PROBLEM, str(error), "`git checkout -- katas/katas.toml`")
        catalogue = Catalogue(())
    if catalogue.katas:
        yield from _guarded("repository", lambda: installation.check_repository(catalogue))
        yield from _guarded("stubs", lambda: installation.check_stubs(catalogue, place))
    yield from _guarded("progress", lambda: installation.check_progress(place))
    yield from _guarded("folder", lambda: installation.check_state(place))
    if catalogue.katas:
        yield from _guarded("grading", lambda: installation.check_child(catalogue))


def _guarded(name: str, check: Check) -> Iterator[Finding]:
    try:
        yield from check()
    except Exception as error:  # what is broken may break in any way
        what = " ".join(f"{type(error).__name__}: {error}".split())
        yield Finding(
            name, PROBLEM, f"cannot be looked at: {what}", "see the lines above; else please report it"
        )
