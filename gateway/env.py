"""The strict parser of the settings.

Laws: all bad values are reported together; nothing here imports Django, so that the supervisor can
read settings before any service runs.
"""

import difflib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import environ

from gateway.setting_kinds import PARSERS
from gateway.setting_table import SETTINGS

# Made by `switchyard up` below VAR_DIR: secrets once, addresses of the embedded services per start.
GENERATED_FILES: Final = ("secrets.env", "embedded.env")
SAME_SERVER: Final = (("DATABASE_URL", "DATABASE_OWNER_URL"), ("REDIS_URL", "CACHE_REDIS_URL"))


class BadSettings(Exception):
    """Every bad value, one line each."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


BY_NAME: Final = {row.name: row for row in SETTINGS}


def read_env_file(path: Path) -> dict[str, str]:
    """The file's values; empty when there is no such file."""

    class DotEnv(environ.Env):
        ENVIRON: dict[str, str] = {}  # noqa: RUF012 - the file's values, never the process environment

    if path.is_file():
        DotEnv.read_env(str(path), overwrite=True)
    return dict(DotEnv.ENVIRON)


def read_environment(*, environment: Mapping[str, str], dotenv: Path | None) -> dict[str, str]:
    """Environment over `.env` over what `switchyard up` wrote; NAME_FILE is read from that file."""
    given = read_given(environment=environment, dotenv=dotenv)
    var_dir = Path(given.get("VAR_DIR") or BY_NAME["VAR_DIR"].default)
    return {**given, **read_made(var_dir=var_dir, given=given)}


def read_given(*, environment: Mapping[str, str], dotenv: Path | None) -> dict[str, str]:
    """What the operator says: the environment, then `.env`; an empty value hides the one below."""
    below = read_env_file(dotenv) if dotenv is not None else {}
    # Each by itself: a file that `.env` names must not win over the environment.
    return {**below, **_from_files(below), **environment, **_from_files(environment)}


def _from_files(given: Mapping[str, str]) -> dict[str, str]:
    values: dict[str, str] = {}
    findings: list[str] = []
    for row in SETTINGS:
        path = given.get(f"{row.name}_FILE")
        if not row.secret or not path:
            continue
        try:
            values[row.name] = Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            findings.append(f"{row.name}_FILE={path!r}: {error.strerror}")
        except UnicodeDecodeError:
            findings.append(f"{row.name}_FILE={path!r}: expected text in UTF-8")
    if findings:
        raise BadSettings(findings)
    return values


def read_made(
    *, var_dir: Path, given: Mapping[str, str], files: Iterable[str] = GENERATED_FILES
) -> dict[str, str]:
    """What `switchyard up` made and nobody has given."""
    made: dict[str, str] = {}
    for file in files:
        made.update(read_env_file(var_dir / file))
    # A server of the operator's replaces the embedded one with all its addresses.
    replaced = {other for address, other in SAME_SERVER if given.get(address)}
    return {
        name: value
        for name, value in made.items()
        if name in BY_NAME and not given.get(name) and name not in replaced
    }


def parse(raw: Mapping[str, str]) -> dict[str, Any]:
    """Typed values of every row; raises BadSettings naming all bad ones at once."""
    values: dict[str, Any] = {}
    findings: list[str] = []
    for row in SETTINGS:
        text = raw.get(row.name, "") or row.default
        try:
            values[row.name] = PARSERS[row.kind](text) if text else _empty(row.kind)
        except ValueError as error:
            shown = "***" if row.secret else repr(text)
            findings.append(f"{row.name}={shown}: expected {error}")
    findings += [*_secret_findings(values), *_retention_findings(values)]
    if findings:
        raise BadSettings(findings)
    return values


def _empty(kind: str) -> object:
    if kind == "optional_int":
        return None
    return () if kind in {"list", "cidrs"} else ""


def _secret_findings(values: Mapping[str, Any]) -> list[str]:
    findings = []
    for name, least in (("MASTER_API_KEY", 32), ("SWITCHYARD_KEY_PEPPER", 32)):
        value = values.get(name, "")
        if value and len(value) < least:
            findings.append(f"{name}=***: expected {least} characters or more, got {len(value)}")
    return findings


def _retention_findings(values: Mapping[str, Any]) -> list[str]:
    """Windows are made anew of records: these must be there as long."""
    records, windows = values.get("RECORD_RETENTION_DAYS"), values.get("WINDOW_RETENTION_DAYS")
    if records is None or windows is None or records >= windows:
        return []
    expected = f"no fewer than WINDOW_RETENTION_DAYS, which is {windows}"
    return [f"RECORD_RETENTION_DAYS={records!r}: expected {expected}"]


def unknown_names(raw: Mapping[str, str]) -> list[str]:
    """One warning per SWITCHYARD_* name that is no setting, with the nearest one that is."""
    warnings = []
    for name in sorted(raw):
        known = name in BY_NAME or name.removesuffix("_FILE") in BY_NAME
        if name.startswith("SWITCHYARD_") and not known:
            near = difflib.get_close_matches(name, BY_NAME, n=1, cutoff=0.0)
            warnings.append(f"{name} is not a setting; the nearest is {near[0]}")
    return warnings
