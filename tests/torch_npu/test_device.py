"""Figures, memory, streams and events."""

import pytest
import torch


def test_figures():
    assert torch.npu.is_available()
    assert torch.npu.device_count() == 2
    assert torch.npu.get_device_name(0) == "Ascend910B4"
    properties = torch.npu.get_device_properties(1)
    assert properties.name == "Ascend910B4"
    assert (properties.cube_core_num, properties.vector_core_num) == (20, 40)
    assert properties.L2_cache_size == 96 << 20
    assert properties.total_memory == 32 << 30
    assert torch.npu.is_bf16_supported()


def test_current_device():
    assert torch.npu.current_device() == 0
    with torch.npu.device(1):
        assert torch.npu.current_device() == 1
        assert torch.ones(2, device="npu").device == torch.device("npu:1")
    assert torch.npu.current_device() == 0


def test_memory_is_counted():
    torch.npu.empty_cache()
    before = torch.npu.memory_allocated(), torch.npu.memory_reserved(), torch.npu.mem_get_info()[0]
    x = torch.empty(5 << 20, dtype=torch.uint8, device="npu")
    assert torch.npu.memory_allocated() - before[0] >= x.nbytes
    assert torch.npu.max_memory_allocated() >= torch.npu.memory_allocated()
    reserved = torch.npu.memory_reserved() - before[1]
    assert reserved >= x.nbytes
    free, total = torch.npu.mem_get_info()
    assert before[2] - free == reserved and total == 32 << 30
    del x
    torch.npu.empty_cache()
    assert (torch.npu.memory_allocated(), torch.npu.memory_reserved(), torch.npu.mem_get_info()[0]) == before
    assert "Allocated memory" in torch.npu.memory_summary()


def test_out_of_memory_leaves_a_usable_process():
    torch.npu.empty_cache()
    before = torch.npu.memory_reserved()
    with pytest.raises(RuntimeError, match=r"NPU out of memory\. Tried to allocate 64\.00 GiB") as error:
        torch.empty(64 << 30, dtype=torch.uint8, device="npu")
    assert "32.00 GiB total capacity" in str(error.value)
    assert torch.npu.memory_reserved() == before
    assert (torch.ones(1000, device="npu") + 1).cpu().eq(2).all()


def test_streams_are_ordered_by_events():
    side = torch.npu.Stream()
    x = torch.zeros(1 << 16, device="npu")
    for round in range(20):
        done = torch.npu.Event()
        with torch.npu.stream(side):
            side.wait_stream(torch.npu.default_stream())
            x += 1
            done.record()
        torch.npu.current_stream().wait_event(done)
        x *= 2
    expected = 0
    for _ in range(20):
        expected = (expected + 1) * 2
    assert x.cpu().eq(expected).all()
    side.synchronize()
    assert side.query() and torch.npu.current_stream().query()


def test_memory_used_by_another_stream_is_kept():
    side = torch.npu.Stream()
    x = torch.full((1 << 18,), 3.0, device="npu")
    side.wait_stream(torch.npu.current_stream())
    with torch.npu.stream(side):
        y = x * 2
    x.record_stream(side)
    del x
    z = torch.full((1 << 18,), 7.0, device="npu")
    side.synchronize()
    assert y.cpu().eq(6).all() and z.cpu().eq(7).all()


def test_events_measure_time():
    start, end = torch.npu.Event(enable_timing=True), torch.npu.Event(enable_timing=True)
    start.record()
    x = torch.ones(256, 256, device="npu")
    for _ in range(5):
        x = x @ x * 0.001
    end.record()
    end.synchronize()
    assert end.query()
    assert start.elapsed_time(end) > 0
    with pytest.raises(RuntimeError, match="aclrtEventElapsedTime"):
        end.elapsed_time(start)


def test_pinned_memory_and_copies_that_do_not_wait():
    host = torch.arange(1 << 16, dtype=torch.int32).pin_memory()
    assert host.is_pinned() and not torch.zeros(3).is_pinned()
    back = torch.empty_like(host).pin_memory()
    device = host.to("npu", non_blocking=True)
    back.copy_(device * 3, non_blocking=True)
    torch.npu.synchronize()
    assert torch.equal(back, host * 3)
    pageable = torch.arange(1000.0)
    assert torch.equal(pageable.to("npu", non_blocking=True).cpu(), pageable)
