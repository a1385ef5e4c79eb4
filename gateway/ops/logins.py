"""The two database logins.

Laws: `switchyard_owner` owns the tables and migrates, `switchyard_app` runs the product; neither is
a superuser nor passes row security by; nothing here needs Django.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, LiteralString
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

OWNER_LOGIN: Final = "switchyard_owner"
APP_LOGIN: Final = "switchyard_app"
# Every start waits for it, also one that goes on without an answer.
ASK_WITHIN_S: Final = 2
LOGIN_ATTRIBUTES: Final[LiteralString] = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION"
SCHEMA_GRANTS: Final[Mapping[str, LiteralString]] = {
    OWNER_LOGIN: "GRANT CREATE, USAGE ON SCHEMA public TO {}",
    APP_LOGIN: "GRANT USAGE ON SCHEMA public TO {}",
}
GRANTS_BY_HAND: Final = f"""\
-- Once, as an administrator of the server, connected to the product's database:
CREATE ROLE {OWNER_LOGIN} {LOGIN_ATTRIBUTES} NOCREATEDB PASSWORD 'choose-one';
CREATE ROLE {APP_LOGIN} {LOGIN_ATTRIBUTES} NOCREATEDB PASSWORD 'choose-another';
GRANT CREATE, USAGE ON SCHEMA public TO {OWNER_LOGIN};
GRANT USAGE ON SCHEMA public TO {APP_LOGIN};
-- Then set DATABASE_URL to {APP_LOGIN}, DATABASE_OWNER_URL to {OWNER_LOGIN}, and run
-- switchyard migrate, which grants {APP_LOGIN} the rows of each table.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginRights:
    name: str
    superuser: bool
    bypasses_row_security: bool
    creates_roles: bool


def create_login(connection: psycopg.Connection[Any], *, name: str, password: str) -> None:
    """Creates it, or sets password and attributes of the one that exists."""
    exists = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
    verb = sql.SQL("ALTER" if exists else "CREATE")
    connection.execute(
        sql.SQL("{verb} ROLE {name} {attributes} PASSWORD {password}").format(
            verb=verb,
            name=sql.Identifier(name),
            attributes=sql.SQL(LOGIN_ATTRIBUTES),
            password=sql.Literal(password),
        )
    )


def create_database(
    connection: psycopg.Connection[Any], *, name: str, owner: str, reader: str
) -> None:
    if (
        connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        is None
    ):
        connection.execute(
            sql.SQL("CREATE DATABASE {name} OWNER {owner}").format(
                name=sql.Identifier(name), owner=sql.Identifier(owner)
            )
        )
        connection.execute(
            sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name))
        )
    connection.execute(
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(
            sql.Identifier(name), sql.Identifier(reader)
        )
    )


def rights_of(url: str) -> LoginRights:
    with psycopg.connect(url, connect_timeout=ASK_WITHIN_S) as connection:
        row = connection.execute(
            "SELECT rolname, rolsuper, rolbypassrls, rolcreaterole FROM pg_roles"
            " WHERE rolname = current_user"
        ).fetchone()
    if row is None:
        raise LookupError("current_user has no row in pg_roles")
    return LoginRights(
        name=row[0], superuser=row[1], bypasses_row_security=row[2], creates_roles=row[3] or row[1]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LoginUrls:
    app: str
    owner: str


def existing_logins(url: str) -> list[str]:
    with psycopg.connect(url, connect_timeout=5) as connection:
        rows = connection.execute(
            "SELECT rolname FROM pg_roles WHERE rolname = ANY(%s) ORDER BY 1",
            [[OWNER_LOGIN, APP_LOGIN]],
        ).fetchall()
    return [name for (name,) in rows]


def make_logins(url: str) -> LoginUrls:
    """Both logins with fresh passwords, made through a login that may create roles."""
    passwords = {name: secrets.token_urlsafe(24) for name in (OWNER_LOGIN, APP_LOGIN)}
    with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
        for name, password in passwords.items():
            create_login(connection, name=name, password=password)
        database = sql.Identifier(connection.info.dbname)
        for login, schema_grant in SCHEMA_GRANTS.items():
            grantee = sql.Identifier(login)
            connection.execute(
                sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, grantee)
            )
            connection.execute(sql.SQL(schema_grant).format(grantee))
    app, owner = (
        with_login(url, name=name, password=passwords[name]) for name in (APP_LOGIN, OWNER_LOGIN)
    )
    return LoginUrls(app=app, owner=owner)


def with_login(url: str, *, name: str, password: str) -> str:
    """The same server, database and parameters, entered as somebody else."""
    parts = urlsplit(url)
    server = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{name}:{password}@{server}").geturl()
