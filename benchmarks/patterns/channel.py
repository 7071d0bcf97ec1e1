"""channel: values are sent and received through a buffer of 64."""

from __future__ import annotations

from typing import Any

from benchmarks.patterns.crew import Perform, crew, shares


def run(module: Any, threads: int, operations: int) -> int:
    """One operation: a value sent and received; half of the threads send, one thread alone does both."""
    channel = module.Channel(64)
    send, recv = channel.send, channel.recv

    def both() -> int:
        for number in range(operations):
            send(number)
            recv()
        return operations

    def sender(share: int) -> int:
        for number in range(share):
            send(number)
        return share

    def receiver(share: int) -> int:
        for _ in range(share):
            recv()
        return 0  # the sender has counted it

    if threads == 1:
        return crew(both)
    sending = [lambda share=share: sender(share) for share in shares(threads - threads // 2, operations)]
    receiving = [lambda share=share: receiver(share) for share in shares(threads // 2, operations)]
    return crew(*sending, *receiving)


def round_trips(module: Any, threads: int, operations: int, perform: Perform) -> int:
    """One operation: every thread sends a value and takes one, on a channel that all of them share."""
    channel = module.Channel(64)
    send, recv = channel.send, channel.recv

    def both() -> None:
        send(1)
        recv()

    return perform(threads, operations, both)
