"""Learn handwritten digits with DeepSpeed: ZeRO shares out the optimizer's memory among the ranks."""

import argparse
import os
import time
from pathlib import Path

import deepspeed
import numpy as np
import torch
import torch.distributed as dist
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, DistributedSampler, TensorDataset


def load_digits():
    """Return 1,437 digits to train on and 360 to test with: images of 1 x 8 x 8 in 0..1, and their labels."""
    with np.load(Path(__file__).with_name("digits.npz")) as data:
        images = torch.from_numpy(data["images"]).float().div(16).unsqueeze(1)
        labels = torch.from_numpy(data["labels"]).long()
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(0))  # the same on every rank
    return [TensorDataset(images[part], labels[part]) for part in (order[:1437], order[1437:])]


def make_network():
    """Return a small convolutional network."""
    layers = nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)
    return nn.Sequential(*layers, nn.Dropout(0.25), nn.Flatten(), nn.Linear(64 * 4 * 4, 10))


def train_epoch(engine, loader):
    """Go once through this rank's share of the digits; return the sum of its losses."""
    engine.train()
    total = 0.0
    for images, labels in loader:
        loss = cross_entropy(engine(images.to(engine.device)), labels.to(engine.device))
        engine.backward(loss)  # here the gradients are averaged over all ranks
        engine.step()  # each rank steps the part of the weights that is its own, and all get all of them
        total += loss.item()
    return total


@torch.no_grad()
def count_right(engine, dataset):
    """Return how many of this rank's test digits are told right, and how many it has: every n-th, none twice."""
    engine.eval()
    images, labels = (each[dist.get_rank() :: dist.get_world_size()].to(engine.device) for each in dataset.tensors)
    return (engine(images).argmax(dim=1) == labels).sum().item(), len(labels)


def log_metrics(metrics, epoch):
    """Print rank 0's figures, and record them with MLflow where Azure ML or Rank Zero say where."""
    if dist.get_rank() == 0:
        print(f"epoch {epoch:2}  " + "  ".join(f"{name} {value:.4f}" for name, value in metrics.items()), flush=True)
        if "MLFLOW_TRACKING_URI" in os.environ:
            import mlflow

            mlflow.log_metrics(metrics, step=epoch)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=12, help="how often to go through the training digits")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same model")
    parser.add_argument("--deepspeed_config", default="ds_config.json", help="DeepSpeed's configuration")
    args = parser.parse_args()

    deepspeed.init_distributed(verbose=False)  # reads RANK and its like, or asks MPI; gloo on CPUs, NCCL on GPUs
    print(f"rank {dist.get_rank()} of {dist.get_world_size()}", flush=True)
    torch.set_num_threads(1)  # the ranks share this machine's cores
    torch.manual_seed(args.seed + dist.get_rank())  # dropout differs from rank to rank, the weights are rank 0's
    network = make_network()
    parameters, config = network.parameters(), args.deepspeed_config
    engine, *_ = deepspeed.initialize(model=network, model_parameters=parameters, config=config)

    training, test = load_digits()
    sampler = DistributedSampler(training, seed=args.seed)
    loader = DataLoader(training, batch_size=engine.train_micro_batch_size_per_gpu(), sampler=sampler)
    for epoch in range(1, args.epochs + 1):
        sampler.set_epoch(epoch)  # another order in every epoch
        started = time.perf_counter()
        loss = train_epoch(engine, loader)
        seconds = time.perf_counter() - started
        sums = [loss, len(loader), *count_right(engine, test)]
        sums = torch.tensor(sums, dtype=torch.float64, device=engine.device)
        dist.all_reduce(sums)  # over all ranks
        loss, steps, right, seen = sums.tolist()
        log_metrics({"loss": loss / steps, "accuracy": right / seen, "step_ms": 1000 * seconds / len(loader)}, epoch)

    if dist.get_rank() == 0:
        Path("outputs").mkdir(exist_ok=True)
        torch.save(engine.module.state_dict(), "outputs/model.pt")  # up to ZeRO stage 2 every rank has all weights
        print(f"test accuracy {right / seen:.2%} on {len(test)} digits; saved outputs/model.pt", flush=True)
    dist.barrier()  # lets gloo's threads put down the last tensors: one that outlives Python aborts (pytorch#190489)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
