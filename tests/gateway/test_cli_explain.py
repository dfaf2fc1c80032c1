"""`gateway explain`: from anywhere a query may come, with and without running it."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli import build, store_plans
from stores.lifecycle import StoreOptions
from tests.gateway.test_cli import Finished, environment, store_variables

QUERY = "query P($first: Int) { protocols(first: $first) { nodes { name token { symbol } } } }"


def plan_of(*arguments: str, given: str | None = None) -> Finished:
    """Run the command in this process, which needs no store."""
    finished = CliRunner().invoke(build(), ["explain", *arguments], input=given)
    return Finished(finished.exit_code, finished.stdout, finished.stderr)


async def explain(*arguments: str, **variables: str) -> Finished:
    """Run the command as a program."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "gateway", "explain", *arguments),
        env=environment(**variables),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await asyncio.wait_for(process.communicate(), 50)
    assert process.returncode is not None
    return Finished(process.returncode, out.decode(), err.decode())


def test_a_query_may_come_as_argument_from_a_file_or_from_stdin(tmp_path: Path) -> None:
    file = tmp_path / "query.graphql"
    file.write_text(QUERY)
    answers = [
        plan_of(QUERY),
        plan_of("-", given=QUERY),
        plan_of(given=QUERY),
        plan_of("--file", str(file), "--variables", '{"first": 3}'),
    ]
    assert [answer.code for answer in answers] == [0] * 4, answers[0].err
    assert len({answer.out for answer in answers}) == 1
    assert "1 protocols: page of postgres: catalog.protocol" in answers[0].out


def test_a_plan_as_json() -> None:
    finished = plan_of(QUERY, "--json")
    assert finished.code == 0, finished.err
    steps = json.loads(finished.out)["plan"]
    assert (steps[0]["path"], steps[0]["store"]) == ("protocols", "postgres")
    assert steps[1]["step"] == "1.1"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["{ protocols {"], "Syntax Error"),
        (["{ nothing }"], "1:3 Cannot query field 'nothing'"),
        (["query A { __typename } query B { __typename }"], "operation"),
        ([QUERY, "--operation", "Q"], "'Q'"),
        ([QUERY, "--variables", '{"first": "x"}'], "$first"),
        ([QUERY, "--variables", "[1]"], "has to be an object"),
        ([QUERY, "--variables", "{"], "is not JSON"),
        ([QUERY, "--file", "query.graphql"], "not both"),
        (["--file", "/nothing/here"], "cannot be read"),
        (
            ["--run", "subscription { assetPrices(assetIds: []) { __typename } }"],
            "Only queries are run",
        ),
    ],
)
def test_what_cannot_be_explained_is_one_sentence(arguments: list[str], words: str) -> None:
    finished = plan_of(*arguments)
    assert finished.code == 2, finished.out + finished.err
    assert words in finished.err
    assert "Traceback" not in finished.err


async def test_running_adds_what_each_call_found_and_took(store_options: StoreOptions) -> None:
    finished = await explain(QUERY, "--run", **store_variables(store_options))
    assert finished.code == 0, finished.err
    assert "calls of stores" in finished.out
    assert "1 postgres: read catalog.protocol" in finished.out
    assert "Scan" not in finished.out


async def test_analysis_adds_the_plans_of_the_stores(store_options: StoreOptions) -> None:
    variables = store_variables(store_options)
    told, shown = await asyncio.gather(
        explain(QUERY, "--analyze", **variables),
        explain(QUERY, "--analyze", "--json", **variables),
    )
    assert told.code == 0, told.err
    assert "planned in" in told.out
    run = json.loads(shown.out)["run"]
    assert run["errors"] == []
    assert run["calls"][0]["detail"]["Plan"]["Actual Loops"] == 1


async def test_an_answer_with_errors_says_so_and_exits_with_one(
    store_options: StoreOptions,
) -> None:
    variables = store_variables(store_options) | {
        "GATEWAY_POSTGRES_URL": "postgresql://gateway:hunter2@127.0.0.1:1/onchain"
    }
    finished = await explain(QUERY, "--run", **variables)
    assert finished.code == 1
    assert "✗ protocols: " in finished.err
    assert "StoreUnavailable" in finished.out
    assert "hunter2" not in finished.out + finished.err


def test_plans_of_stores_as_lines() -> None:
    scan = {
        "Node Type": "Index Scan",
        "Index Name": "things_pkey",
        "Relation Name": "things",
        "Index Cond": "(id = 1)",
        "Plan Rows": 1200,
        "Actual Rows": 2.0,
        "Actual Loops": 3,
        "Actual Total Time": 0.5,
    }
    idle = {"Node Type": "Result", "Plan Rows": 1, "Actual Loops": 0}
    top = {"Node Type": "Append", "Plan Rows": 1, "Actual Rows": 6.0, "Actual Loops": 1}
    plan = {
        "Plan": {**top, "Actual Total Time": 1.6, "Plans": [scan, idle]},
        "Planning Time": 0.25,
        "Execution Time": 2.0,
    }
    assert store_plans.lines(plan) == [
        "Append: 6 rows, 1.600 ms (1 rows expected a round)",
        "  Index Scan using things_pkey on things: 6 rows in 3 rounds, 1.500 ms "
        "(1,200 rows expected a round)",
        "      Index Cond: (id = 1)",
        "  Result: never run, 1 rows expected",
        "planned in 0.250 ms, ran in 2.000 ms",
    ]
    assert store_plans.lines(["Limit", "", "  Read"]) == ["Limit", "  Read"]
    assert store_plans.lines("not explained: busy") == ["not explained: busy"]
