"""One supervised program: what it is, and the running of it."""

import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.ops.embedded.account import Account, popen_arguments
from gateway.ops.embedded.log_file import LogFile
from gateway.ops.embedded.processes import leash, write_down

FIRST_DELAY_S: Final = 0.2
LONGEST_DELAY_S: Final = 10.0
CRASHES_TOLERATED: Final = 5
CRASH_WINDOW_S: Final = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StopStep:
    number: signal.Signals
    within_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildSpec:
    name: str
    command: list[str]
    environment: Mapping[str, str]
    ready: Callable[[], bool]
    ready_within_s: float
    stop: tuple[StopStep, ...]
    death_signal: signal.Signals = signal.SIGKILL
    account: Account | None = None
    folder: Path | None = None


class Child:
    """Spawned only by the supervisor's main thread: the leash is tied to the thread that forks."""

    def __init__(self, spec: ChildSpec, *, log: LogFile, pid_file: Path) -> None:
        self.spec = spec
        self.log = log
        self.given_up = False
        self.restart_at: float | None = None
        self._pid_file = pid_file
        self._process: subprocess.Popen[bytes] | None = None
        self._crashes: deque[float] = deque()

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> int:
        """Returns the descriptor its output comes from."""
        self.restart_at = None
        output, write_end = os.pipe()
        try:
            self._process = subprocess.Popen(
                self.spec.command,
                env=dict(self.spec.environment),
                cwd=self.spec.folder or "/",
                stdin=subprocess.DEVNULL,
                stdout=write_end,
                stderr=write_end,
                process_group=0,
                preexec_fn=leash(self.spec.death_signal),  # noqa: PLW1509 - the supervisor has one thread
                **popen_arguments(self.spec.account),
            )
        except OSError:
            os.close(output)
            raise
        finally:
            os.close(write_end)
        # On a full disk it runs all the same; only a later start could not know it again.
        with suppress(OSError):
            write_down(self._pid_file, pid=self._process.pid)
        os.set_blocking(output, False)
        return output

    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def send(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def kill_group(self) -> None:
        """Also what the program itself has started and could no longer stop."""
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def bury(self) -> int:
        """After its end: forgets the pid; returns the exit status."""
        status = self._process.wait() if self._process else 0
        self._process = None
        self._pid_file.unlink(missing_ok=True)
        return status

    def plan_restart(self) -> None:
        """Later after each crash; gives up after more than five within a minute."""
        now = time.monotonic()
        self._crashes.append(now)
        while now - self._crashes[0] > CRASH_WINDOW_S:
            self._crashes.popleft()
        if len(self._crashes) > CRASHES_TOLERATED:
            self.given_up = True
        else:
            self.restart_at = now + min(
                FIRST_DELAY_S * 2 ** (len(self._crashes) - 1), LONGEST_DELAY_S
            )
