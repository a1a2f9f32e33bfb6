-- Hours in which a full provisioned deployment handed calls on. Times are UTC.
SELECT DISTINCT lower(resource) AS resource, lower(deployment) AS deployment, date_trunc('hour', started_at) AS hour
FROM facts
WHERE spilled_over
ORDER BY ALL
