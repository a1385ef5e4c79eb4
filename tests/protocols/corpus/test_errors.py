"""What a vendor refuses is told in every dialect with its class of status and in its words."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest

from protocols import ir
from protocols.errors import Kind, Problem
from protocols.ir import Dialect
from protocols.registry import NATIVE
from tests.protocols.corpus import CORPUS, Record, dialect_of, frames_of
from tests.protocols.corpus.exchanges import events_of
from tests.protocols.corpus.laws import EVERY_API, Keep, broken, pytestmark  # noqa: F401

# As public issues quote them: no recording has such.
QUOTED: Final[dict[str, tuple[Dialect, Kind]]] = {
    "eb-00": ("openai.chat", "rate_limited"),
    "eb-01": ("openai.chat", "rate_limited"),
    "eb-02": ("openai.chat", "insufficient_quota"),
    "eb-03": ("openai.chat", "overloaded"),
    "eb-06": ("anthropic.messages", "overloaded"),
    "eb-08": ("anthropic.messages", "too_large"),
    "eb-09": ("anthropic.messages", "rate_limited"),
    "eb-10": ("openai.chat", "rate_limited"),
    "eb-11": ("gemini.generate", "overloaded"),
    "eb-12": ("bedrock.converse", "rate_limited"),
    "eb-13": ("openai.chat", "insufficient_quota"),
    "eb-14": ("openai.chat", "blocked"),
    "eb-15": ("openai.chat", "overloaded"),
}
QUOTED_STREAMS: Final[dict[str, tuple[Dialect, str]]] = {
    "eb-04": ("openai.responses", "upstream_error"),
    "eb-05": ("openai.responses", "overloaded"),
    "eb-07": ("anthropic.messages", "overloaded"),
}


@pytest.fixture(scope="module")
def quoted() -> dict[str, Any]:
    lines = (CORPUS / "error_bodies.jsonl").read_bytes().splitlines()
    return {each["id"]: each["response"] for each in map(msgspec.json.decode, lines)}


def error_problems(record: Record) -> Iterator[str] | None:
    dialect = dialect_of(record.api)
    if dialect is None or dialect not in NATIVE or record.response.status < 400:
        return None
    return _error_problems(NATIVE[dialect].problem(record.response.status, record.response.body, 2))


def _error_problems(problem: Problem) -> Iterator[str]:
    for other in NATIVE:
        again = _told(other, problem)
        if again.message != problem.message:
            yield f"{other}: {again.message!r:.90} instead of {problem.message!r:.90}"
        if again.http_status // 100 != problem.http_status // 100:
            yield f"{other}: {again.http_status} instead of {problem.http_status}"


def _told(dialect: Dialect, problem: Problem) -> Problem:
    told = NATIVE[dialect].encode_error(problem, "req_1")
    return NATIVE[dialect].problem(told.status, told.body, None)


@EVERY_API
def test_an_error_keeps_its_class_and_its_words_in_every_dialect(
    api: str, record_property: Keep
) -> None:
    assert broken("translated errors", api, error_problems, record_property) == []


@pytest.mark.parametrize("name", QUOTED)
def test_a_quoted_error_is_of_its_kind(name: str, quoted: dict[str, Any]) -> None:
    dialect, kind = QUOTED[name]
    body = msgspec.json.encode(quoted[name].get("json"))
    problem = NATIVE[dialect].problem(quoted[name]["status"], body, None)
    assert problem.kind == kind


@pytest.mark.parametrize("name", QUOTED_STREAMS)
def test_a_quoted_error_in_mid_stream_ends_it_in_both_lanes(
    name: str, quoted: dict[str, Any]
) -> None:
    dialect, kind = QUOTED_STREAMS[name]
    frames = frames_of(dialect, [quoted[name]["sse"].encode()])
    observer = NATIVE[dialect].observer(hide_usage=False)
    for frame in frames:
        observer.feed(frame.raw)
    assert observer.failure is not None
    last = events_of(dialect, frames)[-1]
    assert isinstance(last, ir.Failed)
    assert (observer.failure.kind, last.kind) == (kind, kind)
