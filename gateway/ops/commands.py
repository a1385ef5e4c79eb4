"""What the single-purpose commands do with their arguments; each returns the exit status."""

import os
import socket
import sys
from argparse import Namespace
from collections.abc import Iterable
from typing import Any

from gateway import VERSION
from gateway.ops.checks import (
    Finding,
    check,
    effective_settings,
    probe_health,
    require_clean,
    require_migrated,
    setting_findings,
)
from gateway.ops.configuration import Configuration, load_configuration
from gateway.ops.keys_at_start import require_keys
from gateway.ops.logins import GRANTS_BY_HAND
from gateway.ops.migrate import migrate, require_owner_login, what_to_set
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.output import write, write_json
from gateway.ops.tasks import beat_command, become, worker_command
from gateway.telemetry import multiprocess


def run_up(arguments: Namespace, configuration: Configuration) -> int:
    from gateway.ops.up import up, up_detached  # noqa: PLC0415 - imports every client library

    if arguments.detach:
        write(up_detached(configuration=configuration))
        return Exit.OK
    up(configuration=configuration, announce=_announcer(arguments), development=arguments.dev)
    return Exit.OK


def _announcer(arguments: Namespace) -> Any:
    if arguments.announce_to is None:
        return write

    def announce(block: str) -> None:
        with os.fdopen(arguments.announce_to, "w", encoding="utf-8") as stream:
            stream.write(block)

    return announce


def run_down(_: Namespace, configuration: Configuration) -> int:
    from gateway.ops.up import down  # noqa: PLC0415 - see run_up

    write(down(configuration=configuration))
    return Exit.OK


def run_serve(_: Namespace, configuration: Configuration) -> int:
    try:
        _check_before_start(configuration)
    except CommandFailed as failed:
        if failed.status != Exit.UNAVAILABLE or not _has_copy(configuration):
            raise
        _warn(require_clean(setting_findings(configuration)))
        _warn([f"{failed.message}\nStarting from the copy of the configuration on this disk"])
    # A fresh program: what the check has imported would stay in memory as long as the server runs.
    become([sys.executable, "-m", "gateway.ops.serve"])
    return Exit.OK


def _has_copy(configuration: Configuration) -> bool:
    """Clients are served by it while PostgreSQL is out; the console is nothing without that."""
    serves_clients = configuration.values["SERVE_ROLE"] != "console"
    node = configuration.values["NODE_ID"] or socket.gethostname()
    return serves_clients and (configuration.paths.snapshot / f"{node}.bin").is_file()


def run_worker(_: Namespace, configuration: Configuration) -> int:
    _check_before_start(configuration)
    os.environ.update(multiprocess.environment(configuration.paths.var))
    become(worker_command(threads=False))
    return Exit.OK


def run_beat(_: Namespace, configuration: Configuration) -> int:
    _check_before_start(configuration)
    configuration.paths.run.mkdir(parents=True, exist_ok=True)
    become(beat_command(var=configuration.paths.var))
    return Exit.OK


def run_shipper(_: Namespace, configuration: Configuration) -> int:
    _check_before_start(configuration)
    os.environ.update(multiprocess.environment(configuration.paths.var))
    os.environ["DATABASE_OWNER_URL"] = ""
    # See run_serve.
    become([sys.executable, "-m", "gateway.ops.ship"])
    return Exit.OK


def _check_before_start(configuration: Configuration) -> None:
    _warn(require_clean(check(configuration)))
    from gateway.ops.control_plane import set_up_django  # noqa: PLC0415 - most do without Django

    set_up_django(configuration)
    require_migrated()
    require_keys()


def _warn(warnings: Iterable[str]) -> None:
    for text in warnings:
        sys.stderr.write(f"Warning: {text}\n")


def run_migrate(arguments: Namespace, configuration: Configuration) -> int:
    # A plan changes nothing, so it makes no logins either.
    if not arguments.plan and (urls := require_owner_login(configuration)):
        # Before anything can fail: the passwords are known to nobody else.
        write(what_to_set(urls))
        configuration = load_configuration(flags={**configuration.flags, **urls})
    from gateway.ops.control_plane import set_up_django  # noqa: PLC0415 - most do without Django

    set_up_django(configuration)
    migrate(plan=arguments.plan)
    return Exit.OK


def run_db_grants(_: Namespace, __: Configuration) -> int:
    write(GRANTS_BY_HAND)
    return Exit.OK


def run_check(arguments: Namespace, configuration: Configuration) -> int:
    if arguments.live:
        write(probe_health(configuration))
        return Exit.OK
    if arguments.settings:
        return _show_settings(configuration, as_json=arguments.json)
    findings = check(configuration)
    if arguments.json:
        write_json(findings)
    else:
        for finding in findings:
            write(f"{finding.level}: {finding.text}")
        write(f"{_count(findings, 'error')}, {_count(findings, 'warning')}")
    return Exit.USAGE if any(finding.level == "error" for finding in findings) else Exit.OK


def _count(findings: list[Finding], level: str) -> str:
    number = sum(finding.level == level for finding in findings)
    return f"{number} {level}{'' if number == 1 else 's'}"


def _show_settings(configuration: Configuration, *, as_json: bool) -> int:
    rows = effective_settings(configuration)
    if as_json:
        write_json(rows)
    else:
        width = max(len(row.name) for row in rows)
        write("\n".join(f"{row.name:<{width}}  {row.source:<13}  {row.value}" for row in rows))
    return Exit.OK


def run_version(_: Namespace, __: Configuration) -> int:
    write(VERSION)
    return Exit.OK
