-- The period's calls with the names and marks that they stand for, one row each.
CREATE OR REPLACE TEMP VIEW period AS
SELECT j.*, j.started_at::DATE AS day, c.* EXCLUDE (caller_id), v.* EXCLUDE (server_id), m.* EXCLUDE (mark_id)
FROM joined j
LEFT JOIN callers c ON c.caller_id = j.caller_id
LEFT JOIN servers v ON v.server_id = j.server_id
LEFT JOIN marks m ON m.mark_id = j.mark_id;

-- What a mark says of a call's tokens, and what the call's own numbers add to it.
CREATE OR REPLACE TEMP MACRO is_missing(token_source, succeeded, cache_hit, method) AS
    token_source = 'none' AND succeeded AND NOT cache_hit
    AND coalesce(method, 'POST') NOT IN ('GET', 'HEAD', 'OPTIONS', 'DELETE');

-- what a price would need and no log says: the last two only of models that are priced by modality
CREATE OR REPLACE TEMP MACRO what_is_unsaid(missing, api, without_tokens, split_known, cached_and_mixed, cached_split_known) AS
    CASE
        WHEN missing AND api IN ('images', 'audio') THEN 'quantity'
        WHEN without_tokens THEN ''
        WHEN NOT split_known THEN 'split'
        WHEN cached_and_mixed AND NOT cached_split_known THEN 'cached split'
        ELSE ''
    END;

CREATE OR REPLACE TEMP VIEW period_calls AS
SELECT *,
    prompt_tokens > $long_context_tokens AS long_context,
    is_missing(token_source, succeeded, cache_hit, method) AS missing,
    what_is_unsaid(
        missing, api, prompt_tokens + completion_tokens = 0, split_known,
        cached_tokens > 0 AND audio_prompt_tokens + image_prompt_tokens > 0, cached_split_known
    ) AS unsaid,
    CASE WHEN images > 0 THEN image_grade ELSE '' END AS grade,
    1 AS requests,
    (NOT succeeded)::INTEGER AS failed_requests,
    missing::INTEGER AS missing_requests,
    (prompt_tokens + completion_tokens + images + characters + audio_seconds > 0)::INTEGER AS paid_requests
FROM period
