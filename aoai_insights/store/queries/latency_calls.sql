-- The period's calls as latency sees them: how each ended, and its times. Cancelled, cached and failed calls stand apart.
-- `zone` holds the offsets of the asked time zone. A stream's time to first token is measured where its body or a trace
-- says so; DurationMs of the AOAI log is a proxy for it (research: log schemas, 0.10) and stays a column of its own.
CREATE OR REPLACE TEMP TABLE calls AS
WITH zoned AS (
    SELECT f.*, f.started_at + to_seconds(z.offset_s) AS local_at
    FROM facts f
    JOIN zone z ON f.started_at >= z.first AND f.started_at < z.until
)
SELECT
    region, deployment, model, model_version, app, resource, coalesce(backend_id, '') AS backend_id,
    backend_host AS backend,
    coalesce(api_id, '') AS api,
    CASE WHEN streamed THEN 'streamed' ELSE 'whole' END AS streamed,
    extract('hour' FROM local_at)::UTINYINT AS hour_number,
    extract('isodow' FROM local_at)::UTINYINT AS weekday_number,
    succeeded, throttled,
    coalesce(content_filtered, false) AS content_filtered,
    CASE
        WHEN cache_hit AND succeeded THEN 'cached'
        -- the caller went away: the time is the caller's, not the service's
        WHEN error_reason = 'ClientConnectionFailure' OR status_code IN (0, 499) THEN 'cancelled'
        WHEN succeeded THEN 'answered'
        WHEN throttled THEN 'throttled'
        ELSE 'failed'
    END AS outcome,
    total_ms,
    CASE WHEN NOT cache_hit THEN backend_ms END AS backend_ms,
    CASE WHEN NOT cache_hit THEN total_ms - backend_ms END AS overhead_ms,
    CASE WHEN completion_tokens > 0 THEN backend_ms / completion_tokens END AS ms_per_output_token,
    ttft_ms,
    CASE WHEN streamed AND ttft_ms IS NULL AND aoai_ms >= 0 THEN aoai_ms END AS ttft_proxy_ms,
    prompt_tokens, completion_tokens, token_source, started_at
FROM zoned
