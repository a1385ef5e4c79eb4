"""A vendor that is silent for long: every SDK is told that its stream lives, and reads it to the
end; the bytes are what its dialect promises. How far apart the signs are: `answering/test_silence`.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest
from pytest_django import DjangoDbBlocker

from protocols.ir import Dialect
from tests import services
from tests.clients.foreign import KINDS, vendors
from tests.clients.speakers import SPEAKERS, Where
from tests.clients.stack import Stack, serving_stack
from tests.clients.wiretap import Exchange, tapped
from tests.conftest import close_connections
from tests.protocols.client_streams import faults_of_stream, signs_of_life

__all__ = ["vendors"]

SILENT_MS: Final = 2_600
SIGNS: Final = 2
MODEL: Final = f"mock-lorem;tps=0;ttft_ms={SILENT_MS}"
PAIRS: Final = [(dialect, vendor) for dialect in SPEAKERS for vendor in KINDS]


@pytest.fixture(scope="module")
def bare_stack(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stack]:
    with serving_stack(environment={"STREAM_KEEPALIVE_S": "1"}) as started:
        yield started
    with django_db_blocker.unblock():
        close_connections()
        services.reset_database()


@pytest.fixture(scope="module")
def heard(vendors: Stack) -> dict[tuple[Dialect, str], tuple[str, Exchange]]:
    """All at once, since each of them waits."""

    def listen(pair: tuple[Dialect, str]) -> tuple[str, Exchange]:
        dialect, vendor = pair
        with tapped(vendors.gateway.port) as tap:
            where = Where(url=tap.url, key=vendors.key.value)
            text = "".join(SPEAKERS[dialect](where, f"{vendor}.{MODEL}"))
            [exchange] = tap.exchanges()
        return text, exchange

    with ThreadPoolExecutor(len(PAIRS)) as threads:
        return dict(zip(PAIRS, threads.map(listen, PAIRS), strict=True))


@pytest.mark.parametrize(("dialect", "vendor"), PAIRS)
def test_a_sdk_hears_signs_of_life_and_then_the_answer(
    heard: dict[tuple[Dialect, str], tuple[str, Exchange]], dialect: Dialect, vendor: str
) -> None:
    text, exchange = heard[dialect, vendor]
    assert len(text.split()) == 60
    assert signs_of_life(dialect, exchange.body) >= SIGNS
    assert faults_of_stream(dialect, exchange.body) == []
