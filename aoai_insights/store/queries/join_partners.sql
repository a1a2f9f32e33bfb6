-- Days of calls to which a row of another log belongs that stands from $start to $end, farther from the call than its
-- surroundings reach; and days of attempts that a call from $start to $end claims.
-- Nearly every row of the LLM log stands near its call, and has no other: the whole store is asked for the calls of the rest.
WITH lone AS (
    SELECT l.service, l.correlation_id
    FROM {store}.llm l
    ANTI JOIN (FROM {store}.gateway WHERE started_at >= $from AND started_at < $until) g
        ON g.service = l.service AND g.correlation_id = l.correlation_id
        AND abs(epoch(l.started_at) - epoch(g.started_at)) <= $margin_s
    WHERE l.started_at >= $start AND l.started_at < $end
)
SELECT g.started_at::DATE AS day
FROM {store}.gateway g
JOIN lone l ON l.service = g.service AND l.correlation_id = g.correlation_id
UNION
SELECT g.started_at::DATE AS day
FROM {store}.gateway g
JOIN {store}.aoai a ON a.correlation_id = g.apim_request_id
WHERE a.logged_at >= $start AND a.logged_at < $end AND abs(epoch(a.logged_at) - epoch(g.started_at)) > $margin_s
UNION
SELECT t.began_at::DATE AS day
FROM {store}.joined_attempts t
JOIN {store}.gateway g ON g.apim_request_id = t.correlation_id
WHERE g.started_at >= $start AND g.started_at < $end
