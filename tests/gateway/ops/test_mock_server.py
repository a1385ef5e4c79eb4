"""`switchyard mock`: the mock provider over HTTP."""

import asyncio
import signal
import subprocess
import sys
from argparse import Namespace
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx
import msgspec
import pytest

from gateway.ops import mock_server
from gateway.ops.configuration import load_configuration
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.ports import LOOPBACK, free_port
from tests.contracts.tree import ROOT

WITHIN_S: Final = 20.0
ASKED: Final = {"messages": [{"role": "user", "content": "one two three"}]}


@asynccontextmanager
async def serving() -> AsyncIterator[int]:
    async with await asyncio.start_server(mock_server.handle, LOOPBACK, 0) as server:
        yield server.sockets[0].getsockname()[1]


@asynccontextmanager
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with serving() as port:
        url = f"http://{LOOPBACK}:{port}"
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=WITHIN_S) as made:
            yield made


def body(model: str, **more: Any) -> dict[str, Any]:
    return {"model": model, **ASKED, **more}


async def exchange(*sent: bytes, port: int) -> bytes:
    """What comes back until the server closes."""
    reader, writer = await asyncio.open_connection(LOOPBACK, port)
    for part in sent:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0)
    answer = await asyncio.wait_for(reader.read(), WITHIN_S)
    writer.close()
    return answer


def request(data: bytes, *headers: str) -> bytes:
    lines = ["POST /v1/chat/completions?x=1 HTTP/1.1", "host: x", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + data


async def test_whole_answers_streams_and_errors_share_one_connection() -> None:
    async with client() as http:
        whole = await http.post("/v1/chat/completions", json=body("mock-echo;tps=0"))
        assert whole.status_code == 200
        assert whole.json()["choices"][0]["message"]["content"] == "one two three"
        streamed = await http.post("/v1/messages", json=body("mock-echo", stream=True))
        assert streamed.status_code == 200
        assert streamed.headers["transfer-encoding"] == "chunked"
        assert streamed.text.endswith('{"type":"message_stop"}\n\n')
        refused = await http.post(
            "/v1/chat/completions", json=body("mock-echo;fail=429;retry_after=7")
        )
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "7"
        odd = await http.post("/v1/chat/completions", json=body("mock-echo;fail=599"))
        assert (odd.status_code, odd.reason_phrase) == (599, "Mock")
        listed = await http.get("/v1/models", headers={"anthropic-version": "2023-06-01"})
        assert listed.json()["has_more"] is False


async def test_a_stream_arrives_as_it_is_made() -> None:
    async with client() as http:
        asked = body("mock-echo;hang=finished;ttft_ms=0;tps=0", stream=True)
        async with http.stream("POST", "/v1/chat/completions", json=asked) as streamed:
            heard = b""
            async for chunk in streamed.aiter_bytes():
                heard += chunk
                if b"three" in heard:
                    break
    assert b"three" in heard


async def test_bodies_come_in_pieces_in_chunks_and_after_a_promise() -> None:
    data = msgspec.json.encode(body("mock-echo;ttft_ms=0;tps=0"))
    length, close = f"content-length: {len(data)}", "connection: close"
    async with serving() as port:
        whole = request(data, length, close)
        pieces = [whole[at : at + 7] for at in range(0, len(whole), 7)]
        chunked = request(
            b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (9, data[:9], len(data) - 9, data[9:]),
            "Transfer-Encoding: chunked",
            close,
        )
        promised = request(data, length, close, "expect: 100-continue")
        pipelined = request(data, length) + request(data, length, close)
        for sent, answers in (
            (pieces, 1),
            ([chunked], 1),
            ([chunked[:-3], chunked[-3:]], 1),
            ([promised], 1),
            ([pipelined], 2),
            ([pipelined[:-20], pipelined[-20:]], 2),
        ):
            heard = await exchange(*sent, port=port)
            assert heard.count(b"HTTP/1.1 200 OK") == answers
            assert heard.count(b"one two three") == answers
            assert (b"100 Continue" in heard) == (sent == [promised])


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET",
        b"x" * 70_000,
        b"nonsense\r\n\r\n",
        b"GET / HTTP/1.1\r\nno colon\r\n\r\n",
        request(b"", "content-length: -1"),
        request(b"", "content-length: 99999999999"),
        request(b"short", "content-length: 9"),
        request(b"zz\r\n", "transfer-encoding: chunked"),
        request(b"fffffff\r\n", "transfer-encoding: chunked"),
        request(b"3\r\nab", "transfer-encoding: chunked"),
        request(b"3", "transfer-encoding: chunked"),
    ],
)
async def test_what_is_no_request_ends_the_connection(sent: bytes) -> None:
    async with serving() as port:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(sent)
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), WITHIN_S) == b""
        writer.close()


async def test_an_answer_ends_when_the_client_leaves() -> None:
    data = msgspec.json.encode(body("mock-echo;hang=headers"))
    async with serving() as port:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(request(data, f"content-length: {len(data)}"))
        writer.write_eof()
        assert await asyncio.wait_for(reader.read(), WITHIN_S) == b""
        writer.close()


@pytest.fixture
def running() -> Iterator[tuple[subprocess.Popen[str], int]]:
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "mock", "--port", str(port)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, port
    finally:
        process.kill()
        process.communicate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_it_is_told_to_stop(
    running: tuple[subprocess.Popen[str], int], number: signal.Signals
) -> None:
    process, port = running
    assert process.stdout is not None
    assert process.stdout.readline() == f"The mock provider listens on http://127.0.0.1:{port}.\n"
    with httpx.Client(base_url=f"http://{LOOPBACK}:{port}", trust_env=False) as http:
        listed = http.get("/v1/models").json()
        assert {row["id"] for row in listed["data"]} >= {"mock-echo", "mock-embed"}
        process.send_signal(number)
        assert process.wait(WITHIN_S) == Exit.OK


async def test_a_port_in_use_is_named() -> None:
    async with serving() as port:
        with pytest.raises(CommandFailed, match=f"Port {port} is in use") as failed:
            mock_server.run(Namespace(mock_port=port), load_configuration())
    assert failed.value.status == Exit.BUSY
