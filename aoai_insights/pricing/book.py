"""Which row prices a key on a day. Rows are looked up, never derived from another scope, version or day."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from aoai_insights.errors import UsageError
from aoai_insights.pricing.unit_price import (
    ANY,
    EXACT,
    SOURCES,
    Ambiguous,
    FxRate,
    Missing,
    NoMeter,
    UnitPrice,
    is_sovereign,
    model_and_version,
    model_key,
)

STEP = Decimal("1E-15")
"""Far below what a second of audio costs, 0.0001."""

AGREED, LISTED = SOURCES[:2], SOURCES[2:]
"""What was agreed holds in whatever currency; a list in another currency only where no list is in ours."""


@dataclass(frozen=True, slots=True)
class Found:
    """A row, the price of one unit of it in the currency asked for, and what had to be assumed to choose it."""

    price: UnitPrice
    per_unit: Decimal
    flags: tuple[str, ...] = ()
    fx: FxRate | None = None
    """The rate that turned the row's currency into the one asked for; None where they are the same."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a price is looked up by."""

    kind: str
    model: str
    version: str
    direction: str
    modality: str
    cache: str
    tier: str
    scope: str
    region: str
    day: date
    currency: str
    long_context: bool
    grade: str = ""

    def __str__(self) -> str:
        named = f"{self.model} {self.version or '(version unknown)'}".removesuffix(" *")
        if self.kind == "ptu":
            named = "PTU-hours"
        elif self.kind.startswith("ft_"):
            named = f"fine-tuned {named}"
        cache = {"none": "", "read": "cached ", "write": "cache-write "}[self.cache]
        what = f"{self.modality} {cache}{self.direction} tokens".strip() if self.direction else "hours"
        what = {
            "ft_hosting": "hosting hours", "image": f"{self.grade} images".strip(), "speech": "characters to speech",
            "transcription": "seconds of audio",
        }.get(self.kind, what)  # fmt: skip
        length = "long context, " if self.long_context else ""
        where = f"{self.scope}, {self.region or 'region unknown'}"
        return f"{named} ({where}): {what}, {length}tier {self.tier}, on {self.day} in {self.currency}"


