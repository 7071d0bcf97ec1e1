"""The names of keys: takes them one by one from the characters that a terminal or a console has sent."""

from __future__ import annotations

import re

# A whole control sequence: CSI with parameters (``ESC [ 1 ; 5 C``), or SS3 (``ESC O C``).
_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O[0-9;]*[A-Za-z])")
_BEGINNING = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O[0-9;]*)?\Z")
_FINALS = {"A": "up", "B": "down", "C": "right", "D": "left", "H": "home", "F": "end", "M": "enter"}
_NUMBERS = {
    "1": "home",
    "7": "home",
    "4": "end",
    "8": "end",
    "3": "delete",
    "5": "page up",
    "6": "page down",
}
_CHARACTERS = {
    "\r": "enter",
    "\n": "enter",
    "\t": "tab",
    "\x1b": "esc",
    "\x7f": "backspace",
    "\x08": "backspace",
}
# What follows a first "\x00" or "\xe0" from a Windows console.
WINDOWS = {
    "H": "up",
    "P": "down",
    "M": "right",
    "K": "left",
    "G": "home",
    "O": "end",
    "S": "delete",
    "I": "page up",
    "Q": "page down",
}


def next_key(text: str, *, more: bool) -> tuple[str | None, str]:
    """Take the first key from what a terminal has sent.

    Args:
        text: the characters.
        more: whether further characters may follow at once: a lone ``ESC`` is then no key yet.

    Returns:
        The key's name and the characters after it; no name when there is no key, or not all of one.
    """
    while text:
        sequence = _SEQUENCE.match(text)
        if sequence is None:
            if more and _BEGINNING.match(text):
                return None, text
            if len(text) > 1 and _BEGINNING.match(text):
                return "esc", ""  # cut off, or Alt and a bracket
            return named(text[0]), text[1:]
        text = text[sequence.end() :]
        name = _of_sequence(sequence.group())
        if name is not None:
            return name, text  # else a key that nobody needs, such as F5: it is nothing
    return None, ""


def _of_sequence(sequence: str) -> str | None:
    if sequence.endswith("~"):
        return _NUMBERS.get(sequence[2:-1].split(";")[0])
    return _FINALS.get(sequence[-1])


def named(character: str) -> str:
    """The name of the key that a single character stands for."""
    if character in _CHARACTERS:
        return _CHARACTERS[character]
    if character < " ":
        return f"ctrl-{chr(ord(character) + 96)}"
    return character
