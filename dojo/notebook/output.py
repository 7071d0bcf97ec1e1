"""Puts reports, code and pictures into a notebook: each with a text alternative, readable on light and dark pages.

What a notebook shows is stored in it and read on web pages that drop styles and scripts: the words alone must do.
"""

from __future__ import annotations

import html
import io

from IPython.display import display
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from dojo.grading.judge import Replay
from dojo.reports.page import DIM, Lines, Page, plain
from dojo.reports.pictures.lanes import lanes_of
from dojo.reports.pictures.picture import Picture
from dojo.reports.timeline.page import Subject, timeline

PAGE = Page(columns=94, in_notebook=True)

_FAINT = "#545c66"  # rich makes "dim" too faint to be read with ease
_INK, _GROUND = "#1b1f24", "#f5f6f8"  # both, so that it can be read whatever the page's own colours are
_BOX = (
    f"background:{_GROUND};color:{_INK};padding:8px 10px;border-radius:4px;overflow-x:auto;white-space:pre;"
    "line-height:1.35;font-size:13px"
)
_COLOURS = {
    1: (179, 20, 31),
    2: (20, 108, 55),
    3: (143, 71, 0),
    5: (122, 40, 138),
}  # red, green, yellow, magenta
_PALETTE = [_COLOURS.get(number, (27, 31, 36)) for number in range(8)]
_THEME = TerminalTheme((245, 246, 248), (27, 31, 36), _PALETTE, _PALETTE)
_FRAME = "width:100%;height:640px;border:1px solid #8a929c;border-radius:4px"


def show_lines(lines: Lines) -> None:
    """Show a report."""
    console = Console(  # in a notebook rich would show every line on its own, at once
        file=io.StringIO(),
        record=True,
        width=400,
        color_system="truecolor",
        force_terminal=True,
        force_jupyter=False,
    )
    for each in lines:
        each.rstrip()
        spans = [span if span.style != DIM else span._replace(style=_FAINT) for span in each.spans]
        console.print(Text(each.plain, each.style, spans=spans), soft_wrap=True)
    inner = console.export_html(theme=_THEME, code_format="{code}", inline_styles=True)
    _show(f'<pre style="{_BOX}">{inner.rstrip()}</pre>', plain(lines).rstrip())


def show_code(text: str) -> None:
    """Show Python code with colours."""
    inner = highlight(text, PythonLexer(stripnl=False), HtmlFormatter(noclasses=True, nowrap=True))
    _show(f'<pre style="{_BOX}">{inner.rstrip()}</pre>', text.rstrip())


def show(picture: Picture) -> None:
    """Show a picture with a caption that says in words what there is to see.

    Args:
        picture: as the functions in ``dojo.reports.pictures`` make them.
    """
    # Not as <svg> or <img> inside HTML: GitHub drops the one, and JupyterLab either, before the notebook is run.
    display({"image/svg+xml": picture.svg, "text/plain": "(a picture: run the cell to see it)"}, raw=True)
    _show(f"<p><em>{html.escape(picture.alt)}</em></p>", picture.alt)


def show_run(run: Replay, kata: str, path: str) -> None:
    """Show a run as swim-lanes, and folded below as the timeline that can be stepped through.

    Args:
        run: with steps, so without a problem.
        kata: what it is a run of.
        path: the file, as steps call it.
    """
    show(lanes_of(run, path))
    page = timeline(run, Subject(kata, path, ""))
    title = "Step through this run"
    text = "In Jupyter this folds out into a timeline with every step, all locks and all values."
    frame = f'<iframe sandbox="allow-scripts" title="{title}" style="{_FRAME}" srcdoc="{html.escape(page)}"></iframe>'
    _show(
        f"<details><summary>{title}</summary><p>{text}</p>{frame}</details>", f"({title}: in Jupyter only.)"
    )


def _show(as_html: str, as_text: str) -> None:
    display({"text/html": as_html, "text/plain": as_text}, raw=True)
