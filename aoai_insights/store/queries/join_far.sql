-- Rows that stand at another time than the calls that they belong to, or at none: of the calls from $from to $until. There are
-- hardly ever any, so they are looked for once, among all.
CREATE OR REPLACE TEMP TABLE far_llm AS
SELECT DISTINCT l.*
FROM {store}.llm l
JOIN {store}.gateway g ON g.service = l.service AND g.correlation_id = l.correlation_id
WHERE g.started_at >= $from AND g.started_at < $until
    AND (l.started_at IS NULL OR abs(epoch(l.started_at) - epoch(g.started_at)) > $margin_s);

CREATE OR REPLACE TEMP TABLE far_aoai AS
SELECT a.*
FROM {store}.aoai a
JOIN {store}.gateway g ON g.apim_request_id = a.correlation_id
WHERE g.started_at >= $from AND g.started_at < $until AND abs(epoch(a.logged_at) - epoch(g.started_at)) > $margin_s
UNION
FROM {store}.aoai
WHERE correlation_id IN (
    SELECT correlation_id
    FROM {store}.aoai
    WHERE logged_at IS NULL
        OR started_at >= $from AND started_at < $until AND abs(epoch(logged_at) - epoch(started_at)) > $margin_s
);

-- As the stored view says it: AOAI rows that no gateway row names, of whatever time.
CREATE OR REPLACE TEMP TABLE unclaimed_ids AS
WITH around AS (
    SELECT correlation_id FROM {store}.aoai WHERE logged_at >= $from AND logged_at < $logged_until
    UNION ALL
    SELECT correlation_id FROM far_aoai
)
SELECT DISTINCT correlation_id FROM around ANTI JOIN {store}.gateway g ON g.apim_request_id = around.correlation_id
