-- One row per client call to Azure OpenAI, joined when it is asked for: a record that arrives late improves last week's
-- answer by itself. Every join is a left join from `gateway`; no request can be lost to one.

-- The rows of one call in the LLM log may be several: usage on one, messages on others. Usage is the largest seen. A call
-- of one row is that row: grouping only the others is what makes months of calls quick.
CREATE VIEW llm_several AS
SELECT service, correlation_id FROM llm GROUP BY service, correlation_id HAVING count(*) > 1;

CREATE VIEW llm_calls AS
WITH several AS MATERIALIZED (SELECT * FROM llm_several)
SELECT
    service, correlation_id, nullif(deployment, '') AS deployment, nullif(model, '') AS model, streamed, response_id,
    prompt_tokens, completion_tokens, counted_prompt_tokens, counted_completion_tokens, messages_whole
FROM llm
ANTI JOIN several USING (service, correlation_id)
UNION ALL
SELECT
    service,
    correlation_id,
    max(nullif(deployment, '')) AS deployment,
    max(nullif(model, '')) AS model,
    bool_or(streamed) AS streamed,
    max(response_id) AS response_id,
    max(prompt_tokens) AS prompt_tokens,
    max(completion_tokens) AS completion_tokens,
    sum(counted_prompt_tokens)::BIGINT AS counted_prompt_tokens,
    sum(counted_completion_tokens)::BIGINT AS counted_completion_tokens,
    bool_and(messages_whole) AS messages_whole
FROM llm
SEMI JOIN several USING (service, correlation_id)
GROUP BY service, correlation_id;

-- One row per backend attempt: its RequestResponse record, with the tokens of AzureOpenAIRequestUsage where that was logged.
CREATE VIEW aoai_several AS
SELECT correlation_id FROM aoai GROUP BY correlation_id HAVING count(*) > 1;

CREATE VIEW aoai_calls AS
WITH several AS MATERIALIZED (SELECT * FROM aoai_several)
SELECT
    correlation_id, resource, logged_at, started_at, operation, status_code, duration_ms, caller_ip, region,
    request_bytes, response_bytes, object_id, streamed, nullif(deployment, '') AS deployment, nullif(model, '') AS model,
    nullif(model_version, '') AS model_version, prompt_tokens, cached_tokens, completion_tokens
FROM aoai
ANTI JOIN several USING (correlation_id)
UNION ALL
SELECT
    correlation_id,
    max(resource) AS resource,
    max(logged_at) AS logged_at,
    max(started_at) AS started_at,
    max(operation) AS operation,
    max(status_code) AS status_code,
    max(duration_ms) AS duration_ms,
    max(caller_ip) AS caller_ip,
    max(region) AS region,
    max(request_bytes) AS request_bytes,
    max(response_bytes) AS response_bytes,
    max(object_id) AS object_id,
    bool_or(streamed) AS streamed,
    max(nullif(deployment, '')) AS deployment,
    max(nullif(model, '')) AS model,
    max(nullif(model_version, '')) AS model_version,
    max(prompt_tokens) AS prompt_tokens,
    max(cached_tokens) AS cached_tokens,
    max(completion_tokens) AS completion_tokens
FROM aoai
SEMI JOIN several USING (correlation_id)
GROUP BY correlation_id;

-- Gateway rows that are Azure OpenAI calls: by address, by the LLM log's knowing them, or by the config's list.
CREATE VIEW gateway_calls AS
SELECT g.*, l.correlation_id IS NOT NULL AS llm_matched, l.deployment AS llm_deployment, l.model AS llm_model,
    l.streamed AS llm_streamed, l.prompt_tokens AS llm_prompt_tokens, l.completion_tokens AS llm_completion_tokens,
    l.counted_prompt_tokens AS llm_counted_prompt_tokens, l.counted_completion_tokens AS llm_counted_completion_tokens,
    l.messages_whole AS llm_messages_whole
FROM gateway g
LEFT JOIN llm_calls l ON l.service = g.service AND l.correlation_id = g.correlation_id
WHERE g.aoai_url
    OR l.correlation_id IS NOT NULL
    OR lower(g.api_id) IN (SELECT lower(api_id) FROM listed_apis);

