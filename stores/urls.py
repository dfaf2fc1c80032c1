"""Where the four stores are: one URL each, three for Postgres because three roles use it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Final
from urllib.parse import urlsplit, urlunsplit

_SCHEMES: Final = {
    "postgres": ("postgresql", "postgres"),
    "postgres_worker": ("postgresql", "postgres"),
    "postgres_migrator": ("postgresql", "postgres"),
    "clickhouse": ("http", "https"),
    "redis": ("redis", "rediss"),
    "qdrant": ("http", "https"),
}


@dataclass(frozen=True, slots=True, repr=False)
class StoreUrls:
    """Addresses of the stores. The text form never shows a password.

    Attributes:
        postgres: role `gateway`, subject to row level security: `postgresql://user:pass@host:port/db`.
        postgres_worker: role `worker`, which bypasses row level security; loading and jobs only.
        postgres_migrator: role `migrator`, owner of every object.
        clickhouse: `http://[user:pass@]host:port/database`.
        redis: `redis://[:pass@]host:port/N`.
        qdrant: `http://host:port`.
    """

    postgres: str
    postgres_worker: str
    postgres_migrator: str
    clickhouse: str
    redis: str
    qdrant: str

    def __repr__(self) -> str:
        shown = (
            f"{field.name}={without_password(getattr(self, field.name))!r}"
            for field in fields(self)
        )
        return f"StoreUrls({', '.join(shown)})"

    def with_postgres_database(self, database: str) -> StoreUrls:
        """The same servers with every Postgres role on another database."""
        return replace(
            self,
            postgres=with_path(self.postgres, database),
            postgres_worker=with_path(self.postgres_worker, database),
            postgres_migrator=with_path(self.postgres_migrator, database),
        )

    def problems(self) -> dict[str, str]:
        """What is wrong with which URL, one sentence each; empty when all can be used."""
        found = {
            field.name: url_problem(field.name, getattr(self, field.name)) for field in fields(self)
        }
        return {name: problem for name, problem in found.items() if problem is not None}


def url_problem(name: str, url: str) -> str | None:
    """Say in one sentence why `url` cannot be `StoreUrls.name`; None when it can."""
    schemes = _SCHEMES[name]
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        return f"is not a URL: {error}"
    if parts.scheme not in schemes:
        return f"must start with {schemes[0]}://, got {parts.scheme or 'no scheme'}"
    if not parts.hostname:
        return "names no host"
    if port == 0:
        return "port 0 is not a port to connect to"
    if name.startswith("postgres") and not path_of(url):
        return "names no database: add /NAME after the port"
    if name == "redis" and path_of(url) and not path_of(url).isdigit():
        return f"database must be a number, got {path_of(url)!r}"
    return None


def path_of(url: str) -> str:
    """The database of a URL: its path without the slash, '' when there is none."""
    return urlsplit(url).path.lstrip("/")


def with_path(url: str, path: str) -> str:
    """The same URL with another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{path}"))


def without_password(url: str) -> str:
    """The URL as it may be shown: user kept, password replaced by ***."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return "<not a URL>"
    if parts.password is None:
        return url
    _, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{parts.username or ''}:***@{host}"))
