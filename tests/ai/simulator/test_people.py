"""Names are names, whatever hangs on them."""

from ai.simulator.brains.people import people_in


def test_a_possessive_is_no_second_person():
    text = "Mara opens the bag. Vale searches Mara's bag. Mara looks away. Vale whistles."

    assert people_in(text) == ["Mara", "Vale"]
