-- The narrowest group that knows a call's model extends its visible tokens by the mean of its own hidden ones; a call that
-- no group knows is a lower bound. Either way it is an estimate from here on. What is added is the same for all calls of one
-- server that went alike, so it is found once for them, with a mark of their own that says so.
CREATE OR REPLACE TEMP TABLE extras AS
WITH silent AS (
    SELECT DISTINCT server_id, mark_id
    FROM joined_as_logged
    WHERE mark_id IN (SELECT mark_id FROM marks WHERE hides_reasoning)
),
best AS (
    SELECT s.server_id, s.mark_id, min(c.width) AS width,
        coalesce(round(arg_min(c.mean_tokens, c.width)), 0)::BIGINT AS extra
    FROM silent s
    LEFT JOIN servers v ON v.server_id = s.server_id
    LEFT JOIN marks m ON m.mark_id = s.mark_id
    LEFT JOIN calibration c
        ON c.served_model = v.served_model
        AND (c.width > 1 OR (c.resource = v.resource AND c.deployment = v.deployment))
        AND (c.width > 2 OR c.streamed = m.streamed)
        AND (c.width > 3 OR c.api = m.api)
    GROUP BY ALL
)
SELECT *,
    (SELECT max(mark_id) FROM marks) + dense_rank() OVER (ORDER BY mark_id, width) AS extended_mark_id
FROM best;

INSERT INTO marks
SELECT DISTINCT m.* REPLACE (
    extended_mark_id AS mark_id,
    CASE WHEN width IS NULL OR token_source = 'lower_bound' THEN 'lower_bound' ELSE 'extrapolated' END AS token_source,
    width AS calibrated_by
)
FROM extras x
JOIN marks m ON m.mark_id = x.mark_id;

CREATE OR REPLACE TEMP VIEW joined AS
SELECT j.* REPLACE (
    coalesce(x.extended_mark_id, j.mark_id) AS mark_id,
    completion_tokens + coalesce(extra, 0) AS completion_tokens,
    least(reasoning_tokens, completion_tokens) + coalesce(extra, 0) AS reasoning_tokens
)
FROM joined_as_logged j
LEFT JOIN extras x ON x.server_id = j.server_id AND x.mark_id = j.mark_id
