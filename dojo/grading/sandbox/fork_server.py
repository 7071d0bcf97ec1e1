"""A process that has loaded all that the judge's children need, and becomes one of them at every request.

It is started once by ``forking``, which needs to wait for the imports only the first time, and executes nothing
of a submission itself. Its children are as fresh as new interpreters: they are copies of a process that has not
done anything yet. It ends, and all its children with it, when nobody is left at the other end of its line.
"""

from __future__ import annotations

import importlib
import os
import selectors
import signal
import socket
import sys

from dojo.grading.sandbox.isolation import give_up_threads, leave_network
from dojo.grading.sandbox.launch import kill_session
from dojo.grading.sandbox.printed import say_unraisable
from dojo.grading.sandbox.tampering import of_what_is_shared

KILLED = b"killed"  # the last word on a child
_NEEDED = (  # by children, also late
    "dojo.checking.check",
    "dojo.checking.first",
    "dojo.checking.story",
    "dojo.checking.token",
    "dojo.grading.sandbox.child",
    "dojo.grading.sandbox.messages",
    "dojo.grading.sandbox.seal",
    "dojo.grading.sandbox.serve_play",
    "dojo.grading.sandbox.subject",
)
_REQUEST, _ALARM = "request", "alarm"  # what the server hears besides the ends of its children's lines
_FILES = 4  # that come with a request: input, output and errors of the child, and a line to tell of it


def main() -> bool:
    """Serve requests; return in a child only, as soon as it is set up, and whether it is one."""
    control = socket.socket(fileno=int(sys.argv[1]))
    for name in _NEEDED:
        importlib.import_module(name)
    leave_network()
    give_up_threads()
    sys.unraisablehook = say_unraisable
    of_what_is_shared()
    server = _Server(control)
    while True:
        if not server.serve():
            return False
        if server.is_child:
            return True


class _Server:
    """Forks, tells who was forked and how each has ended, and kills those that nobody listens to any more."""

    def __init__(self, control: socket.socket) -> None:
        self.is_child = False
        self._control = control
        self._children: dict[int, socket.socket] = {}  # by process: the line to tell of it
        self._ended: set[int] = set()  # those of them whose numbers may be given to others by now
        self._selector = selectors.DefaultSelector()
        self._selector.register(control, selectors.EVENT_READ, _REQUEST)
        # An ended child wakes the selector.
        self._alarm, self._bell = os.pipe()
        for descriptor in (self._alarm, self._bell):
            os.set_blocking(descriptor, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._bell, warn_on_full_buffer=False)
        self._selector.register(self._alarm, selectors.EVENT_READ, _ALARM)

    def serve(self) -> bool:
        """Do what is to be done next; whether there is more to come."""
        for key, _ in self._selector.select():
            if key.data == _REQUEST:
                if not self._fork():
                    for pid in list(self._children):
                        self._end(pid)
                    return False
                if self.is_child:
                    return True
            elif key.data == _ALARM:
                os.read(self._alarm, 4096)
                self._collect()
            elif key.data in self._children:
                self._end(key.data)  # the other end of its line is closed
        return True

    def _fork(self) -> bool:
        """Read one request and become two; False when there are no more requests."""
        message, files, _, _ = socket.recv_fds(self._control, 1, _FILES)
        if not message:
            return False
        line = socket.socket(fileno=files.pop())
        pid = os.fork()
        if pid == 0:
            self._become_child(files, line)
            return True
        for each in files:
            os.close(each)
        self._children[pid] = line
        self._selector.register(line, selectors.EVENT_READ, pid)
        return True

    def _become_child(self, files: list[int], line: socket.socket) -> None:
        self.is_child = True
        sys.dont_write_bytecode = True
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        _tell(line, b"%d" % os.getpid())  # not before it leads its session: that is how it is killed
        self._selector.close()
        for each in (self._control, line, *self._children.values()):
            each.close()
        for descriptor, file in enumerate(files):
            os.dup2(file, descriptor)
        for file in (self._alarm, self._bell, *files):
            os.close(file)

    def _collect(self) -> None:
        """Tell how those have ended that have."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self._children:
                self._ended.add(pid)
                _tell(self._children[pid], b"%d" % os.waitstatus_to_exitcode(status))

    def _end(self, pid: int) -> None:
        """Kill what is left of a child and hang up: the other end waits for that."""
        line = self._children.pop(pid)
        kill_session(pid)
        if pid not in self._ended:
            os.kill(pid, signal.SIGKILL)  # it may not lead a session yet
            os.waitpid(pid, 0)
        self._ended.discard(pid)
        self._selector.unregister(line)
        _tell(line, KILLED)
        line.close()


def _tell(line: socket.socket, what: bytes) -> None:
    try:
        line.sendall(what + b"\n")
    except OSError:
        pass  # nobody wants to know


if __name__ == "__main__" and main():
    from dojo.grading.sandbox.child import main as serve_as_child

    serve_as_child()
