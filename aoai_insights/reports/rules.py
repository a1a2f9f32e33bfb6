"""Which rule divided what: PTU-hours, shared costs and exchange rates, in the sentences that the statement rests on."""

from aoai_insights.reports import text
from aoai_insights.reports.content import Section
from aoai_insights.reports.figures import ReportFigures


def rule_sections(figures: ReportFigures) -> tuple[Section, ...]:
    """One section with the PTU policy and the rule of every shared cost; none where no cost was divided."""
    rules = figures.by_app.rules
    if not rules:
        return ()
    lead = "Who pays the cost that no request carries by itself, and what was converted, as your configuration says."
    return (Section("rules", "Rules behind the amounts", lead, (), tuple(text.sentence(rule) for rule in rules)),)


def assumed(figures: ReportFigures) -> tuple[str, ...]:
    """What the figures had to suppose: a rule that somebody chose is no supposition."""
    return tuple(words for words in figures.quality.assumptions if words not in figures.by_app.rules)
