"""F-64: keys that are guessed or nearly right learn nothing, and cost no query.

No database mark and no Redis: a query or a command would fail these tests.
"""

import asyncio
import random
import statistics
import time
from collections.abc import Iterator

import msgspec

from accounts import keys
from gateway.edge.identity.possession import FailureMeter
from gateway.edge.pipeline import run
from gateway.edge.runtime import Runtime
from tests.faults.bounds import FACTOR
from tests.gateway.edge.plane import KEY, MINTED, bearer, exchange, plane

TRIES = 2_000
GAP_S = 50e-6
ROUNDS = 400


def unthrottled() -> Runtime:
    return plane(failures=FailureMeter(per_minute=10**9, addresses=10))


def near_misses(chance: random.Random) -> Iterator[str]:
    """One character away, of the right form, of another form, of another installation."""
    alphabet = keys.BASE62
    while True:
        at = chance.randrange(len(KEY))
        yield KEY[:at] + chance.choice(alphabet) + KEY[at + 1 :]
        yield keys.mint(environment="live", public_id=MINTED.public_id).value
        yield keys.mint(environment="live").value
        yield "sk-" + "".join(chance.choices(alphabet, k=48))


async def answer(runtime: Runtime, value: str) -> tuple[int, bytes]:
    made = exchange(runtime, headers=bearer(value))
    await run(made, runtime)
    start, body = made.state["sent"]
    return start["status"], body["body"]


async def test_two_thousand_strangers_hear_the_same() -> None:
    runtime = unthrottled()
    misses = near_misses(random.Random(7))  # noqa: S311 - repeatable, and no secret
    told = set()
    for _ in range(TRIES):
        value = next(misses)
        if value != KEY:
            told.add(await answer(runtime, value))
            await asyncio.sleep(0)  # each is a step of the loop's own

    ((status, body),) = told
    assert status == 401
    assert msgspec.json.decode(body) == {
        "error": {
            "message": "Invalid API key.",
            "type": "invalid_request_error",
            "param": None,
            "code": "invalid_api_key",
        }
    }


async def test_the_kinds_of_misses_take_the_same_time() -> None:
    runtime = unthrottled()
    kinds = {
        "checksum": KEY[:-1] + ("0" if KEY[-1] != "0" else "1"),
        "secret": keys.mint(environment="live", public_id=MINTED.public_id).value,
        "unknown": keys.mint(environment="live").value,
    }
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(ROUNDS):
        await asyncio.sleep(0)
        for name, value in kinds.items():
            began = time.perf_counter()
            await answer(runtime, value)
            taken[name].append(time.perf_counter() - began)

    medians = [statistics.median(times) for times in taken.values()]
    assert max(medians) - min(medians) < GAP_S * FACTOR
