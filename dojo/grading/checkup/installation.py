"""Checks of the installation: the repository, the learner's files, what is remembered, a grading for real."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from dojo.grading.catalogue import Catalogue, Kata
from dojo.grading.checkup.finding import NOTE, OK, PROBLEM, Finding
from dojo.grading.learner.hints import BadHints, load_hints
from dojo.grading.paths import display_name
from dojo.grading.store import Damaged, read_tables
from dojo.grading.terms import Terms
from dojo.grading.workspace import Workspace

PATIENCE = 20.0  # seconds for the child to answer
SLOW = 5.0  # seconds: longer than that is worth a note
_MOST = 3  # files that are named
_MARKS = ("<<<<<<< ", ">>>>>>> ")


def check_repository(catalogue: Catalogue) -> Iterator[Finding]:
    """Whether everything that comes with a kata is there."""
    lost = [
        file for kata in catalogue for file in (kata.solution, kata.tests, kata.hints) if not file.is_file()
    ]
    if lost:
        yield Finding("repository", PROBLEM, f"{_named(lost)} missing", f"`git checkout -- {_paths(lost)}`")
    odd = []
    for kata in catalogue:
        try:
            if kata.hints.is_file():
                load_hints(kata)
        except BadHints as error:
            odd.append(str(error))
    for text in odd[:_MOST]:
        yield Finding("repository", PROBLEM, text, "`git checkout -- katas/hints`")
    if not lost and not odd:
        yield Finding("repository", OK, f"complete: {len(catalogue.katas)} katas with tests, solution, hints")


def check_stubs(catalogue: Catalogue, workspace: Workspace) -> Iterator[Finding]:
    """Whether the learner's files can be worked on; what is in them is no business of a doctor's."""
    katas = workspace.katas(catalogue)
    fine = True
    lost = [kata for kata in katas if not workspace.stub(kata).exists()]
    if lost:
        names = _named([workspace.stub(kata) for kata in lost])
        remedy = f"`{workspace.program} reset {lost[0].name}`" + (", and so on" if len(lost) > 1 else "")
        if not workspace.is_elsewhere:
            remedy += f"; or `git checkout -- {_paths([workspace.stub(kata) for kata in lost])}`"
        yield Finding("stubs", PROBLEM, f"{names} missing", remedy)
        fine = False
    for kata in katas:
        if kata not in lost:
            for finding in _check_stub(kata, workspace):
                yield finding
                fine = False
    if fine:
        where = display_name(workspace.folder)
        yield Finding(
            "stubs",
            OK,
            f"{len(katas)} {'kata' if len(katas) == 1 else 'katas'} in {where} can be read and written",
        )


def _check_stub(kata: Kata, workspace: Workspace) -> Iterator[Finding]:
    from dojo.grading.judge import submission_of
    from dojo.grading.result import Problem
    from dojo.grading.sources.stubs import is_blank, make_stub, unfinished

    file = workspace.stub(kata)
    name = display_name(file)
    reset = f"`{workspace.program} reset {kata.name}` brings the stub back and keeps what you wrote"
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        yield Finding(
            "stubs", PROBLEM, f"{name} cannot be read: {error.strerror or error}", "see who owns it"
        )
        return
    except UnicodeDecodeError:
        yield Finding("stubs", PROBLEM, f"{name} is damaged: it is no text", reset)
        return
    if not text.strip() or "\0" in text:
        what = "it has NUL bytes in it" if text.strip() else "it is empty"
        yield Finding("stubs", PROBLEM, f"{name} is damaged: {what}", reset)
        return
    if any(line.startswith(_MARKS) for line in text.splitlines()):
        yield Finding(
            "stubs", PROBLEM, f"{name} has marks of a merge in it", f"settle the conflict; or {reset}"
        )
        return
    if not os.access(file, os.W_OK):
        yield Finding(
            "stubs", PROBLEM, f"{name} cannot be written", "`chmod u+w` it, or work elsewhere: `start`"
        )
    if not kata.solution.is_file():
        return
    stub = make_stub(kata.solution.read_text("utf-8"))
    if text == stub:
        return
    if is_blank(text) and unfinished(text):
        yield Finding("stubs", NOTE, f"{name} is the stub of another version", reset)
        return
    read = submission_of(kata, file)
    if isinstance(read, Problem):
        place = f"{name}:{read.line}" if read.line else name
        yield Finding("stubs", NOTE, f"{place} cannot be graded as it is: {read.message}")


def check_progress(workspace: Workspace) -> Iterator[Finding]:
    """Whether what is remembered can be read; nothing is changed."""
    fine = []
    for name, tables in (("progress.json", ["katas"]), ("review.json", ["katas", "bugs"])):
        file = workspace.state / name
        shown = display_name(file)
        try:
            read_tables(file, tables)
            fine.append(f"{shown} can be read")
        except FileNotFoundError:
            continue
        except OSError as error:
            text = f"{shown} cannot be read: {error.strerror or error}"
            yield Finding("progress", PROBLEM, text, f"make it yours: `chmod u+rw {shown}`")
        except Damaged as error:
            text = f"{shown} is damaged ({error})"
            remedy = "the next grading sets it aside and begins anew; mend it before, if you can"
            yield Finding("progress", PROBLEM, text, remedy)
    kept = sorted(workspace.state.glob("*.damaged-*.json"))
    if kept:
        text = f"{_named(kept)} kept from a damage"
        yield Finding("progress", NOTE, text, "delete what you do not miss")
    yield Finding("progress", OK, ", ".join(fine) or "nothing is remembered yet")


def check_state(workspace: Workspace) -> Iterator[Finding]:
    """Whether something can be remembered; leaves no trace."""
    folder = workspace.state
    shown = display_name(folder)
    if folder.exists() and not folder.is_dir():
        yield Finding("folder", PROBLEM, f"{shown} is not a folder", f"move {shown} away")
        return
    place = folder if folder.is_dir() else folder.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        text = f"{display_name(place)} cannot be written ({error.strerror or error}): nothing is remembered"
        yield Finding("folder", PROBLEM, text, f"`chmod u+rwx {place}`; or work elsewhere: `start DIR`")
    else:
        yield Finding("folder", OK, f"{shown} can be written")


def check_child(catalogue: Catalogue) -> Iterator[Finding]:
    """Grade something small for real: a child starts, runs the simulator, and answers in time."""
    from dojo.grading.judge import grade
    from dojo.grading.result import State

    kata = next((each for each in catalogue if each.solution.is_file() and each.tests.is_file()), None)
    if kata is None:
        yield Finding("grading", PROBLEM, "there is no kata that could be graded", "see above")
        return
    began = time.monotonic()

    def on_tick() -> None:
        if time.monotonic() - began > PATIENCE:
            raise TimeoutError

    report = "look at what is wrong above; if nothing is, please report it"
    try:
        result = grade(kata, kata.solution, Terms(budget=1, workers=1), on_tick=on_tick)
    except TimeoutError:
        yield Finding("grading", PROBLEM, f"a child process did not answer within {PATIENCE:.0f} s", report)
        return
    except OSError as error:
        yield Finding("grading", PROBLEM, f"no child process can be started: {error}", report)
        return
    seconds = time.monotonic() - began
    if result.problem is not None:
        yield Finding("grading", PROBLEM, result.problem.message, report)
    elif result.state not in (State.PASSED, State.INCONCLUSIVE):
        text = f"the reference of {kata.name} does not pass: {result.state.value}"
        yield Finding("grading", PROBLEM, text, "`git status` shows what was changed")
    elif seconds > SLOW:
        text = f"a child process took {seconds:.1f} s to grade next to nothing"
        yield Finding("grading", NOTE, text, "close something, or wait until the machine is less busy")
    else:
        yield Finding("grading", OK, f"a child process has graded in {seconds:.1f} s")


def _named(files: Sequence[Path]) -> str:
    """The first few files with the verb that fits: ``a, b and 3 more are``."""
    names = [display_name(file) for file in files[:_MOST]]
    more = len(files) - len(names)
    text = ", ".join(names) + (f" and {more} more" if more else "")
    return f"{text} {'are' if len(files) > 1 else 'is'}"


def _paths(files: Sequence[Path]) -> str:
    """What to give to git: the files, or the folders they are in when they are many."""
    names = [display_name(file) for file in files]
    if len(names) > _MOST:
        names = list(dict.fromkeys(name.rpartition("/")[0] for name in names))
    return " ".join(names)
