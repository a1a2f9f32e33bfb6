-- Usage at the grain that is priced alike, beside the columns asked for ({by}).
SELECT
    {by},
    {day} AS price_day, model AS price_model, model_version, deployment_type, region AS price_region, tier, long_context,
    {token_source} AS token_source,
    {unmeasured} AS unmeasured,
    grade AS image_grade,
    sum(requests)::BIGINT AS requests,
    sum(failed_requests)::BIGINT AS failed_requests,
    sum(missing_requests)::BIGINT AS missing_requests,
    sum(CASE WHEN {unmeasured} <> '' THEN requests ELSE paid_requests END)::BIGINT AS billable_requests,
    sum(prompt_tokens)::BIGINT AS prompt_tokens,
    sum(cached_tokens)::BIGINT AS cached_tokens,
    sum(cache_write_tokens)::BIGINT AS cache_write_tokens,
    sum(completion_tokens)::BIGINT AS completion_tokens,
    sum(reasoning_tokens)::BIGINT AS reasoning_tokens,
    sum(audio_prompt_tokens)::BIGINT AS audio_prompt_tokens,
    sum(audio_completion_tokens)::BIGINT AS audio_completion_tokens,
    sum(cached_audio_tokens)::BIGINT AS cached_audio_tokens,
    sum(image_prompt_tokens)::BIGINT AS image_prompt_tokens,
    sum(cached_image_tokens)::BIGINT AS cached_image_tokens,
    sum(image_completion_tokens)::BIGINT AS image_completion_tokens,
    sum(images)::BIGINT AS images,
    sum(characters)::BIGINT AS characters,
    sum(audio_seconds)::BIGINT AS audio_seconds
FROM {source}
WHERE {where}
GROUP BY ALL
ORDER BY ALL
