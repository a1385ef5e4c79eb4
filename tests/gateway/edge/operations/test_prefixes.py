"""Every path below every prefix: in whose words a client there is told what went wrong.

A prefix of a base URL fixes the form of errors, whatever is asked below it; without one the path
does. The table is written out: a path that is added must say how its errors are read.
"""

from typing import Any, Final

import msgspec
import pytest

from gateway.edge.app import Entry, nothing_here
from gateway.edge.client_api import client_api
from gateway.edge.intake.guard import Guard
from gateway.edge.operations.surfaces import (
    BEDROCK_VERBS,
    ENDPOINTS,
    GEMINI_VERBS,
    PROBED,
    find,
    is_client_path,
)
from gateway.edge.refusals import as_the_path_reads
from gateway.edge.runtime import IN_SCOPE, Runtime, Runtimes
from tests.gateway.edge.driver import HOST, Answer, Heard, call, http_scope, socket_scope
from tests.gateway.edge.house import House
from tests.gateway.edge.plane import plane, snapshot
from tests.gateway.edge.vendors import Client, Said, provider, target

OPENAI, ANTHROPIC, GEMINI, BEDROCK = "openai", "anthropic", "gemini", "bedrock"
PREFIXES: Final = {
    "/openai": OPENAI,
    "/anthropic": ANTHROPIC,
    "/gemini": GEMINI,
    "/bedrock": BEDROCK,
}
PUBLISHERS: Final = "/v1/projects/p/locations/l/publishers"
# Path -> its method, and whose errors it has without a prefix.
PATHS: Final[dict[str, tuple[str, str]]] = {
    "/v1/chat/completions": ("POST", OPENAI),
    "/api/v1/chat/completions": ("POST", OPENAI),
    "/chat/completions": ("POST", OPENAI),
    "/v1/responses": ("POST", OPENAI),
    "/responses": ("POST", OPENAI),
    "/v1/responses/input_tokens": ("POST", OPENAI),
    "/responses/input_tokens": ("POST", OPENAI),
    "/v1/responses/compact": ("POST", OPENAI),
    "/responses/compact": ("POST", OPENAI),
    "/v1/responses/resp_1/cancel": ("POST", OPENAI),
    "/v1/responses/resp_1": ("DELETE, GET", OPENAI),
    "/v1/responses/resp_1/input_items": ("GET", OPENAI),
    "/v1/embeddings": ("POST", OPENAI),
    "/embeddings": ("POST", OPENAI),
    "/v1/completions": ("POST", OPENAI),
    "/v1/moderations": ("POST", OPENAI),
    "/v1/rerank": ("POST", OPENAI),
    "/v1/images/generations": ("POST", OPENAI),
    "/v1/images/edits": ("POST", OPENAI),
    "/v1/audio/speech": ("POST", OPENAI),
    "/v1/audio/transcriptions": ("POST", OPENAI),
    "/v1/audio/translations": ("POST", OPENAI),
    "/v1/messages": ("POST", ANTHROPIC),
    "/messages": ("POST", ANTHROPIC),
    "/v1/messages/count_tokens": ("POST", ANTHROPIC),
    "/messages/count_tokens": ("POST", ANTHROPIC),
    f"{PUBLISHERS}/anthropic/models/m:rawPredict": ("POST", ANTHROPIC),
    f"{PUBLISHERS}/anthropic/models/m:streamRawPredict": ("POST", ANTHROPIC),
    f"{PUBLISHERS}/anthropic/models/count-tokens:rawPredict": ("POST", ANTHROPIC),
    f"{PUBLISHERS}/google/models/m:generateContent": ("POST", GEMINI),
    "/v1beta/models/m:generateContent": ("POST", GEMINI),
    "/v1beta/models/m:streamGenerateContent": ("POST", GEMINI),
    "/v1/models/m:countTokens": ("POST", GEMINI),
    "/v1alpha/models/m:embedContent": ("POST", GEMINI),
    "/v1beta/models/m:batchEmbedContents": ("POST", GEMINI),
    "/model/m/converse": ("POST", BEDROCK),
    "/model/m/converse-stream": ("POST", BEDROCK),
    "/model/m/count-tokens": ("POST", BEDROCK),
    "/model/m/invoke": ("POST", BEDROCK),
    "/model/m/invoke-with-response-stream": ("POST", BEDROCK),
    "/v1/models": ("GET", OPENAI),
    "/v1/models/m": ("GET", OPENAI),
    "/api/v1/models": ("GET", OPENAI),
    "/models": ("GET", OPENAI),
    "/v1/providers": ("GET", OPENAI),
    "/v1beta/models": ("GET", GEMINI),
    "/v1alpha/models": ("GET", GEMINI),
    "/inference-profiles": ("GET", BEDROCK),
    "/foundation-models": ("GET", BEDROCK),
    "/api/hello": ("HEAD", OPENAI),
    "/api/event_logging/batch": ("POST", OPENAI),
}
# And what is not there.
NOTHING: Final = {
    "/v1/nothing": OPENAI,
    "/v1/messages/nothing": ANTHROPIC,
    "/v1beta/nothing": GEMINI,
    "/model/m/nothing": BEDROCK,
    f"{PUBLISHERS}/anthropic/models/m:nothing": ANTHROPIC,
}
BELOW: Final = [("", None), *PREFIXES.items()]
EVERYWHERE: Final = pytest.mark.parametrize(("prefix", "fixed"), BELOW)
AMAZON: Final = b"x-amzn-errortype"


