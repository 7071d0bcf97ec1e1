"""Places such as ``semaphore.py:31`` as hyperlinks (OSC 8), on terminals that are known to have them."""

from __future__ import annotations

import re
import socket
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from rich.text import Text

from dojo.grading.catalogue import ROOT
from dojo.grading.paths import display_name

_PLACE = re.compile(r"(?P<file>[\w./\\~+-]+\.py)(?::(?P<line>\d+))?(?![\w.])")
_PROGRAMS = frozenset({"iTerm.app", "WezTerm", "vscode", "ghostty", "Tabby", "rio", "WarpTerminal"})
_TERMS = ("xterm-kitty", "xterm-ghostty", "wezterm", "alacritty", "foot", "contour")
_VARIABLES = ("WT_SESSION", "KONSOLE_VERSION", "DOMTERM")
_FIRST_VTE = 5000  # 0.50, the first that is safe


def are_known(environment: Mapping[str, str]) -> bool:
    """Whether the terminal is one that shows hyperlinks; FORCE_HYPERLINK decides otherwise (0 for no)."""
    forced = environment.get("FORCE_HYPERLINK")
    if forced is not None:
        return forced not in ("", "0")
    term = environment.get("TERM", "")
    if environment.get("NO_COLOR") or (term in ("", "dumb", "unknown") and "WT_SESSION" not in environment):
        return False
    vte = environment.get("VTE_VERSION", "")
    return (
        environment.get("TERM_PROGRAM") in _PROGRAMS
        or term.startswith(_TERMS)
        or any(name in environment for name in _VARIABLES)
        or (vte.isdecimal() and int(vte) >= _FIRST_VTE)
    )


class Links:
    """Makes links of the places in lines of a report.

    Args:
        environment: tells which terminal it is: they do not agree on what an address may hold.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._files: dict[str, Path] = {}
        in_editor = environment.get("TERM_PROGRAM") == "vscode"
        # VS Code and Windows take a host for that of a network share; all others ask for one.
        self._host = "" if in_editor or "WT_SESSION" in environment else socket.gethostname()
        # What opens a file for VTE does not find it when the line stands behind its name.
        self._has_lines = in_editor or "VTE_VERSION" not in environment

    def know(self, *files: Path) -> None:
        """Take note of files that reports call by their names alone."""
        for file in files:
            self._files[file.name] = self._files[display_name(file)] = file

    def add(self, text: Text) -> None:
        """Make the places in a line links; those of files that are not known stay as they are."""
        for found in _PLACE.finditer(text.plain):
            file = self._find(found["file"], has_line=found["line"] is not None)
            if file is not None:
                text.stylize(f"link {self._address(file, found['line'])}", found.start(), found.end())

    def _find(self, name: str, *, has_line: bool) -> Path | None:
        name = name.replace("\\", "/")
        if name in self._files:
            return self._files[name] if has_line or "/" in name else None
        if name.startswith("..."):  # cut off at the left
            fitting = {file for each, file in self._files.items() if each.endswith(name[3:])}
            return fitting.pop() if len(fitting) == 1 else None
        file = ROOT / name
        return file if "/" in name and file.is_file() else None

    def _address(self, file: Path, line: str | None) -> str:
        path = quote(file.resolve().as_posix())
        fragment = f"#{line}" if line and self._has_lines else ""
        return f"file://{self._host}{'' if path.startswith('/') else '/'}{path}{fragment}"
