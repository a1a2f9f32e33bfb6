"""What a meter of the Azure price list measures: its name read word by word.

Azure names a meter with abbreviations that changed over the years (`gpt-4o-0806-Inp-glbl Tokens`, `gpt 4o 0806 cached
Inp glbl Tokens`, `5.6 sol ShortCo Cd Wr Std Gl 1M Tokens`, `56luna LoCo Cd Wr Fl Gl 1M Tokens`). The grammar is strict:
every word must be known and play exactly one part, so that a new word is refused and listed and never priced by guess.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from aoai_insights.meters.media import MediaMeter, read_media_meter
from aoai_insights.meters.words import (
    CACHES,
    CONTEXTS,
    DIRECTIONS,
    FINE_TUNED_SIZES,
    GLUED,
    KNOWN,
    MISNAMED,
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

    kind: str
    """inference | ptu | ft_inference (fine-tuned), ft_dev (of a Developer deployment) | ft_hosting
    | image | speech | transcription"""
    model: str
    versions: tuple[str, ...]
    direction: str
    modality: str
    cache: str
    tier: str
    scope: str
    context: str | None
    unit: str  # token | hour | image | character | second
    per: int
    grade: str = ""
    """Size and quality of an image, where they decide the price: "standard low", "hd high" …"""


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
    media = read_media_meter(lowered, unit_of_measure)
    if isinstance(media, MediaMeter):
        return Meter(
            media.kind, media.model, ("*",), media.direction, media.modality, "none", "standard", media.scope, None,
            media.unit, media.per, media.grade,
        )  # fmt: skip
    if media:
        return NotRead(media, known=False)
    what, _, thing = lowered.rpartition(" ")
    if thing == "unit" and re.search(r"\b(hosting|hstng)\b", what):
        return _hosting(what, unit_of_measure)
    if thing != "tokens":
        return NotRead(f"sold by {thing!r}, not by the token", known=True)
    if lowered.startswith("az-"):
        return NotRead("legacy name without a scope", known=True)
    if lowered.startswith("gpt-35-trb16k-batch-") and "125" not in lowered:
        return NotRead("legacy name that fits two versions of gpt-35-turbo", known=True)
    if lowered.startswith(MISNAMED):
        return NotRead("a name that contradicts its prices", known=True)
    block = re.fullmatch(r"(\d+) ?([KM])", unit_of_measure.strip().upper())
    if not block:
        return NotRead(f"tokens are not sold by {unit_of_measure!r}", known=False)
    words = _words(what)
    if isinstance(words, NotRead):
        return words
    kinds = {OTHER_KINDS[word] for word in words if word in OTHER_KINDS}
    for kind in ("ft_training", "grader"):
        if kind in kinds:
            return NotRead(f"{kind}, not inference", known=True)
    if "base" in words:
        return NotRead("base model, not inference", known=True)
    per = int(block[1]) * UNITS[block[2]]
    return _fine_tuned(words, per) if kinds else _inference(words, per)


def _hosting(what: str, unit_of_measure: str) -> Meter | NotRead:
    """An hour of a fine-tuned model's deployment, used or not."""
    if unit_of_measure not in ("1 Hour", "1/Hour"):
        return NotRead(f"hosting is sold by the hour, not by {unit_of_measure!r}", known=False)
    words = _words(what)
    if isinstance(words, NotRead):
        return words
    # Read as an input of the model: a name of a deployment has no direction.
    meter = _fine_tuned([word for word in words if word != "deployment"] + ["inp"], 1)
    if isinstance(meter, NotRead):
        return meter
    return replace(meter, kind="ft_hosting", direction="", modality="", unit="hour")


def _fine_tuned(words: list[str], per: int) -> Meter | NotRead:
    """A token of a fine-tuned model: the words of the base model's meter and one that says so."""
    plain = [word for word in words if word not in OTHER_KINDS and word != "dev"]
    unnamed = not any(word in SCOPES for word in plain) or not any(word in DIRECTIONS for word in plain)
    if "20b" in words and unnamed:
        return NotRead("a fine-tuned gpt-oss without scope or direction", known=True)
    meter = _inference(plain, per, fine_tuned=True)
    return meter if isinstance(meter, NotRead) else replace(meter, kind="ft_dev" if "dev" in words else "ft_inference")


def _inference(words: list[str], per: int, fine_tuned: bool = False) -> Meter | NotRead:
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
    named = _model("-".join(model), stamps, FINE_TUNED_SIZES if fine_tuned else SIZED)
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


def _model(
    name: str, stamps: list[str], sizes: Mapping[str, tuple[str, tuple[str, ...]]]
) -> tuple[str, str, tuple[str, ...]] | NotRead:
    """(modality where the name fixes it, model, versions)."""
    stamp = stamps[0] if stamps else ""
    if re.match(r"\d", name):
        name = f"gpt-{name}"  # "5.4 inp Gl", "4.1 mini pp inp Gl"
    if (name, stamp) == ("gpt-latest", "05052026"):
        # Azure's name for the audio of gpt-realtime-2: its prices, 32/64/0.4 per 1M, and no other meter for them.
        return "audio", "gpt-realtime-2", ("*",)
    sized = f"{name}-{stamp.zfill(4)}" if stamp else name
    if sized in sizes:
        return "", *sizes[sized]
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
