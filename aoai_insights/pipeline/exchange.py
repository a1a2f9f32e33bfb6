"""Exchange rates of the config: as price look-ups need them, and in words."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from msgspec.structs import replace

from aoai_insights.chargeback import Rated
from aoai_insights.config import Config
from aoai_insights.pricing import Charge, FxRate


def fx_rates(config: Config) -> list[FxRate]:
    """The [[fx]] of the config."""
    return [FxRate(r.base, r.quote, Decimal(r.rate), r.effective_from, r.source) for r in config.fx]


def with_rates_back_to(config: Config, first: date) -> Config:
    """The config with its oldest exchange rates valid from `first` on: for patterns of the past, never for a bill."""
    oldest = {}
    for rate in sorted(config.fx, key=lambda r: r.effective_from, reverse=True):
        oldest[rate.base, rate.quote] = rate
    back = [replace(rate, effective_from=min(rate.effective_from, first)) if rate in oldest.values() else rate
            for rate in config.fx]  # fmt: skip
    return replace(config, fx=back)


def fx_sentences(rated: Iterable[Rated]) -> list[str]:
    """The exchange rates in the amounts, with who says so."""
    used = {
        part.fx
        for item in rated
        if isinstance(item.charge, Charge)
        for part in item.charge.parts
        if part.fx is not None
    }
    return fx_words(used)


def fx_words(used: Iterable[FxRate]) -> list[str]:
    """One sentence a rate, in the order of their days."""
    ordered = sorted(used, key=lambda rate: (rate.base, rate.quote, rate.effective_from))
    return [
        f"Prices in {rate.base} are converted at {rate.rate} {rate.quote} from {rate.effective_from} on ({rate.source})"
        for rate in ordered
    ]
