-- Who pays for each caller (relation `claims`) and what each server was found to be (`served`), by their numbers; each
-- row of `serving` has a number, too.
CREATE OR REPLACE TEMP TABLE payers AS
SELECT p.caller_id, c.* EXCLUDE ({callers})
FROM callers p
JOIN claims c USING ({callers});

CREATE OR REPLACE TEMP TABLE serving AS
SELECT row_number() OVER () AS serving_id, v.server_id, v.resource, v.deployment, v.backend_id, v.backend_host, v.api_id, v.spilled_over,
    s.server, s.model, s.model_version, s.deployment_type, s.region, s.tier, s.first, s.last
FROM servers v
JOIN served s
    ON s.resource = v.resource AND s.deployment = v.deployment AND s.log_region = v.region
    AND s.served_model = v.served_model AND s.aoai_model = v.aoai_model
    AND s.aoai_model_version = v.aoai_model_version AND s.service_tier = v.service_tier
    AND s.spilled_over = v.spilled_over
