from pipeline.search.spread import is_noise, spread


def test_the_largest_less_the_smallest():
    assert spread([0.75, 0.5, 0.625]) == 0.25
    assert spread([0.5, 0.5]) == 0.0
    assert spread([0.7]) is None
    assert spread([]) is None


def test_what_is_no_larger_than_the_spread_is_noise():
    assert [is_noise(gain, 0.25) for gain in (0.25, 0.26, -0.25, -0.26, 0.0)] == [True, False, True, False, True]
    assert not is_noise(1e-9, 0.0)
    assert not is_noise(0.0, None)
