"""`make images`: builds the image without an engine, and runs it the way a cluster would.

Laws: each check says ok, FAILED or NOT RUN with its reason; the base is a fresh Debian under the
base's name, so no image registry is asked; nothing of it is left behind. Exit status 1 when a check
failed.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from deploy.bootstrap import BIN, PROJECT, uv_environment
from deploy.package_clients import build_mounts
from gateway.ops.ports import free_port

DOCKERFILE: Final = PROJECT / "docker/Dockerfile"
DEBIAN: Final = "bookworm"
BASE_PACKAGES: Final = "python3,python3-venv,ca-certificates"
IMAGE: Final = "localhost/switchyard"
USER: Final = "65532"
WRITABLE: Final = "var/lib/switchyard"
READY_S: Final = 120.0
STOP_S: Final = 60.0
POLL_S: Final = 0.5
# None of these may be in the image.
UNWANTED: Final = ("gcc", "g++", "cc", "ld", "make", "node", "npm", "uv", "git", "curl")
# The image's own environment comes on top; its namespace ends with this shell.
ISOLATE: Final = f"""
root=$1; shift
mount --bind "$root" "$root"
mount -o remount,bind,ro "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o uid={USER},gid={USER},mode=0700 tmpfs "$root/{WRITABLE}"
exec chroot "$root" env -i "$@" setpriv --reuid {USER} --regid {USER} --clear-groups \
    --no-new-privs --inh-caps=-all --bounding-set=-all switchyard
"""

Verdict = Literal["ok", "FAILED", "NOT RUN"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    verdict: Verdict
    text: str


class StepFailed(Exception):
    """A program said no; the message is the end of what it wrote."""


def run(*command: str, cwd: Path = PROJECT, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        raise StepFailed("\n".join(done.stdout.splitlines()[-15:]))
    return done.stdout


def linted(name: str, *arguments: str) -> Finding:
    program = shutil.which(name)
    if program is None:
        return Finding(verdict="NOT RUN", text=f"{name} is not installed")
    run(program, *arguments)
    return Finding(verdict="ok", text=arguments[-1])


def wheels_exist(platform: str) -> Finding:
    """For the Python of the base: a package without a wheel would need a compiler."""
    command = (
        "pip",
        "install",
        "--dry-run",
        "--quiet",
        "--require-hashes",
        "--only-binary",
        ":all:",
    )
    version = re.sub(r"^python:(\d+\.\d+).*", r"\1", base_name())
    with tempfile.TemporaryDirectory() as target:
        place = ("--python-platform", platform, "--python-version", version, "--target", target)
        run(str(BIN / "uv"), *command, *place, "-r", "requirements.lock", env=uv_environment())
    return Finding(verdict="ok", text=f"every package has a wheel for Python {version}, {platform}")


# --- build and run --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Builder:
    """buildah with a store of its own."""

    store: Path

    def __call__(self, *arguments: str) -> str:
        places = ("--root", str(self.store / "root"), "--runroot", str(self.store / "run"))
        environment = {**os.environ, "BUILDAH_ISOLATION": "chroot"}
        # Works on any file system; overlay is faster where the kernel allows it.
        driver = ("--storage-driver", os.environ.get("STORAGE_DRIVER", "vfs"))
        return run("buildah", *places, *driver, *arguments, env=environment).strip()

    def make_base(self, name: str) -> None:
        archive = self.store / "base.tar"
        run("mmdebstrap", "--variant=minbase", f"--include={BASE_PACKAGES}", DEBIAN, str(archive))
        container = self("from", "scratch")
        self("add", "--quiet", container, str(archive), "/")
        self("commit", "--quiet", "--rm", "--format", "docker", container, f"localhost/{name}")
        archive.unlink()

    def build(self) -> None:
        volumes = [part for mount in build_mounts(self.store) for part in ("--volume", mount)]
        format_ = ("--format", "docker", "--pull-never", "--tag", IMAGE)
        self("bud", *format_, *volumes, "--file", str(DOCKERFILE), str(PROJECT))


def base_name() -> str:
    found = re.search(r"^ARG PYTHON_IMAGE=(\S+)$", DOCKERFILE.read_text(encoding="utf-8"), re.M)
    if found is None:
        raise StepFailed("the Dockerfile names no base")
    return found[1]


def image_builds_and_runs() -> Finding:
    missing = [name for name in ("buildah", "mmdebstrap", "unshare") if shutil.which(name) is None]
    if os.geteuid() != 0:
        return Finding(verdict="NOT RUN", text="building without an engine needs root")
    if missing:
        return Finding(verdict="NOT RUN", text=f"not installed: {', '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="switchyard-images-") as store:
        builder = Builder(store=Path(store))
        builder.make_base(base_name())
        builder.build()
        with _mounted(builder) as (root, environment):
            _require_lean(root)
            took_s = _serve(root, environment, log=Path(store, "run.log"))
    return Finding(verdict="ok", text=f"read-only as {USER} without a URL: ready in {took_s:.0f} s")


@contextmanager
def _mounted(builder: Builder) -> Iterator[tuple[Path, list[str]]]:
    """The image's file system and environment."""
    container = builder("from", "--pull-never", IMAGE)
    shown = "{{range .OCIv1.Config.Env}}{{println .}}{{end}}"
    environment = builder("inspect", "--format", shown, container).split()
    try:
        yield Path(builder("mount", container)), environment
    finally:
        builder("rm", container)


