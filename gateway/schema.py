"""The only list of domains, and the graph built from it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import strawberry
from graphql import ExecutionResult, GraphQLError, GraphQLSchema
from graphql.execution import Executor, default_field_resolver, default_type_resolver
from graphql.execution.collect_fields import FragmentDetails
from graphql.execution.values import VariableValues
from strawberry.extensions import SchemaExtension
from strawberry.federation import Schema as FederatedSchema
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types import ExecutionContext
from strawberry.types import ExecutionResult as StrawberryResult
from strawberry.types.graphql import OperationType as StrawberryOperationType

from gateway.documents import Entry
from gateway.executor.engine import Engine
from resolvers import subgraph
from resolvers.account.audit_log import AuditQuery
from resolvers.account.erasure_proof import ErasureProofQuery
from resolvers.account.mutations import AccountMutation
from resolvers.account.viewer import ViewerQuery
from resolvers.agents.mutations import AgentsMutation
from resolvers.agents.queries import AgentsQuery
from resolvers.alerts.destination_mutations import AlertDestinationMutation
from resolvers.alerts.queries import AlertsQuery
from resolvers.alerts.rule_mutations import AlertRuleMutation
from resolvers.catalog.address_queries import AddressQuery
from resolvers.catalog.markets import MarketQuery
from resolvers.catalog.queries import CatalogQuery
from resolvers.catalog.subscriptions import CatalogSubscription
from resolvers.catalog.wallet_board import WalletBoardQuery
from resolvers.dashboards.mutations import DashboardMutation
from resolvers.dashboards.queries import DashboardQuery
from resolvers.dashboards.sharing import DashboardSharingMutation
from resolvers.federation import FederationQuery
from resolvers.node import NodeQuery
from resolvers.portfolio.address_portfolio import AddressPortfolioQuery
from resolvers.portfolio.ledger_mutations import LedgerMutation
from resolvers.portfolio.portfolio_mutations import PortfolioMutation
from resolvers.portfolio.position_import import PositionImportMutation
from resolvers.portfolio.position_mutations import PositionMutation
from resolvers.portfolio.queries import PortfolioQuery
from resolvers.portfolio.strategy_mutations import StrategyMutation
from resolvers.portfolio.wallet_mutations import PortfolioWalletMutation
from resolvers.predictions.queries import PredictionQuery
from resolvers.privacy.mutations import PrivacyMutation
from resolvers.privacy.queries import PrivacyQuery
from resolvers.research.queries import ResearchQuery
from resolvers.risk.mutations import RiskMutation
from resolvers.risk.queries import RiskQuery
from resolvers.scalars import SCALARS
from resolvers.search.queries import SearchQuery
from resolvers.status.queries import StatusQuery
from resolvers.tax.mutations import TaxMutation
from resolvers.tax.queries import TaxQuery
from resolvers.trading.follow_mutations import FollowMutation
from resolvers.trading.mutations import ExecutionMutation
from resolvers.trading.queries import MarketActivityQuery, TradingQuery
from resolvers.usage.queries import UsageQuery

OPERATION: Final = "gateway.operation"
EXECUTOR: Final = "gateway.executor"


# Not frozen, for speed: there is one a request.
@dataclass(slots=True)
class Operation:
    """What the edge hands to execution beside Strawberry's arguments, under the key `OPERATION`.

    Attributes:
        entry: the document, already parsed and validated.
        next_context: makes the context of the next subscription event: new loaders, new deadline.
    """

    entry: Entry
    next_context: Callable[[], object]


class PreparedDocument(SchemaExtension):
    """Takes the document from the edge's cache; without an edge Strawberry parses as ever."""

    def on_parse(self) -> Iterator[None]:
        context = self.execution_context
        operation = (context.operation_extensions or {}).get(OPERATION)
        if isinstance(operation, Operation):
            context.graphql_document = operation.entry.document
            context.validation_rules = ()
        yield


class EdgeExecution(StrawberryGraphQLCoreExecutionContext):
    """Executes by a compiled plan where there is one, else as Strawberry does.

    Every event of a subscription has a context of its own.
    """

    def execute_operation(self, serially: bool | None = None) -> Any:
        extensions = self.operation_extensions or {}
        schema: Any = self.schema._strawberry_schema  # type: ignore[attr-defined]
        plain = functools.partial(super().execute_operation, serially)
        if extensions.get(EXECUTOR, schema.executor) == "plain":
            return plain()
        operation = extensions.get(OPERATION)
        plans = operation.entry.plans if isinstance(operation, Operation) else None
        return schema.engine.execute(self, plans, plain)

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        executor = super().build_per_event_executor(payload)
        operation = (self.operation_extensions or {}).get(OPERATION)
        if isinstance(operation, Operation):
            executor.context_value = operation.next_context()
        return executor


