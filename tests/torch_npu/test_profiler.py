"""torch_npu's profiler records; the timeline of the device lies where the profiler puts its data."""

import json

import torch
import torch_npu


def profiled(directory, steps):
    profiler = torch_npu.profiler
    handler = profiler.tensorboard_trace_handler(str(directory), analyse_flag=False)
    x = torch.rand(8, 8).npu()
    with profiler.profile(
        activities=[profiler.ProfilerActivity.CPU, profiler.ProfilerActivity.NPU],
        schedule=profiler.schedule(wait=0, warmup=0, active=steps, repeat=1),
        on_trace_ready=handler,
        record_shapes=True,
        profile_memory=True,
    ) as session:
        for _ in range(steps):
            x = torch.softmax(x @ x, -1)
            torch.npu.synchronize()
            session.step()
    return x


def test_timeline_of_each_session(tmp_path):
    for number, steps in enumerate((2, 3)):
        directory = tmp_path / str(number)
        x = profiled(directory, steps)
        torch.testing.assert_close(x.cpu().sum(-1), torch.ones(8))
        (timeline,) = directory.glob("*/PROF_*/timeline.json")
        tasks = [e for e in json.loads(timeline.read_text()) if e.get("cat") == "task"]
        names = [task["name"] for task in tasks]
        assert names.count("Matmul") == names.count("Softmax") == steps
        softmax = next(task for task in tasks if task["name"] == "Softmax")
        assert softmax["args"]["outputs"] == [{"name": "out", "dtype": "ACL_FLOAT", "shape": [8, 8]}]
