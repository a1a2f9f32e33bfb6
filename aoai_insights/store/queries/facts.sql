-- {of} (the period's requests, or sums of them) with what was found out about them: who pays (relation `claims`) and what served (`served`).
-- Both relations hold every caller and every set of names of the period, so these left joins find exactly one row each.
CREATE OR REPLACE TEMP {made} AS
SELECT
    p.* EXCLUDE (region, service_tier),
    c.payer, c.app, c.cost_center,
    s.server, s.model, s.model_version, s.deployment_type, s.region, s.tier
FROM {of} p
LEFT JOIN claims c
    ON c.apim_subscription = p.apim_subscription AND c.product = p.product AND c.entra_app = p.entra_app
    AND c.caller_ip = p.caller_ip AND c.caller_headers = p.caller_headers
    AND p.day BETWEEN c.first AND c.last
LEFT JOIN served s
    ON s.resource = p.resource AND s.deployment = p.deployment AND s.log_region = p.region
    AND s.served_model = p.served_model AND s.aoai_model = p.aoai_model
    AND s.aoai_model_version = p.aoai_model_version AND s.service_tier = p.service_tier
    AND s.spilled_over = p.spilled_over AND p.day BETWEEN s.first AND s.last
