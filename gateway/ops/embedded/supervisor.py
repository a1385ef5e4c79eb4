"""Starts children in order, keeps them alive, stops them in reverse.

Laws: one thread, so that forking is safe and the children's leash (see `processes`) holds as long
as the program lives; nothing waits without pumping the children's output.
"""

import os
import selectors
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from gateway.ops.embedded.child import Child, ChildSpec
from gateway.ops.embedded.log_file import LogFile
from gateway.ops.outcome import CommandFailed, Exit

TICK_S: Final = 0.05
CHUNK_BYTES: Final = 1 << 16
STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
LAST_WORDS_LINES: Final = 20
# A program of ours says by these what is wrong; any other status is a crash.
TELLING: Final = frozenset({Exit.USAGE, Exit.BUSY})
AT_ONCE_S: Final = 1.0


class Interrupted(Exception):
    """A stop signal came before everything was ready."""


class Supervisor:
    def __init__(self, *, logs: Path, pid_files: Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._pid_files = pid_files
        self._say = say
        self._children: list[Child] = []
        self._selector = selectors.DefaultSelector()
        self._stop_requests = 0
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._selector.register(self._wake_read, selectors.EVENT_READ)

    def listen_for_signals(self) -> None:
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in STOP_SIGNALS:
            # `nohup` asks to outlive the terminal.
            if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._on_stop_signal)

    def _on_stop_signal(self, *_: object) -> None:
        self._stop_requests += 1

    def start(self, *specs: ChildSpec) -> None:
        """Starts all, then waits until each is ready; raises when one ends or takes too long."""
        begun = time.monotonic()
        fresh = [self._spawn(spec) for spec in specs]
        for child in fresh:
            self._await_ready(child, begun=begun)

    def run_once(self, spec: ChildSpec) -> None:
        """A program that does its work and ends; raises with its last words when it fails."""
        child = self._spawn(spec)
        deadline = time.monotonic() + spec.ready_within_s
        while child.alive() and not self._stop_requests and time.monotonic() < deadline:
            self._pump(TICK_S)
        finished = not child.alive()
        if not finished:
            child.kill_group()
        self._drain(child)
        status = child.bury()
        self._children.remove(child)
        child.log.close()
        if self._stop_requests:
            raise Interrupted
        if not finished:
            raise self._failure(child, "took too long")
        if status:
            raise self._failure(child, f"ended with status {status}", status=status)

    def watch(self) -> None:
        """Until a stop signal: restarts what dies."""
        while not self._stop_requests:
            self.tend(within_s=TICK_S * 4)

    def stop(self) -> None:
        """Last started, first stopped; one more signal ends everything at once."""
        patience = self._stop_requests
        for child in reversed(list(self._children)):
            self._say(f"Stopping {child.spec.name}")
            for step in child.spec.stop:
                child.send(step.number)
                self._wait_for_end(child, until=time.monotonic() + step.within_s, patience=patience)
            if self._stop_requests > patience:
                break
            self._end(child)
        self._end_at_once()

    def _end_at_once(self) -> None:
        for child in self._children:
            child.send(child.spec.death_signal)
        deadline = time.monotonic() + AT_ONCE_S
        while any(child.alive() for child in self._children) and time.monotonic() < deadline:
            self._pump(TICK_S)
        for child in reversed(list(self._children)):
            self._end(child)

    def _end(self, child: Child) -> None:
        child.kill_group()
        if child.pid is not None:
            self._drain(child)
            child.bury()
        child.log.close()
        self._children.remove(child)

    def _wait_for_end(self, child: Child, *, until: float, patience: int) -> None:
        while child.alive() and time.monotonic() < until and self._stop_requests <= patience:
            self._pump(TICK_S)

    def _spawn(self, spec: ChildSpec) -> Child:
        log = LogFile(self._logs / f"{spec.name}.log")
        child = Child(spec, log=log, pid_file=self._pid_files / f"{spec.name}.pid")
        self._children.append(child)
        self._selector.register(child.start(), selectors.EVENT_READ, child)
        return child

    def _await_ready(self, child: Child, *, begun: float) -> None:
        deadline = begun + child.spec.ready_within_s
        while True:
            self._pump(TICK_S)
            if self._stop_requests:
                raise Interrupted
            if not child.alive():
                self._drain(child)
                raise self._failure(child, "ended before it was ready")
            if child.spec.ready():
                self._say(f"{child.spec.name} is ready after {time.monotonic() - begun:.1f} s")
                return
            if time.monotonic() > deadline:
                raise self._failure(child, f"was not ready after {child.spec.ready_within_s:.0f} s")

    def _failure(self, child: Child, what: str, *, status: int = Exit.UNAVAILABLE) -> CommandFailed:
        words = child.log.tail(lines=LAST_WORDS_LINES)
        return CommandFailed(
            f"{child.spec.name} {what}; {child.log.path} ends with:\n{words}",
            status=Exit(status) if status in TELLING else Exit.UNAVAILABLE,
        )

    def tend(self, *, within_s: float) -> None:
        """One round: copies what children say, restarts those that ended."""
        self._pump(within_s)
        now = time.monotonic()
        for child in self._children:
            if child.pid is not None and not child.alive():
                self._mourn(child)
            elif child.restart_at is not None and now >= child.restart_at:
                self._start_again(child)

    def _start_again(self, child: Child) -> None:
        try:
            output = child.start()
        except OSError as error:  # no memory, no process or no file left: the others stay
            self._plan_restart(child, f"could not start ({error.strerror})")
            return
        self._selector.register(output, selectors.EVENT_READ, child)
        self._say(f"{child.spec.name} started again (pid {child.pid})")

    def _mourn(self, child: Child) -> None:
        self._drain(child)
        child.kill_group()
        self._plan_restart(child, f"ended with status {child.bury()}")

    def _plan_restart(self, child: Child, what: str) -> None:
        child.plan_restart()
        if child.given_up:
            self._say(f"{child.spec.name} {what} too often and stays down; see {child.log.path}")
        else:
            self._say(f"{child.spec.name} {what}; starting it again")

    def _pump(self, within_s: float) -> None:
        for key, _ in self._selector.select(within_s):
            if key.data is None:
                with suppress(BlockingIOError):
                    os.read(self._wake_read, CHUNK_BYTES)
            else:
                self._copy(key.fd, key.data)

    def _copy(self, descriptor: int, child: Child) -> None:
        try:
            chunk = os.read(descriptor, CHUNK_BYTES)
        except BlockingIOError:
            return
        if chunk:
            child.log.write(chunk)
        else:
            self._close(descriptor)

    def _drain(self, child: Child) -> None:
        """What the child wrote last, without waiting for grandchildren that keep the pipe open."""
        for key in [key for key in self._selector.get_map().values() if key.data is child]:
            with suppress(OSError):
                while chunk := os.read(key.fd, CHUNK_BYTES):
                    child.log.write(chunk)
            self._close(key.fd)

    def _close(self, descriptor: int) -> None:
        self._selector.unregister(descriptor)
        os.close(descriptor)
