"""What the configuration says about backups."""

from __future__ import annotations

from gateway.backup.create import BackupOptions
from gateway.backup.database import Method
from gateway.backup.errors import BackupError
from gateway.backup.programs import Programs
from gateway.config import Settings


def postgres_url(settings: Settings) -> str:
    """Postgres as a role that may copy it: the one configured, else the embedded superuser.

    Raises:
        BackupError: Postgres is not embedded and no such role is configured.
    """
    if settings.postgres_backup_url is not None:
        return settings.postgres_backup_url.get_secret_value()
    if settings.postgres_url is not None:
        raise BackupError(
            "set GATEWAY_POSTGRES_BACKUP_URL to a role that may read everything and replicate; "
            "docs/deployment.md shows how to make it"
        )
    from stores.embedded import superuser_url

    return superuser_url(settings.data_dir)


def backup_options(settings: Settings, method: Method, *, incremental: bool) -> BackupOptions:
    """How a backup is taken of the stores that are configured.

    Raises:
        BackupError: as `postgres_url`.
    """
    return BackupOptions(postgres_url(settings), method, incremental, programs=programs(settings))


def programs(settings: Settings) -> Programs:
    """The programs of PostgreSQL: configured, else those of the embedded server."""
    if settings.postgres_programs is None and settings.postgres_url is None:
        from stores.embedded.postgres import programs_folder

        return Programs(programs_folder())
    return Programs(settings.postgres_programs)
