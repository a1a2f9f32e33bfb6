-- Around calls to which a row of another log belongs that stands from $start to $end, farther from the call than its
-- surroundings reach; around attempts that a call from $start to $end names, but did not hold; and around attempts that were
-- logged around that time, but had begun long before, or of which another row does not say when it was logged: hours, the
-- first and the last of each.
-- Nearly every row of the LLM log stands near its call, and has no other: the whole store is asked for the calls of the rest.
WITH lone AS (
    SELECT l.service, l.correlation_id
    FROM {store}.llm l
    ANTI JOIN (FROM {store}.gateway WHERE started_at >= $from AND started_at < $until) g
        ON g.service = l.service AND g.correlation_id = l.correlation_id
        AND abs(epoch(l.started_at) - epoch(g.started_at)) <= $margin_s
    WHERE l.started_at >= $start AND l.started_at < $end
),
partners AS (
    SELECT g.started_at AS began, g.total_ms
    FROM {store}.gateway g
    JOIN lone l ON l.service = g.service AND l.correlation_id = g.correlation_id
    UNION ALL
    SELECT g.started_at, g.total_ms
    FROM {store}.gateway g
    JOIN {store}.aoai a ON a.correlation_id = g.apim_request_id
    WHERE a.logged_at >= $start AND a.logged_at < $end AND abs(epoch(a.logged_at) - epoch(g.started_at)) > $margin_s
    UNION ALL
    SELECT coalesce(t.started_at, t.logged_at), 0
    FROM {store}.aoai t
    JOIN {store}.gateway g ON g.apim_request_id = t.correlation_id
    WHERE g.started_at >= $start AND g.started_at < $end AND NOT coalesce(
        coalesce(t.started_at, t.logged_at)
            BETWEEN g.started_at AND g.started_at + to_milliseconds(least(coalesce(g.total_ms, 0), $longest_ms)), false)
    UNION ALL
    SELECT started_at, 0
    FROM {store}.aoai
    WHERE logged_at >= $from AND logged_at < $until AND abs(epoch(logged_at) - epoch(started_at)) > $margin_s
    UNION ALL
    SELECT started_at, 0
    FROM {store}.aoai
    WHERE logged_at IS NULL
        AND correlation_id IN (SELECT correlation_id FROM {store}.aoai WHERE logged_at >= $start AND logged_at < $end)
)
SELECT DISTINCT
    date_trunc('hour', began - to_seconds($margin_s)) AS first,
    date_trunc('hour', began + to_milliseconds(least(coalesce(total_ms, 0), $longest_ms)) + to_seconds($margin_s)) AS last
FROM partners