def form_of(body: bytes, headers: dict[bytes, bytes]) -> str:
    """Whose error this is, by what its clients read."""
    said = msgspec.json.decode(body)
    if isinstance(said, list):
        [said] = said
    if AMAZON in headers:
        assert set(said) == {"message"}
        return BEDROCK
    error = said["error"]
    if said.get("type") == "error":
        assert {"type", "message"} <= set(error)
        return ANTHROPIC
    if "status" in error:
        assert isinstance(error["code"], int)
        return GEMINI
    assert set(error) == {"message", "type", "param", "code"}
    return OPENAI


async def asked(path: str, *, method: str) -> Answer:
    scope = http_scope(method=method, headers=(HOST,))
    scope["path"] = path
    scope["state"] = {"request_id": "req_1", IN_SCOPE: plane(snapshot())}
    return await call(client_api, scope)


def headers_of(answer: Answer) -> dict[bytes, bytes]:
    return dict(answer.sent[0]["headers"])


def test_the_table_has_every_path() -> None:
    verbs = {f"/v1beta/models/m:{verb}" for verb in GEMINI_VERBS}
    verbs |= {f"/model/m/{verb}" for verb in BEDROCK_VERBS}
    told = {path.replace("/v1/models/m:", "/v1beta/models/m:") for path in PATHS}
    told |= {path.replace("/v1alpha/models/m:", "/v1beta/models/m:") for path in PATHS}
    assert set(ENDPOINTS) | verbs <= told | {PROBED}
    for path in PATHS:
        assert find(path).endpoint is not None, path


@EVERYWHERE
@pytest.mark.parametrize("path", PATHS)
async def test_another_method_is_told_what_is_possible(
    prefix: str, fixed: str | None, path: str
) -> None:
    method, own = PATHS[path]
    answer = await asked(prefix + path, method="PATCH")
    headers = headers_of(answer)
    assert answer.status == 405
    asks = find(prefix + path).endpoint
    assert asks is not None
    reads = method in {"GET", "HEAD"} and asks.operation is None
    assert headers[b"allow"] == (b"GET, HEAD" if reads else method.encode())
    assert form_of(answer.body, headers) == (fixed or own)


