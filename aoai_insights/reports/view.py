"""Figures to sentences and tables. Pure: the same figures give the same words, whichever medium shows them."""

from dataclasses import dataclass
from datetime import datetime

from aoai_insights.model import Chargeback, Latency, Period, Quality
from aoai_insights.reports.content import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFigures:
    """What a report is made of. All figures are of the same period, currency and store; `previous_*` of the one before."""

    title: str
    """What is reported, without the period: "Azure OpenAI chargeback"."""
    tenant: str
    """Whose it is: "Contoso"; may be empty."""
    generated_at: datetime
    """UTC."""
    version: str
    period: Period
    currency: str
    by_app: Chargeback
    """By app, cost_center."""
    by_model: Chargeback
    """By model, region."""
    by_cost_center: Chargeback
    """By cost_center."""
    by_day: Chargeback
    """By day, as YYYY-MM-DD."""
    by_app_model: Chargeback
    """By app, model: tells volume from mix from rate."""
    latency_by_region: Latency
    """By region."""
    latency_by_region_hour: Latency
    """By region, hour ("00" to "23" in the latency's timezone)."""
    quality: Quality
    previous_by_app: Chargeback | None = None
    """By app, cost_center. None: nothing to compare with."""
    previous_by_app_model: Chargeback | None = None
    """By app, model."""
    previous_latency_by_region: Latency | None = None
    """By region."""


def view(figures: ReportFigures) -> Report:
    """The report of a period, worded and formatted."""
    raise NotImplementedError
