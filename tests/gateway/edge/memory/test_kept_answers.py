"""Answers that vendors keep: who may go on with them, where, and what else can be done to them
(protocols.md PR-31).
"""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.memory.kept_answers import KEPT_S, Place
from providers.adapters.registry import ADAPTERS
from tests.gateway.edge.dialects import frames, streamed
from tests.gateway.edge.keeping import (
    ID,
    OTHER,
    RESPONSES,
    about,
    answer,
    ask,
    error_of,
    house,
    said,
)
from tests.gateway.edge.plane import bearer, key_spec
from tests.gateway.edge.shelf import Shelf, kept_answers
from tests.gateway.edge.vendors import Client, Said, provider, target


@pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])
@pytest.mark.parametrize("named", ["previous_response_id", "item", "conversation", "bare item"])
async def test_who_goes_on_is_sent_to_who_keeps_it(named: str, *, stream: bool) -> None:
    shelf = Shelf()
    told = answer(conversation={"id": "conv_1"})
    if stream:
        event = {"type": "response.completed", "sequence_number": 1, "response": told}
        first: Any = streamed(
            "openai.responses",
            *frames("openai.responses")[:-1],
            b"event: response.completed\ndata: " + msgspec.json.encode(event) + b"\n\n",
        )
    else:
        first = Said(msgspec.json.encode(told))
    gateway = house(first, *(said(f"resp_{n}") for n in range(4)), shelf=shelf)
    assert (await ask(gateway, stream=stream)).status == 200
    assert set(shelf.lasting.values()) == {KEPT_S}
    where, who = gateway.vendors.calls[0].url, gateway.vendors.keys[0]
    ways: dict[str, Any] = {
        "previous_response_id": {"previous_response_id": ID},
        "conversation": {"conversation": {"id": "conv_1"}},
        "item": {"input": [{"type": "item_reference", "id": f"msg_{ID}"}]},
        "bare item": {"input": [{"id": f"msg_{ID}"}]},
    }
    for _ in range(4):  # the pool would take another one each time
        client = await ask(gateway, **ways[named])
        assert client.status == 200, client.body
    assert {call.url for call in gateway.vendors.calls} == {where}
    assert set(gateway.vendors.keys) == {who}


async def test_it_is_noted_before_the_last_bytes_go_out() -> None:
    shelf = Shelf()
    gateway = house(said(), shelf=shelf)
    client = Client()
    noted: list[int] = []
    client.on_send = lambda message: noted.append(len(shelf.rows))
    await gateway.ask(b'{"model":"m","input":"Hi"}', path=RESPONSES, client=client)
    assert noted == [2, 2]


@pytest.mark.parametrize(
    ("asked", "told"), [({"store": False}, {}), ({}, {"store": False}), ({}, {"id": None})]
)
async def test_what_is_not_kept_is_not_noted(asked: Any, told: Any) -> None:
    shelf = Shelf()
    gateway = house(said(**told), shelf=shelf)
    assert (await ask(gateway, **asked)).status == 200
    assert shelf.rows == {}


async def test_the_answer_goes_out_where_it_cannot_be_noted() -> None:
    shelf = Shelf()
    shelf.down = True
    gateway = house(said(), shelf=shelf)
    client = await ask(gateway)
    assert (client.status, msgspec.json.decode(client.body)["id"]) == (200, ID)
    assert gateway.worker.metrics.unnoted_count == 1  # type: ignore[attr-defined]


async def test_where_it_cannot_be_looked_up_nobody_is_asked() -> None:
    shelf = Shelf()
    shelf.down = True
    gateway = house(said(), shelf=shelf)
    for client in (
        await ask(gateway, previous_response_id=ID),
        await about(gateway, f"/v1/responses/{ID}"),
    ):
        assert (client.status, error_of(client)["code"]) == (503, "answers_unavailable")
        assert client.headers[b"retry-after"] == b"2"
    assert gateway.vendors.calls == []


