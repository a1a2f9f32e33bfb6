-- The period's calls, and those sums of them that every other figure is a sum of: one cell holds the calls of one caller to
-- one server on one day that are priced alike. All columns of a cell beside its sums are those of its calls.
CREATE OR REPLACE TEMP VIEW period_calls AS
SELECT *,
    prompt_tokens > $long_context_tokens AS long_context,
    token_source = 'none' AND succeeded AND NOT cache_hit
        AND coalesce(method, 'POST') NOT IN ('GET', 'HEAD', 'OPTIONS', 'DELETE') AS missing,
    -- what a price would need and no log says: the last two only of models that are priced by modality
    CASE
        WHEN missing AND api IN ('images', 'audio') THEN 'quantity'
        WHEN prompt_tokens + completion_tokens = 0 THEN ''
        WHEN NOT split_known THEN 'split'
        WHEN cached_tokens > 0 AND NOT cached_split_known AND audio_prompt_tokens + image_prompt_tokens > 0
            THEN 'cached split'
        ELSE ''
    END AS unsaid,
    CASE WHEN images > 0 THEN image_grade ELSE '' END AS grade,
    CASE WHEN missing THEN coalesce(nullif(notes, ''), 'no_body') END AS missing_notes,
    own_prompt_tokens IS NOT NULL OR own_completion_tokens IS NOT NULL AS own_known,
    1 AS requests,
    (NOT succeeded)::INTEGER AS failed_requests,
    missing::INTEGER AS missing_requests,
    (prompt_tokens + completion_tokens + images + characters + audio_seconds > 0)::INTEGER AS paid_requests
FROM period;

CREATE OR REPLACE TEMP TABLE raw_cells AS
SELECT
    day, token_source, long_context, unsaid, grade,
    apim_subscription, product, entra_app, caller_ip, caller_headers,
    resource, deployment, region, served_model, aoai_model, aoai_model_version, service_tier, spilled_over,
    missing_notes, hides_reasoning, calibrated_by, own_known,
    CASE WHEN own_known THEN api END AS own_api, CASE WHEN own_known THEN streamed END AS own_streamed,
    sum(requests)::BIGINT AS requests,
    sum(failed_requests)::BIGINT AS failed_requests,
    sum(missing_requests)::BIGINT AS missing_requests,
    sum(paid_requests)::BIGINT AS paid_requests,
    sum(prompt_tokens)::BIGINT AS prompt_tokens,
    sum(cached_tokens)::BIGINT AS cached_tokens,
    sum(cache_write_tokens)::BIGINT AS cache_write_tokens,
    sum(completion_tokens)::BIGINT AS completion_tokens,
    sum(reasoning_tokens)::BIGINT AS reasoning_tokens,
    sum(audio_prompt_tokens)::BIGINT AS audio_prompt_tokens,
    sum(audio_completion_tokens)::BIGINT AS audio_completion_tokens,
    sum(cached_audio_tokens)::BIGINT AS cached_audio_tokens,
    sum(image_prompt_tokens)::BIGINT AS image_prompt_tokens,
    sum(cached_image_tokens)::BIGINT AS cached_image_tokens,
    sum(image_completion_tokens)::BIGINT AS image_completion_tokens,
    sum(images)::BIGINT AS images,
    sum(characters)::BIGINT AS characters,
    sum(audio_seconds)::BIGINT AS audio_seconds,
    count(*) FILTER (WHERE llm_matched) AS llm_matched,
    count(*) FILTER (WHERE aoai_match = 'header') AS header_matched,
    count(*) FILTER (WHERE aoai_match = 'trace') AS trace_matched,
    count(*) FILTER (WHERE aoai_match = 'heuristic') AS heuristic_matched,
    count(own_prompt_tokens) AS own_prompts,
    count(*) FILTER (WHERE own_prompt_tokens = prompt_tokens) AS own_prompts_exact,
    sum(own_prompt_tokens) AS own_prompt_tokens,
    sum(prompt_tokens) FILTER (WHERE own_prompt_tokens IS NOT NULL) AS stated_prompt_tokens,
    count(own_completion_tokens) AS own_completions,
    count(*) FILTER (WHERE own_completion_tokens = completion_tokens - reasoning_tokens) AS own_completions_exact,
    sum(own_completion_tokens) AS own_completion_tokens,
    sum(completion_tokens - reasoning_tokens) FILTER (WHERE own_completion_tokens IS NOT NULL) AS stated_completion_tokens
FROM period_calls
GROUP BY ALL
