"""The body of a native call: the client's, with the few top-level changes that are documented.

Laws: a body that needs no change goes up as the bytes that came; otherwise the order of keys and
the spelling of every untouched value stay; of a key given twice only the one that was judged goes
up; what is taken away is named; pure.
"""

import hmac
from collections.abc import Collection, Mapping
from typing import Final

import msgspec
from msgspec import Raw, Struct

from gateway.edge.exchange import Candidate, Exchange
from protocols.ir import Dialect
from protocols.json_limits import JsonRefused, check_top_level_keys
from providers.specs import Params

ENCODER: Final = msgspec.json.Encoder()
OBJECT: Final = msgspec.json.Decoder(dict[str, Raw])
STRING: Final = msgspec.json.Decoder(str)
TRUE: Final = Raw(b"true")
STREAM_OPTIONS: Final = "stream_options"
INCLUDE_USAGE: Final = "include_usage"
OF_THE_GATEWAY: Final = ("disable_fallbacks",)
# What we judge an exchange by; no operator's table may change it under us.
OURS: Final = frozenset({"model", "stream"})
ONE: Final = (b"1", b"1.0")
ZERO: Final = (b"0", b"0.0")
DEFAULTS: Final[Mapping[str, tuple[bytes, ...]]] = {
    "temperature": ONE,
    "top_p": ONE,
    "n": ONE,
    "presence_penalty": ZERO,
    "frequency_penalty": ZERO,
    "logprobs": (b"false",),
    "store": (b"false",),
    "parallel_tool_calls": (b"true",),
}
# They name a client's user; on a credential that tenants share they would mingle.
END_USER: Final[Mapping[Dialect, tuple[str, ...]]] = {
    "openai.chat": ("user", "safety_identifier", "prompt_cache_key"),
    "openai.responses": ("user", "safety_identifier", "prompt_cache_key"),
    "openai.embeddings": ("user",),
}
# Where a request names its model in the path; a body that names one too is refused.
NAMED_IN_PATH: Final[frozenset[Dialect]] = frozenset({"gemini.generate", "bedrock.converse"})
COUNTING: Final = "count_tokens"
COUNTED_WHOLE: Final = ("generateContentRequest", "generate_content_request")
MODEL_PREFIX: Final = "models/"
# Whose streams tell their usage where `stream_options` asks for it.
TOLD_WHEN_ASKED: Final = frozenset({"chat", "completions"})
ALIAS_CHARS: Final = 32
KEY_OVERHEAD: Final = len('"":,')


class Spliced(Struct, frozen=True, kw_only=True):
    body: bytes
    losses: tuple[str, ...] = ()
    withhold_usage: bool = False  # the client did not ask for the usage event
    top: Mapping[str, Raw] | None = None  # its fields, where they are not the client's


def splice(exchange: Exchange, candidate: Candidate, *, hmac_key: bytes) -> Spliced:
    provider, target, top = candidate.provider, candidate.target, exchange.top
    refused = target.target.refuses | provider.quirks.drop_params | target.params.drop
    unwanted = _unwanted(exchange, candidate, refused=refused) if refused else ()
    out = {
        name: value
        for name, value in top.items()
        if name not in OF_THE_GATEWAY and name not in unwanted
    }
    losses = tuple(name for name in top if name in unwanted)
    if target.params.rename or target.params.default or target.params.force:
        out = _adjusted(out, target.params)
    dialect = exchange.arrival.operation.dialect
    what = exchange.arrival.operation.what
    if dialect in NAMED_IN_PATH:
        out.pop("model", None)
        if what == COUNTING:
            _name_within(out, target.upstream_name)
    elif bytes(top.get("model", b"")) != (model := ENCODER.encode(target.upstream_name)):
        out["model"] = Raw(model)
    withhold = False
    if exchange.asked_stream and dialect == "openai.chat" and what in TOLD_WHEN_ASKED:
        may_ask = provider.quirks.include_usage and STREAM_OPTIONS not in refused
        withhold = _mind_usage(out, top, may_ask=may_ask)
    if is_shared(exchange, candidate):
        _hide_users(out, exchange, hmac_key=hmac_key)
    # Untouched values are compared by identity: this reads none of them.
    same = out == top
    body = exchange.body
    if not same or not has_each_key_once(body, top):
        body = ENCODER.encode(out)
    return Spliced(body=body, losses=losses, withhold_usage=withhold, top=None if same else out)


def _unwanted(
    exchange: Exchange, candidate: Candidate, *, refused: Collection[str]
) -> frozenset[str]:
    """What of the body must go. Whoever refuses a field takes its default all the same."""
    dropped = candidate.provider.quirks.drop_params | candidate.target.params.drop
    return frozenset(
        name
        for name, value in exchange.top.items()
        if name in refused
        and name not in OURS
        and (name in dropped or not _is_default(name, value))
    )


def _is_default(name: str, value: Raw) -> bool:
    said = bytes(value)
    return said == b"null" or said in DEFAULTS.get(name, ())


