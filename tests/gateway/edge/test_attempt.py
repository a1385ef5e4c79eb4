"""The stage from candidates to an answer."""

from tests.gateway.edge.vendors import (
    CHAT_ANSWER,
    CHAT_BODY,
    SHOWN,
    SSE,
    STREAM,
    Client,
    Said,
    World,
    exchange,
)


async def test_an_answer_reaches_the_client_as_the_vendor_sent_it() -> None:
    world, client = World(Said(CHAT_ANSWER)), Client()
    made = exchange(client)
    await world.run(made)
    assert (client.status, client.body, client.is_complete) == (200, CHAT_ANSWER, True)
    assert client.headers[b"content-length"] == str(len(CHAT_ANSWER)).encode()
    assert world.vendors.calls[0].body == CHAT_BODY
    assert (made.usage.input_tokens, made.usage.output_tokens, made.stop) == (5, 2, "stop")
    assert (made.status, made.recorded, made.bytes_out) == ("ok", True, len(CHAT_ANSWER))


async def test_a_stream_reaches_the_client_without_the_usage_it_did_not_ask_for() -> None:
    world, client = World(Said(*STREAM, headers=SSE)), Client()
    made = exchange(client, stream=True)
    await world.run(made)
    assert (client.status, client.body, client.is_complete) == (200, SHOWN, True)
    assert b'"stream_options":{"include_usage":true}' in world.vendors.calls[0].body
    assert (made.usage.input_tokens, made.usage.output_tokens, made.stop) == (5, 2, "stop")
    assert made.status == "ok"
    assert made.first_content_at is not None
