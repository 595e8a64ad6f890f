"""Qwen2, randomly initialised: the same logits, tokens and losses as on the CPU."""

import copy

import pytest
import torch
from transformers import Qwen2Config, Qwen2ForCausalLM


def model(layers=2, attention="sdpa", dtype=torch.float32, hidden=64):
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=256,
        hidden_size=hidden,
        intermediate_size=2 * hidden,
        num_hidden_layers=layers,
        num_attention_heads=max(4, hidden // 64),
        num_key_value_heads=2,
        max_position_embeddings=256,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=None,
        attn_implementation=attention,
    )
    return Qwen2ForCausalLM(config).to(dtype).eval()


TOLERANCE = {torch.float32: 1e-5, torch.float16: 1e-2, torch.bfloat16: 5e-2}


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_logits(attention, dtype):
    cpu = model(attention=attention, dtype=dtype)
    ids = torch.randint(1, 256, (2, 9))
    with torch.no_grad():
        expected = cpu(ids).logits
        got = copy.deepcopy(cpu).npu()(ids.npu()).logits.cpu()
    tolerance = TOLERANCE[dtype]
    torch.testing.assert_close(got, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_greedy_tokens_with_left_padding(attention):
    cpu = model(attention=attention)
    ids = torch.randint(1, 256, (4, 8))
    mask = torch.ones_like(ids)
    for row in range(4):
        ids[row, :row] = 0
        mask[row, :row] = 0
    settings = dict(max_new_tokens=12, do_sample=False, pad_token_id=0)
    expected = cpu.generate(ids, attention_mask=mask, **settings)
    got = copy.deepcopy(cpu).npu().generate(ids.npu(), attention_mask=mask.npu(), **settings)
    assert torch.equal(got.cpu(), expected)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
@pytest.mark.parametrize("batch", [1, 4])
def test_twelve_layers(batch, attention):
    cpu = model(layers=12, hidden=896, attention=attention)
    ids = torch.randint(1, 256, (batch, 10))
    mask = torch.ones_like(ids)
    ids[0, :3] = mask[0, :3] = 0
    settings = dict(max_new_tokens=6, do_sample=False, pad_token_id=0)
    with torch.no_grad():
        logits = cpu(ids, attention_mask=mask).logits
        tokens = cpu.generate(ids, attention_mask=mask, **settings)
        npu = cpu.npu()
        got = npu(ids.npu(), attention_mask=mask.npu()).logits.cpu()
        # What a padding position sees is nobody's business.
        torch.testing.assert_close(got[mask.bool()], logits[mask.bool()], rtol=1e-4, atol=1e-5)
        assert torch.equal(npu.generate(ids.npu(), attention_mask=mask.npu(), **settings).cpu(), tokens)


def test_sampling_repeats_with_its_seed():
    npu = model().npu()
    ids = torch.randint(1, 256, (2, 5)).npu()

    def sample(seed):
        torch.npu.manual_seed(seed)
        settings = dict(max_new_tokens=16, do_sample=True, top_k=20, top_p=0.9, pad_token_id=0)
        return npu.generate(ids, attention_mask=torch.ones_like(ids), **settings).cpu()

    assert torch.equal(sample(7), sample(7))
    assert not torch.equal(sample(7), sample(8))


def test_ten_steps_of_training_follow_the_cpu():
    cpu = model(attention="eager").train()
    npu = copy.deepcopy(cpu).npu()
    ids = torch.randint(0, 256, (4, 12))

    def losses(net, ids):
        optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3)
        found = []
        for _ in range(10):
            optimizer.zero_grad()
            loss = net(ids, labels=ids).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            found.append(loss.item())
        return found

    expected, got = losses(cpu, ids), losses(npu, ids.npu())
    torch.testing.assert_close(got, expected, rtol=1e-4, atol=1e-4)
    assert got[-1] < got[0]


def test_nothing_is_left_when_the_model_is_gone():
    torch.npu.empty_cache()
    before = torch.npu.memory_allocated()
    npu = model().npu()
    with torch.no_grad():
        npu(torch.randint(1, 256, (1, 9)).npu()).logits.cpu()
    assert torch.npu.memory_allocated() > before
    del npu
    import gc

    gc.collect()
    torch.npu.empty_cache()
    assert torch.npu.memory_allocated() == before
