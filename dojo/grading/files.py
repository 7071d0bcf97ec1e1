"""Writes a file whole or not at all, so that no Ctrl-C and no full disk ever leaves half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_whole(file: Path, text: str) -> None:
    """Replace a file's content in one step; its folder, but none above that, is made if need be.

    Raises:
        OSError: when it cannot be written; what was there before is still there then.
    """
    file.parent.mkdir(exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.stem}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
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
