"""A worker that stops while exchanges are open: their ends are in the books before those close."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from gateway.edge import runtime as module
from gateway.edge.runtime import Runtime
from gateway.edge.worker.budgets import OpenExchanges
from gateway.spool.frames import End
from tests.gateway.edge.house import STREAMED, House, first_bytes
from tests.gateway.edge.runtimes import METER, RECORDS, runtime_config
from tests.gateway.edge.vendors import DONE, FINISH, ROLE, SSE, USAGE, Client, Said, chunk
from tests.gateway.spool.written import frames_of


class Open:
    """An exchange that ends so many rounds of the loop after it was told to; 0: never."""

    def __init__(self, among: OpenExchanges, *, rounds: int) -> None:
        self._among = among
        self._rounds = rounds
        among.add(self)

    def stop(self) -> None:
        if self._rounds:
            self._ending = asyncio.create_task(self._end())

    async def _end(self) -> None:
        for _ in range(self._rounds):
            await asyncio.sleep(0)
        self._among.discard(self)


async def started(folder: Path) -> Runtime:
    config = runtime_config(folder=folder, services=False)
    return await Runtime.start(config, meter=METER, records=RECORDS, flush=lambda: None)


async def test_what_is_open_is_recorded_before_the_books_close(tmp_path: Path) -> None:
    worker = await started(tmp_path)
    house = House(Said(ROLE, chunk("a"), 30.0, headers=SSE))
    object.__setattr__(house.worker, "books", worker.books)
    object.__setattr__(house.worker, "open_exchanges", worker.open_exchanges)
    client = Client()
    asking = asyncio.create_task(house.ask(STREAMED, client=client))
    await first_bytes(client)

    await worker.stop()

    end = frames_of(tmp_path / "spool" / "node")[-1]
    assert isinstance(end, End)
    assert (end.outcome.final, end.outcome.terminated) == (True, "drained")
    await asking
    assert client.is_complete


async def test_a_stop_waits_for_no_exchange_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "STOP_WITHIN_S", 0.01)
    worker = await started(tmp_path)
    Open(worker.open_exchanges, rounds=0)

    await worker.stop()

    assert "exchanges_left_open" in caplog.text


@pytest.mark.parametrize("rounds", [(), (1,), (1, 5, 3)])
async def test_all_have_ended_when_the_last_one_has(rounds: Any) -> None:
    among = OpenExchanges()
    for count in rounds:
        Open(among, rounds=count)
    among.stop()

    assert await among.ended(within_s=5) == 0


async def test_who_comes_while_others_end_is_waited_for_too() -> None:
    among = OpenExchanges()
    first = Open(among, rounds=1)
    waiting = asyncio.create_task(among.ended(within_s=5))
    await asyncio.sleep(0)
    among.discard(first)
    late = Open(among, rounds=1)
    await asyncio.sleep(0)
    assert not waiting.done()

    late.stop()

    assert await waiting == 0


async def test_what_has_left_its_vendor_is_recorded_while_the_connection_is_kept() -> None:
    """A client that is gone when the answer begins, which came at once and is not closed yet."""
    house = House(Said(ROLE + FINISH + USAGE + DONE, 30.0, headers=SSE))
    client = Client()

    def broken(_message: Any) -> None:
        raise ConnectionResetError

    client.on_send = broken
    asking = asyncio.create_task(house.ask(STREAMED, client=client))
    while not house.notebook.starts:  # noqa: ASYNC110 - the loop does it
        await asyncio.sleep(0)

    await house.worker.open_exchanges.ended(within_s=5)

    assert [end.outcome.status for end in house.notebook.ends] == ["canceled"]
    assert not asking.done()
    await asking
