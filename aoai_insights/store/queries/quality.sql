-- Matches and leftovers of the period in one row.
SELECT
    (SELECT coalesce(sum(requests), 0)::BIGINT FROM raw_cells) AS requests,
    (SELECT coalesce(sum(failed_requests), 0)::BIGINT FROM raw_cells) AS failed_requests,
    (SELECT coalesce(sum(llm_matched), 0)::BIGINT FROM raw_cells) AS llm_matched,
    (SELECT coalesce(sum(header_matched), 0)::BIGINT FROM raw_cells) AS header_matched,
    (SELECT coalesce(sum(trace_matched), 0)::BIGINT FROM raw_cells) AS trace_matched,
    (SELECT coalesce(sum(heuristic_matched), 0)::BIGINT FROM raw_cells) AS heuristic_matched,
    -- those that were read, and those that a workspace counted and kept; an hour is counted one way
    (SELECT coalesce(sum(calls), 0)::BIGINT FROM others o WHERE NOT EXISTS (
        FROM collected_hours h WHERE h.hour = o.hour AND h.other_records IS NOT NULL
    )) + (SELECT coalesce(sum(other_records), 0)::BIGINT FROM collected_hours WHERE hour >= $start AND hour < $end)
        AS other_api_requests,
    (SELECT count(*) FROM unclaimed WHERE origin = 'bypass') AS bypass_requests,
    (SELECT coalesce(sum(coalesce(prompt_tokens, 0) + coalesce(completion_tokens, 0)), 0)::BIGINT
        FROM unclaimed WHERE origin = 'bypass') AS bypass_tokens,
    (SELECT count(*) FROM unclaimed WHERE origin = 'doubtful') AS doubtful_requests,
    (SELECT count(*) FROM unclaimed WHERE origin = 'retried_attempt') AS retried_attempts
FROM (SELECT 1)
