"""What is asked of a vendor of another dialect, and what is left out or refused."""

from typing import TYPE_CHECKING, Any, Final

import msgspec
import pytest

from accounts.specs import TenantSpec
from gateway.edge.editing.fidelity import codes, conversion_loss, refused
from protocols.codec import Loss, Target
from protocols.ir import Seal
from protocols.seals import wrap
from providers.specs import Params, Quirks
from tests.gateway.edge.dialects import vendor, whole
from tests.gateway.edge.house import CHAT, MESSAGES, PLAIN, PRICE, STREAMED, House, priced
from tests.gateway.edge.plane import bearer
from tests.gateway.edge.questions.test_translation import EVENTS, MESSAGE, claude, house
from tests.gateway.edge.vendors import CHAT_ANSWER, SSE, Said, target

if TYPE_CHECKING:
    from protocols.ir import Dialect

RESPONSES: Final = b"/v1/responses"
SEED: Final = Loss(code="seed", path="seed", why="there is none")
IMAGE: Final = Loss(code="image", path="messages[0]", why="it is blind", content=True)


def sent(gateway: House) -> Any:
    return msgspec.json.decode(gateway.vendors.calls[-1].body)


async def test_what_is_said_to_the_gateway_is_no_loss() -> None:
    gateway = house(Said(*EVENTS, headers=SSE))
    more = b',"stream_options":{"include_usage":true},"disable_fallbacks":true}'
    client = await gateway.ask(STREAMED[:-1] + more)

    assert b"x-switchyard-degraded" not in client.headers
    assert b'"usage":{' in client.body
    assert "stream_options" not in sent(gateway)


async def test_users_of_tenants_are_hidden_on_a_credential_they_share() -> None:
    gateway = house(Said(MESSAGE), Said(MESSAGE))
    for user in (b"ann", b"bob"):
        await gateway.ask(PLAIN[:-1] + b',"user":"' + user + b'"}')

    ann, bob = (msgspec.json.decode(call.body) for call in gateway.vendors.calls)
    assert ann["metadata"]["user_id"] != bob["metadata"]["user_id"]
    assert "ann" not in str(ann)


@pytest.mark.parametrize("path", [CHAT, RESPONSES])
@pytest.mark.parametrize("is_shared", [False, True])
async def test_both_names_of_a_user_are_hidden_where_the_dialect_stays(
    path: bytes,
    is_shared: bool,  # noqa: FBT001
) -> None:
    """A seal that is another's has the question written anew, in the dialect it came in."""
    dialect: Dialect = "openai.chat" if path == CHAT else "openai.responses"
    of = vendor(dialect, slug="acme", simulated=not is_shared)
    gateway = House(whole(dialect), whole(dialect), providers=(of,))
    sealed = {"google": {"thought_signature": wrap(Seal(origin="x", signature="s"))}}
    turn = {"role": "assistant", "content": "a", "extra_content": sealed}
    thought = {"type": "reasoning", "summary": [], "encrypted_content": wrap(
        Seal(origin="x", signature="s")
    )}  # fmt: skip
    body = (
        {"messages": [{"role": "user", "content": "Hi"}, turn, {"role": "user", "content": "?"}]}
        if path == CHAT
        else {"input": [{"role": "user", "content": "Hi"}, thought]}
    )
    users = {"user": "ann", "safety_identifier": "bob", "prompt_cache_key": "eve"}
    told = await gateway.ask(msgspec.json.encode({"model": "m", **body, **users}), path=path)

    assert told.status == 200, told.body
    assert told.headers[b"x-switchyard-degraded"] == b"seal"
    said = sent(gateway)
    assert [said[name] == user for name, user in users.items()] == [not is_shared] * 3
    assert len({said[name] for name in users}) == 3


async def test_a_tenants_own_provider_hears_of_its_users() -> None:
    gateway = house(Said(MESSAGE), providers=(claude(tenant_id=None, simulated=True),))
    await gateway.ask(PLAIN[:-1] + b',"user":"ann"}')

    assert sent(gateway)["metadata"] == {"user_id": "ann"}