@pytest.mark.parametrize(
    ("goes_on", "field"),
    [
        ({"previous_response_id": "resp_9"}, "previous_response_id"),
        ({"conversation": "conv_9"}, "conversation"),
        ({"input": [{"type": "item_reference", "id": "msg_9"}]}, "input"),
        ({"input": [{"id": "msg_9"}]}, "input"),
        ({"input": [{"\\u0074ype": "x", "type": "item_reference", "id": "msg_9"}]}, "input"),
    ],
)
@pytest.mark.parametrize("path", [RESPONSES, b"/v1/responses/input_tokens"])
async def test_what_nobody_was_given_is_not_there(
    goes_on: dict[str, Any], field: str, path: bytes
) -> None:
    gateway = house(said())
    client = await ask(gateway, path, **goes_on)
    error = error_of(client)
    assert (client.status, error["code"], error["param"]) == (404, "not_found", field)
    assert gateway.vendors.calls == []


@pytest.mark.parametrize("field", ["conversation", "input"])
async def test_a_tenant_alone_goes_on_with_what_it_has_from_elsewhere(field: str) -> None:
    gateway = house(said(), tenants=1)
    given: Any = {"conversation": "c_1", "input": [{"type": "item_reference", "id": "msg_1"}]}
    assert (await ask(gateway, **{field: given[field]})).status == 200


@given(id_=st.text(st.characters(codec="utf-8"), min_size=1, max_size=40))
async def test_anothers_answer_is_told_as_one_that_never_was(id_: str) -> None:
    theirs = Place("p-one", "m", "one-k1", "m")
    shelf = Shelf()
    await kept_answers(shelf).note([id_], theirs, tenant_id=OTHER)
    with_it, without = house(shelf=shelf), house(shelf=Shelf())
    for path, method in (("", "GET"), ("", "DELETE"), ("/input_items", "GET"), ("/cancel", "POST")):
        if "/" in id_:
            continue
        ask_of = f"/v1/responses/{id_}{path}"
        told = [await about(house_, ask_of, method=method) for house_ in (with_it, without)]
        assert [client.status for client in told] == [404, 404]
        assert told[0].body == told[1].body
    answers = [await ask(one, previous_response_id=id_) for one in (with_it, without)]
    assert [client.status for client in answers] == [404, 404]
    assert answers[0].body == answers[1].body
    assert with_it.vendors.calls == []
    assert len(shelf.rows) == 1


async def test_what_a_credential_keeps_that_is_gone_is_gone_with_it() -> None:
    shelf = Shelf()
    gateway = house(said(), shelf=shelf)
    mine = key_spec().tenant_id
    await kept_answers(shelf).note([ID], Place("p-one", "m", "no-more", "m"), tenant_id=mine)
    assert (await ask(gateway, previous_response_id=ID)).status == 404
    assert (await about(gateway, f"/v1/responses/{ID}")).status == 404


async def test_who_does_not_keep_it_says_so() -> None:
    shelf = Shelf()
    gateway = house(said(), shelf=shelf)
    mine = key_spec().tenant_id
    await kept_answers(shelf).note([ID], Place("p-three", "m", "k", "m"), tenant_id=mine)
    error = error_of(await ask(gateway, previous_response_id=ID))
    assert (error["code"], error["param"]) == ("unsupported_parameter", "previous_response_id")
    assert "send the full input" in error["message"]


async def test_answers_in_two_places_go_nowhere_together() -> None:
    shelf = Shelf()
    gateway = house(said(), shelf=shelf)
    mine, kept = key_spec().tenant_id, kept_answers(shelf)
    await kept.note([ID], Place("p-one", "m", "one-k1", "m"), tenant_id=mine)
    await kept.note(["msg_2"], Place("p-one", "m", "one-k2", "m"), tenant_id=mine)
    client = await ask(
        gateway, previous_response_id=ID, input=[{"type": "item_reference", "id": "msg_2"}]
    )
    assert client.status == 404
    assert gateway.vendors.calls == []


