"""What workers remember of kept answers, in memory; and a memory that cannot be reached."""

from collections.abc import Sequence
from typing import Any, cast

from redis.exceptions import ConnectionError as Unreachable

from gateway.edge.memory.kept_answers import KeptAnswers

HMAC_KEY = b"k" * 32


class Shelf:
    """As much of Redis as is asked of it."""

    def __init__(self) -> None:
        self.rows: dict[str, str] = {}
        self.lasting: dict[str, int] = {}
        self.down = False

    async def __aenter__(self) -> "Shelf":
        return self

    async def __aexit__(self, *_: object) -> None: ...

    def pipeline(self, *, transaction: bool) -> "Shelf":
        assert not transaction
        return self

    def set(self, name: str, value: str, *, ex: int) -> None:
        if not self.down:
            self.rows[name], self.lasting[name] = value, ex

    async def execute(self) -> None:
        self._reach()

    async def mget(self, names: Sequence[str]) -> list[str | None]:
        self._reach()
        return [self.rows.get(name) for name in names]

    async def delete(self, name: str) -> None:
        self._reach()
        self.rows.pop(name, None)

    def _reach(self) -> None:
        if self.down:
            raise Unreachable("down")


def kept_answers(shelf: Shelf | None = None) -> KeptAnswers:
    return KeptAnswers(redis=cast("Any", shelf or Shelf()), hmac_key=HMAC_KEY)
