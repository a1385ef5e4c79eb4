"""A vendor from hell: `python -m tests.faults.evil_upstream --port 9099`; port 0: any, printed.

What it does is said by the model's name (`evil-reset-after-3`), or by the credential
(`sk-evil-401`, `sk-evil-ra-7`, `sk-evil-as-reset-after-3`), which comes first. Every other model
gets a decent answer of TOKENS tokens.

evil-paced-N-MS          N events, MS milliseconds apart
evil-slow-MS             decent, after MS milliseconds without a byte
evil-hang                never a byte
evil-hang-after-N        N events of content, then silence
evil-reset-after-N       N events of content, then RST; -close-after-N: FIN inside the answer
evil-reset-at-N          RST after N bytes of the response, headers included
evil-trickle-1bps        a byte each second
evil-pings               headers, then only keep-alives, ten each second
evil-big-stream-MB       MB megabytes of events, as fast as they are taken
evil-status-N            status N with the dialect's own error
evil-html-N              status N with a page of HTML
evil-429-ra-X            429 with retry-after X; date: ten seconds from now; -: none at all
evil-429-once-X-NAME     429 with retry-after X the first time that NAME is heard; then decent
evil-error-200           200 with an error object
evil-error-event-N       N events of content, then the dialect's error event
evil-two-done            a terminal event twice, and data after it
evil-lying-usage         usage that cannot be
evil-echo-key            an error that repeats the credential
evil-gzipbomb            50 MB of zeros in 50 KB
evil-noeol               200 MB without an end of line
evil-keepalive-close     decent, then the connection closes without notice
evil-redirect            302 to another address
evil-204                 204
evil-type                decent bytes of the wrong content type
evil-many-headers        100,000 header lines; evil-long-header: one of 1 MB
"""

import argparse
import asyncio
import gzip
import re
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from typing import Final
from urllib.parse import unquote

import msgspec

from tests.faults.evil_dialects import Vendor
from tests.faults.evil_server import Answer, EvilServer
from tests.faults.evil_vendors import vendor_of

TOKENS: Final = 5
JSON: Final = ("content-type", "application/json")
HTML: Final = b"<html><head><title>Bad gateway</title></head><body>secret-host-7</body></html>"
MB: Final = 1024 * 1024
LIMITED: Final[set[str]] = set()  # models that have told so
Behaviour = Callable[[Answer, Vendor, list[str]], Awaitable[None]]


async def decent(answer: Answer, vendor: Vendor, _said: list[str], *, tokens: int = TOKENS) -> None:
    model = answer.seen.model
    if not answer.seen.stream:
        await answer.whole(200, vendor.whole(model, tokens=tokens, asked=answer.asked), JSON)
        return
    await stream(answer, vendor, events=tokens)
    for data in vendor.closing(model, tokens=tokens, asked=answer.asked):
        await answer.body(data)
    await answer.end()


def streamed(vendor: Vendor) -> tuple[str, str]:
    return "content-type", vendor.stream_type


async def stream(answer: Answer, vendor: Vendor, *, events: int, gap_s: float = 0) -> None:
    """The headers, what a stream begins with, and that many events of content."""
    await answer.head(200, streamed(vendor))
    for data in vendor.opening(answer.seen.model):
        await answer.body(data)
    for number in range(events):
        await answer.event(vendor.delta(answer.seen.model, number))
        if gap_s:
            await asyncio.sleep(gap_s)


async def paced(answer: Answer, vendor: Vendor, said: list[str]) -> None:
    events, gap_s = int(said[0]), int(said[1]) / 1000
    await stream(answer, vendor, events=events, gap_s=gap_s)
    for data in vendor.closing(answer.seen.model, tokens=events, asked=answer.asked):
        await answer.body(data)
    await answer.end()


async def slow(answer: Answer, vendor: Vendor, said: list[str]) -> None:
    await asyncio.sleep(int(said[0]) / 1000)
    await decent(answer, vendor, said)


async def hang(answer: Answer, _vendor: Vendor, _said: list[str]) -> None:
    await answer.silence()


async def hang_after(answer: Answer, vendor: Vendor, said: list[str]) -> None:
    await stream(answer, vendor, events=int(said[0]))
    await answer.silence()


async def reset_after(answer: Answer, vendor: Vendor, said: list[str]) -> None:
    await stream(answer, vendor, events=int(said[0]))
    # The bytes must leave before the reset throws away what is still in buffers.
    await asyncio.sleep(0.05)
    answer.reset()


async def close_after(answer: Answer, vendor: Vendor, said: list[str]) -> None:
    await stream(answer, vendor, events=int(said[0]))
    answer.close()


