# Sends the gateway's logs and metrics to the workspace, each log to its own table (resource-specific).
# GatewayLlmLogs is the category that states the tokens of every call, streams included.
APIM_ID="/subscriptions/SUB/resourceGroups/RG/providers/Microsoft.ApiManagement/service/NAME"
WORKSPACE_ID="/subscriptions/SUB/resourceGroups/RG/providers/Microsoft.OperationalInsights/workspaces/NAME"

az monitor diagnostic-settings create \
  --name aoai-insights \
  --resource "$APIM_ID" \
  --workspace "$WORKSPACE_ID" \
  --export-to-resource-specific true \
  --logs '[{"category":"GatewayLogs","enabled":true},{"category":"GatewayLlmLogs","enabled":true}]' \
  --metrics '[{"category":"AllMetrics","enabled":true}]'
