"""What a native body becomes on its way up."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from gateway.edge.editing.splices import Spliced, adjusted, has_each_key_once, splice
from gateway.edge.operations.operation import Operation
from gateway.edge.operations.surfaces import (
    CHAT,
    COUNT_TOKENS,
    EMBEDDINGS,
    GEMINI_COUNT,
    MESSAGES,
)
from protocols.codec import Target
from providers.specs import Params, Quirks
from tests.gateway.edge.vendors import Client, candidate, exchange, provider, target

KEY = b"k" * 32
KINDS = {"anthropic.messages": "anthropic", "gemini.generate": "gemini"}
CHANGED = {"model", "disable_fallbacks", "user", "safety_identifier", "prompt_cache_key"}


class Whose(msgspec.Struct, frozen=True):
    tenant_id: str = "tenant-1"
    own_key: bytes | None = None


def spliced(
    body: bytes,
    *,
    stream: bool = False,
    operation: Operation = CHAT,
    of: dict[str, Any] | None = None,
    to: dict[str, Any] | None = None,
    whose: Whose | None = None,
) -> Spliced:
    back_end = provider(kind=KINDS.get(operation.dialect, "openai"), **(of or {}))
    chosen = candidate(back_end, target(**(to or {})), operation=operation)
    made = exchange(Client(), chosen, body=body, stream=stream, operation=operation)
    assert made.key is not None
    whose = whose or Whose()
    made.key = msgspec.structs.replace(made.key, tenant_id=whose.tenant_id)
    made.vendor_key = whose.own_key
    return splice(made, chosen, hmac_key=KEY)


def decoded(result: Spliced) -> dict[str, Any]:
    value: dict[str, Any] = msgspec.json.decode(result.body)
    return value


def test_a_body_that_needs_no_change_is_sent_as_it_came() -> None:
    body = b'{ "model" : "m",\n "messages":[ ], "temperature": 1.50e0, "stream" : false }'
    assert spliced(body) == Spliced(body=body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"model":"dear","messages":[],"model":"m"}',
        b'{"model": "dear", "messages": [], "model": "m"}',
        b'{"messages":[],"temperature":1,"model":"m","temperature":2}',
        b'{"m\\u006fdel":"dear","messages":[],"model":"m"}',
    ],
)
def test_of_a_key_given_twice_the_judged_one_alone_goes_up(body: bytes) -> None:
    sent = spliced(body).body
    assert msgspec.json.decode(sent) == msgspec.json.decode(body)
    assert len(sent) < len(body)
    assert b"dear" not in sent


@given(st.dictionaries(st.text(max_size=4), st.integers() | st.text(), min_size=1))
def test_a_key_is_missed_in_no_way_of_writing(fields: dict[str, Any]) -> None:
    raw = msgspec.json.Decoder(dict[str, Raw])
    once = msgspec.json.encode(fields)
    twice = once[:-1] + b"," + once[1:]
    for body in (once, msgspec.json.format(once, indent=0), msgspec.json.format(once)):
        assert has_each_key_once(body, raw.decode(body))
    assert not has_each_key_once(twice, raw.decode(twice))


def test_only_the_model_changes_where_the_upstream_calls_it_otherwise() -> None:
    body = b'{"temperature": 0.10 , "model":"m","messages":[ 1 , 2],"seed":1e2}'
    result = spliced(body, to={"upstream": "gpt-x"})
    assert result.body == b'{"temperature":0.10,"model":"gpt-x","messages":[ 1 , 2],"seed":1e2}'
    assert result.losses == ()


def test_a_model_of_the_path_is_added_to_the_body() -> None:
    assert spliced(b'{"messages":[]}').body == b'{"messages":[],"model":"m"}'


VALUES = (
    b"1e2",
    b"1.50",
    b"-0",
    b"null",
    b'{ "b" : [ ],"a":1}',
    b'"\\u00e9\\/"',
    '"你好"'.encode(),
)


@given(
    st.dictionaries(
        st.text("abc_é\n", min_size=1, max_size=8).filter(lambda name: name not in CHANGED),
        st.sampled_from(VALUES),
        max_size=8,
    )
)
def test_every_other_field_keeps_its_bytes_and_its_place(fields: dict[str, bytes]) -> None:
    said = [msgspec.json.encode(name) + b" : " + value for name, value in fields.items()]
    result = spliced(b"{" + b" , ".join([*said, b'"model":"m"']) + b"}", to={"upstream": "other"})
    sent = msgspec.json.decode(result.body, type=dict[str, Raw])
    assert [(name, bytes(value)) for name, value in sent.items()] == [
        *fields.items(),
        ("model", b'"other"'),
    ]


def test_fields_of_the_gateway_do_not_go_up() -> None:
    result = spliced(b'{"model":"m","disable_fallbacks":true,"messages":[]}')
    assert (result.body, result.losses) == (b'{"model":"m","messages":[]}', ())
    assert list(result.top or ()) == ["model", "messages"]


def test_a_stream_asks_for_usage_and_remembers_that_the_client_did_not() -> None:
    result = spliced(b'{"model":"m","stream":true}', stream=True)
    assert result.body == (b'{"model":"m","stream":true,"stream_options":{"include_usage":true}}')
    assert result.withhold_usage


@pytest.mark.parametrize(
    ("options", "becomes", "withheld"),
    [
        (b'{"include_usage": true}', b'{"include_usage": true}', False),
        (b'{"x":1,"include_usage":false}', b'{"x":1,"include_usage":true}', True),
        (b'{ "x": 1 }', b'{"x":1,"include_usage":true}', True),
        (b"null", b'{"include_usage":true}', True),
        (b'"odd"', b'"odd"', False),
    ],
)
def test_the_clients_own_stream_options_are_kept(
    options: bytes, becomes: bytes, *, withheld: bool
) -> None:
    result = spliced(b'{"model":"m","stream_options":' + options + b"}", stream=True)
    assert result.body == b'{"model":"m","stream_options":' + becomes + b"}"
    assert result.withhold_usage is withheld


@pytest.mark.parametrize(
    ("of", "to"),
    [
        ({"quirks": Quirks(include_usage=False)}, {}),
        ({"quirks": Quirks(drop_params=frozenset({"stream_options"}))}, {}),
        (
            {},
            {"target": Target(model="m", vendor="v", refuses=frozenset({"stream_options"}))},
        ),
    ],
)
def test_usage_is_not_asked_of_who_refuses_it(of: dict[str, Any], to: dict[str, Any]) -> None:
    body = b'{"model":"m","stream":true}'
    result = spliced(body, stream=True, of=of, to=to)
    assert result == Spliced(body=body, withhold_usage=True), "it may say it all the same"
    asking = b'{"model":"m","stream":true,"stream_options":{"include_usage":true}}'
    assert not spliced(asking, stream=True, of=of, to=to).withhold_usage


@pytest.mark.parametrize(
    ("params", "body", "withheld"),
    [
        (Params(force={"stream_options": b'{"include_usage":true}'}), b"", True),
        (
            Params(force={"stream_options": b'{"x":1}'}),
            b',"stream_options":{"include_usage":true}',
            False,
        ),
        (Params(default={"stream_options": b'"odd"'}), b"", False),
        (Params(rename={"stream_options": "options"}), b',"stream_options":{}', True),
    ],
)
def test_the_clients_wish_counts_and_not_its_operators(
    params: Params, body: bytes, *, withheld: bool
) -> None:
    result = spliced(
        b'{"model":"m","stream":true' + body + b"}", stream=True, to={"params": params}
    )
    assert result.withhold_usage is withheld


@pytest.mark.parametrize("field", ["generateContentRequest", "generate_content_request"])
def test_a_request_that_is_only_counted_names_the_model_too(field: str) -> None:
    """PR-12: an alias is no vendor's."""
    inner = b'{"contents":[], "model" : "models/mine","x":1.0}'
    body = b'{"model":"models/mine","' + field.encode() + b'":' + inner + b"}"
    result = spliced(body, operation=GEMINI_COUNT, to={"upstream": "gemini-2"})
    wanted = b'{"contents":[],"model":"models/gemini-2","x":1.0}'
    assert result.body == b'{"' + field.encode() + b'":' + wanted + b"}"