def adjusted(body: bytes, candidate: Candidate, *, dialect: Dialect) -> tuple[bytes, list[str]]:
    """A translated body as its operator wants it; and what he has it without."""
    params, quirks = candidate.target.params, candidate.provider.quirks
    unwanted = (params.drop | quirks.drop_params) - OURS
    changed = params.rename or params.default or params.force
    if not quirks.include_usage and dialect == "openai.chat":
        unwanted |= {STREAM_OPTIONS}
    if not unwanted and not changed:
        return body, []
    top = OBJECT.decode(body)
    dropped = [name for name in top if name in unwanted]
    out = {name: value for name, value in top.items() if name not in unwanted}
    body = ENCODER.encode(_adjusted(out, params) if changed else out)
    return body, [name for name in dropped if name != STREAM_OPTIONS]


def has_each_key_once(body: bytes, top: Mapping[str, Raw]) -> bool:
    """Of a key given twice we judged the last; a vendor may take the first."""
    shortest = 1 + sum(KEY_OVERHEAD + len(name) + len(memoryview(raw)) for name, raw in top.items())
    if len(body) == shortest:
        return True  # as SDKs write it: there is no room for another key
    try:
        check_top_level_keys(body)
    except JsonRefused:
        return False
    return True


def _adjusted(out: dict[str, Raw], params: Params) -> dict[str, Raw]:
    """Renamed in place; where the new name is taken already, the client's own value stays."""
    renamed: dict[str, Raw] = {}
    for name, value in out.items():
        new = name if name in OURS else params.rename.get(name, name)
        if new == name or (new not in out and new not in OURS):
            renamed[new] = value
    for name, text in params.default.items():
        if name not in OURS:
            renamed.setdefault(name, Raw(text))
    renamed |= {name: Raw(text) for name, text in params.force.items() if name not in OURS}
    return renamed


def _name_within(out: dict[str, Raw], model: str) -> None:
    """Google counts the tokens of a whole request, too, and reads in it whose they are."""
    for name in COUNTED_WHOLE:
        held = _fields_of(out[name]) if name in out else None
        if held and "model" in held:
            named = Raw(ENCODER.encode(MODEL_PREFIX + model))
            out[name] = Raw(ENCODER.encode(held | {"model": named}))


def _mind_usage(out: dict[str, Raw], top: Mapping[str, Raw], *, may_ask: bool) -> bool:
    """True when the client does not want the usage event, whoever makes it come."""
    raw, said = top.get(STREAM_OPTIONS), out.get(STREAM_OPTIONS)
    wish = {} if raw is None else _fields_of(raw)
    options = wish if said is raw else {} if said is None else _fields_of(said)
    if wish is None or options is None:
        return False  # the vendor says what it thinks of it
    if may_ask and bytes(options.get(INCLUDE_USAGE, b"")) != b"true":
        out[STREAM_OPTIONS] = Raw(ENCODER.encode(options | {INCLUDE_USAGE: TRUE}))
    return bytes(wish.get(INCLUDE_USAGE, b"")) != b"true"


def _fields_of(raw: Raw) -> dict[str, Raw] | None:
    """None for what is no object."""
    try:
        return {} if bytes(raw) == b"null" else OBJECT.decode(raw)
    except msgspec.DecodeError:
        return None


def is_shared(exchange: Exchange, candidate: Candidate) -> bool:
    provider = candidate.provider
    return provider.tenant_id is None and not provider.simulated and exchange.vendor_key is None


def _hide_users(out: dict[str, Raw], exchange: Exchange, *, hmac_key: bytes) -> None:
    dialect = exchange.arrival.operation.dialect
    tenant_id = exchange.key.tenant_id if exchange.key is not None else ""
    for name in END_USER.get(dialect, ()):
        if name in out:
            out[name] = aliased(out[name], tenant_id=tenant_id, hmac_key=hmac_key)
    if dialect == "anthropic.messages" and "metadata" in out:
        try:
            metadata = OBJECT.decode(out["metadata"])
        except msgspec.DecodeError:
            return  # the vendor says what it thinks of it
        if "user_id" in metadata:
            alias = aliased(metadata["user_id"], tenant_id=tenant_id, hmac_key=hmac_key)
            out["metadata"] = Raw(ENCODER.encode(metadata | {"user_id": alias}))


def aliased(raw: Raw, *, tenant_id: str, hmac_key: bytes) -> Raw:
    try:
        name = STRING.decode(raw)
    except msgspec.DecodeError:
        return raw
    return Raw(ENCODER.encode(alias(name, tenant_id=tenant_id, hmac_key=hmac_key)))


def alias(name: str, *, tenant_id: str, hmac_key: bytes) -> str:
    """The same for the same tenant and name, and meaningless to everybody else."""
    digest = hmac.digest(hmac_key, f"{tenant_id}\0{name}".encode(), "sha256")
    return digest.hex()[:ALIAS_CHARS]
