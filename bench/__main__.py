"""All benchmarks: `python -m bench [--rows 100000] [--requests 1000000,10000000] [-o bench.json]`; see bench/README.md.

Seeded, so two runs do the same work. Compare figures of one run only: clocks of shared machines are no measure.
"""

import argparse
import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import ingest_speed, store_speed


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="log rows with bodies to ingest; 0 leaves this out")
    parser.add_argument("--requests", default="1000000,10000000", help="sizes of stores; empty leaves this out")
    parser.add_argument("-o", "--output", type=Path, default=Path("bench.json"), help="where the figures go as JSON")
    given = parser.parse_args()
    figures: dict[str, Any] = {
        "machine": {"python": platform.python_version(), "cores": os.cpu_count(), "processor": platform.machine()},
        "ingest": ingest_speed.run(given.rows) if given.rows else [],
    }
    _show("Logs with bodies into figures", figures["ingest"])
    figures["store"] = [store_speed.run(int(size)) for size in given.requests.split(",") if size]
    for line in figures["store"][1:]:
        first = figures["store"][0]["chargeback_cpu_seconds"]
        line["times_the_first_store"] = round(line["chargeback_cpu_seconds"] / first, 1)
    _show("Questions to a store", figures["store"])
    given.output.write_text(json.dumps(figures, indent=1) + "\n")
    print(f"wrote {given.output}")


def _show(title: str, lines: Sequence[dict[str, Any]]) -> None:
    """The lines side by side, one figure a row."""
    if not lines:
        return
    names = list(dict.fromkeys(name for line in lines for name in line))
    width = max(len(str(value)) for line in lines for value in line.values()) + 2
    print(f"\n{title}")
    for name in names:
        values = ((f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value))
                  for value in (line.get(name, "") for line in lines))  # fmt: skip
        print(f"  {name.replace('_', ' '):34}" + "".join(value.rjust(width + 2) for value in values))


main()
