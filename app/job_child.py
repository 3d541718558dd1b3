"""The process that computes boards for another one: `python -m app.job_child` takes tasks and answers with endings."""

import os
import sys
import warnings
from datetime import UTC, datetime

from app.failures import explain_failure, one_line
from app.session import Session


def main() -> int:
    """Do tasks until whoever wants them closes the pipe; returns an exit code where the record cannot be opened."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not get between the answers
    session = Session.of_process()
    session.prepare_caches()
    from forecasts.jobs import serving

    def explain(error: Exception) -> tuple[str, int]:
        return explain_failure(error, logs=session.logs, now=datetime.now(UTC))

    try:
        opened = session.workspace()
        serving.serve(opened.store, opened.artefacts, tasks=sys.stdin.buffer, answers=answers, explain=explain)
    except Exception as error:  # noqa: BLE001 - one line for who started it, whatever it was
        message, code = explain(error)
        sys.stderr.write(one_line(message) + "\n")
        return code or 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
