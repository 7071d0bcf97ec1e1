"""What else does a kata's job: libraries and classes of the standard one that implementations are measured beside."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from dojo.grading.catalogue import ROOT, Kata
from dojo.grading.measuring.stopwatch_process import Source

PROMISES = ("fifo", "timeout", "ctx", "close", "exact")
GROUP = "benchmarks"  # the dependency group of pyproject.toml that has all of them
_FOLDER = ROOT / "benchmarks" / "patterns" / "peers"


@dataclass(frozen=True, slots=True)
class Peer:
    """A peer of a kata.

    Attributes:
        name: what people call it.
        package: what has to be installed; "" for the standard library.
        adapter: the file that gives it the names of the kata.
        promises: "yes", "no", "-" or a word, for each of ``PROMISES``.
        less: what it leaves out, in words.
        faster: why it may be faster than the reference, "" if that is not known to happen.
    """

    name: str
    package: str
    adapter: Path
    promises: tuple[str, ...]
    less: str
    faster: str = ""

    @property
    def version(self) -> str | None:
        """Of the package; "" for the standard library, None if it is not installed."""
        if not self.package:
            return ""
        try:
            return version(self.package)
        except PackageNotFoundError:
            return None

    @property
    def source(self) -> Source:
        """The adapter, to be measured like an implementation of the kata."""
        return Source(self.adapter.read_text("utf-8"), self.adapter.relative_to(ROOT).as_posix())


@dataclass(frozen=True, slots=True)
class Peers:
    """What a kata is compared with.

    Attributes:
        promises: the kata's own, as for a peer.
        peers: may be empty.
        none: why there are none, "" if there are.
    """

    promises: tuple[str, ...]
    peers: tuple[Peer, ...]
    none: str = ""


def peers_of(kata: Kata) -> Peers:
    """Look up what a kata is compared with; one that the list does not know has no peers."""
    listed: dict[str, Any] = tomllib.loads((_FOLDER / "peers.toml").read_text("utf-8"))
    entry = listed.get(kata.name, {})
    peers = [
        Peer(
            each["name"],
            each.get("package", ""),
            _FOLDER / kata.name / f"{each['adapter']}.py",
            tuple(each["promises"]),
            each["less"],
            each.get("faster", ""),
        )
        for each in entry.get("peers", [])
    ]
    return Peers(tuple(entry.get("promises", ())), tuple(peers), entry.get("none", ""))
