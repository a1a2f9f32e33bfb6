"""The meter grammar: names as the price list writes them, read word by word or refused."""

import pytest

from aoai_insights.meters.grammar import Meter, NotRead, read_meter

GPT, GPT5, GPT6 = "Azure OpenAI", "Azure OpenAI GPT5", "Azure OpenAI GPT6"
MEDIA, REASONING, PRIORITY = "Azure OpenAI Media", "Azure OpenAI Reasoning", "Azure OpenAI PP FT GPT4s"

READ = {
    # id: product, name, unit -> model, versions, direction, modality, cache, tier, scope, context, per
    "dashes": (GPT, "gpt-4o-0806-Inp-glbl Tokens", "1K",
               "gpt-4o 2024-08-06 input text none standard global - 1000"),
    "spaces and a cached price of the same model": (GPT, "gpt 4o 0806 cached Inp glbl Tokens", "1K",
               "gpt-4o 2024-08-06 input text read standard global - 1000"),
    "data zone in two words": (GPT, "gpt 4o 0806 Inp Data Zone Tokens", "1K",
               "gpt-4o 2024-08-06 input text none standard datazone - 1000"),
    "glued words are cut": (GPT, "gpt 4o mini0718 BatchOutp DataZone Tokens", "1K",
               "gpt-4o-mini 2024-07-18 output text none batch datazone - 1000"),
    "no stamp means any version": (GPT, "gpt 4.1 cached Inp regnl Tokens", "1K",
               "gpt-4.1 * input text read standard regional - 1000"),
    "a name that begins with the number": (GPT5, "5.4 longco batch cd inp Dz 1M Tokens", "1M",
               "gpt-5.4 * input text read batch datazone long 1000000"),
    "pp is priority": (PRIORITY, "4.1 mini pp cd Inp Gl Tokens", "1K",
               "gpt-4.1-mini * input text read priority global - 1000"),
    "short context is said": (GPT5, "5.6 sol ShortCo Opt PP DZ 1M Tokens", "1M",
               "gpt-5.6-sol * output text none priority datazone short 1000000"),
    "a cache write is input": (GPT5, "5.6 sol LongCo Cd Wr Std Gl 1M Tokens", "1M",
               "gpt-5.6-sol * input text write standard global long 1000000"),
    "flex with the dot left out": (GPT5, "56luna LoCo Cd Wr Fl Gl 1M Tokens", "1M",
               "gpt-5.6-luna * input text write flex global long 1000000"),
    "gpt-6 with a dash": (GPT6, "6.1-sol ShortCo Inp Std Gl 1M Tokens", "1M",
               "gpt-6.1-sol * input text none standard global short 1000000"),
    "reasoning is no part of a name": (GPT5, "GPT 5 Rsng cchd Inpt Glbl 1M Tokens", "1M",
               "gpt-5 * input text read standard global - 1000000"),
    "ccchd is cached": (GPT5, "gpt-5-codex-ccchd-inp-dzone Tokens", "1K",
               "gpt-5-codex * input text read standard datazone - 1000"),
    "codex-mini is no gpt": (REASONING, "codex mini inp cchd rgnl Tokens", "1K",
               "codex-mini * input text read standard regional - 1000"),
    "deep research": (REASONING, "o3-deep research 0626-inp-cchd-glbl 1M Tokens", "1M",
               "o3-deep-research 2025-06-26 input text read standard global - 1000000"),
    "o1 without a stamp": (GPT, "o1 Batch Inp glbl Tokens", "1K",
               "o1 * input text none batch global - 1000"),
    "a date of eight digits": (GPT5, "chat-latest 05282026 cd inp Gl 1M Tokens", "1M",
               "gpt-chat-latest 2026-05-28 input text read standard global - 1000000"),
    "embeddings have no direction": (GPT, "text-embedding-3-large-regional Tokens", "1K",
               "text-embedding-3-large * input text none standard regional - 1000"),
    "embeddings of ada": (GPT, "embedding-ada-datazone Tokens", "1K",
               "text-embedding-ada-002 * input text none standard datazone - 1000"),
    "audio of an audio model": (MEDIA, "gpt aud mn out rg 1215 1M Tokens", "1M",
               "gpt-audio-mini 2025-12-15 output audio none standard regional - 1000000"),
    "text of an audio model": (MEDIA, "gpt aud mn txt out rg 1215 1M Tokens", "1M",
               "gpt-audio-mini 2025-12-15 output text none standard regional - 1000000"),
    "text of a glued audio model": (GPT, "gpt4omini-aud1217-txt Inp DZone Tokens", "1K",
               "gpt-4o-mini-audio-preview 2024-12-17 input text none standard datazone - 1000"),
    "cached audio of realtime": (MEDIA, "gpt rt aud 0828 cchd Inp DZn Tokens", "1K",
               "gpt-realtime 2025-08-28 input audio read standard datazone - 1000"),
    "realtime of the preview": (GPT, "gpt4o realtimePrvwAudInp DataZone Tokens", "1K",
               "gpt-4o-realtime-preview * input audio none standard datazone - 1000"),
    "realtime with a number": (MEDIA, "gpt-realtime-2.1-mini Audio cd inp DZ 1M Tokens", "1M",
               "gpt-realtime-2.1-mini * input audio read standard datazone - 1000000"),
    "the audio of gpt-realtime-2": (MEDIA, "gpt-latest 05052026 opt Gl 1M Tokens", "1M",
               "gpt-realtime-2 * output audio none standard global - 1000000"),
    "diarized transcription": (MEDIA, "gpt 4o tcrb d aud inp rgnl Tokens", "1K",
               "gpt-4o-transcribe-diarize * input audio none standard regional - 1000"),
    "image of an image model": (MEDIA, "Image 2 img Batch cd inp DZ 1M Tokens", "1M",
               "gpt-image-2 * input image read batch datazone - 1000000"),
    "text of an image model": (MEDIA, "gpt img 1 mini inp cchd txt glbl Tokens", "1K",
               "gpt-image-1-mini * input text read standard global - 1000"),
    "8K is the version 0613 and before": (GPT, "gpt-4-8K-Batch-Inp-regnl Tokens", "1K",
               "gpt-4 0314,0613 input text none batch regional - 1000"),
    "128K is a turbo version": (GPT, "gpt-4-turbo128K Outp-glbl Tokens", "1K",
               "gpt-4 1106-preview,0125-preview,turbo-2024-04-09 output text none standard global - 1000"),
    "16K with a stamp is a version": (GPT, "gpt-35-trb16K-Batch-125-Inp-glbl Tokens", "1K",
               "gpt-35-turbo 0125 input text none batch global - 1000"),
    "16K without a stamp is a model": (GPT, "gpt-35-turbo-16k-Input-regional Tokens", "1K",
               "gpt-35-turbo-16k * input text none standard regional - 1000"),
    "blocks of ten thousand": (GPT, "gpt 4.1 Inp glbl Tokens", "10K",
               "gpt-4.1 * input text none standard global - 10000"),
}  # fmt: skip


