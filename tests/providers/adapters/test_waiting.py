"""How long a vendor asks us to wait, in every way vendors say it."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.base import RETRY_AFTER_CAP_S, Verdict
from providers.adapters.waiting import Wait, wait_of

MOMENT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry-after": "7"}, Wait(after_s=7)),
        ({"retry-after": " 0.5 "}, Wait(after_s=0.5)),
        ({"retry-after": "0"}, Wait(after_s=0)),
        ({"retry-after": "1000000000"}, Wait(after_s=300)),
        ({"retry-after": "1" * 400}, Wait(after_s=300)),
        ({"retry-after-ms": "1500", "retry-after": "9"}, Wait(after_s=1.5)),
        ({"retry-after": "Fri, 20 Nov 2026 08:00:00 GMT"}, Wait(at=MOMENT)),
        ({"retry-after": "Friday, 20-Nov-26 08:00:00 GMT"}, Wait(at=MOMENT)),
        ({"retry-after": "Fri, 20 Nov 2026 08:00:00 -0000"}, Wait(at=MOMENT)),
        ({"retry-after": "soon"}, Wait(after_s=30)),
        ({"retry-after": "-5"}, Wait(after_s=30)),
        ({"retry-after": ""}, Wait(after_s=30)),
        ({"retry-after": "nan"}, Wait(after_s=30)),
        ({"retry-after-ms": "soon"}, Wait(after_s=30)),
        ({}, Wait(after_s=5, guessed=True)),
        ({"x-ratelimit-reset-requests": "never"}, Wait(after_s=5, guessed=True)),
        ({"x-ratelimit-reset": ""}, Wait(after_s=5, guessed=True)),
        ({"x-ratelimit-reset-requests": "1m1.5s"}, Wait(after_s=61.5)),
        ({"x-ratelimit-reset-requests": "12ms"}, Wait(after_s=0.012)),
        ({"x-ratelimit-reset-tokens": "6m0s"}, Wait(after_s=300)),
        ({"x-ratelimit-reset-tokens": "20"}, Wait(after_s=20)),
        ({"x-ratelimit-reset": str(int(MOMENT))}, Wait(at=MOMENT)),
        ({"x-ratelimit-reset": str(int(MOMENT * 1000))}, Wait(at=MOMENT)),
        ({"anthropic-ratelimit-tokens-reset": "2026-11-20T08:00:00Z"}, Wait(at=MOMENT)),
        ({"anthropic-ratelimit-tokens-reset": "2026-11-20T08:00:00"}, Wait(at=MOMENT)),
        ({"x-ratelimit-limit-tokens": "20"}, Wait(after_s=5, guessed=True)),
    ],
)
def test_what_a_vendor_says_about_waiting_is_read(headers: dict[str, str], wait: Wait) -> None:
    assert wait_of(headers) == wait


def test_the_limit_that_is_used_up_decides() -> None:
    resets = {
        "x-ratelimit-reset-requests": "1s",
        "x-ratelimit-remaining-requests": "9",
        "x-ratelimit-reset-tokens": "20s",
        "x-ratelimit-remaining-tokens": "0",
    }
    assert wait_of(resets) == Wait(after_s=20)
    assert wait_of({**resets, "x-ratelimit-remaining-tokens": "3"}) == Wait(after_s=1)
    anthropic = {
        "anthropic-ratelimit-requests-reset": "2026-11-20T08:00:00Z",
        "anthropic-ratelimit-requests-remaining": "0",
        "anthropic-ratelimit-tokens-reset": "2026-11-20T07:00:00Z",
        "anthropic-ratelimit-tokens-remaining": "100",
    }
    assert wait_of(anthropic) == Wait(at=MOMENT)


@given(
    name=st.sampled_from(
        ["retry-after", "retry-after-ms", "x-ratelimit-reset-a", "anthropic-ratelimit-a-reset"]
    ),
    value=st.text() | st.text(st.sampled_from("0123456789.:smhT-Z Nov,")),
)
def test_whatever_a_vendor_writes_the_wait_is_bounded(name: str, value: str) -> None:
    wait = wait_of({name: value})
    verdict = Verdict(cls="rate_limited", retry_after=wait.after_s, retry_at=wait.at)
    waited = verdict.wait_s(MOMENT)
    assert waited is not None
    assert 0 <= waited <= RETRY_AFTER_CAP_S


def test_a_moment_is_judged_by_whoever_has_a_clock() -> None:
    verdict = Verdict(cls="rate_limited", retry_at=MOMENT)
    assert verdict.wait_s(MOMENT - 12) == 12
    assert verdict.wait_s(MOMENT + 12) == 0
    assert verdict.wait_s(0) == RETRY_AFTER_CAP_S
    assert Verdict(cls="ok").wait_s(0) is None