class PriceBook:
    """Price rows, indexed by what they apply to; look-ups are memoised. Built once, never changed.

    The order of choice (research: pricing, section 7): the strongest source that knows the key on the day; in it the
    exact version over "*", a row that lists the region over one for the whole scope, then the latest effective_from.
    A row of another currency is asked after those in the currency asked for; its price is converted at the rate of the
    day. `fx` None: nothing is converted; given, even empty: a rate that is missing is a UsageError.
    """

    def __init__(self, rows: Iterable[UnitPrice], fx: Iterable[FxRate] | None = None) -> None:
        self.rows = tuple(rows)
        self.fx = None if fx is None else tuple(fx)
        index: dict[tuple[str, ...], list[UnitPrice]] = defaultdict(list)
        self._models: set[str] = set()
        self._long: set[str] = set()
        self._written: set[str] = set()
        self._cached: set[tuple[str, str]] = set()
        self._graded: set[str] = set()
        modalities: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for row in self.rows:
            model = model_key(row.model)
            self._models.add(model)
            index[_place(row.kind, model, row)].append(row)
            modalities[row.kind, model, row.direction].add(row.modality)
            if row.context == "long":
                self._long.add(model)
            if row.grade:
                self._graded.add(model)
            if row.cache == "read":
                self._cached.add((row.kind, model))
            if row.cache == "write":
                self._written.add(model)
        self._index = dict(index)
        self._modalities = {of: frozenset(found) for of, found in modalities.items()}
        self._memo: dict[tuple[object, ...], Found | Missing] = {}
        self._memos: dict[tuple[object, ...], dict[tuple[str, str, str], Found | Missing]] = defaultdict(dict)

    def price(
        self,
        *,
        model: str,
        version: str,
        scope: str,
        region: str,
        day: date,
        currency: str,
        direction: str,
        cache: str = "none",
        modality: str = "text",
        tier: str = "standard",
        long_context: bool = False,
        kind: str = "inference",
        grade: str = "",
    ) -> UnitPrice | Missing:
        """The row that prices this key, in its own currency.

        Two rows of the config or of price sheets that differ and claim it alike are a UsageError naming both; two of
        the price list are `Ambiguous`.
        """
        found = self.find(
            kind, model, version, direction, modality, cache, tier, scope, region, day, currency, long_context, grade
        )
        return found if isinstance(found, Missing) else found.price

    def ptu_hour(self, scope: str, region: str, day: date, currency: str) -> UnitPrice | Missing:
        """The list price of one PTU for one hour."""
        found = self.find_ptu_hour(scope, region, day, currency)
        return found if isinstance(found, Missing) else found.price

    def find_ptu_hour(self, scope: str, region: str, day: date, currency: str) -> Found | Missing:
        """`ptu_hour`, with the flags that go with the choice and the price in `currency`."""
        return self.find("ptu", ANY, ANY, "", "", "none", "standard", scope, region, day, currency, False)

    def find_hosting_hour(
        self, model: str, version: str, scope: str, region: str, day: date, currency: str
    ) -> Found | Missing:
        """An hour of a deployment of a fine-tuned model; `model` and `version` are those of its base."""
        return self.find("ft_hosting", model, version, "", "", "none", "standard", scope, region, day, currency, False)

    def modalities(self, kind: str, model: str, direction: str) -> frozenset[str]:
        """What the model's meters of that direction tell apart: text, audio, image; empty where there are none."""
        return self._modalities.get((kind, self._known(model, "")[0], direction), frozenset())

    def discounts(self, kind: str, model: str) -> bool:
        """Whether any meter of the model is for cached tokens."""
        return (kind, self._known(model, "")[0]) in self._cached

    def sells(self, kind: str, model: str) -> bool:
        """Whether the model has a meter of that kind."""
        return any((kind, self._known(model, "")[0], way) in self._modalities for way in ("input", "output"))

    def grades_images(self, model: str) -> bool:
        """Whether size and quality decide the price of the model's images."""
        return self._known(model, "")[0] in self._graded

    def charges_cache_writes(self, model: str) -> bool:
        """Whether any meter of the model charges tokens written to the cache."""
        return self._known(model, "")[0] in self._written

    def memo(self, line: tuple[object, ...]) -> dict[tuple[str, str, str], Found | Missing]:
        """What was found for the token classes of lines like this one: most lines of a month are alike."""
        return self._memos[line]

    def find(
        self,
        kind: str,
        model: str,
        version: str,
        direction: str,
        modality: str,
        cache: str,
        tier: str,
        scope: str,
        region: str,
        day: date,
        currency: str,
        long_context: bool,
        grade: str = "",
    ) -> Found | Missing:
        """`price`, with the flags that go with the choice."""
        asked = (
            kind, model, version, direction, modality, cache, tier, scope, region, day, currency, long_context, grade,
        )  # fmt: skip
        found = self._memo.get(asked)
        if found is None:
            name, exact = self._known(model, version)
            found = self._memo[asked] = self._look_up(
                Key(
                    kind, name, exact.lower(), direction, modality, cache, tier, scope, region, day, currency,
                    long_context and name in self._long, grade,
                )
            )  # fmt: skip
        return found

    def _known(self, model: str, version: str) -> tuple[str, str]:
        """The name and version the book knows the model by: a response says `gpt-4o-2024-11-20`."""
        name = model_key(model)
        if name not in self._models:
            base, stamp = model_and_version(name)
            if stamp and base in self._models and version in ("", stamp):
                return base, stamp
        return name, version

    def _look_up(self, key: Key) -> Found | Missing:
        rows = self._index.get(_place(key.kind, key.model, key), ())
        contexts = ("long",) if key.long_context else (None, "short")
        rows = [r for r in rows if r.context in contexts]
        others = {r.currency for r in rows} - {key.currency}
        own = [r for r in rows if r.currency == key.currency]
        foreign = [r for r in rows if r.currency != key.currency] if self.fx is not None else []
        for pool, sources in ((own, AGREED[:1]), (foreign, AGREED[:1]), (own, AGREED[1:]), (foreign, AGREED[1:]),
                              (own, LISTED), (foreign, LISTED)):  # fmt: skip
            for source in sources:
                chosen = _choose([r for r in pool if r.source == source and r.valid_on(key.day)], key)
                if chosen:
                    return self._converted(chosen, key)
        for pool in (own, foreign):
            matching = [r for r in pool if _matches_version(r, key) and _matches_region(r, key)]
            if matching:
                return self._converted(_outside_known_days(matching, key), key)
        known = f"; prices are known in {', '.join(sorted(others))} only" if others else ""
        known = known if key.model in self._models else "; the price book does not know the model"
        return NoMeter(f"no price for {key}{known}")

    def _converted(self, found: Found | Missing, key: Key) -> Found | Missing:
        """The price in the currency asked for, at the rate valid on the day of the usage."""
        if isinstance(found, Missing) or found.price.currency == key.currency:
            return found
        base = found.price.currency
        known = [r for r in self.fx or () if (r.base, r.quote) == (base, key.currency) and r.effective_from <= key.day]
        if not known:
            raise UsageError(
                f"no exchange rate from {base} to {key.currency} on {key.day}, which the price of {key} needs",
                f'add [[fx]] with from = "{base}", to = "{key.currency}", rate, effective_from and source',
            )
        rate = max(known, key=lambda r: r.effective_from)
        return Found(found.price, EXACT.multiply(found.per_unit, rate.rate), found.flags, rate)


