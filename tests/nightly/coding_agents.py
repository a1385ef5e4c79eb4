"""Claude Code, Codex and Gemini CLI finish a session of two turns on models of every dialect.

They are installed outside the repository, with the package client as it is configured here; all
that they say goes to loopback: every other address leads to a proxy that nobody serves.
"""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from deploy.bootstrap import BIN, CODING_AGENTS, node_environment, npm
from tests.clients.fixtures import bare_stack
from tests.clients.foreign import KINDS
from tests.clients.management import Model
from tests.clients.stack import Stack
from tests.clients.wiretap import Wiretap, tapped
from tests.nightly.agents.streams import faults_of, is_stream
from tests.nightly.agents.vendor import (
    ASK,
    MODEL,
    PATCH_ASK,
    PATCHED,
    SEAL,
    TELLING,
    Session,
    agreeable_vendor,
    results_of,
    seals_of,
)

__all__ = ["bare_stack"]

INSTALLED_WITHIN_S: Final = 400
WITHIN_S: Final = 100
CODEX: Final = "codex"
# Codex offers all its tools to models that it knows by name.
KNOWN: Final = "gpt-5.5"
WORDS: Final = ("heliotrope", "zanzibar")
NOWHERE: Final = "http://127.0.0.1:9"
LOOPBACK: Final = "127.0.0.1,localhost"
# What models of the vendor's newest generation can do, and insist on.
ABLE: Final[Mapping[str, Mapping[str, Any]]] = {
    "messages": {"effort": "budget"},
    "gemini": {"effort": "level", "seal_required": True},
    "bedrock": {"effort": "budget"},
    "responses": {"effort": "effort"},
}
ITEMS: Final = frozenset({"messages", "bedrock", "responses"})
# Whose seals an agent brings back in a field of its own dialect; Gemini CLI forgets thoughts.
KEEPS_SEALS: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("claude", "claude-bedrock", "claude-vertex", CODEX), ITEMS),
    "gemini": frozenset({"gemini"}),
}


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """A folder of its own as its home, and how it is called."""

    home: Path
    work: Path
    packages: Path
    url: str
    key: str
    ask: str = ASK

    def run(self, script: str, *arguments: str, **environment: str) -> str:
        """All that it wrote."""
        done = subprocess.run(
            [str(BIN / "node"), str(self.packages / script), *arguments],
            cwd=self.work,
            env={
                "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}",
                "HOME": str(self.home),
                "TMPDIR": str(self.home),
                "TERM": "dumb",
                "HTTP_PROXY": NOWHERE,
                "HTTPS_PROXY": NOWHERE,
                "NO_PROXY": LOOPBACK,
                **environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=WITHIN_S,
            check=False,
        )
        said = f"{done.stdout.decode()}\n--- stderr\n{done.stderr.decode()}"
        assert done.returncode == 0, said
        return said


def claude_code(agent: Agent, model: str, **settings: str) -> str:
    return agent.run(
        "@anthropic-ai/claude-code/cli-wrapper.cjs",
        *("-p", agent.ask, "--model", model, "--allowedTools", "Read"),
        **{
            "ANTHROPIC_BASE_URL": agent.url,
            "ANTHROPIC_AUTH_TOKEN": agent.key,
            "ANTHROPIC_SMALL_FAST_MODEL": model,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "DISABLE_AUTOUPDATER": "1",
            **settings,
        },
    )


def claude_code_on(cloud: str, **settings: str) -> Callable[[Agent, str], str]:
    """In its mode for a cloud, where no credential of that cloud is needed."""

    def run(agent: Agent, model: str) -> str:
        mode = {f"CLAUDE_CODE_USE_{cloud}": "1", f"CLAUDE_CODE_SKIP_{cloud}_AUTH": "1"}
        told = {name: value.format(url=agent.url) for name, value in settings.items()}
        return claude_code(agent, model, ANTHROPIC_BASE_URL=NOWHERE, **mode, **told)

    return run


def codex(agent: Agent, model: str) -> str:
    folder = agent.home / ".codex"
    folder.mkdir()
    (folder / "config.toml").write_text(
        f'model = "{model}"\n'
        'model_provider = "switchyard"\n'
        "check_for_update_on_startup = false\n"
        "[analytics]\nenabled = false\n"
        "[model_providers.switchyard]\n"
        'name = "Switchyard"\n'
        f'base_url = "{agent.url}/v1"\n'
        'wire_api = "responses"\n'
        'env_key = "SWITCHYARD_KEY"\n',
        encoding="utf-8",
    )
    return agent.run(
        "@openai/codex/bin/codex.js",
        *("exec", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", agent.ask),
        SWITCHYARD_KEY=agent.key,
    )


def gemini_cli(agent: Agent, model: str) -> str:
    folder = agent.home / ".gemini"
    folder.mkdir()
    settings = {
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        "general": {"disableAutoUpdate": True, "disableUpdateNag": True},
    }
    (folder / "settings.json").write_bytes(msgspec.json.encode(settings))
    return agent.run(
        "@google/gemini-cli/bundle/gemini.js",
        *("-m", model, "-p", agent.ask, "--skip-trust", "--yolo"),
        GOOGLE_GEMINI_BASE_URL=agent.url.replace("127.0.0.1", "localhost"),
        GEMINI_API_KEY=agent.key,
    )


AGENTS: Final[Mapping[str, Callable[[Agent, str], str]]] = {
    "claude": claude_code,
    "claude-bedrock": claude_code_on(
        "BEDROCK", ANTHROPIC_BEDROCK_BASE_URL="{url}", AWS_REGION="eu-west-1"
    ),
    "claude-vertex": claude_code_on(
        "VERTEX",
        ANTHROPIC_VERTEX_BASE_URL="{url}/v1",
        ANTHROPIC_VERTEX_PROJECT_ID="project",
        CLOUD_ML_REGION="europe-west1",
    ),
    CODEX: codex,
    "gemini": gemini_cli,
}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Nothing of it runs while it is installed: no script of a package is needed."""
    folder = tmp_path_factory.mktemp("agents")
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(CODING_AGENTS / name, folder)
    try:
        subprocess.run(
            npm("ci", "--ignore-scripts"),
            cwd=folder,
            env=node_environment(),
            capture_output=True,
            timeout=INSTALLED_WITHIN_S,
            check=True,
        )
    except subprocess.SubprocessError as error:
        told = (getattr(error, "stderr", None) or b"").decode()
        # Without a registry there is nothing to try; what npm said is shown with the skip.
        pytest.skip(f"the agents cannot be installed here: {error}\n{told}")
    yield folder / "node_modules"
    # Almost a gigabyte.
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    folder = tmp_path_factory.mktemp("work")
    files = tuple(folder / f"{at}.txt" for at in range(len(WORDS)))
    for path, word in zip(files, WORDS, strict=True):
        path.write_text(f"{word}\n", encoding="utf-8")
    return Session(files)


@pytest.fixture(scope="module")
def vendors(bare_stack: Stack, session: Session) -> Iterator[Stack]:
    """One provider for each dialect, which speaks nothing else."""
    with pytest.MonkeyPatch.context() as patch, agreeable_vendor(session, patch) as url:
        for slug, (kind, path) in KINDS.items():
            alone = [{"dialect": "openai.responses", "base_url": f"{url}/v1"}]
            told = {"surfaces": alone} if slug == "responses" else {}
            model = Model(name=MODEL, capabilities=ABLE.get(slug, {}))
            named = msgspec.structs.replace(model, public_name=KNOWN)
            bare_stack.vendor(slug, url=f"{url}{path}", kind=kind, models=[model, named], **told)
        yield bare_stack


@pytest.fixture
def tap(vendors: Stack) -> Iterator[Wiretap]:
    """Between an agent and the gateway; what the agent was told is in the order it was promised."""
    with tapped(vendors.gateway.port) as opened:
        yield opened
        streams = [each for each in opened.exchanges() if is_stream(each)]
        assert streams
        # Agents leave what they have no use for, some right before the last byte.
        for each in (stream for stream in streams if stream.is_whole):
            assert faults_of(each) == [], each.path


@pytest.fixture
def agent(vendors: Stack, session: Session, packages: Path, tap: Wiretap, tmp_path: Path) -> Agent:
    work, key = session.files[0].parent, vendors.key.value
    return Agent(home=tmp_path, work=work, packages=packages, url=tap.url, key=key)


@pytest.mark.timeout(INSTALLED_WITHIN_S + 2 * WITHIN_S)
@pytest.mark.parametrize("vendor", KINDS)
@pytest.mark.parametrize("name", AGENTS)
def test_an_agent_reads_two_files_at_once_and_tells_of_them(
    name: str, vendor: str, agent: Agent, session: Session
) -> None:
    session.requests.clear()
    said = AGENTS[name](agent, f"{vendor}/{KNOWN if name == CODEX else MODEL}")
    assert TELLING in said
    assert all(word in said for word in WORDS), said
    calls = [{call for call, _ in results_of(asked)} for asked in session.requests]
    assert max(map(len, calls)) == len(WORDS)
    if vendor in KEEPS_SEALS[name]:
        assert SEAL.signature in set().union(*map(seals_of, session.requests))


@pytest.mark.timeout(INSTALLED_WITHIN_S + 2 * WITHIN_S)
@pytest.mark.parametrize("vendor", KINDS)
def test_codex_patches_files_with_a_tool_that_takes_free_text(vendor: str, agent: Agent) -> None:
    made = agent.work / "made.txt"
    made.unlink(missing_ok=True)
    said = codex(msgspec.structs.replace(agent, ask=PATCH_ASK), f"{vendor}/{KNOWN}")
    assert TELLING in said
    assert made.read_text(encoding="utf-8") == PATCHED, said
