"""`switchyard serve`: the server, and its leaving without a lost request.

SIGTERM -> the drain mark (workers poll it, `/ready` says 503) -> DRAIN_READY_DELAY_S for the
balancer to notice -> SIGTERM to granian, which refuses new connections and finishes requests ->
exit 0.
A second signal ends everything at once.
"""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from types import FrameType
from typing import Final

from gateway.ops.configuration import Configuration, load_configuration
from gateway.ops.embedded.processes import leash
from gateway.telemetry import multiprocess

# The environment name by which workers learn where the mark appears.
DRAIN_MARK: Final = "DRAIN_MARK"
STOP_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
# The kill ends a worker without clean-up, so it comes after the drain's own deadline.
KILL_AFTER_DRAIN_S: Final = 30
POLL_S: Final = 0.1
HURRIED: Final = 2


class Server:
    def __init__(self, configuration: Configuration) -> None:
        values = configuration.values
        self._ready_delay_s: int = values["DRAIN_READY_DELAY_S"]
        self._end_within_s: int = values["DRAIN_MAX_S"] + KILL_AFTER_DRAIN_S
        self._var = configuration.paths.var
        self._mark = configuration.paths.run / f"drain-{os.getpid()}"
        self._environment = {
            **configuration.environment(),
            # Serving never migrates; the owner's login stays out of what faces the network.
            "DATABASE_OWNER_URL": "",
            DRAIN_MARK: str(self._mark),
            **multiprocess.environment(configuration.paths.var),
        }
        self._signals = 0

    def run(self) -> int:
        self._mark.parent.mkdir(parents=True, exist_ok=True)
        self._mark.unlink(missing_ok=True)
        multiprocess.clear_metrics_dir(self._var)
        for number in STOP_SIGNALS:
            signal.signal(number, self._on_signal)
        granian = subprocess.Popen(
            [sys.executable, "-m", "gateway.ops.server"],
            env=self._environment,
            preexec_fn=leash(signal.SIGKILL),  # noqa: PLW1509 - no other thread runs yet
        )
        try:
            return self._attend(granian)
        finally:
            self._mark.unlink(missing_ok=True)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _attend(self, granian: "subprocess.Popen[bytes]") -> int:
        while self._signals == 0:
            with suppress(subprocess.TimeoutExpired):
                return granian.wait(POLL_S) or 1
        self._mark.touch()
        self._wait(granian, within_s=self._ready_delay_s)
        granian.send_signal(signal.SIGTERM)
        self._wait(granian, within_s=self._end_within_s)
        if granian.poll() is None:
            granian.kill()
            granian.wait()
            return 1
        return 0

    def _wait(self, granian: "subprocess.Popen[bytes]", *, within_s: float) -> None:
        """Until granian has ended, the time is over, or a second signal came."""
        deadline = time.monotonic() + within_s
        while self._signals < HURRIED and time.monotonic() < deadline:
            with suppress(subprocess.TimeoutExpired):
                granian.wait(POLL_S)
                return


def main() -> None:
    raise SystemExit(Server(load_configuration()).run())


if __name__ == "__main__":
    main()
