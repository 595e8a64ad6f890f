#!/usr/bin/env python3
"""Draws a timeline of ACLSIM_TRACE or aclprofStart as a picture.

usage: timeline.py TRACE.json PICTURE.svg [--from MS] [--to MS] [--width PIXELS]

A row for each thread of the host, nested where calls and ranges are, and for each stream of each device; arrows from
calls to the tasks they submitted; memory in use; an axis. Names are written where they fit. Readable on light and dark
pages. Interactive viewers (https://ui.perfetto.dev) show more; this is for documents.
"""

import argparse
import bisect
import collections
import dataclasses
import html
import json
import pathlib

LEFT, RIGHT, TOP = 128, 16, 44  # of the chart, in pixels
LANE, GAP, HEAD = 20, 12, 22  # height of a lane, space between tracks, height of a heading
MEMORY = 44  # height of a memory curve
LETTER = 6.6  # width of a letter at the size of labels, a little more than most fonts have
TICKS = 8  # about so many on the axis

COLOURS = {  # of slices: what the legend calls it, fill, text
    "operator": ("operator", "#2f6f9f", "#ffffff"),
    "copy": ("copy or fill", "#3f8a5a", "#ffffff"),
    "wait": ("event or wait", "#a9a29a", "#1c1c1c"),
    "call": ("host call", "#c98a2b", "#1c1c1c"),
    "range": ("range", "#8a5aa8", "#ffffff"),
    "step": ("step", "#c2557a", "#ffffff"),
}


@dataclasses.dataclass
class Slice:
    """A part of a track."""

    name: str
    kind: str
    start: float  # microseconds
    end: float
    lane: int = 0


@dataclasses.dataclass
class Track:
    """A thread or a stream."""

    name: str
    order: tuple[int, ...]
    slices: list[Slice] = dataclasses.field(default_factory=list)
    marks: list[tuple[float, str]] = dataclasses.field(default_factory=list)
    lanes: int = 1
    top: float = 0


def kind_of(event: dict) -> str:
    """Which colour a slice has."""
    category, arguments = event.get("cat", ""), event.get("args", {})
    if category in ("call", "range", "step"):
        return category
    if "inputs" in arguments or "blocks" in arguments or "graph" in arguments:
        return "operator"
    return "copy" if "bytes" in arguments else "wait"


class Timeline:
    """What a file says, arranged."""

    def __init__(self, events: list[dict]):
        self.processes: dict[int, str] = {}
        self.tracks: dict[tuple[int, int], Track] = {}
        self.memory: dict[int, list[tuple[float, int]]] = collections.defaultdict(list)
        self.arrows: dict[int, list[tuple[float, tuple[int, int]] | None]] = {}
        names = {}
        open_steps: dict[tuple, dict] = {}
        for event in events:
            place = (event["pid"], event["tid"])
            phase, start = event["ph"], event.get("ts", 0.0)
            if phase == "M" and event["name"] == "process_name":
                self.processes[event["pid"]] = event["args"]["name"].partition(" (")[0]
            elif phase == "M" and event["name"] == "thread_name":
                names[place] = event["args"]["name"]
            elif phase == "X":
                found = Slice(event["name"], kind_of(event), start, start + event["dur"])
                self.track(place).slices.append(found)
            elif phase == "i":
                self.track(place).marks.append((start, event["name"]))
            elif phase == "C":
                self.memory[event["pid"]].append((start, event["args"]["bytes"]))
            elif phase in "sf":
                self.arrows.setdefault(event["id"], [None, None])["sf".index(phase)] = (start, place)
            elif phase == "b":
                open_steps[event["cat"], event["id"]] = event
            elif phase == "e" and (event["cat"], event["id"]) in open_steps:
                begun = open_steps.pop((event["cat"], event["id"]))
                kind = "step" if event["cat"] == "step" else "range"
                self.track((*place, 1)).slices.append(Slice(event["name"], kind, begun["ts"], start))
        for place, track in self.tracks.items():
            name = names.get(place[:2], f"{place[1]}")
            track.name = {"step": "steps", "range": "spans"}[track.slices[0].kind] if place[2:] else name
            self.nest(track)

    def track(self, place: tuple[int, ...]) -> Track:
        """The track of a place; steps are tracks of their own, above their stream."""
        return self.tracks.setdefault(place, Track("", (*place[:2], 0 if place[2:] else 1)))

    @staticmethod
    def nest(track: Track) -> None:
        """Gives each slice the first lane below those that it lies in."""
        open_until: list[float] = []
        for found in sorted(track.slices, key=lambda s: (s.start, -s.end)):
            while open_until and open_until[-1] <= found.start:
                open_until.pop()
            found.lane = len(open_until)
            open_until.append(found.end)
            track.lanes = max(track.lanes, found.lane + 1)

    def span(self) -> tuple[float, float]:
        """The time in which anything happened."""
        slices = [s for track in self.tracks.values() for s in track.slices]
        return min(s.start for s in slices), max(s.end for s in slices)


