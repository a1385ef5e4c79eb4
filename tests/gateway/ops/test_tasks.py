import ssl
from typing import Any

import pytest
from celery import Celery

from gateway.ops.tasks import broker_url


def connection_to(url: str) -> Any:
    return Celery(broker=url, set_as_current=False).connection_for_write()


@pytest.mark.parametrize(
    ("url", "spelled"),
    [
        ("redis://:secret@cache:6379/2", "redis://:secret@cache:6379/2"),
        (
            "unix://user:s%40cret@/run/redis.sock?db=2",
            "redis+socket://user:s%40cret@/run/redis.sock?virtual_host=2",
        ),
        ("unix:///run/redis.sock", "redis+socket:///run/redis.sock?virtual_host=0"),
    ],
)
def test_one_spelling_of_a_server_serves_celery_too(url: str, spelled: str) -> None:
    assert broker_url(url) == spelled
    assert connection_to(spelled).transport.driver_name == "redis"


@pytest.mark.parametrize(
    ("given", "checked"),
    [
        ("", ssl.CERT_REQUIRED),
        ("?ssl_cert_reqs=none", ssl.CERT_NONE),
    ],
)
def test_the_broker_s_certificate_is_checked_unless_the_url_says_otherwise(
    given: str, checked: ssl.VerifyMode
) -> None:
    connection = connection_to(broker_url(f"rediss://:secret@cache:6379/0{given}"))
    assert connection.ssl["ssl_cert_reqs"] == checked
