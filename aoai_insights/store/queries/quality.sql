-- Matches and leftovers of the period in one row.
SELECT
    (SELECT count(*) FROM period) AS requests,
    (SELECT count(*) FROM period WHERE NOT succeeded) AS failed_requests,
    (SELECT count(*) FROM period WHERE llm_matched) AS llm_matched,
    (SELECT count(*) FROM period WHERE aoai_match = 'header') AS header_matched,
    (SELECT count(*) FROM period WHERE aoai_match = 'trace') AS trace_matched,
    (SELECT count(*) FROM period WHERE aoai_match = 'heuristic') AS heuristic_matched,
    -- those that were read, and those that a workspace counted and kept; an hour is counted one way
    (SELECT count(*) FROM other_api_requests o WHERE started_at >= $start AND started_at < $end AND NOT EXISTS (
        FROM collected_hours h WHERE h.hour = date_trunc('hour', o.started_at) AND h.other_records IS NOT NULL
    )) + (SELECT coalesce(sum(other_records), 0)::BIGINT FROM collected_hours WHERE hour >= $start AND hour < $end)
        AS other_api_requests,
    (SELECT count(*) FROM unclaimed WHERE origin = 'bypass') AS bypass_requests,
    (SELECT coalesce(sum(coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0)), 0)::BIGINT
        FROM unclaimed WHERE origin = 'bypass') AS bypass_tokens,
    (SELECT count(*) FROM unclaimed WHERE origin = 'doubtful') AS doubtful_requests,
    (SELECT count(*) FROM unclaimed WHERE origin = 'retried_attempt') AS retried_attempts
FROM (SELECT 1)
