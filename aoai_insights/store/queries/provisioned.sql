-- Usage of provisioned deployments by the hour and by everything that their cost is split by. Times are UTC.
SELECT
    lower(resource) AS resource, lower(deployment) AS deployment,
    date_trunc('hour', started_at) AS hour,
    app, cost_center, model, region, token_source,
    count(*) AS requests,
    sum(prompt_tokens)::BIGINT AS prompt_tokens,
    sum(cached_tokens)::BIGINT AS cached_tokens,
    sum(completion_tokens)::BIGINT AS completion_tokens
FROM facts
WHERE tier = 'provisioned'
GROUP BY ALL
ORDER BY ALL
