"""The supervisor with small programs of its own; tests/faults has the real children."""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from gateway.ops.embedded.child import CRASHES_TOLERATED, Child, ChildSpec, StopStep
from gateway.ops.embedded.log_file import LogFile
from gateway.ops.embedded.processes import Known, look_up
from gateway.ops.embedded.supervisor import STOP_SIGNALS, Interrupted, Supervisor
from gateway.ops.outcome import CommandFailed, Exit

SLEEPER = "import os, time; os.write(1, b'up %d\\n' % os.getpid()); time.sleep(60)"
STUBBORN = f"import signal; signal.signal(15, signal.SIG_IGN); {SLEEPER}"
# Its child keeps the pipe and would outlive it.
PARENT = f"import os; os.fork(); {SLEEPER}"
TERM = (StopStep(number=signal.SIGTERM, within_s=5),)
NOW = time.monotonic


def spec(
    name: str,
    code: str,
    *,
    ready: Callable[[], bool] = lambda: True,
    ready_within_s: float = 10,
    stop: tuple[StopStep, ...] = TERM,
) -> ChildSpec:
    return ChildSpec(
        name=name,
        command=[sys.executable, "-c", code],
        environment=os.environ,
        ready=ready,
        ready_within_s=ready_within_s,
        stop=stop,
    )


