"""A report as one HTML file: no script, nothing fetched, light and dark, phone to paper."""

from functools import cache

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from aoai_insights.reports.charts import RAMP_DARK, RAMP_LIGHT
from aoai_insights.reports.content import HeatMap, Report
from aoai_insights.resources import resource_root


def render_html(report: Report) -> str:
    """One self-contained page. Every name in it is text, never markup."""
    return _page().render(report=report)


@cache
def _page() -> Template:
    folder = resource_root("report_templates")
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    # The stylesheet is our own file. Escaped, its quotes would become &#39; and void every rule after the first.
    css = (folder / "report.css").read_text(encoding="utf-8").replace("/* ramp */", _ramp())
    environment.globals.update(css=Markup(css))
    environment.filters["percent"] = lambda length: f"{length * 100:.2f}%"
    environment.tests["heat_map"] = lambda figure: isinstance(figure, HeatMap)
    return environment.get_template("report.html.j2")


def _ramp() -> str:
    light = "".join(_step(step, *pair) for step, pair in enumerate(RAMP_LIGHT))
    dark = "".join(_step(step, *pair) for step, pair in enumerate(RAMP_DARK))
    return f"{light}\n@media screen and (prefers-color-scheme: dark) {{\n{dark}}}"


def _step(step: int, ground: str, ink: str) -> str:
    return f".h{step} {{ background: {ground}; color: {ink}; }}\n"
