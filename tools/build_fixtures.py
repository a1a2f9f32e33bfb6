"""Writes the fixture tenant: fixtures/logs and fixtures/expected.json. With --check it only compares."""

import argparse
import shutil
import sys
from pathlib import Path

from fixture_tenant.answers import expected_json
from fixture_tenant.layout import export, files

FIXTURES = Path(__file__).parent.parent / "fixtures"


def build() -> dict[str, bytes]:
    """Every generated file by its path under fixtures/; the same bytes on every machine."""
    made = {f"logs/{path}": body for path, body in files(export()).items()}
    made["expected.json"] = expected_json().encode()
    return made


def committed() -> dict[str, bytes]:
    """The same files as they stand."""
    paths = [p for p in (FIXTURES / "logs").rglob("*") if p.is_file()] + [FIXTURES / "expected.json"]
    return {p.relative_to(FIXTURES).as_posix(): p.read_bytes() for p in paths if p.exists()}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit with 1 and name the files that are not what would be written",
    )
    made = build()
    if parser.parse_args().check:
        stale = sorted(path for path, body in made.items() if committed().get(path) != body)
        stale += sorted(set(committed()) - set(made))
        print("\n".join(f"stale: {path}" for path in stale) or "fixtures are current")
        return 1 if stale else 0
    shutil.rmtree(FIXTURES / "logs", ignore_errors=True)
    for path, body in made.items():
        target = FIXTURES / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    print(f"{len(made)} files, {sum(map(len, made.values())):,} bytes in {FIXTURES}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
