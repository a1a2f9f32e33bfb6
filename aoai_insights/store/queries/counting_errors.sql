-- Our own count beside the service's, on the calls where both are known. Reasoning is no part of either side.
SELECT
    model, api, streamed,
    count(own_prompt_tokens) AS prompts,
    avg((own_prompt_tokens = prompt_tokens)::INTEGER) FILTER (WHERE own_prompt_tokens IS NOT NULL) AS prompt_exact,
    sum(own_prompt_tokens) / nullif(sum(prompt_tokens) FILTER (WHERE own_prompt_tokens IS NOT NULL), 0) - 1 AS prompt_error,
    count(own_completion_tokens) AS completions,
    avg((own_completion_tokens = completion_tokens - reasoning_tokens)::INTEGER)
        FILTER (WHERE own_completion_tokens IS NOT NULL) AS completion_exact,
    sum(own_completion_tokens)
        / nullif(sum(completion_tokens - reasoning_tokens) FILTER (WHERE own_completion_tokens IS NOT NULL), 0) - 1
        AS completion_error
FROM facts
WHERE own_prompt_tokens IS NOT NULL OR own_completion_tokens IS NOT NULL
GROUP BY ALL
ORDER BY ALL
