"""The use-cases: ingest, chargeback, latency, quality, report. The only folder that joins the edges and the core.

A command or a notebook calls one function here. Each takes what it depends on as arguments, `now` among them, and
returns frozen figures of model/.
"""

from aoai_insights.pipeline.collect import collect
from aoai_insights.pipeline.collect_scope import CollectReport
from aoai_insights.pipeline.figures import (
    check_prices,
    compute_chargeback,
    compute_latency,
    compute_quality,
    config_prices,
    months,
    owner_figures,
    query,
    report_figures,
)
from aoai_insights.pipeline.ingest import IngestReport, ingest

__all__ = [
    "CollectReport",
    "IngestReport",
    "check_prices",
    "collect",
    "compute_chargeback",
    "compute_latency",
    "compute_quality",
    "config_prices",
    "ingest",
    "months",
    "owner_figures",
    "query",
    "report_figures",
]