@pytest.mark.parametrize("wrong", [5, "", "x" * 257, {"a": 1}])
async def test_a_name_that_is_none_is_refused(wrong: Any) -> None:
    gateway = house(said())
    client = await ask(gateway, previous_response_id=wrong)
    assert (client.status, error_of(client)["param"]) == (400, "previous_response_id")


@pytest.mark.parametrize("path", [RESPONSES, b"/v1/chat/completions"])
async def test_what_works_in_the_background_is_refused(path: bytes) -> None:
    gateway = house(said())
    error = error_of(await ask(gateway, path, background=True))
    assert (error["code"], error["param"]) == ("unsupported_parameter", "background")
    assert gateway.vendors.calls == []


async def test_a_body_of_responses_sent_to_chat_goes_on_with_nothing_of_anothers() -> None:
    only = msgspec.structs.replace(
        provider("one", targets=(target("m", dialects=("openai.responses",)),)),
    )
    gateway = house(said(), providers=(only,))
    client = await ask(gateway, b"/v1/chat/completions", previous_response_id=ID)
    assert client.status == 404
    assert gateway.vendors.calls == []


async def test_a_conversation_is_compacted_by_who_speaks_responses() -> None:
    told = answer(object="response.compaction", store=None)
    gateway = house(Said(msgspec.json.encode(told)))
    client = await ask(gateway, b"/v1/responses/compact")
    assert (client.status, msgspec.json.decode(client.body)) == (200, told)
    assert gateway.vendors.calls[0].url.endswith("/v1/responses/compact")
    final = gateway.notebook.final
    assert final.money.charge_nano == 5 * 1_000 + 2 * 4_000


async def test_nobody_else_compacts() -> None:
    spec = provider("c", kind="anthropic", targets=(target("m"),))
    error = error_of(await ask(house(providers=(spec,)), b"/v1/responses/compact"))
    assert error["code"] == "unsupported_endpoint"


async def test_a_clients_own_credential_keeps_for_itself() -> None:
    shelf = Shelf()
    key = key_spec(byok_allowed=True)
    gateway = house(*(said() for _ in range(3)), shelf=shelf, key=key)

    async def with_own(own: bytes, **body: Any) -> Client:
        headers = {
            b"x-gateway-api-key": bearer()[b"authorization"].removeprefix(b"Bearer "),
            b"authorization": b"Bearer " + own,
        }
        sent = msgspec.json.encode({"model": "m", "input": "Hi", **body})
        return await gateway.ask(sent, path=RESPONSES, headers=headers)

    assert (await with_own(b"sk-mine")).status == 200
    assert b"sk-mine" not in repr(shelf.rows).encode()
    assert (await with_own(b"sk-mine", previous_response_id=ID)).status == 200
    assert (await with_own(b"sk-other", previous_response_id=ID)).status == 404
    assert (await ask(gateway, previous_response_id=ID)).status == 404


async def test_a_translated_answer_that_is_kept_has_its_vendors_name() -> None:
    """A wrapped seal makes the gateway read the request, between equal dialects too."""
    shelf = Shelf()
    gateway = house(said(), said("resp_2"), shelf=shelf)
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "c3kxAAAA"}
    client = await ask(gateway, input=[thought, {"role": "user", "content": "Hi"}])
    assert msgspec.json.decode(client.body)["id"] == ID
    assert (await ask(gateway, previous_response_id=ID)).status == 200
    assert gateway.vendors.keys[0] == gateway.vendors.keys[1]


def test_surfaces_name_all_of_it() -> None:
    paths = next(
        surface.paths
        for surface in ADAPTERS["openai"].surfaces("https://x")
        if surface.dialect == "openai.responses"
    )
    assert ADAPTERS["mock"].surfaces("mock:")
    assert {"retrieve_response", "delete_response", "list_input_items", "compact"} <= paths.keys()
