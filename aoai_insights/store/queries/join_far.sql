-- Rows that stand at another time than the calls that they belong to, or at none: of the calls from $from to $until. There are
-- hardly ever any, so they are looked for once, among all; of the others no more than id and time is read.
CREATE OR REPLACE TEMP TABLE far_llm AS
FROM {store}.llm
WHERE rowid IN (
    SELECT l.rowid
    FROM {store}.llm l
    JOIN {store}.gateway g ON g.correlation_id = l.correlation_id -- of whatever service: the views tell them apart
    WHERE g.started_at >= $from AND g.started_at < $until
        AND (l.started_at IS NULL OR abs(epoch(l.started_at) - epoch(g.started_at)) > $margin_s)
);

CREATE OR REPLACE TEMP TABLE far_aoai AS
FROM {store}.aoai
WHERE rowid IN (
    SELECT a.rowid
    FROM {store}.aoai a
    JOIN {store}.gateway g ON g.apim_request_id = a.correlation_id
    WHERE g.started_at >= $from AND g.started_at < $until AND abs(epoch(a.logged_at) - epoch(g.started_at)) > $margin_s
    UNION ALL
    SELECT rowid
    FROM {store}.aoai
    WHERE correlation_id IN (
        SELECT correlation_id
        FROM {store}.aoai
        WHERE logged_at IS NULL
            OR started_at >= $from AND started_at < $until AND abs(epoch(logged_at) - epoch(started_at)) > $margin_s
    )
);

-- As the stored view says it: AOAI rows that no gateway row names, of whatever time.
CREATE OR REPLACE TEMP TABLE unclaimed_ids AS
WITH around AS MATERIALIZED (
    SELECT correlation_id FROM {store}.aoai WHERE logged_at >= $from AND logged_at < $logged_until
    UNION
    SELECT correlation_id FROM far_aoai
)
FROM around
WHERE correlation_id NOT IN (SELECT apim_request_id FROM {store}.gateway WHERE apim_request_id IN (FROM around))
