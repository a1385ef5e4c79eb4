"""Settings of providers, of the books and of what is told of requests, one row each."""

from typing import Final

from gateway.setting_row import Setting, setting

OF_TRAFFIC: Final[tuple[Setting, ...]] = (
    setting(
        "BACKEND_LOAD_BALANCE_STRATEGY",
        "pool_strategy",
        "round_robin",
        "providers",
        "How a provider's credentials take turns: round_robin, weighted, random or failover.",
    ),
    setting(
        "BACKEND_MAX_FAILURES",
        "int",
        "3",
        "providers",
        "Failures in a row that take a credential out.",
    ),
    setting(
        "BACKEND_RETRY_AFTER_SECS",
        "optional_int",
        "",
        "providers",
        "Seconds a credential stays out; unset: 30, 60, 90 and so on up to 300.",
    ),
    setting(
        "BACKEND_FAILURE_WINDOW_SECS",
        "int",
        "60",
        "providers",
        "Failures further apart than this do not add up.",
    ),
    setting(
        "EGRESS_ALLOW_CIDRS",
        "cidrs",
        "",
        "providers",
        "Networks that calls to providers may reach although they are not public, on any port.",
    ),
    setting(
        "EGRESS_MEDIA_ALLOW_CIDRS",
        "cidrs",
        "",
        "providers",
        "The same for media whose URLs stand in clients' requests: EGRESS_ALLOW_CIDRS does not"
        " open a network to them.",
    ),
    setting(
        "EGRESS_DENY_CIDRS",
        "cidrs",
        "",
        "providers",
        "Public networks that no call may reach.",
    ),
    setting(
        "EGRESS_ALLOW_PORTS",
        "ports",
        "443",
        "providers",
        "Ports of public addresses that calls may reach.",
    ),
    setting(
        "EGRESS_ALLOW_HTTP_HOSTS",
        "list",
        "",
        "providers",
        "Hosts that may be called by http; where their addresses are not public,"
        " EGRESS_ALLOW_CIDRS must list them too.",
    ),
    setting(
        "EGRESS_CA_BUNDLE",
        "text",
        "",
        "providers",
        "File of certificates (PEM) that are trusted beside those of the system.",
    ),
    setting(
        "AUDIT_LOG_ENABLED", "bool", "true", "audit log", "Write a line per request to a file."
    ),
    setting("AUDIT_LOG_DIR", "path", "./logs/audit", "audit log", "Folder of the files."),
    setting("AUDIT_LOG_MAX_SIZE_MB", "int", "100", "audit log", "Size of one file, in megabytes."),
    setting(
        "AUDIT_LOG_MAX_FILES", "int", "30", "audit log", "Files kept, the current one included."
    ),
    setting(
        "AUDIT_LOG_REQUIRED",
        "bool",
        "false",
        "audit log",
        "Refuse requests, instead of losing lines, when the log is far behind.",
    ),
    setting(
        "METRICS_MAX_SERIES",
        "int",
        "5000",
        "telemetry",
        "Time series of model traffic; beyond, new ones fold into `other`.",
    ),
    setting(
        "RECORD_RETENTION_DAYS",
        "int",
        "400",
        "billing",
        "Days that records and transfers are kept, no fewer than WINDOW_RETENTION_DAYS;"
        " a day goes only when its month is closed.",
    ),
    setting(
        "WINDOW_RETENTION_DAYS",
        "days",
        "100",
        "billing",
        "Days that sums of five minutes are kept; sums of days are kept for ever.",
    ),
    setting(
        "ARCHIVE_DIR", "path", "", "billing", "Where days are written before they are dropped."
    ),
)
