"""How sure the model was of each token: as this dialect lists it, and as the IR does."""

from typing import Any

import msgspec
from msgspec import Raw

from protocols.ir import NOTHING
from protocols.lenient import VALUES, an_object, as_object, read


def read_logprobs(raw: Raw) -> Raw:
    """The IR's list of a `logprobsResult`; empty where it says nothing."""
    said = an_object(raw)
    tops = [_tokens(as_object(each).get("candidates")) for each in _list(said.get("topCandidates"))]
    chosen = _tokens(said.get("chosenCandidates"))
    for at, token in enumerate(chosen):
        token["top_logprobs"] = tops[at] if at < len(tops) else []
    return Raw(msgspec.json.encode(chosen)) if chosen else NOTHING


def logprobs_object(logprobs: Raw) -> dict[str, Any]:
    chosen = [as_object(each) for each in _list(read(VALUES, logprobs))]
    tops = [{"candidates": _candidates(_list(each.get("top_logprobs")))} for each in chosen]
    said: dict[str, Any] = {"chosenCandidates": _candidates(chosen)}
    return {**said, "topCandidates": tops} if any(each["candidates"] for each in tops) else said


def _tokens(listed: object) -> list[dict[str, Any]]:
    found = [as_object(each) for each in _list(listed)]
    return [
        {
            "token": str(each.get("token", "")),
            "logprob": each.get("logProbability", 0),
            "bytes": [*str(each.get("token", "")).encode(errors="replace")],
        }
        for each in found
    ]


def _candidates(listed: list[Any]) -> list[dict[str, Any]]:
    found = [as_object(each) for each in listed]
    return [
        {"token": each.get("token", ""), "logProbability": each.get("logprob", 0)} for each in found
    ]


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
