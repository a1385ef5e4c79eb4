"""`switchyard`: builds the parser from the table of commands and dispatches."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from gateway.ops.command_table import COMMANDS, EPILOG, Command
from gateway.ops.configuration import load_configuration
from gateway.ops.outcome import CommandFailed, Exit


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="switchyard", description="The LLM gateway that keeps the books.", epilog=EPILOG
    )
    _add(parser, COMMANDS)
    return parser


def _add(parser: argparse.ArgumentParser, commands: Sequence[Command]) -> None:
    group = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in commands:
        child = group.add_parser(command.name, help=command.text, description=command.text)
        for option in command.options:
            child.add_argument(*option.names, **option.settings)
        if command.children:
            _add(child, command.children)
        else:
            child.set_defaults(handler=command.handler)


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = build_parser().parse_args(arguments)
    flags = {
        name.upper(): value for name in ("host", "port") if (value := getattr(chosen, name, None))
    }
    module, _, function = chosen.handler.partition(":")
    try:
        configuration = load_configuration(flags=flags)
        handler = getattr(import_module(f"gateway.ops.{module}"), function)
        return int(handler(chosen, configuration))
    except CommandFailed as failed:
        sys.stderr.write(f"{failed.message}\n")
        return failed.status
    except KeyboardInterrupt:
        return Exit.FINDING


if __name__ == "__main__":
    raise SystemExit(main())
