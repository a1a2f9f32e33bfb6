-- What was read of which workspace's table, hour by hour of TimeGenerated. An hour that is asked for stands here before
-- it is read, so that a run that dies leaves it as not whole.
CREATE TABLE collected_hours (
    workspace_id VARCHAR NOT NULL,
    source_table VARCHAR NOT NULL,
    hour TIMESTAMP NOT NULL,
    complete BOOLEAN NOT NULL,
    records BIGINT NOT NULL,
    reason VARCHAR,
    read_at TIMESTAMP NOT NULL,
    -- rows of the table that the reading query left out: calls of other APIs; NULL where nobody counted
    other_records BIGINT,
    PRIMARY KEY (workspace_id, source_table, hour)
);

-- The newest ingestion time of which everything is here. Rows that reach the workspace later are read by the next run,
-- whatever day they are of.
CREATE TABLE watermarks (
    workspace_id VARCHAR NOT NULL,
    source_table VARCHAR NOT NULL,
    workspace_name VARCHAR NOT NULL,
    ingested_until TIMESTAMP,
    succeeded_at TIMESTAMP,
    PRIMARY KEY (workspace_id, source_table)
);
