"""The evil vendor as a process of its own, and its book."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import httpx
import msgspec

from tests.contracts.tree import ROOT
from tests.faults.evil_server import Seen

POLL_S: Final = 0.01


class State(msgspec.Struct):
    """Open connections, the referee's own not counted, and how many of them owe an answer."""

    connections: int
    busy: int


class Referee:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._client = httpx.Client(base_url=f"{self.url}/_referee", timeout=10, trust_env=False)

    def requests(self) -> list[Seen]:
        answer = self._client.get("/requests")
        return msgspec.json.decode(answer.content, type=list[Seen])

    def state(self) -> State:
        return msgspec.json.decode(self._client.get("/state").content, type=State)

    def forget(self) -> None:
        self._client.delete("/requests")

    def close(self) -> None:
        self._client.close()

    def when_all_gone(self, count: int, *, within_s: float) -> list[Seen]:
        """The requests once `count` of them were left by the caller."""
        deadline = time.monotonic() + within_s
        while True:
            gone = [seen for seen in self.requests() if seen.gone_at is not None]
            if len(gone) >= count:
                return gone
            assert time.monotonic() < deadline, f"{len(gone)} of {count} gone"
            time.sleep(POLL_S)


@contextmanager
def evil_upstream() -> Iterator[Referee]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.evil_upstream", "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        referee = Referee(int(process.stdout.readline()))
        yield referee
        referee.close()
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