async def test_the_operators_changes_are_made_to_what_is_asked_in_the_end() -> None:
    gateway = house(
        Said(MESSAGE),
        providers=(claude(quirks=Quirks(drop_params=frozenset({"temperature"}))),),
    )
    client = await gateway.ask(PLAIN[:-1] + b',"temperature":0.5}')

    assert "temperature" not in sent(gateway)
    assert client.headers[b"x-switchyard-degraded"] == b"temperature"


async def test_a_pattern_is_asked_under_the_name_that_the_vendor_knows() -> None:
    row = target(
        "m",
        upstream="claude-y",
        target=Target(model="claude-*", vendor="anthropic"),
        params=Params(force={"top_k": b"3"}),
    )
    of = msgspec.structs.replace(claude(), targets=(row,))
    gateway = house(Said(MESSAGE), providers=(of,))
    await gateway.ask(PLAIN)

    assert (sent(gateway)["model"], sent(gateway)["top_k"]) == ("claude-y", 3)


async def test_headers_that_belong_to_the_clients_dialect_stay_with_it() -> None:
    gateway = House(whole("openai.chat"), providers=(vendor("openai.chat"),))
    headers = {**bearer(), b"anthropic-version": b"2023-06-01", b"anthropic-beta": b"some-beta"}
    body = b'{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"Hi"}]}'
    client = await gateway.ask(body, path=MESSAGES, headers=headers)

    assert client.status == 200
    assert not {name for name, _ in gateway.vendors.calls[0].headers if "anthropic" in name}


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"conversation": "conv_1"}, "conversation"),
        ({"prompt": {"id": "p"}}, "prompt"),
        ({"background": True}, "background"),
    ],
)
async def test_only_who_keeps_a_conversation_can_go_on_with_it(said: Any, field: str) -> None:
    gateway = house()
    body = msgspec.json.encode({"model": "m", "input": "Hi", **said})
    client = await gateway.ask(body, path=b"/v1/responses")

    error = msgspec.json.decode(client.body)["error"]
    assert (client.status, error["code"], error["param"]) == (400, "unsupported_parameter", field)
    assert "send the full input" in error["message"]
    assert gateway.vendors.calls == []


async def test_what_is_not_said_of_a_conversation_is_no_hindrance() -> None:
    body = msgspec.json.encode({"model": "m", "input": "Hi", "background": False, "store": False})
    client = await house(Said(MESSAGE)).ask(body, path=b"/v1/responses")

    assert client.status == 200


async def test_a_client_that_sends_a_body_of_responses_to_chat_is_answered_as_chat() -> None:
    gateway = house(Said(MESSAGE))
    client = await gateway.ask(b'{"model":"m","input":"Hi"}', path=CHAT)

    assert msgspec.json.decode(client.body)["object"] == "chat.completion"


@pytest.mark.parametrize(
    ("fidelity", "left"),
    [("lossless", [SEED, IMAGE]), ("warn", [IMAGE]), ("best-effort", [])],
)
def test_a_key_says_what_may_be_lost(fidelity: Any, left: list[Loss]) -> None:
    assert refused([SEED, IMAGE], fidelity) == left
    assert refused([], fidelity) == []


def test_a_refusal_names_what_where_and_why() -> None:
    problem = conversion_loss([SEED] * 20, who="acme/m", fidelity="lossless")

    assert (problem.kind, problem.http_status, problem.param) == ("conversion_loss", 400, "seed")
    assert problem.message.count("seed at seed: there is none") == 16
    assert problem.message.endswith("; and 4 more.")


def test_codes_are_told_once_and_fit_into_a_header() -> None:
    strange = Loss(code="other:a\r\nb", path="x", why="y")

    assert codes([SEED, SEED, strange, IMAGE]) == ["seed", "other", "image"]


@pytest.mark.parametrize(("speaks", "status"), [("anthropic.messages", 200), ("openai.chat", 400)])
async def test_a_tier_has_a_price_only_where_it_can_be_asked_for(speaks: Any, status: int) -> None:
    nowhere = priced(msgspec.structs.replace(PRICE, variants={}))
    gateway = House(whole(speaks), providers=(vendor(speaks),), prices=nowhere)
    client = await gateway.ask(PLAIN[:-1] + b',"service_tier":"flex"}')

    assert client.status == status
    if status == 200:
        assert client.headers[b"x-switchyard-degraded"] == b"service_tier"


