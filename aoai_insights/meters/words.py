"""The words of meter names: what each means, and which versions a stamp can be. meters.py puts them together."""

import re

SCOPES = {
    **dict.fromkeys(("gl", "glb", "glbl", "global"), "global"),
    **dict.fromkeys(("dz", "dzn", "dzone", "datazone"), "datazone"),
    **dict.fromkeys(("rg", "rgnl", "regn", "regnl", "regional"), "regional"),
}
DIRECTIONS = {
    **dict.fromkeys(("in", "inp", "inpt", "input"), "input"),
    **dict.fromkeys(("out", "outp", "outpt", "opt", "output"), "output"),
}
CACHES = {**dict.fromkeys(("cd", "cached", "cchd", "cched", "ccchd", "cach"), "read"), "wr": "write"}
TIERS = {"batch": "batch", "pp": "priority", "fl": "flex", "flex": "flex", "std": "standard"}
CONTEXTS = {
    **dict.fromkeys(("shortco", "shco"), "short"),
    **dict.fromkeys(("longco", "loco"), "long"),
}
MODALITIES = {
    **dict.fromkeys(("aud", "audio"), "audio"),
    **dict.fromkeys(("txt", "text"), "text"),
    **dict.fromkeys(("img", "image"), "image"),
}
UNITS = {"K": 1_000, "M": 1_000_000}

# One spelling per word of a model's name. "" drops a word that says nothing about the price.
MODEL_WORDS = {
    "gpt": "gpt", "mini": "mini", "mn": "mini", "nano": "nano", "pro": "pro", "codex": "codex", "max": "max",
    "chat": "chat", "latest": "latest", "preview": "preview", "prvw": "preview", "sol": "sol", "luna": "luna",
    "terra": "terra", "astra": "astra", "rsng": "", "turbo": "turbo", "trb": "turbo", "vision": "vision",
    "instruct": "instruct", "deep": "deep", "research": "research", "computer": "computer", "use": "use",
    "rt": "realtime", "rtime": "realtime", "realtime": "realtime", "transcribe": "transcribe", "tcrb": "transcribe",
    "trscb": "transcribe", "d": "diarize", "tts": "tts", "embedding": "embedding", "ada": "ada", "small": "small",
    "large": "large", "oss": "oss", "babbage": "babbage", "davinci": "davinci",
}  # fmt: skip
NUMBERS = {"4o": "4o", "35": "35", "54": "5.4", "55": "5.5", "56": "5.6"}
SIZES = ("4k", "8k", "16k", "32k", "128k", "20b", "120b")
# Words of meters that are not inference by the token.
OTHER_KINDS = {
    **dict.fromkeys(("hosting", "hstng"), "ft_hosting"),
    **dict.fromkeys(("training", "trng"), "ft_training"),
    **dict.fromkeys(("grader", "grdr"), "grader"),
    **dict.fromkeys(("ft", "rft", "tuned"), "ft_inference"),
}

# A stamp is the model version's month and day; the year is not in the name, so it stands here (Azure's model list:
# https://learn.microsoft.com/azure/ai-foundry/openai/concepts/models). A stamp that is not here is refused.
VERSIONS = {
    "gpt-4.5-preview": ("2025-02-27",),
    "gpt-4o": ("2024-05-13", "2024-08-06", "2024-11-20"),
    "gpt-4o-mini": ("2024-07-18",),
    "o1": ("2024-12-17",),
    "o3": ("2025-04-16",),
    "o1-mini": ("2024-09-12",),
    "o1-preview": ("2024-09-12",),
    "o3-mini": ("2025-01-31",),
    "o3-pro": ("2025-06-10",),
    "o3-deep-research": ("2025-06-26",),
    "o4-mini": ("2025-04-16",),
    "gpt-4o-audio-preview": ("2024-12-17", "2025-06-03"),
    "gpt-4o-mini-audio-preview": ("2024-12-17",),
    "gpt-4o-realtime-preview": ("2024-12-17", "2025-06-03"),
    "gpt-4o-mini-realtime-preview": ("2024-12-17",),
    "gpt-4o-mini-transcribe": ("2025-12-15",),
    "gpt-4o-mini-tts": ("2025-12-15",),
    "gpt-4.1": ("2025-04-14",),
    "gpt-4.1-mini": ("2025-04-14",),
    "gpt-4.1-nano": ("2025-04-14",),
    "gpt-5": ("2025-08-07",),
    "gpt-5-mini": ("2025-08-07",),
    "gpt-5-nano": ("2025-08-07",),
    "gpt-5.1": ("2025-11-13",),
    "gpt-5.2": ("2025-12-11",),
    "gpt-5.2-chat": ("2025-12-11", "2026-02-10"),
    "gpt-5.4": ("2026-03-05",),
    "gpt-5.4-mini": ("2026-03-17",),
    "gpt-5.4-nano": ("2026-03-17",),
    "gpt-5.4-pro": ("2026-03-05",),
    "gpt-5.5": ("2026-04-23", "2026-04-24"),
    "gpt-5.6-luna": ("2026-07-09",),
    "gpt-5.6-sol": ("2026-07-09",),
    "gpt-5.6-terra": ("2026-07-09",),
    "gpt-6-astra": ("2026-09-03",),
    "gpt-6-luna": ("2026-09-22",),
    "gpt-6-sol": ("2026-09-22",),
    "gpt-6.1-sol": ("2026-09-29",),
    "gpt-audio": ("2025-08-28",),
    "gpt-audio-1.5": ("2026-02-23",),
    "gpt-audio-mini": ("2025-10-06", "2025-12-15"),
    "gpt-image-1.5": ("2025-12-16",),
    "gpt-image-2": ("2026-04-21",),
    "gpt-realtime": ("2025-08-28",),
    "gpt-realtime-1.5": ("2026-02-23",),
    "gpt-realtime-mini": ("2025-10-06", "2025-12-15"),
}

