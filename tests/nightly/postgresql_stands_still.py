"""F-05, a tenth of its length: PostgreSQL stands still under load and goes on again."""

import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import psycopg
import pytest

from tests.clients.management import SETTINGS, Management
from tests.faults.cluster import Asked, Call, Storm
from tests.faults.installation import Installation, descendants, wait_until

STILL_S: Final = 60
REQUESTS: Final = 6_000
CLIENTS: Final = 8
EMPTY_WITHIN_S: Final = 30
ASKED: Final = Asked(
    path="/v1/chat/completions",
    body=msgspec.json.encode(
        {"model": "mock-echo", "messages": [{"role": "user", "content": "Hi"}]}
    ),
)


@pytest.fixture
def installation() -> Iterator[Installation]:
    with tempfile.TemporaryDirectory(prefix="switchyard-nightly-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        one = Installation(folder)
        one.environment |= SETTINGS
        try:
            one.start()
            yield one
        finally:
            one.kill_everything()


def signal_postgresql(installation: Installation, number: signal.Signals) -> None:
    postmaster = installation.child("postgres")
    assert postmaster is not None
    for pid in (postmaster.pid, *descendants(postmaster.pid)):
        with suppress(ProcessLookupError):  # a connection that was given up meanwhile
            os.kill(pid, number)


def recorded(installation: Installation) -> int:
    with psycopg.connect(installation.database_url()) as connection:
        connection.execute("SELECT set_config('app.platform', 'on', true)")
        (count,) = connection.execute("SELECT count(*) FROM cost_records").fetchone() or (0,)
        return int(count)


@pytest.mark.timeout(600)
def test_records_wait_while_postgresql_stands_still_and_arrive_once(
    installation: Installation,
) -> None:
    with Management(f"http://127.0.0.1:{installation.port}") as management:
        key = management.key()
        management.wait_until_known("mock", key=key)
    storm = Storm(requests=REQUESTS, clients=CLIENTS, ask=lambda _number: ASKED)
    calls: list[Call] = []
    still = threading.Thread(
        target=lambda: calls.extend(storm.blow(port=installation.port, key=key.value))
    )
    signal_postgresql(installation, signal.SIGSTOP)
    try:
        stopped_at = time.monotonic()
        still.start()
        still.join(STILL_S * 5)
        # However fast the storm was, PostgreSQL stands still for as long as promised.
        time.sleep(max(0.0, stopped_at + STILL_S - time.monotonic()))
    finally:
        signal_postgresql(installation, signal.SIGCONT)
    assert {(call.status, call.has_ended) for call in calls} == {(200, True)}
    wait_until(lambda: recorded(installation) >= REQUESTS, within_s=EMPTY_WITHIN_S)
    assert len({call.request_id for call in calls}) == recorded(installation) == REQUESTS
