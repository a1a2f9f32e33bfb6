"""aoai-insights deployments: what the logs do not say of a deployment, from Azure's own list."""

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from aoai_insights.cli import diagnostics, options

if TYPE_CHECKING:
    from aoai_insights.config import Config, Deployment
    from aoai_insights.sources.deployment_list import ListedDeployment

app = typer.Typer(help="Deployment types, models and PTUs, from Azure's own list.", no_args_is_help=True,
                  rich_markup_mode=None)  # fmt: skip


@app.callback()
def root() -> None:
    """Deployment types, models and PTUs, from Azure's own list."""


@app.command("import")
def import_deployments(
    files: Annotated[list[Path], typer.Argument(metavar="FILE ...", help="az … deployment list -o json")],
    append: Annotated[bool, typer.Option("--append", help="Add the entries to the config file.")] = False,
    target: options.OutputFile = None,
    config_file: options.ConfigFile = None,
) -> None:
    """[[deployments]] entries for the config, from the output of the Azure CLI.

    Prints the deployments that the config does not have yet. An entry that it has is never changed: where Azure's list
    says otherwise, that is said on standard error.

    The list does not tell the region; the logs mostly do, and region = "..." may be added.

    Example: az cognitiveservices account deployment list -g rg-ai -n aoai-eastus2 -o json > d.json;
    aoai-insights deployments import d.json
    """
    from aoai_insights.cli import output
    from aoai_insights.config import DEFAULT_PATH, DEPLOYMENT_TYPES
    from aoai_insights.errors import UsageError
    from aoai_insights.sources.deployment_list import read_deployments

    if append and target:
        raise UsageError("--append and -o name two places", "give one of them")
    config, _ = options.settings(config_file, None)
    listed: dict[tuple[str, str], ListedDeployment] = {}
    for item in (item for file in files for item in read_deployments(file)):
        if listed.setdefault((item.resource, item.deployment.lower()), item) != item:
            raise UsageError(f"{item.resource}/{item.deployment} is listed twice, and not alike",
                             "give one list of each account, the latest")  # fmt: skip
    in_time = sorted(config.deployments, key=lambda entry: entry.valid_from or date.min)
    known = {(entry.resource.lower(), entry.deployment.lower()): entry for entry in in_time}
    for key, item in listed.items():
        if key in known:
            for difference in _differences(known[key], item):
                diagnostics.note(f"aoai-insights: {item.resource}/{item.deployment}: {difference}")
        if item.type not in DEPLOYMENT_TYPES:
            diagnostics.note(f'aoai-insights: {item.resource}/{item.deployment}: type "{item.type}" is not known here:'
                             " left out, its usage is priced by assumption")  # fmt: skip
    fresh = [item for key, item in sorted(listed.items()) if key not in known and item.type in DEPLOYMENT_TYPES]
    text = "\n".join(_entry(item) for item in fresh)
    if append:
        path = config_file or DEFAULT_PATH
        _append(path, text, config)
        diagnostics.note(f"aoai-insights: {len(fresh)} entries added to {path}")
    else:
        if not listed:
            diagnostics.note("aoai-insights: the list is empty: the account has no deployments")
        elif not fresh:
            diagnostics.note("aoai-insights: the config has every deployment of the list")
        output.emit(text.encode(), options.Format.TABLE, target)


def _entry(item: "ListedDeployment") -> str:
    lines = ["[[deployments]]"]
    for name in ("resource", "deployment", "type", "model", "model_version"):
        value = getattr(item, name)
        if value:
            # A JSON string is a TOML basic string, but for DEL, which no name in Azure can hold.
            lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    if item.ptu:
        lines.append(f"ptu = {item.ptu}")
    return "\n".join(lines) + "\n"


def _differences(entry: "Deployment", item: "ListedDeployment") -> list[str]:
    """What the list says otherwise; what the config leaves open is no difference."""
    found = []
    for name in ("type", "model", "model_version", "ptu"):
        own, listed = getattr(entry, name), getattr(item, name)
        if own and own != listed:
            found.append(f"the config says {name} = {own!r}, Azure {listed!r}; kept as it is")
    return found


def _append(path: Path, text: str, before: "Config") -> None:
    """Adds the entries at the end of the file, if the whole is still a config that says the same besides."""
    from msgspec.structs import replace

    from aoai_insights.cli import output
    from aoai_insights.config import load_config
    from aoai_insights.errors import UsageError

    if not text:
        return
    old = path.read_bytes() if path.exists() else b""
    joined = old + (b"" if not old or old.endswith(b"\n") else b"\n") + (b"\n" if old else b"") + text.encode()
    trial = path.with_name(f".{path.name}.trial")
    try:
        output.write_whole(trial, joined)
        after = load_config(trial)
    finally:
        trial.unlink(missing_ok=True)
    if replace(after, deployments=[]) != replace(before, deployments=[]):
        raise UsageError(f"{path} would no longer say the same with the entries at its end", "add them by hand")
    output.write_whole(path, joined)
