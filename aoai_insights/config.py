"""aoai-insights.toml: its types, and errors that name file, key, line and the nearest known key."""

import difflib
import ipaddress
import re
import tomllib
from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from aoai_insights.allocation import AppRule, Condition
from aoai_insights.errors import ConfigError

DEFAULT_PATH = Path("aoai-insights.toml")
DEFAULT_STORE = Path("aoai-insights.duckdb")

DEPLOYMENT_TYPES = (
    "GlobalStandard",
    "DataZoneStandard",
    "Standard",
    "GlobalBatch",
    "DataZoneBatch",
    "GlobalProvisionedManaged",
    "DataZoneProvisionedManaged",
    "ProvisionedManaged",
    "DeveloperTier",
)
"""ARM's sku.name of a deployment.
https://learn.microsoft.com/azure/ai-foundry/foundry-models/concepts/deployment-types"""


KEEPS_SECRETS = re.compile(r"authorization|cookie|(^|-)(api-?)?key$|token|secret|password|signature", re.IGNORECASE)
"""Names of headers that carry a secret: they are not kept, so a rule on one could never match."""

LONGEST_HEADER_VALUE = 256
"""Characters of a caller's header that are kept (sources/headers.py)."""


class StoreSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    path: str = str(DEFAULT_STORE)


