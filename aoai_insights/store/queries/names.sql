-- Everything that served from one day to another ($first, $last, inclusive), as the logs name it, and how many calls with something to pay it answered.
SELECT resource, deployment, region, served_model, aoai_model, aoai_model_version, service_tier, spilled_over,
    count(*) FILTER (WHERE prompt_tokens + completion_tokens + images + characters + audio_seconds > 0) AS billable_requests
FROM period WHERE day BETWEEN $first AND $last GROUP BY ALL ORDER BY ALL
