"""The file as a whole: one field per table of aoai-insights.toml, and the order in which they are checked."""

import re

import msgspec

from aoai_insights.config.email import Email, check_email
from aoai_insights.config.owners import App, CostCenter, Deployment, check_owners
from aoai_insights.config.place import ConfigFile
from aoai_insights.config.prices import (
    BudgetSection,
    Fx,
    Price,
    PriceFiles,
    PtuCapacity,
    PtuSection,
    Shared,
    check_budgets,
    check_prices,
    check_ptu,
    check_rates,
    check_shared,
)
from aoai_insights.config.sources import (
    AzureSection,
    BackendPool,
    GatewaySection,
    StoreSection,
    Workspace,
    check_sources,
)


class Config(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    currency: str = "USD"
    title: str = "Azure OpenAI"
    store: StoreSection = StoreSection()
    azure: AzureSection = AzureSection()
    gateway: GatewaySection = GatewaySection()
    workspaces: list[Workspace] = []
    apps: list[App] = []
    cost_centers: list[CostCenter] = []
    deployments: list[Deployment] = []
    prices: list[Price] = []
    pools: list[BackendPool] = []
    fx: list[Fx] = []
    ptu: PtuSection = PtuSection()
    ptu_models: list[PtuCapacity] = []
    shared_costs: list[Shared] = []
    budgets: BudgetSection = BudgetSection()
    price_files: PriceFiles = PriceFiles()
    email: Email = Email()


def check(config: Config, file: ConfigFile) -> None:
    """What types alone cannot say: ranges, known words, addresses, amounts. Raises ConfigError."""
    if not re.fullmatch(r"[A-Z]{3}", config.currency):
        raise file.fails(f'currency = "{config.currency}" is no currency', 'write a code such as "USD"')
    apps = [app.name for app in config.apps]
    budgets = [("apps", i, app.budget) for i, app in enumerate(config.apps)]
    budgets += [("cost_centers", i, centre.budget) for i, centre in enumerate(config.cost_centers)]
    check_owners(config.apps, config.cost_centers, config.deployments, file)
    check_sources(config.workspaces, config.pools, file)
    check_ptu(config.ptu, config.ptu_models, file)
    check_rates(config.fx, file)
    check_shared(config.shared_costs, apps, file)
    check_prices(config.prices, file)
    check_budgets(config.budgets, budgets, file)
    check_email(config.email, file)
