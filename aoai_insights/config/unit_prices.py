"""The [[prices]] of the config in the words of the price book."""

from decimal import Decimal

from aoai_insights.config.whole import Config
from aoai_insights.pricing import UnitPrice


def config_prices(config: Config) -> list[UnitPrice]:
    """The [[prices]] of the config as price book rows; they outrank every other source."""
    return [
        UnitPrice(
            id=f"config-{number}",
            model=price.model or "*",
            version=price.version,
            kind=price.kind,
            direction=price.sold[1],
            modality=price.sold[2],
            cache=price.cache,
            tier=price.tier,
            scope=price.scope,
            context=price.context or None,
            regions=frozenset(price.regions),
            unit=price.sold[0],
            per=price.units,
            price=Decimal(price.price),
            currency=price.currency or config.currency,
            effective_from=price.effective_from,
            effective_to=price.effective_to,
            meter_id="",
            meter=f"[[prices]] {number}",
            product="",
            source="config",
            source_detail=f"entry {number} of [[prices]]",
            retrieved_at=None,
            confidence="user",
            grade=price.grade,
        )
        for number, price in enumerate(config.prices, 1)
    ]
