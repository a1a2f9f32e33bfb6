-- The calls that began from $start to $end and the attempts that nobody claims, as the views of migrations/0002 join them,
-- written as numbers into {into}. The views find these tables before the stored ones: the records around that time
-- ($from to $until), and those of other times that belong to its calls (join_far.sql).
-- A join that memory was short for is rolled back, but not what it had set.
RESET disabled_optimizers;
RESET asof_loop_join_threshold;

CREATE OR REPLACE TEMP VIEW gateway AS
FROM {store}.gateway WHERE started_at >= $from AND started_at < $until
UNION ALL
FROM {store}.gateway
WHERE started_at < $from AND total_ms > $margin_ms
    AND started_at + to_milliseconds(least(total_ms, $longest_ms)) >= $from;

CREATE OR REPLACE TEMP VIEW llm AS
FROM {store}.llm WHERE started_at >= $llm_from AND started_at < $llm_until
UNION ALL
FROM far_llm WHERE started_at IS NULL OR started_at < $llm_from OR started_at >= $llm_until;

CREATE OR REPLACE TEMP VIEW aoai AS
FROM {store}.aoai WHERE logged_at >= $from AND logged_at < $logged_until
UNION ALL
FROM far_aoai WHERE logged_at IS NULL OR logged_at < $from OR logged_at >= $logged_until;

CREATE OR REPLACE TEMP TABLE llm_several AS FROM {store}.llm_several;
CREATE OR REPLACE TEMP TABLE aoai_several AS FROM {store}.aoai_several;
CREATE OR REPLACE TEMP TABLE unclaimed_calls AS FROM {store}.unclaimed_calls;
CREATE OR REPLACE TEMP TABLE heuristic_matches AS FROM {store}.heuristic_matches;

-- Each log is hashed and the gateway's rows, the widest, pass by, whichever of them DuckDB takes to be more.
SET disabled_optimizers = 'build_side_probe_side';
CREATE OR REPLACE TEMP TABLE span AS
SELECT * REPLACE (coalesce(api_id, '') AS api_id) FROM {store}.requests WHERE started_at >= $start AND started_at < $end;
RESET disabled_optimizers;

INSERT INTO {into}.joined_callers
SELECT (SELECT coalesce(max(caller_id), 0) FROM {into}.joined_callers) + row_number() OVER (), *
FROM (SELECT DISTINCT {callers} FROM span EXCEPT SELECT {callers} FROM {into}.joined_callers);

INSERT INTO {into}.joined_servers
SELECT (SELECT coalesce(max(server_id), 0) FROM {into}.joined_servers) + row_number() OVER (), *
FROM (SELECT DISTINCT {servers} FROM span EXCEPT SELECT {servers} FROM {into}.joined_servers);

INSERT INTO {into}.joined_marks
SELECT (SELECT coalesce(max(mark_id), 0) FROM {into}.joined_marks) + row_number() OVER (), *
FROM (SELECT DISTINCT {marks} FROM span EXCEPT SELECT {marks} FROM {into}.joined_marks);

DELETE FROM {into}.joined_calls WHERE started_at >= $start AND started_at < $end;
INSERT INTO {into}.joined_calls
SELECT s.started_at, caller_id, server_id, mark_id, {numbers}
FROM span s
LEFT JOIN {into}.joined_callers c ON {same_caller}
LEFT JOIN {into}.joined_servers v ON {same_server}
LEFT JOIN {into}.joined_marks m ON {same_mark}
ORDER BY s.started_at;

DELETE FROM {into}.joined_attempts WHERE began_at >= $start AND began_at < $end;
-- DuckDB takes the rows that nobody claims to be fewer than they are, and would compare each with every second.
SET asof_loop_join_threshold = 0;
INSERT INTO {into}.joined_attempts FROM {store}.unclaimed_attempts WHERE began_at >= $start AND began_at < $end;
RESET asof_loop_join_threshold;

DELETE FROM {into}.joined_others WHERE hour >= $start AND hour < $end;
INSERT INTO {into}.joined_others
SELECT date_trunc('hour', started_at) AS hour, count(*) AS calls
FROM {store}.other_api_requests
WHERE started_at >= $start AND started_at < $end
GROUP BY hour
