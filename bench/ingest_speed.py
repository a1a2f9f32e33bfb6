"""Logs with bodies into figures: this program beside the notebook that it replaces, on the same files."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

from aoai_insights.tokens import fast
from bench import made_logs

WORKERS = 2


def run(rows: int) -> list[dict[str, Any]]:
    """One line for each program and kind of bodies: rows a second, CPU, memory of the largest process, totals."""
    lines = []
    tokenizers = ["tiktoken", *([f"gigatoken {fast.PROVEN}"] if fast.fast_version() else [])]
    if len(tokenizers) == 1:
        print("no fast tokenizer here: pip install 'aoai-insights[fast]'", file=sys.stderr)
    for cut in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            logs = Path(folder) / "logs"
            logs.mkdir()
            size = made_logs.write(logs, rows, cut=cut)
            bodies = "cut at 8,192 bytes" if cut else "whole"
            made = {"bodies": bodies, "rows": rows, "megabytes": round(size / 1e6)}
            peers = [made | {"program": name} | _measured(command) for name, command in _peers(logs)]
            lines += peers
            for build, tokenizer in product(_builds(), tokenizers):
                store = Path(folder) / f"{build}-{tokenizer[:4]}.duckdb"
                ours = made | {"build": build, "tokenizer": tokenizer} | _ours(logs, store, tokenizer, build)
                for peer in peers:
                    ours[f"times_the_{peer['program']}"] = round(peer["seconds"] / ours["seconds"], 1)
                    ours[f"times_its_cpu_{peer['program']}"] = round(peer["cpu_seconds"] / ours["cpu_seconds"], 1)
                    if not cut and peer["program"] == "notebook":  # the notebook counts nothing of a cut body
                        ours["same_totals"] = all(ours[key] == peer[key] for key in _TOTALS)
                lines.append(ours)
    for line in lines:
        line["rows_per_second"] = round(line["rows"] / line["seconds"])
    return lines


_TOTALS = ("requests", "prompt_tokens", "completion_tokens")


def _peers(logs: Path) -> Iterator[tuple[str, list[str]]]:
    """Programs to compare with, as far as what they need is installed in an environment of theirs, or in this one."""
    theirs = Path(sys.prefix) / "peers" / "bin" / "python"
    python = str(theirs) if theirs.exists() else sys.executable
    for package, name, module in (("pandas", "notebook", "notebook"), ("litellm", "litellm", "litellm_peer")):
        if subprocess.run([python, "-c", f"import {package}"], capture_output=True, check=False).returncode:
            print(f"no {package} here, hence no {name} to compare with: make bench installs it", file=sys.stderr)
        else:
            yield name, [python, "-m", f"bench.{module}", str(logs)]


TOP = Path(__file__).resolve().parent.parent
COMPILED = Path(sys.prefix) / "compiled" / "lib"
"""A released wheel, unpacked; `make bench` makes it."""


def _builds() -> list[str]:
    """The wheel with its innermost modules compiled, where there is one, and the sources as they are interpreted."""
    if not COMPILED.exists():
        print("no compiled wheel here: make bench builds one where there is a C compiler", file=sys.stderr)
        return ["source"]
    return ["wheel", "source"]


def _ours(logs: Path, store: Path, tokenizer: str, build: str) -> dict[str, Any]:
    """Ingest and chargeback, each a process as users start it."""
    os.environ[fast.SWITCH] = tokenizer
    where = str(COMPILED if build == "wheel" else TOP)
    found = f"import sys; sys.path.insert(0, {where!r})"
    program = [sys.executable, "-c", f"{found}; from aoai_insights.cli import main; main()"]
    read = _measured([*program, "ingest", "--from", str(logs), "--store", str(store), "--workers", str(WORKERS)])
    asked = _measured(
        [*program, "chargeback", "--month", "2026-10", "--by", "app,model", "-f", "json", "--store", str(store)]
    )
    return {
        "program": f"aoai-insights, {WORKERS} workers",
        "seconds": round(read["seconds"] + asked["seconds"], 2),
        "cpu_seconds": round(read["cpu_seconds"] + asked["cpu_seconds"], 2),
        "largest_process_mb": max(read["largest_process_mb"], asked["largest_process_mb"]),
        **{key: asked["total"][key] for key in _TOTALS},
    }


def _measured(command: list[str]) -> dict[str, Any]:
    """What the command prints as JSON, with its seconds, and CPU and memory of it and its children."""
    wrapped = [sys.executable, "-c", _WRAPPER, json.dumps(command)]
    started = time.perf_counter()
    done = subprocess.run(wrapped, capture_output=True, text=True, check=False, cwd=TOP)
    seconds = time.perf_counter() - started
    if done.returncode not in (0, 4):
        raise RuntimeError(f"{command}: {done.stderr[-2000:]}")
    printed, _, usage = done.stdout.rpartition("\n--- ")
    cpu, memory = usage.split()
    figures = json.loads(printed) if printed.lstrip().startswith("{") else {}
    used = {"seconds": round(seconds, 2), "cpu_seconds": round(float(cpu), 2), "largest_process_mb": int(memory)}
    return used | figures


_WRAPPER = """
import json, resource, subprocess, sys
code = subprocess.run(json.loads(sys.argv[1])).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"\\n--- {used.ru_utime + used.ru_stime} {used.ru_maxrss // 1024}")
sys.exit(code)
"""


if __name__ == "__main__":
    print(json.dumps(run(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000), indent=1), os.cpu_count())
