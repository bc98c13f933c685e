"""Telemetry of a server: metrics, logs, incidents.

Takes from: every room (counts, times, errors).
Hands to: Prometheus (`/metrics`), the log.
Never: labels a series with a book, a facility or a producer; logs a secret.
"""

from tonne.telemetry.incidents import code_of, log_incident, report_incident
from tonne.telemetry.telemetry import Telemetry

__all__ = ["Telemetry", "code_of", "log_incident", "report_incident"]
