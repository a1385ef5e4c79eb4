from typing import Any

from gateway.edge.intake.whole_body import with_length
from tests.gateway.edge.driver import HOST, call, http_scope


async def look(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the length declared and the body."""
    length = dict(scope["headers"]).get(b"content-length", b"none")
    body, more = b"", True
    while more:
        message = await receive()
        body += message["body"]
        more = message["more_body"]
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": length + b":" + body})


async def test_a_chunked_body_gets_its_length() -> None:
    answer = await call(
        with_length(look, keep_bytes=100), http_scope(method="POST"), b'{"na', b'me":1}'
    )
    assert answer.body == b'10:{"name":1}'


async def test_a_long_body_streams_on_without_a_length() -> None:
    answer = await call(
        with_length(look, keep_bytes=100), http_scope(method="POST"), *[b"a" * 60] * 5
    )
    assert answer.body == b"none:" + b"a" * 300


async def test_a_body_with_a_length_is_streamed() -> None:
    scope = http_scope(method="POST", headers=[HOST, (b"content-length", b"4")])
    assert (await call(with_length(look, keep_bytes=100), scope, b"ab", b"cd")).body == b"4:abcd"


async def test_a_request_without_a_body_stays_without_one() -> None:
    assert (await call(with_length(look, keep_bytes=100), http_scope())).body == b"none:"


async def test_an_abort_never_reaches_the_application() -> None:
    answer = await call(
        with_length(look, keep_bytes=100), http_scope(method="POST"), b"half", ends="disconnect"
    )
    assert answer.sent == []


async def test_after_the_body_the_server_is_heard_again() -> None:
    async def twice(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.start", "status": 200, "headers": []})

    incoming = iter(
        [
            {"type": "http.request", "body": b"a", "more_body": False},
            {"type": "http.disconnect"},
        ]
    )
    sent = []

    async def receive() -> Any:
        return next(incoming)

    async def send(message: Any) -> None:
        sent.append(message)

    await with_length(twice, keep_bytes=100)(http_scope(method="POST"), receive, send)
    assert len(sent) == 1
