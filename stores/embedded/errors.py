"""Why an embedded engine did not start."""


class EngineError(RuntimeError):
    """An engine or its directory is not usable; the message says what to do about it.

    Attributes:
        store: "postgres", "redis", "clickhouse" or "qdrant"; None when no single store is at fault.
    """

    def __init__(self, message: str, *, store: str | None = None) -> None:
        super().__init__(f"{store}: {message}" if store else message)
        self.store = store
