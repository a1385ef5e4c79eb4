"""The vendors of OpenAI's Responses, of Google and of AWS, and which one a path belongs to."""

import re
import struct
import zlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from tests.faults.evil_dialects import PROMPT_TOKENS, SSE, Chat, Embeddings, Messages, Vendor, said

AWS: Final = "application/vnd.amazon.eventstream"


class Responses(Chat):
    """Its errors are Chat's."""

    def whole(self, model: str, *, tokens: int, asked: Mapping[str, Any]) -> bytes:
        return msgspec.json.encode(self._response(model, "completed", tokens))

    def opening(self, model: str) -> list[bytes]:
        item = {"id": "msg_evil", "type": "message", "role": "assistant", "content": []}
        begun = self._response(model, "in_progress", None)
        return [
            self._event("response.created", response=begun),
            self._event("response.in_progress", response=begun),
            self._event("response.output_item.added", output_index=0, item=item),
            self._part("response.content_part.added", part=self._text("")),
        ]

    def delta(self, model: str, number: int, *, padding: str = "") -> bytes:
        return self._part("response.output_text.delta", delta=said(number) + padding)

    def closing(self, model: str, *, tokens: int, asked: Mapping[str, Any]) -> list[bytes]:
        return [
            self._event("response.completed", response=self._response(model, "completed", tokens))
        ]

    def ping(self) -> bytes:
        return self._event("keepalive", sequence_number=0)

    def error_event(self, *, message: str) -> bytes:
        return self._event("error", code="server_error", message=message, param=None)

    def _event(self, kind: str, **fields: object) -> bytes:
        data = msgspec.json.encode({"type": kind, "sequence_number": 0, **fields})
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)

    def _part(self, kind: str, **fields: object) -> bytes:
        return self._event(kind, item_id="msg_evil", output_index=0, content_index=0, **fields)

    def _text(self, text: str) -> dict[str, Any]:
        return {"type": "output_text", "text": text, "annotations": []}

    def _response(self, model: str, status: str, tokens: int | None) -> dict[str, Any]:
        item = {
            "id": "msg_evil",
            "type": "message",
            "role": "assistant",
            "status": status,
            "content": [self._text("".join(map(said, range(tokens or 0))))],
        }
        return {
            "id": "resp_evil",
            "object": "response",
            "created_at": 1_700_000_000,
            "model": model,
            "status": status,
            "error": None,
            "output": [] if tokens is None else [item],
            "usage": None
            if tokens is None
            else {
                "input_tokens": PROMPT_TOKENS,
                "output_tokens": tokens,
                "total_tokens": PROMPT_TOKENS + tokens,
            },
        }


class Generate:
    stream_type = SSE

    def question(self, path: str, asked: Mapping[str, Any]) -> tuple[str, bool]:
        model, _, verb = path.rpartition("/")[2].partition(":")
        return model, verb.startswith("stream")

    def whole(self, model: str, *, tokens: int, asked: Mapping[str, Any]) -> bytes:
        return self._chunk(model, "".join(map(said, range(tokens))), tokens=tokens)

    def opening(self, model: str) -> list[bytes]:
        return []

    def delta(self, model: str, number: int, *, padding: str = "") -> bytes:
        return b"data: %b\r\n\r\n" % self._chunk(model, said(number) + padding)

    def closing(self, model: str, *, tokens: int, asked: Mapping[str, Any]) -> list[bytes]:
        return [b"data: %b\r\n\r\n" % self._chunk(model, "", tokens=tokens)]

    def ping(self) -> bytes:
        return b": ping\n\n"

    def error(self, *, status: int, message: str) -> bytes:
        word = "RESOURCE_EXHAUSTED" if status == 429 else "UNAVAILABLE"
        error = {"code": status, "message": message, "status": word}
        return msgspec.json.encode({"error": error})

    def error_event(self, *, message: str) -> bytes:
        return b"data: %b\r\n\r\n" % self.error(status=503, message=message)

    def _chunk(self, model: str, text: str, *, tokens: int | None = None) -> bytes:
        """With its end, where it says how many tokens there were."""
        content = {"role": "model", "parts": [{"text": text}]}
        candidate: dict[str, Any] = {"index": 0, "content": content}
        chunk: dict[str, Any] = {
            "candidates": [candidate],
            "responseId": "evil",
            "modelVersion": model,
        }
        if tokens is not None:
            candidate["finishReason"] = "STOP"
            chunk["usageMetadata"] = {
                "promptTokenCount": PROMPT_TOKENS,
                "candidatesTokenCount": tokens,
                "totalTokenCount": PROMPT_TOKENS + tokens,
            }
        return msgspec.json.encode(chunk)


