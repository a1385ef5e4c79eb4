"""Counters per window in the cache."""

import logging
from typing import Final

import redis
from django.core.cache import cache

log = logging.getLogger(__name__)

NOT_COUNTED: Final = 0


def count(bucket: str, *, window_s: int) -> int:
    """How often this bucket was counted within the window; NOT_COUNTED while the cache is away."""
    try:
        cache.add(bucket, 0, timeout=window_s)
        return int(cache.incr(bucket))
    except (redis.RedisError, ValueError) as error:
        # ValueError: the counter expired between the two.
        log.warning("management counters without their cache: %s", type(error).__name__)
        return NOT_COUNTED
