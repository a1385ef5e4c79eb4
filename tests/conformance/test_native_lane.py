"""Every recorded exchange of our dialects through the pipeline, byte by byte."""

import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.conformance.corpus import apis, exchanges, failed
from tests.conformance.expectation import (
    client_problem,
    has_failed,
    sent_by_client,
    upstream_model,
    upstream_problem,
    usage_problem,
)
from tests.conformance.lane import Answer, Lane, lane_to, slug_of
from tests.conformance.replay import Replay, replay_of
from tests.protocols.corpus import Record, needs_corpus

KNOWN: Final[dict[str, str]] = tomllib.loads(
    Path(__file__).with_name("known.toml").read_text(encoding="utf-8")
)["identity"]
MOST_KNOWN: Final = 20
# Cut to the bone only what is short enough to be done in time.
CUT_MOST_BYTES: Final = 65_536
SHOWN: Final = 12

pytestmark = [
    needs_corpus,
    pytest.mark.timeout(180),
]


def test_exceptions_stay_few() -> None:
    assert len(KNOWN) <= MOST_KNOWN
    assert all(KNOWN.values())


@pytest.mark.parametrize("api", apis())
async def test_bytes_and_usage_are_the_recorded_ones(
    api: str, record_property: Callable[[str, object], None]
) -> None:
    found = exchanges(api)
    replay = replay_of(api)
    problems: list[str] = []
    async with replay.listening(), lane_to(replay, found) as lane:
        for exchange in found:
            problems += await judged(lane, replay, exchange)
    for name, count in counts(found).items():
        record_property(f"{api} {name}", count)
    assert not problems, "\n".join([*problems[:SHOWN], f"{len(problems)} in all"])


@pytest.mark.parametrize("api", apis())
async def test_bytes_do_not_depend_on_how_they_arrive(api: str) -> None:
    found = [row for row in exchanges(api) if row.response.status < 400]
    replay = replay_of(api)
    problems: list[str] = []
    async with replay.listening(), lane_to(replay, found) as lane:
        for exchange in found:
            if len(replay.answers(exchange.id)) <= CUT_MOST_BYTES:
                replay.cut(split=7)
                problems += await judged(lane, replay, exchange)
            if exchange.response.chunk_sizes:
                replay.cut(as_recorded=True)
                problems += await judged(lane, replay, exchange)
    assert not problems, "\n".join([*problems[:SHOWN], f"{len(problems)} in all"])


async def judged(lane: Lane, replay: Replay, exchange: Record) -> list[str]:
    if exchange.id in KNOWN:
        return []
    replay.forget()
    body = sent_by_client(exchange, model=f"{slug_of(exchange)}.{upstream_model(exchange)}")
    answer = await lane.ask(exchange, body=body)
    return [f"{exchange.id}: {said}" for said in complaints(replay, exchange, body, answer)]


def complaints(replay: Replay, exchange: Record, sent: bytes, answer: Answer) -> Iterator[str]:
    recorded = replay.answers(exchange.id)
    if len(replay.bodies) != 1:
        yield f"{len(replay.bodies)} calls, status {answer.status}: {answer.body[:200]!r}"
        return
    said = upstream_problem(exchange, sent=sent, arrived=replay.bodies[0])
    if said:
        yield f"upstream: {said}"
    said = client_problem(exchange, status=answer.status, body=answer.body, recorded=recorded)
    if said:
        yield f"client: {said}"
    used = answer.exchange.usage
    if has_failed(exchange):
        used = answer.exchange.attempts[-1].usage or used
    said = usage_problem(exchange, used)
    if said:
        yield f"usage: {said}"


def counts(found: list[Record]) -> dict[str, int]:
    return {
        "exchanges": len(found),
        "streams": sum(row.stream for row in found),
        "errors": sum(failed(row) for row in found),
        "with usage": sum(bool(row.observed.usage) for row in found),
    }
