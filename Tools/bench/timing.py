"""How the peers' times are taken, for all scripts of this folder alike."""

import time


def best(function, runs=7):
    """The least of several runs in milliseconds, one beforehand not counted: what else the machine does only adds."""
    function()
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return round(1000 * min(times), 3)
