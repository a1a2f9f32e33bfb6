-- Why successful calls have no tokens: the notes that counting left, or that there was nothing to count.
SELECT reason, count(*) AS requests
FROM (
    SELECT unnest(string_split(coalesce(nullif(notes, ''), 'no_body'), ';')) AS reason FROM facts WHERE missing
)
GROUP BY reason
ORDER BY requests DESC, reason
