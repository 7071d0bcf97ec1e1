"""What was graded is remembered exactly, found only for the very same grading, and never worth more than a note."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from dojo.checking.verdict import Status
from dojo.grading import fingerprint, judge
from dojo.grading.catalogue import ROOT, Kata, load
from dojo.grading.result import KataResult, Problem, State
from dojo.grading.terms import DEFAULT_BUDGET, Terms
from dojo.grading.verdict_store import VerdictStore
from tests.reports.samples import RACE, result, verdict

KATA = load()["semaphore"]
TEXT = KATA.solution.read_text("utf-8")
FAILED = result(State.FAILED, verdict(), verdict(Status.FAIL), verdict(Status.INCONCLUSIVE))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state" / "verdicts.sqlite"


@pytest.fixture
def store(file: Path) -> VerdictStore:
    return VerdictStore(file)


def key(kata: Kata = KATA, name: str = "s.py", text: str = TEXT, budget: int = 40, seed: int = 0) -> str:
    return fingerprint.of_grading(kata, name, text, budget=budget, seed=seed)


def test_nothing_is_known_at_first(store: VerdictStore, file: Path) -> None:
    """Asking makes no file."""
    assert store.find("a") is None
    assert not file.parent.exists()
    assert store.warning == ""


def test_what_is_kept_is_found_as_it_was(store: VerdictStore, file: Path) -> None:
    """Counterexamples, stories and warnings come back equal, also in another process's store."""
    assert store.keep("a", FAILED)
    assert VerdictStore(file).find("a") == FAILED.verdicts
    assert store.find("b") is None
    assert store.warning == ""


def test_the_last_one_kept_counts(store: VerdictStore) -> None:
    """A fresh grading replaces what was there."""
    store.keep("a", FAILED)
    store.keep("a", result(State.PASSED, verdict()))
    assert store.find("a") == (verdict(),)


def test_a_fresh_store_finds_nothing_and_keeps(store: VerdictStore, file: Path) -> None:
    """--fresh grades anew, and what comes out is what counts from then on."""
    store.keep("a", FAILED)
    fresh = VerdictStore(file, fresh=True)
    assert fresh.find("a") is None
    fresh.keep("a", result(State.PASSED, verdict()))
    assert store.find("a") == (verdict(),)


NOT_FINAL = {
    "fault of ours": result(State.BROKEN, verdict(Status.BROKEN)),
    "out of memory": result(State.REFUSED, verdict(), properties=3, problem=Problem("more memory", "x.py")),
    "refused before anything was run": result(State.REFUSED, problem=Problem("syntax error", "x.py")),
    "not complete": result(State.FAILED, verdict(), properties=3),
    "nothing written": result(State.NOT_STARTED),
    "problem at the very end": result(State.REFUSED, verdict(), problem=Problem("no sign of life", "x.py")),
}


@pytest.mark.parametrize("case", NOT_FINAL)
def test_what_another_machine_might_decide_otherwise_is_not_kept(case: str, store: VerdictStore) -> None:
    """Only complete gradings without a fault are remembered."""
    assert not store.keep("a", NOT_FINAL[case])
    assert store.find("a") is None


