"""The jobs of the gateway, one module each; a new one is added to this list of imports."""

from gateway.worker.job import JOBS
from gateway.worker.jobs import (
    agent_figures,
    archive_deposits,
    archive_history,
    delete_expired,
    erase_users,
    evaluate_alerts,
    export_user_data,
    maintain_partitions,
    make_tax_reports,
    predictions,
    protocol_figures,
    refresh_views,
    score_protocols,
    score_wallets,
    update_pool_statistics,
    usage,
    value_portfolios,
)

__all__ = [
    "JOBS",
    "agent_figures",
    "archive_deposits",
    "archive_history",
    "delete_expired",
    "erase_users",
    "evaluate_alerts",
    "export_user_data",
    "maintain_partitions",
    "make_tax_reports",
    "predictions",
    "protocol_figures",
    "refresh_views",
    "score_protocols",
    "score_wallets",
    "update_pool_statistics",
    "usage",
    "value_portfolios",
]
