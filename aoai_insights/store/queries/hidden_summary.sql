-- How many calls hide reasoning, what was added to them, and from how wide a group.
SELECT calibrated_by, sum(requests)::BIGINT AS requests, sum(reasoning_tokens)::BIGINT AS tokens
FROM raw_cells WHERE hides_reasoning GROUP BY calibrated_by ORDER BY calibrated_by
