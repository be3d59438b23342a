import os
import signal

import pytest

from pipeline.errors import UserError
from pipeline.processes import spread


def square(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def fail_at_three(number: int) -> int:
    if number == 3:
        raise UserError(f"number {number} is wrong")
    return number


def die_at_three(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.parametrize("processes", [0, 1, 2])
@pytest.mark.parametrize("chunk", [1, 5, 100])
def test_results_come_in_order_from_so_many_processes(processes, chunk):
    found = list(spread(square, range(12), processes, chunk))
    assert [value for value, _ in found] == [number * number for number in range(12)]
    others = {process for _, process in found} - {os.getpid()}
    assert len(others) <= processes
    assert bool(others) == (processes == 2)


def test_one_item_is_done_here():
    assert list(spread(square, [3], 8, 1)) == [(9, os.getpid())]
    assert list(spread(square, [], 8, 1)) == []


@pytest.mark.parametrize("processes", [1, 2])
def test_an_error_is_the_same_from_a_process_of_its_own(processes):
    with pytest.raises(UserError, match=r"^number 3 is wrong$"):
        list(spread(fail_at_three, range(6), processes, 1))


def test_a_process_that_is_killed_is_one_line():
    with pytest.raises(UserError, match="a worker process was killed"):
        list(spread(die_at_three, range(6), 2, 1))
