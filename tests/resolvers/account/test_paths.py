"""What the viewer sees is the same by a plan and by graphql-core."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gateway.encoding import encode
from gateway.schema import EXECUTOR
from resolvers.context import RequestContext
from tests.resolvers.account.conftest import PASSWORD, Desk
from tests.resolvers.graph import graph

QUERY = """{ viewer { userId role tier scopes recoveryCodesLeft
  user { id email username role userType kycStatus twoFactorEnabled settings loginCount createdAt }
  session { id isCurrent clientIp expiresAt }
  subscription { id tier status priceCents currentPeriodEnd }
  sessions(first: 2) { totalCount { value } nodes { id isCurrent refreshExpiresAt } }
  apiKeys { nodes { id name scopes allowedNetworks expiresAt usageCount } }
  wallets { nodes { label isPrimary wallet { address } } }
  subscriptions { nodes { tier provider autoRenew } }
  subscriptionChanges { nodes { action tier status } }
  dataExports { nodes { status requestedAt fileSizeBytes } }
  erasureRequests { nodes { status dueAt } } } }"""


@pytest.mark.parametrize("signed_in", [True, False])
async def test_both_paths_show_the_same(desk: Desk, signed_in: bool) -> None:
    person = await desk.person(settings={"theme": "dark"})
    viewer, _ = await desk.sign_in(person)
    await desk.change("createApiKey", "key", viewer, name="k", allowedNetworks=["203.0.113.0/24"])
    await desk.change("requestDataExport", "dataExport { id }", viewer, password=PASSWORD)
    await desk.worker.postgres.copy_rows(
        "account.subscriptions",
        ("user_id", "provider", "tier", "status", "price_cents", "current_period_end"),
        [(person.id, "stripe", "pro", "active", 4900, datetime.now(UTC) + timedelta(days=9))],
    )
    answers = []
    for path in ("compiled", "plain"):
        context = RequestContext(viewer if signed_in else person.viewer, desk.stores)
        result = await graph().execute(
            QUERY, context_value=context, operation_extensions={EXECUTOR: path}
        )
        assert not result.errors
        answers.append(encode({"data": result.data}))
    assert answers[0] == answers[1]
    assert (b'"session":null' in answers[0]) != signed_in
