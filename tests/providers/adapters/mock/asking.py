"""Asks the mock as a client of a dialect does."""

import math
from typing import Any, Final

import msgspec
from msgspec import Struct

from protocols.framing.sse import SseSplitter
from providers.adapters.mock.answers import Answer
from providers.adapters.mock.serving import Call, respond

CHAT: Final = "/v1/chat/completions"
MESSAGES: Final = "/v1/messages"
EMBEDDINGS: Final = "/v1/embeddings"
COUNT: Final = "/v1/messages/count_tokens"
WEATHER: Final = {
    "name": "weather",
    "description": "The weather of a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}},
        "required": ["city"],
    },
}


class Heard(Struct):
    status: int
    headers: dict[str, str]
    body: bytes
    waits: list[float]  # before the headers, then before each piece
    hangs: bool

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def events(self) -> list[Any]:
        """The data of every event; `[DONE]` as text."""
        splitter = SseSplitter(cap=1 << 20)
        found = []
        for event in splitter.feed(self.body):
            data = event.partition(b"data: ")[2].strip()
            found.append("[DONE]" if data == b"[DONE]" else msgspec.json.decode(data))
        assert splitter.close() == b""
        return found


def hear(answer: Answer) -> Heard:
    waits, body, hangs = [answer.wait_s], b"", math.isinf(answer.wait_s)
    for delay_s, data in answer.pieces:
        if math.isinf(delay_s):
            hangs = True
            break
        waits.append(delay_s)
        body += data
    return Heard(answer.status, dict(answer.headers), body, waits, hangs)


def ask(path: str, *, method: str = "POST", id_: str = "1", **body: Any) -> Heard:
    return ask_raw(path, msgspec.json.encode(body), method=method, id_=id_)


def ask_raw(
    path: str,
    body: bytes,
    *,
    method: str = "POST",
    id_: str = "1",
    headers: dict[str, str] | None = None,
) -> Heard:
    call = Call(
        method=method, path=path, headers=headers or {}, body=body, id=id_, created=1_700_000_000
    )
    return hear(respond(call))


def user(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def chat(model: str, text: str = "hello big World", **more: Any) -> Heard:
    return ask(CHAT, **{"model": model, "messages": user(text), **more})


def messages(model: str, text: str = "hello big World", **more: Any) -> Heard:
    return ask(MESSAGES, **{"model": model, "max_tokens": 100, "messages": user(text), **more})


def said(heard: Heard) -> str:
    """The text of a whole answer of either dialect."""
    answer = heard.json
    if "choices" in answer:
        text: str = answer["choices"][0]["message"]["content"]
        return text
    return "".join(block["text"] for block in answer["content"] if block["type"] == "text")
