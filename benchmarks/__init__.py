"""Figures that are measured, each beside a bar or a rival in the same run; they use the compile cache that users do."""

import os

from forecasts.settings import Home, prepare_caches

prepare_caches(Home.from_environment(os.environ), os.environ)
