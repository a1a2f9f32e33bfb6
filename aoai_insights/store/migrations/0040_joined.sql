-- What the view `requests` says of each day's calls, kept as numbers until something that it rests on changes, so that
-- no question has to join months of logs again. Nothing here is a source of anything: it can be made anew from the
-- records at any time, and days that are not here, or not as they were, are joined when they are asked for (joined.py).

-- Each combination of names is written once: who calls, what serves, and how a call went.
CREATE TABLE joined_callers (
    caller_id INTEGER NOT NULL,
    apim_subscription VARCHAR NOT NULL,
    product VARCHAR NOT NULL,
    entra_app VARCHAR NOT NULL,
    caller_ip VARCHAR NOT NULL,
    caller_headers VARCHAR NOT NULL
);

CREATE TABLE joined_servers (
    server_id INTEGER NOT NULL,
    resource VARCHAR NOT NULL,
    deployment VARCHAR NOT NULL,
    region VARCHAR NOT NULL,
    served_model VARCHAR NOT NULL,
    aoai_model VARCHAR NOT NULL,
    aoai_model_version VARCHAR NOT NULL,
    service_tier VARCHAR NOT NULL,
    spilled_over BOOLEAN NOT NULL,
    backend_id VARCHAR NOT NULL,
    backend_host VARCHAR NOT NULL,
    api_id VARCHAR NOT NULL
);

CREATE TABLE joined_marks (
    mark_id INTEGER NOT NULL,
    api VARCHAR,
    method VARCHAR,
    succeeded BOOLEAN,
    throttled BOOLEAN,
    cache_hit BOOLEAN,
    streamed BOOLEAN,
    token_source VARCHAR,
    llm_matched BOOLEAN,
    aoai_match VARCHAR,
    status_code INTEGER,
    backend_status_code INTEGER,
    error_source VARCHAR,
    error_reason VARCHAR,
    content_filtered BOOLEAN,
    notes VARCHAR,
    hides_reasoning BOOLEAN,
    image_grade VARCHAR,
    split_known BOOLEAN,
    cached_split_known BOOLEAN
);

CREATE TABLE joined_calls (
    started_at TIMESTAMP NOT NULL,
    caller_id INTEGER NOT NULL,
    server_id INTEGER NOT NULL,
    mark_id INTEGER NOT NULL,
    total_ms BIGINT,
    -- what these are less than the time before them (total_ms, then backend_ms), which takes half of the room
    backend_ms_less BIGINT,
    aoai_ms_less BIGINT,
    ttft_ms BIGINT,
    traced_ttft_ms BIGINT,
    retry_after_s BIGINT,
    max_tokens BIGINT,
    prompt_tokens BIGINT,
    cached_tokens BIGINT,
    cache_write_tokens BIGINT,
    completion_tokens BIGINT,
    reasoning_tokens BIGINT,
    audio_prompt_tokens BIGINT,
    audio_completion_tokens BIGINT,
    cached_audio_tokens BIGINT,
    image_prompt_tokens BIGINT,
    cached_image_tokens BIGINT,
    image_completion_tokens BIGINT,
    images BIGINT,
    characters BIGINT,
    audio_seconds BIGINT,
    own_prompt_tokens BIGINT,
    own_completion_tokens BIGINT,
    hidden_tokens BIGINT
);

-- AOAI rows that no call claims, and the calls of other APIs by the hour.
CREATE TABLE joined_attempts AS SELECT * FROM unclaimed_attempts LIMIT 0;
CREATE TABLE joined_others (hour TIMESTAMP NOT NULL, calls BIGINT NOT NULL);

-- Every backend host of a day, with what that day's calls prove of the resource behind it: the view `hosts` is their maximum.
CREATE TABLE joined_hosts (day DATE NOT NULL, backend_host VARCHAR NOT NULL, resource VARCHAR, region VARCHAR);

-- The days that are joined: gateway rows of each, and a digest of all that its join rests on beside the records around it.
CREATE TABLE joined_days (day DATE PRIMARY KEY, gateway_rows BIGINT NOT NULL, context VARCHAR NOT NULL);

-- Days around which records came or changed since; an empty one says that it may be any. Noted with those records, in one
-- transaction, and cleared when the days are joined.
CREATE TABLE touched_days (day DATE);

INSERT INTO touched_days
SELECT NULL FROM gateway UNION SELECT NULL FROM aoai;
