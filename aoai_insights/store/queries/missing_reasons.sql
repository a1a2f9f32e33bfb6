-- Why successful calls have no tokens: the notes that counting left, or that there was nothing to count.
SELECT reason, sum(requests)::BIGINT AS requests
FROM (
    SELECT unnest(string_split(missing_notes, ';')) AS reason, requests FROM cells WHERE missing_notes IS NOT NULL
)
GROUP BY reason
ORDER BY requests DESC, reason
