"""F-32 to F-36, F-38, F-40 to F-43, F-45 to F-49, F-73: vendors that fail, lie, flood or tell.

One gateway, one vendor from hell; every case has a provider of its own, so that no breaker of one
decides another.
"""

import re
import time
from collections.abc import Callable
from typing import Any, Final

import msgspec
import pytest

from tests.clients.management import Model
from tests.clients.stack import Stack
from tests.faults.bounds import FACTOR
from tests.faults.callers import Caller
from tests.faults.evil_upstream import TOKENS
from tests.faults.referee import Referee
from tests.faults.remains import Remains, metrics, metrics_page

pytestmark = pytest.mark.faults

MB: Final = 1024 * 1024
SOON_S: Final = 0.25
DEADLINE_S: Final = 1.0
QUICK: Final[dict[str, Any]] = {
    "ttft_ms": 1000,
    "reasoning_ttft_ms": 1000,
    "idle_ms": 1000,
    "total_ms": 20_000,
}
CANARY: Final = "sk-canary-0123456789abcdef0123456789"


class Told:
    """An answer, read."""

    def __init__(self, received: bytes) -> None:
        head, _, self.raw = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split(" ")[1])
        self.headers = dict(line.lower().split(": ", 1) for line in lines)

    @property
    def body(self) -> bytes:
        if self.headers.get("transfer-encoding") != "chunked":
            return self.raw
        found, rest = b"", self.raw
        while rest:
            size, _, rest = rest.partition(b"\r\n")
            found, rest = found + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
        return found

    @property
    def error(self) -> Any:
        return msgspec.json.decode(self.body)["error"]


Ask = Callable[..., Told]


@pytest.fixture
def ask(bare_stack: Stack, referee: Referee, request: pytest.FixtureRequest) -> Ask:
    """Asks a vendor of its own for `model`; the vendor's settings may be given."""
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[-50:].strip("-")
    made: list[str] = []
    referee.forget()

    def asked(model: str, *, stream: bool = False, kind: str = "openai", **fields: Any) -> Told:
        slug = f"v-{name}-{kind}"
        if slug not in made:
            bare_stack.vendor(slug, url=referee.url, kind=kind, **{**QUICK, **fields})
            made.append(slug)
        caller = Caller(bare_stack, model=f"{slug}.{model}", kind=kind, stream=stream)
        try:
            return Told(whole(caller))
        finally:
            caller.close()

    return asked


def whole(caller: Caller) -> bytes:
    """By its length, by its last chunk, or to the end of the connection."""
    received = caller.until(b"\r\n\r\n", within_s=25)
    length = re.search(rb"(?i)content-length: (\d+)", received.partition(b"\r\n\r\n")[0])
    if length is None:
        return caller.to_the_end(within_s=25)
    while len(caller.received.partition(b"\r\n\r\n")[2]) < int(length[1]):
        caller.received += caller.socket.recv(65_536)
    return caller.received


