"""Stage 2: bytes to the top-level fields; the rest of the body stays the bytes that arrived."""

from typing import Final

import msgspec
from msgspec.structs import replace

from gateway.edge.editing.caps import check_counts
from gateway.edge.editing.forms import read_fields
from gateway.edge.editing.top_fields import TOP, shown, top_level
from gateway.edge.errors import ClientLeft, refusal
from gateway.edge.exchange import Exchange
from gateway.edge.messages import DISCONNECT
from gateway.edge.operations.operation import Operation
from gateway.edge.operations.surfaces import CHAT, CHAT_OF_RESPONSES
from gateway.edge.questions.passing import wants_events
from gateway.edge.runtime import Runtime
from protocols.anthropic_messages.envelopes import opened
from protocols.errors import DecodeError

VERSION: Final = "anthropic_version"
# Of those whose bodies have messages, too (Nova).
OF_OTHERS: Final = frozenset({"inferenceConfig", "schemaVersion", "toolConfig"})
# Where a request goes is the operator's word: a client that names it is mistaken or worse.
DESTINATION_FIELDS: Final = frozenset(
    {
        "api_base", "base_url", "api_key", "api_type", "api_version", "azure_ad_token",
        "custom_llm_provider", "extra_headers", "organization", "region_name", "aws_region_name",
        "aws_access_key_id", "aws_secret_access_key", "aws_bedrock_runtime_endpoint",
        "vertex_project", "vertex_location", "vertex_credentials", "proxy_url", "ssl_verify",
    }
)  # fmt: skip
STRING: Final = msgspec.json.Decoder(str)
FLAG: Final = msgspec.json.Decoder(bool | None)
OPENING: Final = ord("[")


async def decode(exchange: Exchange, runtime: Runtime) -> None:
    exchange.body = await whole_body(exchange)
    as_form = exchange.arrival.operation.as_form
    exchange.top = top = read_fields(exchange) if as_form else top_level(exchange.body)
    if exchange.arrival.envelope is not None:
        _open_envelope(exchange)
        top = exchange.top
    if exchange.arrival.operation is CHAT and "input" in top and "messages" not in top:
        exchange.arrival = replace(exchange.arrival, operation=CHAT_OF_RESPONSES)
    operation = exchange.arrival.operation
    forbidden = DESTINATION_FIELDS & top.keys()
    if forbidden:
        name = min(forbidden)
        raise refusal(
            "invalid_request",
            f"{name} is not accepted: where a request goes is set in the gateway, not by clients."
            " Remove the field.",
            code="unknown_parameter",
            param=name,
        )
    exchange.model = _model(exchange)
    if operation.streams:
        said = exchange.arrival.path_stream
        exchange.asked_stream = _flag(top, "stream") if said is None else said
    elif operation.passed:
        exchange.asked_stream = wants_events(top)
    _check_input(top, operation)
    check_counts(top, operation)
    exchange.asked_at = runtime.clock()


def _open_envelope(exchange: Exchange) -> None:
    """Body and headers as they would have come without it."""
    arrival = exchange.arrival
    if arrival.envelope == "bedrock":
        _check_whose(exchange.top)
    stream = arrival.path_stream is True
    try:
        found = opened(exchange.body, model=arrival.path_model, stream=stream)
    except DecodeError as error:
        raise refusal("invalid_request", f"{error}.", param=error.path or None) from None
    exchange.body, exchange.top = found.body, TOP.decode(found.body)
    said = {name.encode(): value.encode("latin-1") for name, value in found.headers.items()}
    exchange.arrival = replace(arrival, headers={**arrival.headers, **said})


def _check_whose(top: dict[str, msgspec.Raw]) -> None:
    """Bedrock carries the words of every vendor in one envelope, and only Claude's are read."""
    if VERSION in top or ("messages" in top and top.keys().isdisjoint(OF_OTHERS)):
        return
    raise refusal(
        "unsupported",
        "The body is not Claude's: of what Bedrock carries in this envelope, only Messages are read"
        " here. Ask any other model by POST /model/{model}/converse.",
    )


async def whole_body(exchange: Exchange) -> bytes:
    """All of it; the guard has bounded its size and pace."""
    message = await exchange.receive()
    if message["type"] == DISCONNECT:
        raise ClientLeft
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body
    parts = [body]
    while message.get("more_body", False):
        message = await exchange.receive()
        if message["type"] == DISCONNECT:
            raise ClientLeft
        parts.append(message.get("body", b""))
    return b"".join(parts)


def _model(exchange: Exchange) -> str:
    if exchange.arrival.path_model:
        return exchange.arrival.path_model
    raw = exchange.top.get("model")
    if raw is None:
        raise refusal(
            "invalid_request", "model is missing; expected the name of a model.", param="model"
        )
    try:
        name = STRING.decode(raw)
    except msgspec.DecodeError:
        name = ""
    if not name:
        raise refusal(
            "invalid_request",
            f"model is {shown(bytes(raw))}; expected the name of a model.",
            param="model",
        )
    return name


def _flag(top: dict[str, msgspec.Raw], name: str) -> bool:
    raw = top.get(name)
    if raw is None:
        return False
    try:
        return bool(FLAG.decode(raw))
    except msgspec.DecodeError:
        raise refusal(
            "invalid_request",
            f"{name} is {shown(bytes(raw))}; expected true or false.",
            param=name,
        ) from None


def _check_input(top: dict[str, msgspec.Raw], operation: Operation) -> None:
    field, is_list = operation.input_field, operation.input_is_list
    raw = top.get(field)
    if raw is None:
        if not top.keys().isdisjoint(operation.instead_of_input):
            return
        wanted = "a list" if is_list else "a string or a list"
        wanted = "a file" if operation.as_form else wanted
        raise refusal("invalid_request", f"{field} is missing; expected {wanted}.", param=field)
    if is_list and memoryview(raw)[0] != OPENING:
        raise refusal(
            "invalid_request", f"{field} is {shown(bytes(raw))}; expected a list.", param=field
        )