def _require_lean(root: Path) -> None:
    folders = ("bin", "sbin", "usr/bin", "usr/sbin", "usr/local/bin", "opt/venv/bin")
    found = [
        f"/{folder}/{name}"
        for folder in folders
        for name in UNWANTED
        if (root / folder / name).is_file()
    ]
    if found:
        raise StepFailed(f"the image holds {', '.join(found)}")


def _serve(root: Path, environment: list[str], *, log: Path) -> float:
    """Seconds until /ready answered 200, after which it was told to stop and did."""
    port = free_port()
    begun = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                *("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", ISOLATE),
                *("sh", str(root), *environment, f"PORT={port}"),
            ],
            stdout=output,
            stderr=output,
        )
    try:
        while not _answers(f"http://127.0.0.1:{port}/ready"):
            if process.poll() is not None or time.monotonic() - begun > READY_S:
                raise StepFailed(f"not ready:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(POLL_S)
        took_s = time.monotonic() - begun
        if not _answers(f"http://127.0.0.1:{port}/"):
            raise StepFailed("the console does not answer 200 at /")
        _stop(process)
    finally:
        process.kill()
        process.wait()
    return took_s


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """As an engine does: the signal goes to the first process inside."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(children[0]), 15)
    try:
        status = process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        raise StepFailed(f"did not stop within {STOP_S:.0f} s of SIGTERM") from None
    if status:
        raise StepFailed(f"ended with status {status} after SIGTERM")


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - loopback, plain http
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


CHECKS: Final[tuple[tuple[str, Callable[[], Finding]], ...]] = (
    ("hadolint", lambda: linted("hadolint", "docker/Dockerfile")),
    ("shellcheck", lambda: linted("shellcheck", "docker/entrypoint.sh")),
    # Host goes on as it came, with its port; the application knows which hosts it answers to.
    ("gixy", lambda: linted("gixy", "--skips", "host_spoofing", "docker/nginx.conf")),
    ("amd64", lambda: wheels_exist("x86_64-manylinux_2_28")),
    ("arm64", lambda: wheels_exist("aarch64-manylinux_2_28")),
    ("image", image_builds_and_runs),
)


def main() -> int:
    failed = False
    for name, check in CHECKS:
        try:
            finding = check()
        except StepFailed as said_no:
            finding = Finding(verdict="FAILED", text=str(said_no))
        failed |= finding.verdict == "FAILED"
        sys.stdout.write(f"{name:<11}{finding.verdict:<8} {finding.text}\n")
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
