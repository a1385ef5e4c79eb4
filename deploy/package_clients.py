"""How the package clients of this machine are configured, said to those inside an image build.

Law: nothing of it enters the image or the repository; it is mounted while the build runs.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.bootstrap import SYSTEM_NPMRC, pip_configuration, uv_environment

TRUSTED: Final = "/etc/ssl/certs/ca-certificates.crt"
HOME_OF_BUILD: Final = "/root"
LOCAL_FOLDER: Final = re.compile(r"(?:file://)?(/[^\s,]+)")
# As uv's environment names them -> as its file of settings does; True: a list.
UV_SETTINGS: Final = (
    ("UV_DEFAULT_INDEX", "index-url", False),
    ("UV_INDEX_URL", "index-url", False),
    ("UV_INDEX", "extra-index-url", True),
    ("UV_EXTRA_INDEX_URL", "extra-index-url", True),
    ("UV_FIND_LINKS", "find-links", True),
    ("UV_INDEX_STRATEGY", "index-strategy", False),
    ("UV_INSECURE_HOST", "allow-insecure-host", True),
)


def build_mounts(scratch: Path) -> list[str]:
    """`source:target:ro` for each file and folder; the files are written below `scratch`."""
    pip = pip_configuration()
    texts = {
        "pip.conf": "[global]\n" + "".join(_pip_lines(pip)),
        "uv.toml": "native-tls = true\n" + "".join(_uv_lines()),
        "npmrc": "".join(_npmrc_texts()),
    }
    targets = {
        "pip.conf": "/etc/pip.conf",
        "uv.toml": "/etc/uv/uv.toml",
        "npmrc": f"{HOME_OF_BUILD}/.npmrc",
    }
    for name, text in texts.items():
        (scratch / name).write_text(text, encoding="utf-8")
        (scratch / name).chmod(0o600)
    mounts = {targets[name]: str(scratch / name) for name in texts}
    authorities = pip.get("cert", TRUSTED)
    if Path(authorities).is_file():
        mounts[TRUSTED] = authorities
    mounts |= {folder: folder for folder in _local_folders(pip)}
    return [f"{source}:{target}:ro" for target, source in mounts.items()]


def _pip_lines(pip: dict[str, str]) -> Iterator[str]:
    for name in ("index-url", "extra-index-url", "find-links", "trusted-host", "proxy"):
        if value := pip.get(name):
            yield f"{name} = {value}\n"
    yield f"cert = {TRUSTED}\n"


def _uv_lines() -> Iterator[str]:
    environment = uv_environment()
    for variable, name, is_list in UV_SETTINGS:
        if value := environment.get(variable):
            parts = [f'"{part}"' for part in re.split(r"[\s,]+", value) if part]
            yield f"{name} = [{', '.join(parts)}]\n" if is_list else f"{name} = {parts[0]}\n"


def _npmrc_texts() -> Iterator[str]:
    for path in (*SYSTEM_NPMRC, Path.home() / ".npmrc"):
        if Path(path).is_file():
            yield f"{Path(path).read_text(encoding='utf-8')}\n"
    yield f"cafile={TRUSTED}\n"


def _local_folders(pip: dict[str, str]) -> Iterator[str]:
    """Indexes and wheels that lie on this machine; of `…/simple` all that its links lead to."""
    said = " ".join(pip.get(name, "") for name in ("index-url", "extra-index-url", "find-links"))
    for word in said.split():
        found = LOCAL_FOLDER.fullmatch(word)
        if found and Path(found[1]).is_dir():
            yield found[1].removesuffix("/").removesuffix("/simple")
