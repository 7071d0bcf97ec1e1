"""The corrected pool with a thread of its own, which stop() waits for."""

import queue
import threading


class Stopped(Exception):
    pass


class Pool:
    def __init__(self):
        self.done = []
        self._jobs = queue.Queue()
        self._stopping = False
        self._lock = threading.Lock()
        self._worker = threading.Thread(target=self._work, name="worker")
        self._worker.start()

    def submit(self, job):
        with self._lock:
            if self._stopping:
                raise Stopped
            self._jobs.put(job)

    def stop(self):
        with self._lock:
            self._stopping = True
            self._jobs.put(None)
        self._worker.join()

    def _work(self):
        while (job := self._jobs.get()) is not None:
            self.done.append(job)
