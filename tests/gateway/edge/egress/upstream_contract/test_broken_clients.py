"""The contract can be broken: httpx breaks it, and so does each law of ours taken away.

Law: a row names what is taken away and a case that must then fail; the same case holds for what is
in use, or it would stand red beside this file.
"""

import asyncio
import gc
import inspect
import warnings
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, Final, TypeAlias
from unittest import mock

import pytest

from gateway.edge.egress import aiohttp_connection, connections
from gateway.edge.egress.aiohttp_client import AiohttpUpstream
from gateway.edge.egress.aiohttp_connection import VendorAnswer, VendorConnection
from gateway.edge.egress.connections import Lane
from gateway.edge.egress.request_head import HeadWriter
from gateway.edge.egress.upstream import Deadlines, UpstreamFault
from providers.adapters.base import UpstreamCall
from providers.addresses import Address, AddressPolicy, Place
from providers.resolver import Resolver
from tests.gateway.edge.egress.upstream_contract import (
    test_answers,
    test_back_pressure,
    test_broken_connections,
    test_cancellation,
    test_deadlines,
    test_destinations,
    test_refusals,
)
from tests.gateway.edge.egress.upstream_contract.conftest import Build
from tests.gateway.edge.egress.upstream_contract.naive import Naive
from tests.gateway.edge.egress.upstream_contract.test_broken_connections import PLAIN
from tests.gateway.edge.egress.upstream_contract.vendor import OK

Patch: TypeAlias = pytest.MonkeyPatch
Break: TypeAlias = Callable[[Patch], None]
Case: TypeAlias = Callable[..., Coroutine[Any, Any, None]]
PATIENCE_S: Final = 1.0  # none of the cases takes as long where the law holds


def _without(owner: Any, name: str, replacement: Any = lambda *_, **__: None) -> Break:
    return lambda patch: patch.setattr(owner, name, replacement)


def _forgets_deadlines(patch: Patch) -> None:
    send = AiohttpUpstream.send

    async def patiently(
        self: AiohttpUpstream, call: UpstreamCall, *, deadlines: Deadlines, **options: Any
    ) -> VendorAnswer:
        forever = Deadlines(connect_s=9e6, pool_s=9e6, headers_s=9e6, idle_s=9e6, total_at=9e9)
        return await send(self, call, deadlines=forever, **options)

    patch.setattr(AiohttpUpstream, "send", patiently)


def _repeats(patch: Patch) -> None:
    send = AiohttpUpstream.send

    async def again(self: AiohttpUpstream, call: UpstreamCall, **options: Any) -> VendorAnswer:
        try:
            return await send(self, call, **options)
        except UpstreamFault:
            return await send(self, call, **options)

    patch.setattr(AiohttpUpstream, "send", again)


def _looks_up_twice(patch: Patch) -> None:
    judged = Resolver.addresses

    async def addresses(self: Resolver, place: Place) -> tuple[Address, ...]:
        await judged(self, place)
        return await self._lookup(place.host)

    patch.setattr(Resolver, "addresses", addresses)


def _keeps_sockets(patch: Patch) -> None:
    """What is given up stays open; only the book-keeping is done."""

    def abort(self: VendorConnection) -> None:
        self._lane.lost(self)

    patch.setattr(VendorConnection, "abort", abort)


def _reuses_all(patch: Patch) -> None:
    def end(self: VendorConnection) -> None:
        self._unwatch()
        self._lane.back(self)

    patch.setattr(VendorConnection, "_end", end)


def _writes_all(patch: Patch) -> None:
    def head(_: HeadWriter, call: UpstreamCall, place: Place) -> bytes:
        rows = [f"{name}: {value}\r\n" for name, value in call.headers]
        said = f"Host: {place.authority}\r\nContent-Length: {len(call.body)}\r\n{''.join(rows)}"
        return f"{call.method} {place.target} HTTP/1.1\r\n{said}\r\n".encode()

    patch.setattr(HeadWriter, "head", head)


def _no_caps(patch: Patch) -> None:
    for name in ("HEADERS_MAX_BYTES", "HEADERS_MAX_LINES", "BODY_MAX_BYTES", "WIRE_MAX_BYTES"):
        patch.setattr(aiohttp_connection, name, 1 << 40)


@pytest.fixture(autouse=True)
def _no_long_steps() -> None:
    """None of these clients serves anybody: how long they compute at a time is not judged."""