def changes(tmp_path: Path) -> Iterator[tuple[str, Callable[[pytest.MonkeyPatch], str]]]:
    """All that a fingerprint must depend on, each with a way to change it."""

    def edited(pattern: str) -> Callable[[pytest.MonkeyPatch], str]:
        def change(patch: pytest.MonkeyPatch) -> str:
            touched = next(iter(sorted(ROOT.glob(pattern))))
            real = Path.read_bytes
            patch.setattr(Path, "read_bytes", lambda self: real(self) + b"#" * (self == touched))
            return key()

        return change

    def set_to(target: str, value: object) -> Callable[[pytest.MonkeyPatch], str]:
        def change(patch: pytest.MonkeyPatch) -> str:
            patch.setattr(target, value)
            return key()

        return change

    yield "text", lambda _: key(text=TEXT + "\n")
    yield "name", lambda _: key(name="t.py")
    yield "kata", lambda _: key(load()["channel"])
    yield "imports", lambda _: key(replace(KATA, imports=("wait_group",)))
    yield "budget", lambda _: key(budget=41)
    yield "seed", lambda _: key(seed=1)
    yield "hidden tests", edited("tests/katas/concurrency/test_semaphore.py")
    yield "solution, which is the stub's origin", edited("solutions/concurrency/semaphore.py")
    yield "solution that the tests use", edited("solutions/concurrency/context.py")
    yield "simulator", edited("dojo/simulator/scheduler.py")
    yield "strategies", edited("dojo/simulator/strategies/pct.py")
    yield "checking", edited("dojo/checking/explore.py")
    yield "judge", edited("dojo/grading/sandbox/child.py")
    yield "engine's version", edited("dojo/__init__.py")
    yield "Python", set_to("platform.python_version", lambda: "3.11.99")
    yield (
        "package",
        set_to("dojo.grading.fingerprint.version", lambda name: "0" if name == "greenlet" else "1"),
    )


CHANGES = dict(changes(Path()))


@pytest.fixture
def afresh() -> Iterator[None]:
    """The engine's fingerprint is taken anew, before and after."""
    fingerprint.engine.cache_clear()
    yield
    fingerprint.engine.cache_clear()


@pytest.mark.parametrize("what", CHANGES)
def test_a_fingerprint_depends_on_all_that_decides(
    what: str, monkeypatch: pytest.MonkeyPatch, afresh: None
) -> None:
    """Whatever may change a verdict leads to another key, so to a new grading."""
    before = key()
    fingerprint.engine.cache_clear()
    assert CHANGES[what](monkeypatch) != before


def test_a_fingerprint_does_not_depend_on_anything_else(afresh: None) -> None:
    """Not on what reports look like, nor on another kata."""
    before = key()
    fingerprint.engine.cache_clear()
    assert key() == before
    assert fingerprint.of_kata(KATA) != fingerprint.of_kata(load()["retry"])


