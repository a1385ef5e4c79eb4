import asyncio
import ipaddress
from typing import Any

import msgspec
import pytest

from accounts.errors import Refused
from gateway.edge.intake.bodies import BodyPace
from gateway.edge.intake.guard import Guard
from gateway.edge.messages import App
from tests.gateway.edge.driver import HOST, Heard, call, echo, http_scope, socket_scope

PROXIES = (ipaddress.ip_network("10.0.0.0/8"),)
QUICK = BodyPace(
    window_s=0.02, least_bytes_per_s=10_000, allowance_s=0.2, bytes_per_extra_s=1_000_000
)


def guard(app: App = echo, *, limit: int = 1000, heard: Heard | None = None) -> Guard:
    return Guard(
        app,
        body_limit=lambda _path: limit,
        observer=heard or Heard(),
        trusted=PROXIES,
        pace=QUICK,
    )


async def test_an_honest_request_passes_with_an_id_of_its_own() -> None:
    scope = http_scope(b"/api/v1/keys%21", headers=[HOST, (b"x-request-id", b"forged")])
    answer = await call(guard(), scope)
    assert answer.status == 200
    request_id = answer.headers[b"x-request-id"].decode()
    assert request_id.startswith("req_")
    assert len(request_id) == 36
    assert request_id != "forged"


async def test_the_application_sees_one_path_and_one_caller() -> None:
    seen: list[Any] = []

    async def look(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope)
        await echo(scope, receive, send)

    headers = [
        HOST,
        (b"x-forwarded-for", b"1.1.1.1, 198.51.100.1"),
        (b"x-forwarded-proto", b"https"),
        (b"x_forwarded_for", b"6.6.6.6"),
    ]
    await call(guard(look), http_scope(b"/a%21", headers=headers, client=("10.0.0.1", 9)))
    assert seen[0]["path"] == "/a!"
    assert seen[0]["client"] == ("198.51.100.1", 0)
    assert seen[0]["scheme"] == "https"
    assert b"x_forwarded_for" not in dict(seen[0]["headers"])
    await call(guard(look), http_scope(b"/a", headers=headers, client=("203.0.113.1", 9)))
    assert seen[1]["client"] == ("203.0.113.1", 9)
    assert seen[1]["scheme"] == "http"
    await call(guard(look), http_scope(b"/a", client=None))
    assert seen[2]["client"] is None


@pytest.mark.parametrize(
    ("raw_path", "headers", "status", "code"),
    [
        (b"/a/../b", [HOST], 400, "bad_path"),
        (b"/a", [], 400, "bad_host"),
        (b"/a", [HOST, HOST], 400, "bad_framing"),
        (b"/a", [HOST, (b"content-length", b"1001")], 413, "body_too_large"),
        (b"/a", [HOST, (b"content-encoding", b"gzip")], 415, "unsupported_encoding"),
        (b"/a", [HOST, (b"x", b"a" * 40_000)], 431, "headers_too_large"),
    ],
)
async def test_a_refusal_is_a_problem_and_the_end_of_the_connection(
    raw_path: bytes, headers: list[tuple[bytes, bytes]], status: int, code: str
) -> None:
    heard = Heard()
    answer = await call(guard(heard=heard), http_scope(raw_path, headers=headers))
    assert answer.status == status
    assert answer.closes
    assert answer.headers[b"content-type"] == b"application/problem+json"
    problem = msgspec.json.decode(answer.body)
    assert problem["code"] == code
    assert problem["status"] == status
    assert problem["type"] == f"/docs/errors#{code}"
    assert problem["request_id"].encode() == answer.headers[b"x-request-id"]
    assert heard.statuses == [status]


async def test_a_refused_path_is_shown_as_it_was_sent() -> None:
    answer = await call(guard(), http_scope(b"/a%0d%0aset-cookie:x/\xff"))
    assert msgspec.json.decode(answer.body)["instance"] == "/a%0d%0aset-cookie:x/\\xff"


async def test_a_refusal_of_head_has_no_body() -> None:
    answer = await call(guard(), http_scope(b"//", method="HEAD"))
    assert answer.status == 400
    assert answer.body == b""
    assert int(answer.headers[b"content-length"]) > 0


