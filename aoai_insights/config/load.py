"""Reading the file: TOML to types, and errors that name file, key, line and the nearest known key."""

import re
import tomllib
from pathlib import Path
from typing import Any

import msgspec

from aoai_insights.config.place import ConfigFile, dotted, line_of, nearest
from aoai_insights.config.whole import Config, check
from aoai_insights.errors import ConfigError

DEFAULT_PATH = Path("aoai-insights.toml")


def load_config(path: Path | None) -> Config:
    """The config of `path`; of ./aoai-insights.toml when None, where a missing file means the defaults.

    Raises ConfigError for a file that cannot be read, an unknown key, a value of the wrong kind or out of its range.
    """
    chosen = path or DEFAULT_PATH
    try:
        text = chosen.read_text(encoding="utf-8")
    except FileNotFoundError:
        if path is None:
            return Config()
        raise ConfigError(f"no config file at {chosen}", "write one with: aoai-insights init") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{chosen} cannot be read: {error}", "check the path and that it is UTF-8 text") from None
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{chosen}: not valid TOML: {error}", "mend that line") from None
    _refuse_unknown(data, Config, chosen, text, ())
    try:
        config = msgspec.convert(data, Config)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{chosen}: {_located(str(error), text)}", "see the comments that `init` writes") from None
    check(config, ConfigFile(chosen, text))
    return config


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **msgspec.json.schema(Config)}


def _refuse_unknown(data: Any, kind: Any, path: Path, text: str, trail: tuple[str | int, ...]) -> None:
    """Unknown keys are errors: a misspelt key that is ignored would change a bill without a word."""
    if not (isinstance(data, dict) and isinstance(kind, type) and issubclass(kind, msgspec.Struct)):
        return
    fields = {field.encode_name: field.type for field in msgspec.structs.fields(kind)}
    for key, value in data.items():
        here = (*trail, key)
        if key not in fields:
            line = line_of(text, here)
            raise ConfigError(f"{path}, line {line}: unknown key {dotted(here)}", nearest(key, tuple(fields)))
        inner = fields[key]
        if isinstance(value, list):
            item = getattr(inner, "__args__", (None,))[0]
            for i, element in enumerate(value):
                _refuse_unknown(element, item, path, text, (*here, i))
        else:
            _refuse_unknown(value, inner, path, text, here)


def _located(message: str, text: str) -> str:
    """msgspec says `… - at `$.apps[0].name``: say it as `apps[1].name` with its line."""
    found = re.search(r" - at `\$\.?(.*?)`$", message)
    if not found:
        return message
    trail: list[str | int] = []
    for name, index in re.findall(r"([A-Za-z_]\w*)|\[(\d+)\]", found[1]):
        trail.append(name or int(index))
    return f"line {line_of(text, trail)}: {dotted(trail)}: {message[: found.start()]}"
