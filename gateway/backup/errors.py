"""Why a backup cannot be taken or brought back."""


class BackupError(Exception):
    """Nothing was changed unless the message says so; it tells what to do."""
