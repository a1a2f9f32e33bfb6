-- Usage at the grain that is priced alike, beside the columns asked for ({by}).
SELECT
    {by},
    day AS price_day, model AS price_model, model_version, deployment_type, region AS price_region, tier, long_context,
    token_source,
    count(*) AS requests,
    count(*) FILTER (WHERE NOT succeeded) AS failed_requests,
    count(*) FILTER (WHERE missing) AS missing_requests,
    count(*) FILTER (WHERE prompt_tokens + completion_tokens > 0) AS billable_requests,
    sum(prompt_tokens)::BIGINT AS prompt_tokens,
    sum(cached_tokens)::BIGINT AS cached_tokens,
    sum(cache_write_tokens)::BIGINT AS cache_write_tokens,
    sum(completion_tokens)::BIGINT AS completion_tokens,
    sum(reasoning_tokens)::BIGINT AS reasoning_tokens,
    sum(audio_prompt_tokens)::BIGINT AS audio_prompt_tokens,
    sum(audio_completion_tokens)::BIGINT AS audio_completion_tokens
FROM facts
WHERE {where}
GROUP BY ALL
ORDER BY ALL
