-- AOAI rows of the period that no gateway row claims.
CREATE OR REPLACE TEMP TABLE unclaimed AS
SELECT * FROM unclaimed_attempts WHERE began_at >= $start AND began_at < $end