def test_an_unchanged_grading_is_answered_without_a_child(
    store: VerdictStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second result is equal to the first one but says that it is not new."""
    path = tmp_path / "semaphore.py"
    path.write_text(TEXT.replace("permits < 1", "permits < 2"), "utf-8")
    first = judge.grade(KATA, path, Terms(budget=20), store=store)
    monkeypatch.setattr(judge, "serve", None)
    again = judge.grade(KATA, path, Terms(budget=20), store=store)
    assert again == replace(first, unchanged=True, seconds=again.seconds)
    assert again.to_json() == first.to_json()
    assert not first.unchanged


def test_strictness_is_applied_to_what_is_remembered(
    store: VerdictStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Race warnings count or not, without grading again."""
    path = tmp_path / "semaphore.py"
    path.write_text(TEXT, "utf-8")
    name = str(path)
    racy = result(State.PASSED, verdict(warnings=[RACE]))
    store.keep(key(name=name, budget=DEFAULT_BUDGET), racy)
    monkeypatch.setattr(judge, "serve", None)
    assert judge.grade(KATA, path, store=store).state is State.PASSED
    assert judge.grade(KATA, path, Terms(strict=True), store=store).state is State.FAILED


@pytest.mark.parametrize(
    "content", [b"", b"not a database, but long enough to look at" * 100, b"SQLite format 3\0" * 9]
)
def test_a_damaged_database_is_set_aside(content: bytes, file: Path, store: VerdictStore) -> None:
    """What was there is kept under another name, a warning tells, and the next result is remembered."""
    file.parent.mkdir()
    file.write_bytes(content)
    assert store.find("a") is None
    assert not store.keep("a", FAILED) or store.warning == "" or "damaged" in store.warning
    assert VerdictStore(file).keep("a", FAILED)
    assert VerdictStore(file).find("a") == FAILED.verdicts
    if content:
        assert file.with_suffix(".damaged-1.sqlite").read_bytes() == content
        assert "kept as verdicts.damaged-1.sqlite" in store.warning


def test_a_damaged_page_is_set_aside(file: Path, store: VerdictStore) -> None:
    """Damage inside the file is found when it is met."""
    for number in range(40):
        store.keep(str(number), FAILED)
    content = bytearray(file.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    file.write_bytes(content)
    assert store.find("7") is None
    assert "was damaged" in store.warning


def test_a_damaged_entry_is_as_good_as_none(file: Path, store: VerdictStore) -> None:
    """One that was written by somebody else is graded again and replaced."""
    store.keep("a", FAILED)
    with sqlite3.connect(file) as database:
        database.execute("UPDATE verdicts SET data = x'00'")
    database.close()
    assert store.find("a") is None
    assert store.keep("a", FAILED)
    assert store.find("a") == FAILED.verdicts


def test_a_locked_database_is_a_note(
    file: Path, store: VerdictStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits for ever for a grader that hangs while it writes."""
    monkeypatch.setattr("dojo.grading.verdict_store._PATIENCE", 0.05)
    store.keep("a", FAILED)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert not store.keep("b", FAILED)
    assert "locked" in store.warning and "not remembered" in store.warning
    assert store.find("a") is None
    other.close()
    assert store.find("a") == FAILED.verdicts


def test_a_place_that_cannot_be_written_is_a_note(tmp_path: Path) -> None:
    """Also for root, whom no permission stops: a file is where the folder should be."""
    (tmp_path / "state").write_text("in the way", "utf-8")
    store = VerdictStore(tmp_path / "state" / "verdicts.sqlite")
    assert store.find("a") is None
    assert not store.keep("a", FAILED)
    assert "cannot be written" in store.warning
    assert not VerdictStore(tmp_path / "no" / "such" / "folder.sqlite").keep("a", FAILED)


def test_a_folder_in_place_of_the_file_is_a_note(file: Path, store: VerdictStore) -> None:
    """It is not moved away."""
    file.mkdir(parents=True)
    assert not store.keep("a", FAILED)
    assert store.find("a") is None
    assert "cannot be used" in store.warning
    assert file.is_dir()


def test_old_results_make_room(file: Path) -> None:
    """The file stays as small as it is told to be; the newest are still there."""
    store = VerdictStore(file, most_bytes=64 * 1024)
    for number in range(400):
        store.keep(f"key {number}", FAILED)
    assert file.stat().st_size < 80 * 1024
    assert store.find("key 399") is not None
    assert store.find("key 0") is None
    assert store.warning == ""


def test_many_may_keep_at_once(file: Path) -> None:
    """Threads and processes that share the file lose nothing."""
    program = (
        "import sys; from pathlib import Path\n"
        "from dojo.grading.verdict_store import VerdictStore\n"
        "from tests.grading.test_verdict_store import FAILED\n"
        "store = VerdictStore(Path(sys.argv[1]))\n"
        "for n in range(20): store.keep(f'{sys.argv[2]} {n}', FAILED)\n"
        "sys.exit(bool(store.warning))"
    )
    file.parent.mkdir()
    others = [
        subprocess.Popen([sys.executable, "-c", program, str(file), f"process {each}"], cwd=ROOT)
        for each in range(2)
    ]
    store = VerdictStore(file)
    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(lambda n: store.keep(f"thread {n}", FAILED), range(40)))
    assert [each.wait(60) for each in others] == [0, 0]
    keys = [f"process {each} {n}" for each in range(2) for n in range(20)] + [
        f"thread {n}" for n in range(40)
    ]
    assert all(store.find(each) == FAILED.verdicts for each in keys)


def test_of_a_result(store: VerdictStore) -> None:
    """A result that was found knows how many properties there are, and the text's fingerprint."""
    store.keep("a", FAILED)
    found = judge.remembered(KATA, "s.py", "text", store.find("a"), strict=False)
    assert found is not None
    assert (found.state, found.properties, found.path) == (State.FAILED, 3, "s.py")
    assert found.digest == judge.digest_of("text")
    assert judge.remembered(KATA, "s.py", "text", None, strict=False) is None
    assert isinstance(found, KataResult)
