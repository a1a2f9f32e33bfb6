"""Where the files that are not code stand: in the installed package, or beside it in a checkout."""

from pathlib import Path


def resource_root(name: str) -> Path:
    """The folder `name` (kql, report_templates, fixtures): inside the package first, then at the top of the checkout.

    Raises FileNotFoundError naming both places where a broken installation has neither.
    """
    package = Path(__file__).resolve().parent
    for candidate in (package / name, package.parent / name):
        if candidate.is_dir():
            return candidate
    raise FileNotFoundError(f"{name}: neither in {package} nor in {package.parent}; reinstall aoai-insights")
