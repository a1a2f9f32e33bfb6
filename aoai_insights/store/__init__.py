"""The store: one DuckDB file with the three record kinds, the views that join them, and the ledger of what was read."""
