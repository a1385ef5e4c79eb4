"""How a refusal looks: on a client's path in its dialect, everywhere else as problem+json."""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from msgspec import Struct

from accounts.errors import Refused
from accounts.problem_codes import PROBLEMS
from gateway.edge.errors import PROBLEM_JSON, HeaderPairs, problem, response_headers
from gateway.edge.operations.surfaces import find, is_client_path
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


Render: TypeAlias = Callable[[Refused, str, str], Rendered]


def as_problem(refused: Refused, path: str, request_id: str) -> Rendered:
    return Rendered(
        status=PROBLEMS[refused.code].status,
        content_type=PROBLEM_JSON,
        body=problem(refused, instance=path, request_id=request_id),
        headers=response_headers(refused),
    )


def as_the_path_reads(refused: Refused, path: str, request_id: str) -> Rendered:
    if not is_client_path(path):
        return as_problem(refused, path, request_id)
    status = PROBLEMS[refused.code].status
    told = Problem(
        kind=KINDS.get(status, "invalid_request"),
        message=refused.detail,
        status=status,
        code=refused.code,
    )
    encoded = NATIVE[find(path).dialect].encode_error(told, request_id)
    headers = {name.encode(): value.encode() for name, value in encoded.headers}
    return Rendered(
        status=encoded.status,
        content_type=headers.pop(CONTENT_TYPE, b"application/json"),
        body=encoded.body,
        headers=tuple(headers.items()) + response_headers(refused),
    )
