"""Replay tokens: property, workload and schedule of one run in a line that can be pasted and mailed."""

from __future__ import annotations

import base64
import binascii
import json
import re
import sys
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

from dojo import ENGINE_VERSION
from dojo.simulator.schedule import Schedule

_NOT_OF_A_TOKEN = re.compile(r"[^A-Za-z0-9_-]+")


class BadToken(ValueError):
    """The text is not a replay token, or not a whole one."""


@dataclass(frozen=True, slots=True)
class Token:
    """What a token says.

    The number of steps inside the stdlib differs between Python versions and every edit of the submission
    moves steps, so a token belongs to a minor version, a text and an engine; ``mismatches`` tells.
    """

    slug: str
    workload: dict[str, Any]
    schedule: Schedule
    digest: str  # first hex digits of the submission's fingerprint
    python: tuple[int, int]
    engine: int

    def encode(self) -> str:
        """The token as text: URL-safe base64, with a checksum."""
        data = [
            self.slug,
            self.workload,
            [list(d) for d in self.schedule.delays],
            [list(s) for s in self.schedule.stalls],
            self.digest,
            list(self.python),
            self.engine,
        ]
        packed = zlib.compress(json.dumps(data, separators=(",", ":")).encode(), 9, -15)
        check = zlib.crc32(packed).to_bytes(4, "big")
        return base64.urlsafe_b64encode(check + packed).decode().rstrip("=")

    def mismatches(self, digest: str) -> list[str]:
        """Why a replay may differ from the run that the token was made from; empty when it can not."""
        found = []
        if self.digest != digest:
            found.append("the file has changed since")
        if self.python != sys.version_info[:2]:
            found.append(f"it was made on Python {self.python[0]}.{self.python[1]}")
        if self.engine != ENGINE_VERSION:
            found.append(f"it was made by engine version {self.engine}, this is {ENGINE_VERSION}")
        return found


def make_token(slug: str, workload: Mapping[str, Any], schedule: Schedule, digest: str) -> Token:
    """A token for a run on this Python and this engine."""
    python = (sys.version_info[0], sys.version_info[1])
    return Token(slug, dict(workload), schedule, digest, python, ENGINE_VERSION)


def decode(text: str) -> Token:
    """Read a token.

    Raises:
        BadToken: when the text is not one.
    """
    # Quotes, line breaks: what came along when it was copied. The decoder's own leniency changes with Python 3.15.
    compact = _NOT_OF_A_TOKEN.sub("", text)
    try:
        raw = base64.urlsafe_b64decode(compact + "=" * (-len(compact) % 4))
        if zlib.crc32(raw[4:]).to_bytes(4, "big") != raw[:4]:
            raise BadToken("the token is damaged: copy the whole line")
        slug, workload, delays, stalls, digest, (major, minor), engine = json.loads(
            zlib.decompress(raw[4:], -15)
        )
        token = Token(slug, workload, Schedule.of(delays, stalls), digest, (major, minor), engine)
    except (
        binascii.Error,
        zlib.error,
        UnicodeDecodeError,
        json.JSONDecodeError,
        TypeError,
        ValueError,
    ) as error:
        if isinstance(error, BadToken):
            raise
        raise BadToken("that is not a replay token") from error
    if not _is_sound(token):
        raise BadToken("that is not a replay token")
    return token


def _is_sound(token: Token) -> bool:
    schedule = token.schedule
    numbers = [*token.python, token.engine, *chain(*schedule.delays, *schedule.stalls)]
    return (
        isinstance(token.slug, str)
        and isinstance(token.workload, dict)
        and isinstance(token.digest, str)
        and all(type(number) is int for number in numbers)
    )