def fitting(name: str, width: float) -> str:
    """As much of a name as has room; nothing if that says nothing."""
    room = int((width - 6) / LETTER)
    if len(name) <= room:
        return name
    return name[: room - 1] + "…" if room >= 10 else ""


def bytes_text(count: float) -> str:
    """A number of bytes for people."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < 1024 or unit == "GiB":
            return f"{count:.3g} {unit}"
        count /= 1024
    return ""


class Picture:
    """The drawing."""

    def __init__(self, timeline: Timeline, begin: float, end: float, width: int):
        self.timeline, self.begin, self.end, self.width = timeline, begin, end, width
        self.scale = (width - LEFT - RIGHT) / (end - begin)
        self.parts: list[str] = []
        self.arrows: list[str] = []
        self.y = float(TOP)

    def x(self, time: float) -> float:
        """Where a time is."""
        return LEFT + (min(max(time, self.begin), self.end) - self.begin) * self.scale

    def text(self, x: float, y: float, text: str, style: str = "", anchor: str = "start", fill: str = "") -> None:
        """A label."""
        colour = f' fill="{fill}"' if fill else f' class="{style or "ink"}"'
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{colour}>{html.escape(text)}</text>')

    def legend(self) -> None:
        """What colours mean, as far as they are used."""
        used = {s.kind for track in self.timeline.tracks.values() for s in track.slices}
        x = float(LEFT)
        for kind, (name, fill, _) in COLOURS.items():
            if kind in used:
                self.parts.append(f'<rect x="{x:.1f}" y="12" width="11" height="11" rx="2" fill="{fill}"/>')
                self.text(x + 16, 21.5, name)
                x += 34 + LETTER * len(name)

    def draw_track(self, track: Track) -> None:
        """The slices and marks of a track."""
        track.top = self.y
        self.text(LEFT - 10, self.y + 14, fitting(track.name, LEFT - 12), anchor="end")
        marks_end = 0.0
        for found in track.slices:
            if found.end < self.begin or found.start > self.end:
                continue
            x, y = self.x(found.start), self.y + found.lane * LANE
            width = max(self.x(found.end) - x, 0.8)
            _, fill, ink = COLOURS[found.kind]
            self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{LANE - 3}" rx="2" '
                              f'fill="{fill}"><title>{html.escape(found.name)}, {found.end - found.start:.1f} µs'
                              "</title></rect>")
            if label := fitting(found.name, width):
                self.text(x + width / 2, y + 12.5, label, anchor="middle", fill=ink)
        self.y += track.lanes * LANE
        for time, name in sorted(track.marks):
            if self.begin <= time <= self.end and self.x(time) >= marks_end:
                x = self.x(time)
                self.parts.append(f'<path class="mark" d="M{x:.1f} {self.y:.1f}l-4 8h8z"/>')
                self.text(x + 7, self.y + 9, name)
                marks_end = x + 14 + LETTER * len(name)
        self.y += GAP if marks_end else 0
        # Steps belong to the stream below them.
        self.y += GAP if track.order[2] else 2

    def draw_memory(self, points: list[tuple[float, int]]) -> None:
        """Bytes in use, as steps."""
        points = sorted(points)
        most = max(used for _, used in points) or 1
        bottom = self.y + MEMORY
        first = bisect.bisect_right([time for time, _ in points], self.begin) - 1
        used = points[first][1] if first >= 0 else 0
        line = [f"M{LEFT} {bottom:.1f}", f"V{bottom - MEMORY * used / most:.1f}"]
        for time, used in points:
            if self.begin <= time <= self.end:
                line.append(f"H{self.x(time):.1f}V{bottom - MEMORY * used / most:.1f}")
        line.append(f"H{self.width - RIGHT}V{bottom:.1f}Z")
        self.parts.append(f'<path class="memory" d="{"".join(line)}"/>')
        self.text(LEFT - 10, self.y + 10, bytes_text(most), anchor="end")
        self.text(LEFT - 10, self.y + 10 + MEMORY / 2 - 5, "memory in use", anchor="end")
        self.text(LEFT - 10, bottom, "0", anchor="end")
        self.y = bottom + GAP

    def draw_arrows(self) -> None:
        """From calls to the operators and copies that they submitted."""
        drawn = {(track.order[0], s.start) for track in self.timeline.tracks.values() for s in track.slices
                 if s.kind in ("operator", "copy")}
        for begin, end in self.timeline.arrows.values():
            if begin is None or end is None or not (begin[0] >= self.begin and end[0] <= self.end):
                continue
            if (end[1][0], end[0]) not in drawn:
                continue
            source, target = self.timeline.tracks.get(begin[1]), self.timeline.tracks.get(end[1])
            if source is None or target is None:
                continue
            lanes = [s.lane for s in source.slices if s.start <= begin[0] <= s.end]
            x0, y0 = self.x(begin[0]), source.top + (max(lanes, default=0) + 1) * LANE - 3
            x1, y1 = self.x(end[0]), target.top - 1
            bend = (y1 - y0) / 2
            self.arrows.append(f'<path class="arrow" marker-end="url(#head)" d="M{x0:.1f} {y0:.1f}'
                              f'C{x0:.1f} {y0 + bend:.1f} {x1:.1f} {y1 - bend:.1f} {x1:.1f} {y1:.1f}"/>')

    def axis(self) -> str:
        """Lines behind everything, and times below."""
        step = next(s for s in (m * 10**e for e in range(0, 9) for m in (1, 2, 5))
                    if (self.end - self.begin) / s <= TICKS * 1.5)
        unit, factor = ("ms", 1000) if step >= 100 else ("µs", 1)
        lines, number = [], 0
        while number * step <= self.end - self.begin:
            x = LEFT + number * step * self.scale
            lines.append(f'<path class="grid" d="M{x:.1f} {TOP - 10}V{self.y:.1f}"/>')
            last = (number + 1) * step > self.end - self.begin
            label = f"{number * step / factor:g}" + (f" {unit}" if number == 0 or last else "")
            anchor = "end" if x > self.width - RIGHT - 20 else "middle"
            self.text(x, self.y + 14, label, style="faint", anchor=anchor)
            number += 1
        self.y += 24
        return "\n".join(lines)

    def draw(self) -> str:
        """The whole picture."""
        self.legend()
        timeline = self.timeline
        for process in sorted({place[0] for place in timeline.tracks} | set(timeline.memory)):
            name = timeline.processes.get(process, str(process))
            self.text(12, self.y + 11, name, style="title")
            self.y += HEAD
            for track in sorted((t for t in timeline.tracks.values() if t.order[0] == process), key=lambda t: t.order):
                self.draw_track(track)
            if timeline.memory.get(process):
                self.draw_memory(timeline.memory[process])
        self.draw_arrows()
        grid = self.axis()
        body = "\n".join([grid, *self.arrows, *self.parts])
        return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.y:.0f}" width="{self.width}" \
height="{self.y:.0f}" font-family="sans-serif" font-size="11" role="img">
<title>A timeline: host calls, tasks of each stream, memory in use</title>
<style>
.ink {{ fill: #24292f }} .title {{ fill: #24292f; font-weight: bold }} .faint {{ fill: #57606a }}
.grid {{ stroke: #d0d7de; fill: none }} .arrow {{ stroke: #57606a; fill: none; stroke-width: 0.9; opacity: 0.75 }}
#head path {{ fill: #57606a }} .mark {{ fill: #b3261e }}
.memory {{ fill: #2f6f9f; fill-opacity: 0.25; stroke: #2f6f9f; stroke-width: 1.2 }}
@media (prefers-color-scheme: dark) {{
.ink, .title {{ fill: #d0d7de }} .faint {{ fill: #8b949e }} .grid {{ stroke: #30363d }}
.arrow {{ stroke: #adb6c0 }} #head path {{ fill: #adb6c0 }} .mark {{ fill: #ff8a80 }} .memory {{ stroke: #6fa8d6 }}
}}
</style>
<defs><marker id="head" viewBox="0 0 6 6" refX="5" refY="3" markerWidth="5" markerHeight="5" orient="auto">\
<path d="M0 0L6 3L0 6z"/></marker></defs>
{body}
</svg>
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trace", type=pathlib.Path)
    parser.add_argument("picture", type=pathlib.Path)
    parser.add_argument("--from", dest="begin", type=float, help="milliseconds after the first slice")
    parser.add_argument("--to", dest="end", type=float, help="milliseconds after the first slice")
    parser.add_argument("--width", type=int, default=1000)
    options = parser.parse_args()
    timeline = Timeline(json.loads(options.trace.read_text()))
    first, last = timeline.span()
    begin = first if options.begin is None else first + 1000 * options.begin
    end = last if options.end is None else first + 1000 * options.end
    options.picture.write_text(Picture(timeline, begin, end, options.width).draw())


if __name__ == "__main__":
    main()