def _choose(valid: Sequence[UnitPrice], key: Key) -> Found | Missing | None:
    """The row among rows of one source that are valid on the day; None where none applies."""
    here = [r for r in valid if _is_region(r, key)]
    region_assumed = not here and not key.region
    if region_assumed:
        here = [r for r in valid if _matches_region(r, key)]
    fitting = [r for r in here if _is_version(r, key)]
    version_assumed = not fitting and not key.version
    if version_assumed:
        fitting = here
    if not fitting:
        return None
    if region_assumed or version_assumed:
        return _agreed(fitting, key, version_assumed, region_assumed)
    rank = max(_rank(r, key) for r in fitting)
    best = sorted((r for r in fitting if _rank(r, key) == rank), key=lambda r: r.id)
    for other in best[1:]:
        if _per_unit(other) != _per_unit(best[0]):
            conflict = f"two prices for {key}: {best[0].said_by()} and {other.said_by()}"
            remedy = "say which one holds with a [[prices]] entry of that model, version and scope"
            if best[0].source in LISTED:
                return Ambiguous(f"{conflict}; {remedy}")
            raise UsageError(conflict, remedy)
    return Found(best[0], _per_unit(best[0]))


def _agreed(fitting: Sequence[UnitPrice], key: Key, version_assumed: bool, region_assumed: bool) -> Found | Missing:
    """The version or region is unknown: a price only where all that it may be cost the same."""
    latest: dict[tuple[str, frozenset[str]], UnitPrice] = {}
    for row in sorted(fitting, key=lambda r: (r.effective_from, r.id)):
        latest[row.version, row.regions] = row
    if key.version and any(version != ANY for version, _ in latest):
        latest = {of: row for of, row in latest.items() if of[0] != ANY}
    rows = sorted(latest.values(), key=lambda r: (r.version, sorted(r.regions)))
    if len({_per_unit(r) for r in rows}) > 1:
        by_price = {_per_unit(r): r for r in reversed(rows)}
        said = " and ".join(_who(r, version_assumed) for r in list(by_price.values())[:3])
        what = "versions" if version_assumed else "regions"
        return Missing(f"no single price for {key}: the {what} it may be differ ({said})")
    flags: tuple[str, ...] = ("version_unknown_same_price",) if version_assumed else ()
    flags += ("region_unknown_same_price",) if region_assumed else ()
    return Found(rows[0], _per_unit(rows[0]), flags)


def _outside_known_days(matching: Sequence[UnitPrice], key: Key) -> Found | Missing:
    """Usage before the first known row is priced with that row, flagged: a row may only mark a region's arrival."""
    held = [r for r in matching if r.effective_to is None or r.effective_to >= r.effective_from]
    ended = max((r.effective_to for r in held if r.effective_to and r.effective_to < key.day), default=None)
    if ended or not held:
        return Missing(f"no price for {key}: the last one known before that day ended on {ended}")
    first = min(r.effective_from for r in held)
    chosen = _choose([r for r in held if r.effective_from == first], key)
    if not isinstance(chosen, Found):
        return chosen or Missing(f"no price for {key}")
    return Found(chosen.price, chosen.per_unit, (*chosen.flags, "before_first_known_price"))


def _place(kind: str, model: str, of: UnitPrice | Key) -> tuple[str, ...]:
    """Where rows of a key stand in the index."""
    return kind, model, of.direction, of.modality, of.cache, of.tier, of.scope, of.grade


def _per_unit(row: UnitPrice) -> Decimal:
    """The price of one unit; of a block that does not divide evenly (seconds of an hour) to STEP: parts add up."""
    one = EXACT.divide(row.price, Decimal(row.per))
    return one if len(one.as_tuple().digits) < EXACT.prec else one.quantize(STEP, context=EXACT)


def _rank(row: UnitPrice, key: Key) -> tuple[bool, bool, date]:
    return row.version.lower() == key.version, bool(row.regions), row.effective_from


def _is_version(row: UnitPrice, key: Key) -> bool:
    return row.version in (ANY, key.version) or row.version.lower() == key.version


def _matches_version(row: UnitPrice, key: Key) -> bool:
    return not key.version or _is_version(row, key)


def _is_region(row: UnitPrice, key: Key) -> bool:
    if row.regions:
        return key.region in row.regions
    return not is_sovereign(key.region) or row.source == "config"


def _matches_region(row: UnitPrice, key: Key) -> bool:
    if not key.region:
        return any(not is_sovereign(region) for region in row.regions) or not row.regions
    return _is_region(row, key)


def _who(row: UnitPrice, by_version: bool) -> str:
    name = row.version if by_version else ", ".join(sorted(row.regions)[:2])
    return f"{name} at {row.price} per {row.per}"
