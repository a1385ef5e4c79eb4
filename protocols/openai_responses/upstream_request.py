"""A request, written for a vendor that speaks Responses.

Law: nothing here raises; what cannot be said is a loss, and what is the vendor's default is none.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec

from protocols import ir
from protocols.cache_points import placed
from protocols.codec import Encoded, Memo, Target
from protocols.ir import Request
from protocols.losses import is_usual
from protocols.media import linked_media
from protocols.openai_efforts import word_asked, word_sent
from protocols.openai_responses.sending import Sending
from protocols.openai_responses.upstream_items import ItemWriter
from protocols.openai_responses.upstream_parts import FETCHED
from protocols.openai_responses.upstream_tools import add_tools, write_output
from protocols.openai_responses.wire import ENCRYPTED, LOGPROBS, noted, rest_within

# Name here, code of the loss, and what the vendor takes for granted.
SAMPLING: Final = (("temperature", "temperature", 1), ("top_p", "top_p", 1))
# What the dialect has no words for.
UNSAID: Final = (
    ("top_k", "top_k", None),
    ("seed", "seed", None),
    ("presence_penalty", "penalties", 0),
    ("frequency_penalty", "penalties", 0),
    ("candidates", "n", 1),
    ("stop", "stop", ()),
)
# Of the dialect's own fields, those that are put together here.
SAID: Final = ("text", noted("user"))
# Of other dialects' fields: every stream says what it used.
ASKED_ANYWAY: Final = ("stream_options",)
LEAST_TOKENS: Final = 16
LONGEST_USER: Final = 64
TIERS: Final[Mapping[str, str]] = {
    "auto": "auto",
    "default": "default",
    "flex": "flex",
    "priority": "priority",
    "standard": "default",
    "standard_only": "default",
}
USUAL_TIERS: Final = frozenset({"auto", "default", "standard", "standard_only"})


def wants(request: Request, target: Target) -> tuple[str, ...]:
    """Links the target cannot fetch."""
    found = dict.fromkeys(
        media.url
        for media in linked_media(request)
        if media.url.startswith(FETCHED)
        and media.kind not in target.refuses
        and (media.kind == "audio" or media.url.partition(":")[0] not in target.links)
    )
    return tuple(found)


def encode_request(request: Request, target: Target, seed: str) -> Encoded:
    sending = Sending(request, target)
    if not sending.is_same:
        request = placed(request)
    writer = ItemWriter(sending)
    writer.write(request.messages)
    said: dict[str, Any] = {"model": target.model}
    if writer.instructions is not None:
        said["instructions"] = writer.instructions
    if writer.items or not sending.is_same:
        said["input"] = writer.items
    add_tools(said, request, sending)
    schema_tool = _add_text(said, request, sending)
    _add_reasoning(said, request.reasoning, sending)
    _add_sampling(said, request, sending)
    _add_rest(said, request, sending)
    if request.stream:
        said["stream"] = True
    extra = {
        key: raw
        for key, raw in (request.extra or {}).items()
        if key not in (SAID if sending.is_same else ASKED_ANYWAY)
    }
    sending.rest(said, extra, "")
    memo = Memo(
        seed=seed,
        names=sending.names.asked(),
        custom=frozenset(sending.custom),
        schema_tool=schema_tool,
    )
    body = msgspec.json.encode(said)
    return Encoded(body=body, losses=tuple(sending.losses.found), memo=memo)


def _add_text(said: dict[str, Any], request: Request, sending: Sending) -> str | None:
    text: dict[str, Any] = {}
    schema_tool = write_output(text, said, request, sending)
    if request.verbosity is not None:
        if sending.knows_openai and sending.takes("verbosity"):
            text["verbosity"] = request.verbosity
        elif request.verbosity != "medium":
            sending.losses.add("verbosity", "verbosity", "the target takes none")
    if sending.is_same:
        text |= rest_within(request.extra, "text")
    if text:
        said["text"] = text
    return schema_tool


def _add_reasoning(said: dict[str, Any], reasoning: ir.Reasoning | None, sending: Sending) -> None:
    if reasoning is None:
        return
    told: dict[str, Any] = {}
    word = word_asked(reasoning, sending.target)
    if word is not None:
        takes, is_same = sending.takes("reasoning"), sending.is_same
        sent = word_sent(word, sending.target, sending.losses, takes=takes, is_same=is_same)
        told |= {} if sent is None else {"effort": sent}
    thinks = sending.is_same or (sending.takes("reasoning") and sending.target.effort != "none")
    if reasoning.show in {"summary", "full"} and thinks:
        told["summary"] = "auto"
    if sending.is_same:
        sending.rest(told, reasoning.extra, "reasoning")
    else:
        sending.losses.unknown(reasoning.extra, path="reasoning")
    if told:
        said["reasoning"] = told


def _add_sampling(said: dict[str, Any], request: Request, sending: Sending) -> None:
    sampling = request.sampling
    for name, code, usual in SAMPLING:
        value = getattr(sampling, name)
        if value is None:
            continue
        if sending.takes(name):
            said[name] = value
        elif value != usual and not is_usual(request.dialect, name, value):
            sending.losses.add(code, name, "the target takes none")
    for name, code, unsaid in UNSAID:
        value = getattr(sampling, name)
        if value not in {None, unsaid} and not is_usual(request.dialect, name, value):
            sending.losses.add(code, name, "Responses has none")
    _add_max_tokens(said, sampling.max_tokens, sending)
    asks = sampling.logprobs or sampling.top_logprobs
    if asks and not sending.takes("logprobs"):
        sending.losses.add("logprobs", "logprobs", "the target takes none")
    elif sampling.top_logprobs is not None:
        said["top_logprobs"] = sampling.top_logprobs
    included = [LOGPROBS] if asks and sending.takes("logprobs") else []
    if sending.is_openai and sending.target.effort != "none" and sending.takes("reasoning"):
        included.append(ENCRYPTED)
    if included and not sending.is_same:
        said["include"] = included


def _add_max_tokens(said: dict[str, Any], asked: int | None, sending: Sending) -> None:
    if asked is None:
        return
    given, most = asked, sending.target.max_tokens
    if not sending.is_same:
        given = max(LEAST_TOKENS, asked if most is None else min(asked, most))
    if given != asked:
        sending.losses.add("max_tokens", "max_tokens", f"the target takes {given} here")
    said["max_output_tokens"] = given


def _add_rest(said: dict[str, Any], request: Request, sending: Sending) -> None:
    for name, code, value in (
        ("prompt_cache_key", "cache_key", request.cache_key),
        ("metadata", "metadata", request.metadata),
    ):
        if value is None:
            continue
        if sending.knows_openai and sending.takes(name):
            said[name] = value
        elif value:
            sending.losses.add(code, name, "the target takes none")
    _add_tier(said, request.service_tier, sending)
    _add_user(said, request, sending)
    _add_store(said, request, sending)
    if request.previous_response_id is not None:
        said["previous_response_id"] = request.previous_response_id
    for kind in request.modalities:
        if kind != "text":
            why = "answers in Responses are text"
            sending.losses.add(kind, "modalities", why, content=True)


def _add_tier(said: dict[str, Any], tier: str | None, sending: Sending) -> None:
    if tier is None:
        return
    sent = tier if sending.is_same else TIERS.get(tier)
    if sent is not None and sending.knows_openai and sending.takes("service_tier"):
        said["service_tier"] = sent
    elif tier not in USUAL_TIERS:
        sending.losses.add("service_tier", "service_tier", "the target has no such tier")


def _add_user(said: dict[str, Any], request: Request, sending: Sending) -> None:
    user = request.end_user
    if user is None:
        return
    if sending.is_same:
        is_old = noted("user") in (request.extra or {})
        said["user" if is_old else "safety_identifier"] = user
        return
    is_long = len(user) > LONGEST_USER
    said["safety_identifier" if sending.is_openai else "user"] = (
        sha256(user.encode(errors="replace")).hexdigest() if is_long else user
    )


def _add_store(said: dict[str, Any], request: Request, sending: Sending) -> None:
    """Elsewhere nothing is kept unless it is asked for, here it is unless it is forbidden."""
    store = request.store
    if sending.is_same:
        if store is not None and sending.takes("store"):
            said["store"] = store
        return
    if store:
        sending.losses.add("store", "store", "the answer is not stored")
    if sending.takes("store"):
        said["store"] = False
