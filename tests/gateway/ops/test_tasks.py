import os
import ssl
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
from celery import Celery

from gateway.ops.tasks import beat_command, broker_url, worker_command
from tests.contracts.tree import ROOT


@pytest.mark.parametrize("command", ["worker", "beat"])
def test_celery_draws_no_banner_into_the_log(command: str, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    commands = {"worker": worker_command(threads=True), "beat": beat_command(var=tmp_path)}
    with subprocess.Popen(
        commands[command],
        cwd=ROOT,
        env={**os.environ, "LOG_FORMAT": "json"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        first = process.stdout.readline()
        process.kill()
    assert msgspec.json.decode(first)["role"] == command


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
