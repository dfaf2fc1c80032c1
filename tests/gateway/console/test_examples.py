"""The example queries as text: what the console's tabs and its Examples panel rely on."""

from pathlib import Path

import pytest
from graphql import OperationDefinitionNode, parse

EXAMPLES = sorted((Path(__file__).parents[3] / "gateway/console/src/examples").glob("*.graphql"))
LINE_LENGTH = 72


def operation(path: Path) -> OperationDefinitionNode:
    """The only operation of an example."""
    (definition,) = parse(path.read_text()).definitions
    assert isinstance(definition, OperationDefinitionNode)
    return definition


def test_each_use_has_one_example_with_a_tab_name_of_its_own() -> None:
    names = [node.name.value for path in EXAMPLES if (node := operation(path)).name]
    assert len(names) == len(set(names)) == len(EXAMPLES) >= 8


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_begins_with_title_and_explanation(path: Path) -> None:
    title, explanation = path.read_text().splitlines()[:2]
    assert title.startswith("# ")
    assert explanation.startswith("# ")


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_runs_without_filling_in_variables(path: Path) -> None:
    required = [
        variable.variable.name.value
        for variable in operation(path).variable_definitions or ()
        if variable.default_value is None
    ]
    assert required == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_example_fits_beside_an_open_panel(path: Path) -> None:
    assert [line for line in path.read_text().splitlines() if len(line) > LINE_LENGTH] == []
