-- Reasoning tokens that no body shows, taken from calls of the same period whose usage states them.
-- Groups from narrow to wide; one with fewer than $least samples says nothing (docs/estimates.md, "Hidden reasoning").
CREATE OR REPLACE TEMP TABLE calibration AS
SELECT
    CASE grouping(resource, deployment, api, streamed)
        WHEN 0 THEN 1
        WHEN 12 THEN 2
        WHEN 13 THEN 3
        ELSE 4
    END AS width,
    resource, deployment, served_model, api, streamed,
    count(*) AS samples,
    avg(hidden_tokens) AS mean_tokens,
    quantile_cont(hidden_tokens, 0.05) AS low_tokens,
    quantile_cont(hidden_tokens, 0.95) AS high_tokens
FROM period
WHERE hidden_tokens IS NOT NULL AND succeeded
GROUP BY GROUPING SETS (
    (resource, deployment, served_model, api, streamed), (served_model, api, streamed), (served_model, api), (served_model)
)
HAVING count(*) >= $least
