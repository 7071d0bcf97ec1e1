"""A heartbeat whose stop() forgets to wake the thread that beats."""

import threading


class Heartbeat:
    def __init__(self):
        self._stopped = threading.Event()
        self._stopping = False
        threading.Thread(target=self._beat, name="heart", daemon=True).start()

    def _beat(self):
        while not self._stopping:
            self._stopped.wait()

    def stop(self):
        self._stopping = True
