-- Every backend host of the days in `stale`, with the resource and region that calls of that day prove: as the view `hosts`
-- says it, day by day.
SELECT
    g.started_at::DATE AS day, g.backend_host,
    max(a.resource) FILTER (WHERE a.region IS NOT NULL OR g.aoai_region IS NOT NULL) AS resource,
    max(coalesce(a.region, g.aoai_region)) AS region
FROM {store}.gateway g
LEFT JOIN {store}.aoai a ON a.correlation_id = g.apim_request_id
WHERE g.backend_host IS NOT NULL AND g.started_at >= $start AND g.started_at < $end
    AND g.started_at::DATE IN (SELECT day FROM stale)
GROUP BY ALL
