"""The table of faults in the README is that of the code."""

from pathlib import Path

from ai.simulator import kinds
from ai.simulator.early import WAITS

README = Path(kinds.__file__).with_name("README.md")


def test_the_readme_shows_every_fault_as_the_code_has_it():
    assert kinds.table() in README.read_text(encoding="utf-8")


def test_the_readme_names_every_form_of_waiting():
    text = README.read_text(encoding="utf-8")

    assert [form for form in WAITS if f"`{form}`" not in text] == []


def test_names_of_faults_and_their_ways_cannot_be_mistaken_for_each_other():
    names = [
        f"{kind.name}_{way}" if way else kind.name
        for kind in kinds.KINDS.values()
        for way in ("", *kind.ways)
    ]

    assert len(names) == len(set(names))
