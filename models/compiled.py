"""How kernels are compiled: typed doorways to Numba.

Neither uses fast-math: results must not depend on how a loop is vectorised.
"""

from collections.abc import Callable
from typing import Any, cast

from numba import njit

OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}
LEAN: dict[str, Any] = OPTIONS | {"_nrt": False, "forceinline": True}


def compiled[F: Callable[..., object]](function: F) -> F:
    """Compile a function without the interpreter lock, keeping the machine code on disk.

    Parameters
    ----------
    function
        Plain array code that Numba understands.

    Returns
    -------
    F
        The compiled function, with the type of the original.
    """
    return cast("F", njit(**OPTIONS)(function))


def lean[F: Callable[..., object]](function: F) -> F:
    """Compile like `compiled`, but inlined and without counting references: for many small functions that share arrays.

    Counting took two thirds of the simulation's time, and calls half of the rest. The caller keeps the arrays alive;
    the function cannot create any, and Numba refuses to compile one that does.
    """
    return cast("F", njit(**LEAN)(function))
