"""Two sources are aligned piece by piece, however differently they were written."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given

from dojo.grading.catalogue import Kata, load
from dojo.grading.sources.alignment import Section, align, rows
from dojo.grading.sources.piece import Line, Note
from dojo.grading.sources.pieces import cut, headline, lines_of_code

REFERENCE = '''\
"""A gate: closed at first.

More about it.
"""

import threading


class Gate:
    """What the stub says."""

    def __init__(self) -> None:
        """Make it."""
        # One lock
        # for everything.
        self._lock = threading.Lock()
        self._open = False

    def open(self) -> None:
        """Open it."""
        with self._lock:
            self._open = True  # never to be shut

    # Called with the lock held.

    def _look(self, times: int, pause: float) -> bool:
        """A private word."""
        for number in range(times):
            if self._open and number > pause:
                return True
        return False

    @property
    def state(self) -> str:
        return "open"

    @state.setter
    def state(self, value: str) -> None:
        self._state = value


class _Waiter:
    def __init__(self, weight: int) -> None:
        self.weight = weight
        self.granted = threading.Event()
        self.left = False


def main() -> None:
    print("example")


if __name__ == "__main__":
    main()
'''


def names(sections: list[Section]) -> list[tuple[str, str]]:
    """Own and reference's name of each section, "" for a missing side."""
    return [
        (each.mine.name if each.mine else "", each.reference.name if each.reference else "")
        for each in sections
    ]


def section(mine: str, name: str) -> Section:
    (found,) = [each for each in align(mine, REFERENCE) if each.name == name]
    return found


def test_a_source_against_itself() -> None:
    """Everything is the same, and in the order in which it is written; the example is left out."""
    sections = align(REFERENCE, REFERENCE)
    assert all(each.same for each in sections)
    assert [each.name for each in sections] == [
        "module",
        "Gate",
        "Gate.__init__",
        "Gate.open",
        "Gate._look",
        "Gate.state",
        "Gate.state",
        "_Waiter",
        "_Waiter.__init__",
    ]


def test_comments_layout_and_docstrings_make_no_difference() -> None:
    """What is the same code is the same, however it looks."""
    mine = REFERENCE.replace("  # never to be shut", "").replace('"""Open it."""', '"""Do."""\n        # so:')
    assert all(each.same for each in align(mine, REFERENCE))
    assert not section(REFERENCE.replace("_open = True", "_open = 1"), "Gate.open").same


def test_a_missing_method_and_an_extra_helper() -> None:
    """Each has a section with one side; the extra one stands where the learner has put it."""
    begin, end = REFERENCE.index("    def open"), REFERENCE.index("    # Called")
    mine = REFERENCE[:begin] + "    def _extra(self) -> int:\n        return 7\n\n" + REFERENCE[end:]
    found = names(align(mine, REFERENCE))
    assert ("", "Gate.open") in found
    assert found.index(("Gate._extra", "")) == found.index(("Gate.__init__", "Gate.__init__")) + 1


def test_order_does_not_matter() -> None:
    """Names decide, not places."""
    begin, end = REFERENCE.index("class Gate"), REFERENCE.index("class _Waiter")
    last = REFERENCE.index("def main")
    mine = REFERENCE[:begin] + REFERENCE[end:last] + REFERENCE[begin:end] + REFERENCE[last:]
    assert names(align(mine, REFERENCE)) == names(align(REFERENCE, REFERENCE))


def test_a_renamed_helper_is_found_by_its_code() -> None:
    """Another name, and changed a little: still the one beside which it belongs."""
    mine = REFERENCE.replace("_look", "_peek").replace("return False", "return bool(times)")
    found = section(mine, "Gate._look")
    assert found.renamed == "Gate._peek" and not found.same


def test_a_renamed_class_takes_its_methods_along() -> None:
    """The methods of a renamed class are not paired with those of another."""
    found = names(align(REFERENCE.replace("_Waiter", "_Ticket"), REFERENCE))
    assert ("_Ticket", "_Waiter") in found
    assert ("_Ticket.__init__", "_Waiter.__init__") in found


def test_a_method_of_a_renamed_class_goes_by_its_name() -> None:
    """Even where its code is another or too short to be like anything."""
    reference = REFERENCE + "\n\nclass _Token:\n    a, b, c, d, e, f = range(6)\n\n    def end(self): ...\n"
    mine = reference.replace("_Token", "_Sign").replace("end(self): ...", "end(self): del self.a")
    mine += "\n\nclass Other:\n    def end(self): pass\n"
    assert ("_Sign.end", "_Token.end") in names(align(mine, reference))


def test_a_method_that_became_a_function() -> None:
    """The same name elsewhere is the same helper, if there is only one of it."""
    mine = REFERENCE.replace("_look", "_peer") + "\n\ndef look(gate):\n    return gate.seen\n"
    assert section(mine, "Gate._look").renamed == "look"


def test_unlike_helpers_stay_apart() -> None:
    """What has neither the name nor the code is no counterpart."""
    begin, end = REFERENCE.index("    def _look"), REFERENCE.index("    @property")
    other = "    def _hurry(self):\n        del self.a, self.b\n        raise OSError('no way') from None\n\n"
    found = names(align(REFERENCE[:begin] + other + REFERENCE[end:], REFERENCE))
    assert ("Gate._hurry", "") in found and ("", "Gate._look") in found


def test_a_property_has_two_halves() -> None:
    """Getter goes with getter and setter with setter; a missing setter is missing."""
    begin, end = REFERENCE.index("    @state.setter"), REFERENCE.index("class _Waiter")
    found = [
        each for each in align(REFERENCE[:begin] + REFERENCE[end:], REFERENCE) if each.name == "Gate.state"
    ]
    assert [each.mine is not None for each in found] == [True, False]


