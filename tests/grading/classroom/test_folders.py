"""Files of a class are found as learning platforms leave them, and nothing is taken for somebody's work that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from dojo.grading.catalogue import load
from dojo.grading.classroom import folders
from dojo.grading.classroom.folders import HandedIn, Submissions, collect, leads_out
from dojo.grading.targets import BadTarget

CATALOGUE = load()
KATAS = [CATALOGUE["channel"], CATALOGUE["channel_select"], CATALOGUE["semaphore"]]


def write(root: Path, *names: str) -> Path:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("", "utf-8")
    return root


def found(root: Path) -> Submissions:
    return collect(root, KATAS, CATALOGUE)


def shown(root: Path) -> dict[tuple[str, str], str]:
    """What was found for whom, without what was not handed in."""
    return {(each.person, each.kata.name): each.shown for each in found(root).files if each.shown}


LAYOUTS = {
    "in groups": ("alice/concurrency/semaphore.py",),
    "flat": ("alice/semaphore.py",),
    "deeper": ("alice/homework/week 3/semaphore.py",),
    "a zip of a checkout": (
        "alice/dojo-main/katas/concurrency/semaphore.py",
        "alice/dojo-main/katas/katas.toml",
    ),
    "capital and numbered": ("alice/Semaphore (1).py",),
    "with a suffix": ("alice/semaphore_final.py",),
    "with a hyphen": ("alice/semaphore-v2.py",),
    "Moodle, in a folder": ("alice_123_assignsubmission_file/semaphore.py",),
    "Moodle, old": ("alice_123_assignsubmission_file_/semaphore.py",),
    "Moodle, one folder for all": ("alice_123_assignsubmission_file_semaphore.py",),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_is_understood(layout: str, tmp_path: Path) -> None:
    """The person and the kata are the same, however the file came."""
    write(tmp_path, *LAYOUTS[layout])
    assert shown(tmp_path) == {("alice", "semaphore"): LAYOUTS[layout][0]}


def test_there_is_an_entry_for_each_person_and_kata(tmp_path: Path) -> None:
    """Also where nothing was handed in; persons in alphabetical order, katas as asked for."""
    write(tmp_path, "bob/semaphore.py", "Alice/channel.py", "carol/notes.txt")
    submissions = found(tmp_path)
    assert submissions.persons == ("Alice", "bob", "carol")
    assert [(each.person, each.kata.name) for each in submissions.files] == [
        (person, kata.name) for person in submissions.persons for kata in KATAS
    ]
    assert submissions.notes == ("carol: no file is named after a kata",)


CHECKOUT = (
    "katas/katas.toml",
    "katas/concurrency/channel.py",
    "solutions/concurrency/semaphore.py",
    "tests/alternatives/concurrency/semaphore.py",
    "benchmarks/patterns/semaphore.py",
    "dojo/semaphore.py",
    ".dojo/attempts/semaphore.py",
    ".venv/lib/semaphore.py",
    "__pycache__/semaphore.py",
)


def test_nothing_of_a_checkout_but_the_katas_is_somebodys_work(tmp_path: Path) -> None:
    """The reference solution must not earn anybody a pass."""
    write(tmp_path, *(f"alice/{name}" for name in CHECKOUT))
    assert shown(tmp_path) == {("alice", "channel"): "alice/katas/concurrency/channel.py"}


def test_the_longest_name_of_a_kata_counts(tmp_path: Path) -> None:
    """channel_select.py is not an attempt at channel."""
    write(tmp_path, "alice/channel_select.py")
    assert shown(tmp_path) == {("alice", "channel_select"): "alice/channel_select.py"}


def test_of_several_files_the_best_named_is_graded_and_the_others_are_named(tmp_path: Path) -> None:
    """Exact name, then the folder of the group, then the shallowest."""
    write(tmp_path, "a/semaphore_old.py", "a/semaphore.py", "a/x/concurrency/semaphore.py")
    (file,) = [each for each in found(tmp_path).files if each.shown]
    assert file.shown == "a/x/concurrency/semaphore.py"
    assert file.note == "graded this one, not a/semaphore.py, a/semaphore_old.py"


def test_two_people_of_one_name_stay_two(tmp_path: Path) -> None:
    """Moodle's number tells them apart, and only they keep it."""
    names = ("Max_1_assignsubmission_file", "Max_2_assignsubmission_file", "Eva_3_assignsubmission_file")
    write(tmp_path, *(f"{name}/semaphore.py" for name in names))
    assert found(tmp_path).persons == ("Eva", *names[:2])


