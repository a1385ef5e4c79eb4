"""How many exchanges are open here, altogether, per key and per address.

Law: what was taken is given back exactly once, however the exchange ends.
"""

from collections import Counter
from typing import Final

from gateway.edge.errors import GatewayError
from protocols.errors import Kind, Problem

RETRY_AFTER_S: Final = 1.0
SHOULD_RETRY: Final = ((b"x-should-retry", b"true"),)


class Slots:
    def __init__(self, *, most: int, most_per_key: int, most_per_address: int) -> None:
        self._most = most
        self._most_per_key = most_per_key
        self._most_per_address = most_per_address  # 0: any number
        self._by_key: Counter[str] = Counter()
        self._by_address: Counter[str] = Counter()
        self.taken = 0

    def take(self, *, key_id: str, address: str) -> None:
        """Raises GatewayError when a limit is reached; then nothing was taken."""
        if self.taken >= self._most:
            raise _full(
                "overloaded", code="overloaded", message="This gateway worker is at its limit."
            )
        if self._by_key[key_id] >= self._most_per_key:
            raise _full(
                "rate_limited",
                code="too_many_open_requests",
                message=f"This API key has {self._most_per_key} open requests; wait for one.",
            )
        if self._most_per_address and self._by_address[address] >= self._most_per_address:
            raise _full(
                "rate_limited",
                code="too_many_open_requests",
                message=f"This address has {self._most_per_address} open requests; wait for one.",
            )
        self.taken += 1
        self._by_key[key_id] += 1
        if self._most_per_address:
            self._by_address[address] += 1

    def give_back(self, *, key_id: str, address: str) -> None:
        self.taken -= 1
        _less(self._by_key, key_id)
        if self._most_per_address:
            _less(self._by_address, address)


def _less(counts: Counter[str], name: str) -> None:
    if counts[name] > 1:
        counts[name] -= 1
    else:
        del counts[name]


def _full(kind: Kind, *, code: str, message: str) -> GatewayError:
    problem = Problem(kind=kind, message=message, code=code, retry_after=RETRY_AFTER_S)
    return GatewayError(problem, headers=SHOULD_RETRY)
