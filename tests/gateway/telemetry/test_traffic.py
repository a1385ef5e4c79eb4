"""The metrics of model traffic, as a scraper reads them."""

from typing import Any

import msgspec
import pytest
from prometheus_client import REGISTRY

from accounts.specs import TenantSpec
from gateway.edge.exchange import Attempt, Candidate, Exchange
from gateway.edge.stages.record import record
from gateway.telemetry.traffic import SERIES_PER_LABELS, Traffic
from protocols import ir
from protocols.errors import Problem
from providers.specs import CredentialSpec
from tests.gateway.edge.plane import Meter, exchange, key_spec, plane
from tests.routing.world import ACME, CHAT_SURFACE, provider, target

LABELS = {
    "dialect": "openai.chat",
    "model": "gpt-4",
    "provider": "traffic",
    "status_class": "2xx",
    "stream": "no",
    "lane": "native",
}


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"switchyard_{name}", labels) or 0.0


def served(*, usage: ir.Usage | None = None, slug: str = "traffic", **fields: Any) -> Exchange:
    """An exchange after its last stage."""
    runtime = plane(metrics=Meter())
    made = exchange(runtime, body=b"x" * 400)
    spec = target("gpt-4")
    candidate = Candidate(provider=provider(slug, spec), target=spec, surface=CHAT_SURFACE)
    attempt = Attempt(
        candidate=candidate,
        credential=CredentialSpec(id="c", name="first", kind="none"),
        began_at=100.001,
    )
    made.key, made.tenant = key_spec(), TenantSpec(id=ACME, slug="acme")
    made.body, made.text_bytes, made.lane, made.answer_status = b"x" * 400, 80, "native", 200
    runtime.books.begin(made, attempt)
    made.attempts, made.delivered = [attempt], attempt
    made.usage = usage or made.usage
    for name, given in fields.items():
        setattr(made, name, given)
    attempt.sent, attempt.status, made.whole = True, made.answer_status, True
    record(made, runtime)
    return made


def test_an_exchange_counts_once_with_its_times() -> None:
    before = value("requests_total", **LABELS)

    Traffic(max_series=5_000).exchange(served(first_content_at=100.5), ended_at=101.0)

    assert value("requests_total", **LABELS) == before + 1
    assert value("request_seconds_sum", **LABELS) >= 1.0
    assert value("ttft_seconds_sum", **LABELS) >= 0.5
    assert 0 < value("overhead_seconds_sum", **LABELS) < 0.1


def test_tokens_count_by_disjoint_class() -> None:
    usage = ir.Usage(input_tokens=100, cache_read_tokens=60, output_tokens=7, reasoning_tokens=2)
    before = {
        name: value("tokens_total", **{"class": name}, provider="traffic", model="gpt-4")
        for name in ("in_fresh", "in_cache_read", "out_text", "out_reasoning")
    }

    Traffic(max_series=5_000).exchange(served(usage=usage), ended_at=101.0)

    counted = {
        name: value("tokens_total", **{"class": name}, provider="traffic", model="gpt-4") - old
        for name, old in before.items()
    }
    assert counted == {"in_fresh": 40, "in_cache_read": 60, "out_text": 5, "out_reasoning": 2}


def test_a_vendor_that_says_nothing_is_counted_by_bytes() -> None:
    made = served()

    assert made.classes is not None
    assert (made.classes.in_fresh, made.classes.out_text) == (100, 20)
    assert made.classes.source == "estimate"


def test_absurd_usage_is_flagged() -> None:
    before = value("usage_flags_total", flag="usage_rejected")

    Traffic(max_series=5_000).exchange(
        served(usage=ir.Usage(input_tokens=10**12, output_tokens=1)), ended_at=101.0
    )

    assert value("usage_flags_total", flag="usage_rejected") == before + 1


def test_errors_have_no_tokens() -> None:
    assert served(answer_status=400).classes is None
    assert served(delivered=None).classes is None


def test_an_exchange_that_reached_nobody_is_counted_without_names() -> None:
    labels = {**LABELS, "model": "none", "provider": "none", "status_class": "4xx"}
    before = value("requests_total", **labels)

    Traffic(max_series=5_000).exchange(
        served(attempts=[], delivered=None, answer_status=401), ended_at=101.0
    )

    assert value("requests_total", **labels) == before + 1


def test_a_name_of_the_clients_never_becomes_a_label() -> None:
    made = served()
    assert made.delivered is not None
    candidate = made.delivered.candidate
    unlisted = msgspec.structs.replace(candidate.target, id="", public_name="of-the-client")
    made.delivered.candidate = msgspec.structs.replace(candidate, target=unlisted)

    Traffic(max_series=5_000).exchange(made, ended_at=101.0)

    assert value("requests_total", **{**LABELS, "model": "of-the-client"}) == 0
    assert value("requests_total", **{**LABELS, "model": "other"}) >= 1


