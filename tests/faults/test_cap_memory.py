"""What a whole worker holds at most while a vendor or a file is larger than it may be. The same of
single events and headers: `test_vendor_faults`; of requests: `test_guard_bodies`.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

import httpx
import pytest
from pytest_django import DjangoDbBlocker

from gateway.edge.egress.fetching import FILE_MAX_BYTES
from gateway.edge.passages.passage import STREAM_CAP_BYTES
from gateway.edge.passages.translated_passage import TOLD_CAP_CHARS
from tests import services
from tests.clients.foreign import KINDS
from tests.clients.stack import Stack, serving_stack
from tests.conftest import close_connections
from tests.faults.callers import LAST_CHUNK, Caller
from tests.faults.gateway_process import Gateway
from tests.faults.referee import Referee

pytestmark = pytest.mark.faults

MB: Final = 1_048_576
MOST_GROWN: Final = 40 * MB
LOOKS_EVERY_S: Final = 0.005
PNG: Final = b"\x89PNG\r\n\x1a\n"
# Clients, and vendors of their own dialect or of another. A Responses client's last events say
# again all that was said, and a Gemini client's texts are held until they may be cited.
PAIRS: Final = (
    *(("chat", "chat"), ("responses", "responses"), ("anthropic", "messages")),
    *(("gemini", "gemini"), ("bedrock", "bedrock")),
    *(("chat", "messages"), ("anthropic", "chat"), ("responses", "chat"), ("gemini", "chat")),
)


OWN: Final = {
    "anthropic": "messages",
    **{each: each for each in ("chat", "responses", "gemini", "bedrock")},
}


class Peak:
    """The most that a worker held while it was watched."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self.before = self.most = gateway.rss_bytes()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._over.wait(LOOKS_EVERY_S):
            self.most = max(self.most, self._gateway.rss_bytes())

    def close(self) -> None:
        self._over.set()
        self._thread.join()


@contextmanager
def little_memory(gateway: Gateway) -> Iterator[None]:
    peak = Peak(gateway)
    try:
        yield
    finally:
        peak.close()
    assert peak.most - peak.before <= MOST_GROWN


@pytest.fixture(scope="module")
def bare_stack(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Stack]:
    with serving_stack(environment={"EGRESS_MEDIA_ALLOW_CIDRS": "127.0.0.0/8"}) as started:
        yield started
    with django_db_blocker.unblock():
        close_connections()
        services.reset_database()


@pytest.fixture(scope="module")
def flooding(bare_stack: Stack, referee: Referee) -> Stack:
    for slug, (kind, path) in KINDS.items():
        alone = [{"dialect": "openai.responses", "base_url": f"{referee.url}/v1"}]
        told: dict[str, Any] = {"surfaces": alone} if slug == "responses" else {}
        bare_stack.vendor(slug, url=f"{referee.url}{path}", kind=kind, **told)
    return bare_stack


def listened(stack: Stack, *, kind: str, model: str) -> tuple[int, bool]:
    """How much came, and whether an error was among it."""
    caller = Caller(stack, model=model, kind=kind, stream=True)
    count, last, failed = 0, b"", False
    try:
        caller.socket.settimeout(25)
        while not last.endswith(LAST_CHUNK):
            data = caller.socket.recv(65_536)
            assert data, last
            count += len(data)
            failed = failed or b"rror" in last + data
            last = (last + data)[-2_000:]
    finally:
        caller.close()
    return count, failed


@pytest.mark.parametrize(("kind", "vendor"), PAIRS)
def test_a_stream_beyond_its_cap_is_never_held(flooding: Stack, kind: str, vendor: str) -> None:
    with little_memory(flooding.gateway):
        count, failed = listened(flooding, kind=kind, model=f"{vendor}.evil-big-stream-80")
    most = STREAM_CAP_BYTES if OWN[kind] == vendor else TOLD_CAP_CHARS
    assert 0.9 * most <= count <= (1.2 if OWN[kind] == vendor else 7) * most
    assert failed


# --- files ----------------------------------------------------------------------------------------


class Files(BaseHTTPRequestHandler):
    """`/N` is a picture of so many bytes."""

    def do_GET(self) -> None:
        left = int(self.path[1:])
        self.send_response(200)
        self.send_header("content-type", "image/png")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        piece = PNG + bytes(65_536 - len(PNG))
        try:
            while left:
                data = piece[:left]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
                left -= len(data)
            self.wfile.write(b"0\r\n\r\n")
        except OSError:
            self.close_connection = True  # the caller has had enough

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is its base's
        """Nothing."""


@pytest.fixture(scope="module")
def files() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def shown(stack: Stack, url: str) -> httpx.Response:
    """Converse takes no links: whoever asks it has pictures fetched."""
    parts = [{"type": "image_url", "image_url": {"url": url}}]
    body = {"model": "bedrock.decent", "messages": [{"role": "user", "content": parts}]}
    headers = {"authorization": f"Bearer {stack.key.value}"}
    with httpx.Client(base_url=stack.url, trust_env=False, timeout=25) as client:
        return client.post("/v1/chat/completions", json=body, headers=headers)


def test_a_file_beyond_its_cap_is_refused_and_costs_no_memory(flooding: Stack, files: str) -> None:
    small = shown(flooding, f"{files}/{MB}")
    assert small.status_code == 200, small.text
    with little_memory(flooding.gateway):
        answer = shown(flooding, f"{files}/{FILE_MAX_BYTES + 1}")
    assert answer.status_code == 400, answer.text
    assert "messages[0].content[0]" in answer.json()["error"]["message"]
