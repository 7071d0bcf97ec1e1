"""What the arguments of the command line mean."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from dojo.grading.catalogue import UnknownKata, load
from dojo.grading.learner.progress import Last
from dojo.grading.result import State
from dojo.grading.targets import BadTarget, edited_since
from dojo.grading.targets import targets as targets_in
from dojo.grading.workspace import REPOSITORY

CATALOGUE = load()
KATA = CATALOGUE["semaphore"]
targets = partial(targets_in, workspace=REPOSITORY)


def test_no_arguments_mean_every_kata() -> None:
    """The learner's files, or the solutions."""
    assert [each.path for each in targets([], CATALOGUE)] == [kata.stub for kata in CATALOGUE]
    assert [each.path for each in targets([], CATALOGUE, solutions=True)] == [
        kata.solution for kata in CATALOGUE
    ]


def test_names_and_files(tmp_path: Path) -> None:
    """A name is a kata; a path is a file whose name tells the kata, or --as does."""
    file, other = tmp_path / "semaphore_v2.py", tmp_path / "mine.py"
    file.touch(), other.touch()
    name, path = targets(["worker_pool", str(file)], CATALOGUE)
    assert name.kata.name == "worker_pool"
    assert name.is_own_work
    assert (path.kata, path.path) == (KATA, file)
    assert not path.is_own_work
    (named,) = targets([str(other)], CATALOGUE, kata="semaphore")
    assert named.kata is KATA


def test_a_path_into_katas_is_own_work() -> None:
    """However the learner's file is named."""
    (target,) = targets([str(KATA.stub)], CATALOGUE)
    assert target.is_own_work


def test_a_kata_goes_before_a_file_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stray file does not hide a kata; ./semaphore names the file."""
    (tmp_path / "semaphore").touch()
    monkeypatch.chdir(tmp_path)
    assert targets(["semaphore"], CATALOGUE)[0].path == KATA.stub
    assert targets(["./semaphore"], CATALOGUE)[0].path == Path("semaphore")


def test_what_is_refused(tmp_path: Path) -> None:
    """Unknown names, missing files, folders, options that do not go together."""
    with pytest.raises(UnknownKata):
        targets(["semaphor"], CATALOGUE)
    for arguments, options in [
        ([str(tmp_path / "semaphore.py")], {}),
        ([str(tmp_path)], {}),
        (["semaphore"], {"kata": "semaphore"}),
        ([], {"kata": "semaphore"}),
        ([], {"kata": "semaphore", "solutions": True}),
    ]:
        with pytest.raises(BadTarget):
            targets(arguments, CATALOGUE, **options)


def test_an_edit_is_noticed() -> None:
    """The digest is that of the text as the judge reads it."""
    digest = hashlib.sha256(KATA.stub.read_text("utf-8").encode()).hexdigest()
    last = Last(State.FAILED, 1, 2, "", digest)
    assert not edited_since(KATA, last, REPOSITORY)
    assert edited_since(KATA, replace(last, digest="other"), REPOSITORY)
    assert not edited_since(KATA, None, REPOSITORY)
    assert edited_since(replace(KATA, name="gone"), last, REPOSITORY)
