"""What is translated into a dialect is what its vendor's own SDK knows, by the SDK's models."""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final

import msgspec
import pytest
from msgspec.structs import replace

from protocols import ir
from protocols.extras import Bared
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS, UPSTREAM_CODECS
from tests.conformance.usage_reading import usage_of
from tests.protocols.corpus import EVERYTHING, Record, records
from tests.protocols.corpus.exchanges import answer_of, asked_in, request_of, target_of
from tests.protocols.corpus.laws import KNOWN, LONGEST, SHOWN, Keep, pytestmark  # noqa: F401
from tests.protocols.corpus.test_stability import both_sides

OF_A_CELL: Final = 200 if EVERYTHING else 20
CELLS: Final = [
    (source, other) for source in UPSTREAM_CODECS for other in CLIENT_CODECS if source != other
]
EVERY_CELL: Final = pytest.mark.parametrize(("source", "other"), CELLS)
# The SDKs take seconds to import: only who needs them waits.
ANSWERS: Final[Mapping[Dialect, tuple[str, str]]] = {
    "openai.chat": ("openai.types.chat", "ChatCompletion"),
    "openai.responses": ("openai.types.responses", "Response"),
    "anthropic.messages": ("anthropic.types", "Message"),
}
REQUESTS: Final[Mapping[Dialect, tuple[str, str]]] = {
    "openai.chat": (
        "openai.types.chat.completion_create_params",
        "CompletionCreateParamsBase",
    ),
    "openai.responses": (
        "openai.types.responses.response_create_params",
        "ResponseCreateParamsBase",
    ),
    "anthropic.messages": ("anthropic.types.message_create_params", "MessageCreateParamsBase"),
}


@cache
def answer_reader(dialect: Dialect) -> Callable[[Any], object]:
    if dialect == "bedrock.converse":
        return _converse("output_shape")
    if dialect == "gemini.generate":
        whole: Callable[[Any], object] = _google().GenerateContentResponse.model_validate
        return whole
    module, name = ANSWERS[dialect]
    read: Callable[[Any], object] = getattr(import_module(module), name).model_validate
    return read


@cache
def request_reader(dialect: Dialect) -> Callable[[Any], object]:
    if dialect == "bedrock.converse":
        return _converse("input_shape")
    if dialect == "gemini.generate":
        return _generate
    module, name = REQUESTS[dialect]
    adapter: Any = import_module("pydantic").TypeAdapter(getattr(import_module(module), name))
    read: Callable[[Any], object] = adapter.validate_python
    return read if dialect != "openai.responses" else lambda body: read(_silent(body))


def _silent(body: Any) -> Any:
    """Without sound, which Responses takes and its SDK does not know."""
    for item in body["input"]:
        if isinstance(item.get("content"), list):
            item["content"] = [part for part in item["content"] if part["type"] != "input_audio"]
    return body


def _google() -> Any:
    return import_module("tests.clients.google_sdk").types


def _generate(body: dict[str, Any]) -> None:
    """The SDK has no model of the whole body, but of what matters in it."""
    types = _google()
    for content in body["contents"]:
        types.Content.model_validate(content)
    for tool in body.get("tools", ()):
        types.Tool.model_validate(tool)
    if "systemInstruction" in body:
        types.Content.model_validate(body["systemInstruction"])
    types.GenerationConfig.model_validate(body.get("generationConfig", {}))


def _converse(side: str) -> Callable[[Any], object]:
    """botocore refuses what its description of the service does not know."""
    described = (
        import_module("botocore.loaders")
        .Loader()
        .load_service_model("bedrock-runtime", "service-2")
    )
    service = import_module("botocore.model").ServiceModel(described)
    shape = getattr(service.operation_model("Converse"), side)
    validator = import_module("botocore.validate").ParamValidator()

    def read(body: dict[str, Any]) -> None:
        beside = {"modelId": "m"} if side == "input_shape" else {}
        report = validator.validate({**beside, **_with_bytes(body)}, shape)
        if report.has_errors():
            raise ValueError(report.generate_report())

    return read


def _with_bytes(value: Any) -> Any:
    """JSON has no bytes; the validator wants them where they are said in base64."""
    if isinstance(value, dict):
        return {
            name: each.encode() if name in {"bytes", "redactedContent"} else _with_bytes(each)
            for name, each in value.items()
        }
    return [_with_bytes(each) for each in value] if isinstance(value, list) else value


@cache
def sample_of(dialect: Dialect) -> tuple[Record, ...]:
    """So far apart that all of its APIs are among them."""
    found = [
        record
        for record in records("*", everything=True)
        if both_sides(record) == dialect and _counts(record) and record.id not in KNOWN["SDK"]
    ]
    return tuple(found[:: max(1, len(found) // OF_A_CELL)])


def _counts(record: Record) -> bool:
    """SDKs insist on usage, which vendors leave out in part, or count below nothing."""
    usage = usage_of(record) or ir.Usage()
    counts = (usage.input_tokens, usage.output_tokens)
    return all(count is not None and count >= 0 for count in counts)


def misread(
    source: Dialect, write: Callable[[Record], bytes], read: Callable[[Any], object]
) -> tuple[int, list[str]]:
    """How many were read, and what could not be."""
    count, problems = 0, []
    for record in sample_of(source):
        count += 1
        try:
            read(msgspec.json.decode(write(record)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not be raised
            problems.append(f"{record.id}: {error}"[:LONGEST])
    return count, problems


def _unsealed(answer: ir.Response) -> ir.Response:
    """The edge wraps the seals of other vendors; here they are none of the matter."""
    content = (
        replace(block, seal=None) if getattr(block, "seal", None) else block
        for block in answer.content
    )
    return replace(answer, content=tuple(content))


@EVERY_CELL
def test_an_sdk_knows_what_is_asked_of_its_vendor(
    source: Dialect, other: Dialect, record_property: Keep
) -> None:
    def write(record: Record) -> bytes:
        asked = request_of(record, source)
        return UPSTREAM_CODECS[other].encode_request(asked, target_of(other), "attempt").body

    count, problems = misread(source, write, request_reader(other))
    record_property(f"count {source} SDK knows requests", count)
    assert problems[:SHOWN] == []


@EVERY_CELL
def test_an_sdk_knows_what_its_user_is_answered(
    source: Dialect, other: Dialect, record_property: Keep
) -> None:
    def write(record: Record) -> bytes:
        asked = asked_in(request_of(record, source), other)
        answer = _unsealed(Bared(source).response(answer_of(record, source)))
        return CLIENT_CODECS[other].encode_response(answer, asked).body

    count, problems = misread(source, write, answer_reader(other))
    record_property(f"count {source} SDK knows answers", count)
    assert problems[:SHOWN] == []
