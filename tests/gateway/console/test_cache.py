"""The cache speaks MessagePack: whatever sign-in keeps there comes back as it was."""

import datetime as dt
import socket
import time
from typing import Any

import pytest
import redis
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from hypothesis import given
from hypothesis import strategies as st

from gateway.console.cache import MsgpackSerializer

SIMPLE = (
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**63), max_value=2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
)
VALUES = st.recursive(SIMPLE, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))


def test_a_cache_that_takes_connections_and_never_answers_is_given_up_soon(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        url = f"redis://127.0.0.1:{frozen.getsockname()[1]}/0"
        silent = RedisCache(url, {"OPTIONS": settings.CACHES["default"]["OPTIONS"]})
        began = time.monotonic()
        with pytest.raises(redis.RedisError):
            silent.get("anything")
        assert time.monotonic() - began < 4


@given(VALUES)
def test_every_plain_value_survives(value: Any) -> None:
    serializer = MsgpackSerializer()
    stored = serializer.dumps(value)
    on_the_wire = str(stored).encode() if isinstance(stored, int) else stored

    found = serializer.loads(on_the_wire)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("text", ["1", "-1", " 1", "0x1", ""])
def test_digits_in_a_text_stay_text(text: str) -> None:
    serializer = MsgpackSerializer()

    stored = serializer.dumps(text)

    assert isinstance(stored, bytes)
    assert serializer.loads(stored) == text


@pytest.mark.parametrize(
    "value",
    [
        True,  # a lock of allauth's rate limit
        [1700000000.25, 1699999999.5],  # its history
        "y",  # a code that was used
        dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    ],
)
def test_what_sign_in_keeps_survives_redis(db: None, value: Any) -> None:
    cache.set("kept", value, timeout=60)

    assert cache.get("kept") == value


def test_counters_count_in_redis(db: None) -> None:
    cache.add("count", 0, timeout=60)

    assert [cache.incr("count"), cache.incr("count")] == [1, 2]
    assert cache.get("count") == 2


def test_an_object_that_would_need_pickle_is_refused(db: None) -> None:
    with pytest.raises(TypeError):
        cache.set("object", object(), timeout=60)
