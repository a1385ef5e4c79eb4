import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
import structlog

from gateway import logs


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level, configuration = root.handlers[:], root.level, structlog.get_config()
    yield
    root.handlers[:], root.level = handlers, level
    structlog.configure(**configuration)
    structlog.contextvars.clear_contextvars()


def written(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_says_when_what_where_and_in_which_request(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure(level="info", format="json", role="all")
    structlog.contextvars.bind_contextvars(request_id="req_1")
    structlog.get_logger("accounts.services").info("key_created", key_id="key_1", count=3)
    [line] = written(capsys)
    assert list(line)[:7] == ["ts", "level", "event", "logger", "pid", "role", "request_id"]
    assert line["event"] == "key_created"
    assert line["ts"].endswith("Z")
    assert line["role"] == "all"
    assert line["count"] == 3


def test_libraries_are_heard_in_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="info", format="json", role="all")
    logging.getLogger("some.library").warning("retrying %s", "once")
    logging.getLogger("some.library").debug("not at this level")
    [line] = written(capsys)
    assert line["event"] == "library_message"
    assert line["message"] == "retrying once"
    assert line["logger"] == "some.library"


def test_secrets_never_reach_the_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure(level="info", format="json", role="all")
    log = structlog.get_logger("x")
    log.info(
        "refused", key="sy-live-abcdef-CANARY", headers={"Authorization": "Bearer CANARYCANARY"}
    )
    try:
        raise ValueError("postgresql://app:CANARY@db/x")
    except ValueError:
        log.exception("failed", password="CANARY")
    logging.getLogger("lib").error("cannot connect to redis://:CANARY@cache:6379")
    logs.configure(level="info", format="console", role="all")
    log.info("refused", key="sy-live-abcdef-CANARY")
    assert "CANARY" not in capsys.readouterr().out


def test_the_same_error_is_written_once_in_a_while(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    logs.configure(level="info", format="json", role="all")
    log = structlog.get_logger("x")
    for _ in range(5):
        log.error("database_out")
        logging.getLogger("x").error("also %s", "out")
    log.error("another")
    assert [line["event"] for line in written(capsys)] == [
        "database_out",
        "library_message",
        "another",
    ]
    monkeypatch.setattr(logs, "REPEAT_AFTER_S", 0.0)
    log.error("database_out")
    assert written(capsys)[0]["repeated"] == 4


def test_what_is_remembered_of_errors_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "REMEMBERED_ERRORS", 3)
    repeated = logs.RepeatedErrors()

    def record(event: str) -> logging.LogRecord:
        return logging.LogRecord("x", logging.ERROR, "", 0, event, (), None)

    assert all(repeated.filter(record(f"e{number}")) for number in range(10))
    assert repeated.filter(record("e0"))
    assert not repeated.filter(record("e9"))


def test_a_person_at_a_terminal_reads_lines_and_not_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure(level="info", format="console", role="all")
    structlog.get_logger("x").info("key_created", count=3)
    assert "key_created" in capsys.readouterr().out
    assert not capsys.readouterr().out.startswith("{")


@pytest.mark.parametrize("format_", ["json", "console"])
def test_the_request_line(capsys: pytest.CaptureFixture[str], format_: str) -> None:
    lines = logs.request_log(format=format_, role="edge")
    lines.note(
        {
            "request_id": "req_1",
            "method": "GET",
            "path": "/x?key=CANARY",
            "status": 200,
            "duration_ms": 1.5,
        }
    )
    lines.flush()
    out = capsys.readouterr().out
    assert "CANARY" not in out
    assert "duration_ms" in out
    if format_ == "json":
        line = msgspec.json.decode(out)
        assert line["event"] == "request"
        assert line["role"] == "edge"
        assert line["status"] == 200


def test_django_and_granian_are_set_up_by_the_same_formatter(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.configure_django({"level": "warning", "format": "json"})
    logging.getLogger("django").warning("heard")
    assert written(capsys)[0]["role"] == "cli"
    script = (
        "import logging.config\nfrom gateway import logs\n"
        "logging.config.dictConfig(logs.granian_config(format='json', role='all'))\n"
        "logging.getLogger('_granian').info('Listening')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert msgspec.json.decode(done.stdout)["message"] == "Listening"
