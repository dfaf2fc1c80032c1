"""The services of a worker, one module each; a new one is added to this list of imports."""

from gateway.worker.service import SERVICES
from gateway.worker.services import deliver_alerts, mail_sign_ups, metrics, relay, watch_alerts

__all__ = ["SERVICES", "deliver_alerts", "mail_sign_ups", "metrics", "relay", "watch_alerts"]
