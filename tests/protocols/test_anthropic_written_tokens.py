"""What was written to a cache is never counted as fresh, however it was split."""

from typing import Any

import pytest

from protocols.anthropic_messages.usage import read_usage


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ({}, None),
        ({"cache_creation_input_tokens": 0}, {"5m": 0}),
        ({"cache_creation_input_tokens": 12}, {"5m": 12}),
        ({"cache_creation": {"ephemeral_1h_input_tokens": 5}}, {"1h": 5}),
        (
            {
                "cache_creation_input_tokens": 12,
                "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            },
            {"5m": 12, "1h": 0},
        ),
        (
            {
                "cache_creation_input_tokens": 12,
                "cache_creation": {"ephemeral_5m_input_tokens": 4, "ephemeral_1h_input_tokens": 8},
            },
            {"5m": 4, "1h": 8},
        ),
    ],
)
def test_all_written_tokens_have_a_time_to_live(
    said: dict[str, Any], written: dict[str, int] | None
) -> None:
    usage = read_usage({"input_tokens": 1, **said})
    assert usage is not None
    assert usage.cache_write_tokens == written
