-- Everybody who called in the period.
SELECT DISTINCT apim_subscription, product, entra_app, caller_ip, caller_headers FROM raw_cells ORDER BY ALL
