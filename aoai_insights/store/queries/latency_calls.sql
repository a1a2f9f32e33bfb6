-- The period's calls as latency sees them: how each ended, and its times. Cancelled, cached and failed calls stand apart.
-- local_time() is that of the asked time zone. A stream's time to first token is measured where its body says so,
-- or where a policy of the gateway traced it; DurationMs of the AOAI log is a proxy for it (research: log schemas, 0.10).
-- Each is a column of its own, and a call is in the first of them that it has.
-- Causes are told from the gateway's own words (research: log schemas, section 1): a 429 without a backend status is the
-- gateway's limit, a 503 without one is a pool with no backend left in service.
CREATE OR REPLACE TEMP TABLE calls AS
WITH ended AS (
    SELECT f.*,
        local_time(f.started_at) AS local_at,
        -- the caller went away: the time is the caller's, not the service's
        error_reason = 'ClientConnectionFailure' OR status_code IN (0, 499) AS cancelled
    FROM facts f
)
SELECT
    region, deployment, model, model_version, app, resource, coalesce(backend_id, '') AS backend_id,
    backend_host AS backend,
    coalesce(api_id, '') AS api,
    CASE WHEN streamed THEN 'streamed' ELSE 'whole' END AS streamed,
    extract('hour' FROM local_at)::UTINYINT AS hour_number,
    extract('isodow' FROM local_at)::UTINYINT AS weekday_number,
    succeeded, throttled, cache_hit,
    coalesce(content_filtered, false) AS content_filtered,
    CASE
        WHEN cache_hit AND succeeded THEN 'cached'
        WHEN cancelled THEN 'cancelled'
        WHEN succeeded THEN 'answered'
        WHEN throttled THEN 'throttled'
        ELSE 'failed'
    END AS outcome,
    CASE
        WHEN cancelled THEN 'cancelled'
        WHEN succeeded THEN NULL
        WHEN backend_status_code = 429 AND deployment_type ILIKE '%Provisioned%' THEN 'ptu_full'
        WHEN backend_status_code = 429 THEN 'backend_limit'
        WHEN status_code = 429 OR error_reason IN ('RateLimitExceeded', 'QuotaExceeded') THEN 'gateway_limit'
        WHEN error_reason = 'Timeout' OR status_code IN (408, 504) OR backend_status_code IN (408, 504) THEN 'timeout'
        WHEN error_reason = 'BackendConnectionFailure' THEN 'no_connection'
        WHEN status_code = 503 AND backend_status_code IS NULL THEN 'breaker'
        WHEN content_filtered THEN 'content_filter'
        WHEN coalesce(backend_status_code, status_code) >= 500 THEN 'backend_error'
        ELSE 'refused'
    END AS cause,
    backend_status_code IS NOT NULL OR (succeeded AND NOT cache_hit) AS reached,
    total_ms,
    CASE WHEN NOT cache_hit THEN backend_ms END AS backend_ms,
    CASE WHEN NOT cache_hit THEN total_ms - backend_ms END AS overhead_ms,
    CASE WHEN completion_tokens > 0 THEN backend_ms / completion_tokens END AS ms_per_output_token,
    ttft_ms,
    CASE WHEN streamed AND ttft_ms IS NULL THEN traced_ttft_ms END AS ttft_traced_ms,
    CASE WHEN streamed AND ttft_ms IS NULL AND traced_ttft_ms IS NULL AND aoai_ms >= 0 THEN aoai_ms END AS ttft_proxy_ms,
    prompt_tokens, completion_tokens, token_source, retry_after_s, max_tokens, spilled_over, started_at,
    coalesce(deployment_type, '') ILIKE '%Provisioned%' AS ptu
FROM ended
