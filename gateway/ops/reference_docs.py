"""`switchyard settings-docs`: the files made from the tables of settings and commands.

Law: a test compares what is written here with what is committed.
"""

import argparse
from argparse import Namespace
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Final

from gateway.ops.command_table import COMMANDS, EPILOG, Command
from gateway.ops.configuration import PROJECT, Configuration
from gateway.ops.outcome import Exit
from gateway.ops.reference_tables import errors_page, roles_page
from gateway.setting_row import Setting
from gateway.setting_table import SETTINGS

MADE: Final = (
    "Made by `switchyard settings-docs` from the table in `gateway/{source}`; do not edit."
)

SETTINGS_RULES: Final = (
    "Precedence: command-line flag, environment, `.env` in the project folder, what "
    "`switchyard up` made, default. Secrets also as `<NAME>_FILE`. Booleans: true, false, 1, 0, "
    "yes, no, on, off. Sizes: bytes, or `256m`. All bad values are reported together, with exit "
    "status 2; an unknown `SWITCHYARD_*` name is a warning. A change needs a restart."
)


def run(_: Namespace, __: Configuration) -> int:
    for path, text in reference_files().items():
        target = PROJECT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return Exit.OK


def reference_files() -> dict[Path, str]:
    return {
        Path(".env.example"): env_example(),
        Path("docs/reference/settings.md"): settings_page(),
        Path("docs/reference/cli.md"): commands_page(),
        Path("docs/reference/errors.md"): errors_page(),
        Path("docs/reference/roles.md"): roles_page(),
    }


def env_example() -> str:
    lines = [
        "# Every setting with its default. Copy to .env and change what you need.",
        "# Secrets may also be given as NAME_FILE, the path of a file that holds the value.",
    ]
    for group, rows in _groups():
        lines += ["", f"# --- {group} ---"]
        for row in rows:
            lines += [f"# {row.text}", f"#{row.name}={row.default}"]
    return "\n".join(lines) + "\n"


def settings_page() -> str:
    lines = [
        "# Settings",
        "",
        MADE.format(source="env.py"),
        "",
        SETTINGS_RULES,
    ]
    for group, rows in _groups():
        lines += ["", f"## {group}", "", "| Name | Kind | Default | Meaning |", "|---|---|---|---|"]
        for row in rows:
            default = f"`{row.default}`" if row.default else ""
            kind = f"{row.kind.replace('_', ' ')}{', secret' if row.secret else ''}"
            lines.append(f"| `{row.name}` | {kind} | {default} | {row.text} |")
    return "\n".join(lines) + "\n"


def _groups() -> Iterator[tuple[str, list[Setting]]]:
    for group, rows in groupby(SETTINGS, key=lambda row: row.group):
        yield group, list(rows)


def commands_page() -> str:
    lines = ["# Commands", "", MADE.format(source="ops/command_table.py"), "", EPILOG]
    for command in COMMANDS:
        lines += _command_lines(command, parents=())
    return "\n".join(lines) + "\n"


def _command_lines(command: Command, *, parents: tuple[str, ...]) -> list[str]:
    path = (*parents, command.name)
    if command.children:
        return [line for child in command.children for line in _command_lines(child, parents=path)]
    lines = [
        "",
        f"## switchyard {' '.join(path)}",
        "",
        f"{command.text[0].upper()}{command.text[1:]}.",
    ]
    shown = [
        option for option in command.options if option.settings.get("help") != argparse.SUPPRESS
    ]
    if shown:
        lines += ["", "| Option | Meaning |", "|---|---|"]
        lines += [
            f"| `{', '.join(option.names)}` | {option.settings.get('help', '')} |"
            for option in shown
        ]
    return lines
