"""How a refusal looks: on a client's path in its dialect, everywhere else as problem+json."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from msgspec import Struct

from accounts.errors import Refused
from accounts.problem_codes import PROBLEMS
from gateway.edge.errors import PROBLEM_JSON, HeaderPairs, problem, response_headers
from gateway.edge.messages import Scope
from gateway.edge.operations.listed import in_list, is_listed
from gateway.edge.operations.surfaces import Found, find, is_client_path
from protocols.errors import Kind, Problem
from protocols.registry import NATIVE

CONTENT_TYPE: Final = b"content-type"
# By status; a status that is not here is a request that is wrong in itself.
KINDS: Final[Mapping[int, Kind]] = {
    401: "authentication",
    403: "permission",
    404: "not_found",
    409: "conflict",
    413: "too_large",
    429: "rate_limited",
    500: "internal",
    503: "overloaded",
}


class Rendered(Struct, frozen=True, kw_only=True):
    status: int
    content_type: bytes
    body: bytes
    headers: HeaderPairs


Render: TypeAlias = Callable[[Refused, Scope], Rendered]


def as_problem(refused: Refused, scope: Scope) -> Rendered:
    return Rendered(
        status=PROBLEMS[refused.code].status,
        content_type=PROBLEM_JSON,
        body=problem(refused, instance=scope["path"], request_id=scope["state"]["request_id"]),
        headers=response_headers(refused),
    )


def as_read_on(found: Found, scope: Scope, body: bytes) -> bytes:
    """An error as it is read on a path, before there is any exchange."""
    stream = found.endpoint.stream if found.endpoint is not None else None
    is_list = is_listed(found.dialect, scope["query_string"], stream=stream)
    return in_list(body) if is_list else body


def as_the_path_reads(refused: Refused, scope: Scope) -> Rendered:
    if not is_client_path(scope["path"]):
        return as_problem(refused, scope)
    found = find(scope["path"])
    status = PROBLEMS[refused.code].status
    told = Problem(
        kind=KINDS.get(status, "invalid_request"),
        message=refused.detail,
        status=status,
        code=refused.code,
    )
    encoded = NATIVE[found.dialect].encode_error(told, scope["state"]["request_id"])
    headers = {name.encode(): value.encode() for name, value in encoded.headers}
    return Rendered(
        status=encoded.status,
        content_type=headers.pop(CONTENT_TYPE, b"application/json"),
        body=as_read_on(found, scope, encoded.body),
        headers=tuple(headers.items()) + response_headers(refused),
    )
