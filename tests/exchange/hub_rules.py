"""What a hub asks of its files, written down from its documentation and the behaviour of its checks (schema v6.0.0).

Sources: docs.hubverse.io (tasks.json, admin.json, model output, sample output type), the notes of the schema's releases
and the reference pages of hubAdmin's `validate_config` and hubValidations' `validate_submission`. The consortium's own
schema file is not part of this repository; each rule here is one of its rules in our words.
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import combinations, product
from pathlib import Path
from typing import Any

import polars as pl
from jsonschema import Draft202012Validator, FormatChecker

RESERVED = {"model_id", "output_type", "output_type_id", "value"}
ADDRESS = "https://raw.githubusercontent.com/hubverse-org/schemas/main/v6.0.0/"


def closed(properties: dict[str, Any], *, optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the schema of an object with these properties and no others."""
    needed = [name for name in properties if name not in optional]
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def values(kind: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return the schema of the required or optional values of a task id."""
    return {"type": ["array", "null"], "uniqueItems": True} | ({"items": kind} if kind else {})


def task_id(kind: dict[str, Any] | None = None) -> dict[str, Any]:
    return closed({"required": values(kind), "optional": values(kind)})


def listed(kind: dict[str, Any]) -> dict[str, Any]:
    return closed({"required": {"type": "array", "uniqueItems": True, "items": kind}})


TEXT = {"type": "string"}
DAY = {"type": "string", "format": "date"}
POSITIVE = {"type": "integer", "minimum": 1}
NUMBER = closed(
    {"type": {"enum": ["double", "integer"]}, "minimum": {"type": "number"}, "maximum": {"type": "number"}},
    optional=("minimum", "maximum"),
)
SHARE = closed({"type": {"const": "double"}, "minimum": {"const": 0}, "maximum": {"const": 1}})
ANYTHING = {"type": "object"}


def output(ids: dict[str, Any], value: dict[str, Any], name: str = "output_type_id") -> dict[str, Any]:
    return closed({name: ids, "value": value, "is_required": {"type": "boolean"}})


SAMPLE_IDS = closed(
    {
        "type": {"enum": ["character", "integer"]},
        "max_length": POSITIVE,
        "min_samples_per_task": POSITIVE,
        "max_samples_per_task": POSITIVE,
        "compound_taskid_set": {"type": "array", "uniqueItems": True, "items": TEXT},
    },
    optional=("max_length", "compound_taskid_set"),
) | {"if": {"properties": {"type": {"const": "character"}}}, "then": {"required": ["max_length"]}}
OUTPUT_TYPES = {
    "mean": output(closed({"required": {"type": "null"}}), NUMBER),
    "median": output(closed({"required": {"type": "null"}}), NUMBER),
    "quantile": output(listed({"type": "number", "minimum": 0, "maximum": 1}), NUMBER),
    "cdf": output(listed({"type": ["number", "string"]}), SHARE),
    "pmf": output(listed(TEXT), SHARE),
    "sample": output(SAMPLE_IDS, NUMBER, "output_type_id_params"),
}
DAYS = ("origin_date", "forecast_date", "target_date", "target_end_date")
TASK_IDS = {name: task_id(DAY) for name in DAYS} | {
    name: task_id(TEXT) for name in ("location", "target", "target_variable", "target_outcome", "age_group")
}
TASK_IDS |= {name: task_id({"type": ["integer", "string"]}) for name in ("scenario_id", "horizon")}
TARGET_METADATA = closed(
    {
        "target_id": {"type": "string", "maxLength": 30},
        "target_name": {"type": "string", "maxLength": 100},
        "target_units": {"type": "string", "maxLength": 100},
        "target_keys": {
            "type": ["object", "null"],
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": TEXT,
        },
        "target_type": {
            "enum": ["continuous", "discrete", "date", "binary", "nominal", "ordinal", "compositional"],
        },
        "is_step_ahead": {"type": "boolean"},
        "description": TEXT,
        "time_unit": {"enum": ["day", "week", "month"]},
        "additional_metadata": ANYTHING,
    },
    optional=("description", "time_unit", "additional_metadata"),
) | {"if": {"properties": {"is_step_ahead": {"const": True}}}, "then": {"required": ["time_unit"]}}
MODEL_TASK = closed(
    {
        "task_ids": {"type": "object", "properties": TASK_IDS, "additionalProperties": task_id()},
        "output_type": closed(OUTPUT_TYPES, optional=tuple(OUTPUT_TYPES)),
        "target_metadata": {"type": "array", "items": TARGET_METADATA},
    }
)
FORMATS = {"type": "array", "items": {"enum": ["csv", "parquet", "arrow"]}}
DERIVED = {"type": ["array", "null"], "uniqueItems": True, "items": TEXT}
DUE = {
    "oneOf": [
        closed({"relative_to": TEXT, "start": {"type": "integer"}, "end": {"type": "integer"}}),
        closed({"start": DAY, "end": DAY}),
    ]
}
ROUND = closed(
    {
        "round_id_from_variable": {"type": "boolean"},
        "round_id": TEXT,
        "model_tasks": {"type": "array", "items": MODEL_TASK},
        "submissions_due": DUE,
        "round_name": TEXT,
        "last_data_date": DAY,
        "file_format": FORMATS,
        "derived_task_ids": DERIVED,
        "additional_metadata": ANYTHING,
    },
    optional=("round_name", "last_data_date", "file_format", "derived_task_ids", "additional_metadata"),
) | {
    "if": {"properties": {"round_id_from_variable": {"const": False}}},
    "then": {"properties": {"round_id": {"pattern": "^([0-9]{4}-[0-9]{2}-[0-9]{2})$|^[A-Za-z0-9_]+$"}}},
}
TASKS = closed(
    {
        "schema_version": {"const": f"{ADDRESS}tasks-schema.json"},
        "rounds": {"type": "array", "items": ROUND},
        "output_type_id_datatype": {"enum": ["auto", "character", "double", "integer", "logical", "Date"]},
        "derived_task_ids": DERIVED,
    },
    optional=("output_type_id_datatype", "derived_task_ids"),
)
ADMIN = closed(
    {
        "schema_version": {"const": f"{ADDRESS}admin-schema.json"},
        "name": TEXT,
        "maintainer": TEXT,
        "contact": {"type": "object", "properties": {"name": TEXT, "email": {"type": "string", "format": "email"}}},
        "repository": {"type": "object", "properties": {"host": {"enum": ["github"]}, "owner": TEXT, "name": TEXT}},
        "file_format": FORMATS,
        "timezone": {"type": "string", "pattern": "^(Africa|America|Antarctica|Asia|Europe|Pacific|US)/.+"},
    }
)


def problems(hub: Path) -> list[str]:
    """Return everything in which a folder is not a hub that its checks would accept."""
    found = list(config_problems(json.loads((hub / "hub-config/tasks.json").read_text())))
    admin = json.loads((hub / "hub-config/admin.json").read_text())
    found += [f"admin.json {e.json_path}: {e.message}" for e in _validator(ADMIN).iter_errors(admin)]
    return found or list(output_problems(hub))


def _validator(schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator(schema, format_checker=FormatChecker())


def config_problems(tasks: dict[str, Any]) -> Iterator[str]:
    """Give what is wrong with tasks.json: first by the schema, and where that finds nothing, between its parts."""
    wrong = [f"tasks.json {e.json_path}: {e.message}" for e in _validator(TASKS).iter_errors(tasks)]
    yield from wrong
    if wrong:
        return
    days = [d for r in tasks["rounds"] for d in _round_ids(r)]
    if len(days) != len(set(days)):
        yield f"round ids are not unique: {days}"
    for each in tasks["rounds"]:
        for task in each["model_tasks"]:
            yield from _task_problems(task)
        ids = {json.dumps(t["task_ids"].get(each["round_id"])) for t in each["model_tasks"]}
        if each["round_id_from_variable"] and len(ids) != 1:
            yield "the task id of the round differs between its model tasks"
        for one, other in combinations(each["model_tasks"], 2):
            if _overlap(one, other):
                yield f"two model tasks share combinations: {one['task_ids']['target']}, {other['task_ids']['target']}"
    names = {n for r in tasks["rounds"] for t in r["model_tasks"] for n in t["task_ids"]}
    for name in names:
        if not any(_values(t["task_ids"].get(name, {})) for r in tasks["rounds"] for t in r["model_tasks"]):
            yield f"task id {name} is null everywhere"


def _round_ids(each: Mapping[str, Any]) -> list[str]:
    if not each["round_id_from_variable"]:
        return [each["round_id"]]
    return _values(each["model_tasks"][0]["task_ids"][each["round_id"]])


def _values(found: Mapping[str, Any]) -> list[Any]:
    return [*(found.get("required") or []), *(found.get("optional") or [])]


def _task_problems(task: dict[str, Any]) -> Iterator[str]:
    ids = task["task_ids"]
    if RESERVED & ids.keys():
        yield f"reserved names among the task ids: {RESERVED & ids.keys()}"
    keys = [m["target_keys"] for m in task["target_metadata"]]
    if len({tuple(k) for k in keys}) != 1 or any(name not in ids for k in keys for name in k):
        yield f"target keys are not one of the task ids: {keys}"
    else:
        name = next(iter(keys[0]))
        if sorted(k[name] for k in keys) != sorted(_values(ids[name])):
            yield f"targets without metadata, or the other way round: {keys}"
    for what in (*ids.values(), *(o["output_type_id"] for o in task["output_type"].values() if "output_type_id" in o)):
        if len(_values(what)) != len(set(_values(what))):
            yield f"a value stands twice: {what}"
    if sample := task["output_type"].get("sample"):
        drawn = sample["output_type_id_params"]
        if drawn["min_samples_per_task"] > drawn["max_samples_per_task"]:
            yield "fewer samples at most than at least"
        if not set(drawn.get("compound_taskid_set", ())) <= ids.keys():
            yield f"the compound task ids are no task ids: {drawn['compound_taskid_set']}"


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Tell whether two model tasks define one combination of task ids, output type and output type id."""
    for name in one["task_ids"].keys() | other["task_ids"].keys():
        first, second = (_values(task["task_ids"].get(name, {})) or [None] for task in (one, other))
        if not set(first) & set(second):
            return False
    return any(
        kind == "sample" or set(_output_ids(one, kind)) & set(_output_ids(other, kind))
        for kind in one["output_type"].keys() & other["output_type"].keys()
    )


def _output_ids(task: dict[str, Any], kind: str) -> list[str | None]:
    """Return the output type ids as they stand in the column, which is text."""
    found = task["output_type"][kind]["output_type_id"]["required"]
    return [None] if found is None else [v if isinstance(v, str) else repr(v) for v in found]


FILE = re.compile(r"((\d{4}-\d{2}-\d{2})|[A-Za-z0-9_]+)-([A-Za-z0-9_]+)-([A-Za-z0-9_]+)")


def output_problems(hub: Path) -> Iterator[str]:
    """Give what is wrong with the files of model output, each against the round that its name says."""
    tasks = json.loads((hub / "hub-config/tasks.json").read_text())
    rounds = {day: each for each in tasks["rounds"] for day in _round_ids(each)}
    seen = set()
    for path in sorted((hub / "model-output").rglob("*.*")):
        named = FILE.fullmatch(path.stem)
        if named is None or path.parent.name != f"{named[3]}-{named[4]}" or named[1] not in rounds:
            yield f"{path.name} is no <round>-<team>-<model> in its model's folder"
            continue
        if not (hub / "model-metadata" / f"{path.parent.name}.yml").exists():
            yield f"{path.name}: nothing is told of the model"
        seen.add(named[1])
        yield from (f"{path.name}: {found}" for found in table_problems(pl.read_parquet(path), rounds[named[1]]))
    if missing := rounds.keys() - seen:
        yield f"no model output for {sorted(missing)}"


def table_problems(table: pl.DataFrame, each: dict[str, Any]) -> Iterator[str]:
    """Give what is wrong with the rows of one round."""
    ids = list(each["model_tasks"][0]["task_ids"])
    types = {n: pl.Date if n in DAYS else pl.String for n in ids}
    types |= {"output_type": pl.String, "output_type_id": pl.String, "value": pl.Float64}
    if dict(table.schema) != types:
        yield f"columns {dict(table.schema)}, needed {types}"
        return
    if table.drop("value").is_duplicated().any():
        yield "a row stands twice"
    if table["value"].null_count() or not table["value"].is_finite().all():
        yield "a value is missing or not finite"
    yield from _row_problems(table, each, ids)
    yield from _distribution_problems(table, ids)
    yield from _sample_problems(table, each, ids)


def _row_problems(table: pl.DataFrame, each: dict[str, Any], ids: list[str]) -> Iterator[str]:
    """Compare the rows with every combination that the model tasks require."""
    wanted: set[tuple[Any, ...]] = set()
    tasks_only: set[tuple[Any, ...]] = set()
    for task in each["model_tasks"]:
        grid = list(product(*(_values(task["task_ids"][n]) or [None] for n in ids)))
        for kind in task["output_type"]:
            if kind == "sample":
                tasks_only |= set(grid)
            else:
                wanted |= {(*place, kind, i) for place in grid for i in _output_ids(task, kind)}
    text = table.with_columns(pl.col(n).cast(pl.String) for n in ids)
    given = set(text.filter(pl.col("output_type") != "sample").drop("value").iter_rows())
    if given != wanted:
        yield f"rows missing {sorted(wanted - given, key=str)[:2]}, not asked for {sorted(given - wanted, key=str)[:2]}"
    sampled = set(text.filter(pl.col("output_type") == "sample").select(ids).unique().iter_rows())
    if sampled != tasks_only:
        yield f"samples missing or not asked for: {sorted(sampled ^ tasks_only, key=str)[:2]}"


def _distribution_problems(table: pl.DataFrame, ids: list[str]) -> Iterator[str]:
    shares = table.filter(pl.col("output_type").is_in(["pmf", "cdf"]))
    if not shares["value"].is_between(0, 1).all():
        yield "a share outside 0 to 1"
    totals = table.filter(pl.col("output_type") == "pmf").group_by(ids).agg(pl.col("value").sum())
    if not ((totals["value"] - 1).abs() < 1.5e-8).all():
        yield "a pmf does not sum to 1"
    for kind, order in (("cdf", pl.col("output_type_id")), ("quantile", pl.col("output_type_id").cast(pl.Float64))):
        rising = table.filter(pl.col("output_type") == kind).sort(order)
        steps = rising.select((pl.col("value").diff().over(ids) < 0).alias("falls"))
        if steps["falls"].any():
            yield f"a {kind} falls"


def _sample_problems(table: pl.DataFrame, each: dict[str, Any], ids: list[str]) -> Iterator[str]:
    """Check that an index stays in one model task and is one joint sample of it, and how many there are."""
    samples = table.filter(pl.col("output_type") == "sample")
    tasks = [t for t in each["model_tasks"] if "sample" in t["output_type"]]
    owner: dict[str, int] = {}
    for number, task in enumerate(tasks):
        drawn = task["output_type"]["sample"]["output_type_id_params"]
        own = samples.filter(pl.col("target").is_in(task["task_ids"]["target"]["required"]))
        if drawn["type"] == "integer" and not own["output_type_id"].str.contains(r"^\d+$").all():
            yield "a sample index is no whole number"
        for index in own["output_type_id"].unique():
            if owner.setdefault(index, number) != number:
                yield f"sample {index} spans model tasks"
                break
        compound = drawn.get("compound_taskid_set", ids)
        if own.group_by("output_type_id").agg(pl.struct(compound).n_unique().alias("n"))["n"].max() != 1:
            yield "a sample has more than one compound task"
        others = [n for n in ids if n not in compound]
        sets = own.group_by("output_type_id").agg(pl.struct(others).sort().alias("s"))
        if sets["s"].n_unique() != 1:
            yield "samples cover different tasks"
        counts = own.group_by(ids).agg(pl.col("output_type_id").n_unique().alias("n"))["n"]
        if not counts.is_between(drawn["min_samples_per_task"], drawn["max_samples_per_task"]).all():
            yield "too few or too many samples"
