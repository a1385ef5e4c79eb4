"""The data plane's door: every path of a client's, to the pipeline or to a page."""

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from gateway.edge.errors import FIXED_HEADERS, GatewayError, HeaderPairs, refusal
from gateway.edge.exchange import Arrival, Exchange
from gateway.edge.identity.possession import possession
from gateway.edge.identity.sigv4 import Received, is_signed
from gateway.edge.messages import Receive, Scope, Send, respond
from gateway.edge.operations.surfaces import OPERATIONS, Endpoint, Found, Page, find, spoken
from gateway.edge.pages.list_shapes import shape_of
from gateway.edge.pages.lists import (
    ADDRESSES_SCOPE,
    ListRequest,
    model_page,
    models_page,
    profiles_page,
    providers_page,
)
from gateway.edge.pipeline import run
from gateway.edge.refusals import as_read_on
from gateway.edge.runtime import Runtime, runtime_of
from gateway.edge.stages.authenticate import Carrier, identify, usable
from gateway.edge.stages.confine import check_address, check_path
from gateway.edge.stages.prove import claim_of, signer
from gateway.snapshot.snapshot import Snapshot
from protocols.errors import Problem
from protocols.ir import Dialect

if TYPE_CHECKING:
    from accounts.specs import KeySpec

# As each is written; /foundation-models is a list of models below a path of Bedrock's.
LISTS: Final[Mapping[Page | None, Callable[..., bytes]]] = {
    "models": models_page,
    "model": model_page,
    "foundation_models": models_page,
    "inference_profiles": profiles_page,
}
JSON_TYPE: Final = b"application/json"
READS: Final = frozenset({"GET", "HEAD"})
KEYLESS: Final = frozenset({"probe", "sink"})
NOTHING: Final = b"{}"
LISTS_SCOPE: Final = "models.read"
SHOWN_CHARS: Final = 256
WHAT_EXISTS: Final = (
    "This gateway serves "
    + ", ".join(sorted({operation.path for operation in OPERATIONS}))
    + ", /v1/models and /v1/providers."
)
# What `allowed_paths` of keys means, however a list is reached.
MODELS_PATH: Final = "/v1/models"
PROVIDERS_PATH: Final = "/v1/providers"
# In the state of a scope that the console's own view makes: whose key acts, and what records say.
ACTING_KEY: Final = "acting_key"
SOURCE: Final = "source"


async def client_api(scope: Scope, receive: Receive, send: Send) -> None:
    runtime = runtime_of(scope)
    found = find(scope["path"])
    endpoint = found.endpoint
    try:
        if endpoint is None:
            path = scope["path"][:SHOWN_CHARS]
            raise refusal("not_found", f"{path} does not exist. {WHAT_EXISTS}", code="not_found")
        if endpoint.other is not None and endpoint.other.method == scope["method"]:
            endpoint = endpoint.other
        _check_method(scope["method"], endpoint)
        if endpoint.operation is None:
            await _page(scope, receive, send, found=found, runtime=runtime)
            return
    except GatewayError as error:
        await tell(scope, send, error, found=found, runtime=runtime)
        return
    state = scope["state"]
    state["route"] = endpoint.operation.name
    arrival = Arrival(
        request_id=state["request_id"],
        operation=endpoint.operation,
        headers=dict(scope["headers"]),
        address=(scope.get("client") or ("", 0))[0],
        began_at=time.monotonic(),
        path=scope["path"],
        raw_path=_raw_path(scope),
        query=scope["query_string"],
        path_model=found.model,
        path_stream=endpoint.stream,
        envelope=endpoint.envelope,
        errors_in=found.dialect if found.is_fixed else None,
        source=state.get(SOURCE, "api"),
    )
    exchange = Exchange(
        arrival,
        receive=receive,
        send=send,
        snapshot=runtime.snapshots.current,
        state=state,
    )
    await run(exchange, runtime, acting=state.get(ACTING_KEY))


async def tell(
    scope: Scope, send: Send, error: GatewayError, *, found: Found, runtime: Runtime
) -> None:
    """An error outside of any exchange, in the shape of the path's dialect."""
    dialect = _spoken(scope, found)
    encoded = runtime.native[dialect].encode_error(error.problem, scope["state"]["request_id"])
    headers: HeaderPairs = (
        *((name.encode(), value.encode()) for name, value in encoded.headers),
        *error.headers,
    )
    content_type = next((v for name, v in headers if name == b"content-type"), JSON_TYPE)
    await respond(
        send,
        status=encoded.status,
        content_type=content_type,
        body=as_read_on(found, scope, encoded.body),
        headers=tuple(pair for pair in headers if pair[0] != b"content-type"),
        with_body=scope["method"] != "HEAD",
    )


