"""Any death, any order, any number of times: the same rows."""

from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.ids import new_id
from tests.factories.frames import start_frame
from tests.gateway.spool.scribe import (
    Scribe,
    checkpoint,
    checksums,
    exchange,
    rows,
    ship,
    shipper,
)

pytestmark = pytest.mark.usefixtures("books")


class Killed(BaseException):
    """SIGKILL, as this process sees it."""


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_frames_any_death_and_any_redelivery_give_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """The shipper dies before the commit, after it, or before its note."""
    folder = tmp_path_factory.mktemp("any") / "node"
    scribe = Scribe(folder)
    exchanges = [exchange() for _ in range(data.draw(st.integers(1, 4)))]
    cut = data.draw(st.lists(st.booleans(), min_size=4, max_size=4))
    waiting: list[list[Any]] = [
        [start, checkpoint(start, out_text=3), *([] if is_cut else [end])]
        for (start, end), is_cut in zip(exchanges, cut, strict=False)
    ]
    while any(waiting):
        queue = data.draw(st.sampled_from([queue for queue in waiting if queue]))
        scribe.write(queue.pop(0))
        match data.draw(st.sampled_from(["on", "on", "roll", "ship", "kill"])):
            case "roll":
                scribe.roll()
            case "ship":
                ship(folder)
            case "kill":
                where = data.draw(st.sampled_from(["ingest", "follow", "record"]))
                kill(folder, where)
    scribe.die()
    ship(folder)
    for (start, _), is_cut in zip(exchanges, cut, strict=False):
        assert rows(start.request_id) == [(0, "usage", True, "interrupted" if is_cut else "ok")]
    assert not list(folder.glob("*-*"))


def kill(folder: Path, where: str) -> None:
    places = {
        "ingest": "gateway.spool.delivery.ingest",
        "follow": "gateway.spool.shipper.Shipper._tell",
        "record": "gateway.spool.tail.Segment.record",
    }
    one = shipper(folder)
    with mock.patch(places[where], side_effect=Killed), suppress(Killed):
        one.round()
    # The kernel would.
    one._delivery.close()  # noqa: SLF001
    for tail in one._tails.values():  # noqa: SLF001
        tail.close()


def test_a_death_between_commit_and_note_delivers_again_and_inserts_nothing(folder: Path) -> None:
    """F-03."""
    scribe = Scribe(folder)
    for _ in range(10):
        start, end = exchange(provider_id=str(new_id()))
        scribe.write(start, end)
        kill(folder, "record")
        before = checksums()
        assert rows(end.request_id) == [(0, "usage", True, "ok")]
        ship(folder)
        assert checksums() == before
    scribe.die()


def test_shipping_every_segment_again_changes_no_table(folder: Path, tmp_path: Path) -> None:
    scribe = Scribe(folder)
    for _ in range(20):
        start, end = exchange(provider_id=str(new_id()))
        scribe.write(start, end)
    open_start = start_frame(request_id=str(new_id()))
    scribe.write(open_start)
    scribe.die()
    kept = [(path.name, path.read_bytes()) for path in folder.glob("*.log")]
    ship(folder)
    before = checksums()
    again = tmp_path / "again"
    again.mkdir()
    for name, content in kept:
        (again / name).write_bytes(content)
    ship(again)
    assert checksums() == before
