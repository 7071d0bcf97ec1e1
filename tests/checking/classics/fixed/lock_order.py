"""A transfer that locks the account with the lower number first."""

import threading


class Account:
    def __init__(self, number, balance):
        self.number = number
        self.balance = balance
        self.lock = threading.Lock()


def transfer(source, target, amount):
    first, second = (source, target) if source.number < target.number else (target, source)
    with first.lock:
        with second.lock:
            source.balance -= amount
            target.balance += amount
