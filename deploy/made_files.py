"""Files that are made from others and committed: `python -m deploy.made_files [--write]`.

Without --write it compares and ends with status 1 when one is stale.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from deploy.bootstrap import BIN, FRONTEND, PROJECT, node_environment

OPENAPI: Final = FRONTEND / "openapi/openapi.yaml"
API_TYPES: Final = FRONTEND / "src/api/schema.d.ts"
SCHEMA: Final = ("spectacular", "--validate", "--fail-on-warn", "--file")


def main() -> int:
    writes = "--write" in sys.argv
    with tempfile.TemporaryDirectory() as scratch:
        made = {OPENAPI: make_openapi(Path(scratch))}
        # The types follow the description that was just made, not the committed one.
        made[API_TYPES] = make_api_types(made[OPENAPI], folder=Path(scratch))
        stale = [path for path, fresh in made.items() if _differs(path, fresh)]
        for path in stale if writes else []:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(made[path].read_bytes())
    names = [str(path.relative_to(PROJECT)) for path in stale]
    if names:
        sys.stdout.write(f"{'written' if writes else 'stale'}: {', '.join(names)}\n")
    if names and not writes:
        sys.stdout.write("run: .venv/bin/python -m deploy.made_files --write\n")
    return int(bool(stale) and not writes)


def _differs(path: Path, fresh: Path) -> bool:
    return not path.is_file() or path.read_bytes() != fresh.read_bytes()


def make_openapi(folder: Path) -> Path:
    target = folder / OPENAPI.name
    _run([str(BIN / "python"), "manage.py", *SCHEMA, str(target)], cwd=PROJECT)
    return target


def make_api_types(description: Path, *, folder: Path) -> Path:
    target = folder / API_TYPES.name
    modules = FRONTEND / "node_modules"
    node = str(BIN / "node")
    typescript = str(modules / "openapi-typescript/bin/cli.js")
    # A field with a default may be left out of a request.
    options = ["--default-non-nullable=false", "--output", str(target)]
    _run([node, typescript, str(description), *options], cwd=FRONTEND)
    prettier = str(modules / "prettier/bin/prettier.cjs")
    # Prettier chooses its configuration by the path of the file it believes to format.
    formatted = subprocess.run(
        [node, prettier, "--stdin-filepath", str(API_TYPES)],
        cwd=FRONTEND,
        env=node_environment(),
        input=target.read_bytes(),
        stdout=subprocess.PIPE,
        check=True,
    )
    target.write_bytes(formatted.stdout)
    return target


def _run(command: list[str], *, cwd: Path) -> None:
    done = subprocess.run(
        command,
        cwd=cwd,
        env=node_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(f"{' '.join(command)}\n{done.stdout}")


if __name__ == "__main__":
    raise SystemExit(main())
