"""panel"""
import numpy as np
import pymc as pm
import pytensor.tensor as pt

from models.spending_paths import FREEDOM, JUMP, SLUMP, Panel, Setting, design, spread_points

FIRST_SLOPE = 0.01

def build(panel: Panel, setting: Setting) -> pm.Model:
    shape = design(panel, setting)
    coords = {"country": list(panel.countries), "change": list(panel.years[1:]), "year": list(panel.years)}
    points, weights = spread_points()
    with pm.Model(coords=coords) as model:
        changes = pm.Data("changes", panel.changes, dims=("country", "change"))
        pace = pm.Data("pace", shape.pace, dims=("country", "change"))
        anew = pm.Data("anew", shape.anew, dims="change")
        slump = pm.Data("slump", shape.slump, dims="year")
        provisional = pm.Data("provisional", panel.provisional, dims="year")
        exponent = pm.Data("exponent", shape.exponent)
        lower = pm.Data("lower", shape.lower)
        difference = pm.Data("difference", shape.difference)
        first = pm.Data("first", np.eye(1, shape.anew.size)[0], dims="change")
        damping = pm.Beta("damping", 8.0, 2.0)
        compliance = pm.Beta("compliance", 2.0, 4.0)
        level_sd = pm.LogNormal("level_sd", np.log(0.05), 0.5)
        printed_sd = pm.LogNormal("printed_sd", np.log(0.03), 0.3)
        revision_sd = pm.LogNormal("revision_sd", np.log(0.03), 0.2)
        break_sd = pm.LogNormal("break_sd", np.log(0.04), 0.5)
        slope_sd = pm.LogNormal("slope_sd", np.log(0.01), 0.5)
        common_sd = pm.LogNormal("common_sd", np.log(0.02), 0.5)
        transitory_sd = pm.LogNormal("transitory_sd", np.log(0.02), 0.5)
        spread_sd = pm.LogNormal("spread_sd", np.log(0.4), 0.4)

        memory = lower * damping**exponent
        z_common = pm.Normal("z_common", 0, 1, dims="change")
        shock_sd = pt.sqrt(anew * JUMP[1] ** 2 + (1 - first) * common_sd**2)
        jump = anew * JUMP[0] - first * (JUMP[0] - FIRST_SLOPE)
        common = pm.Deterministic("common", memory @ (jump + shock_sd * z_common), dims="change")
        z = pm.Normal("z_transitory", 0, 1, dims="year")
        passing = pt.switch(slump > 0, SLUMP[0] + SLUMP[1] * z, transitory_sd * z)
        transitory = pm.Deterministic("transitory", passing, dims="year")
        fresh = pt.switch(anew > 0, break_sd, slope_sd) ** 2
        printed = printed_sd**2 + provisional * revision_sd**2
        matrix = (memory * fresh) @ memory.T + (difference * printed) @ difference.T
        root = pt.linalg.cholesky(matrix + level_sd**2 * (lower * lower.T))
        residual = changes - (common + difference @ transitory) - compliance * pace
        white = pt.linalg.solve_triangular(root, residual.T, lower=True).T
        log_spread = spread_sd * points
        n = changes.shape[1]
        scaled = white[:, :, None] * pt.exp(-log_spread)
        tail = (FREEDOM + 1) / 2 * pt.log1p(scaled**2 / FREEDOM).sum(axis=1)
        each = pt.logsumexp(weights - n * log_spread - tail, axis=1)
        pm.Potential("changes_seen", each.sum() - changes.shape[0] * pt.log(pt.diagonal(root)).sum())
    return model
