-- The rows of latency_calls.sql with their names and the hours of one time zone, which local_time() knows.
CREATE OR REPLACE TEMP VIEW calls AS
SELECT
    s.region, s.deployment, s.model, s.model_version, c.app, s.resource, w.backend_id, w.backend, w.api,
    CASE WHEN r.streamed THEN 'streamed' ELSE 'whole' END AS streamed,
    extract('hour' FROM local_time(started_at))::UTINYINT AS hour_number,
    extract('isodow' FROM local_time(started_at))::UTINYINT AS weekday_number,
    succeeded, throttled, cache_hit, content_filtered, outcome, cause, reached, total_ms,
    CASE WHEN NOT cache_hit THEN r.backend_ms END AS backend_ms,
    CASE WHEN NOT cache_hit THEN total_ms - r.backend_ms END AS overhead_ms,
    CASE WHEN completion_tokens > 0 THEN r.backend_ms / completion_tokens END AS ms_per_output_token,
    r.ttft_ms,
    CASE WHEN r.streamed AND r.ttft_ms IS NULL THEN traced_ttft_ms END AS ttft_traced_ms,
    CASE WHEN r.streamed AND r.ttft_ms IS NULL AND traced_ttft_ms IS NULL AND aoai_ms >= 0 THEN aoai_ms END AS ttft_proxy_ms,
    prompt_tokens, completion_tokens, tokenless, retry_after_s, max_tokens, r.spilled_over, started_at,
    coalesce(s.deployment_type, '') AS deployment_type, coalesce(s.deployment_type, '') ILIKE '%Provisioned%' AS ptu
FROM call_rows r
LEFT JOIN served s ON s.server = r.server
LEFT JOIN claims c ON c.payer = r.payer
LEFT JOIN places w ON w.place = r.place