@pytest.mark.parametrize("stream", [False, True])
def test_silence_before_headers_ends_at_the_deadline(ask: Ask, *, stream: bool) -> None:
    """F-32: asked once only, since another call could cost twice."""
    began = time.monotonic()
    told = ask("evil-hang", stream=stream)
    took_s = time.monotonic() - began
    assert told.status == 504
    assert told.error["code"] == "timeout"
    assert DEADLINE_S <= took_s <= 3 * (DEADLINE_S + SOON_S * FACTOR) + 2


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
@pytest.mark.parametrize("at", [0, 1, 40, 90, 150, 200])
def test_a_reset_before_content_is_answered_by_the_next_target(
    bare_stack: Stack, referee: Referee, kind: str, at: int
) -> None:
    """F-33: nobody sees that there was a first one."""
    twin = f"twin-{kind}-{at}"
    for rank, secret in enumerate((f"sk-evil-as-reset-at-{at}", "sk-good")):
        bare_stack.vendor(
            f"{twin}-{rank}",
            kind=kind,
            url=referee.url,
            secrets=[secret],
            models=[Model(name=twin)],
            priority=rank,
        )
    referee.forget()
    caller = Caller(bare_stack, model=twin, kind=kind, stream=True)
    told = Told(whole(caller))
    caller.close()
    assert told.status == 200
    assert told.body.count(b"tok0") == TOKENS
    assert b"error" not in told.body
    asked = [seen.credential for seen in referee.requests()]
    assert asked == [f"sk-evil-as-reset-at-{at}", "sk-good"]


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
@pytest.mark.parametrize("model", ["evil-reset-at-40", "evil-close-after-0", "evil-error-event-0"])
def test_a_stream_that_fails_before_content_is_an_error_with_a_status(
    ask: Ask, kind: str, model: str
) -> None:
    told = ask(model, stream=True, kind=kind)
    assert told.status >= 500
    assert told.headers["content-type"] == "application/json"
    assert told.error["message"]


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_a_reset_inside_content_is_told_in_the_stream(ask: Ask, kind: str) -> None:
    told = ask("evil-reset-after-3", stream=True, kind=kind)
    events = told.body.split(b"\n\n")
    assert told.status == 200
    assert told.body.count(b"tok0") == 3
    assert b"[DONE]" not in told.body
    assert b"message_stop" not in told.body
    assert b'"error"' in events[-2]
    assert events[-1] == b""


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
@pytest.mark.parametrize("model", ["evil-trickle-1bps", "evil-pings"])
def test_bytes_without_meaning_do_not_hold_a_stream_open(
    ask: Ask, referee: Referee, kind: str, model: str
) -> None:
    """F-34: the idle timer counts events that say something."""
    began = time.monotonic()
    told = ask(model, stream=True, kind=kind)
    assert time.monotonic() - began <= 3 * (DEADLINE_S + SOON_S * FACTOR) + 2
    assert b"error" in told.body
    referee.when_all_gone(len(referee.requests()), within_s=FACTOR)


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
@pytest.mark.parametrize("status", [500, 502, 503, 529])
def test_pages_of_html_are_mapped_and_never_shown(ask: Ask, kind: str, status: int) -> None:
    """F-35"""
    told = ask(f"evil-html-{status}", kind=kind)
    assert told.status >= 500
    assert b"secret-host-7" not in told.raw
    assert b"<html" not in told.raw
    assert told.headers["content-type"] == "application/json"
    assert told.error["message"]


@pytest.mark.parametrize(
    ("said", "least_s", "most_s"),
    [("7", 7, 7), ("date", 5, 10), ("garbage", 30, 30), ("1000000000", 300, 300)],
)
def test_a_rate_limit_is_believed_within_reason(
    ask: Ask, said: str, least_s: int, most_s: int
) -> None:
    """F-36: what the client hears once its only credential cools down."""
    ask(f"evil-429-ra-{said}")
    told = ask(f"evil-429-ra-{said}")
    assert told.status in {429, 503}
    assert least_s - 1 <= float(told.headers["retry-after"]) <= most_s


def test_a_limited_credential_gives_way_to_the_next(ask: Ask, referee: Referee) -> None:
    told = [ask("fine", secrets=["sk-evil-ra-7", "sk-good"]) for _ in range(6)]
    assert [one.status for one in told] == [200] * 6
    asked = [seen.credential for seen in referee.requests()]
    assert asked.count("sk-evil-ra-7") <= 1


def test_a_rejected_credential_is_asked_once_and_nobody_notices(ask: Ask, referee: Referee) -> None:
    """F-38"""
    told = [ask("fine", secrets=["sk-good-1", "sk-evil-401", "sk-good-2"]) for _ in range(12)]
    assert [one.status for one in told] == [200] * 12
    asked = [seen.credential for seen in referee.requests()]
    assert asked.count("sk-evil-401") == 1


