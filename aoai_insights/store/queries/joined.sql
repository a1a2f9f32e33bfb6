-- The period's calls as they are joined: numbers, with the names and marks that they stand for apart. Beside the kept days
-- stand those that were joined for this question alone.
CREATE OR REPLACE TEMP VIEW callers AS FROM {source}.joined_callers;
CREATE OR REPLACE TEMP VIEW servers AS FROM {source}.joined_servers;
CREATE OR REPLACE TEMP TABLE marks AS SELECT *, NULL::INTEGER AS calibrated_by FROM {source}.joined_marks;

CREATE OR REPLACE TEMP VIEW joined_as_logged AS
SELECT * EXCLUDE (backend_ms_less, aoai_ms_less),
    coalesce(total_ms, 0) - backend_ms_less AS backend_ms,
    coalesce(backend_ms, total_ms, 0) - aoai_ms_less AS aoai_ms
FROM (
    FROM {store}.joined_calls WHERE started_at::DATE {kept}
    {calls}
)
WHERE started_at >= {start} AND started_at < {end};

CREATE OR REPLACE TEMP VIEW joined AS FROM joined_as_logged;

CREATE OR REPLACE TEMP TABLE unclaimed AS
FROM (
    FROM {store}.joined_attempts WHERE began_at::DATE {kept}
    {attempts}
)
WHERE began_at >= {start} AND began_at < {end};

-- Calls of other APIs are kept by the hour; what the period has of an hour is counted.
CREATE OR REPLACE TEMP TABLE others AS
FROM (
    FROM {store}.joined_others WHERE hour::DATE {kept}
    {others}
)
WHERE hour >= {first_hour} AND hour < {last_hour}
UNION ALL
SELECT date_trunc('hour', started_at) AS hour, count(*) AS calls
FROM {store}.other_api_requests
WHERE started_at >= {start} AND started_at < {end} AND NOT (started_at >= {first_hour} AND started_at < {last_hour})
GROUP BY hour
