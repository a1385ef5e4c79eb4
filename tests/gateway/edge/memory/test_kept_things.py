"""What vendors keep for whoever holds a credential is nobody's who merely knows its id
(protocols.md PR-31).
"""

from typing import Any

import msgspec
import pytest

from gateway.edge.memory.kept_answers import Place
from tests.gateway.edge.keeping import OTHER, RESPONSES, answer, ask, error_of, house, said
from tests.gateway.edge.plane import key_spec
from tests.gateway.edge.shelf import Shelf, kept_answers
from tests.gateway.edge.vendors import Said, provider, target

COUNT = b"/v1/responses/input_tokens"


async def test_a_prompt_of_anothers_is_refused_in_a_body_sent_to_chat() -> None:
    only = provider("one", targets=(target("m", dialects=("openai.responses",)),), kind="openai")
    gateway = house(said(), providers=(only,))
    client = await ask(gateway, b"/v1/chat/completions", prompt={"id": "pmpt_other"})
    assert (client.status, error_of(client)["param"]) == (400, "prompt")
    assert gateway.vendors.calls == []


FILE = {"role": "user", "content": [{"type": "input_file", "file_id": "file_other"}]}
NAMED: Any = {
    "picture": ({"input": [{"type": "image_generation_call", "id": "i_o"}]}, "input[0].id"),
    "thought": ({"input": [{"type": "reasoning", "id": "r_o", "summary": []}]}, "input[0].id"),
    "file": ({"input": [FILE]}, "input[0].content[0].file_id"),
    "container": (
        {"tools": [{"type": "code_interpreter", "container": "c_o"}]},
        "tools[0].container",
    ),
    "store": (
        {"tools": [{"type": "file_search", "vector_store_ids": ["vs_o"]}]},
        "tools[0].vector_store_ids[0]",
    ),
}


@pytest.mark.parametrize("named", NAMED)
@pytest.mark.parametrize("path", [RESPONSES, COUNT])
async def test_what_another_keeps_is_not_there(named: str, path: bytes) -> None:
    body, field = NAMED[named]
    gateway = house(said())
    client = await ask(gateway, path, **body)
    error = error_of(client)
    assert (client.status, error["code"], error["param"]) == (404, "not_found", field)
    assert gateway.vendors.calls == []


@pytest.mark.parametrize("named", NAMED)
async def test_a_tenant_alone_names_what_it_has_from_elsewhere(named: str) -> None:
    assert (await ask(house(said(), tenants=1), **NAMED[named][0])).status == 200


