-- How many calls hide reasoning, what was added to them, and from how wide a group.
SELECT calibrated_by, count(*) AS requests, sum(reasoning_tokens)::BIGINT AS tokens
FROM period WHERE hides_reasoning GROUP BY calibrated_by ORDER BY calibrated_by
