"""A notebook without a kernel: an IPython shell in this process, and what its cells show."""

from __future__ import annotations

from dataclasses import dataclass

from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output


@dataclass
class Shown:
    """What a cell showed: texts and HTML in order, and what it wrote to standard error."""

    text: str
    html: str
    kinds: list[str]
    errors: str


class Notebook:
    """Runs cells one after the other."""

    def __init__(self) -> None:
        InteractiveShell.clear_instance()
        self.shell = InteractiveShell.instance()
        self.shell.run_line_magic("load_ext", "dojo.notebook")

    def run(self, cell: str) -> Shown:
        """Run a cell as if it had been typed."""
        with capture_output() as captured:
            self.shell.run_cell(cell)
        data = [output.data for output in captured.outputs]
        return Shown(
            "\n".join(each.get("text/plain", "") for each in data),
            "\n".join(each.get("text/html", "") for each in data),
            [next(iter(each)) for each in data],
            captured.stderr,
        )

    def close(self) -> None:
        """Leave no shell behind for other tests."""
        InteractiveShell.clear_instance()