@pytest.mark.parametrize("inner", [b'{"contents":[],"x":1.0}', b'"odd"', b"null"])
def test_a_request_that_names_none_is_counted_as_it_came(inner: bytes) -> None:
    body = b'{ "generateContentRequest": ' + inner + b"}"
    assert spliced(body, operation=GEMINI_COUNT).body == body


def test_whole_answers_and_other_dialects_are_asked_nothing() -> None:
    body = b'{"model":"m","max_tokens":1,"stream":true}'
    assert spliced(body, stream=True, operation=MESSAGES).body == body
    assert spliced(body).body == body


def test_what_a_target_refuses_goes_and_is_named() -> None:
    result = spliced(
        b'{"model":"m","top_p":1,"seed":2,"temperature":0.5,"messages":[]}',
        of={"quirks": Quirks(drop_params=frozenset({"seed"}))},
        to={
            "target": Target(model="m", vendor="v", refuses=frozenset({"temperature", "image"})),
            "params": Params(drop=frozenset({"top_p"})),
        },
    )
    assert result.body == b'{"model":"m","messages":[]}'
    assert sorted(result.losses) == ["seed", "temperature", "top_p"]


def test_parameters_are_renamed_filled_in_and_forced() -> None:
    params = Params(
        rename={"max_tokens": "max_completion_tokens", "a": "b"},
        default={"seed": b"7", "user_tier": b'"x"'},
        force={"store": b"false"},
    )
    result = spliced(
        b'{"max_tokens":5,"model":"m","a":1,"b":2,"seed":1,"store":true}', to={"params": params}
    )
    assert result.body == (
        b'{"max_completion_tokens":5,"model":"m","b":2,"seed":1,"store":false,"user_tier":"x"}'
    )