@pytest.fixture(autouse=True)
def _no_one_else_is_blamed() -> Iterator[None]:
    """What these clients lose where they are cancelled is collected here, not in a later test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


BROKEN: Final[tuple[tuple[str, Break, Case, dict[str, Any]], ...]] = (
    (
        "answers that are refused pass",
        _without(aiohttp_connection, "_refuse"),
        test_refusals.test_an_encoded_answer_is_refused_unread,
        {"coding": "gzip"},
    ),
    (
        "answers that are refused pass",
        _without(aiohttp_connection, "_refuse"),
        test_refusals.test_a_status_that_answers_no_call_is_an_error,
        {"status": 302},
    ),
    (
        "no caps",
        _no_caps,
        test_refusals.test_headers_beyond_their_cap_are_an_error,
        {"headers": b"X: y\r\n" * 10_000},
    ),
    ("no caps", _no_caps, test_refusals.test_a_stream_without_end_is_cut_at_its_cap, {}),
    (
        "no deadlines",
        _forgets_deadlines,
        test_deadlines.test_a_vendor_that_never_answers_is_left,
        {},
    ),
    (
        "no deadlines",
        _forgets_deadlines,
        test_deadlines.test_a_vendor_that_goes_silent_is_left,
        {},
    ),
    (
        "no deadlines",
        _forgets_deadlines,
        test_deadlines.test_what_trickles_on_ends_with_the_total,
        {},
    ),
    (
        "no deadlines",
        _forgets_deadlines,
        test_deadlines.test_one_that_waits_for_a_connection_is_told_in_time,
        {},
    ),
    *(
        (
            "sockets are kept",
            _keeps_sockets,
            test_cancellation.test_a_cancelled_call_closes_its_socket_at_once,
            {"phase": phase, "times": 1},
        )
        for phase in ("request", "headers", "body")
    ),
    (
        "places are not given back",
        _without(Lane, "_free"),
        test_cancellation.test_one_that_stops_waiting_for_a_connection_leaves_its_place,
        {"times": 1},
    ),
    (
        "nothing stops reading",
        _without(VendorConnection, "pause_reading"),
        test_back_pressure.test_a_reader_that_stops_stops_the_vendor,
        {},
    ),
    (
        "a break is an end",
        _without(VendorConnection, "_ending"),
        test_broken_connections.test_an_answer_that_breaks_off_is_never_taken_for_whole,
        {"said": PLAIN, "meant": PLAIN[-150:], "how": "fin"},
    ),
    (
        "a failure is repeated",
        _repeats,
        test_refusals.test_what_was_refused_is_not_asked_again,
        {},
    ),
    (
        "what is closed is used",
        _without(connections, "_has_news", lambda _: False),
        test_broken_connections.test_a_connection_closed_this_instant_is_replaced_unseen,
        {},
    ),
    (
        "every connection is used again",
        _reuses_all,
        test_answers.test_a_connection_that_is_not_as_new_serves_nobody_else,
        {"said": OK + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"},
    ),
    (
        "every header is written",
        _writes_all,
        test_answers.test_a_header_that_could_be_two_is_never_sent,
        {"header": ("X-Mine", "a\r\nX-Other: b")},
    ),
    (
        "names are looked up twice",
        _looks_up_twice,
        test_destinations.test_a_name_that_changes_its_address_leads_nowhere_else,
        {},
    ),
    (
        "addresses are not judged",
        _without(AddressPolicy, "_why_not", lambda *_, **__: ""),
        test_destinations.test_a_private_address_is_not_connected_to,
        {},
    ),
    (
        "any origin will do",
        _without(AiohttpUpstream, "_origin", lambda *_: mock.ANY),
        test_destinations.test_an_origin_that_cannot_be_read_allows_nothing,
        {"origin": "nonsense"},
    ),
)


@pytest.mark.parametrize(
    ("law", "case", "given"),
    [row[1:] for row in BROKEN],
    ids=[f"{named}: {case.__name__.removeprefix('test_')}" for named, _, case, _ in BROKEN],
)
@pytest.mark.parametrize("build", ["aiohttp"], indirect=True)
@pytest.mark.asyncio(loop_factories=["asyncio"])
async def test_a_client_without_this_law_fails(
    build: Build, monkeypatch: Patch, law: Break, case: Case, given: dict[str, Any]
) -> None:
    law(monkeypatch)
    wanted = inspect.signature(case).parameters
    arguments: dict[str, Any] = {"build": build} if "build" in wanted else {}
    if "upstream" in wanted:
        arguments["upstream"] = build()
    assert await fails(case(**arguments, **given))


@pytest.mark.faults
@pytest.mark.asyncio(loop_factories=["asyncio"])
async def test_httpx_fails_where_callers_leave() -> None:  # F-31
    naive = Naive(limit=10)
    assert await fails(test_cancellation.weather(naive, cancels=400), patience_s=30.0)
    await naive.close()


async def fails(running: Coroutine[Any, Any, None], patience_s: float = PATIENCE_S) -> bool:
    try:
        async with asyncio.timeout(patience_s):
            await running
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 - however it fails, it does
        return True
    return False
