"""F-61: nothing a client sends decides where a request goes."""

import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from tests.clients.stack import Stack

CHAT = {"model": "mock-echo", "messages": [{"role": "user", "content": "hi"}]}
FIELDS = (
    "api_base", "base_url", "proxy_url", "extra_headers", "custom_llm_provider", "region_name",
    "aws_bedrock_runtime_endpoint", "vertex_location",
)  # fmt: skip
HEADERS = (
    "x-upstream-host", "x-forwarded-host", "x-original-url", "x-rewrite-url", "x-base-url",
    "x-portkey-custom-host", "x-openai-host", "helicone-target-url", "x-switchyard-target",
    "forwarded", "via",
)  # fmt: skip


class Attacker:
    """Counts who comes."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.socket.getsockname()[1]
        self.visits = 0
        self._thread = threading.Thread(target=self._count, daemon=True)
        self._thread.start()

    def _count(self) -> None:
        while True:
            try:
                visitor, _ = self.socket.accept()
            except OSError:
                return
            self.visits += 1
            visitor.close()

    def close(self) -> None:
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        self._thread.join()


@pytest.fixture
def attacker() -> Iterator[Attacker]:
    started = Attacker()
    yield started
    started.close()


@pytest.fixture
def client(bare_stack: Stack) -> Iterator[httpx.Client]:
    headers = {"authorization": f"Bearer {bare_stack.key.value}"}
    with httpx.Client(base_url=bare_stack.url, headers=headers, trust_env=False) as opened:
        yield opened


@pytest.mark.parametrize("field", FIELDS)
def test_a_destination_in_the_body_is_refused(
    client: httpx.Client, attacker: Attacker, field: str
) -> None:
    url = f"http://127.0.0.1:{attacker.port}/v1"

    answer = client.post("/v1/chat/completions", json={**CHAT, field: url})

    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "unknown_parameter"
    assert attacker.visits == 0


@pytest.mark.parametrize("header", HEADERS)
def test_a_destination_in_a_header_means_nothing(
    client: httpx.Client, attacker: Attacker, header: str
) -> None:
    sent = {header: f"http://127.0.0.1:{attacker.port}"}

    answer = client.post("/v1/chat/completions", json=CHAT, headers=sent)

    assert answer.status_code == 200
    assert attacker.visits == 0


@pytest.mark.parametrize(
    "model",
    [
        "http://127.0.0.1:{port}/mock-echo",
        "mock-echo@127.0.0.1:{port}",
        "openai/http://127.0.0.1:{port}",
        "resource=evil#.mock-echo",
        "../../mock-echo",
    ],
)
def test_a_destination_in_the_model_is_no_model(
    client: httpx.Client, attacker: Attacker, model: str
) -> None:
    answer = client.post(
        "/v1/chat/completions", json={**CHAT, "model": model.format(port=attacker.port)}
    )

    assert answer.status_code == 404
    assert attacker.visits == 0
