# Lets the identity that runs aoai-insights read the workspace. Fill in the three names first.
IDENTITY="00000000-0000-0000-0000-000000000000"   # object id of the user, service principal or managed identity
RESOURCE_GROUP="rg-logs"
WORKSPACE="law-prod"

az role assignment create \
  --assignee-object-id "$IDENTITY" \
  --role "Log Analytics Reader" \
  --scope "$(az monitor log-analytics workspace show --resource-group "$RESOURCE_GROUP" --workspace-name "$WORKSPACE" --query id --output tsv)"
