-- Attempts, what failed and why, and what that took from callers, by {by}.
SELECT
    {by}
    count(*) FILTER (WHERE is_call) AS requests,
    count(*) FILTER (WHERE answered) AS answered_requests,
    count(*) FILTER (WHERE reached) AS attempts,
    count(*) FILTER (WHERE NOT is_call) AS retried_attempts,
    {causes},
    coalesce(sum(ms) FILTER (WHERE cause IS NOT NULL), 0)::BIGINT AS lost_ms,
    coalesce(sum(tokens) FILTER (WHERE cause IS NOT NULL), 0)::BIGINT AS lost_tokens,
    max(retry_after_s) AS longest_retry_after_s,
    count(*) FILTER (WHERE retry_after_s >= $odd_retry_after_s) AS odd_retry_afters,
    coalesce(sum(max_tokens) FILTER (WHERE answered AND NOT tokenless), 0)::BIGINT AS requested_max_tokens,
    coalesce(sum(completion_tokens) FILTER (WHERE answered AND NOT tokenless AND max_tokens IS NOT NULL), 0)::BIGINT
        AS used_max_tokens,
    count(*) FILTER (WHERE spilled_over) AS spilled_over_requests
FROM attempts
GROUP BY ALL
ORDER BY ALL
