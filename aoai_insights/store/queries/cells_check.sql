-- Every call that was joined is in a cell, and its caller, server and mark are known.
SELECT
    (SELECT count(*) FROM joined) AS calls,
    (SELECT coalesce(sum(requests), 0)::BIGINT FROM raw_cells
        WHERE apim_subscription IS NOT NULL AND resource IS NOT NULL AND token_source IS NOT NULL) AS named
