"""The configuration: one frozen object from the environment (and a TOML file), checked first."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from gateway.alerts.guard import Guard
from gateway.alerts.mail_server import MailServer
from gateway.auth.addresses import Proxies
from gateway.auth.signing_keys import KeySet, fixed_keys, split_pem
from gateway.auth.web_tokens import WebTokens
from resolvers.account.passwords import Passwords
from resolvers.account.secrets import parse_secret_keys
from resolvers.account.service import Accounts
from resolvers.downloads import DownloadLinks
from stores.lifecycle import Role, StoreOptions
from stores.objects.opening import objects_url_problem, open_objects
from stores.objects.store import Objects
from stores.postgres.client import PostgresOptions
from stores.urls import StoreUrls, url_problem

PREFIX: Final = "GATEWAY_"
CONFIG_FILE: Final = "GATEWAY_CONFIG_FILE"
STORE_FIELDS: Final = {
    "postgres_url": "postgres",
    "postgres_worker_url": "postgres_worker",
    "postgres_migrator_url": "postgres_migrator",
    "clickhouse_url": "clickhouse",
    "redis_url": "redis",
    "qdrant_url": "qdrant",
}
STORES: Final = ("postgres", "clickhouse", "redis", "qdrant")
STORE_VARIABLES: Final = {store: f"GATEWAY_{store.upper()}_URL" for store in STORES}


class ConfigError(Exception):
    """The configuration cannot be used; one sentence a problem, each naming its variable."""


class Settings(BaseSettings):
    """Every setting. `GATEWAY_` and the upper-case name is the environment variable."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        frozen=True,
        extra="forbid",
        validate_default=True,
        hide_input_in_errors=True,
    )

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    data_dir: Path = Field(
        Path(".gateway"), description="Where the embedded engines keep their data."
    )

    objects_url: str | None = Field(
        None,
        description="Where reports, exports and archives are kept: file:///folder, or "
        "s3://bucket/prefix?endpoint=https://…&region=…. Unset: objects under GATEWAY_DATA_DIR; "
        "all processes need the same place.",
    )
    objects_access_key: SecretStr | None = Field(
        None,
        description="Access key of that bucket. Unset: the role of the machine.",
    )
    objects_secret_key: SecretStr | None = Field(None, description="Secret half of that key.")

    postgres_url: SecretStr | None = Field(
        None,
        description="Postgres as role gateway: postgresql://user:password@host:port/database. "
        "Unset: embedded.",
    )
    postgres_worker_url: SecretStr | None = Field(
        None, description="Postgres as role worker, for loading and jobs. Unset: postgres_url."
    )
    postgres_migrator_url: SecretStr | None = Field(
        None, description="Postgres as role migrator, for `gateway migrate`. Unset: postgres_url."
    )
    postgres_replica_urls: SecretStr | None = Field(
        None,
        description="Copies of Postgres that only read, as role gateway, comma separated. What "
        "anybody may see is read from them in turn for callers who are not signed in.",
    )
    postgres_replica_lag_s: float = Field(
        5.0,
        gt=0,
        le=3_600,
        description="How far behind a copy may be to be read from, in seconds.",
    )
    postgres_backup_url: SecretStr | None = Field(
        None,
        description="Postgres as a role that may read everything and replicate, for backups. "
        "Unset: the superuser of the embedded engine.",
    )
    postgres_programs: Path | None = Field(
        None,
        description="Folder of pg_dump, pg_restore and pg_basebackup. Unset: those on the PATH, "
        "else those of the embedded engine.",
    )
    postgres_pooled: bool = Field(
        False,
        description="Whether GATEWAY_POSTGRES_URL leads to a PgBouncer in transaction mode.",
    )
    clickhouse_url: SecretStr | None = Field(
        None, description="ClickHouse: http://user:password@host:port/database. Unset: embedded."
    )
    redis_url: SecretStr | None = Field(
        None, description="Redis or Valkey: redis://:password@host:port/number. Unset: embedded."
    )
    qdrant_url: SecretStr | None = Field(
        None, description="Qdrant: http://host:port. Unset: embedded."
    )
    qdrant_prefix: str = Field(
        "", pattern=r"^[a-z0-9_]*$", description="Put before the name of every Qdrant collection."
    )

    clickhouse_cluster: str | None = Field(
        None,
        description="ClickHouse cluster on which migrations define everything, as in `{cluster}`.",
    )

    embedder: str = Field(
        "lexical",
        description="What makes vectors of texts: lexical, or the folder of a sentence model.",
    )
    hot_days: int = Field(
        90, ge=1, description="Days of wallet activity kept in Postgres, back from the newest row."
    )
    history_days: int = Field(
        730,
        ge=0,
        description="Days after its arrival from which public history leaves ClickHouse for "
        "Parquet files. 0: never.",
    )
    backup_url: str | None = Field(
        None,
        description="Where backups are kept, as GATEWAY_OBJECTS_URL; set it to have the worker "
        "take one every hour. Unset: only gateway backup takes them.",
    )
    backup_days: int = Field(
        30, ge=1, description="Days for which backups that the worker took are kept."
    )
    backup_postgres: Literal["dump", "base"] = Field(
        "dump",
        description="What the worker copies of Postgres: dump (of the database) or base (files of "
        "the server, incremental, the way to any moment).",
    )

    erasure_wait_days: int = Field(
        7,
        ge=0,
        le=29,
        description="Days between a user's wish to be erased and the erasure, in which it can be "
        "called off.",
    )

    request_deadline_s: float = Field(
        5.0, ge=0.1, le=120, description="Longest time for one operation, in seconds."
    )
    max_body_bytes: int = Field(
        655_360,
        ge=1_000,
        le=100_000_000,
        description="Longest request body or websocket message: a file to import may take 512 KiB "
        "of it.",
    )
    max_document_chars: int = Field(
        100_000, ge=100, description="Longest GraphQL document, in characters."
    )
    max_tokens: int = Field(2_000, ge=50, description="Most tokens in one document.")
    max_depth: int = Field(
        15, ge=3, le=100, description="Deepest nesting of fields; introspection is bounded apart."
    )
    max_aliases: int = Field(
        30, ge=0, description="Most aliases in one operation, fragments expanded."
    )
    max_directives: int = Field(
        50, ge=0, description="Most directives in one operation, fragments expanded."
    )
    max_root_fields: int = Field(
        30, ge=1, description="Most fields at the top of one operation, fragments expanded."
    )
    max_cost: int = Field(
        5_000,
        ge=1,
        description="Most objects that the answer to one operation may hold, by the estimate made "
        "before it runs; a mutation counts ten more.",
    )
    max_cost_rows: int = Field(
        10_000,
        ge=1,
        description="Most rows that one operation may fetch from the stores, by the same estimate.",
    )
    cost_limit: Literal["enforce", "measure"] = Field(
        "enforce",
        description="Whether operations above GATEWAY_MAX_COST or GATEWAY_MAX_COST_ROWS are "
        "refused (enforce) or run all the same (measure).",
    )
    document_cache_bytes: int = Field(
        32_000_000,
        ge=0,
        description="Memory for parsed and validated documents and their plans (an estimate).",
    )
    introspection: bool = Field(True, description="Whether the schema may be asked for.")
    suggestions: bool = Field(
        True, description="Whether validation errors suggest names that exist."
    )
    explain: bool = Field(
        False,
        description="Whether `X-Explain: plan` adds the statements sent to an answer, "
        "`X-Explain: analyze` the stores' own plans of them as well, and `X-Executor` chooses the "
        "executor of one request.",
    )
    executor: Literal["compiled", "hook", "plain"] = Field(
        "compiled",
        description="What runs operations: compiled (plans, fastest), hook (plans inside "
        "Strawberry's own execution) or plain (graphql-core alone). All give the same answers.",
    )

    max_subscriptions: int = Field(
        100, ge=1, description="Most operations running at once on one websocket."
    )
    connection_init_timeout_s: float = Field(
        5.0, gt=0, le=60, description="How long a new websocket may stay silent, in seconds."
    )
    send_timeout_s: float = Field(
        10.0,
        gt=0,
        description="How long a client may refuse to read before it is dropped, in seconds.",
    )
    keep_alive_s: float = Field(
        12.0,
        gt=0,
        description="Silence on an event stream after which a comment is sent, in seconds.",
    )
    shutdown_grace_s: float = Field(
        5.0,
        gt=0,
        le=300,
        description="How long running requests may finish after SIGTERM, in seconds.",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Web origins besides our own that may call the gateway, comma separated: https://app.example.org.",
    )

    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Proxies whose X-Forwarded-For is believed, comma separated: addresses, "
        "networks such as 10.0.0.0/8, or unix for a socket.",
    )
    siwe_domains: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Sites for which wallets may sign in (EIP-4361), comma separated, as in "
        "app.example.org. Unset: nobody signs in with a wallet.",
    )
    secret_keys: SecretStr | None = Field(
        None,
        description="Keys that seal secrets of users: version:base64 of 32 bytes, comma separated; "
        "the greatest version seals and signs links to files, all of them open. Unset: no second "
        "factor, no alert destinations, and links work in the process that made them only.",
    )
    billing_secret: SecretStr | None = Field(
        None,
        description="Secret with which the payment provider signs what it sends to "
        "/webhooks/billing. Unset: nothing is accepted there.",
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="Where mail is handed over: smtps://user:password@host:465, or "
        "smtp://host:587, which goes on with STARTTLS (without it only on this machine). Unset: no "
        "mail.",
    )
    mail_from: str | None = Field(
        None,
        description="Whom mail is from, as in Gateway <alerts@example.org>. Needed with "
        "GATEWAY_SMTP_URL.",
    )
    confirm_sign_ups: bool | None = Field(
        None,
        description="Whether an account is made only once its e-mail address is confirmed by a "
        "code that `gateway worker` mails, so that nobody learns which addresses are known. Unset: "
        "when GATEWAY_SMTP_URL is set.",
    )
    telegram_token: SecretStr | None = Field(
        None, description="Token of the Telegram bot that sends alerts. Unset: no Telegram."
    )
    telegram_url: str = Field(
        "https://api.telegram.org", description="Where the Bot API of Telegram is."
    )
    sms_url: SecretStr | None = Field(
        None,
        description="Where text messages are handed over, as docs/alerts.md says. Unset: no text "
        "messages.",
    )
    sms_token: SecretStr | None = Field(None, description="Token for GATEWAY_SMS_URL.")
    push_url: SecretStr | None = Field(
        None,
        description="Where notifications of apps are handed over, as docs/alerts.md says. Unset: "
        "no push.",
    )
    push_token: SecretStr | None = Field(None, description="Token for GATEWAY_PUSH_URL.")
    webhook_networks: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Networks that webhooks of users may reach beside the public internet, comma "
        "separated, as in 10.1.0.0/16; addresses in them over http too. Unset: none.",
    )
    credentials_kept_s: float = Field(
        5.0,
        ge=0,
        le=60,
        description="How long an answer about a credential is used, in seconds. Log-outs and "
        "revocations act at once all the same; what is changed by SQL acts after this time, on "
        "open connections after three times that.",
    )
    jwt_jwks_url: str | None = Field(
        None,
        description="Where the issuer of JSON web tokens publishes its keys: an https URL, http "
        "for this machine only.",
    )
    jwt_public_keys: str = Field(
        "",
        description="Public keys that sign JSON web tokens, as PEM one after the other: RSA "
        "(RS256), P-256 (ES256) or Ed25519 (EdDSA).",
    )
    jwt_secret: SecretStr | None = Field(
        None, description="Secret that signs JSON web tokens (HS256), 32 bytes or longer."
    )
    jwt_issuer: str | None = Field(
        None, description="What `iss` of a JSON web token has to be. Unset: anything."
    )
    jwt_audience: str | None = Field(
        None, description="What `aud` of a JSON web token has to hold. Unset: anything."
    )

    metrics_host: str = Field(
        "127.0.0.1", description="Address at which Prometheus is answered; never a public one."
    )
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port at which /metrics is answered, for operators only; each process of a "
        "machine needs one of its own. Unset: nowhere.",
    )
    console: bool = Field(True, description="Whether GraphiQL is served at /.")
    demo_user: UUID | None = Field(
        None,
        description="User that requests without credentials act as. Never set it in production.",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log line that is written."
    )

    @field_validator(*STORE_FIELDS, mode="after")
    @classmethod
    def _check_url(cls, value: SecretStr | None, info: Any) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        problem = url_problem(STORE_FIELDS[info.field_name], value.get_secret_value())
        if problem:
            raise ValueError(problem)
        return value

    @field_validator("objects_url", "backup_url", mode="after")
    @classmethod
    def _check_objects_url(cls, value: str | None) -> str | None:
        problem = objects_url_problem(value) if value else None
        if problem:
            raise ValueError(problem)
        return value or None

    @field_validator("objects_secret_key", mode="after")
    @classmethod
    def _check_objects_key(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if (value is None) != (info.data.get("objects_access_key") is None):
            raise ValueError("has to be set together with GATEWAY_OBJECTS_ACCESS_KEY")
        return value

    @field_validator("postgres_backup_url", "postgres_replica_urls", mode="after")
    @classmethod
    def _check_more_urls(cls, value: SecretStr | None) -> SecretStr | None:
        for url in split_urls(value):
            problem = url_problem("postgres", url)
            if problem:
                raise ValueError(problem)
        return value

    @field_validator(
        "allowed_origins", "trusted_proxies", "siwe_domains", "webhook_networks", mode="before"
    )
    @classmethod
    def _split(cls, value: object, info: ValidationInfo) -> object:
        if not isinstance(value, str):
            return value
        parts = (part.strip() for part in value.split(",") if part.strip())
        if info.field_name == "allowed_origins":
            return tuple(part.rstrip("/") for part in parts)
        return tuple(parts)

    @field_validator("secret_keys", mode="after")
    @classmethod
    def _check_secret_keys(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_secret_keys(value.get_secret_value())
        return value

    @field_validator("smtp_url", mode="after")
    @classmethod
    def _check_smtp_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        MailServer.parse(value.get_secret_value())
        return value

    @field_validator("sms_url", "push_url", "telegram_token", mode="after")
    @classmethod
    def _set_or_not(cls, value: SecretStr | None) -> SecretStr | None:
        return value if value is not None and value.get_secret_value() else None

    @field_validator("mail_from", mode="after")
    @classmethod
    def _check_mail_from(cls, value: str | None, info: ValidationInfo) -> str | None:
        if not value and info.data.get("smtp_url") is not None:
            raise ValueError("must be set with GATEWAY_SMTP_URL")
        return value or None

    @field_validator("webhook_networks", mode="after")
    @classmethod
    def _check_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        Guard.parse(value)
        return value

    @field_validator("trusted_proxies", mode="after")
    @classmethod
    def _check_proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        Proxies.parse(value)
        return value

    @field_validator("jwt_jwks_url", mode="after")
    @classmethod
    def _check_jwks_url(cls, value: str | None) -> str | None:
        url = urlsplit(value or "")
        on_this_machine = url.hostname in ("localhost", "127.0.0.1", "::1")
        if value and (not url.hostname or url.scheme not in ("https", "http")):
            raise ValueError("must be an https URL")
        if value and url.scheme == "http" and not on_this_machine:
            raise ValueError("must be an https URL: keys fetched over http could be anybody's")
        return value or None

    @field_validator("jwt_public_keys", mode="after")
    @classmethod
    def _check_public_keys(cls, value: str) -> str:
        fixed_keys(None, split_pem(value))
        return value

    @field_validator("jwt_secret", mode="after")
    @classmethod
    def _check_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is None or not value.get_secret_value():
            return None
        fixed_keys(value.get_secret_value(), ())
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, the environment over the TOML file."""
        file = os.environ.get(CONFIG_FILE)
        if not file:
            return init_settings, env_settings
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, Path(file))

    def accounts(self) -> Accounts:
        """What signing in needs beside the stores."""
        keys = self.secret_keys
        return Accounts(
            Passwords(),
            parse_secret_keys(keys.get_secret_value()) if keys else None,
            frozenset(self.siwe_domains),
            confirms_sign_ups=self.smtp_url is not None
            if self.confirm_sign_ups is None
            else self.confirm_sign_ups,
        )

    def downloads(self) -> DownloadLinks:
        """What makes and reads links to files."""
        keys = self.secret_keys
        return DownloadLinks.of(parse_secret_keys(keys.get_secret_value()).keys if keys else None)

    def web_tokens(self) -> WebTokens | None:
        """What verifies JSON web tokens; None when no key is set, and so none is accepted."""
        secret = self.jwt_secret.get_secret_value() if self.jwt_secret else None
        fixed = fixed_keys(secret, split_pem(self.jwt_public_keys))
        published = KeySet(self.jwt_jwks_url) if self.jwt_jwks_url else None
        sources = tuple(each for each in (fixed, published) if each is not None)
        return WebTokens(sources, self.jwt_issuer, self.jwt_audience) if sources else None

    def objects(self) -> Objects:
        """Where files are kept; nothing is connected before it is used."""
        return self._objects_at(self.objects_url or (self.data_dir.absolute() / "objects").as_uri())

    def backups(self, url: str | None = None) -> Objects | None:
        """Where backups are kept, at a URL if one is given; None when nothing says so.

        Raises:
            ValueError: the URL cannot be used.
        """
        place = url or self.backup_url
        return self._objects_at(place) if place else None

    def _objects_at(self, url: str) -> Objects:
        access, secret = self.objects_access_key, self.objects_secret_key
        return open_objects(
            url,
            access_key=access.get_secret_value() if access else None,
            secret_key=secret.get_secret_value() if secret else None,
        )

    def embedded_stores(self) -> tuple[str, ...]:
        """Names of the stores without a URL: the ones to start as embedded engines."""
        return tuple(name for name in STORES if getattr(self, f"{name}_url") is None)

    def store_urls(self, embedded: StoreUrls | None = None) -> StoreUrls:
        """The address of every store; those without a URL come from `embedded`.

        Raises:
            ConfigError: a store has neither.
        """
        found: dict[str, str] = {}
        for field, name in STORE_FIELDS.items():
            owner = "postgres_url" if name.startswith("postgres") else field
            if getattr(self, owner) is not None:
                found[name] = (getattr(self, field) or getattr(self, owner)).get_secret_value()
            elif embedded is not None:
                found[name] = getattr(embedded, name)
            else:
                raise ConfigError(f"{PREFIX}{field.upper()} is not set.")
        return StoreUrls(**found)

    def store_options(self, urls: StoreUrls, role: Role = "gateway") -> StoreOptions:
        """How to open the stores at these addresses."""
        through_pooler = role == "gateway" or urls.postgres_worker == urls.postgres
        return StoreOptions(
            urls,
            self.qdrant_prefix,
            role,
            replica_urls=split_urls(self.postgres_replica_urls),
            replica_lag_s=self.postgres_replica_lag_s,
            postgres=PostgresOptions(behind_pooler=self.postgres_pooled and through_pooler),
        )


def split_urls(value: SecretStr | None) -> tuple[str, ...]:
    """URLs that stand in one setting, comma separated."""
    given = value.get_secret_value() if value else ""
    return tuple(url for part in given.split(",") if (url := part.strip()))


def load_settings(**overrides: object) -> Settings:
    """Read the configuration; `overrides` are command line options, None meaning not given.

    Raises:
        ConfigError: a value cannot be used, or the file cannot be read.
    """
    file = os.environ.get(CONFIG_FILE)
    if file and not Path(file).is_file():
        raise ConfigError(f"{CONFIG_FILE} names {file}, which is not a file.")
    given: dict[str, Any] = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except ValidationError as error:
        raise ConfigError("\n".join(_sentences(error.errors()))) from None
    except ValueError as error:
        raise ConfigError(f"{CONFIG_FILE}: {file} is not valid TOML: {error}.") from None


def _sentences(problems: list[ErrorDetails]) -> Iterator[str]:
    for problem in problems:
        name = f"{PREFIX}{'_'.join(str(part) for part in problem['loc'][:1]).upper()}"
        reason = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            yield f"{name} is not a setting."
        else:
            yield f"{name} {reason[0].lower()}{reason[1:]}.".replace(" input should", " should")


def set_up_logging(level: str) -> None:
    """Write log lines to stderr, ours and the server's in one form."""
    logging.basicConfig(
        level=level.upper(), format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", force=True
    )