async def reset_at(answer: Answer, vendor: Vendor, said: list[str]) -> None:
    model = answer.seen.model
    events = [*vendor.opening(model), *(vendor.delta(model, n) for n in range(TOKENS))]
    body = b"".join(b"%x\r\n%b\r\n" % (len(data), data) for data in events)
    head = b"HTTP/1.1 200 OK\r\n" + ": ".join(streamed(vendor)).encode()
    whole = head + b"\r\ntransfer-encoding: chunked\r\n\r\n" + body
    await answer.raw(whole[: int(said[0])])
    await asyncio.sleep(0.05)
    answer.reset()


async def trickle(answer: Answer, vendor: Vendor, _said: list[str]) -> None:
    await answer.head(200, streamed(vendor))
    for data in vendor.opening(answer.seen.model):
        await answer.body(data)
    for byte in b"".join(vendor.delta(answer.seen.model, n) for n in range(TOKENS)):
        await answer.body(bytes([byte]))
        await asyncio.sleep(1)


async def pings(answer: Answer, vendor: Vendor, _said: list[str]) -> None:
    await answer.head(200, streamed(vendor))
    while True:
        await answer.body(vendor.ping())
        await asyncio.sleep(0.1)


async def big_stream(answer: Answer, vendor: Vendor, said: list[str]) -> None:
    await stream(answer, vendor, events=0)
    data = vendor.delta(answer.seen.model, 0, padding="x" * 16_000)
    for _ in range(int(said[0]) * MB // len(data)):
        await answer.event(data)
    for last in vendor.closing(answer.seen.model, tokens=1, asked=answer.asked):
        await answer.body(last)
    await answer.end()


async def status(answer: Answer, vendor: Vendor, said: list[str]) -> None:
    code = int(said[0])
    await answer.whole(code, vendor.error(status=code, message=f"evil {code}"), JSON)


async def html(answer: Answer, _vendor: Vendor, said: list[str]) -> None:
    await answer.whole(int(said[0]), HTML, ("content-type", "text/html"))


async def rate_limited(answer: Answer, vendor: Vendor, said: list[str]) -> None:
    after = said[0]
    if after == "date":
        after = format_datetime(datetime.now(UTC) + timedelta(seconds=10), usegmt=True)
    headers = [] if after == "-" else [("retry-after", after)]
    await answer.whole(429, vendor.error(status=429, message="evil rate"), JSON, *headers)


async def limited_once(answer: Answer, vendor: Vendor, said: list[str]) -> None:
    if answer.seen.model in LIMITED:
        await decent(answer, vendor, said)
        return
    LIMITED.add(answer.seen.model)
    await rate_limited(answer, vendor, said)


async def error_200(answer: Answer, vendor: Vendor, _said: list[str]) -> None:
    await answer.whole(200, vendor.error(status=500, message="evil inside"), JSON)


async def error_event(answer: Answer, vendor: Vendor, said: list[str]) -> None:
    await stream(answer, vendor, events=int(said[0]))
    await answer.body(vendor.error_event(message="evil overload"))
    await answer.end()


async def two_done(answer: Answer, vendor: Vendor, _said: list[str]) -> None:
    model = answer.seen.model
    await stream(answer, vendor, events=2)
    last = vendor.closing(model, tokens=2, asked=answer.asked)
    for data in (*last, last[-1], vendor.delta(model, 3)):
        await answer.body(data)
    await answer.end()


async def lying_usage(answer: Answer, vendor: Vendor, _said: list[str]) -> None:
    lies = (b"-7", b"1000000000000")
    true = b"%d" % 99
    if answer.seen.stream:
        await stream(answer, vendor, events=2)
        for data in vendor.closing(answer.seen.model, tokens=99, asked=answer.asked):
            await answer.body(data.replace(true, lies[0]))
        await answer.end()
        return
    body = vendor.whole(answer.seen.model, tokens=99, asked=answer.asked)
    await answer.whole(200, body.replace(b":%b" % true, b":%b" % lies[1]), JSON)


async def echo_key(answer: Answer, vendor: Vendor, _said: list[str]) -> None:
    message = f"Incorrect API key provided: {answer.seen.credential}"
    echoed = ("x-echo", answer.seen.credential)
    await answer.whole(500, vendor.error(status=500, message=message), JSON, echoed)


async def gzip_bomb(answer: Answer, _vendor: Vendor, _said: list[str]) -> None:
    await answer.whole(200, bomb(), JSON, ("content-encoding", "gzip"))


@cache
def bomb() -> bytes:
    # Many members of one: to make it costs no more than a member.
    return gzip.compress(bytes(MB), compresslevel=9) * 50


async def no_end_of_line(answer: Answer, vendor: Vendor, _said: list[str]) -> None:
    await answer.head(200, streamed(vendor))
    await answer.body(b"data: ")
    for _ in range(200):
        await answer.body(b"x" * MB)
    await answer.end()


async def keepalive_close(answer: Answer, vendor: Vendor, said: list[str]) -> None:
    answer.close_after()
    await decent(answer, vendor, said)


async def redirect(answer: Answer, _vendor: Vendor, _said: list[str]) -> None:
    await answer.whole(302, b"", ("location", "http://127.0.0.1:1/stolen"))


async def no_content(answer: Answer, _vendor: Vendor, _said: list[str]) -> None:
    answer.seen.status = 204
    await answer.raw(b"HTTP/1.1 204 No Content\r\n\r\n")


async def wrong_type(answer: Answer, vendor: Vendor, _said: list[str]) -> None:
    body = vendor.whole(answer.seen.model, tokens=TOKENS, asked=answer.asked)
    await answer.whole(200, body, ("content-type", "image/png"))


async def many_headers(answer: Answer, _vendor: Vendor, _said: list[str]) -> None:
    await answer.raw(b"HTTP/1.1 200 OK\r\n")
    for start in range(0, 100_000, 1000):
        await answer.raw(b"".join(b"x-%d: y\r\n" % n for n in range(start, start + 1000)))
    await answer.raw(b"content-length: 2\r\n\r\n{}")


async def long_header(answer: Answer, _vendor: Vendor, _said: list[str]) -> None:
    line = b"HTTP/1.1 200 OK\r\nx-long: %b\r\ncontent-length: 2\r\n\r\n{}"
    await answer.raw(line % (b"y" * MB))


BEHAVIOURS: Final[tuple[tuple[re.Pattern[str], Behaviour], ...]] = tuple(
    (re.compile(pattern), behaviour)
    for pattern, behaviour in (
        (r"evil-paced-(\d+)-(\d+)", paced),
        (r"evil-slow-(\d+)", slow),
        (r"evil-hang", hang),
        (r"evil-hang-after-(\d+)", hang_after),
        (r"evil-reset-after-(\d+)", reset_after),
        (r"evil-close-after-(\d+)", close_after),
        (r"evil-reset-at-(\d+)", reset_at),
        (r"evil-trickle-1bps", trickle),
        (r"evil-pings", pings),
        (r"evil-big-stream-(\d+)", big_stream),
        (r"evil-status-(\d+)", status),
        (r"evil-html-(\d+)", html),
        (r"evil-429-ra-(.+)", rate_limited),
        (r"evil-429-once-(\d+)-.+", limited_once),
        (r"evil-error-200", error_200),
        (r"evil-error-event-(\d+)", error_event),
        (r"evil-two-done", two_done),
        (r"evil-lying-usage", lying_usage),
        (r"evil-echo-key", echo_key),
        (r"evil-gzipbomb", gzip_bomb),
        (r"evil-noeol", no_end_of_line),
        (r"evil-keepalive-close", keepalive_close),
        (r"evil-redirect", redirect),
        (r"evil-204", no_content),
        (r"evil-type", wrong_type),
        (r"evil-many-headers", many_headers),
        (r"evil-long-header", long_header),
    )
)
CREDENTIALS: Final[tuple[tuple[re.Pattern[str], Behaviour], ...]] = (
    (re.compile(r"sk-evil-(4\d\d|5\d\d)\b.*"), status),
    (re.compile(r"sk-evil-ra-([^-]+)\b.*"), rate_limited),
)


async def respond(answer: Answer) -> None:
    seen, asked = answer.seen, answer.asked
    path = unquote(seen.path.partition("?")[0])
    if path.endswith("/models"):
        await answer.whole(200, msgspec.json.encode({"object": "list", "data": []}), JSON)
        return
    if path.endswith("/count_tokens"):
        await answer.whole(200, b'{"input_tokens":11}', JSON)
        return
    vendor = vendor_of(path)
    if vendor is None:
        await answer.whole(404, b"{}", JSON)
        return
    seen.model, seen.stream = vendor.question(path, asked)
    as_model = seen.credential.replace("sk-evil-as-", "evil-")
    for word, table in (
        (seen.credential, CREDENTIALS),
        (as_model, BEHAVIOURS),
        (seen.model, BEHAVIOURS),
    ):
        for pattern, behaviour in table:
            if said := pattern.fullmatch(word):
                await behaviour(answer, vendor, [str(group) for group in said.groups()])
                return
    await decent(answer, vendor, [])


async def serve(port: int) -> None:
    server = await EvilServer(respond).listen(port)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9099)
    asyncio.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
