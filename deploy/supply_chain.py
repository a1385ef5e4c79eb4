"""Nightly look at what the locks bring in: `python -m deploy.supply_chain`.

Laws: each check says ok, FAILED or NOT RUN with its reason; what cannot be asked (an index without
dates, no advisory service within reach) is NOT RUN, never ok. Exit status 1 when a check failed.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from deploy.bootstrap import FRONTEND, PROJECT, link_programs, node_environment, npm, uv_environment
from deploy.locks import LOCKS

PROGRAMS: Final = Path(sys.executable).parent
COMPILE: Final = (
    "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes",
    "--no-emit-index-url", "--no-emit-find-links", "--no-header",
)  # fmt: skip
COOL_DOWN: Final = "7 days"
LATEST_PATCH_AFTER: Final = "14 days"
ASK_WITHIN_S: Final = 300

Verdict = Literal["ok", "FAILED", "NOT RUN"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    verdict: Verdict
    text: str


def run(*command: str | Path, folder: Path = PROJECT) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        cwd=folder,
        env=node_environment() if folder == FRONTEND else uv_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=ASK_WITHIN_S,
    )


def pins(text: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9][a-z0-9-]*)==([^\s;\\]+)", text, re.MULTILINE))


def compiled(*, lock: str, extra: tuple[str, ...] = ()) -> tuple[dict[str, str], str]:
    """What the index answers today with the lock's versions preferred; the error if it does not."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, lock)
        target.write_bytes((PROJECT / lock).read_bytes())
        done = run(PROGRAMS / "uv", *COMPILE, *LOCKS[lock], *extra, "-o", target)
        return pins(target.read_text(encoding="utf-8")), done.stderr if done.returncode else ""


def locks_are_fresh() -> Finding:
    for lock in LOCKS:
        found, error = compiled(lock=lock)
        if error:
            return Finding(verdict="NOT RUN", text=f"the index does not answer: {last(error)}")
        if found != pins((PROJECT / lock).read_text(encoding="utf-8")):
            return Finding(verdict="FAILED", text=f"{lock} is stale; run make lock")
    return Finding(verdict="ok", text="pyproject.toml and all locks agree")


def everything_is_a_week_old() -> Finding:
    for lock in LOCKS:
        found, error = compiled(lock=lock, extra=("--exclude-newer", COOL_DOWN))
        if "no publish time" in error:
            return Finding(verdict="NOT RUN", text="the index gives no dates")
        if error:
            return Finding(verdict="FAILED", text=f"{lock}: {last(error)}")
        locked = pins((PROJECT / lock).read_text(encoding="utf-8"))
        young = sorted(name for name in locked if found.get(name) != locked[name])
        if young:
            return Finding(
                verdict="FAILED", text=f"{lock}: younger than a week: {', '.join(young)}"
            )
    return Finding(verdict="ok", text="no locked version is younger than a week")


def django_is_patched() -> Finding:
    locked = pins((PROJECT / "requirements.lock").read_text(encoding="utf-8"))["django"]
    series = ".".join(locked.split(".")[:2])
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder, "wanted.in")
        wanted.write_text(f"django~={series}.0\n", encoding="utf-8")
        done = run(
            PROGRAMS / "uv", *COMPILE, "--exclude-newer", LATEST_PATCH_AFTER, "--no-deps", wanted
        )
    latest = pins(done.stdout).get("django")
    if latest is None:
        return Finding(verdict="NOT RUN", text=f"the index does not answer: {last(done.stderr)}")
    if numbers(latest) > numbers(locked):
        return Finding(
            verdict="FAILED", text=f"Django {latest} is out for more than {LATEST_PATCH_AFTER}"
        )
    return Finding(verdict="ok", text=f"Django {locked} is the latest patch of {series}")


def python_advisories() -> Finding:
    done = run(
        PROGRAMS / "pip-audit", "--strict", "--disable-pip", "--require-hashes",
        "--requirement", "requirements.lock",
    )  # fmt: skip
    if "could not be audited" in done.stderr + done.stdout or "ServiceError" in done.stderr:
        return Finding(verdict="NOT RUN", text="no advisory service for Python within reach")
    text = last(done.stdout) or last(done.stderr)
    return Finding(verdict="FAILED" if done.returncode else "ok", text=text)


def node_advisories() -> Finding:
    done = run(*npm("audit", "--omit=dev", "--package-lock-only"), folder=FRONTEND)
    if "audit endpoint returned an error" in done.stderr or "ENOTFOUND" in done.stderr:
        return Finding(verdict="NOT RUN", text="no advisory service for Node within reach")
    return Finding(verdict="FAILED" if done.returncode else "ok", text=last(done.stdout))


def last(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else ""


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".") if part.isdigit()]


CHECKS: Final[tuple[tuple[str, Callable[[], Finding]], ...]] = (
    ("locks", locks_are_fresh),
    ("cool-down", everything_is_a_week_old),
    ("django", django_is_patched),
    ("pip-audit", python_advisories),
    ("npm audit", node_advisories),
)


def main() -> int:
    link_programs()
    failed = False
    for name, check in CHECKS:
        finding = check()
        failed |= finding.verdict == "FAILED"
        sys.stdout.write(f"{name:<10} {finding.verdict:<8} {finding.text}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
