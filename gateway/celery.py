"""The Celery application and its clock.

Laws: JSON only; a task is acknowledged when it has ended, so a killed worker's task runs again and
every task must be harmless to repeat; no task runs longer than a minute.
"""

import logging
import os
import sys
from collections.abc import Mapping
from typing import Any, Final

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging

from gateway import logs
from gateway.ops.tasks import BROKER_OPTIONS, QUEUE, broker_url
from gateway.telemetry.books import measure_books
from gateway.telemetry.tasks import time_tasks

COMPILE: Final = "gateway.console.tasks.compile_configuration"
COMPILED_EVERY_S: Final = 2.0
COPY_STATES: Final = "providers.tasks.copy_credential_states"
COPIED_EVERY_S: Final = 4.0
PROBE_DUE: Final = "providers.tasks.probe_due_providers"
LOOKED_EVERY_S: Final = 10.0
AGGREGATE: Final = "billing.tasks.aggregate_windows"
SUMMED_EVERY_S: Final = 60.0
# That these began and ended well is no news.
QUIET: Final = frozenset(
    {
        *(COMPILE, COPY_STATES, PROBE_DUE, AGGREGATE),
        *("providers.tasks.probe_provider", "billing.tasks.verify_ledger_between"),
    }
)
TASK_LOGGERS: Final = ("celery.beat", "celery.worker.strategy", "celery.app.trace")

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway.settings")

app = Celery("switchyard")
app.config_from_object(
    {
        "broker_transport_options": BROKER_OPTIONS,
        "broker_connection_retry_on_startup": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_default_queue": QUEUE,
        "worker_prefetch_multiplier": 1,
        "timezone": "UTC",
        "enable_utc": True,
        "beat_schedule": {
            # Changes are compiled where they are made; this finds what a crash left behind.
            "compile-configuration": {
                "task": COMPILE,
                "schedule": COMPILED_EVERY_S,
                "options": {"expires": COMPILED_EVERY_S},
            },
            "copy-credential-states": {
                "task": COPY_STATES,
                "schedule": COPIED_EVERY_S,
                "options": {"expires": COPIED_EVERY_S},
            },
            "probe-due-providers": {
                "task": PROBE_DUE,
                "schedule": LOOKED_EVERY_S,
                "options": {"expires": LOOKED_EVERY_S},
            },
            "aggregate-windows": {
                "task": AGGREGATE,
                "schedule": SUMMED_EVERY_S,
                "options": {"expires": SUMMED_EVERY_S},
            },
            "try-rejected-credentials": {
                "task": "providers.tasks.try_rejected_credentials",
                "schedule": crontab(minute="*/5"),
            },
            "discover-due-models": {
                "task": "providers.tasks.discover_due_models",
                "schedule": crontab(minute="*/10"),
            },
            "forget-old-checks": {
                "task": "providers.tasks.forget_old_checks",
                "schedule": crontab(minute="37"),
            },
            "forget-old-answers": {
                "task": "accounts.tasks.forget_old_answers",
                "schedule": crontab(minute="7"),
            },
            "forget-expired-sessions": {
                "task": "accounts.tasks.forget_expired_sessions",
                "schedule": crontab(minute="17"),
            },
            "verify-audit-chains": {
                "task": "accounts.tasks.verify_audit_chains",
                "schedule": crontab(hour="3", minute="27"),
            },
            # Eight days ahead; a missed hour is made good by the next.
            "maintain-partitions": {
                "task": "billing.tasks.maintain_partitions",
                "schedule": crontab(minute="47"),
            },
            "close-ledger-months": {
                "task": "billing.tasks.close_ledger_months",
                "schedule": crontab(hour="3", minute="7"),
            },
            "verify-ledger": {
                "task": "billing.tasks.verify_ledger",
                "schedule": crontab(hour="3", minute="37"),
            },
            "drop-expired-days": {
                "task": "billing.tasks.drop_expired_days",
                "schedule": crontab(hour="4", minute="7"),
            },
            "drop-expired-windows": {
                "task": "billing.tasks.drop_expired_windows",
                "schedule": crontab(hour="4", minute="7"),
            },
        },
    }
)


@app.on_configure.connect
def _read_settings(sender: Celery, **_: Any) -> None:
    from django.conf import settings  # noqa: PLC0415 - at import, nobody has chosen settings yet

    sender.conf.update(broker_url=broker_url(settings.CELERY_BROKER_URL))


@setup_logging.connect
def _name_the_process(**_: Any) -> None:
    """Connected, so that Celery leaves logging alone; the lines say which process writes them."""
    from django.conf import settings  # noqa: PLC0415 - see above

    logs.configure(**settings.LOGGING, role="beat" if "beat" in sys.argv else "worker")
    for name in TASK_LOGGERS:
        logging.getLogger(name).addFilter(is_worth_a_line)


def is_worth_a_line(record: logging.LogRecord) -> bool:
    """Not that a task of every other second began and ended well."""
    facts = record.args.values() if isinstance(record.args, Mapping) else record.args or ()
    return record.levelno > logging.INFO or not any(
        isinstance(fact, str) and fact in QUIET for fact in facts
    )


time_tasks()
measure_books()
app.autodiscover_tasks(["accounts", "billing", "gateway.console", "providers"])
