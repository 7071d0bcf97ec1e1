"""channel_select: values come through four channels; whoever receives takes the first that is ready."""

from __future__ import annotations

from typing import Any

from benchmarks.patterns.crew import Perform, crew, shares

CHANNELS = 4


def run(module: Any, threads: int, operations: int) -> int:
    """One operation: a value sent to one of four channels and received by a select over all of them."""
    channels = [module.Channel(16) for _ in range(CHANNELS)]
    select, recv_from, send_to = module.select, module.recv_from, module.send_to

    def both() -> int:
        for number in range(operations):
            select(send_to(channels[number % CHANNELS], number))
            select(*map(recv_from, channels))
        return operations

    def sender(number: int, share: int) -> int:
        channel = channels[number % CHANNELS]
        for value in range(share):
            select(send_to(channel, value))
        return share

    def receiver(share: int) -> int:
        for _ in range(share):
            select(*map(recv_from, channels))
        return 0  # the sender has counted it

    if threads == 1:
        return crew(both)
    parts = enumerate(shares(threads - threads // 2, operations))
    sending = [lambda number=number, share=share: sender(number, share) for number, share in parts]
    receiving = [lambda share=share: receiver(share) for share in shares(threads // 2, operations)]
    return crew(*sending, *receiving)


def round_trips(module: Any, threads: int, operations: int, perform: Perform) -> int:
    """One operation: every thread sends a value to any of four channels and takes one from any."""
    channels = [module.Channel(16) for _ in range(CHANNELS)]
    select, recv_from, send_to = module.select, module.recv_from, module.send_to

    def both() -> None:
        select(*(send_to(channel, 1) for channel in channels))
        select(*map(recv_from, channels))

    return perform(threads, operations, both)
