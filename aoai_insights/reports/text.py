"""Numbers, money, dates and foreign names as people read them: the one place that decides how."""
