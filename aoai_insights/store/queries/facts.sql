-- {of} (the period's requests, or sums of them) with what was found out about them: who pays (relation `payers`) and what served (`serving`).
-- Both relations hold every caller and every server of the period, so these left joins find exactly one row each.
CREATE OR REPLACE TEMP {made} AS
SELECT
    p.* EXCLUDE (region, service_tier),
    c.payer, c.app, c.cost_center,
    s.server, s.model, s.model_version, s.deployment_type, s.region, s.tier
FROM {of} p
LEFT JOIN payers c ON c.caller_id = p.caller_id AND p.day BETWEEN c.first AND c.last
LEFT JOIN serving s ON s.server_id = p.server_id AND p.day BETWEEN s.first AND s.last