def test_several_files_of_one_person_in_one_folder_for_all(tmp_path: Path) -> None:
    """They belong together."""
    write(tmp_path, "Max_1_assignsubmission_file_channel.py", "Max_1_assignsubmission_file_semaphore.py")
    assert found(tmp_path).persons == ("Max",)
    assert len(shown(tmp_path)) == 2


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    """Archives are to be unpacked; other files belong to nobody; hidden files need no word."""
    write(tmp_path, "alice/semaphore.py", "bob.zip", "grades.xlsx", ".DS_Store", "__MACOSX/x/semaphore.py")
    submissions = found(tmp_path)
    assert submissions.persons == ("alice",)
    assert submissions.notes == (
        "bob.zip is left out: unpack it first",
        "grades.xlsx is left out: it is in no person's folder",
    )


NO_CLASS = {
    "nothing there": ((), "there is no folder of a person"),
    "work of one person": (("concurrency/semaphore.py",), "looks like the work of one person"),
    "files only": (("semaphore.py",), "there is no folder of a person"),
}


@pytest.mark.parametrize("case", NO_CLASS)
def test_what_is_no_class_is_refused(case: str, tmp_path: Path) -> None:
    """The message says what is wrong with the folder."""
    names, message = NO_CLASS[case]
    write(tmp_path, *names)
    with pytest.raises(BadTarget, match=message):
        found(tmp_path)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadTarget, match="there is no folder"):
        found(tmp_path / "nowhere")


def test_a_huge_folder_does_not_stop_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only so many files of one person are looked at, and that is told."""
    monkeypatch.setattr(folders, "MOST_FILES", 3)
    write(tmp_path, *(f"alice/{number}/x.py" for number in range(9)), "bob/semaphore.py")
    submissions = found(tmp_path)
    assert ("bob", "semaphore") in shown(tmp_path)
    assert "alice: more than 3 files; not all were looked at" in submissions.notes


def test_a_link_that_leads_out_is_noticed(tmp_path: Path) -> None:
    """A link inside one's own folder is fine, one to somebody else's work or to the solution is not."""
    root = write(tmp_path / "class", "alice/real.py", "bob/semaphore.py")
    (root / "alice" / "channel.py").symlink_to("real.py")
    (root / "alice" / "semaphore.py").symlink_to(root / "bob" / "semaphore.py")
    (root / "alice" / "channel_select.py").symlink_to(tmp_path / "gone")
    outcome = {each.kata.name: leads_out(each, root) for each in found(root).files if each.person == "alice"}
    assert outcome == {"channel": False, "channel_select": False, "semaphore": True}


def test_a_folder_that_links_in_circles_ends(tmp_path: Path) -> None:
    """Links to folders are not followed."""
    write(tmp_path, "alice/semaphore.py")
    (tmp_path / "alice" / "again").symlink_to(tmp_path / "alice")
    assert shown(tmp_path) == {("alice", "semaphore"): "alice/semaphore.py"}


def test_a_person_may_be_a_link_of_the_teachers(tmp_path: Path) -> None:
    """A class put together of links to checkouts is a class."""
    write(tmp_path / "elsewhere", "semaphore.py")
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "alice").symlink_to(tmp_path / "elsewhere")
    (file,) = [each for each in found(tmp_path / "class").files if each.shown]
    assert isinstance(file, HandedIn)
    assert not leads_out(file, tmp_path / "class")
