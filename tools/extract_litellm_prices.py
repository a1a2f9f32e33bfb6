"""Writes the small table that the price book is cross-checked against: LiteLLM's prices of `azure/...` keys.

    extract_litellm_prices.py model_prices_and_context_window_backup.json > tests/pricing/litellm_prices.csv

One line a cell: what LiteLLM names, as the dimensions of the book, in USD per 1,000,000 tokens.
"""

import csv
import json
import re
import sys
from decimal import Decimal
from pathlib import Path

from aoai_insights.pricing.unit_price import model_and_version, model_key, plain

FIELD = re.compile(
    r"(?P<what>input_cost_per_token|output_cost_per_token|cache_read_input_token_cost|cache_creation_input_token_cost"
    r"|input_cost_per_audio_token|output_cost_per_audio_token|cache_read_input_audio_token_cost"
    r"|cache_creation_input_audio_token_cost|input_cost_per_image_token|output_cost_per_image_token"
    r"|cache_read_input_image_token_cost)(?P<long>_above_272k_tokens)?(?:_(?P<tier>batches|priority|flex))?"
)
KEY = re.compile(
    r"azure/((?:global|global-standard|us|eu|apac|us-gov)/)?((?:gpt|o\d|codex|text-embedding|chat|computer)[^/]*)"
)
SCOPES = {"": "global", "global/": "global", "global-standard/": "global", "us/": "datazone", "eu/": "datazone",
          "apac/": "datazone", "us-gov/": "datazone"}  # fmt: skip
REGIONS = {"us/": "eastus2", "eu/": "swedencentral", "apac/": "japaneast", "us-gov/": "usgovvirginia"}
COLUMNS = ("key", "field", "model", "version", "scope", "region", "direction", "modality", "cache", "tier", "context",
           "price")  # fmt: skip
TIERS = {None: "standard", "batches": "batch", "priority": "priority", "flex": "flex"}


def main() -> None:
    table = json.loads(Path(sys.argv[1]).read_text(), parse_float=Decimal)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)
    for key in sorted(k for k in table if k.startswith("azure/")):
        parts = KEY.fullmatch(key)
        if not parts:
            continue
        zone, name = parts[1] or "", parts[2]
        model, version = model_and_version(model_key(name))
        for field in sorted(table[key]):
            found = FIELD.fullmatch(field)
            if not found or not table[key][field]:
                continue
            what = found["what"]
            cache = "read" if "cache_read" in what else "write" if "cache_creation" in what else "none"
            modality = "audio" if "audio" in what else "image" if "image" in what else "text"
            out.writerow([
                key, field, model, version, SCOPES[zone], REGIONS.get(zone, ""),
                "output" if what.startswith("output") else "input", modality, cache, TIERS[found["tier"]],
                "long" if found["long"] else "short", format(plain(Decimal(table[key][field]) * 1_000_000), "f"),
            ])  # fmt: skip


if __name__ == "__main__":
    main()
