"""The invented tenant Contoso in October 2026: its calls, the log records they leave, and the right answers."""
