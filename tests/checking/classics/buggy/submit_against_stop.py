"""A pool that asks whether it is stopped and queues the job after: a stop in between leaves the job behind."""

import queue


class Stopped(Exception):
    pass


class Pool:
    def __init__(self):
        self.done = []
        self._jobs = queue.Queue()
        self._stopping = False

    def submit(self, job):
        if self._stopping:
            raise Stopped
        self._jobs.put(job)

    def stop(self):
        self._stopping = True
        self._jobs.put(None)

    def work(self):
        while (job := self._jobs.get()) is not None:
            self.done.append(job)