async def test_what_is_told_whole_needs_nobody_who_keeps_it() -> None:
    """As Codex sends a history: with the ids that it was told."""
    history = [
        {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA"},
        {"type": "message", "id": "msg_1", "role": "assistant", "content": [
            {"type": "output_text", "text": "Hi", "annotations": [
                {"type": "file_citation", "file_id": "file_1", "index": 0}]}]},
        {"type": "function_call", "id": "fc_1", "call_id": "c", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "id": "fo_1", "call_id": "c", "output": ""},
    ]  # fmt: skip
    gateway = house(said())
    assert (await ask(gateway, input=history)).status == 200
    assert msgspec.json.decode(gateway.vendors.calls[0].body)["input"] == history


async def test_what_this_tenant_was_given_is_asked_where_it_is_kept() -> None:
    made = [
        {"type": "image_generation_call", "id": "ig_1", "result": "aGk="},
        {"type": "code_interpreter_call", "id": "ci_1", "container_id": "cntr_1"},
    ]
    gateway = house(Said(msgspec.json.encode(answer(output=made))), said("r_2"), said("r_3"))
    assert (await ask(gateway)).status == 200
    again = await ask(gateway, input=[{"type": "image_generation_call", "id": "ig_1"}])
    tool = {"type": "code_interpreter", "container": "cntr_1"}
    assert (again.status, (await ask(gateway, tools=[tool])).status) == (200, 200)
    assert len(set(gateway.vendors.keys)) == 1


async def test_what_this_tenant_was_given_elsewhere_is_not_asked_of_another() -> None:
    shelf = Shelf()
    gateway = house(said(), shelf=shelf)
    place = Place("p-three", "m", "k", "m")
    kept = kept_answers(shelf)
    await kept.note(["ig_1"], place, tenant_id=key_spec().tenant_id)
    await kept.note(["ig_2"], Place("p-one", "m", "one-k1", "m"), tenant_id=OTHER)
    for id_ in ("ig_1", "ig_2"):
        client = await ask(gateway, input=[{"type": "image_generation_call", "id": id_}])
        assert client.status == 404


@pytest.mark.parametrize(
    "fields",
    [
        b'"conversation":{"id":"conv_other","id":null}',
        b'"input":[{"type":"item_reference","id":"msg_o","type":"message","content":"x"}]',
        b'"input":[{"type":"reasoning","id":"rs_o","encrypted_content":"x","id":"rs_2"}]',
        b'"tools":[{"type":"code_interpreter","container":"cntr_other","container":null}]',
    ],
)
async def test_a_key_that_stands_twice_is_refused(fields: bytes) -> None:
    gateway = house(said())
    client = await gateway.ask(b'{"model":"m","input":"x",' + fields + b"}", path=RESPONSES)
    if fields.startswith(b'"input"'):
        client = await gateway.ask(b'{"model":"m",' + fields + b"}", path=RESPONSES)
    assert client.status == 400
    assert "twice" in error_of(client)["message"]
    assert gateway.vendors.calls == []


def source(**said: str) -> Any:
    return {"messages": [{"role": "user", "content": [{"type": "document", "source": said}]}]}


OF_OTHERS: Any = {
    "file of Chat": (
        "openai",
        {"messages": [{"role": "user", "content": [{"type": "file", "file": {"file_id": "f"}}]}]},
        "messages[0].content[0].file.file_id",
    ),
    "sound": (
        "openai",
        {"messages": [{"role": "assistant", "audio": {"id": "audio_other"}}]},
        "messages[0].audio.id",
    ),
    "container": (
        "anthropic",
        {"messages": [{"role": "user", "content": "x"}], "container": "cntr_other"},
        "container",
    ),
    "skills": (
        "anthropic",
        {
            "messages": [{"role": "user", "content": "x"}],
            "container": {"skills": [{"type": "custom", "skill_id": "skill_other"}]},
        },
        "container.skills[0].skill_id",
    ),
    "file": (
        "anthropic",
        source(type="file", file_id="file_other"),
        "messages[0].content[0].source.file_id",
    ),
}
PATHS = {"openai": b"/v1/chat/completions", "anthropic": b"/v1/messages"}


@pytest.mark.parametrize("named", OF_OTHERS)
async def test_files_and_containers_are_named_where_no_other_tenant_asks(named: str) -> None:
    kind, body, field = OF_OTHERS[named]
    spec = provider("one", targets=(target("m", price_model="m"),), kind=kind)
    sent = msgspec.json.encode({"model": "m", "max_tokens": 9, **body})
    shared = house(said(), providers=(spec,))
    client = await shared.ask(sent, path=PATHS[kind])
    assert (client.status, shared.vendors.calls) == (400, [])
    assert field in error_of(client)["message"]
    alone = house(said(), providers=(spec,), tenants=1)
    await alone.ask(sent, path=PATHS[kind])
    assert len(alone.vendors.calls) == 1


async def test_a_file_that_is_named_twice_is_refused() -> None:
    gateway = house(said())
    part = b'{"type":"file","file":{"file_id":"file_other","file_id":null}}'
    body = b'{"model":"m","messages":[{"role":"user","content":[' + part + b"]}]}"
    client = await gateway.ask(body, path=PATHS["openai"])
    assert (client.status, error_of(client)["param"]) == (400, "messages")
    assert gateway.vendors.calls == []


async def test_what_was_told_of_files_names_none() -> None:
    ran = {"type": "code_execution_output", "file_id": "file_1"}
    result = {"type": "code_execution_result", "content": [ran]}
    cited = [{"type": "char_location", "file_id": "file_1"}]
    content = [
        {"type": "text", "text": "Hi", "citations": cited},
        {"type": "tool_use", "id": "t", "name": "f", "input": {"file_id": "mine"}},
        {"type": "code_execution_tool_result", "tool_use_id": "s", "content": result},
    ]
    spec = provider("one", targets=(target("m", price_model="m"),), kind="anthropic")
    gateway = house(said(), providers=(spec,))
    messages = [{"role": "assistant", "content": content}]
    sent = msgspec.json.encode({"model": "m", "max_tokens": 9, "messages": messages})
    await gateway.ask(sent, path=PATHS["anthropic"])
    assert len(gateway.vendors.calls) == 1


@pytest.mark.parametrize("asked", [{}, {"store": True}])
async def test_what_is_answered_in_chat_is_not_stored(asked: Any) -> None:
    only = provider("one", targets=(target("m", dialects=("openai.responses",)),), kind="openai")
    gateway = house(said(), providers=(only,))
    client = await ask(gateway, b"/v1/chat/completions", **asked)
    assert msgspec.json.decode(gateway.vendors.calls[0].body)["store"] is False
    assert (b"store" in client.headers.get(b"x-switchyard-degraded", b"")) is bool(asked)
