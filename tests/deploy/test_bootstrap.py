import ast
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import bootstrap
from deploy.bootstrap import CannotGoOn
from gateway.ops.outcome import Exit
from tests.contracts.tree import ROOT

OLD_PYTHON = "import sys; sys.version_info = (3, 9, 2); sys.argv = ['bootstrap.py', 'up']\n"


def test_an_old_python_is_told_what_to_do() -> None:
    source = (ROOT / "deploy/bootstrap.py").read_text(encoding="utf-8")
    code = OLD_PYTHON + source.replace("from __future__ import annotations\n", "").replace(
        "__file__", repr(str(ROOT / "deploy/bootstrap.py"))
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == Exit.UNAVAILABLE
    assert "needs Python 3.11 or newer, and this is 3.9" in done.stderr
    assert "make PYTHON=" in done.stderr


def test_an_old_python_can_read_the_file_at_all() -> None:
    source = (ROOT / "deploy/bootstrap.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 8))


def test_only_the_standard_library_is_imported() -> None:
    tree = ast.parse((ROOT / "deploy/bootstrap.py").read_text(encoding="utf-8"))
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [str(node.module)]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert names <= set(sys.stdlib_module_names)


@pytest.fixture
def pip_says(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_FIND_LINKS", "SSL_CERT_FILE", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    config: dict[str, str] = {}
    monkeypatch.setattr(bootstrap, "pip_configuration", lambda: config)
    return config


def test_uv_hears_what_pip_is_configured_with(pip_says: dict[str, str]) -> None:
    pip_says.update(
        {
            "index-url": "https://mirror.example/simple",
            "extra-index-url": "https://a.example/simple https://b.example/simple",
            "cert": "/etc/ssl/company.pem",
            "proxy": "http://proxy.example:3128",
        }
    )
    env = bootstrap.uv_environment()
    assert env["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
    assert env["UV_INDEX"] == "https://a.example/simple https://b.example/simple"
    assert env["UV_INDEX_STRATEGY"] == "unsafe-best-match"
    assert env["SSL_CERT_FILE"] == "/etc/ssl/company.pem"
    assert env["ALL_PROXY"] == "http://proxy.example:3128"


def test_what_uv_is_configured_with_is_never_overridden(
    pip_says: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pip_says["index-url"] = "https://mirror.example/simple"
    monkeypatch.setenv("UV_INDEX_URL", "https://mine.example/simple")
    assert "UV_DEFAULT_INDEX" not in bootstrap.uv_environment()


@pytest.fixture
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A checkout whose steps are written down instead of run."""
    for name, path in {
        "PROJECT": tmp_path,
        "VENV": tmp_path / ".venv",
        "BIN": tmp_path / ".venv/bin",
        "FRONTEND": tmp_path / "frontend",
        "DIST": tmp_path / "frontend/dist",
    }.items():
        monkeypatch.setattr(bootstrap, name, path)
    for folder in (".venv/bin", "frontend/src", "frontend/dist", "frontend/node_modules"):
        (tmp_path / folder).mkdir(parents=True)
    locks = [lock for names in bootstrap.PYTHON_LOCKS.values() for lock in names]
    for name in (*locks, "frontend/package-lock.json"):
        (tmp_path / name).write_text(name, encoding="utf-8")
    (tmp_path / "frontend/src/main.tsx").write_text("1", encoding="utf-8")
    return tmp_path


@pytest.fixture
def steps(project: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    ran: list[str] = []
    monkeypatch.setattr(bootstrap, "run", lambda step, *_args, **_kwargs: ran.append(step))
    monkeypatch.setattr(bootstrap, "pip_configuration", dict)
    monkeypatch.setattr(bootstrap, "node_package", lambda: project / "node")
    return ran


def test_packages_are_installed_again_only_when_the_lock_changes(
    project: Path, steps: list[str]
) -> None:
    bootstrap.install_python_packages("runtime")
    bootstrap.install_python_packages("runtime")
    assert steps == ["Python packages"]
    (project / "requirements.lock").write_text("other", encoding="utf-8")
    bootstrap.install_python_packages("runtime")
    assert len(steps) == 2


def test_after_the_development_packages_make_up_installs_nothing(steps: list[str]) -> None:
    bootstrap.install_python_packages("dev")
    bootstrap.install_python_packages("runtime")
    assert steps == ["Python packages"]


def test_the_console_is_built_again_only_when_its_sources_change(
    project: Path, steps: list[str]
) -> None:
    bootstrap.build_console()
    bootstrap.build_console()
    assert steps == ["npm ci in frontend", "console"]
    (project / "frontend/dist/index.html").write_text("built", encoding="utf-8")
    bootstrap.build_console()
    assert len(steps) == 2
    (project / "frontend/src/main.tsx").write_text("2", encoding="utf-8")
    bootstrap.build_console()
    assert steps[2:] == ["console"]


def test_a_step_that_fails_shows_its_last_words_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(CannotGoOn) as stopped:
        bootstrap.run(
            "uv",
            [sys.executable, "-c", "raise SystemExit('no route to host')"],
            env={},
            cwd=tmp_path,
            hint="Check the network.",
        )
    assert str(stopped.value) == "no route to host\nuv failed (see above). Check the network."


def test_without_apt_or_root_the_command_to_type_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.bootstrap.shutil.which", lambda _name: None)
    with pytest.raises(CannotGoOn, match="apt-get install -y --no-install-recommends python3-venv"):
        bootstrap.install_venv_package()
