"""Google's clients that do not ask for events read a list, whatever they are told and whenever."""

from typing import Any, Final

import msgspec
import pytest

from gateway.edge.app import Entry, nothing_here
from gateway.edge.client_api import client_api
from gateway.edge.intake.guard import Guard
from gateway.edge.operations.listed import in_list
from gateway.edge.refusals import as_the_path_reads
from gateway.edge.runtime import Runtimes
from tests.gateway.edge.driver import Answer, Heard, call, http_scope
from tests.gateway.edge.house import House
from tests.gateway.edge.plane import bearer

STREAM: Final = b"/v1beta/models/m:streamGenerateContent"
VERTEX: Final = b"/v1/projects/p/locations/l/publishers/google/models/m:streamGenerateContent"
WHOLE: Final = b"/v1beta/models/m:generateContent"
BODY: Final = b'{"contents":[]}'
HOST: Final = (b"host", b"gateway.example")
# What is wrong, and where it is noticed.
WRONG: Final[dict[str, dict[str, Any]]] = {
    "no key": {"headers": []},
    "a broken body": {"body": b"{"},
    "no such model": {"body": BODY},
    "another method": {"method": "GET"},
    "a header sent twice": {"headers": [*bearer().items(), *bearer().items()]},
    "a body that is compressed": {"more": [(b"content-encoding", b"gzip")]},
    "a body that is too large": {"body": b"{" * 99},
}


async def asked(path: bytes, query: bytes, wrong: dict[str, Any]) -> Answer:
    house = House()

    async def started() -> Any:
        return house.worker

    entry = Entry(
        runtimes=Runtimes(started),
        client_api=client_api,
        exact={},
        prefixes={},
        sockets={},
        fallback=nothing_here,
    )
    app = Guard(entry, body_limit=lambda _path: 50, observer=Heard(), render=as_the_path_reads)
    headers = wrong.get("headers", [*bearer().items()])
    method = wrong.get("method", "POST")
    scope = http_scope(path, method=method, headers=[HOST, *headers, *wrong.get("more", [])])
    scope["query_string"] = query
    return await call(app, scope, wrong.get("body", BODY))


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize("path", [STREAM, b"/gemini" + STREAM, VERTEX])
async def test_errors_are_in_a_list_as_the_stream_would_be(path: bytes, wrong: str) -> None:
    answer = await asked(path, b"", WRONG[wrong])

    assert answer.status >= 400
    (told,) = msgspec.json.decode(answer.body)
    assert told["error"]["code"] == answer.status


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.parametrize(
    ("path", "query"),
    [(STREAM, b"key=x&alt=sse"), (WHOLE, b""), (b"/openai" + STREAM, b""), (b"/v1beta/x", b"")],
)
async def test_errors_of_others_are_not(path: bytes, query: bytes, wrong: str) -> None:
    answer = await asked(path, query, WRONG[wrong])

    assert answer.status >= 400
    assert msgspec.json.decode(answer.body)["error"]["message"]


@pytest.mark.parametrize(
    ("body", "told"), [(b'{"error":1}', b'[{"error":1}]'), (b'[{"error":1}]', b'[{"error":1}]')]
)
def test_what_is_a_list_already_stays_one(body: bytes, told: bytes) -> None:
    assert in_list(body) == told
