import io
import time
from collections.abc import Mapping
from typing import Any

import pytest

from gateway.telemetry import request_log
from gateway.telemetry.request_log import RequestLog


def render(fields: Mapping[str, Any]) -> str:
    assert fields["ts"]
    return f"{fields['path']} {fields.get('lines_dropped', 0)}"


def test_lines_are_written_in_order_without_the_caller() -> None:
    stream = io.StringIO()
    lines = RequestLog(stream=stream, render=render)
    lines.start()
    lines.start()
    for number in range(3):
        lines.note({"path": f"/{number}"})
    deadline = time.monotonic() + 5
    while not stream.getvalue() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert stream.getvalue() == "/0 0\n/1 0\n/2 0\n"


def test_flush_writes_at_once() -> None:
    stream = io.StringIO()
    lines = RequestLog(stream=stream, render=render)
    lines.flush()
    lines.note({"path": "/a"})
    lines.flush()
    assert stream.getvalue() == "/a 0\n"


def test_a_full_queue_drops_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_log, "MAX_WAITING", 2)
    stream = io.StringIO()
    lines = RequestLog(stream=stream, render=render)
    for number in range(5):
        lines.note({"path": f"/{number}"})
    lines.flush()
    assert stream.getvalue() == "/0 3\n/1 0\n"
