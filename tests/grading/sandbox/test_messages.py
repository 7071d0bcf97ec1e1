"""What a child says is believed only if it is signed, complete and in order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dojo.checking.verdict import Status, Verdict
from dojo.grading.judge import Progress, progress_of
from dojo.grading.sandbox.messages import GRADERS_FAULT, Heard

SLUGS = ["a", "b", "c", "d", "e"]


def say(heard: Heard, kind: str, **data: Any) -> str:
    """Feed one message, signed; return what is wrong with it."""
    problem = heard.feed((json.dumps({"key": heard.key, "kind": kind, **data}) + "\n").encode())
    if problem is None:
        return ""
    assert problem.remedy == GRADERS_FAULT
    return problem.message


def verdict(slug: str) -> dict[str, Any]:
    """A pass on one property."""
    return Verdict(slug, "Because.", slug, Status.PASS, 10, 1).to_json()


def test_a_part_is_complete_when_its_own_properties_are_decided() -> None:
    """The second of two children checks every second property, and no other."""
    heard = Heard("kata.py", 1, 2)
    assert say(heard, "hello", properties=SLUGS) == ""
    for index in (1, 3):
        assert say(heard, "progress", index=index, schedules=5) == ""
        assert (heard.checking, heard.what, heard.schedules) == (index, SLUGS[index], 5)
        assert not heard.complete
        assert say(heard, "verdict", index=index, verdict=verdict(SLUGS[index])) == ""
        assert heard.schedules == 0
    assert say(heard, "bye") == ""
    assert heard.complete
    assert sorted(heard.verdicts) == [1, 3]


def test_progress_does_not_wait_for_the_slowest_child() -> None:
    """How many properties there are, and which one is checked, is known as soon as one child is ready."""
    parts = [Heard("kata.py", part, 2) for part in range(2)]
    assert progress_of("kata", parts) == Progress("kata", 0, 0, "", 0)
    say(parts[1], "hello", properties=SLUGS)
    for decided, index in enumerate((1, 3)):
        say(parts[1], "progress", index=index, schedules=5)
        assert progress_of("kata", parts) == Progress("kata", decided, 5, SLUGS[index], 10 * decided + 5)
        say(parts[1], "verdict", index=index, verdict=verdict(SLUGS[index]))
    say(parts[0], "hello", properties=SLUGS)
    assert progress_of("kata", parts).name == SLUGS[3]
    say(parts[0], "progress", index=0, schedules=7)
    assert progress_of("kata", parts, ahead="b") == Progress("kata", 2, 5, SLUGS[0], 27, parts[1].verdicts[1])


def test_what_is_decided_is_known_only_after_the_greeting() -> None:
    """A child that has not said hello may have properties below any index."""
    heard = Heard("kata.py", 1, 2)
    assert heard.has_decided(-1)
    assert not heard.has_decided(0)
    assert not heard.has_decided(4)
    say(heard, "hello", properties=SLUGS)
    assert heard.has_decided(1)
    assert not heard.has_decided(2)
    say(heard, "verdict", index=1, verdict=verdict("b"))
    assert heard.has_decided(3)
    assert not heard.has_decided(4)


@pytest.mark.parametrize(
    ("kind", "data", "complaint"),
    [
        ("verdict", {"index": 0, "verdict": verdict("a")}, "unexpected message 'verdict'"),  # of another part
        ("verdict", {"index": 3, "verdict": verdict("d")}, "unexpected message 'verdict'"),  # out of order
        ("verdict", {"index": 1, "verdict": verdict("c")}, "a verdict on another property"),
        ("progress", {"index": 0, "schedules": 1}, "unexpected message 'progress'"),
        ("hello", {"properties": SLUGS}, "unexpected message 'hello'"),
        ("bye", {}, "unexpected message 'bye'"),  # with nothing decided
        ("cheer", {}, "unexpected message 'cheer'"),
        ("verdict", {"index": 1}, "'verdict'"),
    ],
)
def test_a_message_out_of_place_is_refused(kind: str, data: dict[str, Any], complaint: str) -> None:
    """A forged or damaged message is a fault, never a verdict."""
    heard = Heard("kata.py", 1, 2)
    say(heard, "hello", properties=SLUGS)
    assert complaint in say(heard, kind, **data)
    assert heard.verdicts == {}
    assert not heard.complete


def test_an_unsigned_message_is_refused() -> None:
    """Whoever writes to the pipe without the key is not the child."""
    heard = Heard("kata.py")
    problem = heard.feed(b'{"key": "guess", "kind": "hello", "properties": ["a"]}\n')
    assert problem is not None
    assert "not signed" in problem.message
    assert heard.feed(b"no JSON\n") is not None
    assert heard.slugs == []


def test_messages_may_arrive_in_pieces() -> None:
    """A line is taken when its end has come."""
    heard = Heard("kata.py")
    data = (json.dumps({"key": heard.key, "kind": "hello", "properties": SLUGS}) + "\n").encode()
    for byte in data[:-1]:
        assert heard.feed(bytes([byte])) is None
        assert heard.slugs == []
    assert heard.feed(data[-1:]) is None
    assert heard.slugs == SLUGS
