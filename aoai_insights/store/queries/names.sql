-- Everything that served in the period, as the logs name it.
SELECT DISTINCT resource, deployment, region, served_model, aoai_model, aoai_model_version, service_tier, spilled_over
FROM period ORDER BY ALL
