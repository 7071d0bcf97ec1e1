"""Executes a notebook in a fresh kernel, as a reader would from top to bottom."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from tempfile import TemporaryDirectory

from ipykernel.kernelspec import get_kernel_dict
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat import NotebookNode

from dojo.notebook.stored import FOLDER, tidy

CELL_LIMIT = 120  # seconds for one cell


class Raised(Exception):
    """A cell did not run to its end; the message names it."""


class _ThisPython(KernelSpecManager):
    """Knows one kernel: the Python that runs this, whatever other kernels a user has installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """That kernel, whichever name is asked for."""
        return KernelSpec(resource_dir="", **get_kernel_dict())


async def execute(notebook: NotebookNode) -> NotebookNode:
    """Run all cells.

    Args:
        notebook: stays as it is.

    Returns:
        A copy with fresh outputs, tidied.

    Raises:
        Raised: a cell raised, took too long, or wrote to standard error, where magics report misuse.
    """
    fresh = deepcopy(notebook)
    for cell in fresh.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    with TemporaryDirectory() as profile:
        # Nothing that this user has set up for IPython may show in what is stored.
        environment = {**os.environ, "IPYTHONDIR": profile}
        try:
            async with _kernel(fresh, environment) as client:
                for index, cell in enumerate(fresh.cells):
                    await client.async_execute_cell(cell, index)
        except (CellExecutionError, CellTimeoutError, RuntimeError) as error:  # RuntimeError: the kernel died
            raise Raised(_where(fresh, error)) from error
    _check_errors(fresh)
    tidy(fresh)
    return fresh


@asynccontextmanager
async def _kernel(notebook: NotebookNode, environment: dict[str, str]) -> AsyncIterator[NotebookClient]:
    """A client with a kernel of its own, until the end of the block, however that comes."""
    km = AsyncKernelManager(kernel_spec_manager=_ThisPython())
    if sys.platform != "win32":
        # Kernels that are started at the same moment may choose the same port; files have names of their own.
        km.transport, km.ip = "ipc", f"{environment['IPYTHONDIR']}/kernel"
    # Not client.async_execute(): that takes Ctrl-C away, for which asyncio.run() has its own, better way.
    client = NotebookClient(
        notebook,
        km=km,
        timeout=CELL_LIMIT,
        coalesce_streams=True,
        record_timing=False,
        store_widget_state=False,
        resources={"metadata": {"path": str(FOLDER)}},
    )
    try:
        await client.async_start_new_kernel(env=environment)
        await client.async_start_new_kernel_client()
        yield client
    finally:
        if client.kc is not None:
            client.kc.stop_channels()
        if km.has_kernel:
            await km.shutdown_kernel(now=True)


def _check_errors(notebook: NotebookNode) -> None:
    for number, cell in enumerate(notebook.cells, 1):
        if complaint := _complaint(cell):
            raise Raised(f"{_named(number, cell)}: {complaint}")


def _complaint(cell: NotebookNode) -> str:
    """The last line that a cell wrote to standard error: misuse of a magic is told there and nowhere else."""
    texts = [output.text.strip() for output in cell.get("outputs", ()) if output.get("name") == "stderr"]
    return texts[-1].splitlines()[-1] if texts and texts[-1] else ""


def _where(notebook: NotebookNode, error: Exception) -> str:
    """Which cell it was, and what happened there."""
    started = [
        (number, cell)
        for number, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "code" and cell.execution_count is not None
    ]
    what = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    if not started:
        return what
    number, cell = started[-1]
    if isinstance(error, CellExecutionError):
        what = _complaint(cell) or f"{error.ename}: {error.evalue}"
    return f"{_named(number, cell)}: {what}"


def _named(number: int, cell: NotebookNode) -> str:
    first = cell.source.strip().splitlines()[0] if cell.source.strip() else ""
    return f"cell {number} ({first})"