def test_series_beyond_the_most_fold_into_other() -> None:
    meter = Traffic(max_series=2 * SERIES_PER_LABELS)
    for number in range(5):
        meter.exchange(served(slug=f"fold-{number}"), ended_at=101.0)
        meter.upstream(provider=f"fold-{number}", model="m", verdict="ok", ttft_s=0.1)

    assert value("requests_total", **{**LABELS, "provider": "fold-1"}) == 1
    assert value("requests_total", **{**LABELS, "provider": "fold-4"}) == 0
    assert value("requests_total", **{**LABELS, "model": "other", "provider": "other"}) >= 3
    assert value("upstream_requests_total", provider="other", model="other", verdict="ok") >= 3


def test_a_credential_is_in_one_state() -> None:
    meter = Traffic(max_series=5_000)
    for state in ("quarantined", "active"):
        meter.credential(provider="traffic", credential="first", state=state)

    def shown(state: str) -> float:
        return value("credential_state", provider="traffic", credential="first", state=state)

    assert (shown("quarantined"), shown("active")) == (0, 1)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({}, "ok"),
        ({"answer_status": 404}, "client_error"),
        ({"answer_status": 502}, "upstream_error"),
        ({"client_gone": True}, "canceled"),
        ({"error": Problem(kind="rate_limited", message="")}, "limited"),
        ({"error": Problem(kind="blocked", message="")}, "blocked"),
        ({"error": Problem(kind="timeout", message="")}, "upstream_error"),
        ({"error": Problem(kind="internal", message="")}, "upstream_error"),
        ({"error": Problem(kind="not_found", message="")}, "client_error"),
        ({"error": Problem(kind="timeout", message=""), "sending": True}, "interrupted"),
    ],
)
def test_every_end_has_its_word(fields: dict[str, Any], status: str) -> None:
    made = served(**fields)

    assert made.status == status
    assert made.state["outcome"] == status


def test_the_log_line_tells_names_and_numbers() -> None:
    usage = ir.Usage(input_tokens=100, output_tokens=7)

    made = served(usage=usage, model="gpt-4", asked_stream=True, first_content_at=100.25)

    assert made.state == {
        "dialect": "openai.chat",
        "outcome": "ok",
        "model": "gpt-4",
        "provider": "traffic",
        "backend_key": "first",
        "attempts": 1,
        "lane": "native",
        "stream": True,
        "tokens_in": 100,
        "tokens_out": 7,
        "ttft_ms": 250.0,
        "served_s": 0.0,
    }


def test_open_streams_and_cancelled_calls_are_shown() -> None:
    meter = Traffic(max_series=5_000)
    before, canceled = value("streams_open"), value("upstream_cancel_seconds_count")
    meter.stream_opened()
    meter.stream_opened()
    meter.stream_closed()
    meter.canceled(seconds=0.01)

    assert value("streams_open") == before + 1
    assert value("upstream_cancel_seconds_count") == canceled + 1


def test_what_translation_loses_is_counted_without_the_names_of_fields() -> None:
    meter = Traffic(max_series=5_000)
    labels = {"from": "openai.chat", "to": "anthropic.messages"}
    seed = value("conversion_losses_total", code="seed", **labels)
    other = value("conversion_losses_total", code="other", **labels)
    for code in ("seed", "other:made_up", "other:too"):
        meter.lost(code=code, asked="openai.chat", spoken="anthropic.messages")

    assert value("conversion_losses_total", code="seed", **labels) == seed + 1
    assert value("conversion_losses_total", code="other", **labels) == other + 2


def test_seals_are_counted_by_what_became_of_them() -> None:
    meter = Traffic(max_series=5_000)
    before = value("seals_total", outcome="stored"), value("seals_total", outcome="refused")
    meter.sealed(outcome="stored", count=3)
    meter.sealed(outcome="refused")

    after = value("seals_total", outcome="stored"), value("seals_total", outcome="refused")
    assert after == (before[0] + 3, before[1] + 1)


def test_disorder_in_streams_is_counted() -> None:
    meter = Traffic(max_series=5_000)
    before = value("stream_disorder_total", dialect="openai.chat")
    meter.disordered(dialect="openai.chat", count=0)
    meter.disordered(dialect="openai.chat", count=2)

    assert value("stream_disorder_total", dialect="openai.chat") == before + 2
