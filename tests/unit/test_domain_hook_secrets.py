"""Two secrets of a webhook are good at once, for as long as a rotation says."""

from trigger_service.domain.hook_secrets import HookSecrets

NOW = 1_700_000_000.5


def test_after_a_rotation_both_are_good_until_the_old_one_has_had_its_time():
    rotated = HookSecrets("first").rotated("second", 60, NOW)
    assert rotated.valid(NOW) == ["second", "first"]
    assert rotated.valid(NOW + 59.9) == ["second", "first"]
    assert rotated.valid(NOW + 60) == ["second"]


def test_an_old_one_that_is_not_kept_is_good_no_more():
    assert HookSecrets("first").rotated("second", 0, NOW) == HookSecrets("second")


def test_of_several_rotations_the_last_two_are_good():
    twice = HookSecrets("first").rotated("second", 60, NOW).rotated("third", 60, NOW)
    assert twice.valid(NOW) == ["third", "second"]


def test_the_same_secret_again_changes_nothing():
    rotated = HookSecrets("first").rotated("second", 60, NOW)
    assert rotated.rotated("second", 600, NOW + 1) == rotated


def test_what_is_sealed_of_them_is_all_of_them_and_what_is_printed_is_none():
    rotated = HookSecrets("first").rotated("second", 60, NOW)
    assert HookSecrets.from_texts(rotated.to_texts()) == rotated
    assert "first" not in repr(rotated)
    assert "second" not in repr(rotated)
