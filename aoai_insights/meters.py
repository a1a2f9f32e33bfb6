"""What a meter of the Azure price list measures: its name read word by word.

Azure names a meter with abbreviations that changed over the years (`gpt-4o-0806-Inp-glbl Tokens`, `gpt 4o 0806 cached
Inp glbl Tokens`, `5.6 sol ShortCo Cd Wr Std Gl 1M Tokens`, `56luna LoCo Cd Wr Fl Gl 1M Tokens`). The grammar is strict:
every word must be known and play exactly one part, so that a new word is refused and listed and never priced by guess.
"""

import re
from dataclasses import dataclass
from functools import cache

from aoai_insights.meter_words import (
    CACHES,
    CONTEXTS,
    DIRECTIONS,
    GLUED,
    KNOWN,
    MODALITIES,
    MODEL_WORDS,
    NUMBERS,
    OTHER_KINDS,
    PLAIN_MODEL,
    PTU_METERS,
    RENAMED,
    SCOPES,
    SIZED,
    TIERS,
    UNITS,
    VERSIONS,
)


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
    name = RENAMED.get(name, name)
    if name not in RENAMED.values() and not PLAIN_MODEL.fullmatch(name):
        return NotRead(f"unknown model {name!r}", known=False)
    if not stamp:
        return "", name, ("*",)
    if len(stamp) == 8:
        return "", name, (f"{stamp[4:]}-{stamp[:2]}-{stamp[2:4]}",)
    found = [v for v in VERSIONS.get(name, ()) if v[5:].replace("-", "") == stamp]
    if len(found) != 1:
        return NotRead(f"unknown version {stamp!r} of {name}", known=False)
    return "", name, (found[0],)


def _words(what: str) -> list[str] | NotRead:
    """The words of a name, each known; "realtimePrvwAudInp" is taken apart where that is unambiguous."""
    words: list[str] = []
    for word in re.split(r"[\s\-_/]+", what.replace("data zone", "datazone")):
        if word in KNOWN or re.fullmatch(r"\d(\.\d)?|o\d|\d{3,4}|\d{8}|v\d+", word):
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
    heads = [w for w in GLUED if word.startswith(w)]
    number = re.match(r"\d{4}(?!\d)|\d(\.\d)?(?![\d.o])", word)
    if number and number.group() not in heads:
        heads.append(number.group())
    return [[head, *rest] for head in heads for rest in _ways(word[len(head) :])]
