"""What is written of exchanges whose body the guard refuses while it is read."""

from typing import Any

import pytest

from gateway.edge.app import Entry, nothing_here
from gateway.edge.client_api import client_api
from gateway.edge.intake.guard import Guard
from gateway.edge.refusals import as_the_path_reads
from gateway.edge.runtime import Runtimes
from tests.gateway.edge.driver import Heard, call, http_scope
from tests.gateway.edge.house import CHAT, House
from tests.gateway.edge.plane import bearer


def guarded(house: House) -> Any:
    async def started() -> Any:
        return house.worker

    entry = Entry(
        runtimes=Runtimes(started),
        client_api=client_api,
        exact={},
        prefixes={},
        sockets={},
        fallback=nothing_here,
    )
    return Guard(entry, body_limit=lambda _path: 20, observer=Heard(), render=as_the_path_reads)


@pytest.mark.parametrize(
    ("parts", "ends", "status", "outcome"),
    [
        ((b"{" * 15, b"{" * 15), "whole", 413, ("client_error", "refused", "body_too_large")),
        ((b"{",), "disconnect", 400, ("canceled", "client_closed", "")),
    ],
)
async def test_what_the_guard_has_told_is_what_is_recorded(
    parts: tuple[bytes, ...], ends: str, status: int, outcome: tuple[str, str, str]
) -> None:
    house = House()
    headers = [(b"host", b"gateway.example"), *bearer().items()]
    scope = http_scope(CHAT, method="POST", headers=headers)

    answer = await call(guarded(house), scope, *parts, ends=ends)

    end = house.notebook.final
    assert answer.status == end.outcome.http_status == status
    said = end.outcome
    assert (said.status, said.terminated, said.error_code) == outcome