@EVERYWHERE
@pytest.mark.parametrize("path", NOTHING)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_is_not_there_is_told_in_the_same_words(
    prefix: str, fixed: str | None, path: str, method: str
) -> None:
    answer = await asked(prefix + path, method=method)
    assert answer.status == 404
    assert form_of(answer.body, headers_of(answer)) == (fixed or NOTHING[path])


@EVERYWHERE
@pytest.mark.parametrize("path", [path for path, (method, _) in PATHS.items() if method == "POST"])
async def test_a_refused_request_is_too(prefix: str, fixed: str | None, path: str) -> None:
    if path == "/api/event_logging/batch":
        return  # refuses nothing
    answer = await asked(prefix + path, method="POST")
    assert answer.status == (403 if (fixed or PATHS[path][1]) == BEDROCK else 401)
    assert form_of(answer.body, headers_of(answer)) == (fixed or PATHS[path][1])


@EVERYWHERE
@pytest.mark.parametrize("path", [path for path, (method, _) in PATHS.items() if method == "GET"])
async def test_a_refused_list_is_too(prefix: str, fixed: str | None, path: str) -> None:
    answer = await asked(prefix + path, method="GET")
    assert answer.status in {401, 403}
    assert form_of(answer.body, headers_of(answer)) == (fixed or PATHS[path][1])


@pytest.mark.parametrize("path", ["/v1/models", "/v1/nothing"])
async def test_below_a_prefix_headers_do_not_say_who_asks(path: str) -> None:
    for prefix, fixed in PREFIXES.items():
        scope = http_scope(method="POST", headers=(HOST, (b"anthropic-version", b"2023-06-01")))
        scope["path"] = prefix + path
        scope["state"] = {"request_id": "req_1", IN_SCOPE: plane(snapshot())}
        answer = await call(client_api, scope)
        assert form_of(answer.body, headers_of(answer)) == fixed


REFUSAL: Final = (
    b'{"error":{"message":"too long","type":"invalid_request_error","param":"p","code":null}}'
)
BODY: Final = b'{"model":"m","messages":[{"role":"user","content":"Hi"}]}'


async def told(path: str, *answers: Any) -> Client:
    house = House(*answers, providers=(provider(targets=(target(),)),))
    return await house.ask(BODY, path=path.encode())


@pytest.mark.parametrize(("prefix", "fixed"), PREFIXES.items())
async def test_a_vendors_error_is_told_in_the_words_of_the_prefix(prefix: str, fixed: str) -> None:
    client = await told(f"{prefix}/v1/chat/completions", Said(REFUSAL, status=400))
    assert client.status == 400
    assert form_of(client.body, client.headers) == fixed
    assert b"too long" in client.body
    assert (client.body == REFUSAL) is (fixed == OPENAI)


@pytest.mark.parametrize(("prefix", "fixed"), [*PREFIXES.items(), ("", GEMINI)])
async def test_only_google_puts_errors_into_a_list(prefix: str, fixed: str) -> None:
    client = await told(f"{prefix}/v1beta/models/nothing:streamGenerateContent")
    assert form_of(client.body, client.headers) == fixed
    assert client.body.startswith(b"[") is (fixed == GEMINI)


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/anthropic/v1/messages", "/model/m/x"])
async def test_there_are_no_sockets_below_data_paths(path: str) -> None:
    async def started() -> Runtime:
        return plane(snapshot())

    app = Guard(
        Entry(
            runtimes=Runtimes(started),
            exact={},
            prefixes={},
            sockets={},
            client_api=client_api,
            fallback=nothing_here,
        ),
        body_limit=lambda _path: 1_000,
        observer=Heard(),
        render=as_the_path_reads,
    )
    scope = {**socket_scope(path.encode()), "extensions": {"websocket.http.response": {}}}
    answer = await call(app, scope)
    assert answer.sent[0]["type"] == "websocket.http.response.start"
    assert answer.sent[0]["status"] == 404
    assert is_client_path(path)
