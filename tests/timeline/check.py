#!/usr/bin/env python3
"""Reads what tests/c/{trace,prof,dump}.c have written, as people's tools do.

usage: check.py DIRECTORY

Timelines must be JSON in the trace event format, with consistent tracks, times, arrows and curves; the files of dumps
must load in NumPy as their index says.
"""

import collections
import importlib.util
import json
import pathlib
import sys
import xml.etree.ElementTree

import numpy

REPOSITORY = pathlib.Path(__file__).parents[2]
DTYPES = {"ACL_FLOAT": "float32", "ACL_FLOAT16": "float16", "ACL_BF16": "uint16", "ACL_INT64": "int64",
          "ACL_UINT8": "uint8"}
# Members that every event of a phase has, besides process and thread.
MEMBERS = {"M": {"name", "args"}, "X": {"name", "cat", "ts", "dur"}, "i": {"name", "cat", "ts", "s"},
           "C": {"name", "ts", "args"}, "s": {"name", "cat", "ts", "id"}, "f": {"name", "cat", "ts", "id", "bp"},
           "b": {"name", "cat", "ts", "id"}, "e": {"name", "cat", "ts", "id"}}


def check_tracks(events: list[dict]) -> None:
    """Every track has a name, and its slices lie apart or inside each other."""
    named = {(e["pid"], e["tid"]) for e in events if e["ph"] == "M" and e["name"] == "thread_name"}
    processes = {e["pid"] for e in events if e["ph"] == "M" and e["name"] == "process_name"}
    tracks = collections.defaultdict(list)
    for event in events:
        if event["ph"] == "X":
            assert event["dur"] >= 0, event
            tracks[event["pid"], event["tid"]].append(event)
    for place, slices in tracks.items():
        assert place in named and place[0] in processes, place
        inside = []
        for event in sorted(slices, key=lambda e: (e["ts"], -e["dur"])):
            # Thousandths of microseconds, exactly.
            start, end = round(event["ts"] * 1000), round((event["ts"] + event["dur"]) * 1000)
            while inside and inside[-1] <= start:
                inside.pop()
            assert not inside or end <= inside[-1], (place, event)
            inside.append(end)


def check_tasks(events: list[dict]) -> None:
    """Tasks of a stream are numbered in the order of time, and operators have shapes and bytes."""
    streams = collections.defaultdict(list)
    for event in events:
        if event.get("cat") in ("task", "node"):
            arguments = event["args"]
            assert arguments["call"] and arguments["stream"] >= 0, event
            if event["cat"] == "task":
                streams[event["pid"], event["tid"]].append(event)
            for tensor in arguments.get("inputs", []) + arguments.get("outputs", []):
                assert tensor["name"] and tensor["dtype"] in DTYPES, event
                assert all(dim >= 0 for dim in tensor["shape"]), event
    for tasks in streams.values():
        tasks.sort(key=lambda e: e["args"]["task"])
        for before, after in zip(tasks, tasks[1:]):
            assert before["args"]["task"] < after["args"]["task"], after
            assert before["ts"] + before["dur"] <= after["ts"] + 1e-3, (before, after)


def check_arrows(events: list[dict]) -> int:
    """Each arrow goes from inside of a call to the beginning of a task, forward in time."""
    ends = {e["id"]: e for e in events if e["ph"] == "f"}
    begins = [e for e in events if e["ph"] == "s"]
    assert len({e["id"] for e in begins}) == len(begins) == len(ends)
    starts = {(e["pid"], e["tid"], e["ts"]) for e in events if e.get("cat") == "task"}
    calls = [e for e in events if e.get("cat") == "call"]
    for begin in begins if len(begins) < 1000 else begins[::100]:
        end = ends[begin["id"]]
        assert begin["ts"] <= end["ts"], (begin, end)
        assert (end["pid"], end["tid"], end["ts"]) in starts, end
        inside = [c for c in calls if c["tid"] == begin["tid"] and c["ts"] <= begin["ts"] <= c["ts"] + c["dur"]]
        assert inside, begin
    return len(begins)


