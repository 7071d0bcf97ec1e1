"""What the arguments of the command line mean: kata names and files, as pairs of a kata and a path."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from dojo.grading.catalogue import Catalogue, Kata, UnknownKata
from dojo.grading.learner.progress import Last
from dojo.grading.workspace import Workspace


class BadTarget(ValueError):
    """An argument names nothing that could be graded; the text says what to write instead."""


@dataclass(frozen=True, slots=True)
class Target:
    """One file and the kata it is an attempt at."""

    kata: Kata
    path: Path
    workspace: Workspace

    @property
    def is_own_work(self) -> bool:
        """Whether it is the learner's file in the workspace: only its results belong to the history."""
        return self.path.resolve() == self.workspace.stub(self.kata).resolve()


def targets(
    arguments: Sequence[str],
    catalogue: Catalogue,
    *,
    solutions: bool = False,
    kata: str | None = None,
    workspace: Workspace,
) -> list[Target]:
    """The files that a command line asks for.

    Args:
        arguments: names of katas and paths of files; none for every kata.
        catalogue: the katas.
        solutions: the reference solutions instead of the learner's files.
        kata: which kata the files are for, when their names do not tell.
        workspace: where the learner's files are.

    Raises:
        BadTarget: for a file or a copy that is not there, or options that do not go together.
        UnknownKata: for a name that no kata has.
    """
    if solutions and kata is not None:
        raise BadTarget("--solutions and --as do not go together")
    if not arguments:
        if kata is not None:
            raise BadTarget("--as needs a FILE")
        if solutions:
            return [Target(each, each.solution, workspace) for each in catalogue]
        return [Target(each, workspace.stub(each), workspace) for each in _all(workspace, catalogue)]
    return [_target(each, catalogue, solutions, kata, workspace) for each in arguments]


def _all(workspace: Workspace, catalogue: Catalogue) -> list[Kata]:
    katas = workspace.katas(catalogue)
    if not katas:
        raise BadTarget(f"no kata is in {workspace.folder}: `{workspace.start()}` puts them there")
    return katas


def _target(
    argument: str, catalogue: Catalogue, solutions: bool, kata: str | None, workspace: Workspace
) -> Target:
    named = next((each for each in catalogue if each.name == argument), None)
    if named is not None:
        if kata is not None:
            raise BadTarget(f"--as is for files, and '{argument}' is a kata")
        if solutions:
            return Target(named, named.solution, workspace)
        if named not in workspace.katas(catalogue):
            remedy = f"`{workspace.start(named)}` puts it there"
            raise BadTarget(f"{named.name} is not in {workspace.folder}: {remedy}")
        return Target(named, workspace.stub(named), workspace)
    path = Path(argument)
    if "/" not in argument and "\\" not in argument and path.suffix != ".py" and not path.is_file():
        # Not a path by its looks: a kata's name, mistyped.
        catalogue[argument]
    if solutions:
        raise BadTarget(f"--solutions takes names of katas, and '{argument}' is a file")
    if not path.exists():
        known = any(each.name == path.stem for each in catalogue)
        hint = f"; did you mean the kata '{path.stem}'?" if known else ""
        raise BadTarget(f"there is no file '{argument}'{hint}")
    if not path.is_file():
        raise BadTarget(f"'{argument}' is not a file")
    if kata is not None:
        return Target(catalogue[kata], path, workspace)
    try:
        return Target(catalogue.of_file(path), path, workspace)
    except UnknownKata as error:
        raise BadTarget(f"{error}, or add --as KATA") from None


def edited_since(kata: Kata, last: Last | None, workspace: Workspace) -> bool:
    """Whether the learner's file is no longer the text that was graded last."""
    if last is None or not last.digest:
        return False
    return differs(workspace.stub(kata), last.digest)


def differs(file: Path, digest: str) -> bool:
    """Whether a file is not the text with that fingerprint."""
    try:
        # The same normalisation as when a submission is read: no byte order mark, "\n" only.
        text = file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return True
    return hashlib.sha256(text.encode()).hexdigest() != digest


def needs_grading(kata: Kata, last: Last | None, workspace: Workspace) -> bool:
    """Whether nothing is known of the learner's file as it is now."""
    return last is None or not last.digest or edited_since(kata, last, workspace)
