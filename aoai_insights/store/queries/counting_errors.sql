-- Our own count beside the service's, on the calls where both are known. Reasoning is no part of either side.
SELECT
    model, own_api AS api, own_streamed AS streamed,
    sum(own_prompts)::BIGINT AS prompts,
    sum(own_prompts_exact) / nullif(sum(own_prompts), 0) AS prompt_exact,
    sum(own_prompt_tokens) / nullif(sum(stated_prompt_tokens), 0) - 1 AS prompt_error,
    sum(own_completions)::BIGINT AS completions,
    sum(own_completions_exact) / nullif(sum(own_completions), 0) AS completion_exact,
    sum(own_completion_tokens) / nullif(sum(stated_completion_tokens), 0) - 1 AS completion_error
FROM cells
WHERE own_known
GROUP BY ALL
ORDER BY ALL
