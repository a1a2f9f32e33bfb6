# Sets what API Management logs of one API: the token log, the headers that join the logs, and the part of an answer that
# holds its cached tokens. Save api-logging.json beside this file first: aoai-insights doctor --show api-logging.json
# An API's own setting replaces the one of all APIs. For a streaming API set the body to 0 bytes: logging it holds the
# stream back until it ends; the token log states its usage instead.
APIM_ID="/subscriptions/SUB/resourceGroups/RG/providers/Microsoft.ApiManagement/service/NAME"
API="azure-openai"

az rest --method put \
  --uri "https://management.azure.com$APIM_ID/apis/$API/diagnostics/azuremonitor?api-version=2024-10-01-preview" \
  --headers "Content-Type=application/json" \
  --body @api-logging.json