# Meters that name a context size where the deployment names a version
# (https://learn.microsoft.com/azure/ai-foundry/openai/concepts/legacy-models).
SIZED = {
    "gpt-4-8k": ("gpt-4", ("0314", "0613")),
    "gpt-4-32k": ("gpt-4-32k", ("*",)),
    "gpt-4-turbo-128k": ("gpt-4", ("1106-preview", "0125-preview", "turbo-2024-04-09")),
    "gpt-4-turbo-vision-128k": ("gpt-4", ("vision-preview",)),
    "gpt-35-turbo-4k": ("gpt-35-turbo", ("0301", "0613")),
    "gpt-35-turbo-16k": ("gpt-35-turbo-16k", ("*",)),
    "gpt-35-turbo-16k-1106": ("gpt-35-turbo", ("1106",)),
    "gpt-35-turbo-16k-0125": ("gpt-35-turbo", ("0125",)),
    "gpt-35-turbo-instruct": ("gpt-35-turbo-instruct", ("*",)),
}

# A fine-tuned gpt-35-turbo or gpt-4 is on the meter of its version's context size
# (https://learn.microsoft.com/azure/ai-foundry/openai/concepts/models, fine-tuning models).
FINE_TUNED_SIZES = {
    "gpt-4-8k": ("gpt-4", ("0613",)),
    "gpt-35-turbo-4k": ("gpt-35-turbo", ("0613",)),
    "gpt-35-turbo-16k": ("gpt-35-turbo", ("1106", "0125")),
    "babbage-0002": ("babbage-002", ("*",)),
    "davinci-0002": ("davinci-002", ("*",)),
}
MISNAMED = ("gpt 4o dev ft ", "gpt 4o mini dev ft ")
"""Global by name, another price in every region, cached input up to 32 times the input: prices of other meters
(price list of 2026-08-11)."""

SUFFIX = "(?:-(?:mini|nano|pro|codex|max|chat|sol|luna|terra|astra))*"
PLAIN_MODEL = re.compile(
    rf"gpt-4o(?:-mini)?|gpt-4\.1(?:-mini|-nano)?|gpt-[5-9](?:\.\d)?{SUFFIX}|o[1-9](?:-mini|-preview|-pro|-deep-research)?"
    r"|gpt-oss-120b|gpt-oss-20b|codex-mini|gpt-4o(?:-mini)?-(?:transcribe|tts)|gpt-4o-transcribe-diarize"
    r"|gpt-realtime(?:-\d(?:\.\d)?)?(?:-mini)?|gpt-audio(?:-\d(?:\.\d)?)?(?:-mini)?|gpt-image-\d(?:\.\d)?(?:-mini)?"
)
RENAMED = {
    "gpt-4.5": "gpt-4.5-preview",
    "oss-20b": "gpt-oss-20b",
    "gpt-20b": "gpt-oss-20b",
    "computer-use": "computer-use-preview",
    "embedding-ada": "text-embedding-ada-002",
    "embedding-ada-002": "text-embedding-ada-002",
    "embedding-3-large": "text-embedding-3-large",
    "embedding-3-small": "text-embedding-3-small",
    "gpt-4o-realtime": "gpt-4o-realtime-preview",
    "gpt-4o-mini-realtime": "gpt-4o-mini-realtime-preview",
    "gpt-4o-audio": "gpt-4o-audio-preview",
    "gpt-4o-mini-audio": "gpt-4o-mini-audio-preview",
    "chat-latest": "gpt-chat-latest",
}

PTU_METERS = {
    "provisioned managed global unit": "global",
    "provisioned managed data zone unit": "datazone",
    "provisioned managed regional unit": "regional",
}

KNOWN = frozenset({
    *SCOPES, *DIRECTIONS, *CACHES, *TIERS, *CONTEXTS, *MODALITIES, *MODEL_WORDS, *NUMBERS, *SIZES, *OTHER_KINDS,
    "1m", "1k", "dev", "model", "mdl", "mdel", "tkn", "base", "fine", "deployment",
})  # fmt: skip
GLUED = sorted(w for w in KNOWN if len(w) > 1)
