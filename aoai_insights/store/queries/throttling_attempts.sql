-- Every attempt at an answer: the calls of the period, each with its last attempt, and the earlier attempts that failed
-- while the gateway held a call. Such an attempt is its app's where every call of that deployment that the gateway held
-- at that moment is.
CREATE OR REPLACE TEMP TABLE earlier_attempts AS
WITH earlier AS (
    SELECT u.*, epoch(u.began_at)::BIGINT // 60 AS minute FROM unclaimed u WHERE u.origin = 'retried_attempt'
),
held AS (
    -- Most calls end within a minute: in that in which they began, or in the next.
    SELECT e.correlation_id, c.app
    FROM (SELECT *, unnest([minute, minute - 1]) AS began_minute FROM earlier) e
    JOIN calls c ON epoch(c.started_at)::BIGINT // 60 = e.began_minute AND lower(c.deployment) = lower(e.deployment)
        AND e.began_at >= c.started_at AND e.began_at < c.started_at + to_milliseconds(coalesce(c.total_ms, 0) + 1)
    WHERE coalesce(c.total_ms, 0) < 60000
    UNION ALL
    SELECT e.correlation_id, c.app
    FROM earlier e
    JOIN (
        SELECT app, deployment, started_at, total_ms, unnest(range(
            epoch(started_at)::BIGINT // 60, (epoch(started_at)::BIGINT + total_ms // 1000 + 1) // 60 + 1
        )) AS minute
        FROM calls
        WHERE total_ms >= 60000
    ) c ON c.minute = e.minute AND lower(c.deployment) = lower(e.deployment)
        AND e.began_at >= c.started_at AND e.began_at < c.started_at + to_milliseconds(c.total_ms + 1)
),
owners AS (
    SELECT correlation_id, CASE WHEN count(DISTINCT app) = 1 THEN max(app) ELSE '(several possible)' END AS app
    FROM held
    GROUP BY correlation_id
),
hosts_of AS (
    SELECT resource, deployment, max(backend) AS backend, max(region) AS region, max(model) AS model,
        max(deployment_type) AS type_name
    FROM served_by s
    WHERE EXISTS (
        FROM (SELECT DISTINCT server_id, started_at::DATE AS day FROM joined) r
        WHERE r.server_id = s.server_id AND r.day BETWEEN s.first AND s.last
    )
    GROUP BY resource, deployment
)
SELECT
    coalesce(o.app, '(several possible)') AS app, coalesce(k.region, e.region, '(unknown)') AS region,
    coalesce(k.backend, e.resource) AS backend, e.resource, coalesce(e.deployment, '') AS deployment,
    coalesce(k.model, e.model, '(unknown)') AS model,
    extract('hour' FROM local_time(e.began_at))::UTINYINT AS hour_number,
    false AS is_call, false AS answered, true AS reached,
    CASE
        WHEN e.status_code = 429 AND k.type_name ILIKE '%Provisioned%' THEN 'ptu_full'
        WHEN e.status_code = 429 THEN 'backend_limit'
        WHEN e.status_code IN (408, 504) THEN 'timeout'
        WHEN e.status_code >= 500 THEN 'backend_error'
        ELSE 'refused'
    END AS cause,
    greatest(coalesce(e.duration_ms, 0), 0) AS ms,
    coalesce(e.prompt_tokens, 0) + coalesce(e.completion_tokens, 0) AS tokens,
    NULL AS retry_after_s, NULL AS max_tokens, 0 AS completion_tokens, false AS spilled_over, true AS tokenless
FROM earlier e
LEFT JOIN owners o ON o.correlation_id = e.correlation_id
LEFT JOIN hosts_of k ON k.resource = e.resource AND lower(k.deployment) = lower(e.deployment);

CREATE OR REPLACE TEMP VIEW attempts AS
SELECT
    app, region, backend, resource, deployment, model, hour_number, true AS is_call,
    succeeded AND NOT cache_hit AS answered, reached, cause, coalesce(total_ms, 0) AS ms,
    prompt_tokens + completion_tokens AS tokens, retry_after_s, max_tokens, completion_tokens, spilled_over, tokenless
FROM calls
UNION ALL BY NAME
SELECT * FROM earlier_attempts
