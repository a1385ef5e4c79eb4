"""`switchyard up` and `down`: everything on one machine, under one supervisor."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from gateway.ops.configuration import (
    ADDRESSES_FILE,
    OWNER_FILE,
    PROJECT,
    Configuration,
    load_configuration,
)
from gateway.ops.embedded import lock
from gateway.ops.embedded.children import (
    beat_child,
    development_children,
    postgres_child,
    prepare_child,
    serve_child,
    shipper_child,
    valkey_child,
    worker_child,
)
from gateway.ops.embedded.prepare import Report
from gateway.ops.embedded.processes import stop_leftovers
from gateway.ops.embedded.services import Services, plan_services, provide_folders
from gateway.ops.embedded.supervisor import Interrupted, Supervisor
from gateway.ops.migrate import require_owner_login, what_to_set
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.ports import require_free
from gateway.ops.secrets_file import write_private

LEFTOVERS_S: Final = 10.0
DOWN_WITHIN_S: Final = 90.0
POLL_S: Final = 0.1
SETUP_VALID: Final = "(valid 30 min, once)"


def up(
    *, configuration: Configuration, announce: Callable[[str], None], development: bool = False
) -> None:
    """Runs until a stop signal; `announce` gets the block of addresses once all is ready."""
    paths = configuration.paths
    provide_folders(paths)
    with lock.held(paths.lock):
        for name in stop_leftovers(list(paths.run.glob("*.pid")), within_s=LEFTOVERS_S):
            say(f"Stopped {name}, left over from an earlier start")
        require_free(host=configuration.values["HOST"], port=configuration.values["PORT"])
        supervisor = Supervisor(logs=paths.logs, pid_files=paths.run, say=say)
        supervisor.listen_for_signals()
        try:
            block = _start(supervisor, configuration, development=development)
            # Nobody may be reading any more; what runs is needed all the same.
            with suppress(OSError):
                announce(block)
            supervisor.watch()
        except Interrupted:
            say("Stopped before everything was ready")
        except OSError as error:
            where = error.filename or paths.var
            raise CommandFailed(f"{where}: {error.strerror}", status=Exit.UNAVAILABLE) from error
        finally:
            supervisor.stop()


def say(line: str) -> None:
    # A terminal that was closed must not keep the children from being stopped in order.
    with suppress(OSError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def _start(supervisor: Supervisor, configuration: Configuration, *, development: bool) -> str:
    first_time = not configuration.paths.secrets.exists()
    services = plan_services(configuration)
    var = configuration.paths.var
    _write_addresses(var / ADDRESSES_FILE, services.addresses())
    _write_addresses(var / OWNER_FILE, services.owner_address())
    _start_services(supervisor, services)
    configuration = load_configuration(flags=configuration.flags)
    if urls := require_owner_login(configuration):
        say(what_to_set(urls))
        configuration = load_configuration(flags={**configuration.flags, **urls})
    report_path = configuration.paths.run / "prepared.json"
    supervisor.run_once(prepare_child(configuration, report=report_path))
    report = msgspec.json.decode(report_path.read_bytes(), type=Report)
    report_path.unlink()
    for warning in report.warnings:
        say(f"Warning: {warning}")
    servers = development_children(configuration) if development else [serve_child(configuration)]
    # The first is stopped last: by then everybody has written what there is to ship.
    tasks = (worker_child(configuration), beat_child(configuration))
    supervisor.start(shipper_child(configuration), *tasks, *servers)
    return _block(configuration, report=report, first_time=first_time)


def _write_addresses(path: Path, addresses: Mapping[str, str]) -> None:
    write_private(path, "".join(f"{name}={url}\n" for name, url in addresses.items()))


def _start_services(supervisor: Supervisor, services: Services) -> None:
    if services.postgres:
        services.postgres.initialise()
    for valkey in services.valkeys:
        valkey.configure()
    children = [postgres_child(services.postgres)] if services.postgres else []
    supervisor.start(*children, *(valkey_child(valkey) for valkey in services.valkeys))
    if services.postgres:
        services.postgres.provide_logins()


def _block(configuration: Configuration, *, report: Report, first_time: bool) -> str:
    base = configuration.values["PUBLIC_URL"] or f"http://localhost:{configuration.values['PORT']}"
    console = f"{base}{report.setup_path}  {SETUP_VALID}" if report.setup_path else f"{base}/"
    lines = ["", f"Console {console}", f"API {base}/v1", "Stop: make down", ""]
    if first_time:
        lines[-1:-1] = [
            f"SWITCHYARD_KEK and SWITCHYARD_KEY_PEPPER were made in {configuration.paths.secrets};",
            "keep a copy in a safe place: backups leave them out",
        ]
    return "\n".join(lines)


def up_detached(*, configuration: Configuration) -> str:
    """Starts `switchyard up` in the background; returns its block once it is ready."""
    paths = configuration.paths
    provide_folders(paths)
    log = paths.logs / "supervisor.log"
    read_end, write_end = os.pipe()
    with log.open("ab") as stream:
        earlier = stream.tell()
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "up", "--announce-to", str(write_end)],
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=stream,
            cwd=PROJECT,
            env={**os.environ, **configuration.flags, "VAR_DIR": str(paths.var)},
            pass_fds=(write_end,),
            start_new_session=True,
        )
    os.close(write_end)
    with os.fdopen(read_end, encoding="utf-8") as announced:
        block = announced.read()
    if block:
        return block
    status = process.wait()
    said = log.read_bytes()[earlier:].decode(errors="replace")
    words = "\n".join(said.splitlines()[-20:])
    raise CommandFailed(
        f"{log} ends with:\n{words}",
        status=Exit(status) if status in set(Exit) else Exit.UNAVAILABLE,
    )


def down(*, configuration: Configuration) -> str:
    """Returns when everything has ended."""
    path = configuration.paths.lock
    pid = lock.holder(path)
    if pid is None:
        return "Nothing is running"
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
    except PermissionError:
        raise CommandFailed(f"pid {pid} belongs to another user", status=Exit.BUSY) from None
    deadline = time.monotonic() + DOWN_WITHIN_S
    while time.monotonic() < deadline:
        if lock.holder(path) is None:
            return "Stopped"
        time.sleep(POLL_S)
    raise CommandFailed(f"pid {pid} did not stop within {DOWN_WITHIN_S:.0f} s", status=Exit.BUSY)
