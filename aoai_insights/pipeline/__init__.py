"""The use-cases: ingest, chargeback, latency, quality, report. The only folder that joins the edges and the core.

A command or a notebook calls one function here. Each takes what it depends on as arguments, `now` among them, and
returns frozen figures of model.py.
"""

from aoai_insights.pipeline.figures import (
    compute_chargeback,
    compute_latency,
    compute_quality,
    config_prices,
    query,
    report_figures,
)
from aoai_insights.pipeline.ingest import IngestReport, ingest

__all__ = [
    "IngestReport",
    "compute_chargeback",
    "compute_latency",
    "compute_quality",
    "config_prices",
    "ingest",
    "query",
    "report_figures",
]