def test_no_table_changes_what_an_exchange_is_judged_by() -> None:
    params = Params(
        drop=frozenset({"stream"}),
        rename={"model": "x", "y": "stream"},
        default={"model": b'"evil"'},
        force={"stream": b"true", "model": b'"evil"'},
    )
    result = spliced(b'{"model":"m","stream":false,"y":true}', to={"params": params})
    assert result.body == b'{"model":"m","stream":false}'
    assert result.losses == ()


CHAT_USERS = b'{"model":"m","user":"ann","safety_identifier":"ann","prompt_cache_key":"k","n":1}'


def test_end_users_of_a_shared_credential_have_stable_names_per_tenant() -> None:
    first, again = spliced(CHAT_USERS), spliced(CHAT_USERS)
    other = spliced(CHAT_USERS, whose=Whose(tenant_id="tenant-2"))
    assert first == again
    said = decoded(first)
    assert list(said) == ["model", "user", "safety_identifier", "prompt_cache_key", "n"]
    assert said["user"] == said["safety_identifier"] != said["prompt_cache_key"]
    assert b"ann" not in first.body
    assert len(said["user"]) <= 64
    assert decoded(other)["user"] != said["user"]


@pytest.mark.parametrize(
    ("of", "own_key"),
    [({"tenant_id": "tenant-1"}, None), ({"simulated": True}, None), ({}, b"sk-own")],
)
def test_nobody_is_renamed_on_a_credential_of_its_own(
    of: dict[str, Any], own_key: bytes | None
) -> None:
    assert spliced(CHAT_USERS, of=of, whose=Whose(own_key=own_key)).body == CHAT_USERS


def test_a_user_that_is_no_name_is_left_to_the_vendor() -> None:
    body = b'{"model":"m","user":null,"safety_identifier":5}'
    assert spliced(body).body == body


def test_embeddings_have_users_too() -> None:
    result = spliced(b'{"model":"m","user":"ann","input":"x"}', operation=EMBEDDINGS)
    assert b"ann" not in result.body
    assert list(decoded(result)) == ["model", "user", "input"]


def test_the_user_id_of_anthropic_metadata_is_replaced_and_the_rest_kept() -> None:
    body = b'{"model":"m","metadata":{"a": 1.0,"user_id":"{\\"session\\":1}"},"max_tokens":1}'
    for operation in (MESSAGES, COUNT_TOKENS):
        said = decoded(spliced(body, operation=operation))
        assert list(said) == ["model", "metadata", "max_tokens"]
        assert list(said["metadata"]) == ["a", "user_id"]
        assert "session" not in said["metadata"]["user_id"]


@pytest.mark.parametrize("metadata", [b'"x"', b"null", b'{"other":1}'])
def test_other_metadata_is_left_alone(metadata: bytes) -> None:
    body = b'{"model":"m","metadata":' + metadata + b"}"
    assert spliced(body, operation=MESSAGES).body == body


def test_the_metadata_of_chat_belongs_to_the_client() -> None:
    body = b'{"model":"m","metadata":{"user_id":"ann"}}'
    assert spliced(body).body == body


def test_a_target_takes_the_defaults_of_what_it_refuses() -> None:
    body = b'{"model":"m","temperature":1,"top_p":1.0,"stop":null,"seed":7,"logprobs":false}'
    refusing = Target(
        model="m",
        vendor="acme",
        refuses=frozenset({"temperature", "top_p", "stop", "seed", "logprobs"}),
    )

    result = spliced(body, to={"target": refusing})

    assert result.losses == ("seed",)
    assert list(decoded(result)) == ["model", "temperature", "top_p", "stop", "logprobs"]


def test_what_an_operator_drops_goes_even_where_it_is_the_default() -> None:
    body = b'{"model":"m","temperature":1}'

    assert spliced(body, to={"params": Params(drop=frozenset({"temperature"}))}).losses == (
        "temperature",
    )


@pytest.mark.parametrize(
    ("quirks", "params", "kept", "lost"),
    [
        (Quirks(), Params(), ["model", "stream_options", "top_k"], []),
        (Quirks(include_usage=False), Params(), ["model", "top_k"], []),
        (
            Quirks(drop_params=frozenset({"top_k"})),
            Params(),
            ["model", "stream_options"],
            ["top_k"],
        ),
        (Quirks(), Params(drop=frozenset({"model"})), ["model", "stream_options", "top_k"], []),
        (
            Quirks(),
            Params(rename={"top_k": "k"}, default={"seed": b"1"}),
            ["model", "stream_options", "k", "seed"],
            [],
        ),
    ],
)
def test_a_translated_body_is_as_its_operator_wants_it(
    quirks: Quirks, params: Params, kept: list[str], lost: list[str]
) -> None:
    body = b'{"model":"m","stream_options":{"include_usage":true},"top_k":3}'
    chosen = candidate(provider(quirks=quirks), target(params=params))

    made, dropped = adjusted(body, chosen, dialect="openai.chat")

    assert (list(msgspec.json.decode(made)), dropped) == (kept, lost)
