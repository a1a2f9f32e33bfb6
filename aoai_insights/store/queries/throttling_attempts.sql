-- Every attempt at an answer: the calls of the period, each with its last attempt, and the earlier attempts that failed
-- while the gateway held a call. Causes are told from the gateway's own words (research: log schemas, section 1): a 429
-- without a backend status is the gateway's limit, a 503 without one is a pool with no backend left in service.
-- An earlier attempt is its app's where every call that the gateway held at that moment, of that deployment, is.
CREATE OR REPLACE TEMP TABLE attempts AS
WITH zoned AS (
    SELECT f.*, f.started_at + to_seconds(z.offset_s) AS local_at, coalesce(f.deployment_type, '') AS type_name
    FROM facts f
    JOIN zone z ON f.started_at >= z.first AND f.started_at < z.until
),
called AS (
    SELECT
        app, region, backend_host AS backend, resource, deployment, model, extract('hour' FROM local_at)::UTINYINT AS hour_number,
        true AS is_call, succeeded AND NOT cache_hit AS answered, cache_hit AND succeeded AS cached,
        backend_status_code IS NOT NULL OR (succeeded AND NOT cache_hit) AS reached,
        CASE
            WHEN error_reason = 'ClientConnectionFailure' OR status_code IN (0, 499) THEN 'cancelled'
            WHEN succeeded THEN NULL
            WHEN backend_status_code = 429 AND type_name ILIKE '%Provisioned%' THEN 'ptu_full'
            WHEN backend_status_code = 429 THEN 'backend_limit'
            WHEN status_code = 429 OR error_reason IN ('RateLimitExceeded', 'QuotaExceeded') THEN 'gateway_limit'
            WHEN error_reason = 'Timeout' OR status_code IN (408, 504) OR backend_status_code IN (408, 504) THEN 'timeout'
            WHEN error_reason = 'BackendConnectionFailure' THEN 'no_connection'
            WHEN status_code = 503 AND backend_status_code IS NULL THEN 'breaker'
            WHEN content_filtered THEN 'content_filter'
            WHEN coalesce(backend_status_code, status_code) >= 500 THEN 'backend_error'
            ELSE 'refused'
        END AS cause,
        coalesce(total_ms, 0) AS ms, prompt_tokens + completion_tokens AS tokens,
        retry_after_s, max_tokens, completion_tokens, spilled_over, token_source
    FROM zoned
),
earlier AS (
    SELECT u.*, epoch(u.began_at)::BIGINT // 60 AS minute FROM unclaimed u WHERE u.origin = 'retried_attempt'
),
held AS (
    SELECT app, deployment, started_at, total_ms, unnest(range(
        epoch(started_at)::BIGINT // 60, (epoch(started_at)::BIGINT + coalesce(total_ms, 0) // 1000 + 1) // 60 + 1
    )) AS minute
    FROM facts
    WHERE lower(deployment) IN (SELECT lower(deployment) FROM earlier)
),
owners AS (
    SELECT e.correlation_id, CASE WHEN count(DISTINCT h.app) = 1 THEN max(h.app) ELSE '(several possible)' END AS app
    FROM earlier e
    JOIN held h ON h.minute = e.minute AND lower(h.deployment) = lower(e.deployment)
        AND e.began_at >= h.started_at AND e.began_at < h.started_at + to_milliseconds(coalesce(h.total_ms, 0) + 1)
    GROUP BY e.correlation_id
),
hosts_of AS (
    SELECT resource, deployment, max(backend_host) AS backend, max(region) AS region, max(model) AS model,
        max(coalesce(deployment_type, '')) AS type_name
    FROM facts GROUP BY resource, deployment
)
SELECT * FROM called
UNION ALL BY NAME
SELECT
    coalesce(o.app, '(several possible)') AS app, coalesce(k.region, e.region, '(unknown)') AS region,
    coalesce(k.backend, e.resource) AS backend, e.resource, coalesce(e.deployment, '') AS deployment,
    coalesce(k.model, e.model, '(unknown)') AS model,
    extract('hour' FROM e.began_at + to_seconds(z.offset_s))::UTINYINT AS hour_number,
    false AS is_call, false AS answered, false AS cached, true AS reached,
    CASE
        WHEN e.status_code = 429 AND k.type_name ILIKE '%Provisioned%' THEN 'ptu_full'
        WHEN e.status_code = 429 THEN 'backend_limit'
        WHEN e.status_code IN (408, 504) THEN 'timeout'
        WHEN e.status_code >= 500 THEN 'backend_error'
        ELSE 'refused'
    END AS cause,
    greatest(coalesce(e.duration_ms, 0), 0) AS ms,
    coalesce(e.prompt_tokens, 0) + coalesce(e.completion_tokens, 0) AS tokens,
    NULL AS retry_after_s, NULL AS max_tokens, 0 AS completion_tokens, false AS spilled_over, 'none' AS token_source
FROM earlier e
JOIN zone z ON e.began_at >= z.first AND e.began_at < z.until
LEFT JOIN owners o ON o.correlation_id = e.correlation_id
LEFT JOIN hosts_of k ON k.resource = e.resource AND lower(k.deployment) = lower(e.deployment)
