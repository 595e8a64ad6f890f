"""Tensors on the simulated device with the stock torch_npu wheel: copies, arithmetic, an attention mask, timing."""

import time

import torch
import torch_npu  # noqa: F401 (registers the device)


def main():
    print(f"{torch.npu.device_count()} device(s), the first is an {torch.npu.get_device_name(0)}")

    # Copies and arithmetic.
    x = torch.arange(12.0).reshape(3, 4)
    y = (x.npu() * 2 + 1).t()
    assert torch.equal(y.cpu(), (x * 2 + 1).t())
    print(f"x * 2 + 1, transposed, on {y.device}: shape {tuple(y.shape)}")

    # A causal mask, as attention makes it.
    scores = torch.randn(4, 4)
    mask = torch.ones(4, 4, dtype=torch.bool).triu(1)
    on_npu = scores.npu().masked_fill_(mask.npu(), float("-inf")).softmax(-1)
    on_cpu = scores.masked_fill(mask, float("-inf")).softmax(-1)
    torch.testing.assert_close(on_npu.cpu(), on_cpu)
    print("masked softmax agrees with the CPU")

    # A mask of any shape that broadcasts, many times over: memory stays as it is.
    z = torch.zeros(64, 64, device="npu")
    rows = (torch.arange(64) % 3 == 0).unsqueeze(1).npu()
    z.masked_fill_(rows, -1.0)
    before = torch.npu.memory_allocated()
    for _ in range(1000):
        z.masked_fill_(rows, -1.0)
    torch.npu.synchronize()
    assert torch.npu.memory_allocated() == before
    assert z.sum().item() == -22 * 64
    print("masked_fill_, 1000 times: nothing left behind")

    # Time, seen by the device and by the host.
    a = torch.randn(512, 512).npu()
    (a @ a).cpu()
    start, end = torch.npu.Event(enable_timing=True), torch.npu.Event(enable_timing=True)
    began = time.perf_counter()
    start.record()
    for _ in range(10):
        b = a @ a
    end.record()
    end.synchronize()
    took = (time.perf_counter() - began) * 1e3
    print(f"10 products of 512 x 512: {start.elapsed_time(end):.1f} ms between events, {took:.1f} ms on the host")
    torch.testing.assert_close(b.cpu(), a.cpu() @ a.cpu(), rtol=1e-4, atol=1e-3)

    free, total = torch.npu.mem_get_info()
    print(f"device memory: {free >> 20} of {total >> 20} MiB free")
    print("PASS")


if __name__ == "__main__":
    main()
