"""Describes the machine that figures come from, without its name."""

from __future__ import annotations

import os
import platform
from pathlib import Path


def machine() -> str:
    """The computer in a line."""
    model = platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                model = line.split(":")[1].strip()
                break
    except OSError:
        pass  # not Linux
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return f"{model}, {os.cpu_count()} CPUs, {platform.system()}{load}"
