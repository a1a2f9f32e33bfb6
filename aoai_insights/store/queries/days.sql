-- Days on which the gateway wrote anything at all, whatever the API.
SELECT DISTINCT started_at::DATE AS day FROM gateway WHERE started_at >= $start AND started_at < $end ORDER BY day
