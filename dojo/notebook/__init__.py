"""The katas in Jupyter: ``%load_ext dojo.notebook`` brings %%kata, %%simulate, %mutant and %solution.

No code of a reader runs in the kernel: it runs in a child of the judge, with limits, and can break nothing here.
"""

from __future__ import annotations

from IPython.core.interactiveshell import InteractiveShell

from dojo.notebook.magics import DojoMagics
from dojo.notebook.output import show

__all__ = ["load_ipython_extension", "show"]


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Called by ``%load_ext``."""
    shell.register_magics(DojoMagics(shell))
