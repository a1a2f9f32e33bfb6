-- Everything that served from one day to another ($first, $last, inclusive), as the logs name it, and how many calls with something to pay it answered.
SELECT resource, deployment, region, served_model, aoai_model, aoai_model_version, service_tier, spilled_over,
    sum(paid_requests)::BIGINT AS billable_requests
FROM raw_cells WHERE day BETWEEN $first AND $last GROUP BY ALL ORDER BY ALL