class Watched:
    """A supervisor whose words and children a test can see."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.words: list[str] = []
        self.supervisor = Supervisor(logs=folder, pid_files=folder, say=self.words.append)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(encoding="utf-8")

    def pid(self, name: str) -> int:
        """0 while it is down."""
        with suppress(OSError, msgspec.MsgspecError):
            written = (self.folder / f"{name}.pid").read_bytes()
            return msgspec.json.decode(written, type=Known).pid
        return 0

    def starts_once_up(self, name: str, code: str, *, stop: tuple[StopStep, ...] = TERM) -> None:
        self.supervisor.start(spec(name, code, ready=lambda: "up" in self.log(name), stop=stop))

    def tends_until(self, holds: Callable[[], bool]) -> None:
        deadline = NOW() + 20
        while not holds():
            assert NOW() < deadline, self.words
            self.supervisor.tend(within_s=0.05)


@pytest.fixture
def signals_restored() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (*STOP_SIGNALS, signal.SIGCHLD)}
    yield
    signal.set_wakeup_fd(-1)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    made = Watched(tmp_path)
    yield made
    made.supervisor.stop()


def test_what_a_child_writes_is_in_its_log(watched: Watched) -> None:
    watched.starts_once_up("one", SLEEPER)
    assert watched.log("one") == f"up {watched.pid('one')}\n"


def test_a_child_that_ends_before_it_is_ready_fails_the_start_with_its_last_words(
    watched: Watched,
) -> None:
    with pytest.raises(CommandFailed, match="no such table") as failed:
        watched.supervisor.start(spec("one", "raise SystemExit('no such table')", ready=bool))
    assert failed.value.status == Exit.UNAVAILABLE


def test_a_child_that_is_never_ready_fails_the_start(watched: Watched) -> None:
    with pytest.raises(CommandFailed, match="one was not ready"):
        watched.supervisor.start(spec("one", SLEEPER, ready=bool, ready_within_s=0.1))


def test_a_program_run_once_fails_the_start_by_its_status(watched: Watched) -> None:
    watched.supervisor.run_once(spec("fine", "raise SystemExit(0)"))
    with pytest.raises(CommandFailed, match="ended with status 1") as crashed:
        watched.supervisor.run_once(spec("broken", "raise SystemExit(1)"))
    assert crashed.value.status == Exit.UNAVAILABLE
    with pytest.raises(CommandFailed, match="ended with status 2") as told:
        watched.supervisor.run_once(spec("wrong", f"raise SystemExit({Exit.USAGE})"))
    assert told.value.status == Exit.USAGE


def test_a_killed_child_comes_back(watched: Watched) -> None:
    watched.starts_once_up("one", SLEEPER)
    first = watched.pid("one")
    os.kill(first, signal.SIGKILL)
    watched.tends_until(lambda: watched.log("one").count("up") == 2)
    assert watched.pid("one") != first


def test_what_a_killed_child_left_behind_goes_with_it(watched: Watched) -> None:
    watched.starts_once_up("one", PARENT)
    watched.tends_until(lambda: watched.log("one").count("up") == 2)
    family = [int(line.split()[1]) for line in watched.log("one").splitlines()]
    os.kill(watched.pid("one"), signal.SIGKILL)
    watched.tends_until(lambda: watched.pid("one") not in {0, *family})
    assert [look_up(pid) for pid in family] == [None, None]


def test_a_child_that_cannot_be_started_again_is_tried_again_and_the_others_stay(
    watched: Watched, tmp_path: Path
) -> None:
    program = tmp_path / "program"
    program.symlink_to(sys.executable)
    one = replace(spec("one", SLEEPER), command=[str(program), "-c", SLEEPER])
    watched.supervisor.start(one)
    watched.starts_once_up("two", SLEEPER)
    two = watched.pid("two")
    program.unlink()
    os.kill(watched.pid("one"), signal.SIGKILL)
    watched.tends_until(lambda: any("could not start" in word for word in watched.words))
    program.symlink_to(sys.executable)
    watched.tends_until(lambda: watched.pid("one") > 0)
    assert watched.pid("two") == two


def test_a_stop_signal_that_the_caller_ignores_for_its_terminal_stays_ignored(
    watched: Watched, signals_restored: None
) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    watched.supervisor.listen_for_signals()
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    assert callable(signal.getsignal(signal.SIGTERM))


def test_the_last_started_stops_first(watched: Watched) -> None:
    watched.starts_once_up("one", SLEEPER)
    watched.starts_once_up("two", SLEEPER)
    watched.supervisor.stop()
    assert watched.words[-2:] == ["Stopping two", "Stopping one"]


def test_a_child_that_does_not_listen_is_killed_after_its_time(watched: Watched) -> None:
    watched.starts_once_up("one", STUBBORN, stop=(StopStep(number=signal.SIGTERM, within_s=0.2),))
    pid = watched.pid("one")
    watched.supervisor.stop()
    assert look_up(pid) is None


def test_restarts_come_later_each_time_and_end_after_too_many(tmp_path: Path) -> None:
    child = Child(
        spec("one", SLEEPER), log=LogFile(tmp_path / "one.log"), pid_file=tmp_path / "one.pid"
    )
    delays = []
    for _ in range(CRASHES_TOLERATED):
        child.plan_restart()
        assert child.restart_at is not None
        delays.append(round(child.restart_at - NOW(), 1))
        assert not child.given_up
    assert delays == [0.2, 0.4, 0.8, 1.6, 3.2]
    child.plan_restart()
    assert child.given_up
    child.log.close()


@pytest.mark.usefixtures("signals_restored")
def test_a_second_interrupt_ends_everything_at_once(watched: Watched) -> None:
    patient = (StopStep(number=signal.SIGTERM, within_s=50),)
    watched.starts_once_up("one", STUBBORN, stop=patient)
    watched.starts_once_up("two", STUBBORN, stop=patient)
    pids = [watched.pid(name) for name in ("one", "two")]
    watched.supervisor.listen_for_signals()
    second = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    os.kill(os.getpid(), signal.SIGINT)
    watched.supervisor.watch()
    second.start()
    begun = NOW()
    watched.supervisor.stop()
    assert NOW() - begun < 20
    assert [look_up(pid) for pid in pids] == [None, None]
    assert watched.words[-1] == "Stopping two"


@pytest.mark.usefixtures("signals_restored")
def test_an_interrupt_during_the_start_ends_it(watched: Watched) -> None:
    watched.supervisor.listen_for_signals()
    os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(Interrupted):
        watched.supervisor.start(spec("one", SLEEPER, ready=bool))
