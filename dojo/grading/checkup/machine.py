"""Checks of the machine: Python, packages, limits, processors, memory, container, terminal."""

from __future__ import annotations

import importlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from importlib import metadata
from pathlib import Path

from dojo.grading.checkup.finding import NOTE, OK, PROBLEM, Finding

_ROOT = Path(__file__).resolve().parents[3]
OLDEST, NEWEST = (3, 11), (3, 15)
REQUIRED = ("greenlet", "hypothesis", "rich", "click")
OPTIONAL = {
    "watchfiles": "watch looks at the clock instead of being told of changes",
    "jinja2": "timeline cannot draw",
    "fsrs": "review plans no repetitions",
    "pytest": "the project's own tests cannot be run",
}
SYNC = "`uv sync` brings it; or start with `uv run grader.py`"
CHILD_MEMORY = 150 * 1024**2  # bytes that a child of the judge needs at least, to be at ease
NARROW = 80
_MIB = 1024**2


def check_python(
    version: tuple[int, int] = sys.version_info[:2], implementation: str = platform.python_implementation()
) -> Iterator[Finding]:
    """Whether this Python is one that the simulator knows.

    Args:
        version: major and minor.
        implementation: CPython is the only one that is supported.
    """
    name = f"{implementation} {platform.python_version()}"
    known = f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"
    if implementation != "CPython" or not OLDEST <= version <= NEWEST:
        yield Finding(
            "python", PROBLEM, f"{name}; CPython {known} is needed", "`uv run --python 3.13 grader.py`"
        )
    elif sysconfig.get_config_var("Py_GIL_DISABLED"):
        yield Finding("python", NOTE, f"{name} without a GIL: grading simulates one with it")
    else:
        yield Finding("python", OK, f"{name} ({known} are supported)")


def check_packages(root: Path) -> Iterator[Finding]:
    """Whether the packages can be imported, in a version that ``pyproject.toml`` asks for.

    Args:
        root: the folder with that file.
    """
    wanted = _wanted(root / "pyproject.toml")
    fine = []
    for name in (*REQUIRED, *OPTIONAL):
        fault = _fault(name, wanted.get(name, ""))
        if not fault:
            fine.append(f"{name} {metadata.version(name)}")
        elif name in REQUIRED:
            yield Finding("packages", PROBLEM, fault, SYNC)
        else:
            yield Finding("packages", NOTE, f"{fault}: {OPTIONAL[name]}", SYNC)
    if fine:
        yield Finding("packages", OK, ", ".join(fine))


def _wanted(file: Path) -> Mapping[str, str]:
    """Package and range of versions, as ``pyproject.toml`` has them."""
    import tomllib

    try:
        listed = tomllib.loads(file.read_text("utf-8"))["project"]["dependencies"]
    except (OSError, ValueError, KeyError):
        return {}
    parts = (re.match(r"([\w-]+)(.*)", text) for text in listed)
    return {part[1]: part[2] for part in parts if part}


def _fault(name: str, wanted: str) -> str:
    """What is wrong with a package; "" if nothing is."""
    try:
        importlib.import_module(name)
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return f"{name} is there, but its version cannot be found"
    except ModuleNotFoundError as error:
        return f"{name} is missing" if error.name == name else f"{name} needs {error.name}, which is missing"
    except Exception as error:  # a package that is damaged may raise whatever it likes
        return f"{name} cannot be imported: {type(error).__name__}: {error}"
    return "" if satisfies(version, wanted) else f"{name} {version} is not {wanted}"


def satisfies(version: str, wanted: str) -> bool:
    """Whether a version is in a range like ``>=3.5,<4``; what else may stand there counts as satisfied."""
    numbers = _numbers(version)
    for bound in wanted.split(","):
        if bound.startswith(">=") and numbers < _numbers(bound):
            return False
        if bound.startswith("<") and not bound.startswith("<=") and numbers >= _numbers(bound):
            return False
    return True


def _numbers(version: str) -> list[int]:
    found = re.search(r"\d+(\.\d+)*", version)
    return [int(part) for part in found.group().split(".")] if found else []


def check_limits() -> Iterator[Finding]:
    """Whether a child's memory and processor time can be limited."""
    if sys.platform == "win32":
        text = "Windows has none: code that is stuck in one long call is ended after minutes only"
        yield Finding("limits", NOTE, text)
        return
    import resource
    import signal

    from dojo.grading.sandbox.limits import CPU_LIMIT, MEMORY_LIMIT

    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    if not hasattr(signal, "setitimer"):
        yield Finding("limits", NOTE, "there are no timers: code that is stuck in one long call ends late")
    elif hard not in (resource.RLIM_INFINITY, -1) and hard < MEMORY_LIMIT:
        text = (
            f"memory is limited to {hard // _MIB} MiB already, less than the {MEMORY_LIMIT // _MIB} of a kata"
        )
        yield Finding("limits", NOTE, text, "`ulimit -v unlimited`, if code is said to use too much")
    else:
        text = f"a kata may use {MEMORY_LIMIT // _MIB} MiB and {CPU_LIMIT} s of processor time"
        yield Finding("limits", OK, text)


