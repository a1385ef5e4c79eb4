"""How many exchanges are open here, altogether, per key and per address.

Laws: what was taken is given back exactly once, however the exchange ends; a body that is read to
prove whose it is counts as an open one of its address, and there are few of them altogether.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from gateway.edge.errors import GatewayError
from protocols.errors import Kind, Problem

RETRY_AFTER_S: Final = 1.0
MOST_UNPROVEN: Final = 64
SHOULD_RETRY: Final = ((b"x-should-retry", b"true"),)


class Slots:
    def __init__(
        self,
        *,
        most: int,
        most_per_key: int,
        most_per_address: int,
        most_unproven: int = MOST_UNPROVEN,
    ) -> None:
        self._most = most
        self._most_unproven = most_unproven
        self._most_per_key = most_per_key
        self._most_per_address = most_per_address  # 0: any number
        self._by_key: Counter[str] = Counter()
        self._by_address: Counter[str] = Counter()
        self._unproven = 0
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
        if self._most_per_address:
            self._check_address(address)
        self.taken += 1
        self._by_key[key_id] += 1
        if self._most_per_address:
            self._by_address[address] += 1

    @contextmanager
    def unproven(self, address: str) -> Iterator[None]:
        """While nobody knows whose the body is; raises GatewayError when a limit is reached."""
        if self._unproven >= self._most_unproven:
            raise _full(
                "overloaded",
                code="overloaded",
                message="This gateway worker has too many signatures to check.",
            )
        if self._most_per_address:
            self._check_address(address)
        self._unproven += 1
        if self._most_per_address:
            self._by_address[address] += 1
        try:
            yield
        finally:
            self._unproven -= 1
            if self._most_per_address:
                _less(self._by_address, address)

    def _check_address(self, address: str) -> None:
        if self._by_address[address] >= self._most_per_address:
            raise _full(
                "rate_limited",
                code="too_many_open_requests",
                message=f"This address has {self._most_per_address} open requests; wait for one.",
            )

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
