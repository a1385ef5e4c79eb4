"""What is sent, and what comes back."""

import asyncio
import contextlib

import pytest

from gateway.edge.egress.upstream import BadAnswer, BadCall, Upstream
from tests.gateway.edge.egress.upstream_contract.conftest import Build, ask, call_to, within
from tests.gateway.edge.egress.upstream_contract.vendor import (
    LAST_CHUNK,
    OK,
    STREAM,
    Link,
    answers,
    chunk,
    sends,
    vendor,
)


async def test_a_request_says_what_the_call_says_and_little_else(upstream: Upstream) -> None:
    async with vendor(answers) as there:
        assert await ask(upstream, there, headers=(("X-Mine", "ü"),), path="/v1/x?q=1") == b"{}"
        (asked,) = there.asked
        assert asked.line == "POST /v1/x?q=1 HTTP/1.1"
        assert asked.headers == {
            "host": f"127.0.0.1:{there.port}",
            "authorization": "Bearer s3cret",
            "x-mine": "ü",
            "content-length": "13",
            "accept-encoding": "identity",
        }
        assert asked.body == b'{"model":"m"}'


async def test_what_frames_the_message_is_never_the_callers(upstream: Upstream) -> None:
    hostile = (
        ("Host", "evil.example"),
        ("content-length", "0"),
        ("Transfer-Encoding", "chunked"),
        ("Accept-Encoding", "gzip"),
        ("Connection", "upgrade"),
    )
    async with vendor(answers) as there:
        await ask(upstream, there, headers=hostile)
        (asked,) = there.asked
        assert asked.headers == {
            "host": f"127.0.0.1:{there.port}",
            "authorization": "Bearer s3cret",
            "content-length": "13",
            "accept-encoding": "identity",
        }


@pytest.mark.parametrize(
    "header",
    [
        ("X-Mine", "a\r\nX-Other: b"),
        ("X-Mine", "a\nb"),
        ("X-Mine", "a\rb"),
        ("X-Mine", "a\0b"),
        ("X-Mine", "\u010a"),  # whose last byte is a line feed
        ("X-Mine: a\r\nX-Other", "b"),
        ("X Mine", "a"),
        ("", "a"),
    ],
)
async def test_a_header_that_could_be_two_is_never_sent(
    upstream: Upstream, header: tuple[str, str]
) -> None:  # F-60
    async with vendor(answers) as there:
        with pytest.raises(BadCall) as refused:
            await ask(upstream, there, headers=(header,))
        assert not refused.value.sent
        assert not there.links


async def test_an_answer_keeps_its_status_headers_and_bytes(upstream: Upstream) -> None:
    said = (
        b"HTTP/1.1 429 Slow Down\r\nX-One: a\r\nRetry-After: 7\r\nx-one: b\r\nX-Letter: \xfc\r\n"
        b"Content-Type: text/html\r\nContent-Length: 4\r\n\r\n\xff\x00\r\n"
    )
    async with vendor(sends(said)) as there:
        answer = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        assert answer.status == 429
        assert answer.headers["x-one"] == "a, b"
        assert answer.headers["retry-after"] == "7"
        assert answer.headers["x-letter"] == "ü"
        assert answer.headers["content-type"] == "text/html"
        assert await answer.whole() == b"\xff\x00\r\n"
        assert await answer.read() == b""


async def test_bytes_are_handed_out_as_they_come(upstream: Upstream) -> None:
    async def one_by_one(link: Link) -> None:
        await link.request()
        await link.send(STREAM + chunk(b"data: 1\n\n"))
        await link.request()  # nothing more until the first has been read
        await link.send(chunk(b"data: 2\n") + chunk(b"\n") + LAST_CHUNK)
        await link.until_gone()

    async with vendor(one_by_one) as there:
        answer = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        assert await answer.read() == b"data: 1\n\n"
        await _push(there.links[0])
        assert await answer.whole() == b"data: 2\n\n"


