-- The backends of each pool ({pool}) as they were seen: calls, attempts, 429s, and the tokens of their busiest hour.
-- Earlier attempts of the AOAI log count for the backend whose resource and deployment they name.
WITH seen AS (
    SELECT {pool} AS pool, {unit} AS backend, f.*, coalesce(f.deployment_type, '') ILIKE '%Provisioned%' AS ptu,
        date_trunc('hour', f.started_at) AS hour
    FROM facts f
),
chosen AS (SELECT * FROM seen WHERE pool IS NOT NULL AND backend IS NOT NULL AND backend <> ''),
hourly AS (
    SELECT pool, backend, hour, sum(greatest(prompt_tokens + completion_tokens, 1)) AS tokens
    FROM chosen WHERE succeeded AND NOT cache_hit GROUP BY ALL
),
peaks AS (SELECT pool, backend, max(tokens) AS peak FROM hourly GROUP BY ALL),
busiest AS (
    SELECT pool, max(tokens) AS busiest
    FROM (SELECT pool, hour, sum(tokens) AS tokens FROM hourly GROUP BY ALL) GROUP BY ALL
),
served AS (SELECT DISTINCT pool, backend, resource, lower(deployment) AS deployment FROM chosen),
earlier AS (
    SELECT s.pool, s.backend, count(*) AS attempts, count(*) FILTER (WHERE u.status_code = 429) AS throttled
    FROM unclaimed u
    JOIN served s ON s.resource = u.resource AND s.deployment = lower(u.deployment)
    WHERE u.origin = 'retried_attempt'
    GROUP BY ALL
)
SELECT
    c.pool, c.backend,
    arg_max(c.region, c.started_at) AS region,
    max(c.backend_host) AS host,
    max(c.resource) AS resource,
    max(c.backend_id) AS backend_id,
    count(DISTINCT c.backend_id) AS backend_ids,
    bool_or(c.ptu) AS ptu,
    count(*) FILTER (WHERE c.succeeded AND NOT c.cache_hit) AS calls,
    count(*) FILTER (WHERE c.backend_status_code IS NOT NULL OR (c.succeeded AND NOT c.cache_hit))
        + coalesce(max(e.attempts), 0) AS attempts,
    count(*) FILTER (WHERE c.backend_status_code = 429) + coalesce(max(e.throttled), 0) AS throttled,
    coalesce(max(p.peak), 0)::DOUBLE AS peak,
    coalesce(max(b.busiest), 0)::DOUBLE AS busiest
FROM chosen c
LEFT JOIN peaks p ON p.pool = c.pool AND p.backend = c.backend
LEFT JOIN busiest b ON b.pool = c.pool
LEFT JOIN earlier e ON e.pool = c.pool AND e.backend = c.backend
GROUP BY ALL
HAVING count(*) FILTER (WHERE c.succeeded AND NOT c.cache_hit) > 0
ORDER BY ALL
