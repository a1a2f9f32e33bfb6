-- The period's gateway rows of other APIs: all that neither their address nor the config's list tells to be Azure OpenAI's,
-- then without those that the LLM log knows.
CREATE OR REPLACE TEMP TABLE unlikely AS
SELECT service, correlation_id, started_at
FROM gateway
WHERE started_at >= $start AND started_at < $end
    AND NOT coalesce(aoai_url, false)
    AND NOT coalesce(lower(api_id) IN (SELECT lower(api_id) FROM listed_apis), false);

CREATE OR REPLACE TEMP TABLE others AS
FROM unlikely ANTI JOIN llm USING (service, correlation_id);
