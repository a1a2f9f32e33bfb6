-- What the join of a day rests on beside the records around it: what this program does, which APIs are listed, what answers
-- behind the day's hosts (relation {seen}), and whether anything answers behind a host for a resource whose attempts nobody
-- claims.
SELECT d.day, md5(concat_ws(chr(31), $version, a.apis, h.hosts, r.resources)) AS context
FROM {days} d
CROSS JOIN (SELECT string_agg(DISTINCT lower(api_id), chr(30) ORDER BY lower(api_id)) AS apis FROM listed_apis) a
LEFT JOIN (
    SELECT s.day, string_agg(
        concat_ws(chr(29), s.backend_host, coalesce(h.resource, '?'), coalesce(h.region, '?'), coalesce(g.region, '?')),
        chr(30) ORDER BY s.backend_host
    ) AS hosts
    FROM {seen} s
    LEFT JOIN hosts h ON h.backend_host = s.backend_host
    LEFT JOIN resource_regions g ON g.resource = coalesce(h.resource, split_part(s.backend_host, '.', 1))
    GROUP BY s.day
) h ON h.day = d.day
LEFT JOIN (
    SELECT day, string_agg(resource, chr(30) ORDER BY resource) AS resources
    FROM (SELECT DISTINCT began_at::DATE AS day, resource FROM {store}.joined_attempts)
    WHERE resource IN (SELECT resource FROM hosts)
    GROUP BY day
) r ON r.day = d.day
