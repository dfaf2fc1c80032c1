"""Real questions on every path: the same bytes, the recorded answer, the recorded calls.

`GOLDEN=rewrite make test ARGS=tests/gateway/golden` writes what is recorded anew; read the diff.
"""

from __future__ import annotations

import difflib
import json
import os
import re
from pathlib import Path

import pytest
from graphql import FieldNode, OperationDefinitionNode, OperationType, parse, print_ast

from gateway.execution import Mode
from gateway.schema import GatewaySchema
from tests.gateway.golden.golden_file import GoldenFile, read, read_all
from tests.gateway.golden.recording import Graph, plan_of, pretty, record, rendered

ROOT = Path(__file__).parents[3]
GOLDEN = read_all()
REWRITE = os.environ.get("GOLDEN") == "rewrite"
MOST_LINES = 60
# Asks for times at which the data was loaded, which nothing can fix.
UNFIXED = {"Freshness"}

# The sample is loaded once: all tests over it belong to one xdist worker.
pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("golden")]


@pytest.mark.parametrize("golden", GOLDEN, ids=lambda golden: golden.name)
async def test_answer_and_calls_are_those_recorded(golden: GoldenFile, graph: Graph) -> None:
    plain = await record(graph, golden, Mode.PLAIN)
    compiled = await record(graph, golden, Mode.COMPILED)
    hooked = await record(graph, golden, Mode.HOOK)

    for mode, recording in ((Mode.COMPILED, compiled), (Mode.HOOK, hooked)):
        if recording.answer != plain.answer:
            differ("The paths answer differently", plain.shown, recording.shown, "plain", mode)
    text = rendered(compiled, plain, plan_of(graph, golden))
    if REWRITE:
        golden.rewrite(text)
    elif text != golden.recorded:
        differ("This is not what is recorded", golden.recorded, text, "recorded", "now")


def differ(says: str, old: str, new: str, old_name: str, new_name: str) -> None:
    """Fail with the lines that differ, and no more of them than can be read."""
    lines = list(
        difflib.unified_diff(
            old.splitlines(), new.splitlines(), old_name, new_name, n=2, lineterm=""
        )
    ) or ["the same to the eye: a number is written in another way"]
    shown = [line if len(line) <= 400 else f"{line[:400]}…" for line in lines[:MOST_LINES]]
    if len(lines) > MOST_LINES:
        shown.append(f"… and {len(lines) - MOST_LINES} lines more")
    pytest.fail("\n".join([f"{says}:", *shown]), pytrace=False)


def test_there_are_files_enough() -> None:
    assert len(GOLDEN) >= 40


def test_every_documented_query_has_a_golden_file() -> None:
    known = {print_ast(parse(golden.query)) for golden in GOLDEN}
    missing = [
        text
        for text in documented()
        if (operation := operations(text)[0]).operation is OperationType.QUERY
        and (operation.name is None or operation.name.value not in UNFIXED)
        and print_ast(parse(text)) not in known
    ]

    assert missing == []


def test_every_root_field_has_a_golden_file(schema: GatewaySchema) -> None:
    query = schema.graphql_schema.query_type
    assert query is not None
    asked = {
        node.name.value
        for golden in GOLDEN
        for operation in operations(golden.query)
        for node in operation.selection_set.selections
        if isinstance(node, FieldNode)
    }

    assert set(query.fields) - asked == set()


def test_both_viewers_and_all_stores_are_asked() -> None:
    text = "\n".join(golden.recorded for golden in GOLDEN)
    stores = set(re.findall(r"^(\w+), [^:\n]+: \d+ keys?, \d+ rows?$", text, re.MULTILINE))

    assert stores == {"postgres", "clickhouse", "redis", "qdrant"}
    assert len({golden.viewer for golden in GOLDEN}) == 2


def test_only_what_the_test_writes_is_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "file.md"
    head = '# A title\n\nAsked by nobody.\n\n```graphql\n{ a }\n```\n\n```json\n{"b": 1}\n```\n\n'
    path.write_text(f"{head}## Answer\n\nold\n")

    read(path).rewrite("## Answer\n\nnew\n")

    assert path.read_text() == f"{head}## Answer\n\nnew\n"
    assert (read(path).query, read(path).variables) == ("{ a }\n", {"b": 1})


def test_a_short_value_takes_one_line() -> None:
    value = {"a": [1, 2], "b": {"c": "x" * 60, "d": "y" * 60}, "e": []}

    assert json.loads(pretty(value)) == value
    assert pretty(value).splitlines()[:3] == ["{", '  "a": [1, 2],', '  "b": {']


def documented() -> list[str]:
    """The queries of the console, the README and the guide."""
    examples = sorted((ROOT / "gateway/console/src/examples").glob("*.graphql"))
    guides = (ROOT / "README.md").read_text() + (ROOT / "docs/queries.md").read_text()
    return [path.read_text() for path in examples] + re.findall(r"```graphql\n([^`]*)```", guides)


def operations(text: str) -> list[OperationDefinitionNode]:
    """The operations of a document."""
    found = parse(text).definitions
    return [node for node in found if isinstance(node, OperationDefinitionNode)]