@pytest.mark.parametrize(("product", "name", "unit", "expected"), READ.values(), ids=READ.keys())
def test_a_name_is_read(product: str, name: str, unit: str, expected: str) -> None:
    meter = read_meter(product, name, unit)
    assert isinstance(meter, Meter), meter
    said = [
        meter.model,
        ",".join(meter.versions),
        meter.direction,
        meter.modality,
        meter.cache,
        meter.tier,
        meter.scope,
    ]
    assert " ".join([*said, meter.context or "-", str(meter.per)]) == expected


REFUSED = {
    "a word that is not known": ("6.2 nova inp Gl 1M Tokens", "1M", "nova"),
    "a version that is not known": ("gpt 4o 0917 Inp glbl Tokens", "1K", "0917"),
    "a model that is not known": ("gpt mini inp Gl Tokens", "1K", "gpt-mini"),
    "no scope: never guessed": ("5.4 inp 1M Tokens", "1M", "scope"),
    "no direction": ("5.4 Gl 1M Tokens", "1M", "direction"),
    "two scopes": ("5.4 inp Gl Dz 1M Tokens", "1M", "scope"),
    "two directions": ("5.4 inp opt Gl 1M Tokens", "1M", "direction"),
    "cached output": ("5.4 cd opt Gl 1M Tokens", "1M", "cached"),
    "the name and the unit disagree": ("5.4 inp Gl 1M Tokens", "1K", "1M"),
    "tokens by the hour": ("5.4 inp Gl Tokens", "1 Hour", "1 Hour"),
    "a PTU by the month": ("Provisioned Managed Global Unit", "1/Month", "hour"),
}


@pytest.mark.parametrize(("name", "unit", "named"), REFUSED.values(), ids=REFUSED.keys())
def test_a_name_is_refused(name: str, unit: str, named: str) -> None:
    meter = read_meter(GPT5, name, unit)
    assert isinstance(meter, NotRead)
    assert not meter.known
    assert named in meter.reason


LEFT_OUT = {
    "a fine-tuned model whose name contradicts its prices": (GPT, "gpt 4o dev ft cchd inpt glbl Tokens", "1K"),
    "hours of reinforcement training": (REASONING, "o4-mini RFT Training global Unit", "1 Hour"),
    "a base model without a direction": (GPT, "babbage-002-base-glbl Tokens", "1K"),
    "seconds of video": (MEDIA, "Sora 2 pro high res dzone Second", "1"),
    "training": (PRIORITY, "4.1 nano ft training Dz Tokens", "1K"),
    "grader": (GPT, "text-embedding-3-large-grader Tokens", "1K"),
    "calls that are sold by the thousand": (GPT, "file-search-tool-calls-glbl Calls", "1K"),
    "other makers' models": ("Azure Grok Models", "4.3 Inp Glbl Tokens", "1K"),
    "a legacy name that fits two versions": (GPT, "gpt-35-trb16K-Batch-Inp-glbl Tokens", "1K"),
}


