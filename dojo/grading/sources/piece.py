"""A piece of a source, as a value: its lines, its comments, its shape."""

from __future__ import annotations

import io
import tokenize
from dataclasses import dataclass

from dojo.grading.sources.surface import normalised

MODULE = "module"
WHOLE = "the whole file"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a source.

    Attributes:
        number: counts from 1.
        text: as it was written, without the indentation of the piece.
        code: the same without its comment; "" if there was nothing else.
    """

    number: int
    text: str
    code: str


@dataclass(frozen=True, slots=True)
class Note:
    """A comment that explains the code.

    Attributes:
        line: the line that it is about: its own, or the one it stands above.
        text: all of its lines as one text.
    """

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A function, the statements of a class, or those of the module.

    Attributes:
        name: qualified: ``Semaphore.acquire``; a class's own name; ``module``.
        kind: "function", "class", "module", or "file" for what could not be cut.
        lines: of the source; those of other pieces and of a public docstring are not among them.
        notes: its comments.
        shape: equal for equal code, whatever its comments, docstrings and layout.
        todo: whether it is still as in the stub.
    """

    name: str
    kind: str
    lines: tuple[Line, ...]
    notes: tuple[Note, ...]
    shape: str
    todo: bool = False

    @property
    def first(self) -> int:
        """The number of its first line."""
        return self.lines[0].number if self.lines else 1

    @property
    def words(self) -> list[str]:
        """The words of its code, to tell how much it is like another one."""
        source = "\n".join(line.code for line in self.lines)
        try:
            return [token.string for token in tokens(source) if token.string.strip()]
        except SyntaxError:
            return source.split()  # a piece of a source need not be one


def whole(source: str) -> Piece:
    """A source as one piece: for one that cannot be cut, as it is no Python."""
    lines = [Line(number, text, text) for number, text in enumerate(normalised(source).split("\n"), 1)]
    return Piece(WHOLE, "file", tuple(without_gaps(lines, "function")), (), "")


def tokens(source: str) -> list[tokenize.TokenInfo]:
    """The tokens of a source; what the parser accepts and the tokenizer does not is a syntax error like any."""
    try:
        return list(tokenize.generate_tokens(io.StringIO(source).readline))
    except tokenize.TokenError as error:
        raise SyntaxError(str(error)) from error


def without_gaps(lines: list[Line], kind: str) -> list[Line]:
    """Lines without blank ones at either end, and in what is not one stretch of source none at all."""
    kept = [line for line in lines if line.text or kind == "function"]
    while kept and not kept[-1].text:
        kept.pop()
    return [line for index, line in enumerate(kept) if line.text or (index and kept[index - 1].text)]
