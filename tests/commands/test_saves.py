"""A save is noticed whatever an editor does, once for each new text, and nothing else is taken for one."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dojo.commands.saves import Saves


class Watched:
    """A file under watch, and how many changes were told of."""

    def __init__(self, file: Path, *, poll: bool = False) -> None:
        self.file = file
        self.woken = threading.Event()
        self.saves = Saves(file, self.woken.set, poll=poll)

    def count(self, seconds: float) -> int:
        """How many changes are told of within a time."""
        count, deadline = 0, time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self.woken.wait(min(self.saves.patience, left))
            self.woken.clear()
            count += self.saves.changed()
        return count

    def is_told_once(self, seconds: float = 10) -> bool:
        """Whether one change is told of before long, and no other after it."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.count(0.02):
                return self.count(0.2) == 0
        return False


@pytest.fixture(params=["events", "poll"])
def watched(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Watched]:
    """A file with a text that is known."""
    file = tmp_path / "kata.py"
    file.write_text("one", "utf-8")
    each = Watched(file, poll=request.param == "poll")
    each.saves.take()
    with each.saves:
        assert each.count(0.2) == 0
        yield each


def renamed(file: Path) -> None:
    """As PyCharm: a new file takes the place of the old one."""
    other = file.with_suffix(".tmp")
    other.write_text("two", "utf-8")
    os.replace(other, file)


def backed_up(file: Path) -> None:
    """As vim: the old file goes away under another name, then there is a new one."""
    os.rename(file, file.with_name("kata.py~"))
    time.sleep(0.02)
    file.write_text("two", "utf-8")


def in_pieces(file: Path) -> None:
    """A slow editor: nothing at first, then piece after piece."""
    with file.open("w", encoding="utf-8") as stream:
        for piece in ("t", "w", "o"):
            stream.flush()
            time.sleep(0.02)
            stream.write(piece)


def deleted_and_made(file: Path) -> None:
    """Gone for a moment."""
    file.unlink()
    time.sleep(0.2)
    file.write_text("two", "utf-8")


def in_place(file: Path) -> None:
    """Written over."""
    file.write_text("two", "utf-8")


@pytest.mark.parametrize("save", [renamed, backed_up, in_pieces, deleted_and_made, in_place])
def test_each_new_text_counts_once(save, watched: Watched) -> None:
    """However it is done, and wherever it leads back to."""
    editor = threading.Thread(target=save, args=(watched.file,))
    editor.start()
    assert watched.is_told_once()
    editor.join()
    watched.file.write_text("one again", "utf-8")
    save(watched.file)  # nobody has looked in between: what it comes to is what there was
    assert watched.count(0.3) == 0
    watched.file.write_text("three", "utf-8")
    assert watched.is_told_once()


def test_what_changes_no_text_is_no_save(watched: Watched) -> None:
    """A touch, the same text again, another file, other rights."""
    watched.file.touch()
    watched.file.write_text("one", "utf-8")
    watched.file.chmod(0o600)
    watched.file.with_name("other.py").write_text("two", "utf-8")
    assert watched.count(0.5) == 0


def test_a_file_may_go_and_come_back(watched: Watched) -> None:
    """Its end is a change after a while; so is its return, and that of the whole folder."""
    watched.file.unlink()
    assert watched.is_told_once()
    watched.file.write_text("one", "utf-8")
    assert watched.is_told_once()
    shutil.rmtree(watched.file.parent)
    assert watched.is_told_once()
    watched.file.parent.mkdir()
    watched.file.write_text("two", "utf-8")
    assert watched.is_told_once()


def test_events_are_not_needed(tmp_path: Path) -> None:
    """A folder that was not there cannot be watched for events, and every save counts all the same."""
    watched = Watched(tmp_path / "later" / "kata.py")
    watched.saves.take()
    with watched.saves:
        assert watched.count(0.2) == 0
        watched.file.parent.mkdir()
        watched.file.write_text("one", "utf-8")
        assert watched.is_told_once()


def test_a_link_leads_to_its_file(tmp_path: Path) -> None:
    """An editor writes to the file behind a link, which may lie anywhere."""
    (tmp_path / "far").mkdir()
    real = tmp_path / "far" / "mine.py"
    real.write_text("one", "utf-8")
    link = tmp_path / "kata.py"
    link.symlink_to(real)
    watched = Watched(link)
    watched.saves.take()
    with watched.saves:
        assert watched.count(0.2) == 0
        real.write_text("two", "utf-8")
        assert watched.is_told_once(0.6)  # by the event: the file itself is looked at once a second


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"x" * 2_000_000])
def test_no_content_is_too_odd(content: bytes, watched: Watched) -> None:
    """What is no text, or too much, is another content all the same."""
    watched.file.write_bytes(content)
    assert watched.is_told_once()


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """The thread ends with the block, soon."""
    before = set(threading.enumerate())
    with Saves(tmp_path / "kata.py", lambda: None):
        time.sleep(0.1)
        started = time.monotonic()
    assert time.monotonic() - started < 1
    assert set(threading.enumerate()) == before
