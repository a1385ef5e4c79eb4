"""ST-23: what SQL finds and what fits in memory are the same, whatever is asked of whatever."""

from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.access import Access
from accounts.tenancy import tenant_scope
from billing.request_facts import Facts
from billing.request_filters import (
    CACHE_STATES,
    FILTERS,
    LANES,
    STATUSES,
    Sight,
    conditions_of,
    fits,
)
from billing.selectors.requests import Search, found
from billing.windows import Span
from tests.accounts.world import Town, make_town
from tests.billing.exchanges import make_record

IDS: Final = [f"0198c0de-0000-7000-8000-00000000000{number}" for number in range(4)]
WORDS: Final = ["fast", "FAST-2", "gpt_4%", "a\\b", "opus"]
DIALECTS: Final = ["openai.chat", "gemini.generate"]
MODELS: Final = st.sampled_from(["", *WORDS])
MAYBE_ID: Final = st.sampled_from([None, *IDS])

RECORDS: Final = st.fixed_dictionaries(
    {
        "status": st.sampled_from(
            [status for status in STATUSES if status not in {"running", "error"}]
        ),
        "error_code": st.sampled_from(["", "rate_limited", "Overloaded"]),
        "requested_model": MODELS,
        "served_model": MODELS,
        "provider": MODELS,
        "provider_id": MAYBE_ID,
        "credential": MODELS,
        "credential_id": MAYBE_ID,
        "key_id": st.sampled_from(["", "key_0123456789ab"]),
        "user_id": MAYBE_ID,
        "team_id": MAYBE_ID,
        "session_hash": MODELS,
        "source": st.sampled_from(["api", "console"]),
        "dialect": st.sampled_from(["openai_chat", "anthropic_messages"]),
        "target_dialect": st.sampled_from(DIALECTS),
        "lane": st.sampled_from(LANES),
        "stream": st.booleans(),
        "cache_state": st.sampled_from(CACHE_STATES),
        "attempts": st.integers(0, 3),
        "degraded": st.lists(st.sampled_from(WORDS), max_size=2),
        "in_audio": st.integers(0, 3),
        "out_image": st.integers(0, 3),
        "latency_ms": st.integers(0, 3),
        "charge_nano": st.integers(-1, 3),
        "cost_nano": st.sampled_from([None, 1]),
    }
)
TEXT: Final = st.sampled_from(
    ["", *WORDS, *IDS, "as", "%", "_", "\\", "RATE", IDS[0].upper()]
).filter(bool)
FIGURE: Final = st.sampled_from(["0", "1", "4", "473", str(2**70 // 2**8)])
VALUES: Final = {
    **dict.fromkeys(FILTERS, TEXT),
    **{name: st.sampled_from(row.choices) for name, row in FILTERS.items() if row.choices},
    "target_dialect": st.sampled_from(DIALECTS),
    "error_code": st.sampled_from(["rate_limited", "Overloaded"]),
    "user": st.sampled_from([*IDS, IDS[1].upper()]),
    "cost_gte": st.sampled_from(["0", "0.000000001", "0.000000002", "9000000000"]),
    "latency_ms_gte": FIGURE,
    "tokens_gte": FIGURE,
}
ASKED: Final = st.dictionaries(
    st.sampled_from([spelled for name in FILTERS for spelled in (name, f"not.{name}")]),
    st.none(),
    max_size=3,
).flatmap(
    lambda names: st.fixed_dictionaries(
        {
            name: st.lists(VALUES[name.removeprefix("not.")], min_size=1, max_size=3)
            for name in names
        }
    )
)
SIGHTS: Final = st.builds(
    Sight,
    is_wide=st.booleans(),
    team_ids=st.frozensets(st.sampled_from(IDS), max_size=2),
    user_id=MAYBE_ID,
)


@pytest.mark.django_db
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(records=st.lists(RECORDS, min_size=1, max_size=4), asked=ASKED, sight=SIGHTS)
def test_sql_and_memory_agree(
    town: Town, records: list[dict[str, Any]], asked: dict[str, list[str]], sight: Sight
) -> None:
    made = [make_record(town, **record) for record in records]
    start = min(record.started_at for record in made)
    span = Span(start=start, end=made[-1].started_at + timedelta(seconds=1))
    wide = Sight(is_wide=True)
    with tenant_scope(tenant_id=town.tenant.pk):
        everything = found(Search(sight=wide, span=span), most=100)
        conditions = conditions_of(asked)
        told = found(Search(sight=sight, span=span, conditions=conditions), most=100)
    wanted = [facts for facts in everything if sight.fits(facts) and fits(conditions, facts)]
    assert len(everything) >= len(made)
    assert told == wanted


@pytest.fixture
def town(db: None) -> Town:
    return make_town()


def test_an_id_in_q_is_the_whole_id_or_nothing() -> None:
    facts = Facts(request_id=IDS[0], started_us=0, status="ok", requested_model="fast")
    for text, fitting in ((IDS[0], True), (f"req_{IDS[0]}", True), (IDS[1], False), ("ast", True)):
        assert fits(conditions_of({"q": [text]}), facts) is fitting


def test_what_runs_is_found_in_memory_alone() -> None:
    running = Facts(request_id=IDS[0], started_us=0, status="running")
    assert fits(conditions_of({"status": ["running", "ok"]}), running)
    assert not fits(conditions_of({"status": ["error"]}), running)


def test_who_holds_nothing_sees_nothing() -> None:
    sight = Sight.of(Access(capabilities=frozenset()))
    assert not sight.fits(Facts(request_id=IDS[0], started_us=0, status="ok"))
