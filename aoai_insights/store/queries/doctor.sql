-- What the logs' settings left undone, in calls of the period.
SELECT count(*) AS requests,
    count(*) FILTER (WHERE backend_status_code IS NOT NULL) AS forwarded,
    count(*) FILTER (WHERE aoai_id IS NOT NULL AND coalesce(aoai_match, '') <> 'heuristic' AND backend_status_code IS NOT NULL)
        AS with_id,
    count(*) FILTER (WHERE streamed AND succeeded) AS streams,
    count(*) FILTER (WHERE streamed AND succeeded
        AND token_source NOT IN ('llm_log', 'aoai_log', 'body_usage', 'stream_usage')) AS streams_without_usage,
    coalesce(sum(prompt_tokens + completion_tokens) FILTER (WHERE streamed AND succeeded
        AND token_source NOT IN ('llm_log', 'aoai_log', 'body_usage', 'stream_usage')), 0)::BIGINT AS streams_tokens,
    coalesce(sum(prompt_tokens + completion_tokens) FILTER (WHERE (aoai_id IS NULL OR aoai_match = 'heuristic')
        AND backend_status_code IS NOT NULL), 0)::BIGINT
        AS tokens_without_id,
    count(*) FILTER (WHERE succeeded AND region = '') AS without_region
FROM requests WHERE started_at >= $start AND started_at < $end
