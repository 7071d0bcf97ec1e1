"""A logger whose thread dies of the first line that is not text."""

import queue
import threading


class Logger:
    def __init__(self):
        self.lines = []
        self._queue = queue.Queue()
        self._thread = threading.Thread(target=self._write, name="writer")
        self._thread.start()

    def log(self, line):
        self._queue.put(line)

    def close(self):
        self._queue.put(None)
        self._thread.join()

    def _write(self):
        while (line := self._queue.get()) is not None:
            self.lines.append(line.strip())