async def test_a_body_without_a_declared_length_is_counted_as_it_comes() -> None:
    answer = await call(guard(), http_scope(), b"a" * 600, b"a" * 600, b"a" * 600)
    assert answer.status == 413
    assert answer.closes


async def test_a_body_at_the_limit_passes() -> None:
    answer = await call(guard(), http_scope(), b"a" * 600, b"a" * 400)
    assert answer.body == b"1000"


async def test_a_body_that_ends_early_is_an_abort_and_never_an_empty_one() -> None:
    answer = await call(guard(), http_scope(), b"half", ends="disconnect")
    assert answer.status == 400
    assert msgspec.json.decode(answer.body)["code"] == "bad_body"


async def test_a_body_that_stalls_is_refused() -> None:
    answer = await call(guard(), http_scope(), b"half", ends="silent")
    assert answer.status == 408
    assert answer.closes


async def test_an_application_that_ignores_the_abort_is_not_heard() -> None:
    async def stubborn(scope: Any, receive: Any, send: Any) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"secret"})

    answer = await call(guard(stubborn), http_scope(), b"a" * 2000)
    assert answer.status == 413
    assert b"secret" not in answer.body


async def test_an_answer_already_begun_is_not_answered_again() -> None:
    async def early(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 401, "headers": []})
        assert (await receive())["type"] == "http.disconnect"
        await send({"type": "http.response.body", "body": b"no"})

    answer = await call(guard(early), http_scope(), b"a" * 2000)
    assert answer.status == 401
    assert answer.body == b"no"


async def test_after_the_body_the_application_hears_of_a_departure() -> None:
    async def patient(scope: Any, receive: Any, send: Any) -> None:
        assert not (await receive())["more_body"]
        assert (await receive())["type"] == "http.disconnect"

    incoming: asyncio.Queue[Any] = asyncio.Queue()
    incoming.put_nowait({"type": "http.request", "body": b"", "more_body": False})
    incoming.put_nowait({"type": "http.disconnect"})
    heard, sent = Heard(), []

    async def send(message: Any) -> None:
        sent.append(message)

    await guard(patient, heard=heard)(http_scope(), incoming.get, send)
    assert sent == []
    assert heard.statuses == [499]


async def test_a_refusal_of_the_application_is_rendered_and_keeps_the_connection() -> None:
    async def nothing(scope: Any, receive: Any, send: Any) -> None:
        raise Refused("not_found", "/x does not exist.")

    answer = await call(guard(nothing), http_scope(b"/x"))
    assert answer.status == 404
    assert not answer.closes
    assert msgspec.json.decode(answer.body)["instance"] == "/x"


async def test_a_defect_answers_500_without_a_word_about_the_inside() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise RuntimeError("SELECT secret FROM users")

    answer = await call(guard(broken), http_scope())
    assert answer.status == 500
    assert b"secret" not in answer.body


async def test_lifespan_passes_untouched() -> None:
    seen: list[str] = []

    async def live(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["type"])

    async def nobody(*_: Any) -> Any:
        raise AssertionError

    await guard(live)({"type": "lifespan"}, nobody, nobody)
    assert seen == ["lifespan"]


async def test_a_socket_passes_the_same_checks() -> None:
    answer = await call(guard(), socket_scope(b"/ws/../console/"))
    assert [message["type"] for message in answer.sent] == ["websocket.close"]
    scope = socket_scope(headers=[HOST, HOST])
    scope["extensions"] = {"websocket.http.response": {}}
    answer = await call(guard(), scope)
    assert answer.status == 400
    assert answer.sent[0]["type"] == "websocket.http.response.start"


@pytest.mark.parametrize(
    ("message", "status"),
    [({"type": "websocket.accept"}, 101), ({"type": "websocket.close", "code": 4401}, 403)],
)
async def test_what_became_of_a_handshake_is_told(message: dict[str, Any], status: int) -> None:
    async def socket(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send(message)
        await send({"type": "websocket.close"})

    heard = Heard()
    await call(guard(socket, heard=heard), socket_scope())
    assert heard.statuses == [status]
    assert heard.began == 1
