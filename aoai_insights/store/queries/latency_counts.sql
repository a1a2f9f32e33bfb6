-- Answered calls by all that latency depends on, as the comparison reads them: one packed key per combination, since
-- grouping by one integer is several times as fast as by ten columns. Low bits first: bin 10, block 12, weekday 3,
-- hour 5, output 7, prompt 6, streamed 1, model 8, unit 8.
WITH chosen AS (
    SELECT {unit} AS unit, model, streamed = 'streamed' AS streamed, prompt_tokens, completion_tokens, token_source,
        hour_number, weekday_number, started_at, {time} AS ms
    FROM calls
    WHERE outcome = 'answered' AND {time} IS NOT NULL AND {where}
),
units AS (SELECT unit, row_number() OVER (ORDER BY unit) - 1 AS id FROM (SELECT DISTINCT unit FROM chosen)),
models AS (SELECT model, row_number() OVER (ORDER BY model) - 1 AS id FROM (SELECT DISTINCT model FROM chosen)),
first_block AS (SELECT min(epoch(started_at)::BIGINT // {block_seconds}) AS number FROM chosen)
SELECT
    (u.id << 52) + (m.id << 44) + (streamed::BIGINT << 43)
    + (CASE WHEN token_source = 'none' THEN 0 WHEN prompt_tokens <= 0 THEN 1
        ELSE floor(log2(prompt_tokens) * 2)::BIGINT + 2 END << 37)
    + (CASE WHEN token_source = 'none' THEN 0 WHEN completion_tokens <= 0 THEN 1
        ELSE floor(log2(completion_tokens) * 4)::BIGINT + 2 END << 30)
    + (hour_number::BIGINT << 25) + ((weekday_number::BIGINT - 1) << 22)
    + ((epoch(started_at)::BIGINT // {block_seconds} - first_block.number) << 10)
    + least(floor(ln(greatest(ms, 1)) * 50), 1023)::BIGINT AS key,
    count(*) AS calls
FROM chosen
JOIN units u ON u.unit = chosen.unit
JOIN models m ON m.model = chosen.model
CROSS JOIN first_block
GROUP BY key
