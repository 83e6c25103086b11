"""What holds for the whole test run: bounds of property tests, groups of workers, skips counted.

A test that the machine cannot run is skipped; where CI=true, more skips than `max_skips` in
pyproject.toml fail the run, so that tests cannot quietly stop running there.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

_TESTS = Path(__file__).parent
# Editors share one machine-wide installation and their windows, kernel tests the system's calls.
_GROUPS = {"e2e": "editors", "kernel": "kernel", "bpf": "kernel"}

# Machines are shared: a slow example is no failure.
settings.register_profile("bounded", deadline=None)
settings.register_profile("long", deadline=None, max_examples=5000)
settings.load_profile("bounded")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("max_skips", "the most tests that may be skipped where CI=true", default="0")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(_TESTS):
            group = _GROUPS.get(item.path.relative_to(_TESTS).parts[0])
            if group is not None:
                item.add_marker(pytest.mark.xdist_group(group))


def pytest_sessionfinish(session: pytest.Session) -> None:
    if _too_many_skips(session.config) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    skips = terminalreporter.stats.get("skipped", [])
    for report in skips:
        place, _, reason = report.longrepr
        terminalreporter.write_line(f"{os.path.relpath(place, config.rootpath)}: {reason}")
    if _too_many_skips(config):
        terminalreporter.write_line(
            f"{len(skips)} skipped, more than max_skips = {config.getini('max_skips')}", red=True
        )


def _too_many_skips(config: pytest.Config) -> bool:
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or reporter is None:
        return False
    return len(reporter.stats.get("skipped", [])) > int(config.getini("max_skips"))
