"""What vendors say in OpenAI's Chat, Anthropic's Messages and as embeddings: answers, events of a
stream, errors.
"""

import base64
import struct
from collections.abc import Mapping
from typing import Any, Final, Protocol

import msgspec

PROMPT_TOKENS: Final = 11
SSE: Final = "text/event-stream; charset=utf-8"
VECTOR: Final = (0.5, -0.25, 0.125, 1.0)


def said(number: int) -> str:
    """The text of one event; as long for every number, so that bytes can be counted."""
    return f"tok{number:05d} "


class Vendor(Protocol):
    stream_type: str

    def question(self, path: str, asked: Mapping[str, Any]) -> tuple[str, bool]:
        """The model, and whether a stream is asked for."""
        ...

    def whole(self, model: str, *, tokens: int, asked: Mapping[str, Any]) -> bytes: ...
    def opening(self, model: str) -> list[bytes]: ...
    def delta(self, model: str, number: int, *, padding: str = "") -> bytes: ...
    def closing(self, model: str, *, tokens: int, asked: Mapping[str, Any]) -> list[bytes]: ...
    def ping(self) -> bytes: ...
    def error(self, *, status: int, message: str) -> bytes: ...
    def error_event(self, *, message: str) -> bytes: ...


class InBody:
    """Vendors that are told everything in the body, and stream server-sent events."""

    stream_type = SSE

    def question(self, path: str, asked: Mapping[str, Any]) -> tuple[str, bool]:
        return str(asked.get("model", "")), bool(asked.get("stream"))


class Chat(InBody):
    def whole(self, model: str, *, tokens: int, asked: Mapping[str, Any]) -> bytes:
        message = {"role": "assistant", "content": "".join(map(said, range(tokens)))}
        return msgspec.json.encode(
            {
                **self._named("chat.completion", model),
                "choices": [
                    {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
                ],
                "usage": self._usage(tokens),
            }
        )

    def opening(self, model: str) -> list[bytes]:
        return [self._chunk(model, {"role": "assistant", "content": ""})]

    def delta(self, model: str, number: int, *, padding: str = "") -> bytes:
        return self._chunk(model, {"content": said(number) + padding})

    def closing(self, model: str, *, tokens: int, asked: Mapping[str, Any]) -> list[bytes]:
        events = [self._chunk(model, {}, finish_reason="stop")]
        if (asked.get("stream_options") or {}).get("include_usage"):
            usage = {
                **self._named("chat.completion.chunk", model),
                "choices": [],
                "usage": self._usage(tokens),
            }
            events.append(b"data: %b\n\n" % msgspec.json.encode(usage))
        return [*events, b"data: [DONE]\n\n"]

    def ping(self) -> bytes:
        return b": ping\n\n"

    def error(self, *, status: int, message: str) -> bytes:
        kind = "rate_limit_error" if status == 429 else "server_error"
        return msgspec.json.encode(
            {"error": {"message": message, "type": kind, "param": None, "code": None}}
        )

    def error_event(self, *, message: str) -> bytes:
        return b"data: %b\n\n" % self.error(status=529, message=message)

    def _chunk(
        self, model: str, delta: dict[str, str], *, finish_reason: str | None = None
    ) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        chunk = {**self._named("chat.completion.chunk", model), "choices": [choice]}
        return b"data: %b\n\n" % msgspec.json.encode(chunk)

    def _named(self, kind: str, model: str) -> dict[str, Any]:
        return {"id": "chatcmpl-evil", "object": kind, "created": 1_700_000_000, "model": model}

    def _usage(self, tokens: int) -> dict[str, int]:
        return {
            "prompt_tokens": PROMPT_TOKENS,
            "completion_tokens": tokens,
            "total_tokens": PROMPT_TOKENS + tokens,
        }


class Messages(InBody):
    def whole(self, model: str, *, tokens: int, asked: Mapping[str, Any]) -> bytes:
        text = "".join(map(said, range(tokens)))
        return msgspec.json.encode(
            {
                **self._message(model),
                "content": [{"type": "text", "text": text}],
                "stop_reason": "end_turn",
                "usage": {"input_tokens": PROMPT_TOKENS, "output_tokens": tokens},
            }
        )

    def opening(self, model: str) -> list[bytes]:
        message = {
            **self._message(model),
            "content": [],
            "stop_reason": None,
            "usage": {"input_tokens": PROMPT_TOKENS, "output_tokens": 1},
        }
        block = {"type": "text", "text": ""}
        return [
            self._event("message_start", message=message),
            self._event("content_block_start", index=0, content_block=block),
        ]

    def delta(self, model: str, number: int, *, padding: str = "") -> bytes:
        text = {"type": "text_delta", "text": said(number) + padding}
        return self._event("content_block_delta", index=0, delta=text)

    def closing(self, model: str, *, tokens: int, asked: Mapping[str, Any]) -> list[bytes]:
        stop = {"stop_reason": "end_turn", "stop_sequence": None}
        return [
            self._event("content_block_stop", index=0),
            self._event("message_delta", delta=stop, usage={"output_tokens": tokens}),
            self._event("message_stop"),
        ]

    def ping(self) -> bytes:
        return self._event("ping")

    def error(self, *, status: int, message: str) -> bytes:
        kinds = {401: "authentication_error", 429: "rate_limit_error", 529: "overloaded_error"}
        error = {"type": kinds.get(status, "api_error"), "message": message}
        return msgspec.json.encode({"type": "error", "error": error, "request_id": "req_evil"})

    def error_event(self, *, message: str) -> bytes:
        return b"event: error\ndata: %b\n\n" % self.error(status=529, message=message)

    def _event(self, kind: str, **fields: object) -> bytes:
        data = msgspec.json.encode({"type": kind, **fields})
        return b"event: %b\ndata: %b\n\n" % (kind.encode(), data)

    def _message(self, model: str) -> dict[str, Any]:
        return {
            "id": "msg_evil",
            "type": "message",
            "role": "assistant",
            "model": model,
            "stop_sequence": None,
        }


class Embeddings(Chat):
    """Never streams; its errors are Chat's."""

    def whole(self, model: str, *, tokens: int, asked: Mapping[str, Any]) -> bytes:
        inputs = asked.get("input")
        count = len(inputs) if isinstance(inputs, list) else 1
        vector: Any = VECTOR
        if asked.get("encoding_format") == "base64":
            vector = base64.b64encode(struct.pack(f"<{len(VECTOR)}f", *VECTOR)).decode()
        return msgspec.json.encode(
            {
                "object": "list",
                "data": [
                    {"object": "embedding", "index": index, "embedding": vector}
                    for index in range(count)
                ],
                "model": model,
                "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
            }
        )
