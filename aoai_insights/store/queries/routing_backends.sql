-- The backends of each pool ({pool}) as they were seen: calls, attempts, 429s, and the tokens of their busiest hour.
-- Earlier attempts of the AOAI log count for the backend whose resource and deployment they name. The calls are read once,
-- into few rows, before anything is asked of their names.
WITH few AS (
    SELECT serving_id,
        epoch(started_at)::BIGINT // 3600 AS hour,
        count(*) FILTER (WHERE succeeded AND NOT cache_hit) AS calls,
        count(*) FILTER (WHERE reached) AS attempts,
        count(*) FILTER (WHERE cause IN ('ptu_full', 'backend_limit')) AS throttled,
        sum(greatest(prompt_tokens + completion_tokens, 1)) FILTER (WHERE succeeded AND NOT cache_hit) AS tokens
    FROM calls
    GROUP BY ALL
),
chosen AS (
    SELECT * FROM (
        SELECT * EXCLUDE (backend), backend AS host, {pool} AS pool, {unit} AS backend
        FROM few JOIN served_by USING (serving_id)
    )
    WHERE pool IS NOT NULL AND backend IS NOT NULL AND backend <> ''
),
hourly AS (SELECT pool, backend, hour, sum(tokens) AS tokens FROM chosen GROUP BY ALL),
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
    arg_max(c.region, row(c.hour, c.region)) AS region,
    max(c.host) AS host,
    max(c.resource) AS resource,
    max(c.backend_id) AS backend_id,
    count(DISTINCT c.backend_id) AS backend_ids,
    bool_or(c.ptu) AS ptu,
    sum(c.calls)::BIGINT AS calls,
    sum(c.attempts)::BIGINT + coalesce(max(e.attempts), 0) AS attempts,
    sum(c.throttled)::BIGINT + coalesce(max(e.throttled), 0) AS throttled,
    coalesce(max(p.peak), 0)::DOUBLE AS peak,
    coalesce(max(b.busiest), 0)::DOUBLE AS busiest
FROM chosen c
LEFT JOIN peaks p ON p.pool = c.pool AND p.backend = c.backend
LEFT JOIN busiest b ON b.pool = c.pool
LEFT JOIN earlier e ON e.pool = c.pool AND e.backend = c.backend
GROUP BY c.pool, c.backend
HAVING sum(c.calls) > 0
ORDER BY c.pool, c.backend
