from datetime import UTC, datetime
from uuid import UUID

import pytest

from billing.request_facts import (
    DECODER,
    ENCODER,
    Facts,
    microseconds,
    parse_request_id,
    shown_id,
    tokens_in,
    tokens_out,
)
from gateway.spool.frames import Tokens

ID = UUID("0198c0de-1234-7000-8000-000000000009")


def some(**known: object) -> Facts:
    told = {"request_id": str(ID), "started_us": 0, "status": "ok", **known}
    return Facts(**told)  # type: ignore[arg-type]  # fields of Facts


def test_every_class_of_tokens_is_counted_once_in_or_out() -> None:
    each = {
        name: 10**position
        for position, name in enumerate(name for name in Tokens.__struct_fields__ if "_" in name)
        if name.startswith(("in_", "out_"))
    }
    tokens = Tokens(**each)
    assert tokens_in(tokens) + tokens_out(tokens) == sum(each.values())
    assert tokens_in(Tokens(in_fresh=3, in_cache_read=4, out_text=5)) == 7


def test_an_id_is_read_as_it_is_shown_and_as_a_uuid() -> None:
    shown = shown_id(str(ID))
    assert shown == "req_0198c0de123470008000000000000009"
    assert [parse_request_id(text) for text in (shown, str(ID), f" {shown.upper()} ")] == [ID] * 3


@pytest.mark.parametrize("text", ["", "req_", "req_xyz", "gpt-4o", "0198c0de"])
def test_what_is_no_id_is_none(text: str) -> None:
    assert parse_request_id(text) is None


def test_a_price_that_nobody_knows_is_no_zero() -> None:
    assert some(charge_nano=5).cost == "0.000000005"
    assert some(priced=False).cost is None
    assert some(priced=False, charge_nano=5).cost == "0.000000005"
    assert some(status="running").cost is None


@pytest.mark.parametrize(
    ("tokens", "output_ms", "speed"),
    [(100, 2_000, 50.0), (1, 3_000, 0.3), (0, 10, None), (5, None, None), (5, 0, None)],
)
def test_speed_is_of_what_came_out(tokens: int, output_ms: int | None, speed: float | None) -> None:
    assert some(tokens_out=tokens, output_ms=output_ms).tok_s == speed


def test_facts_survive_the_wire_and_time_to_the_microsecond() -> None:
    moment = datetime(2026, 2, 4, 10, 30, 0, 123_456, tzinfo=UTC)
    facts = some(started_us=microseconds(moment), degraded=("tools",), ttft_ms=0)
    assert DECODER.decode(ENCODER.encode(facts)) == facts
    assert facts.time == moment


def test_a_row_of_a_later_release_is_read_too() -> None:
    row = b'{"request_id":"x","started_us":1,"status":"ok","unheard_of":[1]}'
    assert DECODER.decode(row).status == "ok"
