"""semaphore: ``threading.Semaphore``."""

from threading import Semaphore

__all__ = ["Semaphore"]
