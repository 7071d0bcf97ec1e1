"""channel: ``queue.Queue``."""

from __future__ import annotations

import queue
from typing import Any


class Channel(queue.Queue[Any]):
    """A bounded queue; putting is sending, getting is receiving."""

    send = queue.Queue.put
    recv = queue.Queue.get