@pytest.mark.parametrize(("product", "name", "unit"), LEFT_OUT.values(), ids=LEFT_OUT.keys())
def test_a_meter_is_left_out_on_purpose(product: str, name: str, unit: str) -> None:
    meter = read_meter(product, name, unit)
    assert isinstance(meter, NotRead)
    assert meter.known


OTHER_KINDS = {
    # id: product, name, unit -> kind, model, versions, direction, modality, cache, scope, per, unit, grade
    "fine-tuned, with the stamp of its version": (GPT, "gpt-4o-0806-cached-FT-inp-regnl Tokens", "1K",
        "ft_inference gpt-4o 2024-08-06 input text read regional 1000 token"),
    "fine-tuned in a data zone": (PRIORITY, "4.1 nano ft opt Dz Tokens", "1K",
        "ft_inference gpt-4.1-nano * output text none datazone 1000 token"),
    "16K of a fine-tuned model is a version": (GPT, "gpt-35-turbo16K-FT-Outp-regnl Tokens", "1K",
        "ft_inference gpt-35-turbo 1106,0125 output text none regional 1000 token"),
    "002 is part of a name": (GPT, "davinci-002-FT-Inp-glbl Tokens", "1K",
        "ft_inference davinci-002 * input text none global 1000 token"),
    "a fine-tuned open model": ("Azure OpenAI OSS Models", "OSS 20b Inp FT regnl Tokens", "1K",
        "ft_inference gpt-oss-20b * input text none regional 1000 token"),
    "fine-tuned on a Developer deployment": (REASONING, "o4 mini dev RFT cd inp glb Tokens", "1K",
        "ft_dev o4-mini * input text read global 1000 token"),
    "an hour of hosting": (GPT, "gpt-4o-mini-0718-FT-Hstng-regnl Unit", "1 Hour",
        "ft_hosting gpt-4o-mini 2024-07-18 - - none regional 1 hour"),
    "an hour of hosting, in other words": ("Azure OpenAI OSS Models", "20b FT regnl Deployment Hosting Unit", "1/Hour",
        "ft_hosting gpt-oss-20b * - - none regional 1 hour"),
    "a hundred images": (GPT, "Image-DALL-E-2-regnl Images", "100",
        "image dall-e-2 * output image none regional 100 image"),
    "images by size and quality": (GPT, "Image-Dall-E-3 HD LowRes-regnl EP Images", "100",
        "image dall-e-3 * output image none regional 100 image hd low"),
    "spoken characters": (GPT, "Speech-Text to Speech HD-global Characters", "1M",
        "speech tts-hd * input text none global 1000000 character"),
    "an hour of audio is seconds": (GPT, "Speech-to-Text-Batch-Whisper-glbl Unit", "1 Hour",
        "transcription whisper * input audio none global 3600 second"),
    "an hour that is heard at once": (MEDIA, "gpt-realtime-whisper Opt Gl Unit", "1 Hour",
        "transcription gpt-realtime-whisper * input audio none global 3600 second"),
}  # fmt: skip


@pytest.mark.parametrize(("product", "name", "unit", "expected"), OTHER_KINDS.values(), ids=OTHER_KINDS.keys())
def test_a_meter_of_another_kind_is_read(product: str, name: str, unit: str, expected: str) -> None:
    meter = read_meter(product, name, unit)
    assert isinstance(meter, Meter), meter
    said = (meter.kind, meter.model, ",".join(meter.versions), meter.direction or "-", meter.modality or "-",
            meter.cache, meter.scope, str(meter.per), meter.unit, meter.grade)  # fmt: skip
    assert " ".join(said).strip() == expected


@pytest.mark.parametrize(
    ("name", "unit", "named"),
    [
        ("Image-Dall-E-4 HD HighRes-glbl Images", "100", "dall-e-4"),
        ("Image-Dall-E-3 HD HighRes-glbl Images", "1K", "1K"),
        ("Speech-Text to Speech Ultra-global Characters", "1M", "ultra"),
        ("Speech-Text to Speech HD-global Characters", "1 Hour", "1 Hour"),
        ("Speech-to-Text-Batch-Whisper-glbl Unit", "1", "'1'"),
        ("gpt-4.1-ft hosting global Unit", "1/Month", "1/Month"),
        ("gpt-4.1-ft hosting nova Unit", "1 Hour", "nova"),
        ("gpt-9.9-ultra-ft input global Tokens", "1K", "ultra"),
    ],
)
def test_a_meter_of_another_kind_is_refused(name: str, unit: str, named: str) -> None:
    meter = read_meter(GPT, name, unit)
    assert isinstance(meter, NotRead)
    assert not meter.known
    assert named in meter.reason


def test_a_ptu_is_an_hour_of_any_model() -> None:
    meter = read_meter(GPT, "Provisioned Managed Data Zone Unit", "1/Hour")
    assert isinstance(meter, Meter)
    assert (meter.kind, meter.model, meter.scope, meter.unit, meter.per) == ("ptu", "*", "datazone", "hour", 1)
