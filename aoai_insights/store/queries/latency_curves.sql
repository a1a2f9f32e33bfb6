-- The distribution of end-to-end milliseconds over successful calls, by {by}.
SELECT {by} AS key, count(*) AS requests, quantile_cont(total_ms, {shares}) AS ms
FROM calls
WHERE succeeded AND total_ms IS NOT NULL
GROUP BY ALL
ORDER BY ALL
