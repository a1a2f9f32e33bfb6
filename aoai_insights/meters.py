"""What a meter of the Azure price list measures: its name read word by word.

Azure names a meter with abbreviations that changed over the years (`gpt-4o-0806-Inp-glbl Tokens`, `gpt 4o 0806 cached
Inp glbl Tokens`, `5.6 sol ShortCo Cd Wr Std Gl 1M Tokens`, `56luna LoCo Cd Wr Fl Gl 1M Tokens`). The grammar is strict:
every word must be known and play exactly one part, so that a new word is refused and listed and never priced by guess.
"""

import re
from dataclasses import dataclass
from functools import cache

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
    "large": "large", "oss": "oss",
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

_SUFFIX = "(?:-(?:mini|nano|pro|codex|max|chat|sol|luna|terra|astra))*"
_PLAIN_MODEL = re.compile(
    rf"gpt-4o(?:-mini)?|gpt-4\.1(?:-mini|-nano)?|gpt-[5-9](?:\.\d)?{_SUFFIX}|o[1-9](?:-mini|-preview|-pro|-deep-research)?"
    r"|gpt-oss-120b|codex-mini|gpt-4o(?:-mini)?-(?:transcribe|tts)|gpt-4o-transcribe-diarize"
    r"|gpt-realtime(?:-\d(?:\.\d)?)?(?:-mini)?|gpt-audio(?:-\d(?:\.\d)?)?(?:-mini)?|gpt-image-\d(?:\.\d)?(?:-mini)?"
)
_RENAMED = {
    "gpt-4.5": "gpt-4.5-preview",
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


@dataclass(frozen=True, slots=True)
class Meter:
    """What one unit of a meter is. `versions` holds "*" where the name carries no version: any."""

    kind: str  # inference | ptu
    model: str
    versions: tuple[str, ...]
    direction: str
    modality: str
    cache: str
    tier: str
    scope: str
    context: str | None
    unit: str  # token | hour
    per: int


@dataclass(frozen=True, slots=True)
class NotRead:
    """A meter that gives no price row. `known`: left out on purpose; else a word was not understood."""

    reason: str
    known: bool


PTU_METERS = {
    "provisioned managed global unit": "global",
    "provisioned managed data zone unit": "datazone",
    "provisioned managed regional unit": "regional",
}


def is_openai(product: str) -> bool:
    """Whether a product of the price list holds OpenAI models (the service also sells other makers' models)."""
    return product.lower().startswith("azure openai")


@cache
def read_meter(product: str, name: str, unit_of_measure: str) -> Meter | NotRead:
    """The meaning of `name`, e.g. "gpt 4.1 cached Inp regnl Tokens" of product "Azure OpenAI", unit "1K"."""
    if not is_openai(product):
        return NotRead(f"product {product!r} is not Azure OpenAI", known=True)
    lowered = " ".join(name.lower().split())
    if lowered in PTU_METERS:
        if unit_of_measure != "1/Hour":
            return NotRead(f"a PTU is sold by the hour, not by {unit_of_measure!r}", known=False)
        return Meter("ptu", "*", ("*",), "", "", "none", "standard", PTU_METERS[lowered], None, "hour", 1)
    what, _, thing = lowered.rpartition(" ")
    if thing != "tokens":
        return NotRead(f"sold by {thing!r}, not by the token", known=True)
    if lowered.startswith("az-"):
        return NotRead("legacy name without a scope", known=True)
    if lowered.startswith("gpt-35-trb16k-batch-") and "125" not in lowered:
        return NotRead("legacy name that fits two versions of gpt-35-turbo", known=True)
    block = re.fullmatch(r"(\d+) ?([KM])", unit_of_measure.strip().upper())
    if not block:
        return NotRead(f"tokens are not sold by {unit_of_measure!r}", known=False)
    words = _words(what)
    if isinstance(words, NotRead):
        return words
    for word in words:
        if word in OTHER_KINDS or word in ("babbage", "davinci"):
            return NotRead(f"{OTHER_KINDS.get(word, 'base model')}, not inference", known=True)
    return _inference(words, int(block[1]) * UNITS[block[2]])


def _inference(words: list[str], per: int) -> Meter | NotRead:
    """The parts that the words play."""
    parts: dict[str, list[str]] = {"scope": [], "direction": [], "cache": [], "tier": [], "context": [], "modality": []}
    tables = {"scope": SCOPES, "direction": DIRECTIONS, "cache": CACHES, "tier": TIERS, "context": CONTEXTS,
              "modality": MODALITIES}  # fmt: skip
    model: list[str] = []
    stamps: list[str] = []
    for word in words:
        if word in ("1m", "1k"):
            if per % UNITS[word[-1].upper()]:
                return NotRead(f"the name says {word.upper()}, the unit {per}", known=False)
            continue
        part = next((p for p, table in tables.items() if word in table), None)
        if part:
            parts[part].append(tables[part][word])
        elif re.fullmatch(r"\d{3,4}|\d{8}", word):
            stamps.append(word)
        else:
            spelled = MODEL_WORDS.get(word, NUMBERS.get(word, word))
            if spelled:
                model.append(spelled)
    if sorted(parts["cache"]) == ["read", "write"]:  # "Cd Wr" is one word to Azure
        parts["cache"] = ["write"]
    model, modalities = _modality_words(model, parts.pop("modality"))
    twice = [part for part, found in parts.items() if len(found) > 1]
    if twice or len(modalities) > 1 or len(stamps) > 1:
        return NotRead(f"two words for {', '.join(twice) or 'modality or version'}", known=False)
    if not parts["scope"]:
        return NotRead("no word for the scope", known=False)
    named = _model("-".join(model), stamps)
    if isinstance(named, NotRead):
        return named
    modality, name, versions = named[0] or (modalities or ["text"])[0], named[1], named[2]
    if not parts["direction"] and not parts["cache"] and not name.startswith("text-embedding"):
        return NotRead("no word for the direction", known=False)
    if parts["direction"] == ["output"] and parts["cache"]:
        return NotRead("output cannot be cached", known=False)
    return Meter(
        "inference", name, versions, (parts["direction"] or ["input"])[0], modality, (parts["cache"] or ["none"])[0],
        (parts["tier"] or ["standard"])[0], parts["scope"][0], parts["context"][0] if parts["context"] else None,
        "token", per,
    )  # fmt: skip


def _modality_words(model: list[str], modalities: list[str]) -> tuple[list[str], list[str]]:
    """ "aud", "img" and "text" name a modality or a part of the model; which, depends on the rest of the name."""
    if "embedding" in model:
        return model, []  # "text embedding 3 large"
    if "image" in modalities and not set(model) & {"realtime", "audio"}:
        # "Image 2 img inp", "gpt img 1 mini inp cchd txt": the first image word names the model.
        modalities = modalities.copy()
        modalities.remove("image")
        numbers = [w for w in model if w != "gpt"]
        return ["gpt", "image", *numbers], modalities
    if "audio" in modalities and not set(model) & {"realtime", "transcribe", "tts"}:
        # "gpt aud 0828 Inp" is the audio of gpt-audio, "gpt aud 0828 txt Inp" its text.
        at = 3 if model[:3] == ["gpt", "4o", "mini"] else 2 if model[:2] == ["gpt", "4o"] else 1
        rest = modalities.copy()
        rest.remove("audio")
        return [*model[:at], "audio", *_number_first(model[at:])], rest or ["audio"]
    if "realtime" in model:
        at = model.index("realtime") + 1
        return [*model[:at], *_number_first(model[at:])], modalities
    return model, modalities


def _number_first(words: list[str]) -> list[str]:
    return sorted(words, key=lambda word: not word[0].isdigit())


def _model(name: str, stamps: list[str]) -> tuple[str, str, tuple[str, ...]] | NotRead:
    """(modality where the name fixes it, model, versions)."""
    stamp = stamps[0] if stamps else ""
    if re.match(r"\d", name):
        name = f"gpt-{name}"  # "5.4 inp Gl", "4.1 mini pp inp Gl"
    if (name, stamp) == ("gpt-latest", "05052026"):
        # Azure's name for the audio of gpt-realtime-2: its prices, 32/64/0.4 per 1M, and no other meter for them.
        return "audio", "gpt-realtime-2", ("*",)
    sized = f"{name}-{stamp.zfill(4)}" if stamp else name
    if sized in SIZED:
        return "", *SIZED[sized]
    name = _RENAMED.get(name, name)
    if name not in _RENAMED.values() and not _PLAIN_MODEL.fullmatch(name):
        return NotRead(f"unknown model {name!r}", known=False)
    if not stamp:
        return "", name, ("*",)
    if len(stamp) == 8:
        return "", name, (f"{stamp[4:]}-{stamp[:2]}-{stamp[2:4]}",)
    found = [v for v in VERSIONS.get(name, ()) if v[5:].replace("-", "") == stamp]
    if len(found) != 1:
        return NotRead(f"unknown version {stamp!r} of {name}", known=False)
    return "", name, (found[0],)


_KNOWN = frozenset({
    *SCOPES, *DIRECTIONS, *CACHES, *TIERS, *CONTEXTS, *MODALITIES, *MODEL_WORDS, *NUMBERS, *SIZES, *OTHER_KINDS,
    "1m", "1k", "babbage", "davinci", "dev", "model", "mdl", "mdel", "tkn", "base", "fine",
})  # fmt: skip
_GLUED = sorted(w for w in _KNOWN if len(w) > 1)


def _words(what: str) -> list[str] | NotRead:
    """The words of a name, each known; "realtimePrvwAudInp" is taken apart where that is unambiguous."""
    words: list[str] = []
    for word in re.split(r"[\s\-_/]+", what.replace("data zone", "datazone")):
        if word in _KNOWN or re.fullmatch(r"\d(\.\d)?|o\d|\d{3,4}|\d{8}|v\d+", word):
            words.append(word)
            continue
        ways = _ways(word)
        if len(ways) != 1:
            return NotRead(f"unknown word {word!r}", known=False)
        words.extend(ways[0])
    return words


def _ways(word: str) -> list[list[str]]:
    """Every way to cut `word` into known words."""
    if not word:
        return [[]]
    heads = [w for w in _GLUED if word.startswith(w)]
    number = re.match(r"\d{4}(?!\d)|\d(\.\d)?(?![\d.o])", word)
    if number and number.group() not in heads:
        heads.append(number.group())
    return [[head, *rest] for head in heads for rest in _ways(word[len(head) :])]
