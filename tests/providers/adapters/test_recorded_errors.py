"""Every recorded error, judged: nothing a vendor answered falls between the classes."""

from typing import Final

import pytest

from providers.adapters.base import RETRYABLE, Adapter, VerdictClass
from providers.adapters.registry import ADAPTERS
from tests.protocols.corpus import Record, needs_corpus, records

KINDS: Final = {
    "openai.chat": "openai",
    "openai.embeddings": "openai",
    "anthropic.messages": "anthropic",
    "*.chat": "openai_compatible",
    "*.embeddings": "openai_compatible",
}
# What a status may be taken for; the words of the answer decide among them.
MAY_BE: Final[dict[int, set[VerdictClass]]] = {
    400: {"client_error", "context_window", "content_policy", "model_missing", "quota"},
    401: {"auth"},
    402: {"quota"},
    403: {"auth", "model_missing", "content_policy"},
    404: {"model_missing", "client_error"},
    413: {"client_error", "context_window"},
    422: {"client_error", "context_window", "content_policy"},
    429: {"rate_limited", "quota"},
    500: {"server_error", "overloaded"},
    501: {"client_error"},
    502: {"server_error", "overloaded"},
    503: {"overloaded"},
    529: {"overloaded"},
}


def judged(adapter: Adapter, record: Record) -> VerdictClass:
    answer = record.response
    headers = {name.lower(): value for name, value in answer.headers.items()}
    return adapter.verdict(answer.status, headers, answer.body).cls


@needs_corpus
@pytest.mark.parametrize("api", KINDS)
def test_every_recorded_answer_has_the_verdict_of_its_status(api: str) -> None:
    adapter = ADAPTERS[KINDS[api]]
    answers = list(records(api))
    assert answers
    for record in answers:
        cls, status = judged(adapter, record), record.response.status
        if status == 200:
            assert cls == "ok" or "error_in_200" in record.features, record.id
        else:
            assert cls in MAY_BE[status], (record.id, cls)


@needs_corpus
def test_models_that_do_not_exist_are_missing_whoever_says_so() -> None:
    missing = 0
    for record in records("*.chat", everything=True):
        if record.response.status == 404 and "nonexist" in (record.model or ""):
            cls = judged(ADAPTERS["openai_compatible"], record)
            assert cls == "model_missing", record.id
            assert cls in RETRYABLE
            missing += 1
    assert missing
