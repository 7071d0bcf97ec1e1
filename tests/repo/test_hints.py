"""Every property has hints, they climb three rungs, and none of them gives the code away."""

from __future__ import annotations

import io
import re
import tokenize

import pytest

from dojo.grading.catalogue import Kata, load
from dojo.grading.learner.hints import COMMON, load_hints
from dojo.grading.sandbox.subject import load_properties

each_kata = pytest.mark.parametrize("kata", list(load()), ids=lambda kata: kata.name)


@each_kata
def test_every_property_has_hints_and_no_other_has(kata: Kata) -> None:
    """Whatever a learner breaks, there is help; a property that was renamed takes its hints along."""
    assert sorted(load_hints(kata).own) == sorted(prop.slug for prop in load_properties(kata))


@each_kata
def test_rungs_differ(kata: Kata) -> None:
    """Three hints, not one three times, and none that two properties share word for word."""
    texts = [text for table in load_hints(kata).own.values() for rungs in table.values() for text in rungs]
    assert sorted(texts) == sorted(set(texts))


@each_kata
def test_hints_do_not_give_the_code_away(kata: Kata) -> None:
    """No statement of the solution and none of its private names stands in a hint."""
    source = kata.solution.read_text("utf-8")
    private = set(re.findall(r"\b_[a-z]\w*|\b_[A-Z]\w*", source))
    statements = {line for line in map(str.strip, without_comments(source).splitlines()) if len(line) > 15}
    for slug, table in load_hints(kata).own.items():
        for text in (text for rungs in table.values() for text in rungs):
            assert not private & set(re.findall(r"\w+", text)), (slug, text)
            assert not [line for line in statements if line in text], (slug, text)
            assert "\n" not in text, (slug, text)


def without_comments(source: str) -> str:
    """The source without comments, docstrings and other texts."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return tokenize.untokenize(t[:2] for t in tokens if t.type not in (tokenize.COMMENT, tokenize.STRING))


def test_the_common_hints_stand() -> None:
    """Each of them is read with every kata."""
    assert COMMON.is_file()
