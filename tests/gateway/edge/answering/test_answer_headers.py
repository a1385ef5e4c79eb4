"""What an answer says beside its body."""

import pytest

from gateway.edge.answering.answer_headers import cost_headers, degraded, named
from gateway.edge.operations.surfaces import CONVERSE
from tests.gateway.edge.house import PLAIN, STREAMED, House, answer, priced
from tests.gateway.edge.plane import exchange, plane
from tests.gateway.edge.vendors import Client, Said, World, candidate, provider
from tests.gateway.edge.vendors import exchange as asked

COST = b"x-switchyard-cost-usd"


@pytest.mark.parametrize(
    ("nano", "dollars"),
    [
        (0, b"0"),
        (1, b"0.000000001"),
        (13_500, b"0.0000135"),
        (1_000_000_000, b"1"),
        (12_340_000_000, b"12.34"),
    ],
)
def test_money_is_told_to_the_nano_dollar(nano: int, dollars: bytes) -> None:
    made = exchange(plane())
    made.charge_nano = nano
    assert cost_headers(made) == ((COST, dollars),)


async def test_an_answer_says_what_it_costs_and_a_stream_cannot() -> None:
    whole = await House(answer(PLAIN)).ask(PLAIN)
    assert whole.headers[COST] == b"0.000013"
    stream = await House(answer(STREAMED)).ask(STREAMED)
    assert COST not in stream.headers


async def test_what_has_no_price_says_none() -> None:
    client = await House(answer(PLAIN), prices=priced()).ask(PLAIN)
    assert COST not in client.headers


def test_what_was_lost_is_told_in_so_many_bytes() -> None:
    assert degraded(["b", "a", "b"]) == b"a,b"
    many = degraded([f"other:{number:04}" for number in range(100)])
    assert len(many) <= 512
    assert many.endswith(b",+55")


def test_a_model_of_any_letters_fits_into_a_header() -> None:
    assert named("gpt-4o") == b"gpt-4o"
    assert named("模型") == b"??"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("ThrottlingException", b"ThrottlingException"),
        ("ThrottlingException:http://internal.amazon.com/x", b"ThrottlingException"),
        ("", None),
    ],
)
async def test_clients_of_bedrock_hear_the_name_of_an_error_and_no_more(
    said: str, told: bytes | None
) -> None:
    headers = {"content-type": "application/json", "x-amzn-errortype": said}
    refusal = Said(b'{"message":"too long"}', status=400, headers=headers)
    world, client = World(refusal), Client()
    bedrock = provider(kind="bedrock", base_url="https://bedrock.example.com")
    await world.run(asked(client, candidate(bedrock, operation=CONVERSE), operation=CONVERSE))
    assert client.status == 400
    assert client.headers.get(b"x-amzn-errortype") == told
