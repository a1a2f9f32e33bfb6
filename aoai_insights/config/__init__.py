"""aoai-insights.toml: its types and checks, one file per question; load.py reads it."""

from aoai_insights.config.email import AcsSection, Email, GraphSection, SmtpSection
from aoai_insights.config.load import DEFAULT_PATH, json_schema, load_config
from aoai_insights.config.owners import DEPLOYMENT_TYPES, App, CostCenter, Deployment, Match, app_rules
from aoai_insights.config.prices import BudgetSection, Fx, Price, PriceFiles, PtuCapacity, PtuSection, Shared
from aoai_insights.config.sources import (
    DEFAULT_STORE,
    AzureSection,
    BackendPool,
    GatewaySection,
    PoolBackend,
    StoreSection,
    Workspace,
)
from aoai_insights.config.whole import Config

__all__ = [
    "DEFAULT_PATH",
    "DEFAULT_STORE",
    "DEPLOYMENT_TYPES",
    "AcsSection",
    "App",
    "AzureSection",
    "BackendPool",
    "BudgetSection",
    "Config",
    "CostCenter",
    "Deployment",
    "Email",
    "Fx",
    "GatewaySection",
    "GraphSection",
    "Match",
    "PoolBackend",
    "Price",
    "PriceFiles",
    "PtuCapacity",
    "PtuSection",
    "Shared",
    "SmtpSection",
    "StoreSection",
    "Workspace",
    "app_rules",
    "json_schema",
    "load_config",
]
