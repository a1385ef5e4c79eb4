"""Which seals are lost after all, once the vault has kept what it keeps."""

from typing import Any, Final

import pytest

from protocols import ir
from tests.conformance import lane
from tests.gateway.edge.calls.test_recalling import CHAT, GOOGLE, MESSAGES, house, provider, thought
from tests.gateway.edge.calls.test_recalling import chat as asked_in_chat
from tests.gateway.edge.calls.test_recalling import messages as asked_in_messages
from tests.gateway.edge.dialects import PATHS, frames, streamed, whole
from tests.gateway.edge.house import told_by

TOOL: Final = {"name": "look", "input_schema": {"type": "object"}}
TEXT: Final = ir.Text(text="Hello", seal=ir.Seal(origin="x", signature="dGV4dA=="))
CALL: Final = ir.ToolCall(
    id="call_Ab1Cd2Ef3Gh4", name="look", seal=ir.Seal(origin="x", signature="Y2FsbA==")
)
THOUGHT: Final = ir.Thinking(text="Hm.", seal=ir.Seal(origin="x", signature="dGhvdWdodA=="))


class Able(lane.Empty):
    """Keeps what it is given."""

    wait_s = 1.0

    async def keep(self, *_: Any, **_more: Any) -> bool:
        return True


class Unable(lane.Empty):
    wait_s = 1.0

    async def keep(self, *_: Any, **_more: Any) -> bool:
        return False


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    ("kept", "content", "lost"),
    [
        (Able(), (CALL,), ()),
        (Able(), (TEXT, CALL), ("seal",)),
        (Able(), (TEXT,), ("seal",)),
        (Unable(), (CALL,), ("seal",)),
    ],
)
async def test_a_text_s_seal_is_lost_though_a_call_s_is_kept(
    kept: Any,
    content: Any,
    lost: Any,
    stream: bool,  # noqa: FBT001
) -> None:
    answer = thought(*content)
    said = streamed(GOOGLE, *frames(GOOGLE, answer)) if stream else whole(GOOGLE, answer)
    made = house(kept, said, providers=(provider(GOOGLE, "gemini"),))
    body = asked_in_messages("gemini", tools=[TOOL], stream=stream)
    client = await made.ask(body, path=PATHS[MESSAGES][0])

    assert client.status == 200, client.body
    assert told_by(made)[1].errand.degraded == lost
    if not stream:
        assert client.headers.get(b"x-switchyard-degraded", b"") == ",".join(lost).encode()


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize(
    ("content", "lost"),
    [((THOUGHT, CALL), ()), ((CALL, THOUGHT), ("seal",)), ((THOUGHT,), ("seal",))],
)
async def test_a_thought_after_the_last_call_is_not_kept(
    content: Any,
    lost: Any,
    stream: bool,  # noqa: FBT001
) -> None:
    unsigned = ir.ToolCall(id=CALL.id, name="look")
    answer = thought(*(unsigned if block is CALL else block for block in content))
    said = streamed(MESSAGES, *frames(MESSAGES, answer)) if stream else whole(MESSAGES, answer)
    made = house(Able(), said, providers=(provider(MESSAGES, "claude", of="anthropic"),))
    client = await made.ask(asked_in_chat("claude", stream=stream), path=PATHS[CHAT][0])

    assert client.status == 200, client.body
    assert told_by(made)[1].errand.degraded == lost