def _spoken(scope: Scope, found: Found) -> Dialect:
    """Where the path does not say who is asking, its headers do."""
    if found.is_fixed or (found.endpoint is not None and found.endpoint.operation is not None):
        return found.dialect
    return spoken(shape_of(found, dict(scope["headers"]), scope["query_string"]))


def _check_method(method: str, endpoint: Endpoint) -> None:
    is_page = endpoint.operation is None and endpoint.method in READS
    wanted = READS if is_page else {endpoint.method}
    if endpoint.other is not None:
        wanted |= {endpoint.other.method}
    if method in wanted:
        return
    allow = ", ".join(sorted(wanted))
    raise GatewayError(
        Problem(
            kind="invalid_request",
            message=f"{method} is not possible here; use {allow}.",
            status=405,
            code="method_not_allowed",
        ),
        headers=((b"allow", allow.encode()),),
    )


async def _page(
    scope: Scope, receive: Receive, send: Send, *, found: Found, runtime: Runtime
) -> None:
    endpoint = found.endpoint
    page = endpoint.page if endpoint is not None else None
    scope["state"]["route"] = page
    if page == "sink":
        await _drop_body(receive)
    body = NOTHING if page in KEYLESS else _listing(scope, page, found=found, runtime=runtime)
    await respond(
        send,
        status=200,
        content_type=JSON_TYPE,
        body=body,
        headers=FIXED_HEADERS,
        with_body=scope["method"] != "HEAD",
    )


async def _drop_body(receive: Receive) -> None:
    """Telemetry of clients: taken, so that they stay quiet, and kept nowhere."""
    while (await receive()).get("more_body", False):
        pass


def _lister(scope: Scope, carrier: Carrier, *, snapshot: Snapshot, runtime: Runtime) -> "KeySpec":
    """A key in a header counts first, else the signature."""
    now = runtime.snapshots.now()
    if not is_signed(carrier.headers, carrier.query):
        return identify(carrier, snapshot=snapshot, runtime=runtime, now=now).key
    found = possession(
        carrier.headers, carrier.query, verifier=runtime.verifier, snapshot=snapshot, now=now
    )
    if found is not None:
        return found.key
    received = Received(
        method=scope["method"],
        raw_path=_raw_path(scope),
        query=carrier.query,
        headers=carrier.headers,
        body=b"",
    )
    address = carrier.address
    claimed = claim_of(carrier.headers, address=address, snapshot=snapshot, runtime=runtime)
    return signer(claimed, received, address=address, runtime=runtime)


def _raw_path(scope: Scope) -> bytes:
    raw_path: bytes = scope.get("raw_path") or quote(scope["path"]).encode()
    return raw_path


def _listing(scope: Scope, page: Page | None, *, found: Found, runtime: Runtime) -> bytes:
    snapshot, now = runtime.snapshots.current, runtime.snapshots.now()
    carrier = Carrier(
        headers=dict(scope["headers"]),
        query=scope["query_string"],
        address=(scope.get("client") or ("", 0))[0],
    )
    acting: KeySpec | None = scope["state"].get(ACTING_KEY)
    key = acting or _lister(scope, carrier, snapshot=snapshot, runtime=runtime)
    scope["state"]["key_id"] = key.id
    scope["state"]["tenant"] = usable(key, snapshot=snapshot, now=now).slug
    check_address(key, carrier.address)
    check_path(key, PROVIDERS_PATH if page == "providers" else MODELS_PATH)
    if LISTS_SCOPE not in key.scopes and not (
        page == "providers" and ADDRESSES_SCOPE in key.scopes
    ):
        raise refusal(
            "permission",
            f"This API key lacks the scope {LISTS_SCOPE!r} that lists need.",
            code="scope_missing",
        )
    if page == "providers":
        return providers_page(snapshot=snapshot, key=key, now=now)
    request = ListRequest(headers=carrier.headers, query=carrier.query)
    return LISTS[page](snapshot=snapshot, key=key, now=now, found=found, request=request)
