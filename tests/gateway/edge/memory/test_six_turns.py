"""protocols.md Acceptance 4: a conversation that goes from vendor to vendor and back."""

import dataclasses
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, cast

import msgspec
import pytest

from gateway.edge.memory.vault import Vault
from protocols import ir
from protocols.ir import Dialect
from protocols.registry import CLIENT_CODECS
from tests.conformance import lane
from tests.gateway.edge.dialects import PATHS, WEATHER, read_stream, read_whole
from tests.gateway.edge.house import House
from tests.gateway.edge.signers import Signers, models
from tests.gateway.edge.vaults import NOBODY, Meter, vault

TURNS = ("anthropic", "gemini", "openai", "deepseek", "anthropic", "gemini")
# Once more round: what the third and fourth have signed comes back, too.
ALL_TURNS = (*TURNS, "openai", "deepseek")
TOOL = {"type": "object", "properties": {"turn": {"type": "integer"}}}
CHAT: Dialect = "openai.chat"
MESSAGES: Dialect = "anthropic.messages"


class Metrics(lane.Metrics):
    def __init__(self, meter: Meter) -> None:
        super().__init__()
        self._meter = meter

    def sealed(self, **said: Any) -> None:
        self._meter.sealed(**said)


class Home:
    def __init__(self, kept: Vault, meter: Meter) -> None:
        self.vendors = Signers()
        self.house = House(providers=models())
        self.house.worker = dataclasses.replace(
            self.house.worker,
            upstream=cast("Any", self.vendors),
            vault=kept,
            metrics=cast("Any", Metrics(meter)),
        )
        self.meter = meter
        self.lost: list[str] = []

    async def ask(self, client: "Client", model: str, *, stream: bool) -> None:
        self.vendors.streaming(stream)
        told = await self.house.ask(client.body(model, stream=stream), path=client.path)
        assert told.status == 200, told.body
        self.lost.append(told.headers.get(b"x-switchyard-degraded", b"").decode())
        client.hear(told.body, stream=stream)


class Client(ABC):
    dialect: Dialect

    def __init__(self) -> None:
        self.turns: list[Any] = [{"role": "user", "content": "Look."}]

    @property
    def path(self) -> bytes:
        return PATHS[self.dialect][0]

    def body(self, model: str, *, stream: bool) -> bytes:
        return msgspec.json.encode(
            {
                "model": model,
                "stream": stream,
                "max_tokens": 9_000,
                "messages": self.turns,
                "tools": [self.tool()],
            }
        )

    def hear(self, body: bytes, *, stream: bool) -> None:
        read = (
            read_stream(self.dialect, body).response() if stream else read_whole(self.dialect, body)
        )
        self.turns += self.said(read)

    @abstractmethod
    def tool(self) -> Any: ...

    @abstractmethod
    def said(self, answer: ir.Response) -> list[Any]:
        """What it keeps of an answer."""


class StrippingChat(Client):
    """Keeps of an answer what the first version of the dialect knew."""

    dialect = CHAT

    def tool(self) -> Any:
        return {"type": "function", "function": {"name": "look", "parameters": TOOL}}

    def said(self, answer: ir.Response) -> list[Any]:
        text = "".join(each.text for each in answer.content if isinstance(each, ir.Text))
        calls = [each for each in answer.content if isinstance(each, ir.ToolCall)]
        told = [
            {
                "id": each.id,
                "type": "function",
                "function": {"name": each.name, "arguments": each.arguments},
            }
            for each in calls
        ]
        results = [{"role": "tool", "tool_call_id": each.id, "content": "seen"} for each in calls]
        return [{"role": "assistant", "content": text, "tool_calls": told}, *results]


class Messages(Client):
    """Sends back the blocks that it was told, as they are."""

    dialect = MESSAGES

    def tool(self) -> Any:
        return {"name": "look", "input_schema": TOOL}

    def said(self, answer: ir.Response) -> list[Any]:
        encoded = CLIENT_CODECS[MESSAGES].encode_response(answer, WEATHER).body
        content = msgspec.json.decode(encoded)["content"]
        results = [
            {"type": "tool_result", "tool_use_id": each["id"], "content": "seen"}
            for each in content
            if each["type"] == "tool_use"
        ]
        return [{"role": "assistant", "content": content}, {"role": "user", "content": results}]


@pytest.fixture
async def home() -> AsyncIterator[Home]:
    meter = Meter()
    kept = vault(meter=meter)
    yield Home(kept, meter)
    await kept.close()


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", [StrippingChat, Messages])
async def test_every_vendor_gets_back_what_it_has_signed_and_nothing_else(
    home: Home,
    kind: type[Client],
    stream: bool,  # noqa: FBT001
) -> None:
    client = kind()
    for model in ALL_TURNS:
        await home.ask(client, model, stream=stream)

    vendors = home.vendors
    assert vendors.refused == []
    # Some of it the client itself carries.
    assert home.meter.counts.get("returned", 0) == (4 if kind is StrippingChat else 2)
    assert Counter(vendors.returned) == dict.fromkeys(
        ("anthropic", "gemini", "openai", "deepseek"), 1
    )


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", [StrippingChat, Messages])
async def test_without_redis_the_conversation_goes_on_and_seals_are_lost(
    kind: type[Client],
    stream: bool,  # noqa: FBT001
) -> None:
    client, kept = kind(), vault(url=NOBODY)
    home = Home(kept, Meter())
    try:
        for model in TURNS:
            await home.ask(client, model, stream=stream)
    finally:
        await kept.close()

    assert home.vendors.refused == []
    assert "seal" in home.lost[-1]
