"""Places are links where a terminal is known to have them, and lead to the file that is meant."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.text import Text

from dojo.grading.catalogue import ROOT, load
from dojo.reports.links import Links, are_known

XTERM = {"TERM": "xterm-256color"}
KNOWN = [
    XTERM | {"TERM_PROGRAM": "vscode"},
    XTERM | {"TERM_PROGRAM": "iTerm.app"},
    XTERM | {"VTE_VERSION": "7200"},
    XTERM | {"KONSOLE_VERSION": "230804"},
    {"TERM": "xterm-kitty"},
    {"WT_SESSION": "b3"},
    XTERM | {"FORCE_HYPERLINK": "1"},
]
UNKNOWN = [
    {},
    XTERM,
    XTERM | {"TERM_PROGRAM": "Apple_Terminal"},
    XTERM | {"VTE_VERSION": "4999"},
    {"TERM": "dumb", "TERM_PROGRAM": "vscode"},
    XTERM | {"TERM_PROGRAM": "vscode", "NO_COLOR": "1"},
    XTERM | {"TERM_PROGRAM": "vscode", "FORCE_HYPERLINK": "0"},
]
KATA = load()["semaphore"]


@pytest.mark.parametrize("environment", KNOWN, ids=lambda each: " ".join(each.values()))
def test_terminals_with_links(environment: dict[str, str]) -> None:
    """Those that say who they are, and any on request."""
    assert are_known(environment)


@pytest.mark.parametrize("environment", UNKNOWN, ids=lambda each: " ".join(each.values()) or "nothing")
def test_terminals_without(environment: dict[str, str]) -> None:
    """Others might show the address as text; NO_COLOR and a dumb terminal want nothing of that kind."""
    assert not are_known(environment)


def linked(text: str, *known: Path, **environment: str) -> list[tuple[str, str]]:
    """Each link in a line: its text and its address."""
    links = Links({"TERM_PROGRAM": "vscode", **environment})
    links.know(*known)
    shown = Text(text)
    links.add(shown)
    return [
        (shown.plain[span.start : span.end], str(span.style).removeprefix("link ")) for span in shown.spans
    ]


OWN = (ROOT / "katas/concurrency/semaphore.py").as_uri()
TESTS = KATA.tests.as_uri()


def test_a_place_with_its_folder() -> None:
    """With and without a line; the rest of the text is no part of it."""
    assert linked("raised at katas/concurrency/semaphore.py:31, twice") == [
        ("katas/concurrency/semaphore.py:31", f"{OWN}#31")
    ]
    assert linked("write katas/concurrency/semaphore.py.") == []
    assert linked("write  katas/concurrency/semaphore.py") == [("katas/concurrency/semaphore.py", OWN)]


def test_a_name_alone(tmp_path: Path) -> None:
    """It means the file that was graded, wherever that is; another one of that name is not guessed at."""
    assert linked("x semaphore.py:31") == []
    file = tmp_path / "a b" / "semaphore.py"
    file.parent.mkdir()
    file.touch()
    assert linked("semaphore.py:31", file, KATA.tests) == [("semaphore.py:31", f"{file.as_uri()}#31")]
    assert linked("test_semaphore.py:5", file, KATA.tests) == [("test_semaphore.py:5", f"{TESTS}#5")]
    assert linked("uv run grader.py grade semaphore") == []


def test_a_name_that_is_cut_off() -> None:
    """Its end is enough, if it is that of one file only."""
    stub = ROOT / "katas/concurrency/semaphore.py"
    assert linked("...est_semaphore.py:5", stub, KATA.tests) == [("...est_semaphore.py:5", f"{TESTS}#5")]
    assert linked("...aphore.py:5", stub, KATA.tests) == []


def test_addresses_are_as_terminals_want_them() -> None:
    """VS Code wants no host, the others one; for VTE a line would be part of the file's name."""
    place = "katas/concurrency/semaphore.py:31"
    ((_, iterm),) = linked(place, TERM_PROGRAM="iTerm.app")
    assert (
        iterm.startswith("file://") and not iterm.startswith("file:///") and iterm.endswith("semaphore.py#31")
    )
    ((_, vte),) = linked(place, TERM_PROGRAM="", VTE_VERSION="7200")
    assert vte.endswith("/semaphore.py")
