"""The config refuses what it does not know and says where."""

from pathlib import Path

import pytest

from aoai_insights.config import Config, app_rules, load_config
from aoai_insights.errors import ConfigError, ExitCode
from aoai_insights.resources import resource_root


def load(tmp_path: Path, text: str) -> Config:
    path = tmp_path / "c.toml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('currncy = "USD"', 'line 1: unknown key currncy; did you mean "currency"?', id="top level"),
        pytest.param('[[apps]]\nname="a"\n\n[[apps]]\nname="b"\ncost_centre="C"', 'line 6: unknown key apps[2].cost_centre; did you mean "cost_center"?', id="in the second table of a list"),
        pytest.param('[[apps]]\nname="a"\nmatch=[{produkt="p"}]', 'line 3: unknown key apps[1].match[1].produkt; did you mean "product"?', id="in an inline table"),
        pytest.param('[[deployments]]\nresource="r"\ndeployment="d"\ntype="GlobalStandrd"', 'line 4: deployments[1].type: "GlobalStandrd" is no deployment type; did you mean "GlobalStandard"?', id="deployment type"),
        pytest.param('[[prices]]\nmodel="m"\ndirection="input"\nprice=2.5\neffective_from=2026-01-01', "line 4: prices[1].price: Expected `str`, got `float`", id="money as a float"),
        pytest.param('[[prices]]\nmodel="m"\ndirection="input"\nprice="-1"\neffective_from=2026-01-01', 'prices[1].price: "-1" is no price', id="a negative price"),
        pytest.param('[[prices]]\nprice="1"\neffective_from=2026-01-01\nmodel="m"', 'prices[1].direction: of which tokens, is not said', id="tokens of no direction"),
        pytest.param('[[prices]]\nprice="1"\neffective_from=2026-01-01\ndirection="input"', 'prices[1].model: whose price it is, is not said', id="a price of no model"),
        pytest.param('[[prices]]\nprice="1"\neffective_from=2026-01-01\nmodel="gpt-4o"\nkind="ptu"', 'prices[1].model: a PTU-hour costs the same', id="a PTU-hour of a model"),
        pytest.param('[[prices]]\nprice="1"\neffective_from=2026-01-01\nmodel="gpt-4o-2024-11-20.ft-1"\ndirection="input"', 'is sold under the name of its base model', id="a fine-tuned name"),
        pytest.param('[[prices]]\nprice="1"\neffective_from=2026-01-01\nmodel="whisper"\nkind="transcription"\ncache="read"', 'prices[1].cache: transcription has no cache "read"', id="cached seconds"),
        pytest.param('[[prices]]\nprice="1"\neffective_from=2026-01-01\nmodel="dall-e-3"\nkind="image"', 'prices[1].grade: images of dall-e-3 cost by quality and size', id="an image of no grade"),
        pytest.param('[[prices]]\nprice="1"\neffective_from=2026-01-01\nmodel="whisper"\nkind="transcription"\ngrade="hd low"', 'prices[1].grade: "hd low" is no grade of transcription', id="a grade of no image"),
        pytest.param('[[prices]]\nprice="1"\neffective_from=2026-01-01\nmodel="m"\nkind="hours"', 'prices[1].kind: "hours" is not known', id="an unknown kind"),
        pytest.param('[[prices]]\nprice="1"\neffective_from=2026-01-01\nmodel="m"\ndirection="input"\nper=0', 'prices[1].per: 0 units', id="a price of no units"),
        pytest.param('[[prices]]\nmodel="m"\ndirection="in"\nprice="1"\neffective_from=2026-01-01', 'prices[1].direction: "in" is not known', id="an unknown direction"),
        pytest.param('[[apps]]\nname="a"\nmatch=[{caller_ip="10.1.2.0/33"}]', 'line 3: apps[1].match: caller_ip = "10.1.2.0/33" is no address', id="a range that is none"),
        pytest.param('[[apps]]\nname="a"\nmatch=[{}]', "an empty condition would claim every request", id="an empty condition"),
        pytest.param('[[apps]]\nname="a"\nmatch=[{header="x"}]', "header and value go together", id="a header without value"),
        pytest.param('[[apps]]\nname="a"\nmatch=[{header="Authorization", value="x"}]', "may carry a secret and is never kept", id="a header with a secret"),
        pytest.param('[[apps]]\nname="a"\nmatch=[{header="x", value="' + "v" * 257 + '"}]', "257 characters", id="a header value too long to be kept"),
        pytest.param('[[apps]]\nname="(unallocated)"', "cannot name an app", id="a reserved name"),
        pytest.param('[[apps]]\nname="a"\nvalid_from=2026-10-02\nvalid_to=2026-10-01', "is before valid_from", id="an end before the start"),
        pytest.param('currency = "dollars"', 'currency = "dollars" is no currency', id="a currency"),
        pytest.param("currency = ", "not valid TOML", id="broken TOML"),
        pytest.param('[[deployments]]\nresource="R"\ndeployment="d"\n[[deployments]]\nresource="r"\ndeployment="D"', "r/d is listed twice", id="a deployment twice"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_place_and_remedy(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as error:
        load(tmp_path, text)
    assert said in str(error.value)
    assert str(tmp_path / "c.toml") in str(error.value)
    assert error.value.exit_code == ExitCode.USAGE


def test_a_missing_default_file_means_defaults_but_a_named_one_must_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_config(None) == Config()
    with pytest.raises(ConfigError, match="no config file at"):
        load_config(tmp_path / "no.toml")


def test_what_init_writes_is_a_valid_config_and_so_is_every_line_it_comments_out(tmp_path: Path) -> None:
    text = (resource_root("data") / "aoai-insights.toml").read_text(encoding="utf-8")
    assert load(tmp_path, text) == Config()
    body = []
    for line in text.splitlines():
        bare = line.removeprefix("# ")
        looks_like_toml = bare.startswith(("[", "]", "  {")) or " = " in bare.split("#")[0]
        body.append(bare if line.startswith("# ") and looks_like_toml else line)
    config = load(tmp_path, "\n".join(body))
    assert (config.apps[0].name, config.deployments[0].deployment, config.prices[0].price) == (
        "support-bot",
        "gpt-4o",
        "2.50",
    )
    assert config.gateway.entra_app_header == "x-entra-app"


def test_header_names_of_rules_are_compared_in_lower_case(tmp_path: Path) -> None:
    config = load(tmp_path, '[[apps]]\nname="a"\nmatch=[{header="X-App-Id", value="Q"}]')
    assert app_rules(config.apps)[0].conditions[0].header == "x-app-id"
