-- Hours around which records came or changed since they were joined, where there were days before; an empty one says that
-- it may be any. Noted with those records, in one transaction, and cleared when the hours are joined.
CREATE TABLE touched_hours (hour TIMESTAMP);

INSERT INTO touched_hours
SELECT unnest(generate_series(day::TIMESTAMP, day + INTERVAL 23 HOUR, INTERVAL 1 HOUR)) FROM touched_days WHERE day IS NOT NULL
UNION ALL
SELECT NULL FROM touched_days WHERE day IS NULL;

DROP TABLE touched_days;
