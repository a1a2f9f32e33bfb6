-- The gateway's calls and the AOAI log's rows by what they say of one another, in one pass: who answered behind a host, and
-- the rows that no call names, one by one.
CREATE OR REPLACE TEMP TABLE met AS
SELECT g.backend_host, g.aoai_region, a.resource, a.region,
    CASE WHEN g.correlation_id IS NULL THEN a.correlation_id END AS unclaimed_id,
    count(*) AS rows
FROM gateway g
FULL JOIN aoai a ON a.correlation_id = g.apim_request_id
GROUP BY ALL;

-- These stand in for the views of the same names and hold the same.
CREATE TEMP TABLE hosts AS
SELECT backend_host, max(resource) AS resource, max(coalesce(region, aoai_region)) AS region
FROM met
WHERE backend_host IS NOT NULL AND (region IS NOT NULL OR aoai_region IS NOT NULL)
GROUP BY backend_host;

CREATE TEMP TABLE unclaimed_ids AS
SELECT DISTINCT unclaimed_id AS correlation_id FROM met WHERE unclaimed_id IS NOT NULL;

-- These hold more, which is no harm: a call of one row is the same when it is grouped. The rows of a call differ in what
-- else their key holds, so all but one of them has another value there than most calls have. Only an id at two resources
-- is not found so, unless nobody claims it.
CREATE TEMP TABLE llm_several AS
SELECT DISTINCT service, correlation_id FROM llm WHERE sequence_number <> (SELECT mode(sequence_number) FROM llm);

CREATE TEMP TABLE aoai_several AS
SELECT correlation_id FROM aoai WHERE category <> (SELECT mode(category) FROM aoai)
UNION
SELECT unclaimed_id FROM met WHERE unclaimed_id IS NOT NULL GROUP BY unclaimed_id HAVING sum(rows) > 1;
