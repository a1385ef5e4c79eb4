"""A request, written for a vendor that speaks Chat.

Law: nothing here raises; what cannot be said is a loss, and what is the vendor's default is none.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import msgspec
from msgspec import Raw

from protocols import ir
from protocols.cache_points import placed
from protocols.codec import Encoded, Memo, Target
from protocols.ir import Request
from protocols.losses import CODES, is_silent, is_usual
from protocols.media import linked_media
from protocols.openai_chat.notes import MAX_TOKENS, ONE_STOP, SAFETY
from protocols.openai_chat.sending import Sending
from protocols.openai_chat.upstream_messages import MessageWriter
from protocols.openai_chat.upstream_parts import FETCHED
from protocols.openai_chat.upstream_tools import add_output, add_tools
from protocols.openai_efforts import word_asked, word_sent

# Name here, concept, code of the loss, and what the vendor takes for granted.
SAMPLING: Final = (
    ("temperature", "temperature", 1),
    ("top_p", "top_p", 1),
    ("seed", "seed", None),
    ("presence_penalty", "penalties", 0),
    ("frequency_penalty", "penalties", 0),
    ("logprobs", "logprobs", False),
    ("top_logprobs", "logprobs", 0),
)
MOST_STOPS: Final = 4
LONGEST_USER: Final = 64
# What tiers of others are called here; who names no other wants what is usual.
TIERS: Final[Mapping[str, str]] = {
    "auto": "auto",
    "default": "default",
    "flex": "flex",
    "priority": "priority",
    "standard": "default",
    "standard_only": "default",
}
USUAL_VERBOSITY: Final = "medium"
USUAL_TIERS: Final = frozenset({"auto", "default", "standard", "standard_only"})


def wants(request: Request, target: Target) -> tuple[str, ...]:
    """Links the target cannot fetch; where only other dialects have links, all of them."""
    in_place = set() if request.dialect == "openai.chat" else {"document", "audio"}
    found = dict.fromkeys(
        media.url
        for media in linked_media(request)
        if media.url.startswith(FETCHED)
        and media.kind not in target.refuses
        and (media.kind in in_place or media.url.partition(":")[0] not in target.links)
    )
    return tuple(found)


def encode_request(request: Request, target: Target, seed: str) -> Encoded:
    sending = Sending(request, target)
    if not sending.is_same:
        request = placed(request)
    said: dict[str, Any] = {"model": target.model}
    said["messages"] = MessageWriter(sending).write(request.messages)
    add_tools(said, request, sending)
    schema_tool = add_output(said, request, sending)
    _add_sampling(said, request, sending)
    _add_max_tokens(said, request, sending)
    _add_stop(said, request, sending)
    _add_reasoning(said, request.reasoning, sending)
    _add_rest(said, request, sending)
    if request.stream:
        said["stream"] = True
        if sending.takes("stream_options"):
            said["stream_options"] = {"include_usage": True}
    extra = (request.extra or {}).items()
    taken = {key: raw for key, raw in extra if _is_taken(key, raw, sending)}
    sending.rest(said, taken, "")
    memo = Memo(
        seed=seed,
        names=sending.names.asked(),
        custom=frozenset(sending.custom),
        schema_tool=schema_tool,
    )
    return Encoded(body=msgspec.json.encode(said), losses=tuple(sending.losses.found), memo=memo)


def _is_taken(key: str, raw: Raw, sending: Sending) -> bool:
    if sending.takes(key):
        return True
    if key != "stream_options" and not is_silent(key, raw):
        sending.losses.add(CODES.get(key, f"other:{key}"), key, "the target takes none")
    return False


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
    if sampling.top_k is not None:
        # Nobody but the servers of open models knows it, and some refuse what they do not know.
        if sending.is_same and sending.takes("top_k"):
            said["top_k"] = sampling.top_k
        elif not is_usual(request.dialect, "top_k", sampling.top_k):
            sending.losses.add("top_k", "top_k", "Chat has none")
    if sampling.candidates is not None:
        if sending.takes("n"):
            said["n"] = sampling.candidates
        elif sampling.candidates != 1:
            sending.losses.add("n", "n", "the target answers once")


def _add_max_tokens(said: dict[str, Any], request: Request, sending: Sending) -> None:
    asked = request.sampling.max_tokens
    if asked is None:
        return
    most = sending.target.max_tokens
    given = asked
    if not sending.is_same:
        given = max(1, asked if most is None else min(asked, most))
    if given != asked:
        sending.losses.add("max_tokens", "max_tokens", f"the target takes {given} here")
    said[_key_of_max_tokens(request, sending)] = given


def _key_of_max_tokens(request: Request, sending: Sending) -> str:
    """OpenAI has a new name for it, which other servers need not know."""
    is_new = sending.is_openai
    if sending.is_same:
        is_new = not sending.noted(request.extra, MAX_TOKENS)
    new, old = "max_completion_tokens", "max_tokens"
    return new if not sending.takes(old) or (is_new and sending.takes(new)) else old


def _add_stop(said: dict[str, Any], request: Request, sending: Sending) -> None:
    stop = request.sampling.stop
    if not stop:
        return
    if not sending.takes("stop"):
        sending.losses.add("stop", "stop", "the target takes none")
        return
    kept = stop if sending.is_same else stop[:MOST_STOPS]
    if len(kept) < len(stop):
        sending.losses.add("stop", "stop", f"Chat takes {MOST_STOPS} at most")
    said["stop"] = stop[0] if sending.noted(request.extra, ONE_STOP) else kept


def _add_reasoning(said: dict[str, Any], reasoning: ir.Reasoning | None, sending: Sending) -> None:
    if reasoning is None:
        return
    sending.losses.unknown(None if sending.is_same else reasoning.extra, path="reasoning")
    word = word_asked(reasoning, sending.target)
    target = sending.target
    if reasoning.show in {"summary", "full"} and sending.is_openai and not sending.is_same:
        sending.losses.add("reasoning", "reasoning.show", "Chat cannot ask for it")
    if target.effort == "adaptive" and (word is not None or reasoning.mode is not None):
        # DeepSeek, GLM and Kimi have a switch beside the word.
        said["thinking"] = {"type": "disabled" if word == "none" else "enabled"}
        word = word if target.efforts and word != "none" else None
    if word is None:
        return
    takes, is_same = sending.takes("reasoning"), sending.is_same
    sent = word_sent(word, target, sending.losses, takes=takes, is_same=is_same)
    if sent is not None:
        said["reasoning_effort"] = sent


def _add_rest(said: dict[str, Any], request: Request, sending: Sending) -> None:
    """What all vendors may have words for, and OpenAI has."""
    _add_known(said, "verbosity", "verbosity", request.verbosity, sending)
    _add_known(said, "prompt_cache_key", "cache_key", request.cache_key, sending)
    _add_tier(said, request.service_tier, sending)
    _add_user(said, request, sending)
    _add_modalities(said, request, sending)
    if request.metadata is not None:
        # OpenAI keeps them with what it stores, and refuses them otherwise.
        if sending.is_same and sending.takes("metadata"):
            said["metadata"] = request.metadata
        elif request.metadata:
            sending.losses.add("metadata", "metadata", "there is nothing they could stand with")
    if request.store is not None:
        if sending.is_same and sending.takes("store"):
            said["store"] = request.store
        elif request.store:
            sending.losses.add("store", "store", "the answer is not stored")
    if request.previous_response_id is not None:
        path = "previous_response_id"
        sending.losses.add(f"other:{path}", path, "Chat remembers nothing", content=True)


def _add_known(
    said: dict[str, Any], name: str, code: str, value: str | None, sending: Sending
) -> None:
    if value is None:
        return
    if sending.knows_openai and sending.takes(name):
        said[name] = value
    elif name != "verbosity" or value != USUAL_VERBOSITY:
        sending.losses.add(code, name, "the target takes none")


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
    key = "safety_identifier" if sending.noted(request.extra, SAFETY) else "user"
    if not sending.takes(key):
        sending.losses.add(f"other:{key}", key, "the target takes none")
        return
    is_long = len(user) > LONGEST_USER and not sending.is_same
    said[key] = sha256(user.encode(errors="replace")).hexdigest() if is_long else user


def _add_modalities(said: dict[str, Any], request: Request, sending: Sending) -> None:
    asked = request.modalities
    if sending.is_same and asked:
        said["modalities"] = asked
        return
    for modality in asked:
        if modality != "text":
            why = "Chat wants to know more of it"
            sending.losses.add(modality, "modalities", why, content=True)
