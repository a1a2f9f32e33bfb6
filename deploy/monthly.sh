#!/bin/sh
# The monthly job: read what came in, then send what is due. Running it again does nothing twice.
#
#   MONTH      which month, as 2026-10 (default: last)
#   EXPORTS    a folder of exported logs; without it the [[workspaces]] of the config are asked
#   The working directory holds aoai-insights.toml and the store.
set -u
month=${MONTH:-last}
if [ -n "${EXPORTS:-}" ]; then
  aoai-insights ingest --from "$EXPORTS"
else
  aoai-insights ingest --month "$month"
fi
read_code=$?
# 4: some records were bad or some are missing. `send` sees the same gaps and tells the operators instead of billing.
[ "$read_code" -eq 0 ] || [ "$read_code" -eq 4 ] || exit "$read_code"
exec aoai-insights send --month "$month" --once
