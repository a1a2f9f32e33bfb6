"""Figures to a report: `view` words and formats them, `render` places the words on a page."""