class Converse:
    stream_type = AWS

    def question(self, path: str, asked: Mapping[str, Any]) -> tuple[str, bool]:
        _, model, verb = path.rsplit("/", 2)
        return model, verb == "converse-stream"

    def whole(self, model: str, *, tokens: int, asked: Mapping[str, Any]) -> bytes:
        text = "".join(map(said, range(tokens)))
        message = {"role": "assistant", "content": [{"text": text}]}
        told = {"output": {"message": message}, "stopReason": "end_turn"}
        return msgspec.json.encode({**told, **self._metadata(tokens)})

    def opening(self, model: str) -> list[bytes]:
        return [self._event("messageStart", {"role": "assistant"})]

    def delta(self, model: str, number: int, *, padding: str = "") -> bytes:
        text = {"text": said(number) + padding}
        return self._event("contentBlockDelta", {"contentBlockIndex": 0, "delta": text})

    def closing(self, model: str, *, tokens: int, asked: Mapping[str, Any]) -> list[bytes]:
        return [
            self._event("contentBlockStop", {"contentBlockIndex": 0}),
            self._event("messageStop", {"stopReason": "end_turn"}),
            self._event("metadata", self._metadata(tokens)),
        ]

    def ping(self) -> bytes:
        return self._event("ping", {})

    def error(self, *, status: int, message: str) -> bytes:
        return msgspec.json.encode({"__type": "InternalServerException", "message": message})

    def error_event(self, *, message: str) -> bytes:
        return self._event("serviceUnavailableException", {"message": message}, word="exception")

    def _metadata(self, tokens: int) -> dict[str, Any]:
        usage = {
            "inputTokens": PROMPT_TOKENS,
            "outputTokens": tokens,
            "totalTokens": PROMPT_TOKENS + tokens,
        }
        return {"usage": usage, "metrics": {"latencyMs": 1}}

    def _event(self, kind: str, said: object, *, word: str = "event") -> bytes:
        told = {f":{word}-type": kind, ":content-type": "application/json", ":message-type": word}
        headers = b"".join(self._header(*pair) for pair in told.items())
        payload = msgspec.json.encode(said)
        lengths = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
        message = lengths + struct.pack(">I", zlib.crc32(lengths)) + headers + payload
        return message + struct.pack(">I", zlib.crc32(message))

    def _header(self, name: str, value: str) -> bytes:
        return (
            struct.pack(">B", len(name))
            + name.encode()
            + struct.pack(">BH", 7, len(value))
            + (value.encode())
        )


VENDORS: Final[tuple[tuple[re.Pattern[str], Vendor], ...]] = (
    (re.compile(r".*/chat/completions"), Chat()),
    (re.compile(r".*/responses"), Responses()),
    (re.compile(r".*/messages"), Messages()),
    (re.compile(r".*/models/[^/]+:(generateContent|streamGenerateContent)"), Generate()),
    (re.compile(r".*/model/[^/]+/converse(-stream)?"), Converse()),
    (re.compile(r".*/embeddings"), Embeddings()),
)


def vendor_of(path: str) -> Vendor | None:
    return next((vendor for pattern, vendor in VENDORS if pattern.fullmatch(path)), None)
