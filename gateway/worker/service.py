"""What a service is: a loop that runs inside every worker, beside the jobs.

    @service("relay")
    async def relay(context: ServiceContext, stop: asyncio.Event) -> None:
        \"\"\"Passes changes on to the other stores.\"\"\"
        while not stop.is_set():
            ...

The first line of the docstring tells operators what it does. The function returns soon after `stop`
is set. When it fails, or returns before that, it is begun again after a pause; see `keeping.py`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Final

from gateway.config import Settings
from stores.lifecycle import Stores


@dataclass(frozen=True, slots=True)
class ServiceContext:
    """What a service has to work with.

    Attributes:
        stores: opened as the role `worker`, which sees every row.
        settings: the configuration.
        instance: what this worker is called.
    """

    stores: Stores
    settings: Settings
    instance: str


Function = Callable[[ServiceContext, asyncio.Event], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Service:
    """A service as declared.

    Attributes:
        name: unique; what operators call it.
        function: the loop.
        single: it runs on one worker at a time, and another takes over when that one is gone.
            After a lost connection two may run for some seconds, so what it does has to bear that.
        description: what it does, in one line.
    """

    name: str
    function: Function
    single: bool
    description: str


SERVICES: Final[dict[str, Service]] = {}
"""Services by name; `gateway.worker.services` imports every module that declares one."""


def service(
    name: str, *, single: bool = False, registry: MutableMapping[str, Service] = SERVICES
) -> Callable[[Function], Function]:
    """Declare the decorated function as a service; see `Service` for the arguments.

    Raises:
        ValueError: there is a service of this name.
    """

    def declare(function: Function) -> Function:
        if name in registry:
            raise ValueError(f"there are two services named {name}")
        said = (function.__doc__ or "").strip().partition("\n")[0]
        registry[name] = Service(name, function, single, said)
        return function

    return declare
