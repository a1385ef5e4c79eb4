"""F-58 and F-54: raw bytes against the real server with the real application."""

import msgspec
import pytest

from tests.faults.bounds import FACTOR
from tests.faults.gateway_process import Gateway

pytestmark = pytest.mark.faults

SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
POST = b"POST /api/v1/keys HTTP/1.1\r\nHost: localhost\r\n"
REFUSED = {
    "length twice": POST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
    "length with a sign": POST + b"Content-Length: +4\r\n\r\nabcd",
    "length with an underscore": POST + b"Content-Length: 0_4\r\n\r\nabcd",
    "space before the colon": POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "unknown coding": POST + b"Transfer-Encoding: xchunked\r\nContent-Length: 4\r\n\r\nabcd",
    "folded header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Note: a\r\n b\r\n\r\n",
    "negative chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nab\r\n0\r\n\r\n",
    "hexadecimal chunk": POST + b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
    "host twice": b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "host that is a path": b"GET / HTTP/1.1\r\nHost: a/../b?x\r\n\r\n",
    "authorization twice": (
        b"GET /api/v1/keys HTTP/1.1\r\nHost: localhost\r\n"
        b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n"
    ),
    "NUL in a value": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Note: a\x00b\r\n\r\n",
    "NUL in the path": b"GET /%65cho%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_ambiguous_request_gets_one_400_and_the_connection_ends(
    gateway: Gateway, name: str
) -> None:
    reply = gateway.send(REFUSED[name] + SMUGGLED)
    assert reply.statuses == [400]
    assert reply.closed


def test_length_and_transfer_coding_together_get_one_response_and_the_end(gateway: Gateway) -> None:
    both = b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    reply = gateway.send(POST + both + SMUGGLED)
    assert len(reply.statuses) == 1
    assert reply.closed


def test_an_absolute_target_is_served_by_its_path_only(gateway: Gateway) -> None:
    target = b"GET http://evil.example/health?x=1 HTTP/1.1\r\nHost: localhost\r\n"
    reply = gateway.send(target + b"Connection: close\r\n\r\n")
    assert reply.statuses == [200]
    assert msgspec.json.decode(reply.body)["status"] == "ok"


def test_bare_line_feeds_are_one_request(gateway: Gateway) -> None:
    reply = gateway.send(b"GET /health HTTP/1.1\nHost: localhost\nConnection: close\n\n")
    assert reply.statuses == [200]


def test_an_underscore_is_no_dash(gateway: Gateway) -> None:
    """Dropped: WSGI-style names would turn it into the proxy's header."""
    plain = gateway.get("/api/v1/keys")
    tricked = gateway.get("/api/v1/keys", "X_Forwarded_For: 127.0.0.1", "Content_Length: 5")
    assert plain.statuses == tricked.statuses == [401]


@pytest.mark.parametrize(
    "lines",
    [
        b"".join(b"X-%d: y\r\n" % number for number in range(200_000)),
        b"X-Line: " + b"a" * 1_048_576 + b"\r\n",
        b"".join(b"X-%d: y\r\n" % number for number in range(101)),
        b"X-Line: " + b"a" * 40_000 + b"\r\n",
    ],
    ids=["200,000 lines", "a line of 1 MB", "101 lines", "40 KB"],
)
def test_too_many_headers_cost_next_to_nothing(gateway: Gateway, lines: bytes) -> None:
    before_s = gateway.cpu_s()
    reply = gateway.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + lines + b"\r\n")
    assert reply.statuses == [431]
    assert reply.closed
    assert gateway.cpu_s() - before_s <= 0.1 * FACTOR


def test_after_all_of_it_the_gateway_serves(gateway: Gateway) -> None:
    assert gateway.get("/health").statuses == [200]