def check_rest(events: list[dict]) -> None:
    """Spans and steps have both ends, memory is never negative, and nothing was lost."""
    ends = collections.Counter((e["cat"], e["id"], e["name"]) for e in events if e["ph"] == "e")
    assert ends == collections.Counter((e["cat"], e["id"], e["name"]) for e in events if e["ph"] == "b")
    for event in events:
        if event["ph"] == "C":
            assert event["name"] == "memory in use" and event["args"]["bytes"] >= 0, event
    assert not [e for e in events if e.get("cat") == "lost"]


def check_timeline(path: pathlib.Path) -> int:
    """All of a file."""
    events = json.loads(path.read_text())
    for event in events:
        assert MEMBERS[event["ph"]] <= event.keys() and {"pid", "tid"} <= event.keys(), event
    check_tracks(events)
    check_tasks(events)
    check_rest(events)
    return check_arrows(events)


def check_picture(trace: pathlib.Path) -> None:
    """The tool of the documentation draws every device and the names that have room."""
    spec = importlib.util.spec_from_file_location("timeline", REPOSITORY / "docs/timeline.py")
    assert spec is not None and spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    sys.modules["timeline"] = tool
    spec.loader.exec_module(tool)
    picture = trace.with_suffix(".svg")
    sys.argv = ["timeline.py", str(trace), str(picture)]
    tool.main()
    texts = [e.text for e in xml.etree.ElementTree.parse(picture).iter("{http://www.w3.org/2000/svg}text")]
    assert {"device 0", "device 1", "main", "memory in use"} <= set(texts), texts


def check_dump(index: pathlib.Path) -> int:
    """Every file that an index names loads with the shape and type that it says."""
    count = 0
    for line in index.read_text().splitlines():
        entry = json.loads(line)
        if "file" not in entry or not (index.parent / entry["file"]).exists():
            continue  # arguments without data, or given to a callback
        count += 1
        array = numpy.load(index.parent / entry["file"], allow_pickle=False)
        assert array.shape == tuple(entry["shape"]), entry
        assert array.dtype == DTYPES[entry["dtype"]], entry
    listed = {json.loads(line).get("file") for line in index.read_text().splitlines()}
    assert {path.name for path in index.parent.glob("*.npy")} <= listed, index
    return count


def check_sum(directory: pathlib.Path) -> None:
    """The dumped operands of an addition add up."""
    found = 0
    for index in directory.rglob("index.jsonl"):
        operands = {}
        for entry in map(json.loads, index.read_text().splitlines()):
            if entry.get("op") == "Add" and "file" in entry and (index.parent / entry["file"]).exists():
                operands[entry["argument"]] = numpy.load(index.parent / entry["file"])
        if operands.keys() == {"self", "other", "out"}:
            found += 1
            assert (operands["self"] + operands["other"] == operands["out"]).all() and operands["out"].any()
    assert found, "no addition with both sides"


def main() -> None:
    directory = pathlib.Path(sys.argv[1])
    traces = sorted(directory.glob("trace-*.json"))
    timelines = sorted(directory.glob("prof-*/PROF_*/timeline.json"))
    indexes = sorted(directory.rglob("index.jsonl"))
    assert len(traces) == 1 and timelines and indexes, (traces, timelines, indexes)
    arrows = sum(check_timeline(path) for path in traces + timelines)
    for path in directory.glob("prof-*/PROF_*/session.json"):
        assert json.loads(path.read_text())["devices"] == [0]
    check_picture(traces[0])
    files = sum(check_dump(path) for path in indexes)
    assert arrows and files
    check_sum(directory)
    print(f"{len(traces + timelines)} timelines with {arrows} arrows, {files} arrays of {len(indexes)} dumps")


if __name__ == "__main__":
    main()
