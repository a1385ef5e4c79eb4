"""The referee itself: what it writes down must be true before anybody is judged by it."""

import socket
import time
from collections.abc import Iterator

import httpx
import msgspec
import pytest

from tests.faults.bounds import FACTOR
from tests.faults.evil_upstream import TOKENS
from tests.faults.gateway_process import send_all
from tests.faults.referee import Referee, evil_upstream

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def module_referee() -> Iterator[Referee]:
    with evil_upstream() as started:
        yield started


@pytest.fixture
def referee(module_referee: Referee) -> Referee:
    module_referee.forget()
    return module_referee


def ask(
    referee: Referee, model: str, *, stream: bool = False, key: str = "sk-good"
) -> httpx.Response:
    with httpx.Client(trust_env=False, timeout=5) as client:
        return client.post(
            f"{referee.url}/v1/chat/completions",
            headers={"authorization": f"Bearer {key}"},
            json={"model": model, "messages": [], "stream": stream},
        )


def test_a_decent_answer_is_decent(referee: Referee) -> None:
    body = msgspec.json.decode(ask(referee, "fine").content)
    assert body["usage"]["completion_tokens"] == TOKENS
    streamed = ask(referee, "fine", stream=True).text
    assert streamed.count("tok0") == TOKENS
    assert streamed.endswith("data: [DONE]\n\n")


def test_the_credential_decides_before_the_model(referee: Referee) -> None:
    assert ask(referee, "fine", key="sk-evil-401").status_code == 401
    limited = ask(referee, "fine", key="sk-evil-ra-7")
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")
    assert [seen.credential for seen in referee.requests()] == ["sk-evil-401", "sk-evil-ra-7"]


def test_a_reset_comes_after_the_events_it_names(referee: Referee) -> None:
    with pytest.raises(httpx.HTTPError):
        ask(referee, "evil-reset-after-3", stream=True)
    (seen,) = referee.requests()
    assert (seen.events, seen.gone_how) == (3, "ours")


@pytest.mark.parametrize(("linger", "how"), [(None, "fin"), (b"\1\0\0\0\0\0\0\0", "rst")])
def test_the_moment_a_caller_leaves_is_written_down(
    referee: Referee, linger: bytes | None, how: str
) -> None:
    body = b'{"model":"evil-hang-after-1","stream":true}'
    head = b"POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body)
    with socket.create_connection(("127.0.0.1", int(referee.url.rpartition(":")[2]))) as caller:
        send_all(caller, [head + body])
        received = b""
        while not received.endswith(
            b'tok00000 "}}\n\n\r\n'
        ):  # what is left unread would become a reset
            received += caller.recv(65_536)
        if linger is not None:
            caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        left_at = time.monotonic()
    (seen,) = referee.when_all_gone(1, within_s=FACTOR)
    assert seen.gone_how == how
    assert seen.gone_at is not None
    assert -0.01 <= seen.gone_at - left_at <= 0.1 * FACTOR
    assert referee.state().connections == 0
