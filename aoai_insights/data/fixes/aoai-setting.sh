# Sends what each Azure OpenAI resource logs itself: model version, region, Entra caller, failed attempts, traffic that
# bypasses the gateway; and its metrics as control totals. Neither holds prompts or answers.
AOAI_ID="/subscriptions/SUB/resourceGroups/RG/providers/Microsoft.CognitiveServices/accounts/NAME"
WORKSPACE_ID="/subscriptions/SUB/resourceGroups/RG/providers/Microsoft.OperationalInsights/workspaces/NAME"

az monitor diagnostic-settings create \
  --name aoai-insights \
  --resource "$AOAI_ID" \
  --workspace "$WORKSPACE_ID" \
  --logs '[{"category":"RequestResponse","enabled":true},{"category":"AzureOpenAIRequestUsage","enabled":true}]' \
  --metrics '[{"category":"AllMetrics","enabled":true}]'