@pytest.mark.parametrize(
    "mine", ["def (", "class Gate:\n  def f(self):\n return", "x = '\0'", "(" * 5000, "\tx\n  y"]
)
def test_broken_syntax_is_one_piece(mine: str) -> None:
    """A file that is no Python comes first and whole; the reference follows in pieces of its own."""
    first, *rest = align(mine, REFERENCE)
    assert first.mine is not None and first.mine.kind == "file" and first.reference is None
    assert "\n".join(line.text for line in first.mine.lines).split() == mine.split()
    assert rest and all(each.mine is None for each in rest)


def test_an_empty_file_has_nothing() -> None:
    """No piece of it, and every piece of the reference."""
    assert all(each.mine is None for each in align("", REFERENCE))


def test_a_stub_is_not_written_yet() -> None:
    """What still raises NotImplementedError is known as such."""
    mine = REFERENCE.replace("            self._open = True  # never to be shut", "").replace(
        "        with self._lock:\n", "        raise NotImplementedError\n"
    )
    assert section(mine, "Gate.open").mine.todo  # type: ignore[union-attr]
    assert not section(REFERENCE, "Gate.open").mine.todo  # type: ignore[union-attr]


def test_definitions_under_conditions_are_pieces() -> None:
    """A function under ``if`` or ``try`` has a section; one inside a function belongs to that."""
    mine = "try:\n    import x\nexcept ImportError:\n    def f():\n        def g(): pass\n        return g\n"
    assert [piece.name for piece in cut(mine)] == ["module", "f"]


def test_notes_are_about_the_line_below_or_their_own() -> None:
    """Comments over several lines are one note; marks for tools are none."""
    notes = {piece.name: piece.notes for piece in cut(REFERENCE + "x = 1  # type: ignore\n")}
    lines = REFERENCE.splitlines()
    assert notes["Gate.__init__"] == (
        Note(lines.index("        self._lock = threading.Lock()") + 1, "One lock for everything."),
    )
    assert [note.text for note in notes["Gate.open"]] == ["never to be shut"]
    assert notes["Gate._look"][0].text == "Called with the lock held."
    assert not notes["module"]


def test_public_docstrings_are_left_out_and_private_ones_kept() -> None:
    """The contract is no code; what a helper says about itself is worth reading."""
    texts = "\n".join(line.text for piece in cut(REFERENCE) for line in piece.lines)
    assert "What the stub says" not in texts and "Make it" not in texts and "example" not in texts
    assert "A private word" in texts
    assert headline(REFERENCE) == "A gate: closed at first."


def test_lines_of_code_are_only_those() -> None:
    """No comment, docstring, blank line or example counts; every line of a long statement does."""
    assert (
        lines_of_code('"""Doc."""\n# note\n\nx = (\n    1,\n\n    2,\n)  # end\n\n\ndef main():\n    pass\n')
        == 4
    )
    assert lines_of_code('def f():\n    """Doc."""\n    return """a\nb"""\n') == 3
    assert lines_of_code('def f(): "doc"\n') == 1


def line(text: str, number: int = 1) -> Line:
    return Line(number, text, text.partition("  #")[0])


def test_equal_lines_are_on_one_level() -> None:
    """Lines that are the same stand beside each other; short ones are not worth a gap."""
    mine = [line(text) for text in ("a = 1", "b = 2", "self._condition.notify_all()", "return")]
    theirs = [line(text) for text in ("self._condition.notify_all()  # all", "return", "pass")]
    found = rows(mine, theirs)
    assert [(bool(row.mine), bool(row.reference), row.equal) for row in found] == [
        (True, False, False),
        (True, False, False),
        (True, True, True),
        (True, True, True),
        (False, True, False),
    ]
    short = rows([line("a = 1"), line("return")], [line("return")])
    assert not any(row.equal for row in short)


TEXTS = st.lists(
    st.sampled_from(["", "return", "self.x = compute(1, 2)", "y = 2", "while not self._stopping:"])
)


@given(TEXTS, TEXTS)
def test_rows_lose_nothing(mine: list[str], theirs: list[str]) -> None:
    """Every line of both sides is in one row, in order, whatever is alike."""
    left = [line(text, number) for number, text in enumerate(mine)]
    right = [line(text, number) for number, text in enumerate(theirs)]
    found = rows(left, right)
    assert [row.mine for row in found if row.mine] == left
    assert [row.reference for row in found if row.reference] == right


@pytest.mark.parametrize("kata", list(load()), ids=lambda kata: kata.name)
def test_every_kata_can_be_compared(kata: Kata) -> None:
    """Of two real solutions every line is in one piece at most, every piece in one section, and names meet."""
    if not (kata.solution.exists() and kata.alternative.exists()):
        pytest.skip("being written")
    mine, reference = (cut(path.read_text("utf-8")) for path in (kata.alternative, kata.solution))
    for pieces in (mine, reference):
        numbers = [each.number for piece in pieces for each in piece.lines]
        assert len(numbers) == len(set(numbers))
    sections = align(kata.alternative.read_text("utf-8"), kata.solution.read_text("utf-8"))
    assert sorted(each.mine.first for each in sections if each.mine) == sorted(each.first for each in mine)
    assert [each.reference for each in sections if each.reference] == reference
    common = {each.name for each in mine} & {each.name for each in reference}
    assert all((each.mine and each.reference) for each in sections if each.name in common)
