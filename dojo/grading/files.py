"""Writes a file whole or not at all, so that no Ctrl-C and no full disk ever leaves half of one."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(file: Path, content: str | bytes) -> None:
    """Replace a file's content in one step; its folder, but none above that, is made if need be.

    Raises:
        OSError: when it cannot be written; what was there before is still there then.
    """
    import tempfile  # the board is to come at once, and seldom writes anything

    file.parent.mkdir(exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.stem}-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content.encode("utf-8") if isinstance(content, str) else content)
            stream.flush()
            os.fsync(stream.fileno())
        if file.exists():
            os.chmod(name, file.stat().st_mode & 0o777)  # a temporary file is its owner's alone
        else:
            os.chmod(name, 0o644)
        os.replace(name, file)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_new(file: Path, text: str) -> bool:
    """Write a file that is not there yet; its folders are made if need be.

    Returns:
        Whether it was written; False when there is something of that name, which is left as it is.

    Raises:
        OSError: when it cannot be written; nothing of it is left then.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        stream = file.open("x", encoding="utf-8", newline="")  # never over anything, not even a broken link
    except FileExistsError:
        return False
    try:
        with stream:
            stream.write(text)
    except BaseException:
        file.unlink(missing_ok=True)
        raise
    return True
