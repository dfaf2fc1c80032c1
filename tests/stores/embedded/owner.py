"""A process of its own that holds engines: `python owner.py DIRECTORY [STORE …]`.

Prints one line of JSON when all engines answer, then keeps them until its standard input ends.
"""

import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from stores.embedded import STORES, EngineError, start


def main() -> None:
    directory, stores = Path(sys.argv[1]), sys.argv[2:] or STORES
    try:
        engines = start(directory, stores=stores, durable=False)
    except EngineError as error:
        sys.exit(str(error))
    with engines:
        pids = {engine.store: engine.pid for engine in engines}
        state = {"uid": os.geteuid(), "pids": pids, "urls": asdict(engines.urls)}
        print(json.dumps(state), flush=True)  # noqa: T201
        sys.stdin.read()


if __name__ == "__main__":
    main()
