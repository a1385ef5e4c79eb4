"""A backlog of ten minutes, with transfers, on the cores that are there."""

import time
from pathlib import Path
from typing import Final

import msgspec
import pytest

from accounts.ids import new_id
from tests.factories.frames import end_frame, start_frame
from tests.gateway.spool.conftest import books
from tests.gateway.spool.scribe import Scribe, select, ship

__all__ = ["books"]

ROWS: Final = 120_000
LEAST_PER_S: Final = 5_000
SEGMENT_ROWS: Final = 20_000


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("books")
def test_a_backlog_is_delivered_once_and_quickly(tmp_path: Path) -> None:
    scribe = Scribe(tmp_path / "node")
    start, end = start_frame(), end_frame(provider_id=str(new_id()))
    for number in range(ROWS):
        moment = {"request_id": str(new_id()), "started_us": end.started_us + number}
        scribe.write(
            msgspec.structs.replace(start, **moment), msgspec.structs.replace(end, **moment)
        )
        if number % SEGMENT_ROWS == SEGMENT_ROWS - 1:
            scribe.roll()
    began = time.monotonic()
    ship(scribe.folder)
    per_s = ROWS / (time.monotonic() - began)
    scribe.die()
    assert select("SELECT count(*) FROM cost_records") == [(ROWS,)]
    assert select("SELECT count(*) FROM ledger_transfers") == [(2 * ROWS,)]
    assert per_s >= LEAST_PER_S
