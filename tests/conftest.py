"""What all tests need: Ctrl-C."""

from __future__ import annotations

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell makes what it starts in the background deaf to it, and with that all that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