-- AOAI rows that no gateway row names: calls whose apim-request-id was not logged, attempts, traffic past the gateway.
CREATE VIEW unclaimed_ids AS
SELECT DISTINCT correlation_id FROM aoai ANTI JOIN gateway ON gateway.apim_request_id = aoai.correlation_id;

CREATE VIEW unclaimed_calls AS
SELECT * FROM aoai_calls WHERE correlation_id IN (SELECT correlation_id FROM unclaimed_ids);

-- Which Azure OpenAI resource answers behind a backend host: learned from calls whose ids prove it.
CREATE VIEW hosts AS
SELECT g.backend_host, max(a.resource) AS resource, max(coalesce(a.region, g.aoai_region)) AS region
FROM gateway g
LEFT JOIN aoai a ON a.correlation_id = g.apim_request_id
WHERE g.backend_host IS NOT NULL AND (a.region IS NOT NULL OR g.aoai_region IS NOT NULL)
GROUP BY g.backend_host;

CREATE VIEW resource_regions AS
SELECT resource, max(region) AS region FROM aoai WHERE region IS NOT NULL GROUP BY resource;

-- Calls whose apim-request-id was not logged, paired with the one AOAI row they can be: same resource, deployment and
-- status, begun while the gateway held the call, with nothing known of one that contradicts the other. Only pairs that are
-- unique both ways count; the minute buckets merely make the time condition joinable by equality.
CREATE VIEW heuristic_matches AS
WITH loose AS (
    SELECT g.service, g.correlation_id, g.started_at, coalesce(g.total_ms, 0) AS total_ms, g.backend_status_code,
        g.response_bytes, coalesce(nullif(g.llm_prompt_tokens, 0),
            CASE WHEN g.body_source IN ('body_usage', 'stream_usage') THEN g.prompt_tokens END) AS stated_prompt_tokens,
        coalesce(g.deployment, g.llm_deployment, g.requested_model) AS deployment, g.request_body_bytes,
        coalesce(h.resource, split_part(g.backend_host, '.', 1)) AS resource,
        unnest(range(
            epoch(g.started_at)::BIGINT // 60,
            (epoch(g.started_at)::BIGINT + coalesce(g.total_ms, 0) // 1000 + 1) // 60 + 1
        )) AS minute
    FROM gateway_calls g
    LEFT JOIN hosts h ON h.backend_host = g.backend_host
    WHERE g.apim_request_id IS NULL AND g.backend_status_code IS NOT NULL
),
begun AS (SELECT *, epoch(started_at)::BIGINT // 60 AS minute FROM unclaimed_calls WHERE started_at IS NOT NULL),
pairs AS (
    SELECT l.service, l.correlation_id, f.correlation_id AS aoai_correlation_id
    FROM loose l
    JOIN begun f
        ON f.minute = l.minute
        AND f.resource = l.resource
        AND f.status_code = l.backend_status_code
        AND (f.deployment IS NULL OR l.deployment IS NULL OR lower(f.deployment) = lower(l.deployment))
        AND f.started_at >= l.started_at
        AND f.started_at < l.started_at + to_milliseconds(l.total_ms + 1)
        AND (l.request_body_bytes IS NULL OR f.request_bytes IS NULL OR l.request_body_bytes = f.request_bytes)
        AND (l.stated_prompt_tokens IS NULL OR f.prompt_tokens IS NULL OR l.stated_prompt_tokens = f.prompt_tokens)
        -- ResponseSize holds the body and some hundred bytes of headers; responseLength is 0 for streams
        AND (l.response_bytes IS NULL OR coalesce(f.response_bytes, 0) = 0
            OR l.response_bytes BETWEEN f.response_bytes AND f.response_bytes + 16384)
)
SELECT service, correlation_id, aoai_correlation_id
FROM pairs
QUALIFY count(*) OVER (PARTITION BY service, correlation_id) = 1
    AND count(*) OVER (PARTITION BY aoai_correlation_id) = 1;

-- An answer made in the background states its usage each time it is fetched: the first fetch counts.
CREATE VIEW told_again AS
SELECT service, correlation_id
FROM gateway
WHERE upper(method) = 'GET' AND response_id IS NOT NULL AND body_source IN ('body_usage', 'stream_usage')
QUALIFY row_number() OVER (PARTITION BY response_id ORDER BY started_at, service, correlation_id) > 1;

CREATE VIEW requests AS
WITH joined AS (
    SELECT
        g.*,
        coalesce(m.aoai_correlation_id, g.apim_request_id) AS aoai_id,
        t.correlation_id IS NOT NULL AS told_again
    FROM gateway_calls g
    LEFT JOIN heuristic_matches m ON m.service = g.service AND m.correlation_id = g.correlation_id
    LEFT JOIN told_again t ON t.service = g.service AND t.correlation_id = g.correlation_id
),
known AS (
    SELECT
        j.*,
        a.correlation_id AS aoai_correlation_id,
        a.object_id, a.duration_ms AS aoai_ms, a.streamed AS aoai_streamed, a.operation AS aoai_operation,
        a.model AS aoai_model, a.model_version AS aoai_model_version,
        a.prompt_tokens AS aoai_prompt_tokens, a.completion_tokens AS aoai_completion_tokens,
        a.cached_tokens AS aoai_cached_tokens,
        coalesce(a.resource, h.resource, nullif(split_part(j.backend_host, '.', 1), '')) AS resource,
        coalesce(a.region, j.aoai_region, h.region, r.region) AS found_region,
        coalesce(j.deployment, j.llm_deployment, a.deployment, j.requested_model) AS any_deployment,
        coalesce(j.cache, '') = 'hit' AS cache_hit,
        coalesce(j.status_code BETWEEN 200 AND 299, false) AS succeeded,
        coalesce(nullif(j.llm_model, ''), nullif(j.body_model, ''), nullif(j.served_model, '')) AS served
    FROM joined j
    LEFT JOIN aoai_calls a ON a.correlation_id = j.aoai_id
    LEFT JOIN hosts h ON h.backend_host = j.backend_host
    LEFT JOIN resource_regions r ON r.resource = coalesce(h.resource, split_part(j.backend_host, '.', 1))
),
-- The rung of the ladder, best first (research: log schemas, section 9). The LLM log of a stream without include_usage
-- may hold the prompt and no completion: then a body that shows a completion is the better source.
sourced AS (
    SELECT
        k.*,
        CASE
            WHEN k.cache_hit OR k.told_again THEN 'none'
            WHEN coalesce(k.llm_prompt_tokens, 0) > 0
                AND NOT (coalesce(k.llm_completion_tokens, 0) = 0 AND coalesce(k.completion_tokens, 0) > 0)
                THEN 'llm_log'
            -- a row that was only guessed to belong to the call never overrules the call's own usage
            WHEN coalesce(k.aoai_prompt_tokens, 0) > 0
                AND NOT (k.apim_request_id IS NULL AND k.body_source IN ('body_usage', 'stream_usage'))
                THEN 'aoai_log'
            WHEN k.body_source IN ('body_usage', 'stream_usage') THEN k.body_source
            WHEN NOT k.succeeded THEN 'none'
            WHEN k.body_source = 'tokenized' THEN 'tokenized'
            WHEN k.llm_messages_whole AND k.llm_counted_prompt_tokens > 0 AND k.llm_counted_completion_tokens > 0
                THEN 'messages'
            WHEN k.body_source IN ('extrapolated', 'lower_bound') THEN k.body_source
            WHEN k.llm_counted_prompt_tokens > 0 OR k.llm_counted_completion_tokens > 0 THEN 'messages_lower_bound'
            ELSE 'none'
        END AS rung
    FROM known k
),
counted AS (
    SELECT
        s.*,
        CASE rung WHEN 'messages' THEN 'tokenized' WHEN 'messages_lower_bound' THEN 'lower_bound' ELSE rung END
            AS token_source,
        CASE
            WHEN rung = 'llm_log' THEN s.llm_prompt_tokens
            WHEN rung = 'aoai_log' THEN s.aoai_prompt_tokens
            -- the messages show no tools that are offered: a request body that was counted whole, beside an answer that was
            -- not, is the better word for the prompt
            WHEN rung = 'messages' AND s.body_source IN ('extrapolated', 'lower_bound')
                AND s.prompt_tokens_low = s.prompt_tokens AND s.prompt_tokens_high = s.prompt_tokens
                THEN s.prompt_tokens
            -- 3 tokens prime the answer, once a request (research: tokens, rule 1)
            WHEN rung IN ('messages', 'messages_lower_bound') THEN coalesce(s.llm_counted_prompt_tokens + 3, 0)
            WHEN rung = 'none' THEN 0
            ELSE coalesce(s.prompt_tokens, 0)
        END AS best_prompt_tokens,
        CASE
            WHEN rung = 'llm_log' THEN coalesce(s.llm_completion_tokens, 0)
            WHEN rung = 'aoai_log' THEN coalesce(s.aoai_completion_tokens, 0)
            WHEN rung IN ('messages', 'messages_lower_bound') THEN coalesce(s.llm_counted_completion_tokens, 0)
            WHEN rung = 'none' THEN 0
            ELSE coalesce(s.completion_tokens, 0)
        END AS best_completion_tokens
    FROM sourced s
)
SELECT
    service,
    correlation_id,
    started_at,
    started_at::DATE AS day,
    api,
    api_id,
    operation_id,
    method,
    coalesce(apim_subscription, '') AS apim_subscription,
    coalesce(product_id, '') AS product,
    coalesce(entra_app, object_id, '') AS entra_app,
    coalesce(caller_ip, '') AS caller_ip,
    coalesce(caller_headers, '') AS caller_headers,
    coalesce(backend_id, '') AS backend_id,
    coalesce(backend_host, '') AS backend_host,
    coalesce(resource, '') AS resource,
    coalesce(any_deployment, '') AS deployment,
    coalesce(found_region, '') AS region,
    -- the model that served, its date apart; a name without a date takes the version that the AOAI log states
    coalesce(served, '') AS served_model,
    coalesce(aoai_model, '') AS aoai_model,
    coalesce(aoai_model_version, '') AS aoai_model_version,
    status_code,
    backend_status_code,
    succeeded,
    coalesce(status_code = 429, false) AS throttled,
    cache_hit,
    total_ms,
    backend_ms,
    ttft_ms,
    aoai_ms,
    coalesce(streamed, llm_streamed, aoai_streamed, false) AS streamed,
    token_source,
    best_prompt_tokens AS prompt_tokens,
    least(
        coalesce(
            CASE WHEN body_source IN ('body_usage', 'stream_usage') THEN cached_tokens END, aoai_cached_tokens, 0
        ),
        best_prompt_tokens
    ) AS cached_tokens,
    CASE WHEN rung = 'none' THEN 0 ELSE coalesce(cache_write_tokens, 0) END AS cache_write_tokens,
    best_completion_tokens AS completion_tokens,
    least(coalesce(reasoning_tokens, 0), best_completion_tokens) AS reasoning_tokens,
    CASE WHEN rung = 'none' THEN 0 ELSE coalesce(audio_prompt_tokens, 0) END AS audio_prompt_tokens,
    CASE WHEN rung = 'none' THEN 0 ELSE coalesce(audio_completion_tokens, 0) END AS audio_completion_tokens,
    CASE WHEN rung IN ('extrapolated', 'lower_bound') THEN prompt_tokens_low END AS prompt_tokens_low,
    CASE WHEN rung IN ('extrapolated', 'lower_bound') THEN prompt_tokens_high END AS prompt_tokens_high,
    CASE WHEN rung IN ('extrapolated', 'lower_bound') THEN completion_tokens_low END AS completion_tokens_low,
    CASE WHEN rung IN ('extrapolated', 'lower_bound') THEN completion_tokens_high END AS completion_tokens_high,
    -- our own count where the service's is known too: it measures our error, and changes no figure
    CASE
        WHEN rung IN ('body_usage', 'stream_usage') THEN counted_prompt_tokens
        WHEN rung IN ('llm_log', 'aoai_log') AND body_source = 'tokenized' THEN prompt_tokens
    END AS own_prompt_tokens,
    CASE
        WHEN coalesce(notes, '') LIKE '%reasoning_not_visible%' AND reasoning_tokens IS NULL THEN NULL
        WHEN rung IN ('body_usage', 'stream_usage') THEN counted_completion_tokens
        WHEN rung IN ('llm_log', 'aoai_log') AND body_source = 'tokenized' THEN completion_tokens
    END AS own_completion_tokens,
    -- reasoning that the bodies of this call do not show, where something states it
    CASE
        WHEN body_source IN ('body_usage', 'stream_usage') THEN reasoning_tokens
        WHEN rung IN ('llm_log', 'aoai_log') AND body_source = 'tokenized'
            AND coalesce(notes, '') LIKE '%reasoning_not_visible%'
            THEN greatest(best_completion_tokens - completion_tokens, 0)
    END AS hidden_tokens,
    -- counted from what is visible, of a model that reasons out of sight
    rung IN ('tokenized', 'extrapolated', 'lower_bound', 'messages', 'messages_lower_bound')
        AND (
            coalesce(notes, '') LIKE '%reasoning_not_visible%'
            OR (rung LIKE 'messages%' AND regexp_matches(lower(coalesce(served, '')), '^(o[1-9]|gpt-5|gpt-6|gpt-oss|codex)'))
        ) AS hides_reasoning,
    lower(coalesce(service_tier, processed_tier, '')) AS service_tier,
    coalesce(spilled_over, false) AS spilled_over,
    llm_matched,
    CASE
        WHEN aoai_correlation_id IS NULL THEN NULL
        WHEN apim_request_id IS NULL THEN 'heuristic'
        ELSE coalesce(apim_request_id_from, 'header')
    END AS aoai_match,
    aoai_id,
    error_source,
    error_reason,
    retry_after_s,
    finish_reason,
    content_filtered,
    max_tokens,
    notes,
    CASE WHEN body_source IN ('body_usage', 'stream_usage') AND rung <> 'none' THEN coalesce(cached_audio_tokens, 0) ELSE 0 END
        AS cached_audio_tokens,
    CASE WHEN rung = 'none' THEN 0 ELSE coalesce(image_prompt_tokens, 0) END AS image_prompt_tokens,
    CASE WHEN body_source IN ('body_usage', 'stream_usage') AND rung <> 'none' THEN coalesce(cached_image_tokens, 0) ELSE 0 END
        AS cached_image_tokens,
    CASE WHEN rung = 'none' THEN 0 ELSE coalesce(image_completion_tokens, 0) END AS image_completion_tokens,
    -- what is sold by the piece; tokens, where some log states them, go before
    CASE WHEN rung = 'none' OR best_prompt_tokens + best_completion_tokens > 0 THEN 0 ELSE coalesce(images, 0) END AS images,
    coalesce(image_grade, '') AS image_grade,
    CASE WHEN rung = 'none' OR best_prompt_tokens + best_completion_tokens > 0 THEN 0 ELSE coalesce(characters, 0) END
        AS characters,
    CASE WHEN rung = 'none' OR best_prompt_tokens + best_completion_tokens > 0 THEN 0 ELSE coalesce(audio_seconds, 0) END
        AS audio_seconds,
    -- whether the tokens are told apart by text, audio and image; and those of them that came from the cache
    audio_prompt_tokens IS NOT NULL OR image_prompt_tokens IS NOT NULL AS split_known,
    cached_audio_tokens IS NOT NULL OR cached_image_tokens IS NOT NULL AS cached_split_known,
    traced_ttft_ms
FROM counted;

-- AOAI rows that no gateway row claims. An attempt failed while the gateway held a call that it then sent elsewhere; a
-- doubtful row could be one of several calls whose apim-request-id was not logged; the rest never came through the gateway.
CREATE VIEW unclaimed_attempts AS
WITH unclaimed AS MATERIALIZED (
    SELECT *, coalesce(started_at, logged_at) AS began_at,
        -- a deployment of another name behind the same gateway may have refused a call
        (status_code IN (408, 429) OR status_code >= 500) AND resource IN (SELECT resource FROM hosts) AS refused
    FROM unclaimed_calls
    WHERE correlation_id NOT IN (SELECT aoai_correlation_id FROM heuristic_matches)
        AND coalesce(operation, '') NOT ILIKE '%\_List' ESCAPE '\'
),
-- Of a refused one it is enough to know that the gateway held any call: one begun in an earlier second that ends later.
-- Few rows are left for the slower question which calls those were.
seconds AS (
    SELECT epoch(started_at)::BIGINT AS second, max(started_at + to_milliseconds(coalesce(total_ms, 0) + 1)) AS until
    FROM gateway
    WHERE aoai_url OR lower(api_id) IN (SELECT lower(api_id) FROM listed_apis)
    GROUP BY second
),
busy AS (SELECT second, max(until) OVER (ORDER BY second) AS until FROM seconds),
surely AS MATERIALIZED (
    SELECT u.correlation_id
    FROM (SELECT correlation_id, began_at, epoch(began_at)::BIGINT AS second FROM unclaimed WHERE refused) u
    ASOF JOIN busy b ON u.second > b.second
    WHERE b.until > u.began_at
),
-- Which calls were held at a moment is asked slot by slot, since slots join by equality: as long as it takes, on average,
-- until one more row begins that nobody claims, within bounds that suit the length of a call.
slots AS MATERIALIZED (
    SELECT greatest(5, least(60, epoch(max(began_at) - min(began_at))::BIGINT // greatest(count(began_at), 1))) AS seconds
    FROM unclaimed ANTI JOIN surely USING (correlation_id)
),
spans AS NOT MATERIALIZED (
    SELECT service, correlation_id, api_id, aoai_url, deployment, requested_model, request_body_bytes, started_at,
        apim_request_id IS NULL AND backend_status_code IS NOT NULL AS without_id, coalesce(total_ms, 0) AS total_ms,
        epoch(started_at)::BIGINT // seconds AS slot,
        (epoch(started_at)::BIGINT + coalesce(total_ms, 0) // 1000 + 1) // seconds AS last_slot
    FROM gateway, slots
),
held AS (
    SELECT * FROM spans
    UNION ALL
    SELECT * REPLACE (unnest(range(slot + 1, last_slot + 1)) AS slot) FROM spans WHERE last_slot > slot
),
-- the calls that the gateway held when one of them began; what the other logs say is asked of these few alone
meanwhile AS MATERIALIZED (
    SELECT u.correlation_id AS attempt, lower(u.deployment) AS attempt_deployment, u.request_bytes,
        u.refused, h.* EXCLUDE (slot, last_slot)
    FROM (SELECT *, epoch(began_at)::BIGINT // seconds AS slot FROM unclaimed ANTI JOIN surely USING (correlation_id), slots) u
    JOIN held h
        ON h.slot = u.slot
        AND u.began_at >= h.started_at
        AND u.began_at < h.started_at + to_milliseconds(h.total_ms + 1)
),
around AS (
    SELECT c.attempt AS correlation_id, bool_or(c.without_id AND m.correlation_id IS NULL) AS loose, count(*) AS calls
    FROM meanwhile c
    LEFT JOIN (
        FROM llm_calls
        SEMI JOIN (FROM meanwhile WHERE aoai_url IS NOT TRUE OR deployment IS NULL) USING (service, correlation_id)
    ) l
        ON l.service = c.service AND l.correlation_id = c.correlation_id
    LEFT JOIN heuristic_matches m ON m.service = c.service AND m.correlation_id = c.correlation_id
    WHERE (c.aoai_url OR l.correlation_id IS NOT NULL OR lower(c.api_id) IN (SELECT lower(api_id) FROM listed_apis))
        AND (
            c.attempt_deployment = lower(coalesce(c.deployment, l.deployment, c.requested_model))
            OR c.request_bytes = c.request_body_bytes
            OR c.refused
        )
    GROUP BY c.attempt
)
SELECT
    u.* EXCLUDE (refused),
    CASE
        WHEN s.correlation_id IS NOT NULL THEN 'retried_attempt'
        WHEN r.calls IS NOT NULL AND NOT coalesce(u.status_code BETWEEN 200 AND 299, false) THEN 'retried_attempt'
        WHEN r.loose THEN 'doubtful'
        ELSE 'bypass'
    END AS origin
FROM unclaimed u
LEFT JOIN around r ON r.correlation_id = u.correlation_id
LEFT JOIN surely s ON s.correlation_id = u.correlation_id;

-- Gateway rows of other APIs: counted, and left out of every figure.
CREATE VIEW other_api_requests AS
SELECT g.*
FROM gateway g
ANTI JOIN llm l ON l.service = g.service AND l.correlation_id = g.correlation_id
WHERE NOT coalesce(g.aoai_url, false)
    AND NOT coalesce(lower(g.api_id) IN (SELECT lower(api_id) FROM listed_apis), false);
