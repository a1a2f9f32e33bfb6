-- The narrowest group that knows a call's model extends its visible tokens by the mean of its own hidden ones; a call that
-- no group knows is a lower bound. Either way it is an estimate from here on.
UPDATE period_rows
SET
    completion_tokens = completion_tokens + extra,
    reasoning_tokens = least(reasoning_tokens + extra, completion_tokens + extra),
    token_source = CASE WHEN width IS NULL OR period_rows.token_source = 'lower_bound' THEN 'lower_bound' ELSE 'extrapolated' END,
    calibrated_by = width
FROM (
    SELECT p.rowid AS row, min(c.width) AS width, coalesce(round(arg_min(c.mean_tokens, c.width)), 0)::BIGINT AS extra
    FROM period_rows p
    LEFT JOIN calibration c
        ON c.served_model = p.served_model
        AND (c.width > 1 OR (c.resource = p.resource AND c.deployment = p.deployment))
        AND (c.width > 2 OR c.streamed = p.streamed)
        AND (c.width > 3 OR c.api = p.api)
    WHERE p.hides_reasoning
    GROUP BY p.rowid
) AS best
WHERE period_rows.rowid = best.row
