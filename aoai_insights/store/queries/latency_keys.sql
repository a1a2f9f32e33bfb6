-- Answered calls by all that latency depends on, each as one number, latency/counts.py says why: low bits first, bin 10,
-- block 12, output 7, prompt 6, streamed 1, weekend 1, hour 5, and the row of `serving` in what 63 bits leave. No part is
-- ever larger than its bits.
SELECT
    (serving_id::BIGINT << 42) + (hour_number::BIGINT << 37) + ((weekday_number >= 6)::BIGINT << 36)
    + ((streamed = 'streamed')::BIGINT << 35)
    + (CASE WHEN tokenless THEN 0 WHEN prompt_tokens <= 0 THEN 1
        ELSE least(floor(log2(prompt_tokens) * 2)::BIGINT + 2, 63) END << 29)
    + (CASE WHEN tokenless THEN 0 WHEN completion_tokens <= 0 THEN 1
        ELSE least(floor(log2(completion_tokens) * 4)::BIGINT + 2, 127) END << 22)
    + ((epoch(started_at)::BIGINT // {block_seconds} - {first_block}) << 10)
    + least(floor(ln(greatest({time}, 1)) * 50), 1023)::BIGINT AS key
{asked}
