-- The period's calls as latency sees them: how each ended, and its times. Cancelled, cached and failed calls stand apart.
-- A stream's time to first token is measured where its body says so, or where a policy of the gateway traced it; DurationMs
-- of the AOAI log is a proxy for it (research: log schemas, 0.10). Each is a column of its own, and a call is in the first
-- of them that it has.
-- Causes are told from the gateway's own words (research: log schemas, section 1): a 429 without a backend status is the
-- gateway's limit, a 503 without one is a pool with no backend left in service.
-- Rows hold numbers alone: a name of ten million calls is written once, and read from where it stands.
CREATE OR REPLACE TEMP TABLE places AS
SELECT row_number() OVER ()::INTEGER AS place, *
FROM (
    SELECT DISTINCT coalesce(backend_id, '') AS backend_id, coalesce(backend_host, '') AS backend, coalesce(api_id, '') AS api
    FROM gateway
);

CREATE OR REPLACE TEMP TABLE call_rows AS
WITH ended AS (
    SELECT f.*,
        -- the caller went away: the time is the caller's, not the service's
        error_reason = 'ClientConnectionFailure' OR status_code IN (0, 499) AS cancelled
    FROM facts f
)
SELECT
    payer, server, place, started_at, streamed, succeeded, throttled, cache_hit,
    coalesce(content_filtered, false) AS content_filtered,
    CASE
        WHEN cache_hit AND succeeded THEN 'cached'
        WHEN cancelled THEN 'cancelled'
        WHEN succeeded THEN 'answered'
        WHEN throttled THEN 'throttled'
        ELSE 'failed'
    END::ENUM ('cached', 'cancelled', 'answered', 'throttled', 'failed') AS outcome,
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
    END::ENUM (
        'cancelled', 'ptu_full', 'backend_limit', 'gateway_limit', 'timeout', 'no_connection', 'breaker', 'content_filter',
        'backend_error', 'refused'
    ) AS cause,
    backend_status_code IS NOT NULL OR (succeeded AND NOT cache_hit) AS reached,
    token_source = 'none' AS tokenless,
    total_ms, backend_ms, ttft_ms, traced_ttft_ms, aoai_ms, prompt_tokens, completion_tokens, retry_after_s, max_tokens,
    spilled_over
FROM ended e
LEFT JOIN places w ON w.backend_id = e.backend_id AND w.backend = e.backend_host AND w.api = coalesce(e.api_id, '')
