-- Those sums of the period's calls that every other figure is a sum of: one cell holds the calls of one caller to one server
-- on one day that went alike and are priced alike. Numbers are summed first; what they stand for is said once a cell.
CREATE OR REPLACE TEMP TABLE raw_cells AS
WITH sums AS (
    SELECT
        started_at::DATE AS day, caller_id, server_id, mark_id,
        prompt_tokens > $long_context_tokens AS long_context,
        prompt_tokens + completion_tokens = 0 AS without_tokens,
        cached_tokens > 0 AND audio_prompt_tokens + image_prompt_tokens > 0 AS cached_and_mixed,
        images > 0 AS with_images,
        own_prompt_tokens IS NOT NULL OR own_completion_tokens IS NOT NULL AS own_known,
        count(*) AS requests,
        count(*) FILTER (WHERE prompt_tokens + completion_tokens + images + characters + audio_seconds > 0) AS paid_requests,
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
        count(own_prompt_tokens) AS own_prompts,
        count(*) FILTER (WHERE own_prompt_tokens = prompt_tokens) AS own_prompts_exact,
        sum(own_prompt_tokens) AS own_prompt_tokens,
        sum(prompt_tokens) FILTER (WHERE own_prompt_tokens IS NOT NULL) AS stated_prompt_tokens,
        count(own_completion_tokens) AS own_completions,
        count(*) FILTER (WHERE own_completion_tokens = completion_tokens - reasoning_tokens) AS own_completions_exact,
        sum(own_completion_tokens) AS own_completion_tokens,
        sum(completion_tokens - reasoning_tokens) FILTER (WHERE own_completion_tokens IS NOT NULL) AS stated_completion_tokens
    FROM joined
    GROUP BY ALL
)
SELECT
    s.*, c.* EXCLUDE (caller_id), v.* EXCLUDE (server_id), token_source, hides_reasoning, calibrated_by,
    is_missing(token_source, succeeded, cache_hit, method) AS missing,
    what_is_unsaid(missing, api, without_tokens, split_known, cached_and_mixed, cached_split_known) AS unsaid,
    CASE WHEN with_images THEN image_grade ELSE '' END AS grade,
    CASE WHEN missing THEN coalesce(nullif(notes, ''), 'no_body') END AS missing_notes,
    CASE WHEN own_known THEN api END AS own_api,
    CASE WHEN own_known THEN streamed END AS own_streamed,
    CASE WHEN succeeded THEN 0 ELSE requests END AS failed_requests,
    CASE WHEN missing THEN requests ELSE 0 END AS missing_requests,
    CASE WHEN llm_matched THEN requests ELSE 0 END AS llm_matched,
    CASE WHEN aoai_match = 'header' THEN requests ELSE 0 END AS header_matched,
    CASE WHEN aoai_match = 'trace' THEN requests ELSE 0 END AS trace_matched,
    CASE WHEN aoai_match = 'heuristic' THEN requests ELSE 0 END AS heuristic_matched
FROM sums s
LEFT JOIN callers c ON c.caller_id = s.caller_id
LEFT JOIN servers v ON v.server_id = s.server_id
LEFT JOIN marks m ON m.mark_id = s.mark_id
