"""The golden files: who asks what, in our words, and below it what came of it, written by the test.

A file is Markdown, so that it reads well wherever it is shown:

    # What is the largest protocol worth?

    Asked by nobody.

    ```graphql
    query($first: Int!) { protocols(first: $first) { nodes { name tvlUsd } } }
    ```

    ```json
    {"first": 1}
    ```

    ## Answer
    …

Everything from `## Answer` on belongs to the test. The variables may be left out.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway.load.identity import DEMO_USER_ID
from resolvers.context import Viewer
from resolvers.permissions import Tier

ROOT: Final = Path(__file__).parent / "queries"
ANSWER: Final = "## Answer\n"
VIEWERS: Final = {
    "nobody": Viewer(),
    "the demo user": Viewer(DEMO_USER_ID, "user", tier=Tier.ENTERPRISE),
}

_HEAD: Final = re.compile(
    r"# (?P<title>[^\n]+)\n\n"
    r"Asked by (?P<viewer>[^.\n]+)\.(?P<notes>[^`]*)\n\n"
    r"```graphql\n(?P<query>[^`]+)```\n"
    r"(?:\n```json\n(?P<variables>[^`]+)```\n)?"
    r"\n?"
)


@dataclass(frozen=True, slots=True)
class GoldenFile:
    """One file.

    Attributes:
        path: where it is.
        head: the part in our words, as it stands.
        recorded: the part the test writes; empty in a new file.
        viewer: who asks.
        query: what is asked.
        variables: with which values.
    """

    path: Path
    head: str
    recorded: str
    viewer: Viewer
    query: str
    variables: dict[str, Any]

    @property
    def name(self) -> str:
        """Its place below the folder, which is its domain, and its name."""
        return self.path.relative_to(ROOT).with_suffix("").as_posix()

    def rewrite(self, recorded: str) -> None:
        """Replace what was recorded."""
        self.path.write_text(f"{self.head.rstrip()}\n\n{recorded}")


def read(path: Path) -> GoldenFile:
    """Read a file.

    Raises:
        ValueError: its head is not as above.
    """
    text = path.read_text()
    head, found, rest = text.partition(ANSWER)
    parts = _HEAD.fullmatch(head)
    if parts is None or parts["viewer"] not in VIEWERS:
        raise ValueError(
            f"{path.name}: the head is not as tests/gateway/golden/golden_file.py says"
        )
    return GoldenFile(
        path=path,
        head=head,
        recorded=found + rest,
        viewer=VIEWERS[parts["viewer"]],
        query=parts["query"],
        variables=json.loads(parts["variables"] or "{}"),
    )


def read_all() -> list[GoldenFile]:
    """Every file, by name."""
    return [read(path) for path in sorted(ROOT.rglob("*.md"))]