def check_isolation(ask: Callable[[], str] | None = None) -> Iterator[Finding]:
    """Whether a child loses the network, and the files that it could change.

    Args:
        ask: brings what a process of its own has found out, as JSON.
    """
    kept = json.loads((ask or _ask_for_isolation)())
    network = "off" if kept["network"] else "on"
    files = "read only" if kept["files"] else "guarded by an audit hook alone"
    text = f"for what is graded the network is {network}, files are {files}"
    if all(kept.values()):
        yield Finding("isolation", OK, text)
    else:
        yield Finding("isolation", NOTE, text, "grade code of others in a container: SECURITY.md")


def _ask_for_isolation() -> str:
    command = [sys.executable, "-m", "dojo.grading.sandbox.isolation"]
    return subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True, timeout=20).stdout


def check_processors() -> Iterator[Finding]:
    """How many the grader would use."""
    from dojo.grading.judge import MOST_WORKERS, processors

    count = processors()
    text = f"{count} may be used; a kata is graded by {min(MOST_WORKERS, count)} processes side by side"
    yield Finding("processors", OK, text)


def check_memory() -> Iterator[Finding]:
    """How much there is for the children."""
    from dojo.grading.judge import MOST_WORKERS, processors

    free = free_memory()
    if free is None:
        yield Finding("memory", OK, "how much is free cannot be told on this system")
        return
    needed = CHILD_MEMORY * min(MOST_WORKERS, processors())
    text = f"{free // _MIB:,} MiB are free"
    if free < needed:
        yield Finding(
            "memory", NOTE, f"{text}, grading needs about {needed // _MIB}", "close something large"
        )
    else:
        yield Finding("memory", OK, text)


def free_memory(proc: Path = Path("/proc"), groups: Path = Path("/sys/fs/cgroup")) -> int | None:
    """Bytes that can be had without swapping; None where that cannot be told.

    Args:
        proc: what the system says of itself.
        groups: what the container may use.
    """
    try:
        found = re.search(r"MemAvailable:\s+(\d+) kB", (proc / "meminfo").read_text("ascii"))
    except (OSError, ValueError):
        return None
    if found is None:
        return None
    free = int(found[1]) * 1024
    try:
        limit = int((groups / "memory.max").read_text("ascii"))
        return min(free, max(0, limit - int((groups / "memory.current").read_text("ascii"))))
    except (OSError, ValueError):  # "max", or no such groups
        return free


def check_container(root: Path = Path("/")) -> Iterator[Finding]:
    """Whether this is a container or WSL, where some things are different.

    Args:
        root: of the file system.
    """
    if "microsoft" in platform.release().lower():
        text = "this is WSL: files below /mnt are slow and tell of no changes"
        yield Finding("container", NOTE, text, "keep the katas in the Linux file system")
    elif name := _container(root):
        yield Finding(
            "container", NOTE, f"this is a container ({name}): what is outside of its volumes is lost"
        )
    else:
        yield Finding("container", OK, "neither a container nor WSL")


def _container(root: Path) -> str:
    """The kind of container, "" if this is none."""
    for mark, name in ((".dockerenv", "docker"), ("run/.containerenv", "podman")):
        if (root / mark).exists():
            return name
    try:
        text = (root / "proc/1/cgroup").read_text("utf-8", "replace")
    except OSError:
        return ""
    found = re.search(r"docker|kubepods|containerd|lxc", text)
    return found.group() if found else ""


def check_terminal() -> Iterator[Finding]:
    """What standard output can show."""
    out = sys.stdout
    encoding = getattr(out, "encoding", None) or "ascii"
    if not out.isatty():
        yield Finding(
            "terminal", OK, f"none: reports are {NARROW} columns wide, in {encoding}, without colours"
        )
        return
    columns = shutil.get_terminal_size((NARROW, 24)).columns
    colours = "with colours"
    if os.environ.get("NO_COLOR"):
        colours = "without colours (NO_COLOR is set)"
    elif os.environ.get("TERM", "") in ("dumb", "unknown"):
        colours = f"without colours (TERM is {os.environ['TERM']})"
    text = f"{columns} columns, {encoding}, {colours}"
    if columns < NARROW:
        yield Finding("terminal", NOTE, text, f"with {NARROW} columns or more reports are easier to read")
    elif encoding.lower().replace("-", "") not in ("utf8", "cp65001"):
        yield Finding("terminal", NOTE, f"{text}: what that lacks is shown as an escape", "`python -X utf8`")
    else:
        yield Finding("terminal", OK, text)
