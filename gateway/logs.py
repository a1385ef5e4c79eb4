"""Logs of every process: one JSON object a line on stdout, or readable lines on a terminal.

Laws: the same fields everywhere (`ts level event logger pid role`, in a request its ids); the last
processor hides secrets; the same error is written at most once in ten seconds; never a body.
"""

import logging
import os
import sys
import time
from collections.abc import Mapping, MutableMapping
from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import msgspec
import structlog

from gateway.telemetry.redaction import redacted_fields, redacted_line
from gateway.telemetry.request_log import RequestLog

EventDict: TypeAlias = MutableMapping[str, Any]

FIRST_FIELDS: Final = ("ts", "level", "event", "logger", "pid", "role", "request_id")
REPEAT_AFTER_S: Final = 10.0
REMEMBERED_ERRORS: Final = 1000
JSON: Final = msgspec.json.Encoder(enc_hook=str)
# Request lines say the same, and a missing page is no event of ours.
QUIET_LOGGERS: Final = {
    "httpx": "WARNING",
    "django.request": "ERROR",
    # Anybody can send a foreign Host; the answer says which setting knows hosts.
    "django.security.DisallowedHost": "CRITICAL",
    "django.channels.server": "WARNING",
    "asyncio": "WARNING",
}


def configure(*, level: str, format: str, role: str) -> None:  # noqa: A002 - the setting's own word
    """Sends structlog and the standard library's logging through one pipeline to stdout."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter(format=format, role=role))
    handler.addFilter(RepeatedErrors())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name, quiet_level in QUIET_LOGGERS.items():
        logging.getLogger(name).setLevel(quiet_level)
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def configure_django(config: Mapping[str, str]) -> None:
    """Django's LOGGING_CONFIG; a process with a name of its own configures again with its role."""
    configure(level=config["level"], format=config["format"], role=config.get("role", "cli"))


def formatter(*, format: str, role: str) -> logging.Formatter:  # noqa: A002
    """Also the formatter of processes that only have the standard library's logging."""
    before: list[Any] = [structlog.stdlib.ProcessorFormatter.remove_processors_meta]
    if _is_readable(format):
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=SHARED,
            processors=[*before, structlog.processors.format_exc_info, _redact, _readable()],
        )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*SHARED, _name_foreign],
        processors=[
            *before,
            structlog.processors.format_exc_info,
            _process_fields(role),
            _redact,
            _render_json,
        ],
    )


def granian_config(*, format: str, role: str) -> dict[str, Any]:  # noqa: A002
    """granian's own lines, which it sets up before any application is loaded."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "gateway.logs.formatter", "format": format, "role": role}},
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": "line",
            }
        },
        "loggers": {"_granian": {"handlers": ["stdout"], "level": "INFO", "propagate": False}},
    }


def request_log(*, format: str, role: str) -> RequestLog:  # noqa: A002
    readable, is_readable = _readable(), _is_readable(format)
    head: dict[str, Any] = {
        "ts": "",
        "level": "info",
        "event": "request",
        "logger": "gateway.edge.intake.guard",
    }

    def render(fields: Mapping[str, Any]) -> str:
        line = head.copy() if is_readable else {**head, "pid": os.getpid(), "role": role}
        line.update(fields)
        line["ts"] = _timestamp(fields["ts"])
        shown = redacted_line(line)
        return str(readable(None, "", shown)) if is_readable else _render_json(None, "", shown)

    return RequestLog(stream=sys.stdout, render=render)


class RepeatedErrors(logging.Filter):
    """Lets an error through once in REPEAT_AFTER_S and says how often it was held back."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.ERROR:
            return True
        fields = record.msg if isinstance(record.msg, dict) else {"event": record.getMessage()}
        key = (record.name, str(fields.get("event")))
        now = time.monotonic()
        written_at, held_back = self._last.pop(key, (-REPEAT_AFTER_S, 0))
        if now - written_at < REPEAT_AFTER_S:
            self._last[key] = (written_at, held_back + 1)
            return False
        if held_back:
            fields["repeated"] = held_back
        self._last[key] = (now, 0)
        while len(self._last) > REMEMBERED_ERRORS:
            del self._last[next(iter(self._last))]
        return True


def _is_readable(format: str) -> bool:  # noqa: A002
    return format == "console" or (format == "auto" and sys.stdout.isatty())


def _readable() -> structlog.dev.ConsoleRenderer:
    return structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty(), timestamp_key="ts")


def _timestamp(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _add_timestamp(_logger: Any, _method: str, event: EventDict) -> EventDict:
    event["ts"] = _timestamp(datetime.now(UTC))
    return event


def _name_foreign(_logger: Any, _method: str, event: EventDict) -> EventDict:
    """Libraries write sentences; our field `event` is a name."""
    event["message"] = event["event"]
    event["event"] = "library_message"
    return event


def _process_fields(role: str) -> Any:
    def add(_logger: Any, _method: str, event: EventDict) -> EventDict:
        event["pid"] = os.getpid()
        event["role"] = role
        first = {name: event.pop(name) for name in FIRST_FIELDS if name in event}
        return {**first, **event}

    return add


def _redact(_logger: Any, _method: str, event: EventDict) -> EventDict:
    return redacted_fields(event)


def _render_json(_logger: Any, _method: str, event: Mapping[str, Any]) -> str:
    return JSON.encode(event).decode()


SHARED: Final[tuple[Any, ...]] = (
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    _add_timestamp,
)
