"""Serves one data directory: `python -m stores.embedded.qdrant --directory DIR --port N`."""

import asyncio
import os

from stores.embedded.qdrant.application import build_application
from stores.embedded.qdrant.catalogue import Catalogue
from stores.embedded.serving import place_from_arguments, serve


def main() -> None:
    """Read the catalogue and serve until told to stop."""
    place = place_from_arguments("Qdrant over REST on one data directory")
    catalogue = Catalogue(place.directory)
    asyncio.run(serve(build_application(catalogue), place.port))
    catalogue.close()
    os._exit(0)


if __name__ == "__main__":
    main()
