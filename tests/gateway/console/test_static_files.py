import gzip
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from pytest_django import Settings

from gateway.console.static_files import CHUNK_BYTES, StaticFiles
from gateway.edge.intake.guard import Guard
from tests.gateway.edge.driver import HOST, Heard, call, http_scope

SCRIPT = b"export const answer = 42;\n" * 100
HASHED = b"/static/console/assets/index-BfX2k9aQ.js"
LARGE_BYTES = 8 * 1024 * 1024


@pytest.fixture
def files(tmp_path: Path, settings: Settings) -> Iterator[Guard]:
    assets = tmp_path / "dist" / "assets"
    assets.mkdir(parents=True)
    (assets / "index-BfX2k9aQ.js").write_bytes(SCRIPT)
    (assets / "index-BfX2k9aQ.js.gz").write_bytes(gzip.compress(SCRIPT, mtime=0))
    (assets / "index-BfX2k9aQ.js.br").write_bytes(b"brotli")
    (tmp_path / "dist" / "logo.svg").write_bytes(b"<svg/>")
    (tmp_path / "dist" / "large.bin").write_bytes(b"x" * LARGE_BYTES)
    settings.STATIC_ROOT = None
    settings.STATICFILES_DIRS = [("console", tmp_path / "dist")]
    finders.get_finder.cache_clear()  # type: ignore[attr-defined]
    yield Guard(StaticFiles(), body_limit=lambda _path: 0, observer=Heard())
    finders.get_finder.cache_clear()  # type: ignore[attr-defined]


async def test_a_hashed_file_may_be_kept_for_ever(files: Guard) -> None:
    answer = await call(files, http_scope(HASHED))
    assert answer.status == 200
    assert answer.body == SCRIPT
    assert b"immutable" in answer.headers[b"cache-control"]
    assert answer.headers[b"content-type"].startswith(b"text/javascript")
    assert answer.headers[b"x-content-type-options"] == b"nosniff"
    assert b"access-control-allow-origin" not in answer.headers


async def test_a_file_without_a_hash_may_not(files: Guard) -> None:
    answer = await call(files, http_scope(b"/static/console/logo.svg"))
    assert b"immutable" not in answer.headers[b"cache-control"]


@pytest.mark.parametrize(
    ("accepted", "encoding", "body"),
    [
        (b"gzip, br", b"br", b"brotli"),
        (b"gzip", b"gzip", gzip.compress(SCRIPT, mtime=0)),
        (b"identity", None, SCRIPT),
    ],
)
async def test_the_precompressed_file_is_sent(
    files: Guard, accepted: bytes, encoding: bytes | None, body: bytes
) -> None:
    scope = http_scope(HASHED, headers=[HOST, (b"accept-encoding", accepted)])
    answer = await call(files, scope)
    assert answer.headers.get(b"content-encoding") == encoding
    assert answer.headers[b"vary"] == b"Accept-Encoding"
    if encoding != b"gzip":
        assert answer.body == body
    else:
        assert gzip.decompress(answer.body) == SCRIPT


async def test_head_ranges_and_revalidation(files: Guard) -> None:
    head = await call(files, http_scope(HASHED, method="HEAD"))
    assert head.body == b""
    assert int(head.headers[b"content-length"]) == len(SCRIPT)
    part = await call(files, http_scope(HASHED, headers=[HOST, (b"range", b"bytes=7-11")]))
    assert part.status == 206
    assert part.body == SCRIPT[7:12]
    etag = head.headers[b"etag"]
    fresh = await call(files, http_scope(HASHED, headers=[HOST, (b"if-none-match", etag)]))
    assert fresh.status == 304
    assert fresh.body == b""


async def test_a_large_file_leaves_in_pieces_and_not_through_memory(files: Guard) -> None:
    sizes = []

    async def send(message: dict[str, object]) -> None:
        body = message.get("body", b"")
        assert isinstance(body, bytes)
        sizes.append(len(body))

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    tracemalloc.start()
    await files(http_scope(b"/static/console/large.bin"), receive, send)  # type: ignore[arg-type]
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(sizes) == LARGE_BYTES
    assert max(sizes) <= CHUNK_BYTES
    assert peak_bytes < LARGE_BYTES / 4


@pytest.mark.parametrize(
    "path",
    [b"/static/console/nope.js", b"/static/", b"/static/console", b"/static/console/assets/"],
)
async def test_what_is_not_there_is_a_problem(files: Guard, path: bytes) -> None:
    assert (await call(files, http_scope(path))).status == 404


async def test_files_are_only_read(files: Guard) -> None:
    assert (await call(files, http_scope(HASHED, method="POST"))).status == 405
