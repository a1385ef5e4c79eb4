"""The files a deployment is made of: they parse, agree with each other and with the settings."""

import ipaddress
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from gateway import VERSION, env
from gateway.ops.init_secrets import Servers, init_secrets
from tests.contracts.tree import ROOT

COMPOSE: Final = ROOT / "docker-compose.yml"
COMPOSE_FILES: Final = (COMPOSE, ROOT / "docker/compose.development.yml")
DOCKERFILE: Final = ROOT / "docker/Dockerfile"
ENTRYPOINT: Final = ROOT / "docker/entrypoint.sh"
PRODUCT: Final = ("gateway", "console", "shipper", "worker", "beat", "secrets", "init")
ONE_SHOT: Final = ("secrets", "init")
SECRETS: Final = "/secrets/"
# Letters and digits with a version of three numbers, or two for PostgreSQL: never `latest` or `17`.
EXACT: Final = re.compile(r"[a-z]+:(?:\d+\.\d+\.\d+|17\.\d+)(?:-[a-z]+)*")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose["services"]
    return found


def compose_findings(*files: Path) -> "subprocess.CompletedProcess[str]":
    program = str(Path(sys.executable).with_name("check-jsonschema"))
    command = [program, "--builtin-schema", "vendor.compose-spec", *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_compose_files_are_valid() -> None:
    done = compose_findings(*COMPOSE_FILES)
    assert done.returncode == 0, done.stdout


def test_a_mistake_in_a_compose_file_is_found(tmp_path: Path) -> None:
    broken = tmp_path / "docker-compose.yml"
    text = COMPOSE.read_text(encoding="utf-8")
    broken.write_text(text.replace("stop_grace_period:", "stop_grace:", 1), encoding="utf-8")
    assert compose_findings(broken).returncode == 1


def test_only_nginx_is_published(services: dict[str, dict[str, Any]]) -> None:
    assert {name for name, service in services.items() if "ports" in service} == {"nginx"}


def test_development_publishes_the_state_on_this_machine_only() -> None:
    text = (ROOT / "docker/compose.development.yml").read_text(encoding="utf-8")
    published = [port for row in yaml.safe_load(text)["services"].values() for port in row["ports"]]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_only_the_address_of_nginx_is_believed_about_clients(compose: dict[str, Any]) -> None:
    network = compose["networks"]["default"]["ipam"]["config"][0]
    own = compose["services"]["nginx"]["networks"]["default"]["ipv4_address"]
    assert ipaddress.ip_address(own) in ipaddress.ip_network(network["subnet"])
    assert ipaddress.ip_address(own) not in ipaddress.ip_network(network["ip_range"])
    for name in ("gateway", "console"):
        believed = compose["services"][name]["environment"]["TRUSTED_PROXY_CIDRS"]
        assert believed == f"{own}/32${{TRUSTED_PROXY_CIDRS:+,$TRUSTED_PROXY_CIDRS}}"


def test_images_have_exact_tags_and_name_no_registry(services: dict[str, dict[str, Any]]) -> None:
    assert not [row["image"] for row in services.values() if not EXACT.fullmatch(row["image"])]
    bases = re.findall(r"^ARG PYTHON_IMAGE=(.+)$", DOCKERFILE.read_text(encoding="utf-8"), re.M)
    assert bases
    assert all(EXACT.fullmatch(base) for base in bases)


def test_the_image_is_tagged_with_the_version_of_the_product(
    services: dict[str, dict[str, Any]],
) -> None:
    assert {services[name]["image"] for name in PRODUCT} == {f"switchyard:{VERSION}"}


@pytest.mark.parametrize("name", [*PRODUCT, "nginx"])
def test_nothing_of_ours_writes_its_root_or_holds_a_capability(
    services: dict[str, dict[str, Any]], name: str
) -> None:
    service = services[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not str(service.get("user", "65532")).startswith("0")


def test_every_service_that_stays_says_whether_it_is_healthy(
    services: dict[str, dict[str, Any]],
) -> None:
    for name, service in services.items():
        if name not in ONE_SHOT:
            assert service["healthcheck"]["test"], name
            assert service["restart"] == "unless-stopped", name


def test_the_servers_are_probed_without_curl(services: dict[str, dict[str, Any]]) -> None:
    for name in ("gateway", "console"):
        assert services[name]["healthcheck"]["test"] == ["CMD", "switchyard", "check", "--live"]


def mounted(service: dict[str, Any]) -> dict[str, str]:
    """Folder of secrets below /secrets -> access."""
    volumes = (volume.split(":") for volume in service.get("volumes", ()))
    return {
        parts[1].removeprefix(SECRETS): parts[2] if len(parts) > 2 else "rw"
        for parts in volumes
        if parts[1].startswith(SECRETS)
    }


def test_a_container_mounts_only_the_secrets_it_needs(services: dict[str, dict[str, Any]]) -> None:
    found = {name: mounted(service) for name, service in services.items()}
    assert found == {
        "nginx": {},
        "gateway": {"app": "ro"},
        "console": {"app": "ro"},
        "beat": {"app": "ro"},
        "shipper": {"app": "ro"},
        "worker": {"app": "ro", "owner": "ro"},
        "init": {"app": "ro", "owner": "ro", "postgres": "ro"},
        "postgres": {"postgres": "ro"},
        "redis": {"redis": "ro"},
        "cache": {"redis": "ro"},
        "secrets": {"app": "rw", "owner": "rw", "postgres": "rw", "redis": "rw"},
    }


def test_who_records_and_who_ships_share_the_spool_and_the_name_of_the_node(
    services: dict[str, dict[str, Any]],
) -> None:
    for name in ("gateway", "console", "shipper"):
        environment = services[name]["environment"]
        assert environment["NODE_ID"] == "compose"
        assert f"spool:{environment['SPOOL_DIR']}" in services[name]["volumes"]
    assert f"audit:{environment['AUDIT_LOG_DIR']}" in services["shipper"]["volumes"]


def named_files(service: dict[str, Any]) -> Iterator[str]:
    """Every path below /secrets that the service's own words name."""
    for words in map(service.get, ("environment", "command", "healthcheck")):
        yield from re.findall(r"/secrets/(\w+/[\w.]+)", str(words))


def test_every_secret_named_is_made_mounted_and_readable_by_a_setting(
    services: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    servers = Servers(
        postgres="postgres:5432", redis="redis:6379", cache="cache:6379", database="x"
    )
    made = set(init_secrets(tmp_path, servers=servers))
    for name, service in services.items():
        named = set(named_files(service))
        assert named <= made, name
        assert {path.partition("/")[0] for path in named} <= mounted(service).keys(), name
        for setting, value in service.get("environment", {}).items():
            if setting.endswith("_FILE") and name in PRODUCT:
                row = env.BY_NAME[setting.removesuffix("_FILE")]
                assert row.secret
                assert value == f"{SECRETS}{'owner' if 'OWNER' in setting else 'app'}/{row.name}"


def test_every_plain_value_for_the_product_is_a_setting(
    services: dict[str, dict[str, Any]],
) -> None:
    for name in PRODUCT:
        for setting in services[name]["environment"]:
            assert setting.removesuffix("_FILE") in env.BY_NAME, name


def test_a_server_gets_the_time_its_drain_needs(services: dict[str, dict[str, Any]]) -> None:
    for name in ("gateway", "console"):
        given = services[name]["environment"]
        drain_s = sum(
            int(given.get(setting) or env.BY_NAME[setting].default)
            for setting in ("DRAIN_READY_DELAY_S", "DRAIN_MAX_S")
        )
        assert int(services[name]["stop_grace_period"].removesuffix("s")) > drain_s + 30


def test_the_dockerfile_names_no_minor_version_of_python_beside_its_base() -> None:
    """Builds on a base with another Python find everything by itself."""
    body = DOCKERFILE.read_text(encoding="utf-8").partition("\n# --- packages")[2]
    assert body
    assert not re.search(r"python-?3\.\d|cpython|cp3\d\d", body)


def test_the_image_runs_as_a_user_and_from_hashes() -> None:
    text = DOCKERFILE.read_text(encoding="utf-8")
    assert re.findall(r"^USER (.+)$", text, re.M) == ["65532:65532"]
    assert text.count("--require-hashes") == text.count("pip install") == 2


def test_nothing_private_enters_the_build() -> None:
    """The context is a list of what may enter; what it names exists."""
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").split("\n")
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    entering = [rule.removeprefix("!") for rule in rules if rule.startswith("!")]
    assert not [path for path in entering if not (ROOT / path).exists()]
    assert not [path for path in entering if path.startswith((".", "var", "tests", "docs"))]


@pytest.fixture
def entrypoint(tmp_path: Path) -> Path:
    """The script with its two fixed places replaced: the program prints what it was called with."""
    program = tmp_path / "python"
    program.write_text('#!/bin/sh\necho "$@" "WORKERS=${WORKERS:-}"\n', encoding="utf-8")
    program.chmod(0o755)
    text = ENTRYPOINT.read_text(encoding="utf-8")
    assert "cd /app\n" in text
    script = tmp_path / "entrypoint.sh"
    script.write_text(
        text.replace("cd /app\n", "").replace("/opt/venv/bin/python", str(program)),
        encoding="utf-8",
    )
    return script


def called(script: Path, *arguments: str, **environment: str) -> str:
    return subprocess.run(
        ["sh", script, *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_without_a_command_or_a_url_everything_is_started(entrypoint: Path) -> None:
    assert called(entrypoint) == "-m gateway up WORKERS="


@pytest.mark.parametrize(
    "name", ["DATABASE_URL", "REDIS_URL", "DATABASE_URL_FILE", "REDIS_URL_FILE"]
)
def test_with_a_url_the_server_is_started(entrypoint: Path, name: str) -> None:
    assert called(entrypoint, **{name: "given"}).startswith("-m gateway serve ")


def test_the_server_gets_a_worker_per_processor_up_to_eight(entrypoint: Path) -> None:
    workers = called(entrypoint, "serve").partition("WORKERS=")[2]
    assert 1 <= int(workers) <= min(8, os.cpu_count() or 1)
    assert called(entrypoint, "serve", WORKERS="3").endswith("WORKERS=3")


def test_any_command_is_passed_on(entrypoint: Path) -> None:
    assert called(entrypoint, "check", "--live") == "-m gateway check --live WORKERS="
