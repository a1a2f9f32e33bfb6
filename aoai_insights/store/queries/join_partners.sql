-- Days of calls to which a row of another log belongs that stands from $start to $end, farther from the call than its
-- surroundings reach; and days of attempts that a call from $start to $end claims.
SELECT g.started_at::DATE AS day
FROM {store}.gateway g
JOIN {store}.llm l ON l.service = g.service AND l.correlation_id = g.correlation_id
WHERE l.started_at >= $start AND l.started_at < $end AND abs(epoch(l.started_at) - epoch(g.started_at)) > $margin_s
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
