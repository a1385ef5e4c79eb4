"""Answers that no client may accept, and sizes that no vendor may send (F-40 to F-43, F-47)."""

import pytest

from gateway.edge.egress.upstream import BadAnswer, TooLarge, Upstream, UpstreamFault
from tests.faults.bounds import FACTOR
from tests.gateway.edge.egress.upstream_contract.conftest import ask, call_to, pieces, until, within
from tests.gateway.edge.egress.upstream_contract.vendor import (
    LAST_CHUNK,
    OK,
    STREAM,
    Link,
    chunk,
    pours,
    sends,
    vendor,
)

MEGABYTE = 1 << 20
CAP_BYTES = 64 * MEGABYTE


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate", "x-gzip", "gzip, identity"])
async def test_an_encoded_answer_is_refused_unread(upstream: Upstream, coding: str) -> None:
    head = STREAM.replace(b"\r\n\r\n", f"\r\nContent-Encoding: {coding}\r\n\r\n".encode())
    async with vendor(pours(head, chunk(bytes(65_536)), pieces=500)) as there:
        with pytest.raises(BadAnswer, match="compressed"):
            await ask(upstream, there)
        await until(lambda: there.open_links == 0, within_s=FACTOR)
        assert there.links[0].sent_bytes <= MEGABYTE


async def test_a_coded_transfer_is_refused(upstream: Upstream) -> None:
    said = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + LAST_CHUNK
    async with vendor(sends(said)) as there:
        with pytest.raises(BadAnswer, match="transfer encoding"):
            await ask(upstream, there)
        await until(lambda: there.open_links == 0, within_s=FACTOR)


@pytest.mark.parametrize("status", [100, 101, 103, 204, 205, 300, 301, 302, 303, 304, 307, 308])
async def test_a_status_that_answers_no_call_is_an_error(upstream: Upstream, status: int) -> None:
    head = f"HTTP/1.1 {status} X\r\nLocation: /elsewhere\r\n\r\n".encode()
    async with vendor(sends(head + OK)) as there:
        with pytest.raises(BadAnswer, match=str(status)):
            await ask(upstream, there)
        await until(lambda: there.open_links == 0, within_s=FACTOR)
        assert len(there.asked) == 1


@pytest.mark.parametrize(
    "said",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"\x00" * 100,
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
    ],
)
async def test_what_is_not_http_is_an_error(upstream: Upstream, said: bytes) -> None:
    async with vendor(sends(said)) as there:
        with pytest.raises(BadAnswer):
            await ask(upstream, there)
        await until(lambda: there.open_links == 0, within_s=FACTOR)


@pytest.mark.parametrize("line", [b"sk-CANARY 200 OK", b"HTTP/1.1 200 OK\r\nx: sk-CANARY\0"])
async def test_what_is_not_http_is_never_quoted(upstream: Upstream, line: bytes) -> None:
    async with vendor(sends(line + b"\r\n\r\n")) as there:
        with pytest.raises(BadAnswer) as raised:
            await ask(upstream, there)
    assert "CANARY" not in str(raised.value)


@pytest.mark.parametrize("size", [b"-1\r\n", b"0x3\r\n", b"zz\r\n", b"ffffffffffffffffff\r\n"])
async def test_a_chunk_of_a_strange_size_is_an_error(upstream: Upstream, size: bytes) -> None:
    async def behave(link: Link) -> None:
        await link.request()
        await link.send(STREAM + chunk(b"data: 1\n\n"))
        await link.send(size + b"abc\r\n" + LAST_CHUNK)
        await link.until_gone()

    async with vendor(behave) as there:
        with pytest.raises(BadAnswer):
            await ask(upstream, there)
        await until(lambda: there.open_links == 0, within_s=FACTOR)


@pytest.mark.parametrize(
    "headers",
    [
        b"X: y\r\n" * 100_000,
        b"X: " + b"y" * MEGABYTE + b"\r\n",
        b"y" * MEGABYTE + b": x\r\n",
        (b"X: " + b"y" * 1_000 + b"\r\n") * 100,
        b"X: y\r\n" * 201,
    ],
    ids=["100k lines", "a line of 1 MB", "a name of 1 MB", "100 KB", "201 lines"],
)
async def test_headers_beyond_their_cap_are_an_error(upstream: Upstream, headers: bytes) -> None:
    head = OK.replace(b"\r\n\r\n", b"\r\n" + headers + b"\r\n")
    async with vendor(sends(head)) as there:  # F-42
        with pytest.raises((TooLarge, BadAnswer)):
            await ask(upstream, there)
        await until(lambda: there.open_links == 0, within_s=FACTOR)


async def test_headers_up_to_their_cap_pass(upstream: Upstream) -> None:
    many = b"".join(b"X-%d: %s\r\n" % (n, b"y" * 300) for n in range(198))
    async with vendor(sends(OK.replace(b"\r\n\r\n", b"\r\n" + many + b"\r\n"))) as there:
        answer = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        assert len(answer.headers) == 200
        assert await answer.whole() == b"{}"


async def test_an_answer_that_is_said_to_be_too_large_is_refused_at_once(
    upstream: Upstream,
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (CAP_BYTES + 1)
    async with vendor(pours(head, bytes(65_536), pieces=2_000)) as there:
        with pytest.raises(TooLarge):
            await ask(upstream, there)
        await until(lambda: there.open_links == 0, within_s=FACTOR)
        assert there.links[0].sent_bytes <= MEGABYTE


async def test_a_stream_without_end_is_cut_at_its_cap(upstream: Upstream) -> None:  # F-43
    piece = chunk(bytes(65_536))
    async with vendor(pours(STREAM, piece, pieces=1_100)) as there:
        answer = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        taken = 0

        async def taking() -> None:
            nonlocal taken
            async for piece in pieces(answer):
                taken += len(piece)

        with pytest.raises(TooLarge):
            await taking()
        assert CAP_BYTES - MEGABYTE <= taken <= CAP_BYTES
        await until(lambda: there.open_links == 0, within_s=FACTOR)


async def test_a_stream_of_framing_alone_is_cut_too(upstream: Upstream) -> None:
    extension = b"1;" + b"e" * 15_000 + b"\r\nx\r\n"
    async with vendor(pours(STREAM, extension, pieces=20_000)) as there:
        answer = await upstream.send(call_to(there), origin=there.origin, deadlines=within())
        with pytest.raises((TooLarge, BadAnswer)):
            await answer.whole()
        await until(lambda: there.open_links == 0, within_s=FACTOR)


async def test_what_was_refused_is_not_asked_again(upstream: Upstream) -> None:
    async with vendor(sends(b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n")) as there:
        with pytest.raises(UpstreamFault) as refused:
            await ask(upstream, there)
        assert refused.value.sent
        assert len(there.asked) == 1
