"""The table of settings, one row each.

Laws: a row is added with the feature that reads it; its text is the only description there is.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    name: str
    kind: str
    default: str
    group: str
    text: str
    secret: bool = False


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
    _row(
        "NODE_ID",
        "text",
        "",
        "server",
        "Names this node's copy of the configuration below VAR_DIR; unset: the host name.",
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
    _row("MAX_INFLIGHT", "int", "5000", "server", "Open client requests per worker; beyond: 503."),
    _row(
        "MAX_OPEN_PER_KEY",
        "int",
        "2000",
        "server",
        "Open client requests per key and worker; beyond: 429.",
    ),
    _row(
        "MAX_OPEN_PER_ADDRESS",
        "int",
        "0",
        "server",
        "Open client requests per client address and worker; 0: any number.",
    ),
    _row(
        "STREAM_KEEPALIVE_S",
        "int",
        "10",
        "server",
        "Seconds of silence after which a stream gets a keep-alive.",
    ),
    _row(
        "STREAMING_TIMEOUT_SECONDS",
        "int",
        "",
        "server",
        "Longest time a stream may take in total; unset: as its provider says.",
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
        "SNAPSHOT_MAX_AGE_S",
        "int",
        "86400",
        "state",
        "Oldest copy of the configuration that a start without PostgreSQL may use, in seconds.",
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
        "SPOOL_DIR",
        "text",
        "",
        "state",
        "Where records wait for PostgreSQL; unset: spool below VAR_DIR.",
    ),
    _row(
        "SPOOL_FSYNC",
        "spool_fsync",
        "group",
        "state",
        "group: records survive power failures after 20 ms; always: before the answer ends; off.",
    ),
    _row(
        "SPOOL_ON_FULL",
        "spool_on_full",
        "deny",
        "state",
        "What cannot be recorded: deny, or best_effort, which serves and counts it.",
    ),
    _row("SPOOL_SEGMENT_BYTES", "size", "16777216", "state", "Size of one file of records."),
    _row(
        "SPOOL_MAX_BACKLOG_BYTES",
        "size",
        "1073741824",
        "state",
        "Records that wait at a node; beyond, new requests are refused.",
    ),
    _row(
        "SPOOL_MIN_FREE_BYTES",
        "size",
        "268435456",
        "state",
        "Room that is kept for requests that are running; below, new ones are refused.",
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
        "REQUIRE_API_KEY",
        "bool",
        "true",
        "access",
        "Refuse client requests without a key; false: they act as the key `anonymous`.",
    ),
    _row(
        "BACKEND_LOAD_BALANCE_STRATEGY",
        "pool_strategy",
        "round_robin",
        "providers",
        "How a provider's credentials take turns: round_robin, weighted, random or failover.",
    ),
    _row(
        "BACKEND_MAX_FAILURES",
        "int",
        "3",
        "providers",
        "Failures in a row that take a credential out.",
    ),
    _row(
        "BACKEND_RETRY_AFTER_SECS",
        "optional_int",
        "",
        "providers",
        "Seconds a credential stays out; unset: 30, 60, 90 and so on up to 300.",
    ),
    _row(
        "BACKEND_FAILURE_WINDOW_SECS",
        "int",
        "60",
        "providers",
        "Failures further apart than this do not add up.",
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
    _row(
        "METRICS_MAX_SERIES",
        "int",
        "5000",
        "telemetry",
        "Time series of model traffic; beyond, new ones fold into `other`.",
    ),
)