@pytest.mark.parametrize("mark", [b"c3kx", rb"\u00633\u006Bx"])
async def test_a_body_with_a_wrapped_seal_is_never_forwarded(mark: bytes) -> None:
    """However it is spelled."""
    wrapped = wrap(Seal(origin="gemini", signature="of another's")).encode()
    thought = b'{"type":"thinking","thinking":"t","signature":"%s"}' % wrapped
    said = thought.replace(b"c3kx", mark) + b',{"type":"text","text":"a"}'
    turns = b'{"role":"user","content":"q"},{"role":"assistant","content":[%s]}' % said
    gateway = House(Said(MESSAGE), providers=(vendor("anthropic.messages"),))
    body = b'{"model":"m","max_tokens":9,"messages":[%s,{"role":"user","content":"q"}]}' % turns
    client = await gateway.ask(body, path=b"/v1/messages")

    assert client.status == 200
    assert client.headers[b"x-switchyard-degraded"] == b"seal"
    assert b"signature" not in gateway.vendors.calls[0].body


async def test_a_conversation_of_too_many_pieces_is_not_translated() -> None:
    turns = b",".join([b'{"role":"user","content":[{"type":"text","text":"a"}]}'] * 16_385)
    body = b'{"model":"m","messages":[' + turns + b"]}"
    gateway = House(providers=(vendor("anthropic.messages"),))
    client = await gateway.ask(body)
    error = msgspec.json.decode(client.body)["error"]
    assert (client.status, error["param"]) == (400, "messages")
    assert "32,768" in error["message"]

    native = House(Said(CHAT_ANSWER))
    assert (await native.ask(body)).body == CHAT_ANSWER


GEMINI: Final = b"/v1beta/models/m:generateContent"
KEPT: Final[dict[str, tuple[bytes, dict[str, Any]]]] = {
    "prompt": (RESPONSES, {"prompt": {"id": "p"}}),
    "cachedContent": (
        GEMINI,
        {"contents": [{"parts": [{"text": "Hi"}]}], "cachedContent": "cachedContents/1"},
    ),
}


def sharing(path: bytes, *, tenants: int = 2, **more: Any) -> House:
    dialect: Dialect = "openai.responses" if path == RESPONSES else "gemini.generate"
    gateway = House(whole(dialect), providers=(vendor(dialect, **more),))
    (mine,) = gateway.worker.snapshots.current.tenants
    slugs = {mine: "acme"} | {f"tenant-{n}": f"other-{n}" for n in range(1, tenants)}
    gateway.publish(tenants={id_: TenantSpec(id=id_, slug=slug) for id_, slug in slugs.items()})
    return gateway


@pytest.mark.parametrize("field", KEPT)
async def test_what_a_vendor_keeps_is_nobodys_where_tenants_share_a_credential(field: str) -> None:
    path, body = KEPT[field]
    gateway = sharing(path)
    client = await gateway.ask(msgspec.json.encode({"model": "m", **body}), path=path)

    assert client.status == 400
    assert f"{field} names what theirs keeps" in client.body.decode()
    assert gateway.vendors.calls == []


async def test_no_spelling_hides_what_a_vendor_keeps() -> None:
    gateway = sharing(RESPONSES)
    reference = rb'[{"type":"item\u005freference","id":"rs_1"}]'
    client = await gateway.ask(b'{"model":"m","input":' + reference + b"}", path=RESPONSES)

    assert (client.status, gateway.vendors.calls) == (404, [])


@pytest.mark.parametrize("field", KEPT)
@pytest.mark.parametrize("sole", [{"tenants": 1}, {"simulated": True}])
async def test_what_a_vendor_keeps_is_gone_on_with_where_nobody_shares(
    field: str, sole: dict[str, Any]
) -> None:
    path, body = KEPT[field]
    gateway = sharing(path, **sole)
    client = await gateway.ask(msgspec.json.encode({"model": "m", **body}), path=path)

    assert client.status == 200, client.body
    assert len(gateway.vendors.calls) == 1
