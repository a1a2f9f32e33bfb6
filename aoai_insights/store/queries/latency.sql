-- Exact percentiles of end-to-end milliseconds over successful calls, and how often calls fail, by {by}.
SELECT
    {by}
    count(*) AS requests,
    quantile_cont(total_ms, 0.5) FILTER (WHERE succeeded AND total_ms IS NOT NULL) AS p50_ms,
    quantile_cont(total_ms, 0.95) FILTER (WHERE succeeded AND total_ms IS NOT NULL) AS p95_ms,
    quantile_cont(total_ms, 0.99) FILTER (WHERE succeeded AND total_ms IS NOT NULL) AS p99_ms,
    count(*) FILTER (WHERE NOT succeeded) AS failed_requests,
    count(*) FILTER (WHERE throttled) AS throttled_requests
FROM (
    SELECT f.*, strftime(f.started_at + to_seconds(z.offset_s), '%H') AS hour, f.backend_host AS backend
    FROM facts f
    JOIN zone z ON f.started_at >= z.first AND f.started_at < z.until
)
GROUP BY ALL
ORDER BY ALL
