import shutil

import pytest

from aoai_insights import resources


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """A package folder of our own, as pip or a checkout would lay it out."""
    package = tmp_path / "aoai_insights"
    package.mkdir()
    shutil.copy(resources.__file__, package / "resources.py")
    monkeypatch.setattr(resources, "__file__", str(package / "resources.py"))
    return package


def test_a_wheel_holds_its_templates_inside_the_package(installed):
    (installed / "report_templates").mkdir()
    (installed.parent / "report_templates").mkdir()
    assert resources.resource_root("report_templates") == (installed / "report_templates").resolve()


def test_a_checkout_holds_them_beside_the_package(installed):
    (installed.parent / "report_templates").mkdir()
    assert resources.resource_root("report_templates") == (installed.parent / "report_templates").resolve()


def test_a_broken_installation_names_what_it_lacks(installed):
    with pytest.raises(FileNotFoundError, match=r"report_templates: neither in .* nor in .*; reinstall"):
        resources.resource_root("report_templates")
