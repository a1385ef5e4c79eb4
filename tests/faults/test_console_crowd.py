"""F-30: however many ask the console, and however long it waits for PostgreSQL, models answer."""

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import httpx
import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker

from tests.clients.management import MASTER_KEY, TENANT
from tests.clients.stack import Stack
from tests.faults.bounds import FACTOR
from tests.faults.callers import Caller
from tests.faults.referee import Referee

pytestmark = pytest.mark.faults

CROWD: Final = 200
CALLS: Final = 30
# Of one short answer, while every connection of the console's pool is taken.
ANSWER_S: Final = 0.5
LOCK: Final = "LOCK TABLE usage_totals IN ACCESS EXCLUSIVE MODE"


@pytest.fixture(scope="module")
def stack(bare_stack: Stack, referee: Referee) -> Stack:
    bare_stack.vendor("calm", url=referee.url)
    return bare_stack


def slowest_answer_s(stack: Stack) -> float:
    took_s = []
    for _ in range(CALLS):
        begun = time.monotonic()
        caller = Caller(stack, model="calm.evil-paced-2-1", stream=True)
        assert b"data: [DONE]" in caller.to_the_end()
        caller.close()
        took_s.append(time.monotonic() - begun)
    return max(took_s)


def test_two_hundred_who_wait_for_the_books_hold_up_no_model(
    stack: Stack, django_db_blocker: DjangoDbBlocker
) -> None:
    slowest_answer_s(stack)  # the first ones open connections

    client = httpx.Client(
        base_url=stack.url,
        headers={"Authorization": f"Bearer {MASTER_KEY}", "X-Switchyard-Tenant": TENANT},
        limits=httpx.Limits(max_connections=CROWD),
        timeout=60,
        trust_env=False,
    )

    def ask() -> int:
        return client.get("/api/v1/cost/current").status_code

    with client, ThreadPoolExecutor(max_workers=CROWD) as pool, django_db_blocker.unblock():
        owner = connections["owner"]
        with owner.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(LOCK)
            asked = [pool.submit(ask) for _ in range(CROWD)]
            try:
                slowest_s = slowest_answer_s(stack)
                waiting = sum(not one.done() for one in asked)
            finally:
                cursor.execute("ROLLBACK")
        owner.close()
        statuses = {one.result() for one in asked}
        afterwards = ask()

    assert slowest_s <= ANSWER_S * FACTOR
    assert waiting > 0
    assert statuses <= {200, 503}
    assert afterwards == 200
