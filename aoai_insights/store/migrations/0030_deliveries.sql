-- What was said to whom. `statements` are the figures of a report as they were handed out, one row per revision;
-- `deliveries` say of each recipient of a revision how far the message came:
--   claimed  about to be sent, nothing has left this machine
--   sending  handed over from here on; no answer yet
--   sent     the other side has taken it
--   refused  the other side has said no, or could not be reached at all: certainly not delivered
--   unknown  handed over and never answered: perhaps delivered, so never sent again by itself

CREATE TABLE statements (
    report VARCHAR NOT NULL,
    period_start TIMESTAMP NOT NULL,
    period_end TIMESTAMP NOT NULL,
    revision INTEGER NOT NULL,
    digest VARCHAR NOT NULL,
    figures VARCHAR NOT NULL,
    made_at TIMESTAMP NOT NULL,
    PRIMARY KEY (report, period_start, period_end, revision)
);

CREATE TABLE deliveries (
    key VARCHAR PRIMARY KEY,
    report VARCHAR NOT NULL,
    period_start TIMESTAMP NOT NULL,
    period_end TIMESTAMP NOT NULL,
    revision INTEGER NOT NULL,
    recipient VARCHAR NOT NULL,
    transport VARCHAR NOT NULL,
    state VARCHAR NOT NULL CHECK (state IN ('claimed', 'sending', 'sent', 'refused', 'unknown')),
    attempts INTEGER NOT NULL,
    receipt VARCHAR NOT NULL,
    content_sha256 VARCHAR NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
