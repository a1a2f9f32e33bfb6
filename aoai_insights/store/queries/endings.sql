-- How a call ended, told once for each way in which calls went. Cancelled, cached and failed calls stand apart.
-- Causes are told from the gateway's own words (research: log schemas, section 1): a 429 without a backend status is the
-- gateway's limit, a 503 without one is a pool with no backend left in service.
CREATE OR REPLACE TEMP TABLE endings AS
SELECT
    mark_id, api, streamed, succeeded, throttled, cache_hit,
    coalesce(content_filtered, false) AS content_filtered,
    -- the caller went away: the time is the caller's, not the service's
    error_reason = 'ClientConnectionFailure' OR status_code IN (0, 499) AS cancelled,
    CASE
        WHEN cache_hit AND succeeded THEN 'cached'
        WHEN cancelled THEN 'cancelled'
        WHEN succeeded THEN 'answered'
        WHEN throttled THEN 'throttled'
        ELSE 'failed'
    END::ENUM ('cached', 'cancelled', 'answered', 'throttled', 'failed') AS outcome,
    -- a 429 of a deployment paid by PTUs means that they are full: `calls` knows which those are
    CASE
        WHEN cancelled THEN 'cancelled'
        WHEN succeeded THEN NULL
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
    token_source = 'none' AS tokenless
FROM marks
