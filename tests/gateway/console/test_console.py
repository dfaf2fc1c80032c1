"""The console in a real browser, under its content policy, with the network cut."""

import json
from urllib.parse import urlsplit

import pytest

from tests.gateway.console.conftest import HEADERS, Visit

# One walk through the page serves all tests; the group keeps it to one xdist worker.
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("console")]


async def test_page_asks_nothing_of_another_origin(visit: Visit) -> None:
    asked = [request["url"] for request in visit["seen"]["requests"]]
    sockets = [entry["url"].replace("ws://", "http://") for entry in visit["seen"]["sockets"]]
    foreign = [url for url in [*asked, *sockets] if origin_of(url) not in {visit.origin, "data:"}]
    assert len(asked) > 5
    assert foreign == []
    assert visit["seen"]["failed"] == []


async def test_page_breaks_no_rule_of_its_policy(visit: Visit) -> None:
    assert visit["seen"]["violations"] == []


async def test_browser_console_stays_silent(visit: Visit) -> None:
    assert visit["seen"]["console"] == []


async def test_workers_are_files_of_this_build(visit: Visit) -> None:
    names = {urlsplit(request["url"]).path for request in visit["seen"]["requests"]}
    workers = {name.rsplit("/", 1)[-1].split("-")[0] for name in names if ".worker-" in name}
    assert workers == {"editor.worker", "graphql.worker", "json.worker"}


async def test_examples_open_in_tabs(visit: Visit) -> None:
    assert visit["title"] == "onchain-gateway"
    assert visit["tabs"][0] == "Protocol"
    assert len(visit["tabs"]) == len(visit["examples"]["titles"]) >= 8


async def test_example_shows_its_answer(visit: Visit) -> None:
    assert json.loads(visit["answer"])["data"]["protocol"]["name"] == "Curve"


async def test_documentation_explorer_describes_the_schema(visit: Visit) -> None:
    assert "One protocol, by id or slug; null when there is none." in visit["docs"]


async def test_plan_panel_says_how_to_ask_for_a_plan(visit: Visit) -> None:
    assert "X-Explain: plan" in visit["unexplained"]


async def test_plan_panel_shows_each_step_with_its_field_and_store(visit: Visit) -> None:
    plan = visit["plan"]
    steps = plan["steps"]
    assert {step["store"] for step in steps} == {"postgres", "clickhouse", "redis", "qdrant"}
    assert (steps[0]["step"], steps[0]["path"]) == ("1", "protocol")
    assert steps[0]["call"] == "postgres read catalog.protocol_listing by slug"
    paths = {step["path"]: step["store"] for step in steps}
    assert paths["protocol.week"] == "clickhouse"
    assert paths["protocol.token.price"] == "redis"
    assert {step["figures"] for step in steps} == {3}
    assert f"{len(steps)} steps · 4 stores" in plan["summary"]
    assert 'FROM "catalog"."protocol_listing"' in plan["statement"]


async def test_step_is_indented_by_its_level(visit: Visit) -> None:
    indents = {(step["step"].count("."), step["indent"]) for step in visit["plan"]["steps"]}
    levels = [level for level, _ in sorted(indents)]
    assert levels == [0, 1, 2, 3]
    assert sorted(indent for _, indent in indents) == [indent for _, indent in sorted(indents)]


async def test_badges_say_what_ran_it_and_whether_the_plan_was_at_hand(visit: Visit) -> None:
    # Its tab ran before without a plan being asked for, which makes one all the same.
    assert visit["plan"]["badges"] == ["compiled", "plan cached"]
    assert visit["plain"]["badges"] == ["plain"]


async def test_plain_answer_has_steps_without_fields(visit: Visit) -> None:
    steps = visit["plain"]["steps"]
    assert {step["store"] for step in steps} == {"postgres", "clickhouse", "redis", "qdrant"}
    assert {(step["path"], step["indent"]) for step in steps} == {(None, 0)}


async def test_analyze_shows_the_plans_of_postgres_and_clickhouse(visit: Visit) -> None:
    assert visit["plan"]["storePlans"] == 0
    analyzed = visit["analyzed"]
    plans = {step["store"]: step["storePlan"] for step in analyzed["steps"] if step["storePlan"]}
    assert set(plans) == {"postgres", "clickhouse"}
    first = analyzed["steps"][0]["storePlan"]
    assert "Index Scan using protocols_slug_key on protocols: 1 row, " in first
    assert "ran in " in first
    assert "ReadFromMergeTree" in plans["clickhouse"]
    assert (analyzed["shown"], analyzed["folded"]) == (True, True)
    assert analyzed["explain"] is True


async def test_switches_of_the_plan_panel_set_the_header(visit: Visit) -> None:
    posts = [r["headers"] for r in visit["seen"]["requests"] if r["url"].endswith("/graphql")]
    asked = [headers.get("x-explain") for headers in posts]
    assert asked[:2] == [None, None]
    assert [level for level in asked if level] == ["plan", "analyze", "plan"]


async def test_subscription_yields_over_a_websocket(visit: Visit) -> None:
    first, second = (json.loads(text)["data"]["assetPrices"] for text in visit["subscription"])
    assert {first["asset"]["symbol"], second["asset"]["symbol"]} <= {"BTC", "ETH"}
    assert first != second


async def test_headers_travel_as_connection_parameters(visit: Visit) -> None:
    opening = json.loads(visit["seen"]["sockets"][0]["sent"][0])
    assert opening["type"] == "connection_init"
    assert opening["payload"]["X-Team"] == HEADERS["X-Team"]


async def test_history_remembers_the_query(visit: Visit) -> None:
    assert {"Protocol", "LivePrices"} <= set(visit["history"].split("\n"))


async def test_example_panel_returns_to_an_unchanged_tab(visit: Visit) -> None:
    assert visit["examples"]["tabsAdded"] == 0
    assert "query Protocol" in visit["examples"]["query"]


async def test_second_visit_finds_tabs_and_switch_as_left(visit: Visit) -> None:
    assert visit["reopened"] == {"tabs": len(visit["tabs"]), "explain": True}


def origin_of(url: str) -> str:
    parts = urlsplit(url)
    return "data:" if parts.scheme == "data" else f"{parts.scheme}://{parts.netloc}"