class GatewaySchema(FederatedSchema):
    """A schema whose errors are judged and logged by `gateway.errors` alone.

    Attributes:
        engine: the compiled executor's state: plans of documents without an entry, metrics.
        executor: which path runs an operation that does not say it itself.
    """

    executor: str = "compiled"

    @functools.cached_property
    def engine(self) -> Engine:
        """The compiled executor of this schema."""
        return Engine()

    @property
    def graphql_schema(self) -> GraphQLSchema:
        """The same graph as graphql-core knows it."""
        return self._schema

    def execute_sync(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[StrawberryOperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> StrawberryResult:
        """Run on the plain path: a plan always waits, and here nothing may."""
        return super().execute_sync(
            query,
            variable_values,
            context_value,
            root_value,
            operation_name,
            allowed_operation_types,
            {**(operation_extensions or {}), EXECUTOR: "plain"},
        )

    async def execute_lean(
        self,
        entry: Entry,
        variables: VariableValues,
        context_value: object,
        operation_extensions: dict[str, Any],
    ) -> ExecutionResult | None:
        """Run a query or mutation straight from its plan; None when only `execute` can run it.

        Strawberry's extensions are not asked: ours only hands over the document.
        """

        def make_executor() -> EdgeExecution:
            return EdgeExecution(
                self.graphql_schema,
                entry.fragments,
                {name: FragmentDetails(node) for name, node in entry.fragments.items()},
                None,
                context_value,
                entry.operation,
                variables,
                default_field_resolver,
                default_type_resolver,
                default_field_resolver,
                operation_extensions=operation_extensions,
            )

        return await self.engine.execute_lean(make_executor, entry.plans, variables, context_value)

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Leave them to the transport, which presents each exactly once."""


def make_schema(
    query: type,
    *,
    mutation: type | None = None,
    subscription: type | None = None,
    types: tuple[type, ...] = (),
    config: StrawberryConfig | None = None,
) -> GatewaySchema:
    """A schema that runs behind this edge."""
    made = GatewaySchema(
        query,
        mutation=mutation,
        subscription=subscription,
        types=types,
        config=config or StrawberryConfig(),
        extensions=[PreparedDocument],
        execution_context_class=EdgeExecution,
        # The oldest that knows all directives used here: routers refuse newer ones than theirs.
        federation_version="2.3",
    )
    subgraph.describe(made.graphql_schema)
    return made


@strawberry.type(description="Everything that can be read.")
class Query(
    FederationQuery,
    NodeQuery,
    CatalogQuery,
    MarketQuery,
    AddressQuery,
    WalletBoardQuery,
    AgentsQuery,
    AlertsQuery,
    PortfolioQuery,
    ViewerQuery,
    ErasureProofQuery,
    AuditQuery,
    PrivacyQuery,
    DashboardQuery,
    PredictionQuery,
    ResearchQuery,
    RiskQuery,
    SearchQuery,
    StatusQuery,
    UsageQuery,
    MarketActivityQuery,
    TradingQuery,
    AddressPortfolioQuery,
    TaxQuery,
):
    """The roots of all domains."""


@strawberry.type(description="Everything that can be changed.")
class Mutation(
    AccountMutation,
    AgentsMutation,
    AlertDestinationMutation,
    AlertRuleMutation,
    ExecutionMutation,
    FollowMutation,
    DashboardMutation,
    DashboardSharingMutation,
    PrivacyMutation,
    RiskMutation,
    PortfolioMutation,
    StrategyMutation,
    PositionMutation,
    PositionImportMutation,
    LedgerMutation,
    TaxMutation,
    PortfolioWalletMutation,
):
    """The changes of all domains."""


@strawberry.type(description="Everything that can be listened to.")
class Subscription(CatalogSubscription):
    """The subscriptions of all domains."""


def build_schema() -> GatewaySchema:
    """The graph of every domain."""
    return make_schema(
        Query,
        mutation=Mutation,
        subscription=Subscription,
        config=StrawberryConfig(scalar_map=dict(SCALARS)),
    )
