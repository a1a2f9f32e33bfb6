-- How many calls of the period the join must find: those of all APIs but the others.
SELECT count(*) - (SELECT count(*) FROM others) FROM gateway WHERE started_at >= $start AND started_at < $end
