"""F-59: on every route, what decides access is what is served."""

import re
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from tests.faults.gateway_process import Gateway, Reply

pytestmark = pytest.mark.faults

PARAMETER = re.compile(r"<(?:\w+:)?\w+>|\(\?P<\w+>[^)]*\)")
EDGE = ("/health", "/ready", "/liveness", "/metrics", "/static/nope")
OPEN = "/health"
LURES = (
    ("X-Original-URL: /health",),
    ("X-Rewrite-URL: /health", "X-Forwarded-Path: /health", "X-Forwarded-Prefix: /health"),
    ("X-Forwarded-Host: evil.example", "X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1"),
    ("X_Original_URL: /health", "SCRIPT_NAME: /health", "X_Forwarded_For: 127.0.0.1"),
    ("X-HTTP-Method-Override: OPTIONS", "Forwarded: for=127.0.0.1;host=evil.example"),
)


def routes(resolver: URLResolver, prefix: str = "/") -> Iterator[str]:
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern).strip("^$")
        if isinstance(entry, URLPattern):
            yield PARAMETER.sub("acme", route)
        else:
            yield from routes(entry, route)


PATHS = sorted({*routes(get_resolver()), *EDGE})


def decision(reply: Reply) -> tuple[list[int], bytes]:
    found = re.search(rb'"code":"(\w+)"', reply.body)
    location = re.search(rb"\r\nlocation: ([^\r]*)", reply.received, re.IGNORECASE)
    return reply.statuses, (found or location or [b"", b""])[1]


def test_every_route_is_seen() -> None:
    assert len(PATHS) > 50
    assert "/api/v1/keys/acme" in PATHS


@pytest.mark.parametrize("path", PATHS)
def test_no_header_moves_a_request_to_another_route(gateway: Gateway, path: str) -> None:
    plain = decision(gateway.get(path))
    assert len(plain[0]) == 1
    for lure in LURES:
        assert decision(gateway.get(path, *lure)) == plain
    absolute = (
        f"GET http://localhost{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    assert decision(gateway.send(absolute.encode())) == plain


@pytest.mark.parametrize("path", PATHS)
def test_no_spelling_reaches_a_route_past_its_own_path(gateway: Gateway, path: str) -> None:
    spellings = [
        f"{OPEN}/..{path}",
        f"{OPEN}/%2e%2e{path}",
        f"/{path}",
        f"{path}//",
        f"{path}/./",
        f"{path}\\",
        f"{path}%5c",
        f"{path}%00",
        f"{path}%2f..",
        f"{path}..%2fhealth",
    ]
    for spelling in spellings:
        reply = gateway.get(spelling)
        assert reply.statuses == [400], spelling
        assert reply.closed
