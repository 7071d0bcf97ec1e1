"""Replay tokens: whole or refused, and honest about where they come from."""

from __future__ import annotations

import base64
import json
import string
import sys
import warnings
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dojo import ENGINE_VERSION
from dojo.checking.token import BadToken, Token, decode, make_token
from dojo.simulator.schedule import Schedule

PLACES = st.tuples(st.integers(1, 99), st.integers(0, 10**6))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3),
    max_leaves=5,
)
TOKENS = st.builds(
    Token,
    slug=st.text(string.ascii_lowercase + "_", min_size=1),
    workload=st.dictionaries(st.text(string.ascii_lowercase, min_size=1), JSON, max_size=3),
    schedule=st.builds(
        Schedule.of,
        st.lists(PLACES, max_size=4),
        st.lists(st.tuples(st.integers(1, 9), st.integers(0, 99), st.integers(1, 2**62)), max_size=2),
    ),
    digest=st.text("0123456789abcdef", min_size=8, max_size=8),
    python=st.tuples(st.integers(3, 4), st.integers(0, 30)),
    engine=st.integers(0, 99),
)
EXAMPLE = make_token("test", {"threads": 2}, Schedule.of([(2, 3)], [(1, 4, 10**9)]), "0123abcd")


def packed(data: object) -> str:
    """Anything at all, packed and signed as a token is."""
    raw = zlib.compress(json.dumps(data).encode(), 9, -15)
    return base64.urlsafe_b64encode(zlib.crc32(raw).to_bytes(4, "big") + raw).decode().rstrip("=")


@given(TOKENS)
def test_a_token_comes_back_as_it_was(token: Token) -> None:
    """Encoding and decoding lose nothing, and the text survives being pasted as one word."""
    text = token.encode()
    assert decode(text) == token
    assert set(text) <= set(string.ascii_letters + string.digits + "-_")


@given(TOKENS, st.data())
def test_white_space_does_no_harm(token: Token, data: st.DataObject) -> None:
    """A token that a mail program has wrapped is still a token."""
    text = token.encode()
    cut = data.draw(st.integers(0, len(text)))
    assert decode(f"  {text[:cut]}\n {text[cut:]}\t\n") == token


@given(st.data())
def test_a_truncated_token_is_refused(data: st.DataObject) -> None:
    """No part of a token passes for a token."""
    text = EXAMPLE.encode()
    with pytest.raises(BadToken):
        decode(text[: data.draw(st.integers(0, len(text) - 1))])


@given(st.data())
def test_a_damaged_token_is_refused(data: st.DataObject) -> None:
    """One wrong character is noticed, unless it means the same bytes."""
    text = EXAMPLE.encode()
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(string.ascii_letters + string.digits + "-_"))
    damaged = text[:place] + other + text[place + 1 :]
    pad = "=" * (-len(text) % 4)
    if base64.urlsafe_b64decode(damaged + pad) == base64.urlsafe_b64decode(text + pad):
        assert decode(damaged) == EXAMPLE
    else:
        with pytest.raises(BadToken):
            decode(damaged)


@pytest.mark.parametrize("frame", ["{}", "'{}'", "`{}`", "<{}>", "  {}\n", "{}==", "» {} «"])
def test_what_was_copied_with_a_token_does_no_harm(frame: str) -> None:
    """Quotes, brackets and line breaks around it and in it are passed over, without a warning."""
    text = EXAMPLE.encode()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert decode(frame.format(f"{text[:30]}\n  {text[30:]}")) == EXAMPLE


@given(st.text())
def test_foreign_text_is_refused(text: str) -> None:
    """Whatever else is pasted is refused as no token, never with another error."""
    with pytest.raises(BadToken):
        decode(text)


@given(JSON)
def test_a_signed_package_of_something_else_is_refused(data: object) -> None:
    """The right wrapping round the wrong content is no token either."""
    with pytest.raises(BadToken):
        decode(packed(data))


FIELDS = ["slug", {"a": 1}, [[1, 2]], [[1, 2, 3]], "0123abcd", [3, 11], 1]


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (0, 5),
        (1, [1]),
        (1, "text"),
        (2, [[1]]),
        (2, [["a", "b"]]),
        (2, 7),
        (3, [[1, 2]]),
        (3, [[1, 2, "x"]]),
        (4, 9),
        (5, [3]),
        (5, "311"),
        (5, {}),
        (6, "one"),
    ],
)
def test_a_field_of_the_wrong_kind_is_refused(place: int, wrong: object) -> None:
    """Each field is looked at; with all of them right the same package is a token."""
    assert decode(packed(FIELDS)).slug == "slug"
    with pytest.raises(BadToken):
        decode(packed([*FIELDS[:place], wrong, *FIELDS[place + 1 :]]))


def test_mismatches_are_named() -> None:
    """A token says in words why its replay may differ, and nothing when it can not."""
    assert EXAMPLE.mismatches("0123abcd") == []
    assert EXAMPLE.mismatches("ffffffff") == ["the file has changed since"]
    foreign = Token("test", {}, Schedule(), "0123abcd", (2, 7), ENGINE_VERSION + 1)
    assert foreign.mismatches("0123abcd") == [
        "it was made on Python 2.7",
        f"it was made by engine version {ENGINE_VERSION + 1}, this is {ENGINE_VERSION}",
    ]
    assert len(foreign.mismatches("ffffffff")) == 3


def test_a_token_is_made_for_this_python_and_engine() -> None:
    """What is made here fits here."""
    assert EXAMPLE.python == sys.version_info[:2]
    assert EXAMPLE.engine == ENGINE_VERSION
