"""Price rows for tests: only what a test is about is named."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from aoai_insights.pricing import UnitPrice, UsageLine

PLAIN = UnitPrice(
    id="plain", model="gpt-4o", version="*", kind="inference", direction="input", modality="text", cache="none",
    tier="standard", scope="global", context=None, regions=frozenset(), unit="token", per=1_000_000,
    price=Decimal("2.5"), currency="USD", effective_from=date(2026, 1, 1), effective_to=None, meter_id="", meter="",
    product="Azure OpenAI", source="book", source_detail="", retrieved_at=date(2026, 8, 11), confidence="retail",
)  # fmt: skip

USAGE = UsageLine(
    day=date(2026, 10, 5), model="gpt-4o", model_version="2024-11-20", deployment_type="GlobalStandard",
    region="swedencentral", tier="standard", long_context=False, prompt_tokens=0, cached_tokens=0,
    cache_write_tokens=0, completion_tokens=0, audio_prompt_tokens=0, audio_completion_tokens=0,
)  # fmt: skip


def row(price: str = "2.5", *, regions: str = "", start: str = "2026-01-01", end: str = "", **other: Any) -> UnitPrice:
    """A row; dates as ISO text, regions separated by spaces. Its id and meter name what is particular about it."""
    name = " ".join([price, regions, start, end, *map(str, other.values())])
    return replace(
        PLAIN,
        **{
            "id": name,
            "meter": name,
            **other,
            "price": Decimal(price),
            "regions": frozenset(regions.split()),
            "effective_from": date.fromisoformat(start),
            "effective_to": date.fromisoformat(end) if end else None,
        },
    )


def usage(**other: Any) -> UsageLine:
    return replace(USAGE, **other)


def item(name: str = "gpt 4.1 Inp glbl Tokens", price: str = "0.002", **other: Any) -> dict[str, Any]:
    """An item as the Retail Prices API answers it."""
    return {
        "currencyCode": "USD", "tierMinimumUnits": 0.0, "retailPrice": Decimal(price), "unitPrice": Decimal(price),
        "armRegionName": "swedencentral", "location": "SE Central", "effectiveStartDate": "2025-04-01T00:00:00Z",
        "meterId": f"id of {name}", "meterName": name, "productName": "Azure OpenAI", "skuName": name,
        "serviceName": "Foundry Models", "unitOfMeasure": "1M" if "1M" in name else "1K", "type": "Consumption",
        "isPrimaryMeterRegion": True, **other,
    }  # fmt: skip
