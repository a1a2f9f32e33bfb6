-- Exact percentiles and rates by the keys of the calls, and over all of them in the row whose over_all is 1. p50, p90, p95 and
-- p99 of end-to-end milliseconds are over calls that succeeded; what latency_measures.sql adds is over calls that were
-- answered: not from a cache, and not cut short by their caller.
SELECT * {said}
FROM (
    SELECT
        {by}
        count(*) AS requests,
        quantile_cont(total_ms, [0.5, 0.9, 0.95, 0.99]) FILTER (WHERE succeeded AND total_ms IS NOT NULL) AS total_ms,
        count(*) FILTER (WHERE NOT succeeded) AS failed_requests,
        count(*) FILTER (WHERE throttled) AS throttled_requests
        {measures}
    FROM (SELECT {keys} * FROM calls)
    GROUP BY GROUPING SETS ({sets})
)
