"""The jobs of the gateway, one module each; a new one is added to this list of imports."""

from gateway.worker.job import JOBS
from gateway.worker.jobs import (
    archive_deposits,
    delete_expired,
    erase_users,
    export_user_data,
    evaluate_alerts,
    maintain_partitions,
    protocol_figures,
    refresh_views,
    score_wallets,
    update_pool_statistics,
    usage,
    value_portfolios,
)

__all__ = [
    "JOBS",
    "archive_deposits",
    "delete_expired",
    "erase_users",
    "export_user_data",
    "evaluate_alerts",
    "maintain_partitions",
    "protocol_figures",
    "refresh_views",
    "score_wallets",
    "update_pool_statistics",
    "usage",
    "value_portfolios",
]
