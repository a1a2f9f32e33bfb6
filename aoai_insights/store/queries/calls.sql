-- The period's calls as latency sees them: how each ended, its times, and the hours of one time zone, which local_time() knows.
-- A stream's time to first token is measured where its body says so, or where a policy of the gateway traced it; DurationMs
-- of the AOAI log is a proxy for it (research: log schemas, 0.10). Each is a column of its own, and a call is in the first
-- of them that it has. What served a call is in `served_by`: few rows, to be asked of names before the calls are. Its names
-- are numbers that DuckDB words when it answers, in the order of their words: calls are grouped by them as fast as by hours.
CREATE OR REPLACE TEMP TYPE region_name AS ENUM (SELECT DISTINCT region FROM serving ORDER BY region);
CREATE OR REPLACE TEMP TYPE deployment_name AS ENUM (SELECT DISTINCT deployment FROM serving ORDER BY deployment);
CREATE OR REPLACE TEMP TYPE model_name AS ENUM (SELECT DISTINCT model FROM serving ORDER BY model);
CREATE OR REPLACE TEMP TYPE host_name AS ENUM (SELECT DISTINCT backend_host FROM serving ORDER BY backend_host);

CREATE OR REPLACE TEMP VIEW served_by AS
SELECT * EXCLUDE (backend_host) REPLACE (
        coalesce(deployment_type, '') AS deployment_type, region::region_name AS region,
        deployment::deployment_name AS deployment, model::model_name AS model
    ) RENAME (api_id AS api),
    backend_host::host_name AS backend,
    coalesce(deployment_type, '') ILIKE '%Provisioned%' AS ptu
FROM serving;

CREATE OR REPLACE TEMP VIEW calls AS
SELECT
    s.region, s.deployment, s.model, s.model_version, p.app, s.resource, s.backend_id, s.backend, s.api,
    CASE WHEN e.streamed THEN 'streamed' ELSE 'whole' END AS streamed,
    extract('hour' FROM local_time(started_at))::UTINYINT AS hour_number,
    extract('isodow' FROM local_time(started_at))::UTINYINT AS weekday_number,
    e.succeeded, e.throttled, e.cache_hit, e.content_filtered, e.outcome,
    CASE WHEN e.cause = 'backend_limit' AND s.ptu THEN 'ptu_full' ELSE e.cause END AS cause,
    e.reached, total_ms,
    CASE WHEN NOT e.cache_hit THEN r.backend_ms END AS backend_ms,
    CASE WHEN NOT e.cache_hit THEN total_ms - r.backend_ms END AS overhead_ms,
    CASE WHEN completion_tokens > 0 THEN r.backend_ms / completion_tokens END AS ms_per_output_token,
    r.ttft_ms,
    CASE WHEN e.streamed AND r.ttft_ms IS NULL THEN traced_ttft_ms END AS ttft_traced_ms,
    CASE WHEN e.streamed AND r.ttft_ms IS NULL AND traced_ttft_ms IS NULL AND aoai_ms >= 0 THEN aoai_ms END AS ttft_proxy_ms,
    prompt_tokens, completion_tokens, e.tokenless, retry_after_s, max_tokens, s.spilled_over, started_at,
    s.deployment_type, s.ptu, s.serving_id
FROM joined r
LEFT JOIN endings e ON e.mark_id = r.mark_id
LEFT JOIN payers p ON p.caller_id = r.caller_id AND r.started_at::DATE BETWEEN p.first AND p.last
LEFT JOIN served_by s ON s.server_id = r.server_id AND r.started_at::DATE BETWEEN s.first AND s.last
