-- Every request of a charge period ($start inclusive, $end exclusive, UTC) with what the figures need of it.
CREATE OR REPLACE TEMP {made} AS
SELECT
    started_at, day, api, method,
    apim_subscription, product, entra_app, caller_ip, caller_headers,
    backend_id, backend_host, resource, deployment, region, served_model, aoai_model, aoai_model_version, service_tier, spilled_over,
    succeeded, throttled, cache_hit, total_ms, streamed,
    token_source, prompt_tokens, cached_tokens, cache_write_tokens, completion_tokens, reasoning_tokens,
    audio_prompt_tokens, audio_completion_tokens,
    llm_matched, aoai_match,
    api_id, status_code, backend_status_code, backend_ms, ttft_ms, aoai_ms, error_source, error_reason,
    retry_after_s, content_filtered, max_tokens, service, correlation_id, notes,
    own_prompt_tokens, own_completion_tokens, hidden_tokens, hides_reasoning, NULL::INTEGER AS calibrated_by,
    cached_audio_tokens, image_prompt_tokens, cached_image_tokens, image_completion_tokens,
    images, image_grade, characters, audio_seconds, split_known, cached_split_known,
    traced_ttft_ms
FROM requests
WHERE started_at >= $start AND started_at < $end
