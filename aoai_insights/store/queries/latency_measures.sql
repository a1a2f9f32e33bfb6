, count(*) FILTER (WHERE outcome = 'answered') AS answered_requests,
count(*) FILTER (WHERE outcome = 'cached') AS cached_requests,
count(*) FILTER (WHERE outcome = 'cancelled') AS cancelled_requests,
count(*) FILTER (WHERE content_filtered) AS content_filtered_requests,
quantile_cont(backend_ms, [0.5, 0.9, 0.95, 0.99]) FILTER (WHERE outcome = 'answered' AND backend_ms IS NOT NULL) AS backend_ms,
quantile_cont(overhead_ms, [0.5, 0.95]) FILTER (WHERE outcome = 'answered' AND overhead_ms IS NOT NULL) AS overhead_ms,
quantile_cont(ms_per_output_token, [0.5, 0.95])
    FILTER (WHERE outcome = 'answered' AND ms_per_output_token IS NOT NULL) AS ms_per_output_token,
count(ttft_ms) FILTER (WHERE outcome = 'answered') AS ttft_requests,
quantile_cont(ttft_ms, [0.5, 0.95]) FILTER (WHERE outcome = 'answered' AND ttft_ms IS NOT NULL) AS ttft_ms,
count(ttft_traced_ms) FILTER (WHERE outcome = 'answered') AS ttft_traced_requests,
quantile_cont(ttft_traced_ms, [0.5, 0.95]) FILTER (WHERE outcome = 'answered' AND ttft_traced_ms IS NOT NULL) AS ttft_traced_ms,
count(ttft_proxy_ms) FILTER (WHERE outcome = 'answered') AS ttft_proxy_requests,
quantile_cont(ttft_proxy_ms, [0.5, 0.95]) FILTER (WHERE outcome = 'answered' AND ttft_proxy_ms IS NOT NULL) AS ttft_proxy_ms
