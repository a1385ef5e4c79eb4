"""F-01, F-02: whoever dies, every request is in the books, once."""

import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from pytest_django import DjangoDbBlocker

from billing.selectors.ledger import verify
from tests import services
from tests.clients.stack import Stack
from tests.conftest import close_connections
from tests.faults.bounds import FACTOR, NIGHTLY
from tests.faults.callers import CLIENTS, Caller, question
from tests.faults.cluster import REQUEST_ID, Asked, Call, Cluster, Storm, cluster
from tests.faults.evil_dialects import PROMPT_TOKENS, said
from tests.faults.evil_upstream import TOKENS
from tests.faults.installation import wait_until
from tests.faults.referee import Referee
from tests.gateway.spool.scribe import checksums, select, ship

pytestmark = [pytest.mark.faults, pytest.mark.timeout(1_800 if NIGHTLY else 240)]

REQUESTS: Final = 10_000 if NIGHTLY else 2_000
KILLS: Final = 200 if NIGHTLY else 40
CROWD: Final = 16
EVENTS: Final = 8  # of a stream, and so its tokens
STREAMED: Final = f"evil-paced-{EVENTS}-10"
WHOLE: Final = "evil-slow-50"
RATES: Final = {"in_fresh": "3", "out_text": "15"}  # USD per million
COST_NANO: Final = {
    is_stream: PROMPT_TOKENS * 3_000 + tokens * 15_000
    for is_stream, tokens in ((True, EVENTS), (False, TOKENS))
}


# Each client with each vendor, in turn: native where they speak the same, else translated.
PAIRS: Final = [(asks, speaks) for asks in CLIENTS for speaks in CLIENTS]
LAST: Final = {
    "chat": b"data: [DONE]",
    "responses": b"event: response.completed",
    "anthropic": b"event: message_stop",
    "gemini": b'"finishReason":',
    "bedrock": b"metrics",
}


def ask(number: int) -> Asked:
    is_stream = number % 2 == 0
    asks, speaks = PAIRS[number // 2 % len(PAIRS)]
    model = f"{speaks}.{STREAMED if is_stream else WHOLE}"
    path, body = question(asks, model, stream=is_stream)
    return Asked(path=path, body=body, last=LAST[asks])


@pytest.fixture(scope="module")
def kept_node(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, referee: Referee
) -> Iterator[tuple[Cluster, Stack]]:
    with tempfile.TemporaryDirectory() as folder, cluster(Path(folder)) as (started, stack):
        for kind in CLIENTS:
            stack.vendor(kind, kind=kind, url=referee.url)
            stack.management.price(provider=kind, model="evil-", rates=RATES)
        yield started, stack
    with django_db_blocker.unblock():
        close_connections()
        services.reset_database()


@pytest.fixture
def node(kept_node: tuple[Cluster, Stack]) -> tuple[Cluster, Stack]:
    """It serves, whatever the test before has done to it."""
    kept_node[0].serve_clients_only()
    return kept_node


def test_a_stream_whose_worker_is_killed_is_billed_up_to_its_last_second(
    node: tuple[Cluster, Stack],
) -> None:
    """F-02."""
    started, stack = node
    gap_ms, lived_s = (100, 20) if NIGHTLY else (20, 2)
    caller = Caller(stack, model=f"chat.evil-paced-3000-{gap_ms}", stream=True)
    caller.until(said(lived_s * 1_000 // gap_ms).encode(), within_s=lived_s * 2 * FACTOR)
    billed_at_least = caller.received.count(b"tok0") - 1_000 // gap_ms
    found = REQUEST_ID.search(caller.received)
    assert found is not None
    request_id = UUID(found[1].decode())
    started.kill_worker(started.worker_of(request_id))
    caller.close()

    def recorded() -> bool:
        return bool(select("SELECT 1 FROM cost_records WHERE request_id = %s", request_id))

    wait_until(recorded, within_s=10 * FACTOR)
    (row,) = select(
        "SELECT final, status, terminated, out_text >= %s, in_fresh > 0, cost_nano > 0,"
        " charge_nano = cost_nano, cost_certainty FROM cost_records WHERE request_id = %s",
        billed_at_least,
        request_id,
    )
    assert row == (True, "interrupted", "crash", True, True, True, True, "estimated")


def test_every_request_a_client_saw_the_end_of_is_recorded_once(
    node: tuple[Cluster, Stack], django_db_blocker: DjangoDbBlocker, referee: Referee
) -> None:
    """F-01."""
    started, stack = node
    before = sum(started.kills.values())
    storm = Storm(requests=REQUESTS, kills=KILLS, clients=CROWD, seed=1, ask=ask)
    calls = storm.blow(port=started.port, key=stack.key.value, node=started)
    assert sum(started.kills.values()) == before + KILLS
    started.stop_serving()
    wait_until(started.delivered, within_s=10 * FACTOR)
    check(calls, asked=len(referee.requests()))
    (spoken,) = select(
        "SELECT count(DISTINCT dialect), count(DISTINCT provider), count(DISTINCT lane)"
        " FROM cost_records WHERE final AND status = 'ok' AND provider <> ''"
    )
    assert spoken == (len(CLIENTS), len(CLIENTS), 2)
    with django_db_blocker.unblock():
        assert verify().count == 0
    rows = checksums()
    ship(started.kept)
    assert checksums() == rows


def check(calls: list[Call], *, asked: int) -> None:
    finals = Counter(
        id_
        for (id_,) in select("SELECT request_id FROM cost_records WHERE final AND kind = 'usage'")
    )
    assert set(finals.values()) == {1}
    began = {UUID(call.request_id) for call in calls if call.request_id}
    assert began <= finals.keys()
    ended = {UUID(call.request_id) for call in calls if call.has_ended and call.status == 200}
    rows = select(
        "SELECT stream, count(*), sum(charge_nano), sum(cost_nano) FROM cost_records"
        " WHERE request_id = ANY(%s) AND final AND status = 'ok' GROUP BY 1",
        list(ended),
    )
    assert sum(count for _, count, _, _ in rows) == len(ended)
    for is_stream, count, charge_nano, cost_nano in rows:
        assert charge_nano == cost_nano == count * COST_NANO[is_stream]
    # What began before the call to the vendor is there for each of them.
    (attempts,) = select("SELECT count(*) FROM cost_records WHERE provider <> ''")[0]
    assert attempts >= asked
