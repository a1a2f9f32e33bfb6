-- Answered calls by all that latency depends on, as the comparison reads them: one packed key per combination, since
-- grouping by one integer is several times as fast as by ten columns. Low bits first: bin 10, block 12, weekday 3,
-- hour 5, output 7, prompt 6, streamed 1, then model and unit in what 63 bits leave: model takes the bits below
-- {unit_shift}. {units} and {models} are the names in their order. No part is ever larger than its bits.
SELECT
    ((list_position({units}, {unit}) - 1)::BIGINT << {unit_shift}) + ((list_position({models}, model) - 1)::BIGINT << 44)
    + ((streamed = 'streamed')::BIGINT << 43)
    + (CASE WHEN tokenless THEN 0 WHEN prompt_tokens <= 0 THEN 1
        ELSE least(floor(log2(prompt_tokens) * 2)::BIGINT + 2, 63) END << 37)
    + (CASE WHEN tokenless THEN 0 WHEN completion_tokens <= 0 THEN 1
        ELSE least(floor(log2(completion_tokens) * 4)::BIGINT + 2, 127) END << 30)
    + (hour_number::BIGINT << 25) + ((weekday_number::BIGINT - 1) << 22)
    + ((epoch(started_at)::BIGINT // {block_seconds} - {first_block}) << 10)
    + least(floor(ln(greatest({time}, 1)) * 50), 1023)::BIGINT AS key,
    count(*) AS calls
FROM calls
WHERE outcome = 'answered' AND {time} IS NOT NULL AND ({unit}) IS NOT NULL AND {where}
GROUP BY key
