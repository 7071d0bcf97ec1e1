"""What all tests need: Ctrl-C, and a Hypothesis that looks at no clock and draws the same every time."""

from __future__ import annotations

import signal

import hypothesis

# Slow to draw is whatever runs beside other tests; and a test that fails must fail again.
hypothesis.settings.load_profile("ci")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell makes what it starts in the background deaf to it, and with that all that the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)