@pytest.mark.parametrize(
    "model", ["evil-gzipbomb", "evil-noeol", "evil-many-headers", "evil-long-header"]
)
def test_floods_are_cut_and_cost_no_memory(
    ask: Ask, bare_stack: Stack, referee: Referee, model: str
) -> None:
    """F-40, F-41, F-42"""
    ask("fine", stream=True)
    before = bare_stack.gateway.rss_bytes()
    told = ask(model, stream=True)
    assert told.status == 502
    assert bare_stack.gateway.rss_bytes() - before <= 20 * MB
    floods = [seen for seen in referee.requests() if seen.model == model]
    assert floods
    assert all(seen.sent_bytes <= 16 * MB for seen in floods)


def test_a_stream_beyond_its_cap_is_cut(ask: Ask) -> None:
    """F-43"""
    told = ask("evil-big-stream-80", stream=True)
    assert told.status == 200
    assert 60 * MB <= len(told.raw) <= 70 * MB
    assert b"[DONE]" not in told.raw[-1000:]
    assert b'"error"' in told.raw[-1000:]


def test_a_stream_that_ends_twice_ends_once(ask: Ask) -> None:
    """F-45"""
    told = ask("evil-two-done", stream=True)
    assert told.body.count(b"[DONE]") == 1
    assert told.body.endswith(b"data: [DONE]\n\n")


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
@pytest.mark.parametrize("stream", [False, True])
def test_an_error_in_a_success_is_an_error(ask: Ask, kind: str, *, stream: bool) -> None:
    """F-46"""
    told = ask("evil-error-200", kind=kind, stream=stream)
    assert told.status >= 500
    assert told.error["message"]


@pytest.mark.parametrize("kind", ["openai", "anthropic"])
def test_an_error_event_inside_content_is_the_last_event(ask: Ask, kind: str) -> None:
    told = ask("evil-error-event-2", stream=True, kind=kind)
    assert told.status == 200
    assert told.body.count(b"tok0") == 2
    assert told.body.count(b'"error"') >= 1
    assert b"evil overload" in told.body.split(b"\n\n")[-2]


@pytest.mark.parametrize("model", ["evil-redirect", "evil-204", "evil-type"])
def test_what_is_no_answer_is_an_error(ask: Ask, referee: Referee, model: str) -> None:
    """F-47: nothing is followed, nothing of it is shown."""
    told = ask(model)
    assert told.status == 502
    assert b"stolen" not in told.raw
    assert all(seen.path == "/v1/chat/completions" for seen in referee.requests())


@pytest.mark.parametrize("stream", [False, True])
def test_a_vendor_that_tells_its_key_is_not_repeated(
    ask: Ask, bare_stack: Stack, *, stream: bool
) -> None:
    """F-73"""
    told = ask("evil-echo-key", stream=stream, secrets=[CANARY])
    assert told.status >= 500
    assert CANARY.encode() not in told.raw
    assert "x-echo" not in told.headers
    assert CANARY not in metrics_page(bare_stack)


def test_negative_usage_takes_nothing_back(ask: Ask, bare_stack: Stack) -> None:
    ask("fine", stream=True)
    before = metrics(bare_stack)["switchyard_tokens_total"]
    told = ask("evil-lying-usage", stream=True)
    assert told.status == 200
    assert metrics(bare_stack)["switchyard_tokens_total"] >= before


def test_a_connection_closed_without_notice_is_no_error(
    ask: Ask, referee: Referee, bare_stack: Stack
) -> None:
    """F-49 in small: the connection pool learns of it, nothing is sent twice."""
    remains = Remains(bare_stack, referee)
    told = [ask("evil-keepalive-close") for _ in range(30)]
    assert [one.status for one in told] == [200] * 30
    assert all(f"tok{TOKENS - 1:05d}".encode() in one.body for one in told)
    assert len(referee.requests()) == 30
    remains.check()
