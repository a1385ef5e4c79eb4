"""`POST /api/console/run`: a signed-in person's own call, over the same pipeline as everybody's.

Laws: the session and its CSRF token decide who calls, no key exists in the browser; credentials
among the given headers are dropped; the answer is the data plane's, byte for byte.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final

import msgspec
from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from accounts.api.base import TENANT_HEADER
from accounts.api.problems import as_refused, problem_response
from accounts.compile import compile_key
from accounts.errors import Invalid, PermissionLacking, Refused
from accounts.models import User
from accounts.selectors.access import access_of_user
from accounts.services.session_keys import session_key
from accounts.specs import KeySpec
from accounts.tenancy import tenant_scope
from gateway.edge.client_api import ACTING_KEY, SOURCE, client_api
from gateway.edge.intake.paths import BadPath, derive_path
from gateway.edge.messages import DISCONNECT, RESPONSE_START, Message
from gateway.edge.operations.surfaces import is_client_path

CAPABILITY: Final = "playground.use"
METHODS: Final = frozenset({"GET", "POST"})
# Who calls is the session; the rest belongs to the connection with the browser.
DROPPED_HEADERS: Final = frozenset(
    {
        "authorization", "x-api-key", "api-key", "x-goog-api-key", "x-gateway-api-key", "cookie",
        "host", "content-length", "transfer-encoding", "connection", "content-encoding",
    }
)  # fmt: skip
# Said by Django and the guard for the outer answer.
NOT_PASSED: Final = frozenset({b"x-request-id", b"content-length"})
WAITING_PARTS: Final = 16


class Call(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    method: str = "POST"
    path: str
    headers: dict[str, str] = {}
    body: msgspec.Raw = msgspec.Raw()


CALL: Final = msgspec.json.Decoder(Call)


async def console_run(request: HttpRequest) -> HttpResponseBase:
    if request.method != "POST":
        response = problem_response(request, Refused("method_not_allowed"))
        response["Allow"] = "POST"
        return response
    try:
        call, path, query = _read(request)
        key = await sync_to_async(_acting_key)(request)
    except Exception as raised:
        refused = as_refused(raised)
        if refused is None:
            raise
        return problem_response(request, refused)
    inner = InnerCall(request, call=call, path=path, query=query, key=key)
    return await inner.response()


def _read(request: HttpRequest) -> tuple[Call, str, str]:
    try:
        call = CALL.decode(request.body)
    except msgspec.ValidationError as error:
        raise Invalid.one(field="", message=str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Refused("malformed_json") from None
    if call.method not in METHODS:
        raise Invalid.one(field="method", message="GET or POST")
    plain, _, query = call.path.partition("?")
    try:
        path = derive_path(plain.encode())
    except BadPath as bad:
        raise Invalid.one(field="path", message=str(bad)) from None
    if not is_client_path(path):
        raise Invalid.one(field="path", message="a path of the client API, as /v1/chat/completions")
    for name, value in call.headers.items():
        if any(char in f"{name}{value}" for char in "\r\n\0"):
            raise Invalid.one(field=f"headers.{name}", message="no line breaks")
    return call, path, query


def _acting_key(request: HttpRequest) -> KeySpec:
    user = request.user
    if not isinstance(user, User):
        raise Refused("not_authenticated")
    access = access_of_user(user=user, tenant_choice=request.headers.get(TENANT_HEADER, "").strip())
    if not access.holds(CAPABILITY):
        raise PermissionLacking(CAPABILITY)
    with tenant_scope(tenant_id=access.the_tenant().id):
        return compile_key(session_key(access=access))


class InnerCall:
    """One exchange inside of a Django request: what the pipeline sends becomes the response."""

    def __init__(
        self, request: HttpRequest, *, call: Call, path: str, query: str, key: KeySpec
    ) -> None:
        outer: Mapping[str, Any] = request.scope  # type: ignore[attr-defined]
        body = bytes(call.body)
        headers = [
            (name.lower().encode("latin-1", "replace"), value.encode("latin-1", "replace"))
            for name, value in call.headers.items()
            if name.lower() not in DROPPED_HEADERS
        ]
        self._scope = {
            "type": "http",
            "method": call.method,
            "path": path,
            "query_string": query.encode("latin-1", "replace"),
            "headers": [*headers, (b"content-length", b"%d" % len(body))],
            "client": outer.get("client"),
            "state": {**outer["state"], ACTING_KEY: key, SOURCE: "console"},
        }
        self._body: bytes | None = body
        self._left = asyncio.Event()
        self._sent: asyncio.Queue[Message] = asyncio.Queue(WAITING_PARTS)

    async def response(self) -> HttpResponseBase:
        task = asyncio.create_task(client_api(self._scope, self._receive, self._sent.put))
        try:
            start = await self._next(task)
        except asyncio.CancelledError:
            await self._leave(task)  # the browser did so before there was anything to read
            raise
        if start is None or start["type"] != RESPONSE_START:
            return HttpResponse(status=500)
        response = StreamingHttpResponse(self._parts(task), status=start["status"])
        del response["Content-Type"]
        for name, value in start["headers"]:
            if name not in NOT_PASSED:
                response[name.decode()] = value.decode("latin-1")
        return response

    async def _parts(self, task: asyncio.Task[None]) -> AsyncIterator[bytes]:
        try:
            more = True
            while more and (message := await self._next(task)) is not None:
                more = message.get("more_body", False)
                if message.get("body"):
                    yield message["body"]
        finally:
            await self._leave(task)

    async def _leave(self, task: asyncio.Task[None]) -> None:
        """The exchange sees its client go, and ends itself."""
        self._left.set()
        await asyncio.wait({task})

    async def _next(self, task: asyncio.Task[None]) -> Message | None:
        """What was sent next; None once the exchange has ended without another word."""
        waiting = asyncio.ensure_future(self._sent.get())
        try:
            await asyncio.wait({waiting, task}, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return waiting.result()
        finally:
            waiting.cancel()
        return None if self._sent.empty() else self._sent.get_nowait()

    async def _receive(self) -> Message:
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._left.wait()
        return {"type": DISCONNECT}
