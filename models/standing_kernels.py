"""The compiled sweep over forecasts in time: how long each stood, and how it did against the others standing then."""

import numpy as np
from numpy.typing import NDArray

from models.compiled import compiled

NOBODY = -1


@compiled
def sweep(  # noqa: PLR0917
    starts: NDArray[np.int64],
    forecaster: NDArray[np.int32],
    at: NDArray[np.float64],
    life: NDArray[np.float64],
    log_score: NDArray[np.float64],
    holder: NDArray[np.int64],
    scheduled: NDArray[np.float64],
    actual: NDArray[np.float64],
    peer: NDArray[np.float64],
) -> None:
    """Fill for each row how long it stood and its peer score integrated over that time.

    Rows lie by question, `starts[q]` to `starts[q + 1]`, and within one by time. A row stands from `at` to its
    forecaster's next row, at most to the scheduled close; a row whose `log_score` is NaN withdraws.

    Parameters
    ----------
    starts
        (Q + 1,) first row of each question.
    forecaster, at, log_score
        (F,) code of the forecaster, seconds, ln of the probability given to the outcome.
    life
        (Q, 3) seconds: opened, scheduled close, end of scoring (the resolution, at most the close); a question with
        a NaN among them is left out.
    holder
        (number of forecasters,) scratch, all `NOBODY`.
    scheduled, actual
        (F,) output, seconds stood until the scheduled close, until the end of scoring.
    peer
        (F,) output: integral over the actual time of ln p minus the mean of ln p over the others standing then
        (0 while there are none), in nats times seconds. Two running integrals, of n / (n - 1) and of
        sum ln p / (n - 1), give it in one pass whatever the number of forecasters.
    """
    since_all, since_sum = np.zeros(at.size), np.zeros(at.size)
    for question in range(starts.size - 1):
        opened, close, end = life[question, 0], life[question, 1], life[question, 2]
        if np.isnan(opened + close + end):
            continue
        standing, total, of_all, of_sum, clock = 0, 0.0, 0.0, 0.0, opened
        for row in range(starts[question], starts[question + 1]):
            now = min(max(at[row], opened), close)
            stop = min(now, end)
            if standing > 1 and stop > clock:
                of_all += (stop - clock) * standing / (standing - 1)
                of_sum += (stop - clock) * total / (standing - 1)
            clock = max(clock, stop)
            who = forecaster[row]
            before = holder[who]
            if before != NOBODY:
                begun = min(max(at[before], opened), close)
                scheduled[before] = now - begun
                actual[before] = max(0.0, stop - min(begun, end))
                peer[before] = log_score[before] * (of_all - since_all[before]) - (of_sum - since_sum[before])
                standing -= 1
                total -= log_score[before]
                holder[who] = NOBODY
            if not np.isnan(log_score[row]):
                holder[who] = row
                since_all[row], since_sum[row] = of_all, of_sum
                standing += 1
                total += log_score[row]
        if standing > 1 and end > clock:
            of_all += (end - clock) * standing / (standing - 1)
            of_sum += (end - clock) * total / (standing - 1)
        for row in range(starts[question], starts[question + 1]):
            if holder[forecaster[row]] == row:
                begun = min(max(at[row], opened), close)
                scheduled[row] = close - begun
                actual[row] = max(0.0, end - min(begun, end))
                peer[row] = log_score[row] * (of_all - since_all[row]) - (of_sum - since_sum[row])
                holder[forecaster[row]] = NOBODY