class Workspace(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    workspace_id: str


class AzureSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Where [[workspaces]] are asked."""

    cloud: Literal["public", "usgov", "china"] = "public"
    endpoint: str = ""
    """Another address of the query API: https, or http on this machine, to which no token is sent."""
    timeout_seconds: Annotated[int, msgspec.Meta(ge=1, le=600)] = 600
    """How long one query may take; the service allows 600."""


class GatewaySection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    apis: list[str] = []
    """ApiIds that are Azure OpenAI traffic although neither host nor path shows it."""
    entra_app_header: str = ""
    """Logged header that carries the calling Entra application's id."""
    entra_app_trace: str = ""
    """Key of a trace record's JSON message that carries it."""


class Match(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    apim_subscription: str = ""
    product: str = ""
    entra_app: str = ""
    caller_ip: str = ""
    header: str = ""
    value: str = ""


class App(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    cost_center: str = ""
    owner: str = ""
    match: list[Match] = []
    valid_from: date | None = None
    valid_to: date | None = None
    budget: str = ""
    """Of a month, in the config's currency; a string because money is never a float."""


class CostCenter(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    owner: str = ""
    """Address of who gets the cost centre's statement."""
    budget: str = ""


class Deployment(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    resource: str
    deployment: str
    type: str = ""
    model: str = ""
    model_version: str = ""
    region: str = ""
    ptu: int = 0
    ptu_from: date | None = None
    """First day on which the PTUs are deployed."""
    ptu_to: date | None = None
    """Last day, inclusive."""
    owner: str = ""
    """The app that pays what no user of a provisioned deployment pays."""
    reserved: dict[str, int] = {}
    """App -> PTUs reserved for it."""


class Price(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The columns of a price book row; `price` is a string because money is never a float."""

    model: str
    direction: str
    price: str
    effective_from: date
    version: str = "*"
    scope: str = "global"
    cache: str = "none"
    tier: str = "standard"
    modality: str = "text"
    context: str = ""
    regions: list[str] = []
    per: int = 1_000_000
    currency: str = ""
    effective_to: date | None = None


class Fx(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename={"base": "from", "quote": "to"}):
    """One unit of `from` is `rate` of `to`, from a day on until a later entry begins."""

    base: str
    quote: str
    rate: str
    effective_from: date
    source: str


class PtuSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    policy: str = "absorb"
    amortized_cost: list[str] = []
    """Cost exports (amortised or FOCUS; CSV, CSV.gz, Parquet) whose PTU rows go before the list price."""


class PtuCapacity(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What one PTU of a model carries, where the shipped table does not say it or is out of date."""

    model: str
    input_tpm: int
    output_ratio: str
    effective_from: date


class Shared(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    amount: str
    rule: str
    shares: dict[str, int] = {}
    """App -> percent, of the rule fixed."""
    valid_from: date | None = None
    valid_to: date | None = None


class BudgetSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    alert_percent: int = 80
    """Share of a budget from which `budgets` raises an alert."""


class PriceFiles(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """Prices that this installation read itself; a file that is not there is none."""

    retail: str = "retail-prices.csv.gz"
    """Written by `prices refresh`."""
    contract: str = "contract-prices.csv.gz"
    """Written by `prices import`."""


class SmtpSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    host: str = ""
    port: int = 587
    security: str = "starttls"
    """starttls | tls | none. none is for a relay on this machine or in a closed network."""
    username: str = ""
    password_file: str = ""
    """A file that holds the password and nothing else; the password itself has no key here."""
    ca_file: str = ""
    """Certificates to trust instead of the system's, for a relay with a company certificate."""


class AcsSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    endpoint: str = ""


class GraphSection(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    mailbox: str = ""
    """The mailbox that sends; the address of [email] from where it is empty."""
    endpoint: str = "https://graph.microsoft.com"


class PoolBackend(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """A member of a backend pool, as the gateway has it now: named by the host of its URL, or by its backend id."""

    host: str = ""
    backend_id: str = ""
    url: str = ""
    """Runtime URL, for the emitted template (default: https://HOST/openai)."""
    priority: int = 1
    weight: int = 0
    """0: not known, the share of calls that the logs show stands for it."""
    ptu: bool = False
    residency: str = ""
    """Calls never move between backends of different residency."""


class BackendPool(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: str
    backends: list[PoolBackend]


class Email(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename={"sender": "from"}):
    sender: str = ""
    transport: str = "file"
    folder: str = "outbox"
    """Where the file transport puts its messages."""
    recipients: list[str] = []
    """Who gets the whole report."""
    operators: list[str] = []
    """Who is told when there is no whole report to send."""
    statements: bool = True
    """Whether owners of apps and cost centres get a statement of theirs."""
    allowed_domains: list[str] = []
    """Domains that may be written to; no address elsewhere is."""
    reply_to: str = ""
    report_link: str = ""
    """Where the full report lies, behind a sign-in; {month} is replaced."""
    smtp: SmtpSection = SmtpSection()
    acs: AcsSection = AcsSection()
    graph: GraphSection = GraphSection()


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


def load_config(path: Path | None) -> Config:
    """The config of `path`; of ./aoai-insights.toml when None, where a missing file means the defaults.

    Raises ConfigError for a file that cannot be read, an unknown key, a value of the wrong kind or out of its range.
    """
    chosen = path or DEFAULT_PATH
    try:
        text = chosen.read_text(encoding="utf-8")
    except FileNotFoundError:
        if path is None:
            return Config()
        raise ConfigError(f"no config file at {chosen}", "write one with: aoai-insights init") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{chosen} cannot be read: {error}", "check the path and that it is UTF-8 text") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{chosen}: not valid TOML: {error}", "mend that line") from None
    _refuse_unknown(data, Config, chosen, text, ())
    try:
        config = msgspec.convert(data, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{chosen}: {_located(str(error), text)}", "see the comments that `init` writes") from None
    _check(config, chosen, text)
    return config


def app_rules(apps: Sequence[App]) -> tuple[AppRule, ...]:
    """The [[apps]] entries as allocation rules, in their order."""
    return tuple(
        AppRule(
            name=app.name,
            cost_center=app.cost_center,
            conditions=tuple(
                Condition(
                    apim_subscription=m.apim_subscription,
                    product=m.product,
                    entra_app=m.entra_app,
                    caller_ip=ipaddress.ip_network(m.caller_ip, strict=False) if m.caller_ip else None,
                    header=m.header.lower(),
                    value=m.value,
                )
                for m in app.match
            ),
            valid_from=app.valid_from,
            valid_to=app.valid_to,
        )
        for app in apps
    )


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Config)}


def _check(config: Config, path: Path, text: str) -> None:
    """What types alone cannot say: ranges, known words, addresses, amounts."""

    def fail(section: str, index: int, key: str, message: str, remedy: str) -> ConfigError:
        line = _line_of(text, (section, index, key))
        return ConfigError(f"{path}, line {line}: {section}[{index + 1}].{key}: {message}", remedy)

    if not re.fullmatch(r"[A-Z]{3}", config.currency):
        raise ConfigError(f'{path}: currency = "{config.currency}" is no currency', 'write a code such as "USD"')
    for i, app in enumerate(config.apps):
        if not app.name.strip() or app.name.startswith("("):
            raise fail(
                "apps", i, "name", f'"{app.name}" cannot name an app', "names are not empty and do not begin with ("
            )
        if app.valid_from and app.valid_to and app.valid_to < app.valid_from:
            raise fail("apps", i, "valid_to", f"{app.valid_to} is before valid_from {app.valid_from}", "swap them")
        for match in app.match:
            if match == Match():
                raise fail("apps", i, "match", "an empty condition would claim every request", "say what must match")
            if bool(match.header) != bool(match.value):
                raise fail(
                    "apps", i, "match", "header and value go together", 'write {header = "x-app-id", value = "…"}'
                )
            if match.header and KEEPS_SECRETS.search(match.header):
                raise fail("apps", i, "match", f'header = "{match.header}" may carry a secret and is never kept',
                           "let a gateway policy put the app's name into a header of its own")  # fmt: skip
            if len(match.value) > LONGEST_HEADER_VALUE:
                raise fail("apps", i, "match", f"value has {len(match.value)} characters",
                           f"{LONGEST_HEADER_VALUE} characters of a header are kept")  # fmt: skip
            if match.caller_ip:
                try:
                    ipaddress.ip_network(match.caller_ip, strict=False)
                except ValueError:
                    raise fail(
                        "apps", i, "match", f'caller_ip = "{match.caller_ip}" is no address or CIDR range',
                        'write "10.1.2.3" or "10.1.2.0/24"',
                    ) from None  # fmt: skip
    seen: set[tuple[str, str]] = set()
    for i, deployment in enumerate(config.deployments):
        if deployment.type and deployment.type not in DEPLOYMENT_TYPES:
            raise fail("deployments", i, "type", f'"{deployment.type}" is no deployment type',
                       _nearest(deployment.type, DEPLOYMENT_TYPES))  # fmt: skip
        key = (deployment.resource.lower(), deployment.deployment.lower())
        if key in seen:
            raise fail("deployments", i, "deployment", f"{key[0]}/{key[1]} is listed twice", "remove one entry")
        seen.add(key)
    _check_workspaces(config, fail)
    _check_money(config, path, fail)
    for i, pool in enumerate(config.pools):
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,77}", pool.name):
            raise fail("pools", i, "name", f'"{pool.name}" cannot name a backend of API Management',
                       "use letters, digits and hyphens, at most 78")  # fmt: skip
        if any(bool(backend.host) == bool(backend.backend_id) for backend in pool.backends):
            raise fail("pools", i, "backends", "a backend is named by host or by backend_id", "give one of them")
        if any(not (0 <= b.priority <= 100 and 0 <= b.weight <= 100) for b in pool.backends):
            raise fail("pools", i, "backends", "priority and weight are 0 to 100", "write whole numbers in that range")
    words = {
        "direction": ("input", "output"),
        "cache": ("none", "read", "write"),
        "tier": ("standard", "batch", "priority", "flex"),
        "scope": ("global", "datazone", "regional"),
        "modality": ("text", "audio", "image"),
        "context": ("", "short", "long"),
    }
    for i, price in enumerate(config.prices):
        for key_name, known in words.items():
            value = getattr(price, key_name)
            if value not in known:
                raise fail("prices", i, key_name, f'"{value}" is not known', _nearest(value, known))
        try:
            amount = Decimal(price.price)
        except InvalidOperation:
            raise fail(
                "prices", i, "price", f'"{price.price}" is no amount', 'write a decimal such as "2.50"'
            ) from None
        if not amount.is_finite() or amount < 0:
            raise fail("prices", i, "price", f'"{price.price}" is no price', "a price is 0 or more")
        if price.per <= 0:
            raise fail("prices", i, "per", f"{price.per} units", "write 1_000_000 or 1_000")
        if price.effective_to and price.effective_to < price.effective_from:
            raise fail("prices", i, "effective_to", f"{price.effective_to} is before effective_from", "swap them")
    budgets = [("apps", i, app.budget) for i, app in enumerate(config.apps)]
    budgets += [("cost_centers", i, centre.budget) for i, centre in enumerate(config.cost_centers)]
    for section, i, budget in budgets:
        if budget and not re.fullmatch(r"\d+(\.\d+)?", budget):
            raise fail(section, i, "budget", f'"{budget}" is no amount', 'write a decimal such as "500.00"')
    names = [centre.name for centre in config.cost_centers]
    for i, name in enumerate(names):
        if name in names[:i]:
            raise fail("cost_centers", i, "name", f'"{name}" is listed twice', "remove one entry")
    if config.email.smtp.security not in ("starttls", "tls", "none"):
        raise ConfigError(
            f'{path}: email.smtp.security = "{config.email.smtp.security}" is not known',
            _nearest(config.email.smtp.security, ("starttls", "tls", "none")),
        )
    for key_name, endpoint in (("acs", config.email.acs.endpoint), ("graph", config.email.graph.endpoint)):
        # A token sent over plain HTTP is anybody's; only this machine may be talked to so.
        if endpoint and not re.match(r"https://|http://(127\.0\.0\.1|localhost)(:\d+)?(/|$)", endpoint):
            raise ConfigError(f'{path}: email.{key_name}.endpoint = "{endpoint}" is no address', "write https://…")
    if config.email.transport not in ("file", "smtp", "acs", "graph"):
        raise ConfigError(
            f'{path}: email.transport = "{config.email.transport}" is not known',
            _nearest(config.email.transport, ("file", "smtp", "acs", "graph")),
        )


def _check_workspaces(config: Config, fail: Callable[[str, int, str, str, str], ConfigError]) -> None:
    """A workspace is named by its id, which becomes part of an address, and by a name that no other has."""
    for i, workspace in enumerate(config.workspaces):
        if not re.fullmatch(r"[0-9A-Za-z-]{1,64}", workspace.workspace_id):
            raise fail("workspaces", i, "workspace_id", f'"{workspace.workspace_id}" is no workspace id',
                       "write the GUID that the portal calls Workspace ID")  # fmt: skip
        for key in ("name", "workspace_id"):
            value = getattr(workspace, key).lower()
            if any(getattr(other, key).lower() == value for other in config.workspaces[:i]):
                raise fail("workspaces", i, key, f'"{value}" is listed twice', "remove one entry")


def _check_money(config: Config, path: Path, fail: Callable[[str, int, str, str, str], ConfigError]) -> None:
    """PTUs, exchange rates and shared costs: amounts that are amounts, and apps that exist."""
    apps = {app.name for app in config.apps}
    for i, deployment in enumerate(config.deployments):
        payers = {"owner": [deployment.owner] if deployment.owner else [], "reserved": list(deployment.reserved)}
        for key_name, named in payers.items():
            for app in named:
                if app not in apps:
                    raise fail("deployments", i, key_name, f'no [[apps]] entry "{app}"', _nearest(app, sorted(apps)))
        if deployment.ptu < 0 or sum(deployment.reserved.values()) > max(deployment.ptu, 0):
            raise fail("deployments", i, "ptu", f"{sum(deployment.reserved.values())} PTUs are reserved of"
                       f" {deployment.ptu}", "ptu is how many are deployed")  # fmt: skip
        if deployment.ptu and not deployment.type.endswith("ProvisionedManaged"):
            raise fail(
                "deployments", i, "ptu", f'type "{deployment.type}" has no PTUs', "write its …ProvisionedManaged"
            )
        if deployment.ptu_from and deployment.ptu_to and deployment.ptu_to < deployment.ptu_from:
            raise fail("deployments", i, "ptu_to", f"{deployment.ptu_to} is before ptu_from", "swap them")
    if config.ptu.policy not in ("absorb", "used+idle", "entitlement"):
        raise ConfigError(f'{path}: ptu.policy = "{config.ptu.policy}" is not known',
                          _nearest(config.ptu.policy, ("absorb", "used+idle", "entitlement")))  # fmt: skip
    positive = re.compile(r"\d+(\.\d+)?")
    for i, rate in enumerate(config.fx):
        if not positive.fullmatch(rate.rate) or not Decimal(rate.rate):
            raise fail("fx", i, "rate", f'"{rate.rate}" is no rate', 'write a decimal such as "0.92"')
        if not rate.source.strip():
            raise fail("fx", i, "source", "nobody is named for the rate", 'write who says so: "ECB, 1 October 2026"')
        if any((r.base, r.quote, r.effective_from) == (rate.base, rate.quote, rate.effective_from)
               for r in config.fx[:i]):  # fmt: skip
            raise fail("fx", i, "effective_from", f"two rates from {rate.effective_from}", "remove one")
    for i, capacity in enumerate(config.ptu_models):
        if capacity.input_tpm <= 0 or not positive.fullmatch(capacity.output_ratio):
            raise fail("ptu_models", i, "output_ratio", f'{capacity.input_tpm} tokens a minute, ratio'
                       f' "{capacity.output_ratio}"', 'write input_tpm = 2500 and output_ratio = "4"')  # fmt: skip
    seen: set[str] = set()
    for i, cost in enumerate(config.shared_costs):
        if not cost.name.strip() or cost.name in seen:
            raise fail("shared_costs", i, "name", f'"{cost.name}" is empty or listed twice', "names are told apart")
        seen.add(cost.name)
        if not positive.fullmatch(cost.amount):
            raise fail("shared_costs", i, "amount", f'"{cost.amount}" is no amount', 'write a decimal such as "700.00"')
        if cost.rule not in ("even", "proportional", "fixed"):
            raise fail("shared_costs", i, "rule", f'"{cost.rule}" is not known',
                       _nearest(cost.rule, ("even", "proportional", "fixed")))  # fmt: skip
        if (cost.rule == "fixed") != bool(cost.shares):
            raise fail("shared_costs", i, "shares", "the rule fixed has shares, other rules have none",
                       "write shares = {app = 60, other = 40}")  # fmt: skip
        for app in cost.shares:
            if app not in apps:
                raise fail("shared_costs", i, "shares", f'no [[apps]] entry "{app}"', _nearest(app, sorted(apps)))
        if cost.shares and (sum(cost.shares.values()) != 100 or min(cost.shares.values()) < 0):
            raise fail(
                "shared_costs", i, "shares", f"they sum to {sum(cost.shares.values())} %", "make them sum to 100"
            )
    if not 0 < config.budgets.alert_percent <= 100:
        raise ConfigError(f"{path}: budgets.alert_percent = {config.budgets.alert_percent}", "write 1 to 100")


def _refuse_unknown(data: Any, kind: Any, path: Path, text: str, trail: tuple[str | int, ...]) -> None:
    """Unknown keys are errors: a misspelt key that is ignored would change a bill without a word."""
    if not (isinstance(data, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    for key, value in data.items():
        here = (*trail, key)
        if key not in fields:
            line = _line_of(text, here)
            raise ConfigError(f"{path}, line {line}: unknown key {_dotted(here)}", _nearest(key, tuple(fields)))
        inner = fields[key]
        if isinstance(value, list):
            item = getattr(inner, "__args__", (None,))[0]
            for i, element in enumerate(value):
                _refuse_unknown(element, item, path, text, (*here, i))
        else:
            _refuse_unknown(value, inner, path, text, here)


def _dotted(trail: Sequence[str | int]) -> str:
    return "".join(f"[{p + 1}]" if isinstance(p, int) else f".{p}" for p in trail).lstrip(".")


def _nearest(word: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f'did you mean "{close[0]}"?' if close else "known: " + ", ".join(k for k in known if k)


def _located(message: str, text: str) -> str:
    """msgspec says `… - at `$.apps[0].name``: say it as `apps[1].name` with its line."""
    found = re.search(r" - at `\$\.?(.*?)`$", message)
    if not found:
        return message
    trail: list[str | int] = []
    for name, index in re.findall(r"([A-Za-z_]\w*)|\[(\d+)\]", found[1]):
        trail.append(name or int(index))
    return f"line {_line_of(text, trail)}: {_dotted(trail)}: {message[: found.start()]}"


def _line_of(text: str, trail: Sequence[str | int]) -> int:
    """The line where the key at the end of `trail` stands: in the n-th [[table]] of its first name, else in [table]."""
    names = [p for p in trail if isinstance(p, str)]
    nth = next((p for p in trail if isinstance(p, int)), 0)
    key = names[-1]
    section, seen, fallback = "", -1, 0
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[\[?\s*([\w.\-]+)\s*\]\]?", line)
        if header:
            section = header[1]
            seen += section == names[0]
            if section == names[0] and seen == nth:
                fallback = number
        elif not re.search(rf"(^|[\s{{,])\"?{re.escape(key)}\"?\s*=", line):
            continue
        inside = (section == names[0] and seen == nth) if len(names) > 1 else not section
        if inside and not header:
            return number
        if header and len(names) == 1 and section == key:
            return number
    return fallback or 1
