"""`gateway explain`."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from graphql import GraphQLError, GraphQLSyntaxError, OperationType, get_operation_ast, parse
from graphql import validate as validated
from rich.markup import escape

from gateway.cli import store_plans
from gateway.cli.engines import engines
from gateway.cli.terminal import MISUSED, UNWELL, explained, fail, notes, out, settings
from gateway.config import Settings, set_up_logging
from gateway.contexts import StoreContexts
from gateway.embedding import open_embedder
from gateway.errors import present
from gateway.execution import Caller
from gateway.executor.explain import Step, as_json, as_text, steps
from gateway.schema import EXECUTOR, GatewaySchema, build_schema
from stores.lifecycle import open_stores
from stores.urls import StoreUrls


@dataclass(frozen=True, slots=True)
class _Request:
    """What is explained."""

    query: str
    operation: str | None
    variables: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Run:
    """What happened when it ran: milliseconds in all, calls of stores, errors of the answer."""

    ms: float
    calls: list[dict[str, Any]]
    errors: list[dict[str, Any]]


def explain(
    query: Annotated[
        str | None, typer.Argument(help="The GraphQL document; - or nothing reads it from stdin.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-f", help="Read it from a file.", dir_okay=False)
    ] = None,
    variables: Annotated[
        str, typer.Option("--variables", "-v", help="Values of its variables, a JSON object.")
    ] = "{}",
    operation: Annotated[
        str | None, typer.Option("--operation", "-o", help="Which of its operations.")
    ] = None,
    run: Annotated[
        bool, typer.Option("--run", help="Run it too, and say what each store call found and took.")
    ] = False,
    analyze: Annotated[
        bool, typer.Option("--analyze", help="As --run, with the stores' own plans of every call.")
    ] = False,
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show which reads of which stores answer a query, without running it unless asked to.

    It runs as GATEWAY_DEMO_USER, or as nobody. Exit code 1 when the answer has errors.
    """
    request = _Request(_text(query, file), operation, _parsed(variables))
    schema = build_schema()
    plan = _plan(schema, request, runs=run or analyze)
    happened = _happened(schema, request, analyze) if run or analyze else None
    if as_json_:
        _print_json(plan, happened)
    else:
        _print_text(plan, happened)
    if happened and happened.errors:
        raise SystemExit(UNWELL)


def _text(query: str | None, file: Path | None) -> str:
    if file is not None:
        if query is not None:
            fail("Give the query or --file, not both.", MISUSED)
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            fail(f"{file} cannot be read: {getattr(error, 'strerror', None) or error}", MISUSED)
    if query not in (None, "-"):
        return query
    if sys.stdin.isatty():
        fail("Give a query, --file, or pipe it in.", MISUSED)
    return sys.stdin.read()


def _parsed(variables: str) -> dict[str, Any]:
    try:
        values = json.loads(variables)
    except ValueError as error:
        fail(f"--variables is not JSON: {error}", MISUSED)
    if not isinstance(values, dict):
        fail('--variables has to be an object, such as {"slug": "uniswap"}.', MISUSED)
    return values


def _plan(schema: GatewaySchema, request: _Request, *, runs: bool) -> list[Step] | str:
    """The fetches of the operation, or why it has no plan; a wrong document ends the command."""
    try:
        document = parse(request.query)
        wrong = validated(schema.graphql_schema, document)
        if wrong:
            fail("\n".join(map(_told, wrong)), MISUSED)
        asked = get_operation_ast(document, request.operation)
        if runs and asked is not None and asked.operation is not OperationType.QUERY:
            fail(f"Only queries are run here, and this is a {asked.operation.value}.", MISUSED)
        return steps(schema, request.query, request.operation, request.variables)
    except GraphQLSyntaxError as error:
        fail(_told(error), MISUSED)
    except GraphQLError as error:
        fail(error.message, MISUSED)


def _told(error: GraphQLError) -> str:
    places = ", ".join(f"{place.line}:{place.column}" for place in error.locations or [])
    return f"{places} {error.message}" if places else error.message


def _happened(schema: GatewaySchema, request: _Request, analyze: bool) -> _Run:
    config = settings()
    set_up_logging("error")
    with explained(), engines(config) as urls:
        return asyncio.run(_execute(schema, request, config, urls, analyze))


async def _execute(
    schema: GatewaySchema, request: _Request, config: Settings, urls: StoreUrls, analyze: bool
) -> _Run:
    embedder = open_embedder(config.embedder)
    contexts = StoreContexts(demo_user=config.demo_user, explain=True, embedder=embedder)
    caller = Caller({"x-explain": "analyze" if analyze else "plan"})
    async with await open_stores(config.store_options(urls)) as stores:
        contexts.attach(stores)
        started = time.monotonic()
        deadline = started + config.request_deadline_s
        context = contexts.open(await contexts.admit(caller), caller, deadline)
        result = await schema.execute(
            request.query,
            variable_values=request.variables,
            operation_name=request.operation,
            context_value=context,
            operation_extensions={EXECUTOR: "plain" if config.executor == "plain" else "compiled"},
        )
        ms = (time.monotonic() - started) * 1000
        calls = contexts.extensions(context)["plan"]
    return _Run(ms, calls, present(result.errors or []))


def _print_json(plan: list[Step] | str, run: _Run | None) -> None:
    shown: dict[str, Any] = {"plan": None if isinstance(plan, str) else as_json(plan)}
    if isinstance(plan, str):
        shown["reason"] = plan.strip()
    if run is not None:
        shown["run"] = {"ms": round(run.ms, 3), "calls": run.calls, "errors": run.errors}
    out().print(json.dumps(shown, indent=2, ensure_ascii=False, default=str), markup=False)


def _print_text(plan: list[Step] | str, run: _Run | None) -> None:
    console = out()
    console.print(plan if isinstance(plan, str) else as_text(plan), end="", markup=False)
    if run is None:
        return
    console.print(f"\nran in {run.ms:.1f} ms, {len(run.calls)} calls of stores")
    for call in run.calls:
        console.print(_line(call), markup=False)
        if "detail" in call:
            for line in store_plans.lines(call["detail"]):
                console.print(f"    {line}", markup=False)
    for error in run.errors:
        notes().print(f"[red]✗[/red] {escape(_of_answer(error))}")


def _line(call: dict[str, Any]) -> str:
    failed = f", {call['error']}" if "error" in call else ""
    found = f"{call['keys']:,} keys, {call['rows']:,} rows, {call['ms']:.1f} ms{failed}"
    return f"{call['step']} {call['store']}: {call['name']}: {found}"


def _of_answer(error: dict[str, Any]) -> str:
    path = ".".join(map(str, error.get("path") or ()))
    return f"{path}: {error['message']}" if path else str(error["message"])