@pytest.mark.parametrize("said", [OK, STREAM + chunk(b"data: 1\n\n") + chunk(b"x") + LAST_CHUNK])
async def test_an_answer_is_the_same_wherever_it_is_cut(upstream: Upstream, said: bytes) -> None:
    async def cuts(link: Link) -> None:
        while True:
            at = int((await link.request()).line.split()[1].removeprefix("/"))
            await link.send(said[:at])
            await asyncio.sleep(0.0005)
            await link.send(said[at:])

    async with vendor(cuts) as there:
        got = {await ask(upstream, there, path=f"/{at}") for at in range(1, len(said))}
        assert got == {b"{}" if said == OK else b"data: 1\n\nx"}
        assert len(there.links) == 1


async def _push(link: Link) -> None:
    """Lets the vendor go on, as though another request had come."""
    link._reader.feed_data(b"GET / HTTP/1.1\r\ncontent-length: 0\r\n\r\n")  # noqa: SLF001


async def test_an_answer_without_a_length_ends_with_the_connection(upstream: Upstream) -> None:
    async def and_closes(link: Link) -> None:
        await link.request()
        await link.send(b"HTTP/1.1 200 OK\r\n\r\nall there is")

    async with vendor(and_closes) as there:
        assert await ask(upstream, there) == b"all there is"
        assert await ask(upstream, there) == b"all there is"
        assert len(there.links) == 2


@pytest.mark.parametrize("status", [200, 404, 500, 529])
async def test_an_empty_answer_has_an_end(upstream: Upstream, status: int) -> None:
    said = f"HTTP/1.1 {status} Whatever\r\nContent-Length: 0\r\n\r\n".encode()
    async with vendor(sends(said)) as there:
        assert await ask(upstream, there) == b""
        assert await ask(upstream, there) == b""
        assert len(there.links) == 1


async def test_a_connection_serves_one_request_after_the_other(upstream: Upstream) -> None:
    async with vendor(answers) as there:
        for _ in range(20):
            assert await ask(upstream, there) == b"{}"
        assert len(there.links) == 1


@pytest.mark.parametrize(
    "said",
    [
        OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"),
        OK.replace(b"1.1", b"1.0"),
        OK + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged",
        OK + b"HTTP/1.1 200 OK\r\n",
    ],
)
async def test_a_connection_that_is_not_as_new_serves_nobody_else(
    upstream: Upstream, said: bytes
) -> None:
    async with vendor(sends(said)) as there:
        for _ in range(3):
            assert await ask(upstream, there) == b"{}"
        assert len(there.links) == 3


async def test_rubbish_after_an_answer_reaches_nobody(upstream: Upstream) -> None:
    async with vendor(sends(OK + b"rubbish")) as there:
        for _ in range(3):
            with contextlib.suppress(BadAnswer):
                assert await ask(upstream, there) == b"{}"
        assert len(there.links) == 3


async def test_what_a_vendor_says_unasked_reaches_nobody(upstream: Upstream) -> None:
    async def says_more(link: Link) -> None:
        await link.request()
        await link.send(OK)
        await link.send(OK.replace(b"{}", b"!!"))
        await link.until_gone()

    async with vendor(says_more) as there:
        for _ in range(3):
            assert await ask(upstream, there) == b"{}"
            await there.links[-1].closed.wait()


async def test_an_answer_before_the_request_is_whole_is_read(upstream: Upstream) -> None:
    async def refuses_early(link: Link) -> None:
        await link._reader.readuntil(b"\r\n\r\n")  # noqa: SLF001
        await link.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        await link.until_gone()

    async with vendor(refuses_early) as there:
        answer = await upstream.send(
            call_to(there, body=b"x" * 30_000_000), origin=there.origin, deadlines=within()
        )
        assert answer.status == 413
        assert await answer.whole() == b"no"


async def test_a_large_request_arrives_whole(build: Build) -> None:
    upstream = build(limit=1)
    body = b"0123456789abcdef" * 65_536 * 8
    async with vendor(answers) as there:
        assert await ask(upstream, there, body=body) == b"{}"
        assert there.asked[0].body == body
