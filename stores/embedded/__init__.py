"""Starts the real engines from Python wheels: development, demo and tests without docker or root.

    with start(Path(".gateway")) as engines:
        engines.urls  # StoreUrls, for the same clients that production uses

Nothing here is imported by the gateway in production, where the URLs come from its configuration.
"""

from stores.embedded.engines import STORES, Engines, running_urls, start, superuser_url
from stores.embedded.errors import EngineError
from stores.embedded.process import Engine

__all__ = ["STORES", "Engine", "EngineError", "Engines", "running_urls", "start", "superuser_url"]
