"""Codes of what the guard refuses before anything else sees a request."""

from collections.abc import Mapping
from typing import Final

from accounts.problem import Problem, row

FRAMING_PROBLEMS: Final[Mapping[str, Problem]] = {
    "bad_framing": row(
        400,
        "The request can be read in more than one way.",
        "A header that decides something came twice, or headers contradict each other.",
        "A proxy or client that repeats or mixes Host, Content-Length, Transfer-Encoding or a key.",
        "Send each of these headers once.",
    ),
    "bad_host": row(
        400,
        "The Host header is missing or invalid.",
        "The request does not name the host it is for.",
        "A client or proxy that sends no Host, or something that is no host name.",
        "Send a host name with an optional port.",
    ),
    "bad_path": row(
        400,
        "The path can be read in more than one way.",
        "The path has empty, '.' or '..' segments, encoded slashes or control characters.",
        "A base URL that ends with '/', or a path that was put together from parts.",
        "Send the path as the API reference writes it.",
    ),
    "bad_body": row(
        400,
        "The request body ended early or is malformed.",
        "The connection ended inside the body, or its chunks are broken.",
        "A client that gave up, or a proxy that damages chunked bodies.",
        "Send the whole body.",
    ),
    "body_too_slow": row(
        408,
        "The request body arrived too slowly.",
        "Less than 1 KB a second came for 5 seconds, or the body took longer than its size allows.",
        "A stalled connection.",
        "Send the body without pauses.",
    ),
    "unsupported_encoding": row(
        415,
        "Compressed request bodies are not accepted.",
        "The request has a Content-Encoding.",
        "A client that compresses what it sends.",
        "Send the body as it is.",
    ),
    "headers_too_large": row(
        431,
        "The request has too many or too large headers.",
        "At most 100 headers and 32 KB of them are read.",
        "Large cookies, or a proxy that adds many headers.",
        "Send fewer or shorter headers.",
    ),
}
